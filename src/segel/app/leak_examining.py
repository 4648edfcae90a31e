"""A case's evidence examined: opened piece by piece, read in quarantine, compared by the broker."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec

from segel.app.case_telling import telling_over
from segel.broker import BrokerClient, Requester
from segel.broker.calls.warrants import known_of, matches_of
from segel.broker.errors import WarrantTooFast
from segel.broker.messages import (
    CaseView,
    HistoryAnswer,
    ObjectLine,
    RowAnswers,
    VersionAnswers,
    WarrantState,
)
from segel.broker.messages.leak_history import HISTORY_PEOPLE_MAX, VERSION_ROWS_MAX
from segel.broker.messages.warrants import BATCH_PICTURES_MAX, BATCH_ROWS_MAX
from segel.domain.cases import ObjectKind
from segel.domain.picture_records import AskedPicture
from segel.leaks.cases import CaseStore
from segel.leaks.examining import CORRECTIONS, Corrections, Examined, Progress, examine
from segel.leaks.examining.corrections import unpacked
from segel.leaks.examining.picturing import NOBODYS
from segel.leaks.examining.results import EXTENT, ORIGIN, SAMPLE, VERDICT
from segel.leaks.examining.telling import found_in
from segel.leaks.extent.claims import Claim
from segel.leaks.model import ColumnKind, ImageMatch, PersonRow, RowMatch, VersionSpan
from segel.store.objects import ObjectStore

TOO_FAST_S: Final = 30.0
"""Until it is asked again, where a warrant has used its hour."""


class UnderWarrant:
    """Compares rows and pictures under a warrant, and waits where it is too fast."""

    batch_rows = BATCH_ROWS_MAX
    batch_pictures = BATCH_PICTURES_MAX
    people_max = HISTORY_PEOPLE_MAX

    def __init__(self, broker: BrokerClient, requester: Requester, warrant_id: UUID) -> None:
        self._broker = broker
        self._requester = requester
        self._warrant_id = warrant_id

    async def compare(self, rows: Sequence[PersonRow]) -> tuple[list[RowMatch], RowAnswers]:
        """See ``Comparing``."""
        batch = uuid4()
        while True:
            try:
                answer = await self._broker.warrants.match(
                    self._requester, self._warrant_id, rows, batch=batch, chance=True
                )
            except WarrantTooFast:
                await asyncio.sleep(TOO_FAST_S)
                continue
            return matches_of(rows, answer), answer

    async def compare_pictures(
        self, pictures: Sequence[AskedPicture]
    ) -> tuple[list[ImageMatch], WarrantState]:
        """See ``Comparing``."""
        batch = uuid4()
        while True:
            try:
                answer = await self._broker.warrants.match_pictures(
                    self._requester, self._warrant_id, pictures, batch=batch
                )
            except WarrantTooFast:
                await asyncio.sleep(TOO_FAST_S)
                continue
            found = [ImageMatch(0, *one) if one else NOBODYS for one in known_of(answer)]
            return found, answer.state

    async def versions(self, rows: Sequence[tuple[bytes, PersonRow]]) -> VersionAnswers:
        """See ``Asking``."""
        spans: list[VersionSpan] = []
        compared: frozenset[ColumnKind] = frozenset()
        for at in range(0, len(rows), VERSION_ROWS_MAX):
            found = await self._broker.warrants.versions(
                self._requester, self._warrant_id, rows[at : at + VERSION_ROWS_MAX]
            )
            spans += found.spans
            compared = found.compared
        return VersionAnswers(tuple(spans), compared)

    async def history(self, people: Sequence[bytes], until_s: float) -> HistoryAnswer:
        """See ``Asking``."""
        return await self._broker.warrants.history(
            self._requester, self._warrant_id, people, until_s
        )


class _Opened:
    """Evidence that is opened when it is read, not before: its custody says when."""

    def __init__(
        self, store: CaseStore, requester: Requester, case_id: UUID, line: ObjectLine, why: str
    ) -> None:
        self.name = line.name
        self._store = store
        self._requester = requester
        self._case_id = case_id
        self._line = line
        self._why = why

    async def parts(self) -> AsyncIterator[bytes]:
        opened = await self._store.open(
            self._requester, self._case_id, self._line.object_id, self._why
        )
        async for part in opened.parts():
            yield part


async def examine_case(
    broker: BrokerClient,
    objects: ObjectStore,
    requester: Requester,
    case_id: UUID,
    warrant_id: UUID,
    progress: Progress,
    *,
    passwords: Sequence[str] = (),
    second: Collection[str] = (),
) -> Examined:
    """Examine all evidence of a case, and write what was found: the answer, the counts, the extent
    and the origin as findings, and the rows that were drawn as a sealed file. What the case's
    corrections say is heeded; ``passwords`` and ``second`` as there, beside them. Raises CaseOver,
    WarrantOver, CorrectionsBroken, ..."""
    store = CaseStore(broker.cases, objects)
    view = await broker.cases.show(requester, case_id)
    known, _ = await corrections_of(broker, requester, view)
    lines = [one for one in view.objects if one.kind is ObjectKind.EVIDENCE and one.kept]
    why = f"examined under warrant {warrant_id}"
    evidence = [_Opened(store, requester, case_id, one, why) for one in lines]
    comparing = UnderWarrant(broker, requester, warrant_id)
    found = await examine(
        evidence,
        comparing,
        _claim(view, lines),
        progress,
        passwords=[*known.passwords, *passwords],
        kinds=known.kinds,
        second={*known.second, *second},
    )
    await _keep(broker, store, objects, requester, case_id, found, [one.object_id for one in lines])
    return found


async def corrections_of(
    broker: BrokerClient, requester: Requester, view: CaseView
) -> tuple[Corrections, int]:
    """A case's corrections and their version; none, and 0, where nobody wrote any. Raises
    CorrectionsBroken, BrokerError."""
    if all(one.kind != CORRECTIONS for one in view.findings):
        return Corrections(), 0
    found = await broker.cases.finding(requester, view.case_id, CORRECTIONS)
    return unpacked(found.body), found.version


def _claim(view: CaseView, evidence: Sequence[ObjectLine]) -> Claim:
    """What the seller says. What was offered was copied before it was last seen, and what was
    handed in before it was taken."""
    claim = view.claim
    taken_s = max((one.taken_s for one in evidence), default=view.known_s)
    return Claim(
        people=claim.offered_people,
        size_bytes=claim.offered_bytes,
        posted_s=min(max(claim.seen_s, default=taken_s), taken_s),
    )


async def _keep(
    broker: BrokerClient,
    store: CaseStore,
    objects: ObjectStore,
    requester: Requester,
    case_id: UUID,
    found: Examined,
    evidence: Sequence[UUID],
) -> None:
    async def drawn() -> AsyncIterator[bytes]:
        yield await asyncio.to_thread(msgspec.msgpack.encode, found.drawn)

    await store.put(
        requester,
        case_id,
        ObjectKind.DERIVED,
        "rows-drawn.msgpack",
        drawn(),
        source="examination",
        media="application/msgpack",
    )
    for kind, made in (
        (SAMPLE, found.examination),
        (VERDICT, found.judgement),
        (EXTENT, found.extent),
        (ORIGIN, found.origin),
    ):
        await broker.cases.put_finding(requester, case_id, kind, msgspec.json.encode(made))
    telling = telling_over(broker, objects)
    known = await telling.known(requester, case_id)
    findings = found_in(found, known.findings, evidence)
    await telling.write(requester, case_id, findings, seen=known.version)
