"""The escrow's key: made once, cut into word shares for its custodians, and kept nowhere.

The public half seals the patients' keys in a file beside the home (``escrow_file``); the private
half exists as shares only (SLIP-39: words, each share with a checksum of its own, any ``threshold``
of them suffice and fewer tell nothing). Sealing is HPKE (RFC 9180, X25519, AES-256-GCM). So the
KMS's keys stay where they cannot leave, and what the custodians open does not need that KMS
(decision 014). Pure but for the randomness of the libraries.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import shamir_mnemonic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from shamir_mnemonic import MnemonicError, Share

from segel.domain.errors import SegelError

SHARES_MAX: Final = 16
"""What SLIP-39 can number."""

TEST_BYTES: Final = 32
_TEST: Final = b"segel/escrow/test/v1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class EscrowError(SegelError):
    """Root of what can be wrong with shares. No message holds a word of one."""

    code = "escrow-refused"


class ShareMistyped(EscrowError):
    """Its checksum does not hold, or a word is none of the list."""

    code = "escrow-share-mistyped"


class ShareOfAnotherSplit(EscrowError):
    """The shares do not belong together, or not to this archive's escrow."""

    code = "escrow-share-of-another-split"


class ShareGivenTwice(EscrowError):
    """The same share more than once."""

    code = "escrow-share-given-twice"


class TooFewShares(EscrowError):
    """Fewer than the threshold."""

    code = "escrow-too-few-shares"


class SharesWrong(EscrowError):
    """They belong together and do not verify."""

    code = "escrow-shares-wrong"


@dataclass(frozen=True, slots=True)
class NewEscrow:
    """A key just cut. ``words``: one share each; after they are given out nobody has the key.

    ``test`` is sealed to the key, ``test_digest`` the SHA-256 of what is in it: whoever opens it
    has put the key together.
    """

    words: Sequence[str] = field(repr=False)
    public: bytes
    test: bytes
    test_digest: bytes


def new_escrow(shares: int, threshold: int) -> NewEscrow:
    """A new key, any ``threshold`` of whose ``shares`` make it again. Raises EscrowError."""
    if not 2 <= threshold <= shares <= SHARES_MAX:
        raise EscrowError(
            "An escrow has 2 to 16 shares, and needs at least two and at most all of them.",
            field="threshold",
            remedy="Five shares of which three suffice are usual.",
        )
    key = X25519PrivateKey.generate()
    (words,) = shamir_mnemonic.generate_mnemonics(1, [(threshold, shares)], key.private_bytes_raw())
    public, test = key.public_key().public_bytes_raw(), os.urandom(TEST_BYTES)
    return NewEscrow(words, public, seal_to(public, test, _TEST), hashlib.sha256(test).digest())


def fingerprint(public: bytes) -> str:
    """How people name an escrow's key."""
    digest = hashlib.sha256(b"segel/escrow/v1\0" + public).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 16, 4))


def put_together(words: Sequence[str], named: str) -> X25519PrivateKey:
    """The key of the escrow whose fingerprint is ``named``, from enough of its shares.

    Raises each cause as an error of its own.
    """
    shares = [_share(number, text) for number, text in enumerate(words, 1)]
    if not shares:
        raise TooFewShares("No share was given.", remedy="Give the shares one by one.")
    for number, share in enumerate(shares, 1):
        if share.common_parameters() != shares[0].common_parameters():
            raise ShareOfAnotherSplit(
                f"Share {number} is not of the same split as the first.",
                remedy="Give shares of one split: they begin with the same two words.",
            )
        if share.index in {before.index for before in shares[: number - 1]}:
            raise ShareGivenTwice(
                f"Share {number} was given before.", remedy="Give another custodian's share."
            )
    needed = shares[0].member_threshold
    if len(shares) < needed:
        raise TooFewShares(
            f"{len(shares)} of {needed} shares were given.", remedy="Give more of them."
        )
    try:
        secret = shamir_mnemonic.combine_mnemonics([share.mnemonic() for share in shares[:needed]])
    except (MnemonicError, ValueError):
        raise SharesWrong(
            "The shares belong together, but do not make a key.",
            remedy="One of them was forged or belongs to a changed split; try others.",
        ) from None
    key = X25519PrivateKey.from_private_bytes(secret)
    made = fingerprint(key.public_key().public_bytes_raw())
    if not hmac.compare_digest(made, named):
        raise ShareOfAnotherSplit(
            f"The shares make the key {made}; this archive's escrow is {named}.",
            remedy="Give the shares of the newest split of this archive.",
        )
    return key


def seal_to(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Seal for whoever puts the key together."""
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info)


def open_with(key: X25519PrivateKey, sealed: bytes, info: bytes) -> bytes:
    """What ``seal_to`` made. Raises SharesWrong."""
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError):
        raise SharesWrong(
            "The escrow's file does not open with this key.",
            remedy="It was altered, or belongs to another split.",
        ) from None


def open_test(key: X25519PrivateKey, test: bytes) -> bytes:
    """The test of a ``NewEscrow``: proof that the key was put together. Raises SharesWrong."""
    return open_with(key, test, _TEST)


def _share(number: int, text: str) -> Share:
    try:
        return Share.from_mnemonic(" ".join(text.lower().split()))
    except (MnemonicError, ValueError, KeyError):
        raise ShareMistyped(
            f"Share {number} has a mistake: a wrong, missing or additional word.",
            remedy="Compare it word by word; its checksum tells a slip, not where it is.",
        ) from None
