"""What an account sees of itself: its session, its budget, its trail. And how pages look."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import Cookie

from segel.broker import Requester, Session
from segel.broker.messages import AuditLine
from segel.console.http.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, YEAR_S
from segel.console.http.sessions import (
    AnyRequest,
    form_of,
    own_path,
    session_of,
    treating,
)
from segel.console.http.wiring import Console, Here
from segel.console.oversight import level
from segel.console.texts import LANGUAGES
from segel.console.trail_lines import trail_line
from segel.domain.roles import Role

TRAIL_LINES: Final = 50


@get("/account")
async def account_page(request: AnyRequest, console: Here) -> Response[str]:
    """The account's own page."""
    session = await session_of(request, console.broker)
    requester = treating(request)
    broker = console.broker
    budget, trail, ways_in, sessions, providers = await asyncio.gather(
        broker.budget(requester),
        _trail(session, requester, console),
        broker.access.ways_in(requester),
        broker.access.sessions(requester),
        broker.oauth.providers(),
    )
    return console.pages.answer(
        request,
        "account.html",
        session=session,
        section="account",
        report=budget,
        level=level,
        may_ask="account:own:ask-more" in session.permissions,
        requests=(await console.broker.approvals.listed(requester)).approvals
        if "account:own:ask-more" in session.permissions
        else [],
        windows=[window for window in budget.windows if window.limit],
        ways_in=ways_in,
        sessions=sessions,
        providers=providers,
        lines=[trail_line(line) for line in trail],
    )


async def _trail(session: Session, requester: Requester, console: Console) -> list[AuditLine]:
    """What the account did. A patient's trail is of their record, and has a page of its own."""
    if session.role is Role.PATIENT:
        return []
    return (await console.broker.trail(requester, TRAIL_LINES)).lines


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
    return console.pages.onward(own_path(form.get("next", "")), cookies=cookies)


HANDLERS = [account_page, prefer]
