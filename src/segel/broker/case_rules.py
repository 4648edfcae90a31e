"""What a case of a leak holds, and how it changes. Pure.

A case has two seals. Under the broker's own: that it is there, its clocks, whether it is open; what
the clocks need and what stays when its key is forgotten. Under the case's key: everything else.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.errors import CaseChanged, CaseOver, CaseUnclear
from segel.broker.messages.cases import CaseLine, CasePerson, ClockLine, OwnAnswer, TaskLine
from segel.domain.cases import (
    HOUR_S,
    KEPT_CLOSED_S,
    KNOWN_BACK_MAX_S,
    LINE_MAX,
    TEXT_MAX,
    Claim,
    Clock,
    ClockKind,
    ClockState,
    Happening,
    Language,
    NoticeKind,
    ObjectKind,
    Tlp,
    clocks_of,
    faults_of_claim,
    tidied_claim,
)

PEOPLE_MAX: Final = 200
TASKS_MAX: Final = 500
GUESTS_MAX: Final = 50
CUSTODY_MAX: Final = 1_000
"""Hands that one file passes through; beyond it the log alone tells."""
AHEAD_MAX_S: Final = 366 * 24 * HOUR_S
GUEST_LOOKS_MAX: Final = 10_000
GUEST_FILES_MAX: Final = 1_000


class CaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Under the broker's seal. ``met``: when whoever a clock is about was told, by its kind.

    ``destroyed_s``: since when the case has no key; ``forgotten_s``: not 0 once its KEK is gone.
    ``told_s``: since when patients' own pages answer.
    """

    opened_s: float
    known_s: float
    vital: bool
    met: Mapping[str, float] = msgspec.field(default_factory=dict)
    closed_s: float = 0.0
    destroyed_s: float = 0.0
    forgotten_s: float = 0.0
    told_s: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is worked on."""
        return not self.closed_s

    @property
    def kept_until_s(self) -> float:
        """When its key is forgotten, 0 while it is open."""
        return self.closed_s + KEPT_CLOSED_S if self.closed_s else 0.0

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """Its clocks."""
        return clocks_of(self.known_s, vital=self.vital, met=self.met)


class CaseContent(msgspec.Struct, frozen=True, kw_only=True):
    """Under the case's seal. ``how``: by which a clock was met, by its kind."""

    claim: Claim
    tlp: Tlp
    people: tuple[CasePerson, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    how: Mapping[str, str] = msgspec.field(default_factory=dict)
    closed_why: str = ""
    told: "Told | None" = None
    verdict: str = ""

    def __repr__(self) -> str:
        return "CaseContent(...)"


class Told(msgspec.Struct, frozen=True):
    """What patients' own pages answer. ``edition``: which of the named patients count; ``people``:
    how many registrations they are."""

    edition: int
    people: int
    answers: Mapping[Language, OwnAnswer]

    def __repr__(self) -> str:
        return "Told(...)"


class Custody(msgspec.Struct, frozen=True):
    """That somebody had a file in hand."""

    at_s: float
    by: UUID
    what: Happening
    note: str = ""


class ObjectItem(msgspec.Struct, frozen=True, kw_only=True):
    """A file. ``kept_s`` 0: it is being written, or was broken off."""

    kind: ObjectKind
    name: str
    source: str
    media: str
    begun_s: float
    by: UUID
    of: UUID | None = None
    kept_s: float = 0.0
    length: int = 0
    sha256: bytes = b""
    custody: tuple[Custody, ...] = ()

    def __repr__(self) -> str:
        return f"ObjectItem({self.kind})"

    def handed(self, custody: Custody) -> "ObjectItem":
        """The same, in one more hand."""
        kept = (*self.custody, custody)[-CUSTODY_MAX:]
        return msgspec.structs.replace(self, custody=kept)


class EntryItem(msgspec.Struct, frozen=True):
    """An entry of the timeline. ``by`` nil: the broker."""

    at_s: float
    what: Happening
    by: UUID | None
    text: str = ""
    subject_id: UUID | None = None

    def __repr__(self) -> str:
        return f"EntryItem({self.what})"


class FindingItem(msgspec.Struct, frozen=True):
    """A finding."""

    kind: str
    version: int
    at_s: float
    by: UUID
    body: bytes

    def __repr__(self) -> str:
        return f"FindingItem({self.kind})"


class NoticeItem(msgspec.Struct, frozen=True, kw_only=True):
    """A signed document. ``number``: of its kind and language, from 1; a higher one supersedes it.
    ``finding_version``: of the findings that it was made of. ``told_s`` 0: nobody was told by it.
    """

    kind: NoticeKind
    language: Language
    number: int
    finding_version: int
    object_id: UUID
    sha256: bytes
    signed_s: float
    by: UUID
    told_s: float = 0.0
    told_by: UUID | None = None
    how: str = ""

    def __repr__(self) -> str:
        return f"NoticeItem({self.kind}, {self.number})"


class LettersItem(msgspec.Struct, frozen=True, kw_only=True):
    """Some letters by one document. ``addressees``: 16 bytes each; ``outcomes``: of each its place
    in ``LetterOutcome``, a byte; ``number``: which batch it is, from 1."""

    notice_id: UUID
    number: int
    addressees: bytes
    outcomes: bytes

    def __repr__(self) -> str:
        return f"LettersItem({self.number})"


class GuestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A guest, under the broker's seal: their looks are counted before the case is opened."""

    case_id: UUID
    account_id: UUID
    name: str
    body: str
    until_s: float
    looks_max: int
    files_max: int
    looks: int = 0
    files: int = 0
    ended_s: float = 0.0


def number_of(case_id: UUID) -> str:
    """How people name a case; it tells nothing of when it was opened."""
    return f"LK-{case_id.hex[:6].upper()}"


# --- what is said -------------------------------------------------------------------------------


def checked_claim(claim: Claim) -> Claim:
    """A claim that says something and fits. Raises CaseUnclear."""
    tidy = tidied_claim(claim)
    for field, fault in faults_of_claim(tidy).items():
        raise CaseUnclear(f"This is {fault}.", field=field, remedy="Mend it, and send again.")
    return tidy


def checked_text(text: str, field: str) -> str:
    """Words. Raises CaseUnclear where there are none, or too many."""
    stripped = text.strip()
    if not stripped or len(stripped) > TEXT_MAX:
        raise CaseUnclear(
            "A text is missing, or too long.",
            field=field,
            remedy=f"Write at most {TEXT_MAX} characters.",
        )
    return stripped


def checked_line(line: str, field: str, *, empty: bool = False) -> str:
    """One line. Raises CaseUnclear where it is missing (unless it may be ``empty``) or too long."""
    stripped = " ".join(line.split())
    if len(stripped) > LINE_MAX or (not stripped and not empty):
        raise CaseUnclear(
            "A line is missing, or too long.",
            field=field,
            remedy=f"Write at most {LINE_MAX} characters.",
        )
    return stripped


def checked_known(known_s: float, now_s: float) -> float:
    """When it became known. Raises CaseUnclear."""
    if not now_s - KNOWN_BACK_MAX_S <= known_s <= now_s:
        raise CaseUnclear(
            "It cannot have become known then.",
            field="known",
            remedy="Give the day and hour; the clocks run from there.",
        )
    return known_s


def checked_due(due_s: float, now_s: float) -> float:
    """When something is to be done, 0 for whenever. Raises CaseUnclear."""
    if due_s and not now_s - AHEAD_MAX_S <= due_s <= now_s + AHEAD_MAX_S:
        raise CaseUnclear("This is no possible time.", field="due", remedy="Give another.")
    return due_s


def checked_guest(days: int, looks: int, files: int, days_max: int) -> None:
    """What a guest may. Raises CaseUnclear."""
    for field, number, least, most in (
        ("days", days, 1, days_max),
        ("looks", looks, 1, GUEST_LOOKS_MAX),
        ("files", files, 0, GUEST_FILES_MAX),
    ):
        if not least <= number <= most:
            raise CaseUnclear(
                "This is too little or too much.",
                field=field,
                remedy=f"Give {least} to {most}.",
            )


# --- how it changes -----------------------------------------------------------------------------


def require_open(record: CaseRecord) -> None:
    """Return where a case is worked on. Raises CaseOver."""
    if not record.is_open:
        raise CaseOver("This case is closed.", remedy="Reopen it, saying why.")


def require_version(have: int, seen: int) -> None:
    """Return where nobody has changed the case since it was seen. Raises CaseChanged."""
    if seen and seen != have:
        raise CaseChanged(
            "Somebody else changed the case meanwhile.", remedy="Look at it again, then repeat."
        )


def with_person(content: CaseContent, person: CasePerson) -> CaseContent:
    """One more person. Raises CaseUnclear."""
    if len(content.people) >= PEOPLE_MAX:
        raise CaseUnclear(f"A case names at most {PEOPLE_MAX} people.", field="person")
    tidy = CasePerson(
        checked_line(person.name, "name"),
        checked_line(person.part, "part", empty=True),
        checked_line(person.contact, "contact", empty=True),
    )
    return msgspec.structs.replace(content, people=(*content.people, tidy))


def with_task(content: CaseContent, task: TaskLine, now_s: float) -> CaseContent:
    """One more task. Raises CaseUnclear."""
    if len(content.tasks) >= TASKS_MAX:
        raise CaseUnclear(f"A case has at most {TASKS_MAX} tasks.", field="title")
    tidy = msgspec.structs.replace(
        task,
        title=checked_line(task.title, "title"),
        owner=checked_line(task.owner, "owner", empty=True),
        due_s=checked_due(task.due_s, now_s),
    )
    return msgspec.structs.replace(content, tasks=(*content.tasks, tidy))


def with_task_done(content: CaseContent, task_id: UUID, now_s: float, by: str) -> CaseContent:
    """A task is done. Raises CaseUnclear, CaseOver."""
    found = next((one for one in content.tasks if one.task_id == task_id), None)
    if found is None:
        raise CaseUnclear("There is no such task.", field="task", remedy="Show the case again.")
    if found.done_s:
        raise CaseOver("This task is done already.")
    done = msgspec.structs.replace(found, done_s=now_s, done_by=by)
    tasks = tuple(done if one.task_id == task_id else one for one in content.tasks)
    return msgspec.structs.replace(content, tasks=tasks)


def met(record: CaseRecord, kind: ClockKind, at_s: float, now_s: float) -> CaseRecord:
    """Whoever a clock is about was told. Raises CaseUnclear, CaseOver."""
    clock = next((one for one in record.clocks if one.kind is kind), None)
    if clock is None:
        raise CaseUnclear("This clock does not run here.", field="kind")
    if clock.met_s:
        raise CaseOver("This clock is met already.")
    checked_told(record, at_s, now_s)
    return msgspec.structs.replace(record, met={**record.met, kind.value: at_s})


def met_by_notice(
    record: CaseRecord, kind: NoticeKind, at_s: float, now_s: float
) -> tuple[CaseRecord, ClockKind | None]:
    """Whoever a document is for was told by it, and the clock that is met by that, where one about
    them runs. Raises CaseUnclear."""
    checked_told(record, at_s, now_s)
    running = next(
        (one.kind for one in record.clocks if one.kind.value == kind.value and not one.met_s), None
    )
    return (record if running is None else met(record, running, at_s, now_s)), running


def checked_told(record: CaseRecord, at_s: float, now_s: float) -> None:
    """Return where somebody may have been told then. Raises CaseUnclear."""
    if not record.known_s <= at_s <= now_s:
        raise CaseUnclear(
            "It cannot have been told then.",
            field="at",
            remedy="Give a time since it became known.",
        )


# --- how it is shown ----------------------------------------------------------------------------


def clock_lines(record: CaseRecord, how: Mapping[str, str], now_s: float) -> list[ClockLine]:
    """Its clocks as they stand."""
    return [
        ClockLine(
            kind=one.kind,
            state=one.state(now_s),
            began_s=one.began_s,
            alarm_s=one.alarm_s,
            due_s=one.due_s,
            met_s=one.met_s,
            how=how.get(one.kind, ""),
        )
        for one in record.clocks
    ]


def line_of(case_id: UUID, record: CaseRecord, content: CaseContent, now_s: float) -> CaseLine:
    """A case in a list."""
    due = next((one for one in record.clocks if not one.met_s), None) if record.is_open else None
    return CaseLine(
        case_id=case_id,
        number=number_of(case_id),
        is_open=record.is_open,
        tlp=content.tlp,
        vital=record.vital,
        known_s=record.known_s,
        opened_s=record.opened_s,
        closed_s=record.closed_s,
        due_s=due.due_s if due else 0.0,
        due=due.kind if due else None,
        state=due.state(now_s) if due else None,
        source=content.claim.source,
        verdict=content.verdict,
    )


def alarming(record: CaseRecord, now_s: float) -> list[tuple[Clock, ClockState]]:
    """The clocks of which officers are to be told."""
    if not record.is_open:
        return []
    states = [(one, one.state(now_s)) for one in record.clocks]
    return [one for one in states if one[1] in (ClockState.ALARM, ClockState.OVER)]
