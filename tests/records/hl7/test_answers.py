"""The ACK says what became of a message and where it is wrong, and nothing of what it says."""

from datetime import UTC, datetime

import pytest

from segel.domain.errors import SegelError
from segel.records.hl7 import Fault, Location, MessageRefused, TryAgain, answer, read_header

AT = datetime(2022, 1, 5, 3, 15, tzinfo=UTC)
WRONG = MessageRefused(
    Fault.TYPE, Location("PID", 1, 3, 2, 1), "A NIK ends in 0000.", remedy="Copy it."
)
OF_ITS_KIND = MessageRefused(Fault.VERSION, Location("MSH", 1, 12), "Unsupported version id.")


def answered(
    refusal: SegelError | None = None, *, accept: str = "", application: str = "",
    version: str = "2.5.1",
) -> str:  # fmt: skip
    raw = (
        f"MSH|^~\\&|LIS|RS MELATI|SEGEL|ARSIP|20220105||ORU^R01|C-1|P|{version}|||"
        f"{accept}|{application}||UNICODE UTF-8\rPID|"
    )
    made = answer(read_header(raw.encode()), refusal, at=AT, control_id="A1")
    return "" if made is None else made.decode()


def test_a_message_that_is_kept() -> None:
    assert answered() == (
        "MSH|^~\\&|SEGEL|ARSIP|LIS|RS MELATI|20220105031500+0000||ACK^R01^ACK|A1|P|2.5.1"
        "||||||UNICODE UTF-8\rMSA|AA|C-1\r"
    )


def test_a_message_with_an_error() -> None:
    assert answered(WRONG).split("\r")[1:] == [
        "MSA|AE|C-1",
        "ERR||PID^1^3^2^1|102^Data type error^HL70357|E|hl7-message-refused^^L|||"
        "A NIK ends in 0000. Copy it.",
        "",
    ]


def test_before_2_5_place_and_code_are_one_field() -> None:
    assert answered(WRONG, version="2.4").split("\r")[1:] == [
        "MSA|AE|C-1|A NIK ends in 0000. Copy it.",
        "ERR|PID^1^3^102&Data type error&HL70357",
        "",
    ]


def test_what_may_be_sent_again() -> None:
    lines = answered(TryAgain("The archive is away.", remedy="Send it again.")).split("\r")
    assert lines[1:3] == [
        "MSA|AE|C-1",
        "ERR|||207^Application internal error^HL70357|E|hl7-try-again^^L|||"
        "The archive is away. Send it again.",
    ]


OUTCOMES = (None, WRONG, OF_ITS_KIND)


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [
        ("", "", ("AA", "AE", "AR")),
        ("AL", "", ("CA", "CE", "CR")),
        ("AL", "AL", ("CA", "CE", "CR")),
        ("AL", "NE", ("CA", "CE", "CR")),
        ("ER", "", ("", "CE", "CR")),
        ("SU", "", ("CA", "", "")),
        ("NE", "AL", ("AA", "AE", "AR")),
        ("", "AL", ("AA", "AE", "AR")),
        ("NE", "ER", ("", "AE", "AR")),
        ("", "SU", ("AA", "", "")),
        ("NE", "NE", ("", "", "")),
        ("NE", "", ("", "", "")),
        ("", "NE", ("", "", "")),
        ("??", "", ("CA", "CE", "CR")),
    ],
)
def test_the_mode_is_what_the_sender_asks_for(
    accept: str, application: str, codes: tuple[str, ...]
) -> None:
    for outcome, code in zip(OUTCOMES, codes, strict=True):
        said = answered(outcome, accept=accept, application=application)
        assert said.partition("MSA|")[2][:2] == code


def test_a_message_without_a_header_is_answered() -> None:
    refusal = MessageRefused(
        Fault.SEQUENCE, Location("MSH"), "The message does not begin with MSH.", rejects=True
    )
    made = answer(None, refusal, at=AT, control_id="A1")
    assert made is not None
    assert made.decode().split("\r")[:3] == [
        "MSH|^~\\&|SEGEL||||20220105031500+0000||ACK|A1|P|2.5.1",
        "MSA|AR|",
        "ERR||MSH^1|100^Segment sequence error^HL70357|E|hl7-message-refused^^L|||"
        "The message does not begin with MSH.",
    ]


@pytest.mark.parametrize("part", ["x" * 500, "a\\b", "a&b", "\xff", "a\tb"])
def test_what_cannot_be_said_back_is_left_out(part: str) -> None:
    raw = f"MSH|^~\\&|{part}|RS|SEGEL||20220105||ORU^{part}|{part}|P|2.5.1\r".encode("latin-1")
    said = answer(read_header(raw), WRONG, at=AT, control_id="A1")
    assert said is not None
    assert part.encode() not in said
    assert part.encode("latin-1") not in said
    assert b"MSA|AE||" not in said
    assert b"\rMSA|AE|\r" in said
