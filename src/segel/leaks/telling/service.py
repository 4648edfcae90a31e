"""Findings written and read, drafts made of them, and signed: over the broker and the case's files.

A draft is kept nowhere: it is what a version of the findings, a kind and a language make. What is
signed is a file of the case, and never changes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID, uuid5

from segel.broker.errors import CaseUnknown, Forbidden
from segel.broker.messages import (
    CaseDocument,
    CaseView,
    FindingBody,
    NoticeLine,
    OwnAnswer,
    Requester,
    SignNotice,
    TellPatients,
)
from segel.domain.cases import Language, NoticeKind, ObjectKind
from segel.domain.clock import Clock
from segel.leaks.cases.store import CaseBroker, CaseStore, ObjectWriter
from segel.leaks.telling.bundles import BundleKind, bundle
from segel.leaks.telling.documents import (
    Document,
    Issue,
    content_missing,
    document,
    missing,
    own_answer,
)
from segel.leaks.telling.drawing import Finished, final
from segel.leaks.telling.errors import ContentMissing, DraftChanged
from segel.leaks.telling.facts import CaseFacts, facts_of
from segel.leaks.telling.findings import KIND, Findings, packed, unpacked
from segel.leaks.telling.letters import Addressee, Letter, addressees_in, body_of
from segel.store.objects import ObjectStore

LOOKED_S: Final = 3_600.0
"""How long ago what is signed may have been looked at: it bears that moment as its date."""
MINUTE_S: Final = 60

Entries = Callable[[CaseDocument], Sequence[tuple[int, str]]]
"""Verifies a case's entries of the log: the leaf of each, and what it says."""


class TellingBroker(CaseBroker, Protocol):
    """What is needed of ``BrokerClient.cases``."""

    async def show(self, requester: Requester, case_id: UUID) -> CaseView:
        """One case."""

    async def proofs(self, requester: Requester, case_id: UUID) -> CaseDocument:
        """Its entries of the log."""

    async def put_finding(
        self, requester: Requester, case_id: UUID, kind: str, body: bytes, seen: int | None = None
    ) -> None:
        """Write a finding's next version."""

    async def finding(
        self, requester: Requester, case_id: UUID, kind: str, version: int = 0
    ) -> FindingBody:
        """A finding."""

    async def sign(self, asked: SignNotice) -> UUID:
        """A document's file is durable and signed."""

    async def tell_patients(self, asked: TellPatients) -> int:
        """Have patients' own pages answer."""


@dataclass(frozen=True, slots=True)
class Known:
    """Findings as a case has them. ``version`` 0: nothing was written yet."""

    findings: Findings
    version: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that may be signed. ``document`` None: ``missing`` names the fields of findings
    without which it is not made. ``signed``: the PDF as whoever looks would sign it."""

    kind: NoticeKind
    language: Language
    document: Document | None
    missing: tuple[str, ...]
    findings_version: int
    number: int
    at_s: float
    signed: Finished | None = None


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """What patients' own pages would answer, and by which signed document."""

    notice_id: UUID
    answers: Mapping[Language, OwnAnswer]


class Telling:
    """Writes findings, makes drafts of them and signs those."""

    def __init__(
        self, broker: TellingBroker, objects: ObjectStore, entries: Entries, clock: Clock
    ) -> None:
        self._broker = broker
        self._objects = objects
        self._entries = entries
        self._clock = clock

    # --- findings -----------------------------------------------------------------------------

    async def known(self, requester: Requester, case_id: UUID, version: int = 0) -> Known:
        """The findings, or what they were in a version; of an unwritten case, empty ones.

        Raises FindingsBroken, BrokerError."""
        return await self.of(requester, await self._broker.show(requester, case_id), version)

    async def of(self, requester: Requester, view: CaseView, version: int = 0) -> Known:
        """The same, of a case that is shown already."""
        if view.is_guest:
            raise Forbidden("A guest of a case is given the documents that were signed.")
        if all(one.kind != KIND for one in view.findings):
            return Known(Findings(), 0, 0.0)
        body = await self._broker.finding(requester, view.case_id, KIND, version)
        return Known(unpacked(body.body), body.version, body.at_s)

    async def write(
        self, requester: Requester, case_id: UUID, findings: Findings, seen: int | None = None
    ) -> None:
        """The findings' next version. Raises FindingsBroken, CaseChanged where they are not those
        that were ``seen``."""
        await self._broker.put_finding(requester, case_id, KIND, packed(findings), seen)

    async def lacking(
        self, requester: Requester, view: CaseView
    ) -> dict[NoticeKind, tuple[str, ...]]:
        """Of each kind of document, the fields of the findings that are missing for it."""
        known = await self.of(requester, view)
        return {kind: missing(known.findings, kind) for kind in NoticeKind}

    # --- patients' own pages ------------------------------------------------------------------

    async def own_answers(self, requester: Requester, view: CaseView) -> OwnAnswers | None:
        """What they would say, by the findings of the newest signed document for patients; None
        where there is none. Raises FindingsBroken, BrokerError."""
        signed = [one for one in view.notices if one.kind is NoticeKind.PATIENTS]
        if not signed:
            return None
        newest = max(signed, key=lambda one: one.signed_s)
        known = await self.of(requester, view, newest.finding_version)
        answers = {
            language: OwnAnswer(
                *(
                    own_answer(known.findings, language, affected=affected, at_s=known.at_s)
                    for affected in (True, False)
                )
            )
            for language in Language
        }
        return OwnAnswers(newest.notice_id, answers)

    async def tell_patients(
        self, requester: Requester, case_id: UUID, warrants: Sequence[UUID]
    ) -> int:
        """Have them answer: yes for whom these warrants recognised. For how many registrations.

        Raises ContentMissing, CaseUnclear, CaseChanged, WarrantUnknown."""
        view = await self._broker.show(requester, case_id)
        would = await self.own_answers(requester, view)
        if would is None:
            raise ContentMissing(
                "No document for patients was signed yet.",
                field="documents",
                remedy="Sign one first: their pages say in short what it says.",
            )
        return await self._broker.tell_patients(
            TellPatients(requester, case_id, would.notice_id, list(warrants), dict(would.answers))
        )

    # --- documents ----------------------------------------------------------------------------

    async def draft(
        self,
        requester: Requester,
        case_id: UUID,
        kind: NoticeKind,
        language: Language,
        *,
        signer: str = "",
        at_s: float = 0.0,
    ) -> Draft:
        """A document of the newest findings. ``signer``: who looks at it to sign it, by name;
        ``at_s``: its date, else now. Raises BrokerError, FindingsBroken."""
        view = await self._broker.show(requester, case_id)
        known = await self.of(requester, view)
        number = 1 + max(
            (one.number for one in view.notices if (one.kind, one.language) == (kind, language)),
            default=0,
        )
        at_s = at_s or self._clock() // MINUTE_S * MINUTE_S
        lacking = missing(known.findings, kind)
        if lacking:
            return Draft(kind, language, None, lacking, known.version, number, at_s)
        facts = await self._facts(requester, view, known.version)
        issue = Issue(number, at_s)
        made = document(known.findings, facts, kind, language, issue)
        signed = None
        if signer:
            of_signer = replace(issue, signer=signer)
            as_signed = document(known.findings, facts, kind, language, of_signer)
            signed = await asyncio.to_thread(final, as_signed)
        return Draft(kind, language, made, (), known.version, number, at_s, signed)

    async def whole(
        self, requester: Requester, case_id: UUID, kind: NoticeKind, language: Language
    ) -> Document:
        """A draft's document. Raises ContentMissing, BrokerError, FindingsBroken."""
        made = await self.draft(requester, case_id, kind, language)
        if made.document is None:
            raise content_missing(kind, made.missing)
        return made.document

    async def bundle(self, requester: Requester, case_id: UUID, kind: BundleKind) -> bytes:
        """What responders' machines read, as JSON. Raises ContentMissing, BrokerError."""
        view = await self._broker.show(requester, case_id)
        known = await self.of(requester, view)
        if not known.version:
            raise ContentMissing(
                "Nothing was found yet of which a bundle could be made.", field="findings"
            )
        facts = await self._facts(requester, view, known.version)
        return await asyncio.to_thread(bundle, kind, known.findings, facts, known.at_s)

    async def sign(
        self,
        requester: Requester,
        case_id: UUID,
        kind: NoticeKind,
        language: Language,
        *,
        signer: str,
        at_s: float,
        digest: bytes,
    ) -> UUID:
        """Sign what was looked at: the draft of that date whose PDF has this SHA-256.

        Raises ContentMissing, DraftChanged, Forbidden, CaseChanged."""
        now_s = self._clock()
        made = await self.draft(requester, case_id, kind, language, signer=signer, at_s=at_s)
        if made.document is None:
            raise content_missing(kind, made.missing)
        if (
            made.signed is None
            or made.signed.digest != digest
            or not (now_s - LOOKED_S <= at_s <= now_s)
        ):
            raise DraftChanged(
                "The document is not the one that was looked at, or that was long ago.",
                remedy="Look at it again, then sign it.",
            )
        signing = _Signing(self._broker, made)
        grant = await self._broker.begin_object(
            requester, case_id, ObjectKind.DOCUMENT, file_name(kind, language, made.number),
            media="application/pdf",
        )  # fmt: skip
        async with ObjectWriter(signing, self._objects, requester, grant) as writer:
            await writer.write(made.signed.pdf)
        return signing.notice_id

    async def letters(
        self, requester: Requester, case_id: UUID, notice: NoticeLine
    ) -> Callable[[Addressee], Letter]:
        """What makes each patient's letter of a signed document for them. Raises as ``signed``,
        ContentMissing."""
        view = await self._broker.show(requester, case_id)
        known = await self.of(requester, view, notice.finding_version)
        facts = await self._facts(requester, view, notice.finding_version)
        pdf = await self.signed(requester, case_id, notice.object_id)
        issue = Issue(notice.number, notice.signed_s, notice.by or "–")
        attached = file_name(notice.kind, notice.language, notice.number)

        def letter_of(addressee: Addressee) -> Letter:
            made = document(
                known.findings, facts, notice.kind, notice.language, issue,
                addressee=addressee.name,
            )  # fmt: skip
            return Letter(
                letter_id=uuid5(notice.notice_id, str(addressee.patient)),
                addressee=addressee,
                language=notice.language,
                subject=f"{made.title} ({made.reference})",
                text=body_of(made, notice.sha256),
                attached=pdf,
                attached_name=attached,
            )

        return letter_of

    async def listed(
        self, requester: Requester, case_id: UUID, object_id: UUID
    ) -> AsyncIterator[Addressee]:
        """Who is on a sealed list of the case. Raises ListBroken, CaseUnknown, Forbidden."""
        store = CaseStore(self._broker, self._objects)
        opened = await store.open(requester, case_id, object_id, "letters")
        async for one in addressees_in(opened.parts()):
            yield one

    async def keep_list(
        self, requester: Requester, case_id: UUID, name: str, parts: AsyncIterator[bytes]
    ) -> UUID:
        """Seal a list of addressees as a file of the case. Raises StoreFull, BrokerError."""
        store = CaseStore(self._broker, self._objects)
        return await store.put(requester, case_id, ObjectKind.AFFECTED, name, parts)

    async def signed(self, requester: Requester, case_id: UUID, object_id: UUID) -> bytes:
        """A signed document's bytes. Raises CaseUnknown, Forbidden, GuestUsedUp, EvidenceBroken."""
        view = await self._broker.show(requester, case_id)
        if all(one.object_id != object_id for one in view.notices):
            raise CaseUnknown("There is no such document in this case.", remedy="Show it again.")
        opened = await CaseStore(self._broker, self._objects).open(requester, case_id, object_id)
        return b"".join([part async for part in opened.parts()])

    async def _facts(self, requester: Requester, view: CaseView, version: int) -> CaseFacts:
        proved = await self._broker.proofs(requester, view.case_id)
        return facts_of(view, proved.log, self._entries(proved), version)


def file_name(kind: NoticeKind, language: Language, number: int) -> str:
    """What a signed document's file is called."""
    return f"{kind.value}-{number}-{language.value}.pdf"


class _Signing:
    """A ``Finisher``: a document's file is finished by its signature."""

    def __init__(self, broker: TellingBroker, draft: Draft) -> None:
        self._broker = broker
        self._draft = draft
        self.notice_id = UUID(int=0)

    async def finish_object(
        self,
        requester: Requester,
        case_id: UUID,
        object_id: UUID,
        length: int,
        sha256: bytes,
        media: str = "",
    ) -> None:
        """Have the file stand in the case, signed."""
        self.notice_id = await self._broker.sign(
            SignNotice(
                requester=requester,
                case_id=case_id,
                object_id=object_id,
                length=length,
                sha256=sha256,
                kind=self._draft.kind,
                language=self._draft.language,
                number=self._draft.number,
                finding_version=self._draft.findings_version,
            )
        )

    async def abandon_object(self, requester: Requester, case_id: UUID, object_id: UUID) -> None:
        """It was broken off: nothing is signed."""
        await self._broker.abandon_object(requester, case_id, object_id)
