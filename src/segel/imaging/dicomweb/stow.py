"""STOW-RS (PS3.18 § 10.5): streamed in, each part stored as it completes, one answer for all."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from litestar import Response

from segel.access import AnyRequest, MediaTypeUnsupported, requester_of
from segel.broker import Requester
from segel.broker.errors import BrokerError, BrokerUnavailable, RecordsErased
from segel.domain.dicom import JsonDataset
from segel.domain.errors import SegelError
from segel.imaging.archive import Archive
from segel.imaging.dicom import (
    DicomError,
    MultipartReader,
    Part,
    parse_related_type,
    read_header,
)
from segel.imaging.dicomweb.answers import DOOR
from segel.imaging.dicomweb.negotiation import DICOM, parse_accept, require_json
from segel.imaging.dicomweb.problem import problem_response
from segel.imaging.errors import (
    CANNOT_UNDERSTAND,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    OutOfRoom,
    StoreRefused,
)
from segel.imaging.model import Stored

PARTS_AHEAD_MAX: Final = 64
"""Parts of one request on their way to disk; beyond it the body is not read on."""

RETRIEVE_URL: Final = "00081190"
FAILED: Final = "00081198"
REFERENCED: Final = "00081199"
OTHER_FAILURES: Final = "0008119A"
"""Other Failures Sequence: what failed without being an instance (PS3.18 Table 10.5.3-1)."""
FAILURE_REASON: Final = "00081197"
CLASS_UID: Final = "00081150"
INSTANCE_UID: Final = "00081155"


@dataclass(slots=True)
class _Tally:
    stored: list[Stored] = field(default_factory=list)
    failed: list[tuple[SegelError, str, str]] = field(default_factory=list)
    """Error, SOP class UID, SOP instance UID; UIDs are '' where the bytes tell none."""


async def store_instances(
    archive: Archive, request: AnyRequest, study_uid: str | None
) -> Response[bytes]:
    """Answer a POST. Raises what concerns the request as a whole."""
    requester = requester_of(request, DOOR)
    require_json(parse_accept(request.headers.get("accept", "")))
    related = parse_related_type(request.headers.get("content-type", ""))
    if related.type != DICOM:
        raise MediaTypeUnsupported(
            "Only DICOM instances are taken here.",
            field="Content-Type",
            remedy='Send multipart/related; type="application/dicom".',
        )
    await archive.require_store(requester)
    tally = await _receive(archive, request, requester, study_uid, related.boundary)
    return _answer(tally, _base(request))


async def _receive(
    archive: Archive,
    request: AnyRequest,
    requester: Requester,
    study_uid: str | None,
    boundary: str,
) -> _Tally:
    tally = _Tally()
    reader = MultipartReader(boundary)
    room = asyncio.Semaphore(PARTS_AHEAD_MAX)
    under_way: list[asyncio.Task[None]] = []
    try:
        async for chunk in request.stream():
            for part in reader.feed(chunk):
                await room.acquire()
                task = asyncio.create_task(_store_part(archive, requester, study_uid, part, tally))
                task.add_done_callback(lambda _: room.release())
                under_way.append(task)
        reader.close()
    except DicomError as broken:
        # What was whole before the break is stored and has to be reported.
        await asyncio.gather(*under_way)
        if not (tally.stored or tally.failed):
            raise
        tally.failed.append((broken, "", ""))
        return tally
    await asyncio.gather(*under_way)
    return tally


async def _store_part(
    archive: Archive, requester: Requester, study_uid: str | None, part: Part, tally: _Tally
) -> None:
    try:
        stored = await archive.store(requester, part.body, expected_study_uid=study_uid)
    except SegelError as refusal:
        tally.failed.append((refusal, *_uids(part.body)))
    else:
        tally.stored.append(stored)


def _uids(file: bytearray) -> tuple[str, str]:
    """SOP class and instance UID of what was refused, as far as its bytes tell them."""
    try:
        header = read_header(file, accept_no_meta=True)
    except DicomError:
        return "", ""
    return header.sop_class_uid, header.sop_instance_uid


def _answer(tally: _Tally, base: str) -> Response[bytes]:
    errors = [error for error, _, _ in tally.failed]
    if errors and not tally.stored and all(_concerns_all(error) for error in errors):
        return problem_response(None, errors[0])
    body: JsonDataset = {}
    studies = {stored.study_uid for stored in tally.stored}
    if len(studies) == 1:
        body[RETRIEVE_URL] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
    if tally.stored:
        body[REFERENCED] = {"vr": "SQ", "Value": [_stored(one, base) for one in tally.stored]}
    named = [one for one in tally.failed if one[2]]
    nameless = [one for one in tally.failed if not one[2]]
    if named:
        body[FAILED] = {"vr": "SQ", "Value": [_failed(*one) for one in named]}
    if nameless:
        body[OTHER_FAILURES] = {
            "vr": "SQ",
            "Value": [{FAILURE_REASON: _reason(error)} for error, _, _ in nameless],
        }
    status = 200 if not tally.failed else (202 if tally.stored else 409)
    headers = {"Warning": f'299 segel "{_plain(str(errors[0]))}"'} if errors else {}
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/dicom+json",
        headers=headers,
    )


def _concerns_all(error: SegelError) -> bool:
    """Whether this is about the request or the server, and not about one instance."""
    if isinstance(error, RecordsErased):
        return False
    return isinstance(error, BrokerError | OutOfRoom)


def _stored(one: Stored, base: str) -> JsonDataset:
    url = f"{base}/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_instance_uid}"
    return {
        CLASS_UID: {"vr": "UI", "Value": [one.sop_class_uid]},
        INSTANCE_UID: {"vr": "UI", "Value": [one.sop_instance_uid]},
        RETRIEVE_URL: {"vr": "UR", "Value": [url]},
    }


def _failed(error: SegelError, class_uid: str, instance_uid: str) -> JsonDataset:
    item: JsonDataset = {
        INSTANCE_UID: {"vr": "UI", "Value": [instance_uid]},
        FAILURE_REASON: _reason(error),
    }
    if class_uid:
        item[CLASS_UID] = {"vr": "UI", "Value": [class_uid]}
    return item


def _reason(error: SegelError) -> dict[str, Any]:
    if isinstance(error, StoreRefused):
        reason = error.failure_reason
    elif isinstance(error, DicomError):
        reason = CANNOT_UNDERSTAND
    elif isinstance(error, BrokerUnavailable):
        reason = OUT_OF_RESOURCES
    else:
        reason = NOT_AUTHORISED
    return {"vr": "US", "Value": [reason]}


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace('"', "'")


def _base(request: AnyRequest) -> str:
    return f"{str(request.base_url).rstrip('/')}/dicomweb"
