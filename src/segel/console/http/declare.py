"""``/declare``: a traveller's health declaration, without an account.

What is being typed stays in the browser. What was sent is read and corrected with a recovery code,
which stands in a form's body or behind the # of a link, and so in no address, log or history that
a server sees.
"""

import os
import time
from typing import Any, Final

from litestar import Response, get, post

from segel.broker.errors import DeclarationUnclear
from segel.console.declaration_form import EMPTY, DeclarationForm, form_of, read_form
from segel.console.errors import FormBroken
from segel.console.http import sessions
from segel.console.http.sessions import AnyRequest
from segel.console.http.wiring import Console, Here
from segel.console.qr import qr_svg
from segel.domain.declarations import (
    COUNTRIES_MAX,
    LOOKED_BACK_DAYS,
    RECEIPT_QR,
    Conveyance,
    Fault,
    Symptom,
    days_taken,
    grouped,
    new_code,
    parse_code,
)

COUNTRIES_SHOWN: Final = 3
"""The others are folded away: few travellers were in more."""


@get("/declare")
async def declare_page(request: AnyRequest, console: Here) -> Response[str]:
    """An empty form, with a code that nobody else has: sent twice, it is one declaration."""
    return await _form(request, console, EMPTY, new_code(os.urandom))


@post("/declare")
async def declare(request: AnyRequest, console: Here) -> Response[str]:
    """Take it, or say what is missing where it is missing."""
    form = await _posted(request, console)
    code, correcting = _code(form), form.get("correcting") == "1"
    read = read_form(form, time.time(), correcting=correcting)
    if read.faults:
        return await _form(request, console, read, code, correcting=correcting)
    try:
        declared = await console.broker.declarations.declare(code, read.declaration)
    except DeclarationUnclear as unclear:  # the broker's clock, or a port that closed meanwhile
        read = DeclarationForm(
            read.typed, read.declaration, {unclear.field or "arrival": Fault.OUTSIDE}
        )
        return await _form(request, console, read, code, correcting=correcting)
    return console.pages.answer(
        request,
        "declared.html",
        session=None,
        receipt=grouped(declared.receipt),
        qr=qr_svg(RECEIPT_QR + declared.receipt, grouped(declared.receipt)),
        corrected=declared.corrected,
        code=grouped(code),
        link=f"/declare/mine#{code}",
        destroyed_s=declared.destroyed_s,
    )


@get("/declare/mine", sync_to_thread=False)
def own_page(request: AnyRequest, console: Here) -> Response[str]:
    """Where the recovery code is asked for; of a link, the page's script takes it."""
    return console.pages.answer(request, "declare_mine.html", session=None)


@post("/declare/mine")
async def own_declaration(request: AnyRequest, console: Here) -> Response[str]:
    """What was sent with a code, in the form, to be corrected."""
    form = await _posted(request, console)
    code = _code(form)
    view = await console.broker.declarations.own(code)
    return await _form(
        request,
        console,
        form_of(view.declaration),
        code,
        correcting=True,
        view=view,
        qr=qr_svg(RECEIPT_QR + view.receipt, grouped(view.receipt)),
        receipt=grouped(view.receipt),
    )


@post("/declare/withdraw")
async def withdraw(request: AnyRequest, console: Here) -> Response[str]:
    """Take it back."""
    form = await _posted(request, console)
    await console.broker.declarations.withdraw(_code(form))
    return console.pages.answer(request, "declare_withdrawn.html", session=None)


@get("/declare/withdraw", sync_to_thread=False)
def withdraw_again(console: Here) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/declare/mine")


async def _form(
    request: AnyRequest,
    console: Console,
    form: DeclarationForm,
    code: str,
    *,
    correcting: bool = False,
    **shown: Any,
) -> Response[str]:
    first, last = days_taken(time.time())
    return console.pages.answer(
        request,
        "declare.html",
        session=None,
        status=422 if form.faults else 200,
        form=form,
        code=code,
        correcting=correcting,
        ports=await console.broker.declarations.ports(),
        conveyances=list(Conveyance),
        symptoms=list(Symptom),
        first=first.isoformat(),
        last=last.isoformat(),
        looked_back=LOOKED_BACK_DAYS,
        countries_shown=COUNTRIES_SHOWN,
        countries_max=COUNTRIES_MAX,
        **{"view": None, "qr": "", "receipt": "", **shown},
    )


async def _posted(request: AnyRequest, console: Console) -> dict[str, str]:
    form = await sessions.form_of(request, console.settings.origin)
    console.strangers.require(request.scope)
    return form


def _code(form: dict[str, str]) -> str:
    """The form's recovery code. Raises FormBroken."""
    code = parse_code(form.get("code", ""))
    if not code:
        raise FormBroken(
            "This is no recovery code.",
            field="code",
            remedy="Copy it from the confirmation, with all of its letters.",
        )
    return code


HANDLERS = [declare_page, declare, own_page, own_declaration, withdraw, withdraw_again]
