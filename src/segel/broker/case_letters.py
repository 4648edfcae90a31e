"""Letters to the patients of a case: none is sent twice, by whomever and after whatever breaks.

::

    claimed (in the log) ─▶ sent by a door ─▶ outcome noted
             └▶ nothing noted: unknown; only whoever says so has it sent again

Who is written to lies under the case's key, and goes with it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.case_notices import require_for_patients
from segel.broker.case_rows import CaseRows, Item, ItemKind, OpenCaseRow
from segel.broker.case_rules import EntryItem, LettersItem, require_open
from segel.broker.cases import Cases, Deed
from segel.broker.errors import CaseChanged, CaseOver, CaseUnclear
from segel.broker.ledger import Ledger
from segel.broker.messages.cases import (
    ClaimedLetters,
    ClaimLetters,
    CountLetters,
    LetterCounts,
    NoteLetters,
)
from segel.broker.releases import Asker
from segel.domain.cases import Happening, LetterOutcome

ID_BYTES: Final = 16
AT_ONCE_MAX: Final = 1_000
"""Letters claimed by one message: what is lost sight of where a sender breaks."""
OUTCOMES: Final = tuple(LetterOutcome)


class CaseLetters:
    """Claims letters and notes what became of them."""

    def __init__(self, cases: Cases, rows: CaseRows, ledger: Ledger) -> None:
        self._cases = cases
        self._rows = rows
        self._ledger = ledger

    async def claim(self, asker: Asker, asked: ClaimLetters) -> ClaimedLetters:
        """Those that may be sent now. Raises CaseUnclear, CaseUnknown, CaseOver."""
        wanted = _ids(asked.addressees)
        opened = await self._cases.found(asker, asked.case_id)
        require_open(opened.row.record)
        await require_for_patients(self._rows, opened, asked.notice_id)
        batch_id, claimed = uuid4(), list[bytes]()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.hold(cursor, asked.case_id)
            # The ledger's transaction is shared: another claim may be in it, and not committed.
            found = await self._rows.items_in(cursor, asked.case_id, ItemKind.LETTERS)
            batches = _batches(opened, asked.notice_id, found)
            ends = _ends(batches)
            claimed[:] = [one for one in wanted if _may_be_sent(ends.get(one), again=asked.again)]
            if not claimed:
                return
            made = LettersItem(
                notice_id=asked.notice_id,
                number=len(batches) + 1,
                addressees=b"".join(claimed),
                outcomes=bytes([OUTCOMES.index(LetterOutcome.UNKNOWN)]) * len(claimed),
            )
            await self._rows.put_item(cursor, opened, ItemKind.LETTERS, batch_id, 1, made)
            if not batches:
                by = asker.session.claims.account_id
                begun = EntryItem(self._ledger.now(), Happening.LETTERS_BEGUN, by)
                await self._rows.put_item(cursor, opened, ItemKind.ENTRY, uuid4(), 1, begun)

        proven = f"of {asked.notice_id}, {len(wanted)} asked for"
        deed = Deed(Happening.LETTERS_BEGUN, subject_id=batch_id, proven=proven)
        await self._cases.log(asker, asked.case_id, deed, apply)
        return ClaimedLetters(batch_id, b"".join(claimed))

    async def note(self, asker: Asker, asked: NoteLetters) -> None:
        """What became of a batch. Raises CaseUnclear, CaseUnknown, CaseChanged."""
        opened = await self._cases.found(asker, asked.case_id)
        item = await self._rows.item(asked.case_id, asked.batch_id, ItemKind.LETTERS)
        known = opened.item(item.item_id, item.version, item.sealed, LettersItem)
        if len(asked.outcomes) != len(known.outcomes):
            raise CaseUnclear("Each claimed letter has one outcome.", field="outcomes")
        places = bytes(OUTCOMES.index(one) for one in asked.outcomes)
        unknown = OUTCOMES.index(LetterOutcome.UNKNOWN)
        if any(old not in (unknown, new) for old, new in zip(known.outcomes, places, strict=True)):
            raise CaseOver("What became of these letters was noted already.")
        made = msgspec.structs.replace(known, outcomes=places)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if not await self._rows.put_item(
                cursor, opened, ItemKind.LETTERS, asked.batch_id, item.version + 1, made
            ):
                raise CaseChanged("Somebody else noted this meanwhile.")

        said = Counter(asked.outcomes)
        proven = ", ".join(f"{said[one]} {one}" for one in OUTCOMES if said[one])
        deed = Deed(Happening.LETTERS_BEGUN, subject_id=asked.batch_id, proven=proven)
        await self._cases.log(asker, asked.case_id, deed, apply)

    async def count(self, asker: Asker, asked: CountLetters) -> LetterCounts:
        """How many came to which end."""
        opened = await self._cases.found(asker, asked.case_id)
        await self._cases.log(asker, asked.case_id, None)
        found = await self._rows.items(asked.case_id, ItemKind.LETTERS)
        ends = _ends(_batches(opened, asked.notice_id, found))
        return LetterCounts(dict(Counter(ends.values())))


def _ids(packed: bytes) -> list[bytes]:
    named, rest = divmod(len(packed), ID_BYTES)
    if rest or not 0 < named <= AT_ONCE_MAX:
        raise CaseUnclear(f"Give ids of 16 bytes, {AT_ONCE_MAX} at once.", field="addressees")
    ids = [packed[at : at + ID_BYTES] for at in range(0, len(packed), ID_BYTES)]
    return list(dict.fromkeys(ids))


def _batches(opened: OpenCaseRow, notice_id: UUID, found: list[Item]) -> list[LettersItem]:
    items = [opened.item(one.item_id, one.version, one.sealed, LettersItem) for one in found]
    of_it = [one for one in items if one.notice_id == notice_id]
    return sorted(of_it, key=lambda one: one.number)


def _ends(batches: list[LettersItem]) -> Mapping[bytes, LetterOutcome]:
    """What became of each letter, the last time."""
    ends: dict[bytes, LetterOutcome] = {}
    for batch in batches:
        for place, outcome in enumerate(batch.outcomes):
            at = place * ID_BYTES
            ends[batch.addressees[at : at + ID_BYTES]] = OUTCOMES[outcome]
    return ends


def _may_be_sent(end: LetterOutcome | None, *, again: bool) -> bool:
    match end:
        case None | LetterOutcome.DEFERRED | LetterOutcome.NO_ADDRESS:
            return True
        case LetterOutcome.UNKNOWN:
            return again
        case LetterOutcome.SENT | LetterOutcome.REFUSED:
            return False
