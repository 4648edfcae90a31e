import pytest
from pydicom.uid import AllTransferSyntaxes
from pynetdicom.presentation import (
    AllStoragePresentationContexts,
    build_context,
    negotiate_as_acceptor,
)

from segel.imaging.dicom.syntaxes import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAXES,
)
from segel.imaging.dimse.contexts import (
    ABSTRACT_SYNTAX_NOT_SUPPORTED,
    ACCEPTED,
    QUERY_RETRIEVE,
    STORAGE,
    STUDY_ROOT_FIND,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    VERIFICATION,
    WORKLIST,
    accepted,
    answer_to,
    extended_for,
    roles_for,
)
from segel.imaging.dimse.items import AssociateRequest, Proposal, Role

CT = "1.2.840.10008.5.1.4.1.1.2"
COMMITMENT = "1.2.840.10008.1.20.1"
PERFORMED_STEP = "1.2.840.10008.3.1.2.3.3"


def test_every_storage_class_is_taken_in_every_transfer_syntax() -> None:
    classes = {str(context.abstract_syntax) for context in AllStoragePresentationContexts}
    assert classes <= STORAGE
    for sop_class in STORAGE:
        for syntax in TRANSFER_SYNTAXES | set(map(str, AllTransferSyntaxes)):
            answer = answer_to(Proposal(1, sop_class, (syntax,)))
            assert (answer.result, answer.transfer_syntax) == (ACCEPTED, syntax)


def test_of_several_syntaxes_the_first_known_one_of_the_sender_is_taken() -> None:
    proposal = Proposal(1, CT, ("1.2.3.4", "1.2.840.10008.1.2.4.90", EXPLICIT_LITTLE))
    assert answer_to(proposal).transfer_syntax == "1.2.840.10008.1.2.4.90"


def test_big_endian_is_taken_only_where_it_is_alone() -> None:
    both = Proposal(1, CT, (EXPLICIT_BIG, IMPLICIT_LITTLE))
    assert answer_to(both).transfer_syntax == IMPLICIT_LITTLE
    assert answer_to(Proposal(1, CT, (EXPLICIT_BIG,))).transfer_syntax == EXPLICIT_BIG


@pytest.mark.parametrize("sop_class", sorted({*QUERY_RETRIEVE, *WORKLIST, VERIFICATION}))
def test_identifiers_go_in_explicit_little_endian_where_we_may_choose(sop_class: str) -> None:
    proposal = Proposal(1, sop_class, (IMPLICIT_LITTLE, EXPLICIT_LITTLE))
    assert answer_to(proposal).transfer_syntax == EXPLICIT_LITTLE
    only = answer_to(Proposal(3, sop_class, (IMPLICIT_LITTLE,)))
    assert (only.result, only.transfer_syntax) == (ACCEPTED, IMPLICIT_LITTLE)


@pytest.mark.parametrize("sop_class", ["1.2.3", COMMITMENT, PERFORMED_STEP])
def test_what_is_not_served_is_not_accepted(sop_class: str) -> None:
    answer = answer_to(Proposal(1, sop_class, (IMPLICIT_LITTLE,)))
    assert answer.result == ABSTRACT_SYNTAX_NOT_SUPPORTED


@pytest.mark.parametrize("sop_class", [CT, STUDY_ROOT_FIND])
def test_an_unknown_transfer_syntax_is_not_accepted(sop_class: str) -> None:
    answer = answer_to(Proposal(1, sop_class, ("1.2.3.4",)))
    assert answer.result == TRANSFER_SYNTAXES_NOT_SUPPORTED


def test_answers_agree_with_pynetdicoms_negotiation() -> None:
    proposals = [
        Proposal(1, CT, (EXPLICIT_LITTLE,)),
        Proposal(3, CT, ("1.2.3.4",)),
        Proposal(5, "1.2.3", (EXPLICIT_LITTLE,)),
    ]
    theirs = []
    for one in proposals:
        context = build_context(one.abstract_syntax, list(one.transfer_syntaxes))
        context.context_id = one.context_id
        theirs.append(context)
    results, _ = negotiate_as_acceptor(theirs, [build_context(CT, [EXPLICIT_LITTLE])])
    assert [context.result for context in results] == [answer_to(one).result for one in proposals]


def test_the_scp_role_is_granted_for_storage_only() -> None:
    both = Role(scu=True, scp=True)
    proposals = (Proposal(1, CT, (EXPLICIT_LITTLE,)),)
    request = AssociateRequest("A", "B", proposals, 0, {CT: both, STUDY_ROOT_FIND: both})
    roles = roles_for(request)
    assert roles == {CT: both}
    answers = tuple(answer_to(one) for one in proposals)
    assert accepted(proposals, answers, roles)[1].peer_scp
    assert not accepted(proposals, answers, {})[1].peer_scp


def test_extended_negotiation_grants_relational_and_fuzzy_only() -> None:
    request = AssociateRequest(
        "A", "B", (), 0, extended={STUDY_ROOT_FIND: b"\1\1\1\1", CT: b"\1\1"}
    )
    assert extended_for(request) == {STUDY_ROOT_FIND: b"\1\0\1\0"}
