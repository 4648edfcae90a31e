"""The files of a case: a key of its own for each, released to be written or read.

::

    begun (key released, logged) ─▶ pieces sealed and stored by the door ─▶ finished
                                 └▶ broken off, or a day over ─▶ pieces swept

What is finished has its length and SHA-256 in the log. Whoever gets the key of evidence stands in
its chain of custody.
"""

from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.case_rows import CaseRows, Item, ItemKind, OpenCaseRow
from segel.broker.case_rules import Custody, ObjectItem, checked_line, require_open
from segel.broker.cases import Cases, Deed, Write
from segel.broker.errors import CaseChanged, CaseOver, CaseUnclear
from segel.broker.ledger import Ledger
from segel.broker.messages.cases import BeginObject, FinishObject, ObjectGrant
from segel.broker.registry import ChangedMeanwhile
from segel.broker.releases import Asker
from segel.domain.cases import Happening, ObjectKind

DIGEST_BYTES: Final = 32
LENGTH_MAX: Final = 1 << 42
"""4 TiB: six times what the central server's copy was said to have."""
ATTEMPTS_MAX: Final = 5


class CaseFiles:
    """Begins, finishes, opens and gives up files."""

    def __init__(self, cases: Cases, rows: CaseRows, ledger: Ledger) -> None:
        self._cases = cases
        self._rows = rows
        self._ledger = ledger

    async def begin(self, asker: Asker, asked: BeginObject) -> ObjectGrant:
        """A new file's key. Raises CaseUnknown, CaseOver, CaseUnclear."""
        opened = await self._cases.found(asker, asked.case_id)
        require_open(opened.row.record)
        if asked.of is not None:
            await self._rows.item(asked.case_id, asked.of, ItemKind.OBJECT)
        now_s, by = self._ledger.now(), asker.session.claims.account_id
        object_id = uuid4()
        made = ObjectItem(
            kind=asked.kind,
            name=checked_line(asked.name, "name"),
            source=checked_line(asked.source, "source", empty=True),
            media=checked_line(asked.media, "media", empty=True),
            begun_s=now_s,
            by=by,
            of=asked.of,
        )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.put_item(
                cursor, opened, ItemKind.WRITING, object_id, 1, made, begun_s=now_s
            )

        deed = Deed(Happening.OBJECT_BEGUN, subject_id=object_id, proven=asked.kind.value)
        await self._cases.log(asker, asked.case_id, deed, apply)
        return ObjectGrant(asked.case_id, object_id, opened.object_key(object_id))

    async def finish(self, asker: Asker, asked: FinishObject) -> None:
        """A file is durable: from now on it is in the case. Said twice, it is once.

        Raises CaseUnknown, CaseUnclear.
        """
        finished = await self.finished(asker, asked)
        if finished is None:
            return
        made, write = finished
        deed = Deed(
            Happening.OBJECT_KEPT,
            made.name,
            asked.object_id,
            f"{made.kind} {made.length} bytes sha256 {made.sha256.hex()}",
        )
        await self._cases.change(asker, asked.case_id, deed, write=write)

    async def finished(self, asker: Asker, asked: FinishObject) -> tuple[ObjectItem, Write] | None:
        """A durable file, and what makes it one of the case; None where it is already."""
        if len(asked.sha256) != DIGEST_BYTES or not 0 <= asked.length <= LENGTH_MAX:
            raise CaseUnclear("A file has a length and a SHA-256.", field="sha256")
        opened = await self._cases.found(asker, asked.case_id)
        item, known = await self._known(opened, asked.object_id, ItemKind.WRITING, ItemKind.OBJECT)
        if item.kind is ItemKind.OBJECT:
            if (known.length, known.sha256) != (asked.length, asked.sha256):
                raise CaseOver("This file is in the case already, and is another.")
            return None
        now_s = self._ledger.now()
        hand = Custody(now_s, asker.session.claims.account_id, Happening.OBJECT_KEPT)
        made = msgspec.structs.replace(
            known.handed(hand),
            kept_s=now_s,
            length=asked.length,
            sha256=asked.sha256,
            media=checked_line(asked.media or known.media, "media", empty=True),
        )

        async def write(cursor: psycopg.AsyncCursor, opened: OpenCaseRow) -> None:
            put = await self._rows.put_item(
                cursor, opened, ItemKind.OBJECT, item.item_id, item.version + 1, made
            )
            if not put:
                raise CaseChanged("The file was finished or given up meanwhile.")

        return made, write

    async def abandon(self, asker: Asker, case_id: UUID, object_id: UUID) -> None:
        """A file was broken off. Raises CaseUnknown."""
        await self._cases.found(asker, case_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.leave(cursor, case_id, object_id)

        deed = Deed(Happening.OBJECT_ABANDONED, subject_id=object_id)
        await self._cases.log(asker, case_id, deed, apply)

    async def open(
        self, asker: Asker, opened: OpenCaseRow, object_id: UUID, why: str
    ) -> ObjectGrant:
        """A file's key, to read it. That it was read stands in the log, and of evidence in its
        chain of custody. Raises CaseUnknown."""
        note = checked_line(why, "why", empty=True)
        for _ in range(ATTEMPTS_MAX):
            item, known = await self._known(opened, object_id, ItemKind.OBJECT)
            try:
                await self._read(asker, opened, item, known, note)
            except ChangedMeanwhile:
                continue
            return ObjectGrant(
                opened.row.case_id,
                object_id,
                opened.object_key(object_id),
                known.length,
                known.sha256,
                known.name,
            )
        raise CaseChanged("Many read this file at once.", remedy="Try again.")

    async def _read(
        self, asker: Asker, opened: OpenCaseRow, item: Item, known: ObjectItem, note: str
    ) -> None:
        hand = Custody(
            self._ledger.now(), asker.session.claims.account_id, Happening.OBJECT_READ, note
        )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if known.kind is ObjectKind.EVIDENCE and not await self._rows.put_item(
                cursor,
                opened,
                ItemKind.OBJECT,
                item.item_id,
                item.version + 1,
                known.handed(hand),
            ):
                raise ChangedMeanwhile

        deed = Deed(Happening.OBJECT_READ, subject_id=item.item_id)
        await self._cases.log(asker, opened.row.case_id, deed, apply)

    async def kind_of(self, opened: OpenCaseRow, object_id: UUID) -> ObjectKind:
        """What a file is. Raises CaseUnknown."""
        return (await self._known(opened, object_id, ItemKind.OBJECT))[1].kind

    async def _known(
        self, opened: OpenCaseRow, object_id: UUID, *kinds: ItemKind
    ) -> tuple[Item, ObjectItem]:
        item = await self._rows.item(opened.row.case_id, object_id, *kinds)
        return item, opened.item(item.item_id, item.version, item.sealed, ObjectItem)
