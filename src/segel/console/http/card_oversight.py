"""``/health-cards``: signers, lists and revocations, for whoever answers for an archive's cards.

``/cards/`` itself is everybody's: what verifiers fetch.
"""

import time
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromQuery

from segel.broker.errors import Forbidden
from segel.cards import BatchBroken, CardRefused, Language, batch_of, words_of
from segel.console.card_oversight import (
    BATCH_BYTES_MAX,
    DAY_S,
    ENDS_MAX_DAYS,
    CardBefore,
    NotOwnCard,
    card_before,
    marked,
    shown,
)
from segel.console.errors import PageMissing
from segel.console.http.pages import preferences_of
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of, token_of
from segel.console.http.uploads import ENVELOPE_BYTES_MAX, file_of
from segel.console.http.wiring import Console, Here

PAGE: Final = "/health-cards"
DEEDS: Final = ("published", "taken", "revoked")


@get(PAGE)
async def oversight_page(
    request: AnyRequest,
    console: Here,
    done: FromQuery[str] = "",
    known: FromQuery[int] = 0,
    new: FromQuery[int] = 0,
) -> Response[str]:
    """Who signs, what is published, how much is revoked; and what was just done."""
    told = done if done in DEEDS else ""
    return await _page(request, console, done=told, known=known, new=new)


@post(f"{PAGE}/lists")
async def publish(request: AnyRequest, console: Here) -> Response[str]:
    """Have the lists made now."""
    await form_of(request, console.settings.origin)
    _require_cards(console)
    await console.broker.card_oversight.publish(overseeing(request))
    return console.pages.onward(f"{PAGE}?done=published#lists")


@post(f"{PAGE}/revocations", request_max_body_size=BATCH_BYTES_MAX + 2 * ENVELOPE_BYTES_MAX)
async def take(request: AnyRequest, console: Here) -> Response[str]:
    """Take in others' revocations from a file."""
    _, data = await file_of(request, console.settings.origin, "batch", BATCH_BYTES_MAX)
    await _require_govern(request, console)
    if len(data) > BATCH_BYTES_MAX:
        return await _page(request, console, wrong="large")
    try:
        batch = batch_of(data)
    except BatchBroken as broken:
        wrong = "field" if broken.field else "json"
        return await _page(request, console, wrong=wrong, place=broken.field or "")
    now_s, ends_s = time.time(), batch.expires.timestamp()
    if not now_s < ends_s < now_s + ENDS_MAX_DAYS * DAY_S:
        return await _page(request, console, wrong="expires", place="expires")
    if not batch.marks:
        return await _page(request, console, wrong="empty", place="entries")
    marks = sorted(batch.marks)
    new = await console.broker.card_oversight.take(overseeing(request), marks, ends_s)
    return console.pages.onward(f"{PAGE}?done=taken&known={len(marks) - new}&new={new}#revocations")


@post(f"{PAGE}/card")
async def look_at(request: AnyRequest, console: Here) -> Response[str]:
    """What a card is that is to be revoked; its text is neither kept nor sent on."""
    form = await form_of(request, console.settings.origin)
    await _require_govern(request, console)
    found = await console.broker.card_oversight.look(overseeing(request))
    try:
        card = card_before(form.get("card", ""), found, token_of(request), time.time())
    except CardRefused as refused:
        words = words_of(refused.reason, Language(preferences_of(request).language))
        return await _page(request, console, refused=(words.what, words.remedy))
    except NotOwnCard:
        return await _page(request, console, wrong="not-ours")
    return await _page(request, console, card=card)


@post(f"{PAGE}/card/revocation")
async def revoke(request: AnyRequest, console: Here) -> Response[str]:
    """Revoke the card that was shown."""
    form = await form_of(request, console.settings.origin)
    _require_cards(console)
    what = marked(token_of(request), form.get("sealed", ""))
    marks = [bytes.fromhex(one) for one in what.marks]
    await console.broker.card_oversight.revoke(overseeing(request), marks, what.ends_s, what.rid)
    return console.pages.onward(f"{PAGE}?done=revoked#card")


@get([f"{PAGE}/{step}" for step in ("lists", "revocations", "card", "card/revocation")],
     sync_to_thread=False)  # fmt: skip
def again(console: Here) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(PAGE)


async def _page(
    request: AnyRequest,
    console: Console,
    *,
    done: str = "",
    wrong: str = "",
    refused: tuple[str, str] | None = None,
    card: CardBefore | None = None,
    **values: Any,
) -> Response[str]:
    session = await session_of(request, console.broker)
    _require_cards(console)
    found = await console.broker.card_oversight.look(overseeing(request))
    return console.pages.answer(
        request,
        "card_oversight.html",
        session=session,
        section="health-cards",
        status=422 if wrong or refused else 200,
        found=found,
        shown=shown(found, time.time()),
        may_govern="cards:govern" in session.permissions,
        done=done,
        wrong=wrong,
        refused=refused,
        card=card,
        **{"known": 0, "new": 0, "place": "", **values},
    )


def _require_cards(console: Console) -> None:
    if not console.settings.cards:
        raise PageMissing("There is no such page.", remedy="Check the address.")


async def _require_govern(request: AnyRequest, console: Console) -> None:
    """Before anything that was sent is read; what is done the broker decides anyway."""
    session = await session_of(request, console.broker)
    _require_cards(console)
    if "cards:govern" not in session.permissions:
        raise Forbidden("This account may not do this.", remedy="Ask an administrator.")


HANDLERS = [oversight_page, publish, take, look_at, revoke, again]
