"""Cases of alleged leaks: what is asked of the broker about them, and what it answers.

Times are Unix times, 0 for never. ``version``: the case as whoever writes has seen it; 0 for as it
is now.
"""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.cases import (
    Claim,
    ClockKind,
    ClockState,
    Happening,
    Language,
    LetterOutcome,
    NoticeKind,
    ObjectKind,
    Tlp,
)

CASE_FORMAT: Final = "segel-case-entries/1"

FINDING_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of one finding: counts, ranks and their evidence. Lists of people are objects of the case."""

GUEST_DAYS_MAX: Final = 90


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list. ``due_s``: of the clock that is due next, 0 where none runs."""

    case_id: UUID
    number: str
    is_open: bool
    tlp: Tlp
    vital: bool
    known_s: float
    opened_s: float
    closed_s: float = 0.0
    due_s: float = 0.0
    due: ClockKind | None = None
    state: ClockState | None = None
    source: str = ""
    verdict: str = ""


class CaseList(Message, frozen=True):
    """What is open first, by what is due; then what is closed, the newest first."""

    cases: list[CaseLine]


class ClockLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clock. ``how``: by which it was met, in an officer's words."""

    kind: ClockKind
    state: ClockState
    began_s: float
    alarm_s: float
    due_s: float
    met_s: float = 0.0
    how: str = ""


class CasePerson(msgspec.Struct, frozen=True):
    """Somebody who works on the case, or is to be spoken with."""

    name: str
    part: str = ""
    contact: str = ""


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do."""

    task_id: UUID
    title: str
    owner: str = ""
    due_s: float = 0.0
    done_s: float = 0.0
    done_by: str = ""


class CustodyLine(msgspec.Struct, frozen=True):
    """Who had a file in hand, when, and for what."""

    at_s: float
    by: str
    what: Happening
    note: str = ""


class ObjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a case. ``of``: the evidence that it was made of; ``kept`` false: it is being
    written, or was broken off; ``media``: what it is, as intake has named it."""

    object_id: UUID
    kind: ObjectKind
    name: str
    length: int
    sha256: bytes
    source: str
    media: str
    taken_s: float
    by: str
    kept: bool
    of: UUID | None = None
    custody: tuple[CustodyLine, ...] = ()


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline. ``subject_id``: the file, task or guest that it is about."""

    entry_id: UUID
    at_s: float
    what: Happening
    by: str
    text: str = ""
    subject_id: UUID | None = None


class GuestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A guest of a case. ``looks``, ``files``: what was used of their budget."""

    guest_id: UUID
    name: str
    body: str
    until_s: float
    looks: int
    looks_max: int
    files: int
    files_max: int
    ended_s: float = 0.0


class FindingLine(msgspec.Struct, frozen=True, kw_only=True):
    """That there is a finding. ``version``: how often it was written."""

    kind: str
    version: int
    at_s: float
    by: str
    length: int


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A signed document. ``number``: of its kind and language; ``is_current``: none was signed
    after it. ``finding_version``: of what it was made. ``told_s``: when whom it is for was told."""

    notice_id: UUID
    kind: NoticeKind
    language: Language
    number: int
    is_current: bool
    finding_version: int
    object_id: UUID
    sha256: bytes
    signed_s: float
    by: str
    told_s: float = 0.0
    how: str = ""


class CaseView(Message, frozen=True, kw_only=True):
    """A case. A guest sees neither people nor tasks nor guests nor evidence, and of the timeline
    what tells of no person of ours."""

    case_id: UUID
    number: str
    version: int
    is_open: bool
    is_guest: bool
    tlp: Tlp
    vital: bool
    known_s: float
    opened_s: float
    closed_s: float
    closed_why: str
    kept_until_s: float
    patients_told_s: float
    patients_told: int
    claim: Claim
    clocks: list[ClockLine]
    people: list[CasePerson] = msgspec.field(default_factory=list)
    tasks: list[TaskLine] = msgspec.field(default_factory=list)
    objects: list[ObjectLine] = msgspec.field(default_factory=list)
    entries: list[EntryLine] = msgspec.field(default_factory=list)
    guests: list[GuestLine] = msgspec.field(default_factory=list)
    findings: list[FindingLine] = msgspec.field(default_factory=list)
    notices: list[NoticeLine] = msgspec.field(default_factory=list)


class OpenCase(Message, frozen=True):
    """Open a case; its id is in the reply. ``nonce``: chosen by whoever sends, so that sent twice
    it is one case. ``known_s``: when it became known, from which the clocks run."""

    requester: Requester
    nonce: UUID
    claim: Claim
    tlp: Tlp
    known_s: float
    vital: bool = False


class ListCases(Message, frozen=True):
    requester: Requester


class ShowCase(Message, frozen=True):
    """One case; of a guest's, each look counts."""

    requester: Requester
    case_id: UUID


class AmendCase(Message, frozen=True):
    """Put another claim, marking or time in the place of what was."""

    requester: Requester
    case_id: UUID
    version: int
    claim: Claim
    tlp: Tlp
    known_s: float
    vital: bool


class NoteOnCase(Message, frozen=True):
    """Add a note to the timeline."""

    requester: Requester
    case_id: UUID
    text: str


class AddCasePerson(Message, frozen=True):
    requester: Requester
    case_id: UUID
    person: CasePerson
    version: int = 0


class AddCaseTask(Message, frozen=True):
    requester: Requester
    case_id: UUID
    title: str
    owner: str = ""
    due_s: float = 0.0
    version: int = 0


class FinishCaseTask(Message, frozen=True):
    requester: Requester
    case_id: UUID
    task_id: UUID
    version: int = 0


class MeetClock(Message, frozen=True):
    """Say that whom a clock is about was told. ``at_s``: when."""

    requester: Requester
    case_id: UUID
    kind: ClockKind
    at_s: float
    how: str
    version: int = 0


class CloseCase(Message, frozen=True):
    requester: Requester
    case_id: UUID
    reason: str
    version: int = 0


class ReopenCase(Message, frozen=True):
    requester: Requester
    case_id: UUID
    reason: str
    version: int = 0


# --- files ------------------------------------------------------------------------------------


class BeginObject(Message, frozen=True):
    """Begin to write a file of a case: its key is released for that."""

    requester: Requester
    case_id: UUID
    kind: ObjectKind
    name: str
    source: str = ""
    media: str = ""
    of: UUID | None = None


class ObjectGrant(Message, frozen=True):
    """The key of one file, under which its pieces are sealed (``segel.leaks.cases``)."""

    case_id: UUID
    object_id: UUID
    key: bytes
    length: int = 0
    sha256: bytes = b""
    name: str = ""

    def __repr__(self) -> str:
        return f"ObjectGrant({self.object_id})"


class FinishObject(Message, frozen=True):
    """The file is written and durable: have it stand in the case."""

    requester: Requester
    case_id: UUID
    object_id: UUID
    length: int
    sha256: bytes
    media: str = ""


class AbandonObject(Message, frozen=True):
    """It was broken off; nothing of it is kept."""

    requester: Requester
    case_id: UUID
    object_id: UUID


class OpenObject(Message, frozen=True):
    """Have a file's key, to read it. ``why``: for the chain of custody."""

    requester: Requester
    case_id: UUID
    object_id: UUID
    why: str = ""


class ListLeftObjects(Message, frozen=True):
    """Whose pieces are to be swept from the object store: of files that were broken off long ago,
    and of cases that were destroyed."""


class LeftObject(msgspec.Struct, frozen=True):
    """Where pieces lie."""

    case_id: UUID
    object_id: UUID


class LeftObjects(Message, frozen=True):
    objects: list[LeftObject]


class SweptObjects(Message, frozen=True):
    """Their pieces are gone."""

    object_ids: list[UUID]


# --- findings -----------------------------------------------------------------------------------


class PutFinding(Message, frozen=True):
    """Write a finding's next version. ``body``: JSON of its part. ``seen``: the version that
    whoever writes has seen, 0 for none; None for as it is now."""

    requester: Requester
    case_id: UUID
    kind: str
    body: bytes
    seen: int | None = None


class ReadFinding(Message, frozen=True):
    """The finding's newest version (0), or one before."""

    requester: Requester
    case_id: UUID
    kind: str
    version: int = 0


class FindingBody(Message, frozen=True):
    """What ``PutFinding`` wrote."""

    kind: str
    version: int
    at_s: float
    body: bytes


# --- documents ----------------------------------------------------------------------------------


class SignNotice(Message, frozen=True, kw_only=True):
    """A document's file is written and durable: have it stand in the case, signed by who asks.

    ``object_id``: begun as a document; ``length``, ``sha256``: of what was signed. ``number``: the
    next of its kind and language. ``finding_version``: of the findings that it was made of.
    """

    requester: Requester
    case_id: UUID
    object_id: UUID
    length: int
    sha256: bytes
    kind: NoticeKind
    language: Language
    number: int
    finding_version: int


class TellNotice(Message, frozen=True):
    """Say that whom a signed document is for was told by it; the clock about them is met."""

    requester: Requester
    case_id: UUID
    notice_id: UUID
    at_s: float
    how: str


# --- letters ------------------------------------------------------------------------------------


class ClaimLetters(Message, frozen=True):
    """Say that letters are about to be sent by a signed document for patients, before they are.

    ``addressees``: 16 bytes each. ``again``: also those of which nobody noted how it went.
    """

    requester: Requester
    case_id: UUID
    notice_id: UUID
    addressees: bytes
    again: bool = False

    def __repr__(self) -> str:
        return "ClaimLetters(...)"


class ClaimedLetters(Message, frozen=True):
    """To whom letters may be sent now: nobody else claims them, and they have none yet."""

    batch_id: UUID
    addressees: bytes

    def __repr__(self) -> str:
        return "ClaimedLetters(...)"


class NoteLetters(Message, frozen=True):
    """What became of claimed letters. ``outcomes``: in the order in which they were claimed."""

    requester: Requester
    case_id: UUID
    batch_id: UUID
    outcomes: list[LetterOutcome]


class CountLetters(Message, frozen=True):
    requester: Requester
    case_id: UUID
    notice_id: UUID


class LetterCounts(Message, frozen=True):
    """How many letters came to which end; of somebody who was written to twice, the last."""

    counts: dict[LetterOutcome, int]


# --- guests, patients ---------------------------------------------------------------------------


class InviteGuest(Message, frozen=True):
    """Invite somebody of a regulator or agency to one case; the reply has the link's secret."""

    requester: Requester
    case_id: UUID
    name: str
    body: str
    days: int
    looks: int
    files: int


class EndGuest(Message, frozen=True):
    """A guest's access is over, and their sessions end."""

    requester: Requester
    case_id: UUID
    guest_id: UUID


class OwnAnswer(msgspec.Struct, frozen=True):
    """What a patient's own page says in one language, where they are affected and where not."""

    affected: str
    unaffected: str

    def __repr__(self) -> str:
        return "OwnAnswer(...)"


class TellPatients(Message, frozen=True):
    """Have patients' own pages answer "was I affected?": whom these warrants of the case recognised
    is, and nobody else, whatever was answered before. ``notice_id``: a signed document for
    patients, which has to be there first."""

    requester: Requester
    case_id: UUID
    notice_id: UUID
    warrants: list[UUID]
    answers: dict[Language, OwnAnswer]


class UntellPatients(Message, frozen=True):
    """Have patients' own pages say nothing of the case any more. ``reason``: why."""

    requester: Requester
    case_id: UUID
    reason: str


class ToldPatients(Message, frozen=True):
    """For how many registrations of people the answer is yes."""

    people: int


class AskAffected(Message, frozen=True):
    """Whether the asking patient is among those whom a case's officers told."""

    requester: Requester
    language: Language = Language.INDONESIAN


class AffectedLine(msgspec.Struct, frozen=True):
    """A case of which patients were told, and whether the asker is affected."""

    number: str
    released_s: float
    affected: bool
    text: str = ""


class AffectedList(Message, frozen=True):
    lines: list[AffectedLine]


# --- proofs -------------------------------------------------------------------------------------


class CaseProofs(Message, frozen=True):
    """The case's branch of the log: each entry with its proof."""

    requester: Requester
    case_id: UUID


class CaseEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry, and what proves it against the document's checkpoint."""

    leaf: int
    salt: bytes
    event: str
    proof: tuple[bytes, ...]


class CaseDocument(Message, frozen=True, kw_only=True):
    """The entries about one case, oldest first. ``log`` and ``witnesses`` are verifier keys."""

    format: str = CASE_FORMAT
    case_id: UUID
    number: str
    made_s: float
    log: str
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    checkpoint: str
    entries: tuple[CaseEntry, ...]


Request = (
    OpenCase
    | ListCases
    | ShowCase
    | AmendCase
    | NoteOnCase
    | AddCasePerson
    | AddCaseTask
    | FinishCaseTask
    | MeetClock
    | CloseCase
    | ReopenCase
    | BeginObject
    | FinishObject
    | AbandonObject
    | OpenObject
    | ListLeftObjects
    | SweptObjects
    | PutFinding
    | ReadFinding
    | SignNotice
    | TellNotice
    | ClaimLetters
    | NoteLetters
    | CountLetters
    | InviteGuest
    | EndGuest
    | TellPatients
    | UntellPatients
    | AskAffected
    | CaseProofs
)
Reply = (
    CaseList
    | CaseView
    | ObjectGrant
    | LeftObjects
    | FindingBody
    | AffectedList
    | ToldPatients
    | CaseDocument
    | ClaimedLetters
    | LetterCounts
)
