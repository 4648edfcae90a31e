"""Messages are read whole, or refused with a place and no value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.records.hl7 import Fault, Location, MessageRefused, Sender, parse_message, to_bundle
from support.hl7_broken import WAYS, broken
from support.hl7_messages import messages

SENDER = Sender("https://rs-melati.example/lis", issuer="MELATI")
HEADER = "MSH|^~\\&|LIS|RS|SEGEL||20220105||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8"


def text_of(*lines: str) -> bytes:
    return "\r".join((HEADER, *lines)).encode()


def refused(raw: bytes) -> MessageRefused:
    with pytest.raises(MessageRefused) as caught:
        to_bundle(parse_message(raw, SENDER.processing_ids), SENDER)
    return caught.value


def outcome(raw: bytes) -> tuple[str, str]:
    """The code of a refusal and all that it says; empty where the message is taken."""
    try:
        to_bundle(parse_message(raw), SENDER)
    except MessageRefused as error:
        return error.fault.code, f"{error} {error.location} {error.args}"
    return "", ""


def test_a_field_is_found_by_repetition_component_and_subcomponent() -> None:
    message = parse_message(text_of("PID|1||a^b&c~d"))
    (pid,) = message.all("PID")
    first, second = pid.values(3)
    assert (first.text(1), first.text(2, 1), first.text(2, 2)) == ("a", "b", "c")
    assert second.text() == "d"
    assert second.location == Location("PID", 1, 3, 2)
    assert pid.text(3, 9) == pid.text(40) == ""


def test_msh_is_counted_from_its_first_delimiter() -> None:
    (msh,) = parse_message(text_of("PID|1")).all("MSH")
    assert [msh.text(number) for number in (1, 2, 3, 12)] == ["|", "^~\\&", "LIS", "2.5.1"]


def test_other_delimiters_mean_the_same() -> None:
    plain = parse_message(text_of("PID|1||a^b&c~d\\T\\e"))
    other = parse_message(
        text_of("PID|1||a^b&c~d\\T\\e").translate(bytes.maketrans(b"|^~&", b"#*!%"))
    )
    for one in (plain, other):
        (pid,) = one.all("PID")
        assert next(iter(pid.values(3))).text(2, 2) == "c"
    assert [v.text() for v in next(plain.all("PID")).values(3)][1] == "d&e"
    assert [v.text() for v in next(other.all("PID")).values(3)][1] == "d%e"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\F\\S\\T\\R\\E\ ", "|^&~\\"),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp2\b", "a\n\nb"),
        (r"a\.sk3\b", "a   b"),
        (r"\.in+4\a\.fi\\H\b\N\ ", "ab"),
        (r"caf\XC3A9\ ", "café"),
        (r"a\X0D0A\b", "a\nb"),
    ],
)  # fmt: skip
def test_escapes_are_read_as_they_are_meant(written: str, meant: str) -> None:
    (nte,) = parse_message(text_of(f"NTE|1||{written}|")).all("NTE")
    assert nte.text(3) == meant


@pytest.mark.parametrize("written", [r"a\b", r"\X0\ ", r"\X00\ ", r"\XFF\ ", r"\M123456\ ", "\\\\"])
def test_an_escape_that_would_lose_something_is_refused(written: str) -> None:
    error = refused(text_of(f"NTE|1||ok~{written}"))
    assert error.fault is Fault.TYPE
    assert error.location == Location("NTE", 1, 3, 2, 1)


@pytest.mark.parametrize(
    ("charset", "codec"), [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("UTF-8", "utf-8")]
)
def test_text_is_read_in_its_character_set(charset: str, codec: str) -> None:
    raw = text_of("NTE|1||naïve").decode().replace("UNICODE UTF-8", charset).encode(codec)
    (nte,) = parse_message(raw).all("NTE")
    assert nte.text(3) == "naïve"


def test_a_wrong_character_is_located() -> None:
    raw = text_of("PID|1", "NTE|1||ok", "NTE|2||x\xff").decode().encode("latin-1")
    error = refused(raw)
    assert error.location == Location("NTE", 2, 3)


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"])
def test_versions_up_to_2_5_1_are_taken(version: str) -> None:
    assert parse_message(text_of().replace(b"2.5.1", version.encode())).header.version == version


@pytest.mark.parametrize(
    ("line", "location"),
    [
        ("PI|x", Location("MSH")),
        ("rahasia", Location("MSH")),
        ("PID|1\rPIDx|2", Location("PID")),
        ("PID|1\rMSH|^~\\&|", Location("PID")),
    ],
)
def test_what_is_no_segment_is_refused(line: str, location: Location) -> None:
    error = refused(text_of(line))
    assert (error.fault, error.location) == (Fault.SEQUENCE, location)


@pytest.mark.parametrize("how", list(WAYS))
def test_each_broken_message_is_refused_for_its_reason(how: str) -> None:
    samples = [one for one in broken(2 * len(WAYS), 5) if one.how == how]
    assert len(samples) == 2
    for sample in samples:
        fault, said = outcome(sample.raw)
        assert fault == sample.fault
        assert not [secret for secret in sample.secrets if secret in said]


def test_a_segment_after_lf_is_not_lost_in_the_one_before() -> None:
    error = refused(text_of("PID|1||1^^^^MR||X", "OBR|1||F1|1^x^L", "NTE|1||a\nNTE|2||b"))
    assert (error.fault, error.location) == (Fault.SEQUENCE, Location("NTE"))


def test_sound_messages_are_taken() -> None:
    for sample in messages(300, 1):
        to_bundle(parse_message(sample.raw), SENDER)


@given(st.binary(max_size=400))
def test_random_bytes_are_refused(raw: bytes) -> None:
    refused(raw)


SAMPLES = messages(20, 2)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_messages_raise_nothing_else_and_tell_nothing(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES))
    raw = bytearray(sample.raw)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1)) if raw else 0
        kind = data.draw(st.sampled_from(("replace", "delete", "insert", "cut", "double")))
        byte = data.draw(st.sampled_from(b'|^~\\&\r\n\x0b\x1c\x000A-+."\xff'))
        if kind == "replace" and raw:
            raw[at] = byte
        elif kind == "delete":
            del raw[at : at + data.draw(st.integers(1, 12))]
        elif kind == "insert":
            raw.insert(at, byte)
        elif kind == "cut":
            del raw[at:]
        else:
            raw[at:at] = raw[at : at + 40]
    _, said = outcome(bytes(raw))
    assert not [secret for secret in sample.secrets if secret in said]
