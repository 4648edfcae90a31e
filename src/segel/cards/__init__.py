"""Cards: proofs of health that verify offline. Pure: bytes in, judgements out.

``decode`` opens what a camera read (EU Digital COVID Certificates, SMART Health Cards), ``judge``
says whether it is genuine and holds, with one distinct ``Reason``; whom to trust is a ``Trust`` of
certificates and issuers. ``content_of`` shows a card without judging it. Trust lists, revocation
snapshots and rules of entry come as signed lists (``signed_lists``). ``make_link`` and
``encrypt_file`` are what SMART Health Links are made of.
"""

from segel.cards.dcc_revocations import Batch, BatchBroken, batch_of
from segel.cards.errors import CardRefused, LinkBroken, ListRefused, TrustBroken
from segel.cards.issuing.drawing import Drawing, draw, draw_link
from segel.cards.judging import Judgement, Terms, content_of, judge, refusal
from segel.cards.links import HealthLink, LinkedFile, encrypt_file, make_link, new_key, parse_link
from segel.cards.model import (
    BundleContent,
    Card,
    CertificateContent,
    Content,
    HealthCertificate,
    Holder,
    Kind,
    Recovery,
    SmartHealthCard,
    TestResult,
    Vaccination,
)
from segel.cards.opening import decode, decode_all
from segel.cards.reasons import Outcome, Reason, Remark, Step
from segel.cards.revoking import MarkKind, Revoked, health_card_mark, mark_of, marks_of
from segel.cards.rules import Fitness, RuleSet, fitness_of
from segel.cards.signatures import Sign
from segel.cards.signed_lists import Edition, ListKey, ListType, read_list, write_list
from segel.cards.signers import Issuer, Signer, Trust, own_trust, signer_of
from segel.cards.snapshot import Snapshot, snapshot_of
from segel.cards.value_sets import ValueSets
from segel.cards.words import Language, outcome_of, remark_of, words_of

__all__ = [
    "Batch", "BatchBroken", "BundleContent", "Card", "CardRefused", "CertificateContent",
    "Content", "Drawing", "Edition", "Fitness", "HealthCertificate", "HealthLink", "Holder",
    "Issuer", "Judgement", "Kind", "Language", "LinkBroken", "LinkedFile", "ListKey",
    "ListRefused", "ListType", "MarkKind", "Outcome", "Reason", "Recovery", "Remark", "Revoked",
    "RuleSet", "Sign", "Signer", "SmartHealthCard", "Snapshot", "Step", "Terms", "TestResult",
    "Trust", "TrustBroken", "Vaccination", "ValueSets", "batch_of", "content_of", "decode",
    "decode_all", "draw", "draw_link", "encrypt_file", "fitness_of", "health_card_mark", "judge",
    "make_link", "mark_of", "marks_of", "new_key", "outcome_of", "own_trust", "parse_link",
    "read_list", "refusal", "remark_of", "signer_of", "snapshot_of", "words_of", "write_list",
]  # fmt: skip
