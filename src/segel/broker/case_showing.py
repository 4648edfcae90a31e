"""A case as its officers see it, and as a guest does."""

from collections.abc import Mapping
from typing import Final, TypeVar
from uuid import UUID

from segel.broker.case_guest_rows import CaseGuestRows
from segel.broker.case_rows import ENTRIES_SHOWN_MAX, CaseRows, Item, ItemKind, OpenCaseRow
from segel.broker.case_rules import (
    EntryItem,
    FindingItem,
    GuestRecord,
    NoticeItem,
    ObjectItem,
    clock_lines,
    number_of,
)
from segel.broker.cases import Cases
from segel.broker.messages.cases import (
    CaseView,
    CustodyLine,
    EntryLine,
    FindingLine,
    GuestLine,
    NoticeLine,
    ObjectLine,
)
from segel.domain.cases import GUEST_FINDINGS, Happening, ObjectKind

SHOWN_TO_GUESTS: Final = frozenset(
    {
        Happening.OPENED,
        Happening.NOTICE_SIGNED,
        Happening.NOTICE_TOLD,
        Happening.CLOCK_MET,
        Happening.CLOSED,
        Happening.REOPENED,
    }
)
"""Of the timeline: what tells neither of people of ours nor of what they look at."""

Names = Mapping[UUID | None, str]
T = TypeVar("T", EntryItem, ObjectItem, FindingItem, NoticeItem)


class CaseShowing:
    """Puts a case's rows together."""

    def __init__(self, cases: Cases, rows: CaseRows, guests: CaseGuestRows) -> None:
        self._cases = cases
        self._rows = rows
        self._guests = guests

    async def view(self, opened: OpenCaseRow, now_s: float, *, is_guest: bool) -> CaseView:
        """All that one may see. Raises SealBroken."""
        row, content = opened.row, opened.content
        items = await self._rows.items(row.case_id, *ItemKind)
        entries = _opened(opened, items, EntryItem, ItemKind.ENTRY)
        files = _opened(opened, items, ObjectItem, ItemKind.OBJECT, ItemKind.WRITING)
        found = _newest(_opened(opened, items, FindingItem, ItemKind.FINDING))
        notices = _opened(opened, items, NoticeItem, ItemKind.NOTICE)
        if is_guest:
            entries = {at: one for at, one in entries.items() if one.what in SHOWN_TO_GUESTS}
            files = {
                at: one
                for at, one in files.items()
                if one.kind is ObjectKind.DOCUMENT and one.kept_s
            }
            found = [one for one in found if one.kind in GUEST_FINDINGS]
        names: Names = {}
        if not is_guest:
            names = await self._cases.names(
                [
                    *(one.by for one in entries.values()),
                    *(one.by for one in files.values()),
                    *(hand.by for one in files.values() for hand in one.custody),
                    *(one.by for one in found),
                    *(one.by for one in notices.values()),
                ]
            )
        return CaseView(
            case_id=row.case_id,
            number=number_of(row.case_id),
            version=row.version,
            is_open=row.record.is_open,
            is_guest=is_guest,
            tlp=content.tlp,
            vital=row.record.vital,
            known_s=row.record.known_s,
            opened_s=row.record.opened_s,
            closed_s=row.record.closed_s,
            closed_why=content.closed_why,
            kept_until_s=row.record.kept_until_s,
            patients_told_s=row.record.told_s,
            patients_told=content.told.people if content.told and not is_guest else 0,
            claim=content.claim,
            clocks=clock_lines(row.record, content.how, now_s),
            people=[] if is_guest else list(content.people),
            tasks=[] if is_guest else list(content.tasks),
            objects=[object_line(at, one, names, is_guest=is_guest) for at, one in files.items()],
            entries=_entry_lines(entries, names, is_guest=is_guest),
            guests=[] if is_guest else guest_lines(await self._guests.of_case(row.case_id)),
            findings=[
                FindingLine(
                    kind=one.kind,
                    version=one.version,
                    at_s=one.at_s,
                    by=names.get(one.by, ""),
                    length=len(one.body),
                )
                for one in found
            ],
            notices=_notice_lines(notices, names, is_guest=is_guest),
        )


def object_line(
    object_id: UUID, one: ObjectItem, names: Names, *, is_guest: bool = False
) -> ObjectLine:
    """A file, with the hands that it passed through."""
    return ObjectLine(
        object_id=object_id,
        kind=one.kind,
        name=one.name,
        length=one.length,
        sha256=one.sha256,
        source="" if is_guest else one.source,
        media=one.media,
        taken_s=one.kept_s or one.begun_s,
        by=names.get(one.by, ""),
        kept=bool(one.kept_s),
        of=one.of,
        custody=()
        if is_guest
        else tuple(
            CustodyLine(hand.at_s, names.get(hand.by, ""), hand.what, hand.note)
            for hand in one.custody
        ),
    )


def guest_lines(guests: list[tuple[UUID, GuestRecord]]) -> list[GuestLine]:
    """Guests, with what they used."""
    return [
        GuestLine(
            guest_id=guest_id,
            name=one.name,
            body=one.body,
            until_s=one.until_s,
            looks=one.looks,
            looks_max=one.looks_max,
            files=one.files,
            files_max=one.files_max,
            ended_s=one.ended_s,
        )
        for guest_id, one in guests
    ]


def _notice_lines(
    notices: Mapping[UUID, NoticeItem], names: Names, *, is_guest: bool
) -> list[NoticeLine]:
    """Signed documents, by kind and language, the newest first."""
    newest: dict[tuple[str, str], int] = {}
    for one in notices.values():
        newest[one.kind, one.language] = max(newest.get((one.kind, one.language), 0), one.number)
    lines = [
        NoticeLine(
            notice_id=at,
            kind=one.kind,
            language=one.language,
            number=one.number,
            is_current=one.number == newest[one.kind, one.language],
            finding_version=one.finding_version,
            object_id=one.object_id,
            sha256=one.sha256,
            signed_s=one.signed_s,
            by=names.get(one.by, ""),
            told_s=one.told_s,
            how="" if is_guest else one.how,
        )
        for at, one in notices.items()
    ]
    return sorted(lines, key=lambda one: (one.kind, one.language, -one.number))


def _newest(findings: Mapping[UUID, FindingItem]) -> list[FindingItem]:
    """The last version of each kind of finding, by kind."""
    newest: dict[str, FindingItem] = {}
    for one in sorted(findings.values(), key=lambda one: one.version):
        newest[one.kind] = one
    return [newest[kind] for kind in sorted(newest)]


def _entry_lines(
    entries: Mapping[UUID, EntryItem], names: Names, *, is_guest: bool
) -> list[EntryLine]:
    newest = sorted(entries.items(), key=lambda one: one[1].at_s)[-ENTRIES_SHOWN_MAX:]
    return [
        EntryLine(
            entry_id=at,
            at_s=one.at_s,
            what=one.what,
            by=names.get(one.by, ""),
            text="" if is_guest else one.text,
            subject_id=None if is_guest else one.subject_id,
        )
        for at, one in newest
    ]


def _opened(opened: OpenCaseRow, items: list[Item], kind: type[T], *of: ItemKind) -> dict[UUID, T]:
    return {
        one.item_id: opened.item(one.item_id, one.version, one.sealed, kind)
        for one in items
        if one.kind in of
    }
