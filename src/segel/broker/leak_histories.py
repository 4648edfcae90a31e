"""What a case may learn of the archive's history about people whom its warrant recognised.

Two questions: from and until when the archive held what rows show, and who was shown these people
(and how many others). Each is written down in the case's branch of the log before it is answered;
what is answered are times, counts, kinds of columns and candidates, never a record (decision 066).
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Kind
from segel.broker.directory import Directory
from segel.broker.errors import CaseUnclear, ExportUnknown, WarrantOver
from segel.broker.export_rows import ExportRows
from segel.broker.export_rules import Export
from segel.broker.held_versions import COMPARED, spans
from segel.broker.leak_accesses import LeakAccesses, Look, Seen, first_leaves
from segel.broker.leak_shapes import Place, answered, copies, edges, held_by, patient_of, touches
from segel.broker.leak_versions import LeakVersions
from segel.broker.ledger import Intent, Ledger
from segel.broker.log_times import LogTimes
from segel.broker.log_tree import LogTree
from segel.broker.messages import (
    AskHistory,
    Candidate,
    CompareVersions,
    HistoryAnswer,
    VersionAnswers,
    WarrantState,
)
from segel.broker.messages.leak_history import (
    HISTORY_PEOPLE_MAX,
    VERSION_ROWS_MAX,
    RecognisedRow,
)
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.secrets import BrokerSecrets
from segel.broker.warrant_rows import WarrantRow, WarrantRows, joined, pseudonyms_of, split
from segel.broker.warrants import Warrants
from segel.domain.leak_history import History, Shown, Touch, VersionSpan, Way
from segel.domain.leak_rows import PSEUDONYM_BYTES

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]

ARRIVALS_DRAWN: Final = 2_000
"""Patients by whose arrivals somebody's rank among all is told: to about one in a hundred."""


class LeakHistories:
    """Answers under warrants of one broker."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        warrants: Warrants,
        rows: WarrantRows,
        releases: Releases,
        directory: Directory,
        ledger: Ledger,
        versions: LeakVersions,
        accesses: LeakAccesses,
        exports: ExportRows,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._warrants = warrants
        self._rows = rows
        self._releases = releases
        self._directory = directory
        self._ledger = ledger
        self._versions = versions
        self._accesses = accesses
        self._exports = exports

    async def compare(self, asked: CompareVersions) -> VersionAnswers:
        """From and until when the archive held what rows show. Raises WarrantOver, CaseUnclear."""
        rows = _rows_in(asked.rows)
        asker, row, opened = await self._warrants.answering(asked.requester, asked.warrant_id)
        known = await self._warrants.recognised(opened, row)
        if any(one.pseudonym not in known for one in rows):
            raise _not_recognised("rows")
        await self._count(asker, row, len(rows))
        named = list(dict.fromkeys(one.pseudonym for one in rows))
        ids = _ids(pseudonyms_of(opened, row.warrant_id).ids(joined(named)))
        patients = dict(zip(named, ids, strict=True))
        opened_rows = await self._versions.opened(ids)
        _, seen = await self._accesses.own(opened_rows)
        held = await self._versions.held(opened_rows, seen)

        def compared() -> tuple[VersionSpan, ...]:
            return tuple(
                VersionSpan(one.row.table, one.row.row, kind, from_s, until_s)
                for one in rows
                for kind, from_s, until_s in spans(one.row, held.get(patients[one.pseudonym], ()))
            )

        return VersionAnswers(await asyncio.to_thread(compared), COMPARED)

    async def _count(self, asker: Asker, row: WarrantRow, rows: int) -> None:
        """Rows are compared with versions as often as they were compared at all."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            record = await self._rows.held(cursor, row.warrant_id)
            if record.ended not in (None, WarrantState.USED_UP):
                raise WarrantOver("The warrant is over already.")
            if record.versions + rows > record.rows:
                raise CaseUnclear(
                    "More rows than this warrant has compared.",
                    field="rows",
                    remedy=f"{record.rows - record.versions} may still be asked.",
                )
            more = msgspec.structs.replace(record, versions=record.versions + rows)
            await self._rows.write(cursor, row.warrant_id, more)

        await self._log(asker, row, f"versions of {rows} rows", apply)

    async def _log(
        self, asker: Asker, row: WarrantRow, what: str, apply: Apply | None = None
    ) -> None:
        words = f"case {row.record.case_id} warrant {row.warrant_id} {what}"
        event = event_for(asker, Kind.MATCH, detail=words)
        intent = Intent(event, apply=apply, branch=row.record.case_id)
        await self._releases.commit(asker.session, asker.requester, intent)

    # --- who was shown whom -------------------------------------------------------------------

    async def history(self, asked: AskHistory) -> HistoryAnswer:
        """Who was shown these people. Raises WarrantOver, CaseUnclear."""
        people = _people_in(asked.people)
        asker, row, opened = await self._warrants.answering(asked.requester, asked.warrant_id)
        if not set(people) <= await self._warrants.recognised(opened, row):
            raise _not_recognised("people")
        await self._log(asker, row, f"history of {len(people)} people")
        ids = _ids(pseudonyms_of(opened, row.warrant_id).ids(asked.people))
        names = dict(zip(ids, people, strict=True))
        patients = await self._versions.opened(ids)
        looks, seen = await self._accesses.own(patients)
        known = {one.leaf: one.at_s for one in looks}
        head = await LogTree(self._pool).head()
        times = LogTimes(self._pool, self._secrets, head.size, known)
        looks += await self._accesses.listings(patients, times.size)
        looks = [one for one in looks if one.at_s < asked.until_s]
        kept_count = answered(ids, looks)
        kept = set(ids[:kept_count])
        looks = [one for one in looks if one.patient in kept]
        patients = {one: row_ for one, row_ in patients.items() if one in kept}
        edges_s = edges(await times.first_s(), min(asked.until_s, self._ledger.now() + 1.0))
        leaves = await times.leaves(list(edges_s))
        accounts = sorted({one.who for one in looks if one.way is Way.ACCOUNT})
        shown = await self._accesses.shown(accounts, leaves)
        tellers = {one.account for one in looks if one.way is Way.PARTNER}
        shown += await self._accesses.told(tellers, leaves)
        exports = await self._exports_of(looks)
        shown += [Shown(Way.EXPORT, one, export.patients, ()) for one, export in exports.items()]
        place = Place(leaves, await self._counts(), await self._drawn())
        hospitals = await self._directory.hospitals()
        codes = {one: hospital.code for one, hospital in hospitals.items()}
        told = [*touches(looks, names), *copies(patients, seen, names, edges_s)]
        shown += held_by(place, {one.who for one in told if one.way is Way.HOSPITAL})
        return HistoryAnswer(
            answered=kept_count,
            history=History(tuple(told), tuple(shown), edges_s, place.size),
            patients={
                names[one]: patient_of(one_row, codes, seen.get(one, Seen()), place)
                for one, one_row in patients.items()
            },
            hospitals={codes.get(one, ""): count for one, count in place.hospitals.items()},
            studies=place.studies,
            object_bytes=place.object_bytes,
            candidates=await self._candidates(told, exports, codes),
        )

    async def _exports_of(self, looks: Iterable[Look]) -> dict[UUID, Export]:
        """The exports that anybody of the sample was in."""
        found = {}
        for export_id in sorted({one.who for one in looks if one.way is Way.EXPORT}):
            with contextlib.suppress(ExportUnknown):
                found[export_id] = await self._exports.one(export_id)
        return found

    async def _counts(self) -> tuple[dict[UUID, int], int, int]:
        """Patients by hospital; studies; bytes of their objects."""
        async with self._pool.connection() as connection:
            hospitals = await (
                await connection.execute(
                    "SELECT hospital_id, count(*) FROM patients WHERE wrapped_key IS NOT NULL"
                    " GROUP BY hospital_id"
                )
            ).fetchall()
            row = await (
                await connection.execute(
                    "SELECT (SELECT count(*) FROM studies),"
                    " (SELECT coalesce(sum(size_bytes), 0)::bigint FROM packs)"
                )
            ).fetchone()
        assert row is not None, "counts have an answer"
        return dict(hospitals), row[0], row[1]

    async def _drawn(self) -> list[tuple[UUID, int]]:
        """Patients drawn evenly (ids are random), each as hospital and first entry of the log."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(
                "SELECT patient_id, hospital_id FROM patients"
                " WHERE patient_id >= %b AND wrapped_key IS NOT NULL"
                " ORDER BY patient_id LIMIT %b",
                (uuid4(), ARRIVALS_DRAWN),
            )
            rows = await cursor.fetchall()
            if len(rows) < ARRIVALS_DRAWN:  # from the beginning on, to make up for it
                await cursor.execute(
                    "SELECT patient_id, hospital_id FROM patients WHERE wrapped_key IS NOT NULL"
                    " ORDER BY patient_id LIMIT %b",
                    (ARRIVALS_DRAWN,),
                )
                rows += await cursor.fetchall()
            hospital_of: dict[UUID, UUID] = dict(rows)
            leaves = await first_leaves(cursor, list(hospital_of))
        return [(hospital_of[one], leaf) for one, leaf in leaves.items()]

    async def _candidates(
        self,
        touches: Iterable[Touch],
        exports: Mapping[UUID, Export],
        codes: Mapping[UUID, str],
    ) -> dict[UUID, Candidate]:
        of: dict[Way, set[UUID]] = defaultdict(set)
        for one in touches:
            of[one.way].add(one.who)
        people = await self._directory.people(of[Way.ACCOUNT])
        found = {
            account_id: Candidate(account.name, account.role, hospital.code if hospital else "")
            for account_id, (account, hospital) in people.items()
        }
        found |= {one: Candidate("", "", codes.get(one, "")) for one in of[Way.HOSPITAL]}
        found |= {
            one: Candidate(export.recipient, "", codes.get(export.hospital_id, ""))
            for one, export in exports.items()
        }
        return found


def _ids(joined_ids: bytes) -> list[UUID]:
    return [UUID(bytes=one) for one in split(joined_ids)]


def _rows_in(packed: bytes) -> list[RecognisedRow]:
    try:
        rows = msgspec.msgpack.decode(packed, type=list[RecognisedRow])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise CaseUnclear("These are no rows.", field="rows") from None
    if not 1 <= len(rows) <= VERSION_ROWS_MAX:
        raise _too_many("rows", VERSION_ROWS_MAX)
    return rows


def _people_in(packed: bytes) -> list[bytes]:
    if len(packed) % PSEUDONYM_BYTES:
        raise CaseUnclear("These are no pseudonyms.", field="people")
    people = split(packed)
    if len(people) > HISTORY_PEOPLE_MAX or len(set(people)) != len(people):
        raise _too_many("people", HISTORY_PEOPLE_MAX)
    return people


def _too_many(field: str, most: int) -> CaseUnclear:
    return CaseUnclear(
        "There are none, or too many, or some come twice.",
        field=field,
        remedy=f"Send up to {most} at once.",
    )


def _not_recognised(field: str) -> CaseUnclear:
    return CaseUnclear(
        "Some of these this warrant has not recognised.",
        field=field,
        remedy="Have their rows compared first.",
    )
