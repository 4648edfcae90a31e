"""Which presentation contexts we take, and what we answer to a proposal (PS3.8 § 9.3.3.2). Pure."""

from dataclasses import dataclass
from typing import Final

from pydicom._uid_dict import UID_dictionary
from pynetdicom.presentation import AllStoragePresentationContexts

from segel.imaging.dicom.syntaxes import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAXES,
)
from segel.imaging.dimse.items import Answer, AssociateRequest, Proposal, Role

VERIFICATION: Final = "1.2.840.10008.1.1"
PATIENT_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.1.1"
PATIENT_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.1.2"
PATIENT_ROOT_GET: Final = "1.2.840.10008.5.1.4.1.2.1.3"
STUDY_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET: Final = "1.2.840.10008.5.1.4.1.2.2.3"
MODALITY_WORKLIST_FIND: Final = "1.2.840.10008.5.1.4.31"

FIND: Final = frozenset((PATIENT_ROOT_FIND, STUDY_ROOT_FIND))
MOVE: Final = frozenset((PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE))
GET: Final = frozenset((PATIENT_ROOT_GET, STUDY_ROOT_GET))
PATIENT_ROOT: Final = frozenset((PATIENT_ROOT_FIND, PATIENT_ROOT_MOVE, PATIENT_ROOT_GET))
QUERY_RETRIEVE: Final = FIND | MOVE | GET
WORKLIST: Final = frozenset((MODALITY_WORKLIST_FIND,))

_NOT_FOR_STORING: Final = frozenset(
    (
        "1.2.840.10008.1.3.10",  # a DICOMDIR is about files on a medium
        "1.2.840.10008.1.20.1",  # storage commitment is a service of its own
        "1.2.840.10008.1.20.2",
    )
)
STORAGE: Final = (
    frozenset(str(context.abstract_syntax) for context in AllStoragePresentationContexts)
    | frozenset(
        str(uid)
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class" and "Storage" in name
    )
) - _NOT_FOR_STORING
"""Every storage SOP class that pynetdicom or pydicom knows, the retired ones too."""

_ASKED_ONLY: Final = QUERY_RETRIEVE | WORKLIST | {VERIFICATION}

QUERY_SYNTAXES: Final = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)
"""For identifiers, ours to choose from, the preferred first."""

ACCEPTED: Final = 0
ABSTRACT_SYNTAX_NOT_SUPPORTED: Final = 3
TRANSFER_SYNTAXES_NOT_SUPPORTED: Final = 4

_EXTENDED_FIND: Final = bytes((1, 0, 1, 0, 0))
"""Of the extended negotiation of a query (PS3.4 Table C.5-3): relational and fuzzy names."""

FUZZY_AT: Final = 2


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context; ``peer_scp`` where the peer stores what we send it."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    peer_scp: bool = False


def answer_to(proposal: Proposal) -> Answer:
    """Take it or say why not.

    Of a storage class the first syntax listed that we know, for what a sender lists first is how
    it holds its images, and they are kept as they come. Retired big endian only where it is alone:
    dcmtk lists it before implicit VR, and would turn every implicit image round to send it.
    """
    proposed = proposal.transfer_syntaxes
    if proposal.abstract_syntax in STORAGE:
        known = [uid for uid in proposed if uid in TRANSFER_SYNTAXES]
        known.sort(key=lambda uid: uid == EXPLICIT_BIG)
        chosen = known[0] if known else None
    elif proposal.abstract_syntax in _ASKED_ONLY:
        chosen = next((uid for uid in QUERY_SYNTAXES if uid in proposed), None)
    else:
        return Answer(proposal.context_id, ABSTRACT_SYNTAX_NOT_SUPPORTED, IMPLICIT_LITTLE)
    if chosen is None:
        return Answer(proposal.context_id, TRANSFER_SYNTAXES_NOT_SUPPORTED, IMPLICIT_LITTLE)
    return Answer(proposal.context_id, ACCEPTED, chosen)


def roles_for(request: AssociateRequest) -> dict[str, Role]:
    """Of the proposed roles those that we grant: any for storage (C-GET sends that way)."""
    return {uid: role for uid, role in request.roles.items() if uid in STORAGE}


def extended_for(request: AssociateRequest) -> dict[str, bytes]:
    """Our word on the proposed extensions of queries and retrievals."""
    return {
        uid: bytes(
            asked and granted
            for asked, granted in zip(
                info, _EXTENDED_FIND if uid in FIND else _EXTENDED_FIND[:1], strict=False
            )
        )
        for uid, info in request.extended.items()
        if uid in QUERY_RETRIEVE
    }


def accepted(
    proposals: tuple[Proposal, ...], answers: tuple[Answer, ...], roles: dict[str, Role]
) -> dict[int, Context]:
    """The contexts that both sides agreed on, by their id."""
    proposed = {proposal.context_id: proposal.abstract_syntax for proposal in proposals}
    return {
        answer.context_id: Context(
            answer.context_id,
            proposed[answer.context_id],
            answer.transfer_syntax,
            (role := roles.get(proposed[answer.context_id])) is not None and role.scp,
        )
        for answer in answers
        if answer.result == ACCEPTED and answer.context_id in proposed
    }
