"""Tickets by which a new hospital is taken in from the console, without the server's command line.

The operator makes a ticket for one hospital's code. Whoever has it may enrol that hospital and what
belongs to it, by the operator's own messages: nothing of another hospital's, and nothing once the
hospital has a patient. So a ticket that is stolen or kept opens no record (decision 045).
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.desks.offers import OPERATOR_ONLY, Caller, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.errors import AlreadyExists, Forbidden, SignInFailed
from segel.broker.ledger import Intent, Ledger
from segel.broker.secrets import BrokerSecrets
from segel.broker.senders import Senders
from segel.broker.staff import Staff
from segel.domain.clock import Clock
from segel.sealing import SealBroken

LIFETIME_MIN_S: Final = 600
LIFETIME_MAX_S: Final = 7 * 86_400
SECRET_LENGTH_MAX: Final = 2_048
ID_BYTES: Final = 16
CODE_LENGTH_MAX: Final = 40

Answer = Callable[[m.Request, Caller], Awaitable[m.Reply]]


class _Ticket(msgspec.Struct, frozen=True):
    """What is sealed in a ticket."""

    hospital_code: str
    until_s: float


class OnboardingDesk:
    """Makes tickets, and does what they are for."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        directory: Directory,
        staff: Staff,
        senders: Senders,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._directory = directory
        self._staff = staff
        self._senders = senders
        self._ledger = ledger
        self._clock = clock
        self._answer: Answer | None = None

    def answering_through(self, answer: Answer) -> None:
        """Acts are answered by who answers the operator. Called once, when the broker is whole."""
        self._answer = answer

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.MakeTicket, self._make, OPERATOR_ONLY),
            Offer(m.LookTicket, self._look),
            Offer(m.ActByTicket, self._act),
        ]

    async def _make(self, asked: m.MakeTicket) -> m.Reply:
        code = asked.hospital_code.strip()
        if not code or len(code) > CODE_LENGTH_MAX or not code.isprintable():
            raise Forbidden("A hospital has a short code.", field="code", remedy="e.g. RSUD1")
        hospital_id = await self._known(code)
        if hospital_id is not None:
            await self._require_empty(hospital_id)
        until_s = self._clock() + min(max(asked.lifetime_s, LIFETIME_MIN_S), LIFETIME_MAX_S)
        ticket_id = uuid4()
        sealed = self._secrets.seal_row(ticket_id, msgspec.json.encode(_Ticket(code, until_s)))
        await self._ledger.commit(Intent(account_event("hospital's ticket made", hospital_id)))
        secret = base64.urlsafe_b64encode(ticket_id.bytes + sealed).decode().rstrip("=")
        return m.Ticket(secret, int(until_s))

    async def _look(self, asked: m.LookTicket) -> m.Reply:
        ticket = self._opened(asked.secret)
        hospital_id = await self._known(ticket.hospital_code)
        people: tuple[str, ...] = ()
        if hospital_id is not None:
            await self._require_empty(hospital_id)
            hospital = await self._directory.hospital(hospital_id)
            people = tuple(one.name for one in await self._staff.people(hospital_id, hospital))
        return m.TicketShown(
            ticket.hospital_code, int(ticket.until_s), hospital_id is not None, people
        )

    async def _act(self, asked: m.ActByTicket) -> m.Reply:
        ticket, act = self._opened(asked.secret), asked.act
        code = act.code if isinstance(act, m.EnrolHospital) else act.hospital_code
        if code != ticket.hospital_code:
            raise Forbidden(
                "This link is for another hospital.",
                field="code",
                remedy="Leave the code as it is.",
            )
        hospital_id = await self._known(code)
        if hospital_id is not None:
            await self._require_empty(hospital_id)
        if isinstance(act, m.EnrolSender):
            known = await self._senders.known(act.application, act.facility)
            if known is not None and known.hospital_id != hospital_id:
                raise AlreadyExists(
                    "Another hospital's system sends by this name.",
                    field="application",
                    remedy="Give the system another MSH-3 or MSH-4.",
                )
        assert self._answer is not None, "the broker is whole before it answers"
        return await self._answer(act, Caller.OPERATOR)

    def _opened(self, secret: str) -> _Ticket:
        """Raises SignInFailed."""
        try:
            if len(secret) > SECRET_LENGTH_MAX:
                raise ValueError
            raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
            plain = self._secrets.open_row(UUID(bytes=raw[:ID_BYTES]), raw[ID_BYTES:])
            ticket = msgspec.json.decode(plain, type=_Ticket)
        except (ValueError, binascii.Error, SealBroken, msgspec.MsgspecError):
            raise SignInFailed(
                "This is no link by which a hospital is taken in.",
                remedy="Open it whole, as it was handed over.",
            ) from None
        if self._clock() > ticket.until_s:
            raise SignInFailed(
                "The link has run out.", field="expired", remedy="Ask the operator for another."
            )
        return ticket

    async def _known(self, code: str) -> UUID | None:
        try:
            return await self._directory.hospital_by_code(code)
        except Forbidden:
            return None

    async def _require_empty(self, hospital_id: UUID) -> None:
        """Raises Forbidden once there is a patient."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT 1 FROM patients WHERE hospital_id = %s LIMIT 1", (hospital_id,)
                )
            ).fetchone()
        if row is not None:
            raise Forbidden(
                "This hospital is at work: links do not change it any more.",
                remedy="The operator changes it by the command line on the server.",
            )
