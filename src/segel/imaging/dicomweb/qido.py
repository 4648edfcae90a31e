"""QIDO-RS (PS3.18 § 10.6): query parameters to a query, matches to JSON."""

from typing import Final

from litestar import Response
from pydicom.datadict import tag_for_keyword

from segel.access import AnyRequest, RequestBroken, requester_of
from segel.domain.dicom import JsonDataset, text_value
from segel.imaging.archive import Archive
from segel.imaging.dicomweb.answers import DOOR, data_sets
from segel.imaging.dicomweb.negotiation import choose_document, parse_accept
from segel.imaging.finding import INSTANCE_UID, SERIES_UID, STUDY_UID
from segel.imaging.model import Query

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 1_000
OFFSET_MAX: Final = 1_000_000
RETRIEVE_URL: Final = "00081190"

_CONTROL: Final = frozenset({"limit", "offset", "fuzzymatching", "includefield", "accept", "_"})


async def search(
    archive: Archive, request: AnyRequest, level: str, path_filters: dict[str, str]
) -> Response[bytes]:
    """Answer a query at one level. Raises RequestBroken and what the archive raises."""
    requester = requester_of(request, DOOR)
    shape = choose_document(
        parse_accept(request.headers.get("accept", ""), request.query_params.get("accept", ""))
    )
    query = parse_query(list(request.query_params.multi_items()), level, path_filters)
    found = await archive.search(requester, query)
    base = f"{str(request.base_url).rstrip('/')}/dicomweb"
    for dataset in found.datasets:
        dataset[RETRIEVE_URL] = {"vr": "UR", "Value": [_url(base, level, dataset)]}
    headers = {"Cache-Control": "no-store"}
    if found.note:
        headers["Warning"] = f'299 segel "{found.note}"'
    return data_sets(found.datasets, shape, headers)


def parse_query(
    parameters: list[tuple[str, str]], level: str, path_filters: dict[str, str]
) -> Query:
    """The query of a request's parameters. Raises RequestBroken, naming the parameter."""
    filters = dict(path_filters)
    include: list[str] = []
    control: dict[str, str] = {}
    for name, value in parameters:
        if name == "includefield":
            include += [field if field == "all" else tag_of(field) for field in value.split(",")]
        elif name in _CONTROL:
            control[name] = value
        else:
            tag = tag_of(name)
            if filters.get(tag, value) != value:
                raise RequestBroken(
                    "The parameter contradicts the address, or is given twice.",
                    field=name[:64],
                    remedy="Give it once.",
                )
            filters[tag] = value
    return Query(
        level=level,
        filters={tag: value for tag, value in filters.items() if value},
        include=tuple(include),
        limit=_whole(control, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX),
        offset=_whole(control, "offset", 0, 0, OFFSET_MAX),
        fuzzy=_flag(control, "fuzzymatching"),
    )


def tag_of(name: str) -> str:
    """The tag (eight hex digits) that a keyword or tag names; of a path its last part's first."""
    first = name.split(".", 1)[0].strip()
    if len(first) == 8:
        try:
            return f"{int(first, 16):08X}"
        except ValueError:
            pass
    tag = tag_for_keyword(first)
    if tag is None:
        raise RequestBroken(
            "The parameter is not a DICOM attribute.",
            field=first[:64] if first.isascii() and first.isalnum() else "query",
            remedy="Use the keyword or the tag of an attribute, such as PatientName or 00100010.",
        )
    return f"{tag:08X}"


def _whole(control: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = control.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text[:12]) < low:
        raise RequestBroken(
            "The parameter must be a whole number.",
            field=name,
            remedy=f"Give a number from {low} to {high}.",
        )
    return min(int(text[:12]), high)


def _flag(control: dict[str, str], name: str) -> bool:
    text = control.get(name, "false").lower()
    if text not in ("true", "false"):
        raise RequestBroken("The parameter is true or false.", field=name, remedy="Correct it.")
    return text == "true"


def _url(base: str, level: str, dataset: JsonDataset) -> str:
    url = f"{base}/studies/{text_value(dataset, STUDY_UID)}"
    if level in ("series", "instance"):
        url += f"/series/{text_value(dataset, SERIES_UID)}"
    if level == "instance":
        url += f"/instances/{text_value(dataset, INSTANCE_UID)}"
    return url
