"""Two-person approvals: one mechanism for everything that one person may not do alone.

For an action of the broker that needs one::

    async def apply(cursor: psycopg.AsyncCursor) -> None:
        subject = {"patient": str(patient_id)}
        await approvals.consume(cursor, approval_id, ApprovalKind.ERASURE, subject)
        ...                                   # the action's own writes, in the same transaction
    await ledger.commit(Intent(event, apply=apply))

``consume`` raises where this is not approved, over, used, or for another subject; call it before
``apply`` writes anything. A kind whose doing is one transaction registers a ``Matter`` with an
effect instead: it is then done, and used, by the approval that was missing. The operator's socket
is no person: what it does by an approval was asked for and decided by people with tokens.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.approval_rules import (
    LIFETIME_MAX_S,
    LIFETIME_S,
    NEEDED,
    Approval,
    Decision,
    Subject,
    decided,
    used,
    withdrawn,
)
from segel.broker.audit import Event, Kind
from segel.broker.directory import LiveSession, this_month
from segel.broker.errors import ApprovalNotGiven, ApprovalUnknown, BrokerError
from segel.broker.freezes import Freezes, Target
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import ApprovalKind, ApprovalState, Requester
from segel.broker.policy import Permission, authorise, permits
from segel.broker.reasons import checked_reason
from segel.broker.releases import event_of
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock
from segel.domain.scopes import IMAGING

SUBJECT_FIELDS_MAX: Final = 16
SUBJECT_VALUE_MAX: Final = 500
"""A subject is a few ids and numbers; what takes more is named by its digest."""

LISTED_MAX: Final = 500
"""Requests that are looked through for one list: years of a hospital's."""

ESTATE_KINDS: Final = frozenset({ApprovalKind.KEY_MOVE})
"""What concerns every hospital, unless its matter says whom."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Whom a request concerns (None: no one hospital), its subject in names, and who may ask."""

    hospital_id: UUID | None
    shown: dict[str, str]
    permission: Permission = Permission.APPROVAL_REQUEST
    resource: str = IMAGING
    """A FHIR type that the permission is asked for, where that tells types apart."""


Check = Callable[[LiveSession, Subject], Awaitable[Concern]]
Effect = Callable[[psycopg.AsyncCursor, UUID, Approval], Awaitable[None]]
Write = Callable[[psycopg.AsyncCursor], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Matter:
    """How a kind of request is checked when it is made, and done when it is approved.

    ``check`` raises BrokerError. ``effect`` works in the ledger's transaction, and raises before it
    writes anything; None: the action consumes the approval itself.
    """

    check: Check
    effect: Effect | None = None


class Approvals:
    """Requests of one estate. All changes are made in the ledger's transactions."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        ledger: Ledger,
        freezes: Freezes,
        *,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._ledger = ledger
        self._freezes = freezes
        self._clock = clock
        self._matters: dict[ApprovalKind, Matter] = {}

    def register(self, kind: ApprovalKind, matter: Matter) -> None:
        """Have a kind checked and done in its own way."""
        assert kind not in self._matters, f"{kind} has two matters"
        self._matters[kind] = matter

    @property
    def now_s(self) -> float:
        """The estate's time: it never goes back, so that what has expired stays so."""
        return max(self._clock(), self._ledger.now_s)

    # --- what people do -----------------------------------------------------------------------

    async def request(
        self,
        session: LiveSession,
        asked: Requester,
        kind: ApprovalKind,
        subject: Subject,
        reason: str,
        lifetime_s: int = 0,
        *,
        concern: Concern | None = None,
        made: tuple[UUID, Write] | None = None,
    ) -> UUID:
        """Make a request; its id. Raises Forbidden, and what the kind's check raises.

        ``concern``: where whoever calls has checked it already; ``made``: the request's id, and
        what is written with it, after everything that may fail.
        """
        _check_shape(subject)
        if concern is None:
            matter = self._matters.get(kind) or Matter(_unchecked(kind))
            concern = await matter.check(session, subject)
        authorise(
            session.principal,
            concern.permission,
            asked.purpose,
            concern.hospital_id,
            resource=concern.resource,
        )
        approval_id, write_more = made or (uuid4(), None)
        now_s = self.now_s
        approval = Approval(
            kind,
            dict(subject),
            concern.shown,
            concern.hospital_id,
            checked_reason(reason),
            session.claims.account_id,
            now_s,
            now_s + min(lifetime_s or LIFETIME_S[kind], LIFETIME_MAX_S),
            NEEDED[kind],
        )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "INSERT INTO approvals (approval_id, hospital_id, over, month, sealed)"
                " VALUES (%s, %s, false, %s, %s)",
                (
                    approval_id,
                    approval.hospital_id,
                    this_month(),
                    self._seal(approval_id, approval),
                ),
            )
            if write_more is not None:
                await write_more(cursor)

        event = _event(session, asked, "request", approval_id, approval, approval.reason)
        await self._ledger.commit(Intent(event, apply=apply))
        return approval_id

    async def decide(
        self, session: LiveSession, asked: Requester, approval_id: UUID, approve: bool, reason: str
    ) -> Approval:
        """Approve or reject; the request as it then stands, done where it has an effect.

        Raises ApprovalUnknown, ApprovalNotYours, ApprovalOver, Forbidden, and the effect's errors.
        """
        known = await self.visible(session, asked, approval_id)
        authorise(session.principal, Permission.APPROVAL_DECIDE, asked.purpose, known.hospital_id)
        why = checked_reason(reason)
        outcome: list[Approval] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            now_s = self._ledger.now_s
            before = await self._read(cursor, approval_id)
            after = decided(before, Decision(session.claims.account_id, approve, why, now_s))
            effect = self._effect(after.kind)
            if effect is not None and after.state(now_s) is ApprovalState.APPROVED:
                after = self._used(after, after.kind, after.subject, now_s)
                await effect(cursor, approval_id, after)
            await self._write(cursor, approval_id, after, now_s)
            outcome.append(after)

        verb = "approve" if approve else "reject"
        event = _event(session, asked, verb, approval_id, known, why)
        await self._ledger.commit(Intent(event, apply=apply))
        return outcome[-1]

    async def withdraw(self, session: LiveSession, asked: Requester, approval_id: UUID) -> Approval:
        """Take an own request back. Raises ApprovalUnknown, ApprovalNotYours, ApprovalOver."""
        known = await self.visible(session, asked, approval_id)
        outcome: list[Approval] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            now_s = self._ledger.now_s
            before = await self._read(cursor, approval_id)
            outcome.append(withdrawn(before, session.claims.account_id, now_s))
            await self._write(cursor, approval_id, outcome[-1], now_s)

        event = _event(session, asked, "withdraw", approval_id, known, "")
        await self._ledger.commit(Intent(event, apply=apply))
        return outcome[-1]

    # --- what actions do ----------------------------------------------------------------------

    async def consume(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, kind: ApprovalKind, subject: Subject
    ) -> Approval:
        """Use an approval, in the ledger transaction of the action that it names.

        Raises ApprovalUnknown, ApprovalNotGiven, ApprovalOver, ApprovalForAnother; nothing is
        written then.
        """
        now_s = self._ledger.now_s
        approval = self._used(await self._read(cursor, approval_id), kind, subject, now_s)
        await self._write(cursor, approval_id, approval, now_s)
        return approval

    # --- what may be seen ---------------------------------------------------------------------

    async def visible(self, session: LiveSession, asked: Requester, approval_id: UUID) -> Approval:
        """A request that somebody may know of. Raises ApprovalUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            approval = await self._read(cursor, approval_id)
        if not self._may_see(session, asked, approval):
            raise unknown()
        return approval

    async def of(self, approval_id: UUID) -> Approval:
        """A request, for the action that it is of. Raises ApprovalUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._read(cursor, approval_id)

    async def state_of(self, approval_id: UUID) -> ApprovalState:
        """Where a request stands, for the action that asked for it. Raises ApprovalUnknown."""
        return (await self.of(approval_id)).state(self.now_s)

    async def listed(self, session: LiveSession, asked: Requester) -> list[tuple[UUID, Approval]]:
        """Own requests, and those that somebody may decide; the newest first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT approval_id, sealed FROM approvals"
                    " WHERE hospital_id IS NOT DISTINCT FROM %s OR hospital_id IS NULL"
                    " ORDER BY over, month DESC LIMIT %s",
                    (session.hospital_id, LISTED_MAX),
                )
            ).fetchall()
        opened = [(approval_id, self._open(approval_id, sealed)) for approval_id, sealed in rows]
        seen = [one for one in opened if self._may_see(session, asked, one[1])]
        return sorted(seen, key=lambda one: one[1].asked_s, reverse=True)

    def may_decide(self, session: LiveSession, asked: Requester, approval: Approval) -> bool:
        """Whether somebody's approval would be taken now."""
        me = session.claims.account_id
        return (
            approval.state(self.now_s) is ApprovalState.WAITING
            and me not in approval.people()
            and permits(
                session.principal, Permission.APPROVAL_DECIDE, asked.purpose, approval.hospital_id
            )
        )

    def _may_see(self, session: LiveSession, asked: Requester, approval: Approval) -> bool:
        return approval.asked_by == session.claims.account_id or permits(
            session.principal, Permission.APPROVAL_DECIDE, asked.purpose, approval.hospital_id
        )

    # --- how ----------------------------------------------------------------------------------

    def _effect(self, kind: ApprovalKind) -> Effect | None:
        matter = self._matters.get(kind)
        return matter.effect if matter else None

    def _used(
        self, approval: Approval, kind: ApprovalKind, subject: Subject, now_s: float
    ) -> Approval:
        after = used(approval, kind, subject, now_s)
        if any(self._freezes.active.holds(Target.account(one), now_s) for one in after.people()):
            raise ApprovalNotGiven(
                "Somebody who asked for or approved this is frozen.",
                remedy="Have others make and approve a new request.",
            )
        return after

    async def _read(self, cursor: psycopg.AsyncCursor, approval_id: UUID) -> Approval:
        await cursor.execute("SELECT sealed FROM approvals WHERE approval_id = %s", (approval_id,))
        row = await cursor.fetchone()
        if row is None:
            raise unknown()
        return self._open(approval_id, row[0])

    async def _write(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval, now_s: float
    ) -> None:
        over = approval.state(now_s) not in (ApprovalState.WAITING, ApprovalState.APPROVED)
        await cursor.execute(
            "UPDATE approvals SET over = %s, sealed = %s WHERE approval_id = %s",
            (over, self._seal(approval_id, approval), approval_id),
        )

    def _seal(self, approval_id: UUID, approval: Approval) -> bytes:
        return self._secrets.seal_row(approval_id, msgspec.json.encode(approval))

    def _open(self, approval_id: UUID, sealed: bytes) -> Approval:
        return msgspec.json.decode(self._secrets.open_row(approval_id, sealed), type=Approval)


def unknown() -> ApprovalUnknown:
    """The one answer for a request that is not there or that somebody may not know of."""
    return ApprovalUnknown(
        "There is no such request, or it is not one that this account may know of.",
        remedy="`segel approvals list` shows those that it may.",
    )


def _unchecked(kind: ApprovalKind) -> Check:
    async def check(session: LiveSession, subject: Subject) -> Concern:
        return Concern(None if kind in ESTATE_KINDS else session.hospital_id, dict(subject))

    return check


def _check_shape(subject: Subject) -> None:
    if not 0 < len(subject) <= SUBJECT_FIELDS_MAX or any(
        not name or len(name) > SUBJECT_VALUE_MAX or len(value) > SUBJECT_VALUE_MAX
        for name, value in subject.items()
    ):
        raise BrokerError(
            "A request has to say exactly what is to be approved, and briefly.",
            field="subject",
            remedy=f"Give 1 to {SUBJECT_FIELDS_MAX} fields, each of at most {SUBJECT_VALUE_MAX}"
            " characters.",
        )


def _event(
    session: LiveSession,
    asked: Requester,
    verb: str,
    approval_id: UUID,
    approval: Approval,
    reason: str,
) -> Event:
    subject = ", ".join(f"{name} {value}" for name, value in sorted(approval.subject.items()))
    detail = f"{verb} {approval.kind} {approval_id} ({subject}): {reason}"
    return event_of(session, asked.purpose, asked.route, Kind.APPROVAL, detail=detail)
