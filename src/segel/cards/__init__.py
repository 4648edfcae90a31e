"""Cards: proofs of health that verify offline. Pure: bytes in, judgements out.

``decode`` opens what a camera read (EU Digital COVID Certificates, SMART Health Cards), ``judge``
says whether it is genuine and holds, with one distinct ``Reason``; whom to trust is a ``Trust`` of
certificates and issuers. ``content_of`` shows a card without judging it. ``make_link`` and
``encrypt_file`` are what SMART Health Links are made of. Issuing, trust lists, revocation snapshots
and rules of entry build on these values.
"""

from segel.cards.errors import CardRefused, LinkBroken, TrustBroken
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
from segel.cards.reasons import Reason, Remark, Step
from segel.cards.revoking import Marks, Revoked, marks_of
from segel.cards.signers import Issuer, Signer, Trust, signer_of
from segel.cards.value_sets import ValueSets
from segel.cards.words import Language, remark_of, words_of

__all__ = [
    "BundleContent", "Card", "CardRefused", "CertificateContent", "Content", "HealthCertificate",
    "HealthLink", "Holder", "Issuer", "Judgement", "Kind", "Language", "LinkBroken", "LinkedFile",
    "Marks", "Reason", "Recovery", "Remark", "Revoked", "Signer", "SmartHealthCard", "Step",
    "Terms", "TestResult", "Trust", "TrustBroken", "Vaccination", "ValueSets", "content_of",
    "decode", "decode_all", "encrypt_file", "judge", "make_link", "marks_of", "new_key",
    "parse_link", "refusal", "remark_of", "signer_of", "words_of",
]  # fmt: skip
