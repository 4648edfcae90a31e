"""``/my/cards``, and the same for the desk: travel cards made of tests on record.

What a scan reveals is shown before a code is. A code is a picture within its page, or a file that
is asked for; no address says more than a handle that only its session can open.
"""

import asyncio
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.access import open_handle
from segel.broker import Requester, Session
from segel.broker.errors import CardUnknown
from segel.cards import draw
from segel.console.card_paper import Printed, paper_of
from segel.console.cards_page import (
    ShownCard,
    ShownCards,
    cards_of,
    open_card,
    open_test,
    shown_card,
)
from segel.console.errors import PageMissing
from segel.console.headers import picture_headers
from segel.console.http.chart import PATIENT
from segel.console.http.pages import preferences_of
from segel.console.http.portal import owner_of
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

OWN: Final = "/my/cards"
FORMS: Final = ("certificate", "health-card")
FILES: Final = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
FILE_NAME: Final = "kartu-perjalanan"
"""Tells of nobody: files lie about in folders of downloads."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose cards a page is about, and who looks at it. ``address``: of the page."""

    session: Session
    requester: Requester
    patient_id: UUID
    address: str

    @property
    def own(self) -> bool:
        """Whether the patient looks."""
        return self.session.role is Role.PATIENT


async def holder_of(request: AnyRequest, console: Console, handle: str = "") -> Holder:
    """The patient at the page, or the one behind the desk's handle. Raises Forbidden, TokenInvalid,
    HandleBroken, PageMissing where no cards are made."""
    if not console.settings.cards:
        raise PageMissing("There is no such page.", remedy="Check the address.")
    if not handle:
        owner = await owner_of(request, console)
        return Holder(owner.session, owner.requester, owner.patient_id, OWN)
    session = await session_of(request, console.broker)
    patient_id = UUID(open_handle(token_of(request), PATIENT, handle))
    requester = Requester(token_of(request), Purpose.PATIENT_REQUEST, "console")
    return Holder(session, requester, patient_id, f"/patients/{handle}/cards")


async def _sheet(console: Console, holder: Holder) -> ShownCards:
    sheet = await console.broker.cards.show(holder.requester, holder.patient_id)
    return cards_of(sheet, holder.requester.token, time.time())


async def _card(console: Console, holder: Holder, card: str) -> ShownCard:
    found = (await _sheet(console, holder)).find(open_card(holder.requester.token, card))
    if found is None:
        raise CardUnknown("There is no such card.", remedy="Go back to the list of cards.")
    return found


async def _list(request: AnyRequest, console: Console, holder: Holder) -> Response[str]:
    return console.pages.answer(
        request,
        "cards.html",
        session=holder.session,
        section="cards" if holder.own else "people",
        holder=holder,
        shown=await _sheet(console, holder),
        may_revoke=holder.own or "cards:revoke" in holder.session.permissions,
    )


async def _agree(request: AnyRequest, console: Console, holder: Holder) -> Response[str]:
    form = await form_of(request, console.settings.origin)
    asker = holder.requester if holder.own else overseeing(request)
    agreed = form.get("agreed") == "yes"
    await console.broker.cards.agree(asker, holder.patient_id, agreed=agreed)
    return console.pages.onward(holder.address)


async def _issue(request: AnyRequest, console: Console, holder: Holder) -> Response[str]:
    """Make a card, perhaps in the place of another, and lead to it."""
    form = await form_of(request, console.settings.origin)
    token = holder.requester.token
    test = open_test(token, form.get("test", ""))
    replaced = form.get("replaces", "")
    line = await console.broker.cards.issue(
        holder.requester, holder.patient_id, test, open_card(token, replaced) if replaced else None
    )
    made = shown_card(line, token, time.time())
    return console.pages.onward(f"{holder.address}/{made.handle}")


async def _show(
    request: AnyRequest, console: Console, holder: Holder, card: str, form: str = ""
) -> Response[str]:
    """What a card reveals; with ``form``, its code."""
    shown = await _card(console, holder, card)
    text = shown.line.health_card if form == FORMS[1] else shown.line.certificate
    drawn = await asyncio.to_thread(draw, text) if form else None
    return console.pages.answer(
        request,
        "card.html",
        session=holder.session,
        section="cards" if holder.own else "people",
        holds_pictures=True,
        holder=holder,
        card=shown,
        form=form,
        forms=FORMS,
        code=f"data:image/svg+xml;base64,{b64encode(drawn.svg).decode()}" if drawn else "",
        may_revoke=holder.own or "cards:revoke" in holder.session.permissions,
    )


async def _file(
    request: AnyRequest, console: Console, holder: Holder, card: str, name: str
) -> Response[bytes]:
    """A card as a file: ``certificate.png``, ``health-card.svg``, ``card.pdf``."""
    form, _, kind = name.partition(".")
    if kind not in FILES or (form != "card" if kind == "pdf" else form not in FORMS):
        raise PageMissing("There is no such file.", remedy="Go back to the card.")
    line = (shown := await _card(console, holder, card)).line
    if kind == "pdf":
        printed = Printed(line.certificate, line.health_card, shown.revealed)
        language = preferences_of(request).language
        data = await asyncio.to_thread(paper_of, printed, language)
    else:
        text = line.health_card if form == FORMS[1] else line.certificate
        drawn = await asyncio.to_thread(draw, text)
        data = drawn.png if kind == "png" else drawn.svg
    saved = {"Content-Disposition": f'attachment; filename="{FILE_NAME}.{kind}"'}
    return Response(data, media_type=FILES[kind], headers={**picture_headers(), **saved})


async def _revoke(
    request: AnyRequest, console: Console, holder: Holder, card: str
) -> Response[str]:
    await form_of(request, console.settings.origin)
    card_id = open_card(holder.requester.token, card)
    await console.broker.cards.revoke(holder.requester, holder.patient_id, card_id)
    return console.pages.onward(holder.address)


# --- the patient's own -------------------------------------------------------------------------


@get(OWN)
async def own_cards(request: AnyRequest, console: Here) -> Response[str]:
    """A patient's own cards."""
    return await _list(request, console, await holder_of(request, console))


@post(OWN)
async def make_own(request: AnyRequest, console: Here) -> Response[str]:
    """Make a card of one's own test."""
    return await _issue(request, console, await holder_of(request, console))


@post("/my/cards/agreement")
async def agree_own(request: AnyRequest, console: Here) -> Response[str]:
    """Agree, or take it back."""
    return await _agree(request, console, await holder_of(request, console))


@get("/my/cards/{card:str}")
async def own_card(request: AnyRequest, console: Here, card: FromPath[str]) -> Response[str]:
    """What a scan of a card reveals; a reload after an error leads back to the list."""
    holder = await holder_of(request, console)
    if card == "agreement":
        return console.pages.onward(OWN)
    return await _show(request, console, holder, card)


@get("/my/cards/{card:str}/code/{form:str}")
async def own_code(
    request: AnyRequest, console: Here, card: FromPath[str], form: FromPath[str]
) -> Response[str]:
    """The code, to be shown."""
    holder = await holder_of(request, console)
    return await _show(request, console, holder, card, form if form in FORMS else FORMS[0])


@get("/my/cards/{card:str}/files/{name:str}")
async def own_file(
    request: AnyRequest, console: Here, card: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """The card as a file."""
    return await _file(request, console, await holder_of(request, console), card, name)


@post("/my/cards/{card:str}/revocation")
async def revoke_own(request: AnyRequest, console: Here, card: FromPath[str]) -> Response[str]:
    """Revoke a card."""
    return await _revoke(request, console, await holder_of(request, console), card)


@get("/my/cards/{card:str}/revocation", sync_to_thread=False)
def revoke_own_again(console: Here, card: FromPath[str]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"{OWN}/{card}")


# --- the desk ----------------------------------------------------------------------------------


@get("/patients/{handle:str}/cards")
async def cards_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """A patient's cards, for who is asked for one."""
    return await _list(request, console, await holder_of(request, console, handle))


@post("/patients/{handle:str}/cards")
async def make_for(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Make a card for a patient."""
    return await _issue(request, console, await holder_of(request, console, handle))


@post("/patients/{handle:str}/cards/agreement")
async def agree_for(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Take down what a patient says."""
    return await _agree(request, console, await holder_of(request, console, handle))


@get("/patients/{handle:str}/cards/{card:str}")
async def card_for(
    request: AnyRequest, console: Here, handle: FromPath[str], card: FromPath[str]
) -> Response[str]:
    """One card, to be printed for its patient."""
    holder = await holder_of(request, console, handle)
    if card == "agreement":
        return console.pages.onward(holder.address)
    return await _show(request, console, holder, card)


@get("/patients/{handle:str}/cards/{card:str}/files/{name:str}")
async def file_for(
    request: AnyRequest,
    console: Here,
    handle: FromPath[str],
    card: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """The card as a file."""
    return await _file(request, console, await holder_of(request, console, handle), card, name)


@post("/patients/{handle:str}/cards/{card:str}/revocation")
async def revoke_for(
    request: AnyRequest, console: Here, handle: FromPath[str], card: FromPath[str]
) -> Response[str]:
    """Revoke a patient's card."""
    return await _revoke(request, console, await holder_of(request, console, handle), card)


@get("/patients/{handle:str}/cards/{card:str}/revocation", sync_to_thread=False)
def revoke_for_again(console: Here, handle: FromPath[str], card: FromPath[str]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/patients/{handle}/cards/{card}")


HANDLERS = [
    own_cards, make_own, agree_own, own_card, own_code, own_file, revoke_own, revoke_own_again,
    cards_page, make_for, agree_for, card_for, file_for, revoke_for, revoke_for_again,
]  # fmt: skip
