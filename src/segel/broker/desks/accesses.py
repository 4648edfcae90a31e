"""The officer's list of accesses, and the reasons that explain them."""

from uuid import UUID

from segel.broker import messages as m
from segel.broker.accesses import COUNTED_DAYS, Accesses
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.errors import AccountUnknown, ReasonUnclear
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.reason_file import (
    UNIT_LENGTH_MAX,
    UNITS_MAX,
    Apply,
    Reason,
    Reasons,
    new_reason_id,
    of_account,
    of_hospital,
    of_unit,
)
from segel.broker.releases import event_of
from segel.domain.purpose import Purpose


class AccessesDesk:
    """Shows what nothing explains, and files what explains."""

    def __init__(
        self,
        accesses: Accesses,
        reasons: Reasons,
        sessions: Sessions,
        directory: Directory,
        ledger: Ledger,
    ) -> None:
        self._accesses = accesses
        self._reasons = reasons
        self._sessions = sessions
        self._directory = directory
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ListAccesses, self._list),
            Offer(m.ReviewAccess, self._review),
            Offer(m.FileReason, self._file, OPERATOR_ONLY),
            Offer(m.AssignUnits, self._assign, OPERATOR_ONLY),
        ]

    async def _list(self, asked: m.ListAccesses) -> m.Reply:
        session = await self._sessions.live(asked.requester.token)
        authorise(
            session.principal,
            Permission.REVIEW_READ,
            asked.requester.purpose,
            session.hospital_id,
        )
        assert session.hospital_id is not None
        shortlist = await self._accesses.shortlist(session.hospital_id)
        entries = shortlist.entries[: max(0, asked.limit)]
        known = await self._accesses.of([entry.access_id for entry in entries])
        lines = [
            m.AccessLine(
                access_id=entry.access_id,
                account=access.account,
                role=access.role,
                at_s=access.at_s,
                purpose=access.purpose,
                explained_by=list(access.explained_by),
                signals=list(access.signals),
                score=entry.score,
            )
            for entry in entries
            if (access := known.get(entry.access_id))
        ]
        return m.AccessList(
            lines=lines,
            total=len(shortlist.entries),
            fallen=shortlist.fallen,
            explained=sum(explained for explained, _ in shortlist.days.values()),
            unexplained=sum(unexplained for _, unexplained in shortlist.days.values()),
            days=COUNTED_DAYS,
        )

    async def _review(self, asked: m.ReviewAccess) -> m.Reply:
        requester = asked.requester
        session = await self._sessions.live(requester.token)
        authorise(
            session.principal, Permission.REVIEW_DECIDE, requester.purpose, session.hospital_id
        )
        assert session.hospital_id is not None
        event = event_of(
            session,
            requester.purpose,
            requester.route,
            Kind.REVIEW,
            detail=f"access {asked.access_id}: {asked.finding}",
        )
        apply = self._accesses.reviewed(
            session.hospital_id, asked.access_id, session.claims.account_id
        )
        await self._ledger.commit(Intent(event, apply=apply))
        return m.Done(asked.access_id)

    # --- the operator's -----------------------------------------------------------------------

    async def _file(self, asked: m.FileReason) -> m.Reply:
        if asked.account and asked.unit:
            raise ReasonUnclear(
                "A reason is of an account or of a department.",
                field="account",
                remedy="Give one of them, or neither for the whole hospital.",
            )
        if asked.until_s <= asked.from_s:
            raise ReasonUnclear(
                "The reason ends before it begins.", field="until", remedy="Give a later end."
            )
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        patient = await self._reasons.patient(hospital_id, asked.patient)
        if asked.account:
            who = of_account(await self._account(asked.account))
        else:
            who = of_unit(hospital_id, asked.unit) if asked.unit else of_hospital(hospital_id)
        reason_id = new_reason_id()
        reason = Reason(asked.kind, asked.from_s, asked.until_s, "operator")
        apply = self._reasons.filing(reason_id, who, patient, reason)
        await self._commit(hospital_id, f"reason {reason_id}: {asked.kind}", apply)
        return m.Done(reason_id)

    async def _assign(self, asked: m.AssignUnits) -> m.Reply:
        units = tuple(dict.fromkeys(unit.strip() for unit in asked.units if unit.strip()))
        if len(units) > UNITS_MAX or any(len(unit) > UNIT_LENGTH_MAX for unit in units):
            raise ReasonUnclear(
                f"An account works in at most {UNITS_MAX} departments, of names of at most"
                f" {UNIT_LENGTH_MAX} characters.",
                field="units",
                remedy="Give fewer or shorter ones.",
            )
        account_id = await self._account(asked.account)
        _, hospital_id = await self._directory.account(account_id)
        apply = self._reasons.joining(account_id, units)
        await self._commit(hospital_id, f"departments of account {account_id}", apply)
        return m.Done(account_id)

    async def _account(self, name: str) -> UUID:
        account_id = await self._directory.account_by_name(name)
        if account_id is None:
            raise AccountUnknown(
                "There is no account of this name.", field="account", remedy="Check its spelling."
            )
        return account_id

    async def _commit(self, hospital_id: UUID | None, detail: str, apply: Apply) -> None:
        event = Event(
            kind=Kind.REASON,
            outcome=Outcome.SUCCESS,
            account_id=None,
            role="operator",
            hospital_id=hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="operator",
            detail=detail,
        )
        await self._ledger.commit(Intent(event, apply=apply))
