"""Our A-ASSOCIATE codec against pynetdicom's, both ways."""

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ

from segel.imaging.dimse.errors import ProtocolBroken
from segel.imaging.dimse.items import (
    Answer,
    AssociateAccept,
    AssociateRequest,
    Proposal,
    Role,
    decode_accept,
    decode_request,
    encode_accept,
    encode_request,
)

uids = st.lists(st.integers(0, 10**9), min_size=2, max_size=6).map(
    lambda numbers: "1." + ".".join(map(str, numbers))
)
titles = st.from_regex(r"[A-Z0-9_]{1,16}", fullmatch=True)
roles = st.dictionaries(uids, st.builds(Role, st.booleans(), st.booleans()), max_size=3)
sizes = st.integers(0, 2**32 - 1)
context_ids = st.integers(0, 127).map(lambda number: 2 * number + 1)

requests = st.builds(
    AssociateRequest,
    titles,
    titles,
    st.lists(
        st.builds(Proposal, context_ids, uids, st.lists(uids, min_size=1, max_size=4).map(tuple)),
        min_size=1,
        max_size=8,
        unique_by=lambda proposal: proposal.context_id,
    ).map(tuple),
    sizes,
    roles,
    st.dictionaries(uids, st.binary(min_size=1, max_size=6), max_size=2),
)
accepts = st.builds(
    AssociateAccept,
    titles,
    titles,
    st.lists(
        st.builds(Answer, context_ids, st.sampled_from((0, 3, 4)), uids),
        min_size=1,
        max_size=8,
        unique_by=lambda answer: answer.context_id,
    ).map(tuple),
    sizes,
    roles,
)


@given(requests)
def test_a_request_comes_back_as_it_was(request: AssociateRequest) -> None:
    assert decode_request(encode_request(request)[6:]) == request


@given(accepts)
def test_an_accept_comes_back_as_it_was(accept: AssociateAccept) -> None:
    assert decode_accept(encode_accept(accept)[6:]) == accept


@given(requests)
def test_pynetdicom_reads_our_request_and_we_read_its(request: AssociateRequest) -> None:
    theirs = A_ASSOCIATE_RQ()
    theirs.decode(encode_request(request))
    assert theirs.called_ae_title == request.called_ae
    assert theirs.calling_ae_title == request.calling_ae
    read = [
        (context.context_id, context.abstract_syntax, tuple(context.transfer_syntax))
        for context in theirs.presentation_context
    ]
    assert read == [
        (one.context_id, one.abstract_syntax, one.transfer_syntaxes) for one in request.proposals
    ]
    user: Any = theirs.user_information
    assert user.maximum_length == request.pdu_bytes
    back = {uid: Role(bool(r.scu_role), bool(r.scp_role)) for uid, r in user.role_selection.items()}
    assert back == request.roles
    assert decode_request(theirs.encode()[6:]) == request


@given(accepts)
def test_pynetdicom_reads_our_accept(accept: AssociateAccept) -> None:
    theirs = A_ASSOCIATE_AC()
    theirs.decode(encode_accept(accept))
    read = [
        (one.context_id, one.result, one.transfer_syntax) for one in theirs.presentation_context
    ]
    for (ident, result, syntax), answer in zip(read, accept.answers, strict=True):
        assert (ident, result) == (answer.context_id, answer.result)
        assert result != 0 or syntax == answer.transfer_syntax


@given(st.binary(max_size=300))
def test_whatever_the_bytes_only_our_error_comes(content: bytes) -> None:
    for decode in (decode_request, decode_accept):
        with contextlib.suppress(ProtocolBroken):
            decode(content)


@given(requests, st.data())
def test_a_damaged_request_never_raises_anything_else(
    request: AssociateRequest, data: st.DataObject
) -> None:
    body = bytearray(encode_request(request)[6:])
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolBroken):
        decode_request(bytes(body[: data.draw(st.integers(0, len(body)))]))
