"""Hospitals, accounts, peers and sessions: sealed rows, found by token, opened here."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import (
    AeTitleUnknown,
    AlreadyExists,
    Forbidden,
    TokenInvalid,
)
from segel.broker.index import Index
from segel.broker.policy import Principal
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.broker.sessions import Claims, SessionRecord, SessionUse, token_invalid
from segel.domain.clock import Clock
from segel.domain.roles import SYSTEM_ROLES, Role
from segel.domain.scopes import letters_by_type

if TYPE_CHECKING:
    from segel.broker.watch import Watch

FRESH_S: Final = 1.0
"""How long a session may be taken for live without asking the database again; its end, and a
freeze, are heard of at once (``watch``)."""

LIVE_SESSIONS_MAX: Final = 20_000
NAMES_MAX: Final = 20_000

USE_STEP_S: Final = 60
"""How coarsely the last use of a session is written down: one small write a minute at most."""

_PEER: Final = "SELECT sealed FROM peers WHERE ae_token = %s"

_STAFF: Final = "INSERT INTO staff (account_id, hospital_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"

R = TypeVar("R")


class Department(msgspec.Struct, frozen=True):
    """A part of a hospital. ``code``: the hospital's own for it, or ''."""

    name: str
    code: str = ""


class HospitalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A hospital. ``national_code``: its id in the national register, where it is known;
    ``port``: it is a port's health office that takes travellers' declarations; ``answers``: it
    answers for the archive's leaks, and may stop what any hospital releases."""

    code: str
    name: str
    kek_id: str
    national_code: str = ""
    departments: tuple[Department, ...] = ()
    port: bool = False
    answers: bool = False


class AccountRecord(msgspec.Struct, frozen=True):
    """An account. A patient's has no name but in the demo: it must not outlive their key.

    ``closed_s``: since when nobody comes in by it any more (Unix time), or 0. ``national_number``:
    that of somebody who works in health, where it is known.
    """

    name: str
    role: Role
    demo: bool = False
    patient_id: UUID | None = None
    closed_s: int = 0
    national_number: str = ""


class PeerRecord(msgspec.Struct, frozen=True):
    """A DIMSE peer; ``host`` and ``port`` are where C-MOVE may send to, ``keys`` those of its
    certificates."""

    ae_title: str
    called_ae_title: str
    account_id: UUID
    hospital_id: UUID
    host: str = ""
    port: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session whose token was verified and which has not ended.

    ``frozen``: the session or its account; ``hospital_frozen``: what its hospital releases.
    """

    claims: Claims
    record: SessionRecord
    account: AccountRecord
    hospital_id: UUID | None
    hospital: HospitalRecord | None
    frozen: bool = False
    hospital_frozen: bool = False

    @property
    def principal(self) -> Principal:
        """The session's holder, as the policy sees them."""
        return Principal(
            self.claims.account_id,
            self.hospital_id,
            self.account.role,
            self.frozen,
            bool(self.record.study_uid),
            self.hospital_frozen,
            self.account.patient_id,
            letters_by_type(self.record.scopes),
        )


class Directory:
    """The broker's own register of who and where."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        watch: "Watch",
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._watch = watch
        self._clock = clock
        self._live: dict[UUID, tuple[float, LiveSession]] = {}
        self._names: dict[UUID, str] = {}
        watch.on_ended = self._forget

    # --- sessions -----------------------------------------------------------------------------

    async def live_session(self, claims: Claims) -> LiveSession:
        """The session behind verified claims. Raises TokenInvalid where it has ended."""
        known = self._live.get(claims.session_id)
        now_s = time.monotonic()
        if not self._watch.fresh:
            await self._watch.look()
        elif known is not None and now_s - known[0] < FRESH_S:
            return self._watch.marked(known[1])
        seen = self._watch.version
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT s.ended, s.sealed, a.account_id, a.hospital_id, a.sealed,"
                    " h.sealed, s.sealed_use FROM sessions s JOIN accounts a USING (account_id)"
                    " LEFT JOIN hospitals h ON h.hospital_id = a.hospital_id"
                    " WHERE s.session_id = %s AND a.account_id = %s",
                    (claims.session_id, claims.account_id),
                )
            ).fetchone()
        if row is None or row[0]:
            self._live.pop(claims.session_id, None)
            raise token_invalid()
        _, sealed, account_id, hospital_id, sealed_account, sealed_hospital, use = row
        session = LiveSession(
            claims=claims,
            record=self._open(claims.session_id, sealed, SessionRecord),
            account=self._open(account_id, sealed_account, AccountRecord),
            hospital_id=hospital_id,
            hospital=self._open(hospital_id, sealed_hospital, HospitalRecord)
            if hospital_id
            else None,
        )
        if session.account.closed_s or not await self._used(claims, session.record, use):
            self._live.pop(claims.session_id, None)
            raise token_invalid()
        if len(self._live) >= LIVE_SESSIONS_MAX:
            self._live.clear()
        if seen == self._watch.version:  # else it may have ended while it was looked up
            self._live[claims.session_id] = (now_s, session)
        return self._watch.marked(session)

    async def _used(self, claims: Claims, record: SessionRecord, sealed: bytes | None) -> bool:
        """Whether the session is not idle; from time to time written down as used now."""
        now_s = int(self._clock())
        last_s = self._open(claims.session_id, sealed, SessionUse).used_s if sealed else None
        if record.idle_s and last_s is not None and now_s - last_s > record.idle_s:
            return False
        if last_s is None or now_s - last_s >= USE_STEP_S:
            async with self._pool.connection() as connection:
                await connection.execute(
                    "UPDATE sessions SET sealed_use = %s WHERE session_id = %s",
                    (self._seal(claims.session_id, SessionUse(now_s)), claims.session_id),
                )
        return True

    async def begin_session(self, claims: Claims, record: SessionRecord) -> None:
        """Write a session's row. Raises TokenInvalid where its id was used before."""
        now_s = int(self._clock())
        record = msgspec.structs.replace(record, began_s=now_s)
        try:
            async with self._pool.connection() as connection:
                await connection.execute(
                    "INSERT INTO sessions"
                    " (session_id, account_id, ended, month, sealed, sealed_use)"
                    " VALUES (%s, %s, false, %s, %s, %s)",
                    (
                        claims.session_id,
                        claims.account_id,
                        this_month(),
                        self._seal(claims.session_id, record),
                        self._seal(claims.session_id, SessionUse(now_s)),
                    ),
                )
        except psycopg.errors.UniqueViolation:
            raise TokenInvalid("This code was used before.", remedy="Ask for a new one.") from None

    async def end_session(self, session_id: UUID) -> None:
        """The session's token opens nothing from now on."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE sessions SET ended = true WHERE session_id = %s", (session_id,)
            )
            await self._watch.tell_ended(connection, session_id)
        self._watch.ended(session_id)

    def _forget(self, session_id: UUID | None) -> None:
        if session_id is None:
            self._live.clear()
        else:
            self._live.pop(session_id, None)

    async def announce_ended(
        self, cursor: psycopg.AsyncCursor, session_ids: Iterable[UUID]
    ) -> None:
        """Have every broker hear of sessions that this transaction ends, once it is committed."""
        for session_id in session_ids:
            await self._watch.tell_ended(cursor.connection, session_id)

    def have_ended(self, session_ids: Iterable[UUID]) -> None:
        """These sessions have ended, by a transaction that is committed: at once, here."""
        for session_id in session_ids:
            self._watch.ended(session_id)

    # --- hospitals, accounts, peers -----------------------------------------------------------

    async def enrol_hospital(self, code: str, name: str) -> tuple[UUID, bool]:
        """The hospital of this code and whether it is new."""
        hospital_id = uuid4()
        record = HospitalRecord(code, name, f"hospital-{hospital_id}")
        async with self._pool.connection() as connection:
            target = await self._claim(connection, self._index.hospital(code), hospital_id)
            if target != hospital_id:
                return target, False
            await connection.execute(
                "INSERT INTO hospitals (hospital_id, sealed) VALUES (%s, %s)",
                (hospital_id, self._seal(hospital_id, record)),
            )
        return hospital_id, True

    async def hospital_by_code(self, code: str) -> UUID:
        """A hospital's id. Raises Forbidden where the code is not enrolled."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT target FROM unique_tokens WHERE token = %s",
                    (self._index.hospital(code),),
                )
            ).fetchone()
        if row is None:
            raise Forbidden("No hospital of this code is enrolled.", remedy="Enrol it first.")
        return UUID(str(row[0]))

    async def hospitals(self) -> dict[UUID, HospitalRecord]:
        """Every hospital."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT hospital_id, sealed FROM hospitals")
            ).fetchall()
        return {
            hospital_id: msgspec.json.decode(
                self._secrets.open_row(hospital_id, sealed), type=HospitalRecord
            )
            for hospital_id, sealed in rows
        }

    async def hospital(self, hospital_id: UUID) -> HospitalRecord:
        """A hospital's record."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed FROM hospitals WHERE hospital_id = %s", (hospital_id,)
                )
            ).fetchone()
        assert row is not None, "hospital ids come from rows that name one"
        return self._open(hospital_id, row[0], HospitalRecord)

    async def enrol_account(
        self, name: str, role: Role, hospital_id: UUID, *, demo: bool
    ) -> tuple[UUID, bool]:
        """The account of this name and whether it is new. Raises AlreadyExists for another role."""
        account_id = uuid4()
        record = AccountRecord(name, role, demo)
        works_there = role not in (*SYSTEM_ROLES, Role.PATIENT)
        async with self._pool.connection() as connection:
            target = await self._claim(connection, self._index.account(name), account_id)
            if target == account_id:
                await connection.execute(
                    "INSERT INTO accounts (account_id, hospital_id, sealed) VALUES (%s, %s, %s)",
                    (account_id, hospital_id, self._seal(account_id, record)),
                )
                if works_there:
                    await connection.execute(_STAFF, (account_id, hospital_id))
                return account_id, True
        known, at = await self.account(target)
        if (known.role, at) != (role, hospital_id):
            raise AlreadyExists(
                "An account of this name has another role or hospital.",
                remedy="Choose another name.",
            )
        if works_there:  # one that is older than the list of staff comes into it
            async with self._pool.connection() as connection:
                await connection.execute(_STAFF, (target, hospital_id))
        return target, False

    async def account_by_name(self, name: str) -> UUID | None:
        """An account's id by its name."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT target FROM unique_tokens WHERE token = %s",
                    (self._index.account(name),),
                )
            ).fetchone()
        return UUID(str(row[0])) if row else None

    async def name_of(self, account_id: UUID) -> str:
        """What people call an account."""
        known = self._names.get(account_id)
        if known is None:
            known = (await self.account(account_id))[0].name
            if len(self._names) >= NAMES_MAX:
                self._names.clear()
            self._names[account_id] = known
        return known

    async def account_of_session(self, session_id: UUID) -> UUID | None:
        """Whose session it is or was."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT account_id FROM sessions WHERE session_id = %s", (session_id,)
                )
            ).fetchone()
        return UUID(str(row[0])) if row else None

    async def hospital_of_session(self, session_id: UUID) -> UUID | None:
        """In which hospital a session is or was; None where there is no such session."""
        account_id = await self.account_of_session(session_id)
        return (await self.account(account_id))[1] if account_id else None

    async def account_of_patient(self, patient_id: UUID) -> UUID | None:
        """The account of a patient; None where they have none."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT target FROM unique_tokens WHERE token = %s",
                    (self._index.patient_account(patient_id),),
                )
            ).fetchone()
        return UUID(str(row[0])) if row else None

    async def enrol_patient(
        self, patient_id: UUID, hospital_id: UUID, *, demo_name: str | None
    ) -> tuple[UUID, bool]:
        """The account of a patient and whether it is new. ``demo_name``: a demo account's."""
        account_id = uuid4()
        demo = demo_name is not None
        record = AccountRecord(demo_name or "", Role.PATIENT, demo, patient_id)
        async with self._pool.connection() as connection:
            target = await self._claim(
                connection, self._index.patient_account(patient_id), account_id
            )
            if target == account_id:
                await connection.execute(
                    "INSERT INTO accounts (account_id, hospital_id, sealed) VALUES (%s, %s, %s)",
                    (account_id, hospital_id, self._seal(account_id, record)),
                )
        return target, target == account_id

    async def people(
        self, account_ids: Collection[UUID]
    ) -> dict[UUID, tuple[AccountRecord, HospitalRecord | None]]:
        """The accounts of these ids, each with its hospital."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT a.account_id, a.sealed, h.hospital_id, h.sealed FROM accounts a"
                    " LEFT JOIN hospitals h USING (hospital_id) WHERE a.account_id = ANY(%s)",
                    (list(account_ids),),
                )
            ).fetchall()
        return {
            account_id: (
                self._open(account_id, sealed, AccountRecord),
                self._open(hospital_id, at, HospitalRecord) if hospital_id else None,
            )
            for account_id, sealed, hospital_id, at in rows
        }

    async def account(self, account_id: UUID) -> tuple[AccountRecord, UUID | None]:
        """An account's record and hospital. Raises TokenInvalid where there is none."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed, hospital_id FROM accounts WHERE account_id = %s", (account_id,)
                )
            ).fetchone()
        if row is None:
            raise token_invalid()
        return self._open(account_id, row[0], AccountRecord), row[1]

    async def demo_accounts(self) -> list[tuple[UUID, AccountRecord, HospitalRecord]]:
        """The demo people, by hospital and name."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT a.account_id, a.sealed, h.hospital_id, h.sealed FROM accounts a"
                    " JOIN hospitals h USING (hospital_id)"
                )
            ).fetchall()
        people = [
            (
                account_id,
                self._open(account_id, sealed, AccountRecord),
                self._open(hospital_id, sealed_hospital, HospitalRecord),
            )
            for account_id, sealed, hospital_id, sealed_hospital in rows
        ]
        return sorted(
            (person for person in people if person[1].demo and person[1].role not in SYSTEM_ROLES),
            key=lambda person: (person[2].name, person[1].name),
        )

    async def enrol_peer(self, peer: PeerRecord) -> None:
        """Enrol a DIMSE peer; an AE title belongs to one hospital. Raises AlreadyExists."""
        ae_token = self._index.ae_title(peer.ae_title)
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_PEER, (ae_token,))).fetchone()
            if row is not None:
                known = self._open(_peer_id(ae_token), row[0], PeerRecord)
                if known.hospital_id != peer.hospital_id:
                    raise AlreadyExists(
                        "This AE title belongs to another hospital.", remedy="Choose another title."
                    )
            await connection.execute(
                "INSERT INTO peers (ae_token, sealed) VALUES (%s, %s)"
                " ON CONFLICT (ae_token) DO UPDATE SET sealed = excluded.sealed",
                (ae_token, self._seal(_peer_id(ae_token), peer)),
            )

    async def peer(self, ae_title: str) -> PeerRecord:
        """A peer by its AE title. Raises AeTitleUnknown."""
        ae_token = self._index.ae_title(ae_title)
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_PEER, (ae_token,))).fetchone()
        if row is None:
            raise AeTitleUnknown(
                "The AE title is not enrolled.", remedy="Ask the operator to enrol the device."
            )
        return self._open(_peer_id(ae_token), row[0], PeerRecord)

    async def _claim(
        self, connection: psycopg.AsyncConnection, unique_token: bytes, target: UUID
    ) -> UUID:
        """Who holds a unique token after we tried to take it for ``target``."""
        await connection.execute(
            "INSERT INTO unique_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (unique_token, target, NOBODY),
        )
        row = await (
            await connection.execute(
                "SELECT target FROM unique_tokens WHERE token = %s", (unique_token,)
            )
        ).fetchone()
        assert row is not None
        return UUID(str(row[0]))

    def _seal(self, row_id: UUID, record: msgspec.Struct) -> bytes:
        return self._secrets.seal_row(row_id, msgspec.json.encode(record))

    def _open(self, row_id: UUID, sealed: bytes, kind: type[R]) -> R:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=kind)


def _peer_id(ae_token: bytes) -> UUID:
    return UUID(bytes=ae_token[:16])


def this_month() -> date:
    """The first of this month (UTC): the only time that stands in the clear."""
    return datetime.now(UTC).date().replace(day=1)
