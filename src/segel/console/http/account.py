"""What an account sees of itself: its session, its budget, its trail. And how pages look."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import Cookie

from segel.console.http.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, YEAR_S
from segel.console.http.sessions import AnyRequest, form_of, requester_of, session_of
from segel.console.http.wiring import Here
from segel.console.texts import LANGUAGES
from segel.console.trail_lines import trail_line
from segel.domain.roles import Role

TRAIL_LINES: Final = 50


@get("/account")
async def account_page(request: AnyRequest, console: Here) -> Response[str]:
    """The account's own page."""
    session = await session_of(request, console.broker)
    requester = requester_of(request)
    if session.role is Role.PATIENT:  # who reads no records: theirs has a page of its own
        return console.pages.answer(
            request, "account.html", session=session, section="account", windows=[], lines=[]
        )
    budget, trail = await asyncio.gather(
        console.broker.budget(requester), console.broker.trail(requester, TRAIL_LINES)
    )
    return console.pages.answer(
        request,
        "account.html",
        session=session,
        section="account",
        windows=[window for window in budget.windows if window.limit],
        lines=[trail_line(line) for line in trail.lines],
    )


@post("/preferences")
async def prefer(request: AnyRequest, console: Here) -> Response[str]:
    """Keep a language or an appearance for a year, and go back to the page."""
    form = await form_of(request, console.settings.origin)
    cookies = [
        Cookie(
            key=key, value=form[name], path="/", max_age=YEAR_S, httponly=True, samesite="strict",
            secure=console.settings.secure,
        )
        for name, key, offered in (
            ("language", LANGUAGE_COOKIE, LANGUAGES),
            ("theme", THEME_COOKIE, THEMES),
        )
        if form.get(name) in offered
    ]  # fmt: skip
    return console.pages.onward(_own_path(form.get("next", "")), cookies=cookies)


def _own_path(path: str) -> str:
    """``path`` where it is one of this site, else the front page."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if own and path.isascii() and path.isprintable() else "/"


HANDLERS = [account_page, prefer]
