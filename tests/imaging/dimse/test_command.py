import contextlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode as pynetdicom_decode
from pynetdicom.dsutils import encode as pynetdicom_encode

from segel.imaging.dimse.command import Command, Element, Field, decode, encode, number
from segel.imaging.dimse.errors import ProtocolBroken

uids = st.lists(st.integers(0, 10**9), min_size=1, max_size=6).map(
    lambda numbers: ".".join(map(str, numbers))
)
titles = st.from_regex(r"[A-Z0-9_]{1,16}", fullmatch=True)
comments = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), max_size=64
)
shorts = st.integers(0, 0xFFFF)

KEYWORDS = {
    Element.AFFECTED_SOP_CLASS_UID: ("AffectedSOPClassUID", uids),
    Element.MESSAGE_ID: ("MessageID", shorts),
    Element.MESSAGE_ID_RESPONDED_TO: ("MessageIDBeingRespondedTo", shorts),
    Element.MOVE_DESTINATION: ("MoveDestination", titles),
    Element.PRIORITY: ("Priority", shorts),
    Element.DATA_SET_TYPE: ("CommandDataSetType", shorts),
    Element.STATUS: ("Status", shorts),
    Element.ERROR_COMMENT: ("ErrorComment", comments),
    Element.AFFECTED_SOP_INSTANCE_UID: ("AffectedSOPInstanceUID", uids),
    Element.REMAINING: ("NumberOfRemainingSuboperations", shorts),
    Element.COMPLETED: ("NumberOfCompletedSuboperations", shorts),
    Element.FAILED: ("NumberOfFailedSuboperations", shorts),
    Element.WARNING: ("NumberOfWarningSuboperations", shorts),
    Element.MOVE_ORIGINATOR_AE: ("MoveOriginatorApplicationEntityTitle", titles),
    Element.MOVE_ORIGINATOR_MESSAGE_ID: ("MoveOriginatorMessageID", shorts),
}

commands = st.fixed_dictionaries(
    {Element.COMMAND_FIELD: st.sampled_from(list(Field)).map(int)},
    optional={element: values for element, (_, values) in KEYWORDS.items()},
)


@given(commands)
def test_a_command_comes_back_as_it_was(command: Command) -> None:
    back = decode(encode(command))
    assert isinstance(back.pop(Element.GROUP_LENGTH), int)
    assert back == command


@given(commands)
def test_pynetdicom_writes_the_same_bytes_and_reads_ours(command: Command) -> None:
    theirs = Dataset()
    for element, value in command.items():
        keyword = "CommandField" if element == Element.COMMAND_FIELD else KEYWORDS[element][0]
        setattr(theirs, keyword, value)
    encoded = encode(command)
    theirs.CommandGroupLength = len(encoded) - 12
    assert pynetdicom_encode(theirs, True, True) == encoded
    assert pynetdicom_decode(BytesIO(encoded), True, True) == theirs


def test_an_offending_element_is_a_tag() -> None:
    command: Command = {
        Element.COMMAND_FIELD: 1,
        Element.OFFENDING_ELEMENT: (0x0020000D, 0x00080018),
    }
    read = pynetdicom_decode(BytesIO(encode(command)), True, True)
    assert list(read.OffendingElement) == [0x0020000D, 0x00080018]
    assert decode(encode(command))[Element.OFFENDING_ELEMENT] == (0x0020000D, 0x00080018)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_our_error_comes(content: bytes) -> None:
    try:
        command = decode(content)
    except ProtocolBroken:
        return
    assert isinstance(number(command, Element.COMMAND_FIELD), int)


@given(commands, st.data())
def test_a_cut_command_is_not_a_whole_one(command: Command, data: st.DataObject) -> None:
    encoded = encode(command)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    with contextlib.suppress(ProtocolBroken):
        assert decode(cut) != decode(encoded)


def test_a_command_without_a_field_is_refused() -> None:
    with pytest.raises(ProtocolBroken):
        decode(encode({Element.STATUS: 0}))
