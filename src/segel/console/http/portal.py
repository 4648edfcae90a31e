"""``/my``: a patient's own pages. Every one asks for the patient's own record, and no other.

An address says at most a handle that only its session can open. What it leads to is asked of the
broker for the patient's own purpose: of what is somebody else's it says what it says of what is
not there.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.broker import Requester, Session
from segel.broker.errors import Forbidden
from segel.console.errors import ChartMissing, OwnRecordGone, PictureMissing
from segel.console.http.chart import saved_document
from segel.console.http.pictures import drawn, picture_answer
from segel.console.http.sessions import AnyRequest, form_of, session_of, token_of
from segel.console.http.study import led_to_ohif
from segel.console.http.wiring import Console, Here
from segel.console.portal_page import IMAGING_STUDY, TYPES, Own, open_entry, own_record
from segel.console.ports import Rendering
from segel.console.study_page import (
    OWN_PICTURES,
    THUMBNAIL_PX,
    middle_of,
    study_facts,
    viewer_content,
)
from segel.console.worklist import open_study_handle
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

NEWEST_SHOWN: Final = 3
"""Of results, and of images, on the first page."""

RESULTS: Final = ("report", "result")


@dataclass(frozen=True, slots=True)
class Owner:
    """The patient at the page."""

    session: Session
    requester: Requester
    patient_id: UUID

    @property
    def token(self) -> str:
        """What handles are sealed under."""
        return self.requester.token


async def owner_of(request: AnyRequest, console: Console) -> Owner:
    """Who is at the page, where it is a patient. Raises TokenInvalid, Frozen, Forbidden."""
    session = await session_of(request, console.broker)
    if session.role is not Role.PATIENT or session.patient_id is None:
        raise Forbidden("These pages are a patient's own.", remedy="Sign in as a patient.")
    requester = Requester(token_of(request), Purpose.PATIENT_REQUEST, "console")
    return Owner(session, requester, session.patient_id)


async def record_of(console: Console, owner: Owner) -> Own:
    """The patient's own record. Raises OwnRecordGone, BrokerError."""
    try:
        resources = await console.reader.chart(owner.requester, owner.patient_id, TYPES)
    except ChartMissing:
        raise OwnRecordGone("The record was erased.", remedy="Ask the hospital.") from None
    return own_record(resources, owner.token)


@get("/my")
async def home_page(request: AnyRequest, console: Here) -> Response[str]:
    """Who it is, and what is newest."""
    owner = await owner_of(request, console)
    own = await record_of(console, owner)
    return console.pages.answer(
        request,
        "my_home.html",
        session=owner.session,
        section="home",
        own=own,
        results=own.of(*RESULTS)[:NEWEST_SHOWN],
        images=own.of("study")[:NEWEST_SHOWN],
    )


@get("/my/records")
async def records_page(request: AnyRequest, console: Here) -> Response[str]:
    """Everything that happened, the newest first."""
    owner = await owner_of(request, console)
    own = await record_of(console, owner)
    return console.pages.answer(
        request, "my_records.html", session=owner.session, section="records", own=own
    )


@get("/my/records/{handle:str}")
async def entry_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """One visit, report, result or vaccination; a report beside its images."""
    owner = await owner_of(request, console)
    key = open_entry(owner.token, handle)
    own = await record_of(console, owner)
    told = own.find(key)
    if told is None:
        raise ChartMissing("There is no such entry.", remedy="Go back to the record.")
    return console.pages.answer(
        request,
        "my_entry.html",
        session=owner.session,
        section="records",
        told=told,
        images=own.beside(key),
    )


@get("/my/documents/{document:str}")
async def own_document(
    request: AnyRequest, console: Here, document: FromPath[str]
) -> Response[bytes]:
    """A document that is attached to a report."""
    owner = await owner_of(request, console)
    return await saved_document(console, owner.requester, owner.patient_id, document)


@get("/my/images")
async def images_page(request: AnyRequest, console: Here) -> Response[str]:
    """Every study, with a picture of it."""
    owner = await owner_of(request, console)
    own = await record_of(console, owner)
    return console.pages.answer(
        request,
        "my_images.html",
        session=owner.session,
        section="images",
        images=own.of("study"),
    )


@get("/my/images/{handle:str}")
async def images_of_study(
    request: AnyRequest, console: Here, handle: FromPath[str]
) -> Response[str]:
    """One study: its series, what to look at them with, and what was written about them."""
    owner = await owner_of(request, console)
    study_uid = open_study_handle(owner.token, handle)
    study = await console.reader.study(owner.requester, study_uid)
    own = await record_of(console, owner)
    key = f"{IMAGING_STUDY}/{study_uid}"
    return console.pages.answer(
        request,
        "my_study.html",
        session=owner.session,
        section="images",
        handle=handle,
        told=own.find(key),
        reports=own.beside(key),
        study=study_facts(study, owner.token, OWN_PICTURES),
        ohif=bool(console.settings.viewer_origin),
    )


@get("/my/images/{handle:str}/thumbnail")
async def thumbnail_of_study(
    request: AnyRequest, console: Here, handle: FromPath[str]
) -> Response[bytes]:
    """A small picture that stands for a study. Raises PictureMissing where it holds none."""
    owner = await owner_of(request, console)
    study_uid = open_study_handle(owner.token, handle)
    study = await console.reader.study(owner.requester, study_uid)
    middle = next((found for one in study.series if (found := middle_of(one))), None)
    if middle is None:
        raise PictureMissing("The study holds no picture.")
    small = Rendering(size_px=THUMBNAIL_PX)
    return picture_answer(await console.reader.picture(owner.requester, study_uid, *middle, small))


@get("/my/view/{handle:str}")
async def own_viewer(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Our own viewer over the patient's own study."""
    owner = await owner_of(request, console)
    study_uid = open_study_handle(owner.token, handle)
    study = await console.reader.study(owner.requester, study_uid)
    return console.pages.answer(
        request,
        "viewer.html",
        session=owner.session,
        closes_to=f"/my/images/{quote(handle, safe='')}",
        study=study_facts(study, owner.token, OWN_PICTURES),
        content_of_viewer=viewer_content(study, owner.token, OWN_PICTURES),
    )


@get("/my/pictures/{handle:str}/{frame:int}")
async def own_picture(
    request: AnyRequest,
    console: Here,
    handle: FromPath[str],
    frame: FromPath[int],
    size: FromQuery[int] = 0,
    centre: FromQuery[float | None] = None,
    width: FromQuery[float | None] = None,
) -> Response[bytes]:
    """One frame of the patient's own, as ``pictures.picture`` gives it to staff."""
    owner = await owner_of(request, console)
    return await drawn(console, owner.requester, handle, frame, size, centre, width)


@post("/my/images/{handle:str}/ohif")
async def own_ohif(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Lead to OHIF, let in for this one study, which has to be the patient's own."""
    await form_of(request, console.settings.origin)
    owner = await owner_of(request, console)
    study_uid = open_study_handle(owner.token, handle)
    await console.reader.study(owner.requester, study_uid)
    return await led_to_ohif(console, owner.requester, study_uid)


@get("/my/images/{handle:str}/ohif")
async def own_ohif_again(console: Here, handle: FromPath[str]) -> Response[str]:
    """A tab that did not get to OHIF and is reloaded: the study's page has the button."""
    return console.pages.onward(f"/my/images/{quote(handle, safe='')}")


HANDLERS = [
    home_page,
    records_page,
    entry_page,
    own_document,
    images_page,
    images_of_study,
    thumbnail_of_study,
    own_viewer,
    own_picture,
    own_ohif,
    own_ohif_again,
]
