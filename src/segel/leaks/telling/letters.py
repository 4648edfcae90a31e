"""Letters to patients: a signed document merged with a sealed list of who is affected.

::

    list (a file of the case) ─▶ claimed at the broker, some at a time ─▶ gateway ─▶ outcome noted

A letter that was claimed is not claimed again, so that none is sent twice, whatever breaks.
Nobody's name or address, and no server's answer, goes into a log or an error.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import msgspec

from segel.broker.messages import Requester
from segel.domain.cases import Language, LetterOutcome
from segel.leaks.telling.documents import Document
from segel.leaks.telling.errors import GatewayDown, ListBroken

AT_ONCE: Final = 25
"""Letters claimed together: as many nobody knows of where a sender breaks between two notes."""
LINE_BYTES_MAX: Final = 4_096
LINES_MAX: Final = 10_000_000
ADDRESS_MAX: Final = 254
"""RFC 5321 § 4.5.3.1.3, without the angle brackets."""
NAME_MAX: Final = 200


class Addressee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is written to. ``patient``: 16 bytes that mean them, a UUID. Where there is no e-mail,
    a gateway for telephones may have them."""

    patient: UUID
    name: str
    email: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Addressee(...)"


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One letter, to be carried. ``letter_id``: of this addressee and document, always the same."""

    letter_id: UUID
    addressee: Addressee
    language: Language
    subject: str
    text: str
    attached: bytes
    """The signed PDF."""
    attached_name: str


class Gateway(Protocol):
    """What carries letters: e-mail, or messages to telephones."""

    async def deliver(self, letter: Letter) -> LetterOutcome:
        """Carry one; what became of it. Raises GatewayDown, where nothing was sent of this one
        and nothing would be of the next."""


class LettersBroker(Protocol):
    """What is needed of ``BrokerClient.cases``."""

    async def claim_letters(
        self,
        requester: Requester,
        case_id: UUID,
        notice_id: UUID,
        addressees: Sequence[UUID],
        *,
        again: bool = False,
    ) -> tuple[UUID, list[UUID]]:
        """To whom of these letters may be sent now."""

    async def note_letters(
        self,
        requester: Requester,
        case_id: UUID,
        batch_id: UUID,
        outcomes: Sequence[LetterOutcome],
    ) -> None:
        """What became of them."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is sent in one go: to whom, by which document."""

    requester: Requester
    case_id: UUID
    notice_id: UUID
    again: bool = False


async def send(
    broker: LettersBroker,
    gateway: Gateway,
    what: Round,
    addressees: AsyncIterator[Addressee],
    letter_of: Callable[[Addressee], Letter],
    *,
    told: Callable[[int], None] = lambda _: None,
) -> Counter[LetterOutcome]:
    """Send what was not sent yet; how many came to which end in this round.

    ``told``: is called with how many of the list were gone through. Raises GatewayDown: what was
    claimed and not sent is noted as such before; ListBroken, BrokerError.
    """
    ends: Counter[LetterOutcome] = Counter()
    async for chunk in _chunks(addressees):
        by_id = {one.patient: one for one in chunk}
        batch_id, claimed = await broker.claim_letters(
            what.requester, what.case_id, what.notice_id, list(by_id), again=what.again
        )
        if claimed:
            letters = [letter_of(by_id[one]) for one in claimed]
            outcomes, down = await _carried(gateway, letters)
            await broker.note_letters(what.requester, what.case_id, batch_id, outcomes)
            ends.update(outcomes)
            if down is not None:
                raise down
        told(len(chunk))
    return ends


async def _carried(
    gateway: Gateway, letters: Sequence[Letter]
) -> tuple[list[LetterOutcome], GatewayDown | None]:
    outcomes: list[LetterOutcome] = []
    for letter in letters:
        try:
            outcomes.append(await gateway.deliver(letter))
        except GatewayDown as down:
            left = len(letters) - len(outcomes)
            return [*outcomes, *[LetterOutcome.DEFERRED] * left], down
    return outcomes, None


def body_of(document: Document, digest: bytes) -> str:
    """A letter's words: those of the document, and of which signed file they are."""
    lines = []
    for section in document.sections:
        lines += [section.heading.upper(), ""] if section.heading else []
        lines += [*section.paragraphs, ""]
    return "\n".join([*lines, "-- ", document.letterhead[0], document.reference,
                      f"SHA-256 {digest.hex()}", ""])  # fmt: skip


# --- the list -----------------------------------------------------------------------------------


async def addressees_in(parts: AsyncIterator[bytes]) -> AsyncIterator[Addressee]:
    """A list of JSON lines. Raises ListBroken, with the line's number and nothing of it."""
    rest, number = b"", 0
    async for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > LINE_BYTES_MAX:
            raise _broken(number + len(lines) + 1, "is too long")
        for line in lines:
            number += 1
            if line.strip():
                yield _addressee(line, number)
    if rest.strip():
        yield _addressee(rest, number + 1)


def _addressee(line: bytes, number: int) -> Addressee:
    if number > LINES_MAX:
        raise _broken(number, f"is beyond {LINES_MAX}")
    try:
        one = msgspec.json.decode(line, type=Addressee)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _broken(number, "is no addressee") from None
    if not one.name.strip() or len(one.name) > NAME_MAX or not one.name.isprintable():
        raise _broken(number, "has no possible name")
    if one.email and not _is_address(one.email):
        raise _broken(number, "has no possible e-mail address")
    return one


def _is_address(address: str) -> bool:
    """ASCII, one @, nothing that ends a header or begins a second recipient."""
    local, at, host = address.partition("@")
    fits = len(address) <= ADDRESS_MAX and address.isascii() and address.isprintable()
    return (
        bool(fits and local and at and "." in host)
        and not set(address[len(local) + 1 :]) & {"@"}
        and not set(address) & set(' ,;:<>()[]"\\')
    )


def _broken(number: int, how: str) -> ListBroken:
    return ListBroken(
        f"Line {number} of the list {how}.",
        field=f"line {number}",
        remedy='Each line is {"patient": "<uuid>", "name": "…", "email": "…"}.',
    )


async def _chunks(addressees: AsyncIterator[Addressee]) -> AsyncIterator[list[Addressee]]:
    chunk: list[Addressee] = []
    async for one in addressees:
        chunk.append(one)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
