"""Fuzz HL7: only MessageRefused may leave, and cuts of a stream must not matter.

python tests/fuzz/fuzz_hl7.py -max_total_time=600
"""

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["segel.records.hl7", "hl7"]):
    from segel.records.hl7 import MessageRefused, Sender, parse_message, to_bundle
    from segel.records.hl7.framing import FrameReader

SENDER = Sender("https://fuzz.example/lis", processing_ids=("P", "T", "D", ""))
BEGINNING = b"MSH|^~\\&|A|B|C|D|20220105||ORU^R01|1|P|2.5.1\rPID|1||1^^^^MR||X\r"
FRAME_BYTES_MAX = 64


def framed_events(data: bytes, step: int) -> list[object]:
    """What a reader tells of ``data`` fed in steps."""
    reader = FrameReader(FRAME_BYTES_MAX)
    events: list[object] = []
    for at in range(0, len(data), step):
        events += reader.feed(data[at : at + step])
    return [*events, *reader.close()]


def exercise(data: bytes) -> None:
    """The same bytes as a message, as the end of one, and as a stream."""
    for raw in (data, BEGINNING + data):
        try:
            to_bundle(parse_message(raw, SENDER.processing_ids), SENDER)
        except MessageRefused as error:
            str(error)
    step = 1 + (data[0] if data else 0)
    if framed_events(data, len(data) + 1) != framed_events(data, step):
        raise AssertionError("the frames depend on how the stream was cut")


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()
