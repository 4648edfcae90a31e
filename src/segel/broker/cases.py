"""Cases of alleged leaks: opened, changed, shown. Each change is an entry of the case's branch of
the log before it is one, and stands in the case's timeline by the same transaction.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.case_rows import CaseRows, Item, ItemKind, OpenCaseRow
from segel.broker.case_rules import (
    CaseContent,
    CaseRecord,
    EntryItem,
    FindingItem,
    checked_claim,
    checked_known,
    line_of,
    require_open,
    require_version,
)
from segel.broker.directory import Directory
from segel.broker.errors import BrokerUnavailable, CaseChanged, CaseUnclear
from segel.broker.index import Index
from segel.broker.ledger import Intent, Ledger, Logged
from segel.broker.live import Sessions
from segel.broker.messages import Requester
from segel.broker.messages.cases import (
    FINDING_BYTES_MAX,
    AmendCase,
    CaseLine,
    FindingBody,
    OpenCase,
)
from segel.broker.policy import Permission
from segel.broker.registry import ChangedMeanwhile
from segel.broker.releases import Asker, Releases, event_for
from segel.domain.cases import Happening
from segel.domain.purpose import Purpose

ATTEMPTS_MAX: Final = 5
FINDING_KIND_MAX: Final = 40
FINDING_VERSIONS_MAX: Final = 1_000
ANSWERING: Final = frozenset({"verdict", "findings"})
"""Kinds of findings that say whether the leak is ours."""

Change = Callable[[CaseRecord, CaseContent], tuple[CaseRecord, CaseContent]]
Write = Callable[[psycopg.AsyncCursor, OpenCaseRow], Awaitable[None]]


class _Answer(msgspec.Struct, frozen=True):
    """Of a verdict's finding, what lists show."""

    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done, for the log and the timeline. ``proven``: what the log's entry commits to
    beside it; ``text`` stands in the case alone, and may say anything."""

    what: Happening
    text: str = ""
    subject_id: UUID | None = None
    proven: str = ""


class Cases:
    """What officers do with their organisation's cases."""

    def __init__(
        self,
        sessions: Sessions,
        releases: Releases,
        directory: Directory,
        rows: CaseRows,
        ledger: Ledger,
        index: Index,
    ) -> None:
        self._sessions = sessions
        self._releases = releases
        self._directory = directory
        self._rows = rows
        self._ledger = ledger
        self._index = index

    async def officer(
        self, requester: Requester, permission: Permission = Permission.LEAK_CASE
    ) -> Asker:
        """Somebody who may work on their organisation's cases. Raises Forbidden; it is logged."""
        session = await self._sessions.live(requester)
        return await self._releases.admit(session, requester, permission, Kind.CASE)

    async def open(self, asked: OpenCase) -> UUID:
        """A new case; the same nonce is the same case. Raises CaseUnclear, BrokerUnavailable."""
        asker = await self.officer(asked.requester)
        now_s = self._ledger.now()
        claim, known_s = checked_claim(asked.claim), checked_known(asked.known_s, now_s)
        case_id = self._index.leak_case(asker.hospital_id, asked.nonce)
        known = await self._rows.of_hospital(asker.hospital_id)
        if any(one.case_id == case_id for one in known):
            return case_id
        record = CaseRecord(opened_s=now_s, known_s=known_s, vital=asked.vital)
        opened = await self._rows.made(case_id, asker.hospital_id, record)
        content = CaseContent(claim=claim, tlp=asked.tlp)
        entry = EntryItem(now_s, Happening.OPENED, asker.session.claims.account_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.insert(cursor, opened, content)
            await self._rows.put_item(cursor, opened, ItemKind.ENTRY, uuid4(), 1, entry)

        await self.log(asker, case_id, Deed(Happening.OPENED), apply)
        return case_id

    async def listed(self, asker: Asker) -> list[CaseLine]:
        """An organisation's cases: what is open first, by what is due."""
        await self.log(asker, None, None)
        now_s = self._ledger.now()
        opened = await self._rows.opened_many(await self._rows.of_hospital(asker.hospital_id))
        lines = [line_of(one.row.case_id, one.row.record, one.content, now_s) for one in opened]
        return sorted(
            lines,
            key=lambda one: (
                not one.is_open,
                one.due_s or float("inf") if one.is_open else -one.closed_s,
                -one.opened_s,
            ),
        )

    async def found(self, asker: Asker, case_id: UUID) -> OpenCaseRow:
        """A case of the asker's organisation, with its key. Raises CaseUnknown, CaseOver."""
        return await self._rows.opened(await self._rows.one(asker.hospital_id, case_id))

    async def change(
        self,
        asker: Asker,
        case_id: UUID,
        deed: Deed,
        make: Change | None = None,
        *,
        seen: int = 0,
        write: Write | None = None,
        of_closed: bool = False,
    ) -> None:
        """Change a case, log it, and have it stand in the timeline.

        ``make``: the new content of the old; it raises where it cannot be. ``write``: what else
        becomes true. ``of_closed``: also of a case that is closed. Raises CaseUnknown, CaseChanged,
        CaseOver.
        """
        for _ in range(ATTEMPTS_MAX):
            opened = await self.found(asker, case_id)
            require_version(opened.row.version, seen)
            if not of_closed:
                require_open(opened.row.record)
            try:
                await self._changed(asker, opened, deed, make, write)
            except ChangedMeanwhile:
                if seen:
                    raise CaseChanged(
                        "Somebody else changed the case meanwhile.",
                        remedy="Look at it again, then repeat.",
                    ) from None
                continue
            return
        raise BrokerUnavailable("It changes faster than it can be written.", remedy="Try again.")

    async def _changed(
        self,
        asker: Asker,
        opened: OpenCaseRow,
        deed: Deed,
        make: Change | None,
        write: Write | None,
    ) -> None:
        made = make(opened.row.record, opened.content) if make is not None else None
        entry = EntryItem(
            self._ledger.now(),
            deed.what,
            asker.session.claims.account_id,
            deed.text,
            deed.subject_id,
        )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if made is not None and not await self._rows.write(cursor, opened, *made):
                raise ChangedMeanwhile
            if write is not None:
                await write(cursor, opened)
            await self._rows.put_item(cursor, opened, ItemKind.ENTRY, uuid4(), 1, entry)

        await self.log(asker, opened.row.case_id, deed, apply)

    async def amend(self, asked: AmendCase) -> None:
        """Another claim, marking or time. Raises CaseUnclear, CaseChanged."""
        asker = await self.officer(asked.requester)
        claim = checked_claim(asked.claim)
        known_s = checked_known(asked.known_s, self._ledger.now())

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return (
                msgspec.structs.replace(record, known_s=known_s, vital=asked.vital),
                msgspec.structs.replace(content, claim=claim, tlp=asked.tlp),
            )

        deed = Deed(Happening.AMENDED, proven=f"known {int(known_s)} vital {asked.vital}")
        await self.change(asker, asked.case_id, deed, make, seen=asked.version)

    # --- findings -----------------------------------------------------------------------------

    async def put_finding(
        self, asker: Asker, case_id: UUID, kind: str, body: bytes, seen: int | None = None
    ) -> int:
        """Write a finding's next version; which it is. Raises CaseUnclear, CaseUnknown, CaseOver,
        CaseChanged where another than ``seen`` is there."""
        if not kind.replace("-", "").isalnum() or len(kind) > FINDING_KIND_MAX:
            raise CaseUnclear("This is no kind of finding.", field="kind")
        if len(body) > FINDING_BYTES_MAX:
            raise CaseUnclear(
                "The finding is too long.", field="body", remedy="Keep lists as a file of the case."
            )
        before = [one.version for one in await self._findings(await self.found(asker, case_id))
                  if one.kind == kind]  # fmt: skip
        last = max(before, default=0)
        if seen is not None and seen != last:
            raise CaseChanged(
                "Somebody else wrote this finding meanwhile.",
                remedy="Look at it, then write yours.",
            )
        if last >= FINDING_VERSIONS_MAX:
            raise CaseUnclear("This finding was written too often.", field="kind")
        item_id, version = uuid4(), last + 1
        made = FindingItem(kind, version, self._ledger.now(), asker.session.claims.account_id, body)

        async def write(cursor: psycopg.AsyncCursor, opened: OpenCaseRow) -> None:
            # The case's own row was written first: who writes beside us waits, and then is seen.
            items = await self._rows.items_in(cursor, case_id, ItemKind.FINDING)
            there = _findings(opened, items)
            if any((one.kind, one.version) == (kind, version) for one in there):
                raise CaseChanged("Somebody else wrote this finding meanwhile.")
            await self._rows.put_item(cursor, opened, ItemKind.FINDING, item_id, 1, made)

        deed = Deed(Happening.FINDING, kind, item_id, f"{kind} version {version}")
        await self.change(asker, case_id, deed, _concluding(kind, body), write=write)
        return version

    async def finding(self, opened: OpenCaseRow, kind: str, version: int = 0) -> FindingBody:
        """What was found, as it is or was in a version. Raises CaseUnclear where it was not."""
        found = [one for one in await self._findings(opened) if one.kind == kind]
        item = max(
            (one for one in found if version in (0, one.version)),
            key=lambda one: one.version,
            default=None,
        )
        if item is None:
            raise CaseUnclear("Nothing of this kind was found yet.", field="kind")
        return FindingBody(item.kind, item.version, item.at_s, item.body)

    async def _findings(self, opened: OpenCaseRow) -> list[FindingItem]:
        return _findings(opened, await self._rows.items(opened.row.case_id, ItemKind.FINDING))

    # --- how ----------------------------------------------------------------------------------

    async def log(
        self,
        asker: Asker,
        case_id: UUID | None,
        deed: Deed | None,
        apply: Callable[[psycopg.AsyncCursor], Awaitable[None]] | None = None,
    ) -> Logged:
        """Write the entry of a deed, or of a look (None), and what becomes true with it."""
        what = deed.what.value if deed else "shown" if case_id else "listed"
        words = [f"case {case_id}" if case_id else "cases", what]
        if deed is not None:
            words += [str(deed.subject_id)] if deed.subject_id else []
            words += [deed.proven] if deed.proven else []
        kind = Kind.CASE if deed else Kind.CASE_READ
        event = event_for(asker, kind, detail=" ".join(words))
        intent = Intent(event, apply=apply, branch=case_id)
        return await self._releases.commit(asker.session, asker.requester, intent)

    async def names(self, account_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
        """What people call these accounts; the broker, and one that is gone, has no name."""
        known = await self._directory.people([one for one in set(account_ids) if one])
        return {account_id: account.name for account_id, (account, _) in known.items()}


def _findings(opened: OpenCaseRow, items: list[Item]) -> list[FindingItem]:
    return [opened.item(one.item_id, one.version, one.sealed, FindingItem) for one in items]


def _concluding(kind: str, body: bytes) -> Change:
    """What a finding changes of the case: of one with an answer, what the lists then show."""
    answer = None
    if kind in ANSWERING:
        try:
            answer = msgspec.json.decode(body, type=_Answer).verdict
        except msgspec.MsgspecError:
            raise CaseUnclear("This is no verdict.", field="body") from None

    def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
        if answer is None:
            return record, content
        return record, msgspec.structs.replace(content, verdict=answer[:FINDING_KIND_MAX])

    return make


def by_broker(case_id: UUID, hospital_id: UUID | None, what: str) -> Event:
    """What time did to a case, as the log has it."""
    return Event(
        kind=Kind.CASE,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="broker",
        hospital_id=hospital_id,
        session_id=None,
        purpose=Purpose.OPERATIONS,
        route="broker",
        detail=f"case {case_id} {what}",
    )
