"""Taking in a hospital as its plan says: each part is checked, then enrolled, and says what came.

The same for the command line, by the operator's socket, and for the console, by a ticket. What is
there already is left as it is, so that it can be done again after a part was refused.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from segel.access.hospital_plan import (
    Department,
    Device,
    Files,
    Person,
    Plan,
    Sender,
    System,
    content_of,
)
from segel.broker.errors import BrokerUnavailable
from segel.domain.errors import SegelError

INVITATION_S: Final = 72 * 3_600
"""How long the links of a new hospital's people are good: they are handed out one by one."""

TOKEN_S: Final = 300
AE_TITLE_CHARACTERS_MAX: Final = 16
"""PS3.5 § 6.2, VR AE."""
NAME_CHARACTERS_MAX: Final = 180

ReadKey = Callable[[bytes], str]
"""The fingerprint of a certificate's public key. Raises SegelError."""


class AeTitleInvalid(SegelError):
    """Not an AE title (PS3.5 § 6.2, VR AE)."""

    code = "ae-title-invalid"


class SenderNameInvalid(SegelError):
    """Not what MSH-3, MSH-4 or PID-3.4 can say."""

    code = "sender-name-invalid"


class AddressInvalid(SegelError):
    """Not HOST:PORT."""

    code = "address-invalid"


class Enroller(Protocol):
    """A ``BrokerClient`` at the operator's socket, or one with a ticket."""

    register: Any
    senders: Any
    oauth: Any
    access: Any

    async def enrol_hospital(self, code: str, name: str) -> UUID | None: ...
    async def enrol_peer(
        self,
        ae_title: str,
        called_ae_title: str,
        hospital_code: str,
        *,
        host: str = "",
        port: int = 0,
        keys: tuple[str, ...] = (),
    ) -> None: ...


class State(StrEnum):
    """What became of a part."""

    MADE = "made"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``secret``: of an invitation's link, which nobody sees again; ``client_id``: of a system."""

    state: State
    secret: str = field(default="", repr=False)
    until_s: int = 0
    client_id: str = ""
    refused: SegelError | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a plan. ``place``: its number among its kind; ``check`` raises what can be told
    before anything is enrolled."""

    kind: str
    name: str = field(repr=False)
    place: int
    check: Callable[[], None] = field(repr=False)
    act: Callable[[Enroller], Awaitable[Outcome]] = field(repr=False)

    async def done(self, by: Enroller) -> Outcome:
        """What became of it. Raises BrokerUnavailable alone: all else is an outcome."""
        try:
            self.check()
            return await self.act(by)
        except BrokerUnavailable:
            raise
        except SegelError as refused:
            return Outcome(State.REFUSED, refused=refused)


def steps(
    plan: Plan, files: Files, read_key: ReadKey, known: frozenset[str] = frozenset()
) -> Iterator[Step]:
    """Everything that a plan says, in the order in which it is enrolled. ``known``: the accounts
    that are there already."""
    yield Step("hospital", plan.code, 0, _nothing, _hospital(plan))
    for at, part in enumerate(plan.departments):
        yield Step("department", part.name, at, _nothing, _department(plan.code, part))
    for at, device in enumerate(plan.devices):
        keys = _keys(device.certificates, files, read_key)
        yield Step("device", device.ae_title, at, _checks_device(device, keys),
                   _device(plan.code, device, keys))  # fmt: skip
    for at, sender in enumerate(plan.senders):
        keys = _keys(sender.certificates, files, read_key)
        yield Step("sender", f"{sender.application} {sender.facility}", at,
                   _checks_sender(sender, keys), _sender(plan.code, sender, keys))  # fmt: skip
    for at, system in enumerate(plan.systems):
        yield Step("system", system.name, at, _nothing, _system(plan.code, system, files))
    for at, person in enumerate(plan.people):
        yield Step("person", person.name, at, _nothing, _person(plan.code, person, known))


Act = Callable[[Enroller], Awaitable[Outcome]]
_MADE: Final = Outcome(State.MADE)


def _nothing() -> None:
    """What the broker checks alone."""


def _hospital(plan: Plan) -> Act:
    async def act(by: Enroller) -> Outcome:
        await by.enrol_hospital(plan.code, plan.name)
        if plan.national_code:
            await by.register.describe_hospital(plan.code, plan.national_code)
        return _MADE

    return act


def _department(code: str, part: Department) -> Act:
    async def act(by: Enroller) -> Outcome:
        await by.register.add_department(code, part.name, part.code)
        return _MADE

    return act


def _checks_device(device: Device, keys: Callable[[], tuple[str, ...]]) -> Callable[[], None]:
    def check() -> None:
        for name, title in (("ae_title", device.ae_title), ("called", device.called)):
            require_ae_title(name, title)
        address_of(device.listens)
        keys()

    return check


def _device(code: str, device: Device, keys: Callable[[], tuple[str, ...]]) -> Act:
    async def act(by: Enroller) -> Outcome:
        host, port = address_of(device.listens)
        await by.enrol_peer(device.ae_title, device.called, code, host=host, port=port, keys=keys())
        return _MADE

    return act


def _checks_sender(sender: Sender, keys: Callable[[], tuple[str, ...]]) -> Callable[[], None]:
    def check() -> None:
        require_sender_name("application", sender.application)
        require_sender_name("facility", sender.facility)
        for authority in sender.authorities:
            require_sender_name("authorities", authority)
        keys()

    return check


def _sender(code: str, sender: Sender, keys: Callable[[], tuple[str, ...]]) -> Act:
    async def act(by: Enroller) -> Outcome:
        authorities = tuple(dict.fromkeys(sender.authorities))
        await by.senders.enrol(
            sender.application, sender.facility, code, authorities=authorities, keys=keys()
        )
        return _MADE

    return act


def _system(code: str, one: System, files: Files) -> Act:
    async def act(by: Enroller) -> Outcome:
        client_id = await by.oauth.add_client(
            one.name, code, one.role, content_of(one.jwks, files), one.scope,
            bound=one.dpop, token_s=TOKEN_S,
        )  # fmt: skip
        return Outcome(State.MADE, client_id=client_id)

    return act


def _person(code: str, person: Person, known: frozenset[str]) -> Act:
    async def act(by: Enroller) -> Outcome:
        if person.name in known:
            return Outcome(State.THERE)  # another link would end theirs
        made = await by.access.add_account(person.name, person.role, code, INVITATION_S)
        return Outcome(State.MADE, secret=made.secret, until_s=made.until_s)

    return act


def _keys(
    certificates: list[str], files: Files, read_key: ReadKey
) -> Callable[[], tuple[str, ...]]:
    return lambda: tuple(read_key(content_of(one, files)) for one in certificates)


def require_ae_title(name: str, title: str) -> None:
    """Raises AeTitleInvalid."""
    plain = title.isascii() and title.isprintable() and "\\" not in title
    if not (plain and 0 < len(title.strip()) <= AE_TITLE_CHARACTERS_MAX):
        raise AeTitleInvalid(
            "An AE title has 1 to 16 printable ASCII characters and no backslash.", field=name
        )


def require_sender_name(name: str, text: str) -> None:
    """Raises SenderNameInvalid where no message could say this."""
    is_plain = text.isascii() and text.isprintable() and text == text.strip()
    if not (is_plain and 0 < len(text) <= NAME_CHARACTERS_MAX) or set(text) & set("|^~\\&"):
        raise SenderNameInvalid(
            f"A name has 1 to {NAME_CHARACTERS_MAX} ASCII characters, and none of | ^ ~ \\ &.",
            field=name,
            remedy="Copy it from a message, without its other components.",
        )


def address_of(listens: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; neither where nothing is said. Raises AddressInvalid."""
    if not listens:
        return "", 0
    host, _, port = listens.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise AddressInvalid(
            "This is no address.", field="listens", remedy="Write HOST:PORT, as 10.0.0.5:11112."
        )
    return host.strip("[]"), int(port)
