"""Who sends, as the broker knows them: the system account behind MSH-3 and MSH-4, and its session.

A session is opened with a sender's first message and kept until shortly before it ends. Where it
was ended meanwhile (the sender was enrolled anew, or removed) it is asked for once more.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from urllib.parse import quote

from segel.broker import Requester
from segel.broker.errors import SenderUnknown, TokenInvalid
from segel.broker.messages import OpenedSender
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.records.hl7.errors import Fault, Location, MessageRefused
from segel.records.hl7.segments import Component, Header
from segel.records.hl7.sender import Sender
from segel.records.hl7.serving import Peer
from segel.records.people import RECORD_SYSTEM
from segel.records.studies import ACCESSION_SYSTEM

T = TypeVar("T")

ROUTE: Final = "hl7"
ASSIGNERS: Final = "http://sys-ids.kemkes.go.id/hl7/"
"""A sender's own numbers: with hospital, application and facility after it."""

TOKEN_MARGIN_S: Final = 60
"""A token that ends sooner is renewed first: a message is rarely longer under way."""

SENDERS_MAX: Final = 256
"""Sessions that are kept; a hospital has a handful of systems, each with an address or two."""

NAME_LENGTH_MAX: Final = 227  # HD in v2.5.1

KeyOf = Callable[[bytes], str]
"""What the broker knows the holder of a certificate (DER) by; '' for none."""


class SenderDoor(Protocol):
    """The part of ``segel.broker.BrokerClient`` that lets senders in."""

    async def open(
        self, application: str, facility: str, address: str, key: str = ""
    ) -> OpenedSender: ...


@dataclass(frozen=True, slots=True)
class _Who:
    application: str
    facility: str
    host: str
    key: str


class SenderSessions:
    """The sessions of those who send at one door."""

    def __init__(self, door: SenderDoor, key_of: KeyOf, clock: Clock = time.time) -> None:
        self._door = door
        self._key_of = key_of
        self._clock = clock
        self._open: dict[_Who, OpenedSender] = {}

    async def sender_of(self, peer: Peer, header: Header) -> Sender:
        """Who a message is from. Raises MessageRefused, BrokerError."""
        opened = await self._opened(self._who(peer, header))
        return sender_from(opened, *map(_name, header.sending))

    async def ask(self, peer: Peer, header: Header, call: Callable[[Requester], Awaitable[T]]) -> T:
        """What ``call`` answers to the sender; once more where its session was ended."""
        who = self._who(peer, header)
        try:
            return await call(_requester(await self._opened(who)))
        except TokenInvalid:
            self._open.pop(who, None)
            return await call(_requester(await self._opened(who)))

    def _who(self, peer: Peer, header: Header) -> _Who:
        application, facility = map(_name, header.sending)
        for number, name in ((3, application), (4, facility)):
            if not name or len(name) > NAME_LENGTH_MAX:
                raise _refused(number, "The message does not say by which system it is sent.")
        key = self._key_of(peer.certificate) if peer.certificate else ""
        return _Who(application, facility, peer.host, key)

    async def _opened(self, who: _Who) -> OpenedSender:
        known = self._open.get(who)
        if known is None or known.expires_s - self._clock() < TOKEN_MARGIN_S:
            try:
                known = await self._door.open(who.application, who.facility, who.host, who.key)
            except SenderUnknown as unknown:
                self._open.pop(who, None)
                raise _refused(3, unknown.what, unknown.remedy) from None
            if len(self._open) >= SENDERS_MAX:
                del self._open[next(iter(self._open))]  # the oldest
            self._open[who] = known
        return known


def sender_from(opened: OpenedSender, application: str, facility: str) -> Sender:
    """A sender as its messages are read: its numbers meet those of images and of FHIR."""
    hospital_id = opened.hospital_id
    named = "/".join(quote(part, safe="") for part in (application, facility))
    return Sender(
        f"{ASSIGNERS}{hospital_id}/{named}",
        issuer=opened.hospital,
        accession_system=f"{ACCESSION_SYSTEM}{hospital_id}",
        record_system=f"{RECORD_SYSTEM}{hospital_id}",
        record_authorities=opened.authorities,
    )


def _name(parts: Component) -> str:
    """An application or facility (HD): its namespace, or where there is none its universal id."""
    return next((part for part in parts[:2] if part), "")


def _requester(opened: OpenedSender) -> Requester:
    return Requester(token=opened.token, purpose=Purpose.TREATMENT, route=ROUTE)


def _refused(number: int, what: str, remedy: str = "") -> MessageRefused:
    return MessageRefused(
        Fault.UNKNOWN, Location("MSH", 1, number), what, remedy=remedy, rejects=True
    )
