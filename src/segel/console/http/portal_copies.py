"""``/my/download``: a patient takes a copy of their record, or of their images, along.

A copy is asked for by a form of ours, and stands in the log as an export before its first byte is
sent. There is nothing to GET at its address: a browser that takes up again a download that broke
off would save that, a page, under the name of the file. Nothing of it is written to a disk here:
it is unsealed piece by piece while it is sent.
"""

from datetime import UTC, datetime
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from segel.access import Pieces
from segel.console.errors import ChartMissing, OwnRecordGone
from segel.console.headers import picture_headers
from segel.console.http.portal import owner_of, record_of
from segel.console.http.sessions import AnyRequest, form_of
from segel.console.http.wiring import Here
from segel.console.study_zip import zip_length, zip_pieces
from segel.console.worklist import open_study_handle

FHIR_JSON: Final = "application/fhir+json"
ZIP: Final = "application/zip"
RECORD_NAME: Final = "rekam-medis-fhir.json"
IMAGES_NAME: Final = "gambar-dicom.zip"
"""Names that tell of nobody: files lie about in folders of downloads."""


@get("/my/download")
async def download_page(request: AnyRequest, console: Here) -> Response[str]:
    """What there is to take along, and what that means."""
    owner = await owner_of(request, console)
    own = await record_of(console, owner)
    return console.pages.answer(
        request,
        "my_download.html",
        session=owner.session,
        section="download",
        images=own.of("study"),
    )


@post("/my/download/record", status_code=200)
async def record_copy(request: AnyRequest, console: Here) -> Stream:
    """The whole record as a FHIR Bundle."""
    await form_of(request, console.settings.origin)
    owner = await owner_of(request, console)
    try:
        pieces = await console.reader.chart_copy(owner.requester, owner.patient_id)
    except ChartMissing:
        raise OwnRecordGone("The record was erased.", remedy="Ask the hospital.") from None
    return Stream(pieces, media_type=FHIR_JSON, headers=_saved_as(RECORD_NAME))


@post("/my/download/images/{handle:str}", status_code=200)
async def images_copy(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[bytes]:
    """A study's files as they came, in a ZIP."""
    await form_of(request, console.settings.origin)
    owner = await owner_of(request, console)
    study_uid = open_study_handle(owner.token, handle)
    copy = await console.reader.study_copy(owner.requester, study_uid)
    pieces = zip_pieces(copy, datetime.now(UTC))
    return Pieces(pieces, zip_length(copy), ZIP, _saved_as(IMAGES_NAME))


def _saved_as(name: str) -> dict[str, str]:
    return {**picture_headers(), "Content-Disposition": f'attachment; filename="{name}"'}


HANDLERS = [download_page, record_copy, images_copy]
