"""``/my/links``: a patient shares a report or a summary by a link; ``/open-link``: who has one.

The link, with the key to what is behind it, is on one page once, and in nothing that is kept. The
page that opens one gets it behind a ``#``, which no server sees, and decrypts in the browser.
"""

import secrets as random_source
import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.broker.errors import HealthLinkUnclear
from segel.broker.messages import LINK_TRIES
from segel.cards import LinkedFile, draw_link
from segel.console.errors import ChartMissing, FormBroken, OwnRecordGone
from segel.console.http.chart import document_of
from segel.console.http.portal import Owner, owner_of
from segel.console.http.portal_copies import FHIR_JSON
from segel.console.http.sessions import AnyRequest, form_of
from segel.console.http.wiring import Console, Here
from segel.records import BASE, LINK_VIEWER, SUMMARY_TYPES, LinkTooLarge, patient_summary

PAGE: Final = "/my/links"
SUMMARY: Final = "summary"
PDF: Final = "application/pdf"

DAYS: Final = (1, 7, 30)
OPENINGS: Final = (1, 5, 20)
_USUAL: Final = {"days": "7", "openings": "5"}
_DAY_S: Final = 86_400

PASSCODE_LENGTH: Final = 8
PASSCODE_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike; eight of them are 39 bits, and a link takes ten guesses."""


@get(PAGE)
async def links_page(
    request: AnyRequest, console: Here, document: FromQuery[str] = ""
) -> Response[str]:
    """The patient's links, and the form for another. ``document``: what is to be shared."""
    return await _page(request, console, {"what": document or SUMMARY, **_USUAL}, "")


@post(PAGE, status_code=200)
async def make_link(request: AnyRequest, console: Here) -> Response[str]:
    """Make one, and show it this once."""
    form = await form_of(request, console.settings.origin)
    owner = await owner_of(request, console)
    what = form.get("what", SUMMARY)
    try:
        made = await console.links.make(
            owner.requester,
            [await _shared(console, owner, what)],
            label=form.get("label", ""),
            passcode=form.get("passcode", "").strip(),
            lifetime_s=_chosen(form, "days", DAYS) * _DAY_S,
            openings=_chosen(form, "openings", OPENINGS),
        )
    except (HealthLinkUnclear, LinkTooLarge) as unclear:
        return await _page(request, console, form, unclear.field or unclear.code)
    return console.pages.answer(
        request,
        "my_link_made.html",
        session=owner.session,
        section="download",
        made=made,
        drawn=draw_link(made.text).decode(),
        label=form.get("label", ""),
        passcode=form.get("passcode", "").strip(),
    )


@post(PAGE + "/{link_id:uuid}/end")
async def end_link(request: AnyRequest, console: Here, link_id: FromPath[UUID]) -> Response[str]:
    """Have nobody open it any more."""
    await form_of(request, console.settings.origin)
    owner = await owner_of(request, console)
    await console.links.end(owner.requester, link_id)
    return console.pages.onward(PAGE)


@get(PAGE + "/{link_id:uuid}/end")
async def end_again(console: Here, link_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(PAGE)


@get(LINK_VIEWER, sync_to_thread=False)
def viewer_page(request: AnyRequest, console: Here) -> Response[str]:
    """The page that opens a link; it knows nothing before its script has looked at the address."""
    return console.pages.answer(request, "open_link.html", session=None)


async def _page(
    request: AnyRequest, console: Console, form: Mapping[str, str], unclear: str
) -> Response[str]:
    owner = await owner_of(request, console)
    found = await console.links.lines(owner.requester)
    return console.pages.answer(
        request,
        "my_links.html",
        session=owner.session,
        status=422 if unclear else 200,
        section="download",
        links=found,
        form=form,
        unclear=unclear,
        days=DAYS,
        openings=OPENINGS,
        tries=LINK_TRIES,
        proposed="".join(random_source.choice(PASSCODE_SIGNS) for _ in range(PASSCODE_LENGTH)),
    )


async def _shared(console: Console, owner: Owner, what: str) -> LinkedFile:
    """What a link is to lead to: a report's document by its handle, or a summary.

    Raises HandleBroken, ReportMissing, OwnRecordGone, BrokerError.
    """
    if what != SUMMARY:
        found = await document_of(console, owner.requester, owner.patient_id, what)
        return LinkedFile(PDF, found)
    try:
        resources = await console.reader.chart(owner.requester, owner.patient_id, SUMMARY_TYPES)
    except ChartMissing:
        raise OwnRecordGone("The record was erased.", remedy="Ask the hospital.") from None
    base = f"{console.settings.origin}{BASE}"
    told = patient_summary(resources, base, owner.session.hospital_name, time.time())
    return LinkedFile(FHIR_JSON, msgspec.json.encode(told))


def _chosen(form: Mapping[str, str], name: str, offered: tuple[int, ...]) -> int:
    """One of the numbers that were offered. Raises FormBroken."""
    for one in offered:
        if form.get(name) == str(one):
            return one
    raise FormBroken("The form is not one of ours.", field=name, remedy="Open the page again.")


HANDLERS = [links_page, make_link, end_link, end_again, viewer_page]
