"""What is asked of the broker about cases of alleged leaks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from segel.broker import messages as m
from segel.domain.cases import Claim, ClockKind, Language, LetterOutcome, ObjectKind, Tlp

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class CaseCalls:
    """``BrokerClient.cases``. Each raises Forbidden; those of one case CaseUnknown, CaseOver."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def open(
        self,
        requester: m.Requester,
        claim: Claim,
        *,
        tlp: Tlp,
        known_s: float,
        vital: bool = False,
        nonce: UUID | None = None,
    ) -> UUID:
        """A new case; its id. Raises CaseUnclear."""
        asked = m.OpenCase(requester, nonce or uuid4(), claim, tlp, known_s, vital)
        return await self._done(asked)

    async def listed(self, requester: m.Requester) -> list[m.CaseLine]:
        """The organisation's cases, what is due first; a guest's one."""
        return (await self._client.call(m.ListCases(requester), m.CaseList)).cases

    async def show(self, requester: m.Requester, case_id: UUID) -> m.CaseView:
        """One case. Raises GuestUsedUp."""
        return await self._client.call(m.ShowCase(requester, case_id), m.CaseView)

    async def amend(
        self,
        requester: m.Requester,
        seen: m.CaseView,
        claim: Claim,
        *,
        tlp: Tlp,
        known_s: float,
        vital: bool,
    ) -> None:
        """Another claim, marking or time. Raises CaseUnclear, CaseChanged."""
        await self._done(
            m.AmendCase(requester, seen.case_id, seen.version, claim, tlp, known_s, vital)
        )

    async def note(self, requester: m.Requester, case_id: UUID, text: str) -> None:
        """Add a note to the timeline. Raises CaseUnclear."""
        await self._done(m.NoteOnCase(requester, case_id, text))

    async def add_person(
        self, requester: m.Requester, case_id: UUID, person: m.CasePerson, version: int = 0
    ) -> None:
        """Name somebody. Raises CaseUnclear, CaseChanged."""
        await self._done(m.AddCasePerson(requester, case_id, person, version))

    async def add_task(
        self,
        requester: m.Requester,
        case_id: UUID,
        title: str,
        owner: str = "",
        due_s: float = 0.0,
        version: int = 0,
    ) -> UUID:
        """Something to do; its id. Raises CaseUnclear, CaseChanged."""
        return await self._done(m.AddCaseTask(requester, case_id, title, owner, due_s, version))

    async def finish_task(
        self, requester: m.Requester, case_id: UUID, task_id: UUID, version: int = 0
    ) -> None:
        """It is done. Raises CaseUnclear, CaseChanged."""
        await self._done(m.FinishCaseTask(requester, case_id, task_id, version))

    async def meet(
        self,
        requester: m.Requester,
        case_id: UUID,
        kind: ClockKind,
        at_s: float,
        how: str,
        version: int = 0,
    ) -> None:
        """Whoever the clock is about was told. Raises CaseUnclear, CaseChanged."""
        await self._done(m.MeetClock(requester, case_id, kind, at_s, how, version))

    async def close(
        self, requester: m.Requester, case_id: UUID, reason: str, version: int = 0
    ) -> None:
        """Close it. Raises CaseUnclear, CaseChanged."""
        await self._done(m.CloseCase(requester, case_id, reason, version))

    async def reopen(
        self, requester: m.Requester, case_id: UUID, reason: str, version: int = 0
    ) -> None:
        """Work on it again. Raises CaseUnclear, CaseChanged."""
        await self._done(m.ReopenCase(requester, case_id, reason, version))

    # --- files --------------------------------------------------------------------------------

    async def begin_object(
        self,
        requester: m.Requester,
        case_id: UUID,
        kind: ObjectKind,
        name: str,
        *,
        source: str = "",
        media: str = "",
        of: UUID | None = None,
    ) -> m.ObjectGrant:
        """The key of a new file. Raises CaseUnclear."""
        asked = m.BeginObject(requester, case_id, kind, name, source, media, of)
        return await self._client.call(asked, m.ObjectGrant)

    async def finish_object(
        self,
        requester: m.Requester,
        case_id: UUID,
        object_id: UUID,
        length: int,
        sha256: bytes,
        media: str = "",
    ) -> None:
        """It is durable. Raises CaseUnclear."""
        await self._done(m.FinishObject(requester, case_id, object_id, length, sha256, media))

    async def abandon_object(self, requester: m.Requester, case_id: UUID, object_id: UUID) -> None:
        """It was broken off."""
        await self._done(m.AbandonObject(requester, case_id, object_id))

    async def open_object(
        self, requester: m.Requester, case_id: UUID, object_id: UUID, why: str = ""
    ) -> m.ObjectGrant:
        """A file's key, to read it; logged. Raises GuestUsedUp."""
        asked = m.OpenObject(requester, case_id, object_id, why)
        return await self._client.call(asked, m.ObjectGrant)

    async def left_objects(self) -> list[m.LeftObject]:
        """Whose pieces are to be swept."""
        return (await self._client.call(m.ListLeftObjects(), m.LeftObjects)).objects

    async def swept_objects(self, object_ids: Sequence[UUID]) -> None:
        """Their pieces are gone."""
        await self._client.call(m.SweptObjects(list(object_ids)), m.Done)

    # --- findings -----------------------------------------------------------------------------

    async def put_finding(
        self, requester: m.Requester, case_id: UUID, kind: str, body: bytes, seen: int | None = None
    ) -> None:
        """Write a finding's next version, as JSON. Raises CaseUnclear, CaseChanged."""
        await self._done(m.PutFinding(requester, case_id, kind, body, seen))

    async def finding(
        self, requester: m.Requester, case_id: UUID, kind: str, version: int = 0
    ) -> m.FindingBody:
        """What was found. Raises CaseUnclear where nothing was yet, GuestUsedUp."""
        asked = m.ReadFinding(requester, case_id, kind, version)
        return await self._client.call(asked, m.FindingBody)

    # --- documents ----------------------------------------------------------------------------

    async def sign(self, asked: m.SignNotice) -> UUID:
        """A document's file is durable and signed; the notice's id. Raises CaseUnclear,
        CaseChanged."""
        return await self._done(asked)

    async def tell(
        self, requester: m.Requester, case_id: UUID, notice_id: UUID, at_s: float, how: str
    ) -> None:
        """Whom a signed document is for was told by it. Raises CaseUnclear, CaseOver."""
        await self._done(m.TellNotice(requester, case_id, notice_id, at_s, how))

    # --- letters ------------------------------------------------------------------------------

    async def claim_letters(
        self,
        requester: m.Requester,
        case_id: UUID,
        notice_id: UUID,
        addressees: Sequence[UUID],
        *,
        again: bool = False,
    ) -> tuple[UUID, list[UUID]]:
        """A batch's id, and to whom of these letters may be sent now. Raises CaseUnclear."""
        packed = b"".join(one.bytes for one in addressees)
        asked = m.ClaimLetters(requester, case_id, notice_id, packed, again)
        made = await self._client.call(asked, m.ClaimedLetters)
        size = len(UUID(int=0).bytes)
        return made.batch_id, [
            UUID(bytes=made.addressees[at : at + size])
            for at in range(0, len(made.addressees), size)
        ]

    async def note_letters(
        self,
        requester: m.Requester,
        case_id: UUID,
        batch_id: UUID,
        outcomes: Sequence[LetterOutcome],
    ) -> None:
        """What became of a batch. Raises CaseUnclear, CaseUnknown."""
        await self._done(m.NoteLetters(requester, case_id, batch_id, list(outcomes)))

    async def letters(
        self, requester: m.Requester, case_id: UUID, notice_id: UUID
    ) -> dict[LetterOutcome, int]:
        """How many letters by a document came to which end."""
        asked = m.CountLetters(requester, case_id, notice_id)
        return (await self._client.call(asked, m.LetterCounts)).counts

    # --- guests, patients ---------------------------------------------------------------------

    async def invite_guest(
        self,
        requester: m.Requester,
        case_id: UUID,
        name: str,
        body: str,
        *,
        days: int,
        looks: int,
        files: int,
    ) -> m.Invitation:
        """Invite somebody to one case. Raises CaseUnclear, AlreadyExists."""
        asked = m.InviteGuest(requester, case_id, name, body, days, looks, files)
        return await self._client.call(asked, m.Invitation)

    async def end_guest(self, requester: m.Requester, case_id: UUID, guest_id: UUID) -> None:
        """A guest's access is over."""
        await self._done(m.EndGuest(requester, case_id, guest_id))

    async def tell_patients(self, asked: m.TellPatients) -> int:
        """Have patients' own pages answer; for how many registrations yes. Raises CaseUnclear,
        CaseUnknown, CaseChanged, WarrantUnknown."""
        return (await self._client.call(asked, m.ToldPatients)).people

    async def untell_patients(self, requester: m.Requester, case_id: UUID, reason: str) -> None:
        """Have them say nothing of the case any more. Raises CaseUnclear."""
        await self._done(m.UntellPatients(requester, case_id, reason))

    async def affected(
        self, requester: m.Requester, language: Language = Language.INDONESIAN
    ) -> list[m.AffectedLine]:
        """What the asking patient's page says of each case."""
        asked = m.AskAffected(requester, language)
        return (await self._client.call(asked, m.AffectedList)).lines

    # --- proofs -------------------------------------------------------------------------------

    async def proofs(self, requester: m.Requester, case_id: UUID) -> m.CaseDocument:
        """The case's branch of the log, each entry with its proof."""
        return await self._client.call(m.CaseProofs(requester, case_id), m.CaseDocument)

    async def _done(self, asked: m.Message) -> UUID:
        done = await self._client.call(asked, m.Done)  # type: ignore[arg-type]
        return done.identifier or UUID(int=0)
