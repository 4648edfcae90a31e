"""An account's passkeys, identities and sessions: named, removed, ended by their owner."""

from uuid import UUID

from litestar import Response, post

from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, form_of, treating
from segel.console.http.wiring import Here


@post("/account/passkeys")
async def change_passkey(request: AnyRequest, console: Here) -> Response[str]:
    """Another name for a passkey, or its end."""
    form = await form_of(request, console.settings.origin)
    passkey_id = id_of(form, "passkey")
    access, requester = console.broker.access, treating(request)
    if form.get("do") == "remove":
        await access.remove_passkey(requester, passkey_id)
    else:
        await access.name_passkey(requester, passkey_id, form.get("name", ""))
    return console.pages.onward("/account#ways-in")


@post("/account/identities")
async def unlink(request: AnyRequest, console: Here) -> Response[str]:
    """The account is nobody at that provider any more."""
    form = await form_of(request, console.settings.origin)
    await console.broker.access.unlink(treating(request), id_of(form, "identity"))
    return console.pages.onward("/account#ways-in")


@post("/account/sessions")
async def end_sessions(request: AnyRequest, console: Here) -> Response[str]:
    """End one of the own sessions, or all but this one."""
    form = await form_of(request, console.settings.origin)
    chosen = None if form.get("do") == "others" else [id_of(form, "session")]
    await console.broker.access.end_sessions(treating(request), chosen)
    return console.pages.onward("/account#sessions")


def id_of(form: dict[str, str], field: str) -> UUID:
    """An id that a form names. Raises FormBroken."""
    try:
        return UUID(form.get(field, ""))
    except ValueError:
        raise FormBroken(
            "There is none of that id.", field=field, remedy="Load the page."
        ) from None


HANDLERS = [change_passkey, unlink, end_sessions]
