"""What the cards' codecs and verifier raise."""

from enum import StrEnum

from segel.cards.reasons import Reason
from segel.cards.words import Language, words_of
from segel.domain.errors import SegelError


class CardRefused(SegelError):
    """A card is not accepted, for ``reason``; ``place`` says where in it, not what stood there."""

    def __init__(self, reason: Reason, place: str = "") -> None:
        words = words_of(reason, Language.EN)
        super().__init__(words.what, remedy=words.remedy, field=place or None)
        self.reason = reason
        self.place = place
        self.code = reason.value


class ListRefused(SegelError):
    """A signed list is not used, for ``reason``; ``place`` says where in it, not what stood
    there. ``file`` is which one, where it came from a folder."""

    def __init__(self, reason: Reason, place: str = "", *, file: str = "") -> None:
        words = words_of(reason, Language.EN)
        where = f"{file}: {place}" if file and place else file or place
        super().__init__(words.what, remedy=words.remedy, field=where or None)
        self.reason = reason
        self.place = place
        self.code = reason.value


class TrustFault(StrEnum):
    """What is wrong with a file of certificates, keys or issuers."""

    FILE_SHAPE = "trust-file-shape"
    CERTIFICATE = "trust-certificate"
    CERTIFICATE_KEY = "trust-certificate-key"
    ISSUER_URL = "trust-issuer-url"
    ISSUER_TWICE = "trust-issuer-twice"
    JWKS_SHAPE = "trust-jwks-shape"
    KEY_TYPE = "trust-key-type"
    KEY_CURVE = "trust-key-curve"
    KEY_USE = "trust-key-use"
    KEY_ALGORITHM = "trust-key-algorithm"
    KEY_ID = "trust-key-id"
    KEY_PRIVATE = "trust-key-private"
    KEY_POINT = "trust-key-point"
    CHAIN_KEY = "trust-chain-key"
    CHAIN_NAME = "trust-chain-name"
    CHAIN_LINK = "trust-chain-link"
    REVOCATIONS = "trust-revocations"


class TrustBroken(SegelError):
    """A file of certificates, keys or issuers cannot be used, for ``fault``."""

    def __init__(self, fault: TrustFault, what: str, *, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.fault = fault
        self.code = fault.value


class LinkBroken(SegelError):
    """A SMART Health Link, or a file behind it, cannot be read or made."""

    code = "link-broken"
