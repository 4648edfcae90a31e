"""Cards: proofs of health that verify offline. Pure: bytes in, judgements out.

``decode`` opens what a camera read (EU Digital COVID Certificates, SMART Health Cards), ``judge``
says whether it is genuine and holds, with one distinct ``Reason``; whom to trust is a ``Trust`` of
certificates and issuers. ``content_of`` shows a card without judging it. Issuing, trust lists,
revocation snapshots and rules of entry build on these values.
"""

from segel.cards.errors import CardRefused, LinkBroken, TrustBroken
from segel.cards.judging import Judgement, Terms, content_of, judge, refusal
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
from segel.cards.reasons import Reason, Remark, Step
from segel.cards.revoking import Marks, Revoked, marks_of
from segel.cards.signatures import Sign
from segel.cards.signers import Issuer, Signer, Trust, signer_of
from segel.cards.value_sets import ValueSets
from segel.cards.words import Language, remark_of, words_of

__all__ = [
    "BundleContent", "Card", "CardRefused", "CertificateContent", "Content", "HealthCertificate",
    "Holder", "Issuer", "Judgement", "Kind", "Language", "LinkBroken", "Marks", "Reason",
    "Recovery", "Remark", "Revoked", "Sign", "Signer", "SmartHealthCard", "Step", "Terms",
    "TestResult", "Trust", "TrustBroken", "Vaccination", "ValueSets", "content_of", "decode",
    "decode_all", "judge", "marks_of", "refusal", "remark_of", "signer_of", "words_of",
]  # fmt: skip
