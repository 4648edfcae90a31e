"""WADO-RS (PS3.18 § 10.4) and WADO-URI (§ 9): files, metadata, frames, bulk data, pictures."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Stream

from segel.access import AnyRequest, Pieces, RequestBroken, requester_of
from segel.imaging.archive import Archive
from segel.imaging.dicom import (
    PixelsAbsent,
    frame_media_type,
    frame_of,
    parse_window,
    part_content_type,
    part_heads,
    read_header,
    related_content_type,
    render_frame,
    thumbnail,
    transcode,
)
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE
from segel.imaging.dicomweb.answers import (
    BOUNDARY_BYTES,
    DOOR,
    NO_STORE,
    data_sets,
    in_parts,
)
from segel.imaging.dicomweb.negotiation import (
    ANY,
    DICOM,
    DICOM_JSON,
    OCTETS,
    Accepted,
    choose_document,
    choose_file,
    choose_frame,
    choose_picture,
    parse_accept,
)
from segel.imaging.model import InstanceEntry
from segel.imaging.reading import BULK_BASE, OpenStudy
from segel.sealing import Buffer

FRAMES_MAX: Final = 1_000
"""Frames in one request."""

PIECE_BYTES: Final = 4 * 1024 * 1024
"""Of a file that is sent, between two looks at whether it still may be."""

FILES_AHEAD: Final = 1
"""Files of a study in memory beside the one that is being sent."""


def accepted_by(request: AnyRequest) -> list[Accepted]:
    """What the request accepts; a query parameter goes before the header (PS3.18 § 8.3.3.1)."""
    return parse_accept(request.headers.get("accept", ""), request.query_params.get("accept", ""))


async def retrieve(
    archive: Archive,
    request: AnyRequest,
    study_uid: str,
    series_uid: str | None = None,
    instance_uid: str | None = None,
) -> Response[Any] | Stream:
    """The files of a study, a series or an instance, bit for bit unless asked otherwise."""
    requester = requester_of(request, DOOR)
    choice = choose_file(accepted_by(request))
    study = await archive.open_study(requester, study_uid)
    if instance_uid is not None:
        entries = [await study.instance(instance_uid, series_uid)]
    else:
        entries = await study.instances(series_uid)
    syntax = choice.transfer_syntax or ANY
    if len(entries) == 1 and instance_uid is not None:
        content = await _file(study, entries[0], syntax)
        kind = part_content_type(DICOM, _given(entries[0], syntax))
        if not choice.multipart:
            return _one_file(study, content, kind)
        return in_parts([(kind, content)], DICOM)
    boundary = secrets.token_hex(BOUNDARY_BYTES)
    sizes = [_size(entry, syntax) for entry in entries]
    kinds = [part_content_type(DICOM, _given(entry, syntax)) for entry in entries]
    heads = part_heads(zip(kinds, sizes, strict=True), boundary)
    files = _files(study, entries, syntax, heads)
    media_type = related_content_type(boundary, DICOM)
    if None in sizes:
        return Stream(
            (bytes(piece) async for piece in files), media_type=media_type, headers=NO_STORE
        )
    length = sum(map(len, heads)) + sum(filter(None, sizes))
    return Pieces(files, length, media_type, NO_STORE)


async def _files(
    study: OpenStudy, entries: Sequence[InstanceEntry], syntax: str, heads: Sequence[bytes]
) -> AsyncIterator[Buffer]:
    """The body; the next file is fetched while the one before is on its way to the reader."""
    coming: list[asyncio.Task[bytes]] = []
    try:
        for position, head in enumerate(heads[:-1]):
            ahead = entries[position + len(coming) : position + 1 + FILES_AHEAD]
            coming += [asyncio.create_task(_file(study, entry, syntax)) for entry in ahead]
            yield head
            async for piece in _while_open(study, await coming.pop(0)):
                yield piece
        yield heads[-1]
    finally:
        for task in coming:
            task.cancel()


async def _while_open(study: OpenStudy, content: Buffer) -> AsyncIterator[Buffer]:
    """A file in pieces, as long as its session may read it: the body breaks off otherwise."""
    whole = memoryview(content)
    for start in range(0, len(whole), PIECE_BYTES):
        await study.require_open()
        yield whole[start : start + PIECE_BYTES]


def _one_file(study: OpenStudy, content: bytes, kind: str) -> Response[bytes]:
    if len(content) <= PIECE_BYTES:
        return Response(content, media_type=kind, headers=NO_STORE)
    return Pieces(_while_open(study, content), len(content), kind, NO_STORE)


def _given(entry: InstanceEntry, syntax: str) -> str:
    """The transfer syntax that an instance is given in."""
    return entry.transfer_syntax_uid if syntax == ANY else syntax


def _size(entry: InstanceEntry, syntax: str) -> int | None:
    """The bytes of the file that is given; None where it has to be made first."""
    return entry.record.file_bytes if _given(entry, syntax) == entry.transfer_syntax_uid else None


async def _file(study: OpenStudy, entry: InstanceEntry, syntax: str) -> bytes:
    content = await study.read(entry)
    if _given(entry, syntax) == entry.transfer_syntax_uid:
        return content
    return bytes(await asyncio.to_thread(transcode, content, syntax))


async def metadata(
    archive: Archive,
    request: AnyRequest,
    study_uid: str,
    series_uid: str | None = None,
    instance_uid: str | None = None,
) -> Response[bytes]:
    """The metadata as a JSON array, or in multipart as JSON or XML."""
    requester = requester_of(request, DOOR)
    shape = choose_document(accepted_by(request))
    study = await archive.open_study(requester, study_uid)
    if instance_uid is not None:
        entry = await study.instance(instance_uid, series_uid)
        document = msgspec.json.encode([await study.instance_metadata(entry)])
    else:
        document = await study.metadata(series_uid)
    base = f"{str(request.base_url).rstrip('/')}/dicomweb"
    document = document.replace(BULK_BASE.encode(), base.encode())
    if shape.multipart:
        return data_sets(msgspec.json.decode(document), shape, NO_STORE)
    return Response(document, media_type=DICOM_JSON, headers=NO_STORE)


async def frames(
    archive: Archive,
    request: AnyRequest,
    study_uid: str,
    series_uid: str,
    instance_uid: str,
    numbers: str,
) -> Response[bytes]:
    """Frames by number."""
    requester = requester_of(request, DOOR)
    wanted = frame_numbers(numbers)
    accepted = accepted_by(request)
    study = await archive.open_study(requester, study_uid)
    entry = await study.instance(instance_uid, series_uid)
    stored = entry.transfer_syntax_uid
    choice, decompress = choose_frame(accepted, stored, frame_media_type(stored))
    if decompress:
        file = await study.read(entry)
        found = await asyncio.to_thread(_decompressed, file, wanted)
    else:
        found = await study.frames(entry, wanted)
    shown = EXPLICIT_LITTLE if choice.media_type == OCTETS else choice.transfer_syntax
    kind = part_content_type(choice.media_type, shown)
    if not choice.multipart and len(found) == 1:
        return Response(found[0], media_type=kind, headers=NO_STORE)
    return in_parts([(kind, frame) for frame in found], choice.media_type)


async def bulk_data(
    archive: Archive,
    request: AnyRequest,
    study_uid: str,
    series_uid: str,
    instance_uid: str,
    path: str,
) -> Response[bytes]:
    """A bulk data value; of compressed frames a part for each (PS3.18 § 8.7.3.3)."""
    requester = requester_of(request, DOOR)
    accepted = accepted_by(request)
    study = await archive.open_study(requester, study_uid)
    entry = await study.instance(instance_uid, series_uid)
    media_type, values = await study.bulk(entry, path.strip("/"))
    plain = [one for one in accepted if not one.multipart and one.media_type != "*/*"]
    if len(values) == 1 and any(one.takes(media_type) for one in plain):
        return Response(values[0], media_type=media_type, headers=NO_STORE)
    return in_parts([(media_type, value) for value in values], media_type)


async def rendered(
    archive: Archive,
    request: AnyRequest,
    study_uid: str,
    series_uid: str | None = None,
    instance_uid: str | None = None,
    number: str = "1",
    *,
    small: bool = False,
) -> Response[bytes]:
    """A picture of a frame; of a study or series, of the one in its middle."""
    requester = requester_of(request, DOOR)
    media_type = choose_picture(accepted_by(request))
    (frame,) = frame_numbers(number)[:1]
    window = request.query_params.get("window")
    viewport = request.query_params.get("viewport")
    # A thumbnail has no room for a mark; what is larger is a picture that leaves.
    opening = archive.open_study if small else archive.open_pictures
    study = await opening(requester, study_uid)
    if instance_uid is not None:
        entry = await study.instance(instance_uid, series_uid)
    else:
        entry = await middle_picture(study, series_uid)
    file = await study.read(entry)
    marking = archive.marking(study, entry.sop_instance_uid, frame)

    def draw() -> bytes:
        if small:
            return thumbnail(file, frame)
        return render_frame(
            read_header(file),
            frame_of(read_header(file), file, frame),
            frame,
            media_type=media_type,  # type: ignore[arg-type]
            window=parse_window(window) if window is not None else None,
            viewport=_viewport(viewport) if viewport is not None else None,
            marking=marking,
        )

    shown = "image/jpeg" if small else media_type
    return Response(await asyncio.to_thread(draw), media_type=shown, headers=NO_STORE)


async def wado_uri(archive: Archive, request: AnyRequest) -> Response[Any] | Stream:
    """WADO-URI: one instance as a file or as a picture."""
    parameters = request.query_params
    if parameters.get("requestType") != "WADO":
        raise RequestBroken("Only WADO is known.", field="requestType", remedy="Send WADO.")
    uids = [parameters.get(name, "") for name in ("studyUID", "seriesUID", "objectUID")]
    if not all(uids):
        raise RequestBroken(
            "A UID is missing.",
            field="objectUID",
            remedy="Send studyUID, seriesUID and objectUID.",
        )
    kind = parameters.get("contentType", "image/jpeg").split(",")[0].strip().lower()
    if kind != DICOM:
        accept = parse_accept(kind)
        choose_picture(accept)
        number = parameters.get("frameNumber", "1")
        return await rendered(archive, request, uids[0], uids[1], uids[2], number)
    requester = requester_of(request, DOOR)
    study = await archive.open_study(requester, uids[0])
    entry = await study.instance(uids[2], uids[1])
    syntax = parameters.get("transferSyntax", ANY)
    content = await _file(study, entry, syntax)
    return _one_file(study, content, DICOM)


async def middle_picture(study: OpenStudy, series_uid: str | None) -> InstanceEntry:
    """The instance that stands for a study or series: the middle of those with pixels."""
    shown = [entry for entry in await study.instances(series_uid) if entry.record.frames]
    if not shown:
        raise PixelsAbsent(
            "Nothing here has pixels to be shown.", remedy="Fetch the metadata instead."
        )
    return shown[len(shown) // 2]


def frame_numbers(text: str) -> list[int]:
    """``1,2,5`` as numbers. Raises RequestBroken."""
    pieces = text.replace("%2C", ",").replace("%2c", ",").split(",")
    if len(pieces) > FRAMES_MAX or not all(
        piece.isascii() and piece.isdigit() and 0 < len(piece) < 9 for piece in pieces
    ):
        raise RequestBroken(
            "The list of frames cannot be read.",
            field="frames",
            remedy=f"List up to {FRAMES_MAX} numbers from 1, with commas.",
        )
    return [int(piece) for piece in pieces]


def _decompressed(file: bytes, numbers: Sequence[int]) -> list[bytes]:
    plain = transcode(file, EXPLICIT_LITTLE)
    header = read_header(plain)
    return [frame_of(header, plain, number) for number in numbers]


def _viewport(text: str) -> tuple[int, int]:
    pieces = text.split(",")
    sides = [piece.strip() for piece in pieces[:2]]
    if len(sides) < 2 or not all(side.isascii() and side.isdigit() for side in sides):
        raise RequestBroken(
            "The viewport cannot be read.", field="viewport", remedy="Give width,height."
        )
    return int(sides[0][:6]), int(sides[1][:6])
