"""Documents that an organisation signs and sends about a leak: who signed which bytes, and when.

::

    findings, version n ─▶ file begun ─▶ signed (file kept, signature noted: one entry) ─▶ told

A signed document is a file of the case whose SHA-256 stands in the log beside the signature; no
message changes it. One that is signed after it, of the same kind and language, supersedes it.
"""

from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.case_files import CaseFiles
from segel.broker.case_rows import CaseRows, Item, ItemKind, OpenCaseRow
from segel.broker.case_rules import (
    CaseContent,
    CaseRecord,
    NoticeItem,
    checked_text,
    met_by_notice,
)
from segel.broker.cases import Cases, Deed
from segel.broker.errors import CaseChanged, CaseOver, CaseUnclear, CaseUnknown
from segel.broker.ledger import Ledger
from segel.broker.messages.cases import FinishObject, SignNotice, TellNotice
from segel.broker.releases import Asker
from segel.domain.cases import Happening, NoticeKind, ObjectKind

NOTICES_MAX: Final = 500
"""Signed documents of one case: every kind, in both languages, some forty times."""


async def require_for_patients(rows: CaseRows, opened: OpenCaseRow, notice_id: UUID) -> None:
    """Return where it is a signed document for patients. Raises CaseUnknown."""
    for one in await rows.items(opened.row.case_id, ItemKind.NOTICE):
        if one.item_id == notice_id:
            notice = opened.item(one.item_id, one.version, one.sealed, NoticeItem)
            if notice.kind is NoticeKind.PATIENTS:
                return
    raise CaseUnknown("There is no such signed document for patients.", remedy="Sign one first.")


class CaseNotices:
    """Signs documents, and notes that somebody was told by them."""

    def __init__(self, cases: Cases, files: CaseFiles, rows: CaseRows, ledger: Ledger) -> None:
        self._cases = cases
        self._files = files
        self._rows = rows
        self._ledger = ledger

    async def sign(self, asker: Asker, asked: SignNotice) -> UUID:
        """Keep and sign a document; its id. Raises CaseUnclear, CaseChanged, CaseUnknown."""
        opened = await self._cases.found(asker, asked.case_id)
        await self._cases.finding(opened, "findings", asked.finding_version)
        finished = await self._files.finished(
            asker,
            FinishObject(
                asked.requester, asked.case_id, asked.object_id, asked.length, asked.sha256
            ),
        )
        if finished is None or finished[0].kind is not ObjectKind.DOCUMENT:
            raise CaseUnclear("What is signed is a document that is being written.", field="object")
        keep = finished[1]
        notice_id = uuid4()
        made = NoticeItem(
            kind=asked.kind,
            language=asked.language,
            number=asked.number,
            finding_version=asked.finding_version,
            object_id=asked.object_id,
            sha256=asked.sha256,
            signed_s=self._ledger.now(),
            by=asker.session.claims.account_id,
        )

        async def write(cursor: psycopg.AsyncCursor, opened: OpenCaseRow) -> None:
            # The case's own row was written first: who signs beside us waits, and then is seen.
            items = await self._rows.items_in(cursor, opened.row.case_id, ItemKind.NOTICE)
            notices = [one for _, _, one in _notices(opened, items)]
            if len(notices) >= NOTICES_MAX:
                raise CaseUnclear(f"A case has at most {NOTICES_MAX} documents.", field="kind")
            before = [
                one.number
                for one in notices
                if (one.kind, one.language) == (made.kind, made.language)
            ]
            if made.number != max(before, default=0) + 1:
                raise CaseChanged(
                    "Another document of this kind was signed meanwhile.",
                    remedy="Look at the case, then sign again.",
                )
            await keep(cursor, opened)
            await self._rows.put_item(cursor, opened, ItemKind.NOTICE, notice_id, 1, made)

        deed = Deed(
            Happening.NOTICE_SIGNED,
            f"{asked.kind} {asked.language} {asked.number}",
            asked.object_id,
            f"{asked.kind} {asked.language} {asked.number} of findings {asked.finding_version},"
            f" {asked.length} bytes sha256 {asked.sha256.hex()}",
        )
        await self._cases.change(asker, asked.case_id, deed, _as_it_is, write=write)
        return notice_id

    async def tell(self, asker: Asker, asked: TellNotice) -> None:
        """Whom a document is for was told by it. Raises CaseUnknown, CaseUnclear, CaseOver."""
        how, now_s = checked_text(asked.how, "how"), self._ledger.now()
        opened = await self._cases.found(asker, asked.case_id)
        version, known = await self._one(opened, asked.notice_id)
        if known.told_s:
            raise CaseOver("By this document somebody was told already.")
        made = msgspec.structs.replace(
            known, told_s=asked.at_s, told_by=asker.session.claims.account_id, how=how
        )

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            told, clock = met_by_notice(record, known.kind, asked.at_s, now_s)
            if clock is None:
                return told, content
            return told, msgspec.structs.replace(content, how={**content.how, clock.value: how})

        async def write(cursor: psycopg.AsyncCursor, opened: OpenCaseRow) -> None:
            put = await self._rows.put_item(
                cursor, opened, ItemKind.NOTICE, asked.notice_id, version + 1, made
            )
            if not put:
                raise CaseChanged("Somebody else noted this meanwhile.")

        deed = Deed(Happening.NOTICE_TOLD, how, known.object_id, f"{known.kind} {int(asked.at_s)}")
        await self._cases.change(asker, asked.case_id, deed, make, write=write)

    async def _one(self, opened: OpenCaseRow, notice_id: UUID) -> tuple[int, NoticeItem]:
        items = await self._rows.items(opened.row.case_id, ItemKind.NOTICE)
        for at, version, one in _notices(opened, items):
            if at == notice_id:
                return version, one
        raise CaseUnknown("There is no such document in this case.", remedy="Show it again.")


def _notices(opened: OpenCaseRow, items: list[Item]) -> list[tuple[UUID, int, NoticeItem]]:
    return [
        (one.item_id, one.version, opened.item(one.item_id, one.version, one.sealed, NoticeItem))
        for one in items
    ]


def _as_it_is(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
    """Write the case's row anew, so that of two who sign at once the second is refused."""
    return record, content
