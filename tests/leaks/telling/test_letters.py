"""Letters to patients, before a real SMTP server on this machine: each once, whatever breaks."""

import asyncio
import email
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from email import policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from leaks.telling.whole import FACTS, FINDINGS
from segel.broker.messages import Requester
from segel.domain.cases import Language, LetterOutcome, NoticeKind
from segel.domain.purpose import Purpose
from segel.leaks.telling import GatewayDown, ListBroken
from segel.leaks.telling.documents import Issue, document
from segel.leaks.telling.letters import (
    AT_ONCE,
    Addressee,
    Letter,
    Round,
    addressees_in,
    body_of,
    send,
)
from segel.leaks.telling.smtp import MailGateway, MailServer, is_loopback
from support.tls import certificate_for

WHO = Requester("token", Purpose.OPERATIONS, "command line")
ROUND = Round(WHO, UUID(int=1), UUID(int=2))
PDF = b"%PDF-signed"


class Post:
    """What the server does with letters, and those that it has taken."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.refuses: dict[str, str] = {}
        self.lost_after = -1
        """Which letter's answer is lost: it is taken, and the connection is gone."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope
    ) -> str:
        self.taken.append(envelope)
        if len(self.taken) == self.lost_after:
            assert server.transport is not None
            server.transport.close()
        return "250 OK"

    def to(self) -> list[str]:
        return [address for one in self.taken for address in one.rcpt_tos]


def server_at(post: Post, **how: Any) -> tuple[Controller, int]:
    """The library looks whether its server answers, and so wants to know the port before."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port, **how)
    controller.start()
    return controller, port


@contextmanager
def mail(post: Post, **how: Any) -> Iterator[int]:
    controller, port = server_at(post, **how)
    try:
        yield port
    finally:
        controller.stop()


class Claims:
    """The broker's rules of letters, as ``CaseLetters`` has them: see tests/broker."""

    def __init__(self) -> None:
        self.ends: dict[UUID, LetterOutcome] = {}
        self.batches: dict[UUID, list[UUID]] = {}

    async def claim_letters(
        self,
        requester: Requester,
        case_id: UUID,
        notice_id: UUID,
        addressees: Sequence[UUID],
        *,
        again: bool = False,
    ) -> tuple[UUID, list[UUID]]:
        free = {None, LetterOutcome.DEFERRED, LetterOutcome.NO_ADDRESS}
        free |= {LetterOutcome.UNKNOWN} if again else set()
        batch_id, claimed = uuid4(), [one for one in addressees if self.ends.get(one) in free]
        self.batches[batch_id] = claimed
        self.ends |= dict.fromkeys(claimed, LetterOutcome.UNKNOWN)
        return batch_id, claimed

    async def note_letters(
        self,
        requester: Requester,
        case_id: UUID,
        batch_id: UUID,
        outcomes: Sequence[LetterOutcome],
    ) -> None:
        self.ends |= dict(zip(self.batches[batch_id], outcomes, strict=True))


def people(count: int) -> list[Addressee]:
    return [
        Addressee(UUID(int=place + 1), f"Sri Rekaan {place}", f"sri{place}@rs.example")
        for place in range(count)
    ]


async def listed(addressees: Sequence[Addressee]) -> AsyncIterator[Addressee]:
    for one in addressees:
        yield one


def letter_of(addressee: Addressee) -> Letter:
    made = document(
        FINDINGS, FACTS, NoticeKind.PATIENTS, Language.INDONESIAN,
        Issue(1, 1_796_010_000.0, "Ratna Sari"), addressee=addressee.name,
    )  # fmt: skip
    return Letter(
        UUID(int=9_000 + addressee.patient.int), addressee, Language.INDONESIAN, made.title,
        body_of(made, b"\1" * 32), PDF, "patients-1-id.pdf",
    )  # fmt: skip


def sent(
    port: int, claims: Claims, addressees: Sequence[Addressee], *, again: bool = False, **to: Any
) -> dict[LetterOutcome, int]:
    async def run() -> dict[LetterOutcome, int]:
        server = MailServer("127.0.0.1", port, "pdp@rs.example", **{"demands_tls": False, **to})
        what = Round(WHO, ROUND.case_id, ROUND.notice_id, again)
        async with MailGateway(server) as gateway:
            return dict(await send(claims, gateway, what, listed(addressees), letter_of))

    return asyncio.run(run())


def test_each_patient_gets_the_signed_letter_in_their_name_and_once() -> None:
    post, claims, addressees = Post(), Claims(), people(2 * AT_ONCE + 3)
    with mail(post) as port:
        assert sent(port, claims, addressees) == {LetterOutcome.SENT: len(addressees)}
        assert sent(port, claims, addressees) == {}
    assert sorted(post.to()) == sorted(one.email for one in addressees)
    message = email.message_from_bytes(post.taken[7].original_content or b"", policy=policy.SMTP)
    assert message["To"] == "sri7@rs.example"
    assert "Sri" not in message["Subject"]
    body, attached = message.iter_parts()
    words = body.get_content()
    assert "Yth. Sri Rekaan 7," in words
    for name in ("how", "handling", "recovery"):
        said = getattr(FINDINGS, name)[Language.INDONESIAN]
        assert " ".join(said.split()) in " ".join(words.split())
    assert attached.get_content() == PDF


def test_an_address_that_is_not_there_is_noted_and_the_others_get_theirs() -> None:
    post, claims = Post(), Claims()
    addressees = [*people(4), Addressee(UUID(int=99), "Tanpa Surel")]
    post.refuses = {"sri1@rs.example": "550 no such user", "sri2@rs.example": "451 later"}
    with mail(post) as port:
        assert sent(port, claims, addressees) == {
            LetterOutcome.SENT: 2, LetterOutcome.REFUSED: 1, LetterOutcome.DEFERRED: 1,
            LetterOutcome.NO_ADDRESS: 1,
        }  # fmt: skip
        post.refuses = {}
        later = sent(port, claims, addressees)
    assert later == {LetterOutcome.SENT: 1, LetterOutcome.NO_ADDRESS: 1}
    assert sorted(post.to()) == ["sri0@rs.example", "sri2@rs.example", "sri3@rs.example"]


def test_a_letter_whose_answer_was_lost_is_not_sent_again_unless_somebody_says_so() -> None:
    post, claims, addressees = Post(), Claims(), people(5)
    post.lost_after = 3
    with mail(post) as port:
        assert sent(port, claims, addressees) == {LetterOutcome.SENT: 4, LetterOutcome.UNKNOWN: 1}
        assert sent(port, claims, addressees) == {}
        assert sorted(post.to()) == sorted(one.email for one in addressees)
        assert sent(port, claims, addressees, again=True) == {LetterOutcome.SENT: 1}


def test_what_was_not_sent_when_the_server_went_is_sent_when_it_is_back() -> None:
    post, claims, addressees = Post(), Claims(), people(AT_ONCE + 2)

    async def run() -> None:
        async with MailGateway(
            MailServer("127.0.0.1", port, "pdp@rs.example", demands_tls=False)
        ) as gateway:

            async def stopping() -> AsyncIterator[Addressee]:
                for place, one in enumerate(addressees):
                    if place == AT_ONCE:
                        controller.stop()
                        await gateway._hang_up()
                    yield one

            with pytest.raises(GatewayDown):
                await send(claims, gateway, ROUND, stopping(), letter_of)

    controller, port = server_at(post)
    asyncio.run(run())
    assert len(post.taken) == AT_ONCE
    with mail(post) as again:
        assert sent(again, claims, addressees) == {LetterOutcome.SENT: 2}
    assert sorted(post.to()) == sorted(one.email for one in addressees)


def test_beyond_loopback_no_letter_goes_without_tls(tmp_path: Path) -> None:
    post, claims, addressees = Post(), Claims(), people(2)
    with mail(post) as port, pytest.raises(GatewayDown):
        sent(port, claims, addressees, demands_tls=True)
    assert post.taken == []
    made = certificate_for(tmp_path / "tls")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    with mail(post, tls_context=context, require_starttls=True) as port:
        with pytest.raises(GatewayDown):
            sent(port, claims, addressees, demands_tls=True)  # its authority is not known
        assert post.taken == []
        trusted: dict[str, Any] = {"demands_tls": True, "authority": str(made.authority)}
        assert sent(port, claims, addressees, **trusted) == {LetterOutcome.SENT: 2}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("::1", True), ("localhost", True), ("mail.rs.example", False),
        ("10.0.0.1", False), ("localhost.rs.example", False), ("0.0.0.0", False),  # noqa: S104
    ],
)  # fmt: skip
def test_only_this_machine_is_spoken_to_without_tls(host: str, local: bool) -> None:
    assert is_loopback(host) is local


LINE: dict[str, str] = {"patient": str(UUID(int=1)), "name": "Sri", "email": "sri@rs.example"}
INJECTED = "sri@rs.example\r\nBcc: x@y.example"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda line: line | {"patient": "7"}, id="no-id"),
        pytest.param(lambda line: line | {"name": " "}, id="no-name"),
        pytest.param(lambda line: line | {"name": "Sri\nBcc: x"}, id="name-in-two-lines"),
        pytest.param(lambda line: line | {"email": INJECTED}, id="second-header"),
        pytest.param(lambda line: line | {"email": "a@rs.example,b@rs.example"}, id="two"),
        pytest.param(lambda line: line | {"email": "a@b@rs.example"}, id="two-ats"),
        pytest.param(lambda line: line | {"email": "sri"}, id="no-host"),
        pytest.param(lambda line: line | {"nik": "9711"}, id="more-than-is-needed"),
        pytest.param(lambda line: line | {"name": "x" * 5_000}, id="long"),
    ],
)
def test_a_line_that_is_no_addressee_is_named_by_its_number_and_not_shown(
    change: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    lines = f"{json.dumps(LINE)}\n{json.dumps(change(LINE))}\n".encode()

    async def read() -> list[Addressee]:
        async def parts() -> AsyncIterator[bytes]:
            for at in range(0, len(lines), 7):
                yield lines[at : at + 7]

        return [one async for one in addressees_in(parts())]

    with pytest.raises(ListBroken) as refused:
        asyncio.run(read())
    assert refused.value.field == "line 2"
    assert "sri" not in str(refused.value).casefold()
