"""The study list: the form, the search it makes, and its rows.

What was searched for is sealed into the address of its result (``/list/<handle>``): a page can be
reloaded, gone back to and turned without a name ever standing in a URL.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from segel.access import open_handle, seal_handle
from segel.broker import BrokerClient, Requester, StudyMatch, StudyQuery
from segel.console import present
from segel.console.dates import OLDEST, Span
from segel.console.terms import READINGS_MAX, read_terms, within
from segel.domain.dicom import text_value
from segel.domain.roles import Role

PAGE_SIZE: Final = 20
"""A screen; each patient shown costs a fifth of one opened."""

OFFSET_MAX: Final = 2_000

DAYS: Final = ("any", "today", "yesterday", "week", "month", "range")
SORTS: Final = ("newest", "oldest", "name", "modality")
MODALITIES: Final = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")

WORKS_FROM_LIST: Final = frozenset({Role.RADIOLOGIST, Role.RADIOGRAPHER})
"""Roles that begin with the latest studies; the others look for one patient, and see only whom
they look for."""

READS_RECORDS: Final = frozenset({Role.CLINICIAN, *WORKS_FROM_LIST})
"""Roles that are shown a search at all. What they find is the broker's decision, not this."""


class ListState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A search as it stands in its address. ``first`` and ``last`` (ISO) are the days of a range,
    ``reading`` is -1 where nobody chose one; ``to_report``: only what has no report yet."""

    text: str = ""
    modality: str = ""
    day: str = "any"
    first: str = ""
    last: str = ""
    sort: str = "newest"
    offset: int = 0
    reading: int = -1
    to_report: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One study, as the list shows it."""

    handle: str
    name: str
    birth_date: str
    sex: str
    record_number: str
    study_date: str
    study_time: str
    modalities: list[str]
    description: str
    accession: str
    instances: int
    reported: bool = False


@dataclass(frozen=True, slots=True)
class OtherReading:
    """Another way to understand the text, one click away."""

    handle: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found. ``tried``: as what the text was understood, each kind and words; more
    than one only where none found anything."""

    tried: list[tuple[tuple[str, str], ...]]
    rows: list[Row]
    others: list[OtherReading]
    incomplete: bool
    chosen: int
    full: bool


def seal_state(token: str, state: ListState) -> str:
    """The handle of a search."""
    return seal_handle(token, "list", msgspec.json.encode(state).decode())


def open_state(token: str, handle: str) -> ListState:
    """The search behind a handle. Raises HandleBroken."""
    return msgspec.json.decode(open_handle(token, "list", handle), type=ListState)


def state_of_form(form: dict[str, str]) -> ListState:
    """What the form says; a value that it does not offer counts as not chosen."""
    modality, day = form.get("modality", ""), form.get("day", "any")
    first, last = sorted([_iso_day(form.get("first", "")), _iso_day(form.get("last", ""))])
    if day == "range" and not last:
        day = "any"
    return ListState(
        text=form.get("text", ""),
        modality=modality if modality in MODALITIES else "",
        day=day if day in DAYS else "any",
        first=(first or last) if day == "range" else "",
        last=last if day == "range" else "",
        to_report=form.get("to_report") == "yes",
    )


def _iso_day(text: str) -> str:
    """The day as it was given, '' where it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if day >= OLDEST else ""


def first_state(role: Role) -> ListState | None:
    """What a role's list begins with: the latest studies, or nothing."""
    return ListState() if role in WORKS_FROM_LIST else None


def span_of(state: ListState, today: date) -> Span | None:
    """The days that were chosen; of a range with one end, that day."""
    if state.day == "range":
        return Span(date.fromisoformat(state.first), date.fromisoformat(state.last))
    back = {"today": (0, 0), "yesterday": (1, 1), "week": (6, 0), "month": (29, 0)}.get(state.day)
    if back is None:
        return None
    return Span(today - timedelta(days=back[0]), today - timedelta(days=back[1]))


async def find(
    broker: BrokerClient, requester: Requester, state: ListState, today: date
) -> Outcome:
    """Try the readings in turn until one finds something.

    Raises TermsUnclear and the broker's errors.
    """
    readings = read_terms(state.text, today)
    assert 0 < len(readings) <= READINGS_MAX
    chosen = range(len(readings))
    if 0 <= state.reading < len(readings):
        chosen = range(state.reading, state.reading + 1)
    span = span_of(state, today)
    at, matches, complete = 0, list[StudyMatch](), True
    for at in chosen:
        reading = within(readings[at], span, state.modality)
        result = await broker.search(
            requester,
            StudyQuery(
                filters=reading.filters,
                fuzzy=reading.fuzzy,
                limit=PAGE_SIZE,
                offset=min(state.offset, OFFSET_MAX),
                unreported=state.to_report,
            ),
        )
        matches, complete = result.matches, result.complete
        if matches:
            break
    tried = [readings[at].said] if matches else [readings[index].said for index in chosen]
    others = [
        OtherReading(seal_state(requester.token, _as(state, index)), other.said)
        for index, other in enumerate(readings)
        if index != at
    ]
    full = len(matches) == PAGE_SIZE
    rows = [row_of(match, requester.token) for match in matches]
    return Outcome(
        tried=[said for said in tried if said],
        rows=rows if full or state.offset else in_order(rows, state.sort),
        others=others if matches else [],
        # A page that is full may merely have a next one; one that is not has looked at all it may.
        incomplete=not complete and not full,
        chosen=at,
        full=full,
    )


def row_of(match: StudyMatch, token: str) -> Row:
    """A match as a row, its link sealed for this session."""
    about = match.attributes
    return Row(
        handle=seal_study(token, text_value(about, "0020000D")),
        name=present.person_name(about),
        birth_date=text_value(about, "00100030"),
        sex=text_value(about, "00100040"),
        record_number=text_value(about, "00100020"),
        study_date=text_value(about, "00080020"),
        study_time=text_value(about, "00080030"),
        modalities=present.modalities(match.series),
        description=text_value(about, "00081030"),
        accession=text_value(about, "00080050"),
        instances=match.instance_count,
        reported=match.reported,
    )


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """The rows of a whole result in another order; they come newest first, and stay so within."""
    match sort:
        case "oldest":
            return rows[::-1]
        case "name":
            return sorted(rows, key=lambda row: row.name.casefold())
        case "modality":
            return sorted(rows, key=lambda row: row.modalities)
        case _:
            return rows


def sorted_by(state: ListState, outcome: Outcome) -> dict[str, ListState]:
    """The same search in each order, where its result is a whole one: of many pages only the
    broker knows the order, and it knows the newest."""
    if outcome.full or state.offset or len(outcome.rows) < 2:
        return {}
    chosen = _as(state, outcome.chosen)
    return {sort: msgspec.structs.replace(chosen, sort=sort) for sort in SORTS}


def turned(state: ListState, outcome: Outcome, pages: int) -> ListState | None:
    """The same search, ``pages`` further; None where there is no such page."""
    offset = state.offset + pages * PAGE_SIZE
    if offset < 0 or offset > OFFSET_MAX or (pages > 0 and not outcome.full):
        return None
    return msgspec.structs.replace(state, offset=offset, reading=outcome.chosen)


def widened(state: ListState) -> ListState | None:
    """The same text without day, modality and whether it is reported, where some were chosen."""
    narrow = state.modality or state.day != "any" or state.to_report
    return ListState(text=state.text) if narrow else None


def seal_study(token: str, study_uid: str) -> str:
    """The handle of a study."""
    return seal_handle(token, "study", study_uid)


def open_study_handle(token: str, handle: str) -> str:
    """The study UID behind a handle. Raises HandleBroken."""
    return open_handle(token, "study", handle)


def _as(state: ListState, reading: int) -> ListState:
    return msgspec.structs.replace(state, offset=0, reading=reading)
