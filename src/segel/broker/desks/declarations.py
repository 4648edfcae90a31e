"""Health declarations: travellers at one side of the desk, a port's officers at the other."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker import messages as m
from segel.broker.arrival_days import ArrivalDay, ArrivalDays, OpenDay
from segel.broker.audit import Kind
from segel.broker.declaration_rows import DeclarationRows, Filed, Summary
from segel.broker.declaring import Declaring, unknown, view_of
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.errors import DeclarationUnclear
from segel.broker.ledger import Charge, Intent, Ledger
from segel.broker.limits import BudgetLimits
from segel.broker.live import Sessions
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.staff import Staff
from segel.domain.declarations import Conveyance, days_seen, parse_receipt

PAGE_LINES: Final = 100
"""Travellers on one page of a list, each of which costs a fifth of an opened one."""

PAGES_MAX: Final = 1_000
DAYS_LISTED_MAX: Final = 400
"""Days whose end an officer sees: a year, and a month."""


class DeclarationsDesk:
    """Answers travellers by their code, and officers of the port for as long as they may see."""

    def __init__(
        self,
        sessions: Sessions,
        releases: Releases,
        directory: Directory,
        staff: Staff,
        declaring: Declaring,
        days: ArrivalDays,
        rows: DeclarationRows,
        ledger: Ledger,
        limits: BudgetLimits,
    ) -> None:
        self._sessions = sessions
        self._releases = releases
        self._directory = directory
        self._staff = staff
        self._declaring = declaring
        self._days = days
        self._rows = rows
        self._ledger = ledger
        self._limits = limits

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ListPorts, self._ports),
            Offer(m.Declare, self._declare),
            Offer(m.ReadOwnDeclaration, self._read_own),
            Offer(m.WithdrawDeclaration, self._withdraw),
            Offer(m.ListArrivals, self._arrivals),
            Offer(m.ListTravellers, self._travellers),
            Offer(m.ReadDeclaration, self._read),
            Offer(m.FindDeclaration, self._find),
            Offer(m.ListArrivalDays, self._ended),
            Offer(m.OpenPort, self._open_port, OPERATOR_ONLY),
        ]

    # --- travellers ---------------------------------------------------------------------------

    async def _ports(self, _: m.ListPorts) -> m.Reply:
        taking = [one for one in await self._staff.hospitals() if one.port]
        lines = [m.PortLine(one.code, one.name) for one in taking]
        return m.PortList(sorted(lines, key=lambda one: one.name.casefold()))

    async def _declare(self, asked: m.Declare) -> m.Reply:
        return await self._declaring.declare(asked.code, asked.declaration)

    async def _read_own(self, asked: m.ReadOwnDeclaration) -> m.Reply:
        return await self._declaring.read(asked.code)

    async def _withdraw(self, asked: m.WithdrawDeclaration) -> m.Reply:
        await self._declaring.withdraw(asked.code)
        return m.Done()

    # --- officers -----------------------------------------------------------------------------

    async def _arrivals(self, asked: m.ListArrivals) -> m.Reply:
        asker = await self._asker(asked.requester, Permission.DECLARATION_LIST)
        lines: list[m.VesselLine] = []
        seen = days_seen(self._ledger.now())
        await self._commit(asker, "arrivals listed")
        for day in await self._days.of(asker.hospital_id, seen):
            if day.wrapped is not None:
                opened = await self._days.opened(day)
                lines += _vessels(day, await self._rows.summaries(opened))
        return m.ArrivalList(lines)

    async def _travellers(self, asked: m.ListTravellers) -> m.Reply:
        asker = await self._asker(asked.requester, Permission.DECLARATION_LIST)
        opened = await self._seen_day(asker, asked.day_id)
        found = await self._rows.summaries(opened, asked.vessel_id)
        if not found:
            raise unknown()
        found.sort(key=_by_need)
        at = min(max(asked.page, 0), PAGES_MAX) * PAGE_LINES
        page = found[at : at + PAGE_LINES]
        listed = tuple(one.declaration_id for one, _ in page)
        charge = self._charge(asker, listed, opened=False) if listed else None
        await self._commit(asker, f"{len(listed)} declarations listed", charge)
        (vessel,) = _vessels(opened.day, found)
        return m.TravellerList(
            vessel,
            [
                m.TravellerLine(
                    one.declaration_id, told.receipt, told.seat, told.attention, told.sent_s
                )
                for one, told in page
            ],
            more=len(found) > at + PAGE_LINES,
        )

    async def _read(self, asked: m.ReadDeclaration) -> m.Reply:
        asker = await self._asker(asked.requester, Permission.DECLARATION_READ)
        known = await self._rows.by_id(asker.hospital_id, asked.declaration_id)
        return await self._shown(asker, known)

    async def _find(self, asked: m.FindDeclaration) -> m.Reply:
        asker = await self._asker(asked.requester, Permission.DECLARATION_READ)
        receipt = parse_receipt(asked.receipt)
        if not receipt:
            raise DeclarationUnclear(
                "This is no receipt's number.",
                field="receipt",
                remedy="Scan it again, or type its ten letters and digits.",
            )
        return await self._shown(asker, await self._rows.by_receipt(asker.hospital_id, receipt))

    async def _shown(self, asker: Asker, known: tuple[Filed, ArrivalDay] | None) -> m.Reply:
        now_s = self._ledger.now()
        if known is None or not known[1].window.is_seen(now_s):
            raise unknown()
        one, day = known
        kept = one.kept(await self._days.opened(day))
        charge = self._charge(asker, (one.declaration_id,), opened=True)
        await self._commit(asker, f"declaration {one.declaration_id} opened", charge)
        return view_of(one, day, kept, now_s)

    async def _ended(self, asked: m.ListArrivalDays) -> m.Reply:
        asker = await self._asker(asked.requester, Permission.DECLARATION_PROOF)
        days = (await self._days.of_hospital(asker.hospital_id))[:DAYS_LISTED_MAX]
        counts = {one.day_id: await self._rows.count(one.day_id) for one in days if one.wrapped}
        return m.ArrivalDayList(
            [
                m.ArrivalDayLine(
                    day_id=one.day_id,
                    arrival=one.record.arrival,
                    declared=counts.get(one.day_id, one.record.declared),
                    destroyed_s=one.record.destroyed_s or one.window.destroyed_s,
                    is_destroyed=one.wrapped is None,
                    certificate=one.record.certificate,
                )
                for one in days
            ]
        )

    # --- the operator -------------------------------------------------------------------------

    async def _open_port(self, asked: m.OpenPort) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        apply = self._staff.describing(
            hospital_id, lambda record: msgspec.structs.replace(record, port=asked.taking)
        )
        what = "declarations taken" if asked.taking else "declarations no longer taken"
        await self._ledger.commit(Intent(account_event(what, hospital_id), apply=apply))
        return m.Done(hospital_id)

    # --- how ----------------------------------------------------------------------------------

    async def _asker(self, requester: m.Requester, permission: Permission) -> Asker:
        session = await self._sessions.live(requester)
        return await self._releases.admit(session, requester, permission, Kind.DECLARATION_READ)

    async def _seen_day(self, asker: Asker, day_id: UUID) -> OpenDay:
        """A day of the asker's port that is seen now. Raises DeclarationUnknown."""
        seen = await self._days.of(asker.hospital_id, days_seen(self._ledger.now()))
        day = next((one for one in seen if one.day_id == day_id and one.wrapped), None)
        if day is None:
            raise unknown()
        return await self._days.opened(day)

    def _charge(self, asker: Asker, listed: tuple[UUID, ...], *, opened: bool) -> Charge:
        """The account's own budget: travellers are no patients of the port's, whose number the
        hospital's follows from."""
        account = asker.session.account
        limits = self._limits.reading(account.role)
        return Charge(asker.session.claims.account_id, limits, listed, opened)

    async def _commit(self, asker: Asker, detail: str, charge: Charge | None = None) -> None:
        event = event_for(asker, Kind.DECLARATION_READ, detail=detail)
        await self._releases.commit(asker.session, asker.requester, Intent(event, charge=charge))


def _by_need(found: tuple[Filed, Summary]) -> tuple[bool, int, str, float]:
    """Rows of seats as a cabin has them: 2A before 10A."""
    one = found[1]
    digits = "".join(letter for letter in one.seat if letter.isdigit())
    return not one.attention, int(digits or "0"), one.seat, one.sent_s


def _vessels(day: ArrivalDay, found: list[tuple[Filed, Summary]]) -> list[m.VesselLine]:
    by_vessel: dict[UUID, list[Summary]] = {}
    for one, told in found:
        by_vessel.setdefault(one.vessel_id, []).append(told)
    lines = [
        m.VesselLine(
            day_id=day.day_id,
            vessel_id=vessel_id,
            arrival=day.record.arrival,
            conveyance=Conveyance(some[0].conveyance),
            vessel=some[0].vessel,
            declared=len(some),
            attention=sum(told.attention for told in some),
        )
        for vessel_id, some in by_vessel.items()
    ]
    return sorted(lines, key=lambda one: (one.conveyance, one.vessel))
