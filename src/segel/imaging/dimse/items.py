"""A-ASSOCIATE-RQ and -AC: what two application entities agree on (PS3.8 § 9.3.2-3). Pure.

Parsed and written here, not by pynetdicom, because this is the first thing that a stranger sends:
one bounded pass that raises ProtocolBroken and nothing else. Tests compare both codecs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from segel.imaging.dicom.header import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from segel.imaging.dimse.errors import ProtocolBroken
from segel.imaging.dimse.pdu import HEADER, AbortReason, PduType

APPLICATION_CONTEXT: Final = "1.2.840.10008.3.1.1.1"
PROTOCOL_VERSION: Final = 1
AE_LENGTH_MAX: Final = 16

_ENDS: Final = Struct(">H2x16s16s32x")
_ITEM: Final = Struct(">BxH")
_LENGTH: Final = Struct(">H")
_MAXIMUM: Final = Struct(">L")

_ITEM_APPLICATION_CONTEXT: Final = 0x10
_ITEM_PROPOSED: Final = 0x20
_ITEM_ANSWERED: Final = 0x21
_ITEM_ABSTRACT_SYNTAX: Final = 0x30
_ITEM_TRANSFER_SYNTAX: Final = 0x40
_ITEM_USER: Final = 0x50
_ITEM_MAXIMUM_LENGTH: Final = 0x51
_ITEM_IMPLEMENTATION_UID: Final = 0x52
_ITEM_ROLE: Final = 0x54
_ITEM_VERSION_NAME: Final = 0x55
_ITEM_EXTENDED: Final = 0x56


@dataclass(frozen=True, slots=True)
class Role:
    """What the requestor may be for a SOP class (PS3.7 § D.3.3.4)."""

    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposed presentation context."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The acceptor's word on one context; ``result`` 0 is acceptance (PS3.8 Table 9-18)."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """An A-ASSOCIATE-RQ. ``pdu_bytes`` is what the requestor can receive, 0 for anything."""

    called_ae: str
    calling_ae: str
    proposals: tuple[Proposal, ...]
    pdu_bytes: int
    roles: dict[str, Role] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """An A-ASSOCIATE-AC."""

    called_ae: str
    calling_ae: str
    answers: tuple[Answer, ...]
    pdu_bytes: int
    roles: dict[str, Role] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)


def encode_request(request: AssociateRequest) -> bytes:
    """The whole PDU."""
    contexts = b"".join(
        _item(
            _ITEM_PROPOSED,
            bytes((proposal.context_id, 0, 0, 0))
            + _text_item(_ITEM_ABSTRACT_SYNTAX, proposal.abstract_syntax)
            + b"".join(_text_item(_ITEM_TRANSFER_SYNTAX, ts) for ts in proposal.transfer_syntaxes),
        )
        for proposal in request.proposals
    )
    return _pdu(PduType.ASSOCIATE_RQ, request, contexts)


def encode_accept(accept: AssociateAccept) -> bytes:
    """The whole PDU."""
    contexts = b"".join(
        _item(
            _ITEM_ANSWERED,
            bytes((answer.context_id, 0, answer.result, 0))
            + _text_item(_ITEM_TRANSFER_SYNTAX, answer.transfer_syntax),
        )
        for answer in accept.answers
    )
    return _pdu(PduType.ASSOCIATE_AC, accept, contexts)


def decode_request(body: bytes) -> AssociateRequest:
    """From what follows the PDU's header. Raises ProtocolBroken."""
    version, called, calling = _ends(body)
    proposals: dict[int, Proposal] = {}
    user = _User()
    application_context = ""
    for kind, content in _items(body, _ENDS.size):
        if kind == _ITEM_APPLICATION_CONTEXT:
            application_context = _text(content)
        elif kind == _ITEM_PROPOSED:
            proposal = _proposal(content)
            proposals[proposal.context_id] = proposal
        elif kind == _ITEM_USER:
            user = _user(content)
    return AssociateRequest(
        called,
        calling,
        tuple(proposals.values()),
        user.pdu_bytes,
        user.roles,
        user.extended,
        application_context,
        version,
    )


def decode_accept(body: bytes) -> AssociateAccept:
    """From what follows the PDU's header. Raises ProtocolBroken."""
    _, called, calling = _ends(body)
    answers = []
    user = _User()
    for kind, content in _items(body, _ENDS.size):
        if kind == _ITEM_ANSWERED:
            if len(content) < 4:
                raise _broken()
            syntax = [_text(c) for k, c in _items(content, 4) if k == _ITEM_TRANSFER_SYNTAX]
            answers.append(Answer(content[0], content[2], syntax[0] if syntax else ""))
        elif kind == _ITEM_USER:
            user = _user(content)
    return AssociateAccept(called, calling, tuple(answers), user.pdu_bytes, user.roles)


# --- how ---------------------------------------------------------------------------------------


@dataclass
class _User:
    pdu_bytes: int = 0
    roles: dict[str, Role] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)


def _pdu(kind: PduType, associate: AssociateRequest | AssociateAccept, contexts: bytes) -> bytes:
    user = (
        _item(_ITEM_MAXIMUM_LENGTH, _MAXIMUM.pack(associate.pdu_bytes))
        + _text_item(_ITEM_IMPLEMENTATION_UID, IMPLEMENTATION_CLASS_UID)
        + b"".join(
            _item(_ITEM_ROLE, _counted(uid) + bytes((role.scu, role.scp)))
            for uid, role in associate.roles.items()
        )
        + _text_item(_ITEM_VERSION_NAME, IMPLEMENTATION_VERSION_NAME)
        + b"".join(
            _item(_ITEM_EXTENDED, _counted(uid) + info) for uid, info in associate.extended.items()
        )
    )
    body = (
        _ENDS.pack(PROTOCOL_VERSION, _ae(associate.called_ae), _ae(associate.calling_ae))
        + _text_item(_ITEM_APPLICATION_CONTEXT, APPLICATION_CONTEXT)
        + contexts
        + _item(_ITEM_USER, user)
    )
    return HEADER.pack(kind, len(body)) + body


def _ends(body: bytes) -> tuple[int, str, str]:
    if len(body) < _ENDS.size:
        raise _broken()
    version, called, calling = _ENDS.unpack_from(body)
    return version, _text(called), _text(calling)


def _items(content: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at < len(content):
        if at + _ITEM.size > len(content):
            raise _broken()
        kind, length = _ITEM.unpack_from(content, at)
        at += _ITEM.size
        if at + length > len(content):
            raise _broken()
        yield kind, content[at : at + length]
        at += length


def _proposal(content: bytes) -> Proposal:
    if len(content) < 4:
        raise _broken()
    abstract = ""
    syntaxes = []
    for kind, text in _items(content, 4):
        if kind == _ITEM_ABSTRACT_SYNTAX:
            abstract = _text(text)
        elif kind == _ITEM_TRANSFER_SYNTAX:
            syntaxes.append(_text(text))
    return Proposal(content[0], abstract, tuple(syntaxes))


def _user(content: bytes) -> _User:
    user = _User()
    for kind, item in _items(content, 0):
        if kind == _ITEM_MAXIMUM_LENGTH and len(item) == _MAXIMUM.size:
            (user.pdu_bytes,) = _MAXIMUM.unpack(item)
        elif kind in (_ITEM_ROLE, _ITEM_EXTENDED):
            if len(item) < _LENGTH.size:
                raise _broken()
            end = _LENGTH.size + _LENGTH.unpack_from(item)[0]
            uid, rest = _text(item[_LENGTH.size : end]), item[end:]
            if kind == _ITEM_EXTENDED:
                user.extended[uid] = rest
            elif len(rest) == 2:
                user.roles[uid] = Role(rest[0] == 1, rest[1] == 1)
    return user


def _item(kind: int, content: bytes) -> bytes:
    return _ITEM.pack(kind, len(content)) + content


def _text_item(kind: int, text: str) -> bytes:
    return _item(kind, text.encode("ascii"))


def _counted(text: str) -> bytes:
    return _LENGTH.pack(len(text)) + text.encode("ascii")


def _ae(title: str) -> bytes:
    return title.encode("ascii", "replace")[:AE_LENGTH_MAX].ljust(AE_LENGTH_MAX)


def _text(content: bytes) -> str:
    return content.decode("ascii", "replace").strip(" \0")


def _broken() -> ProtocolBroken:
    return ProtocolBroken("An A-ASSOCIATE cannot be read.", reason=AbortReason.INVALID_PARAMETER)
