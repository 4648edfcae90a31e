"""A list key in a file: for trials, and for whoever publishes lists without a Segel."""

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from segel.cards import ListKey
from segel.cards.signatures import is_p256, sign_with
from segel.domain.errors import SegelError

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
KEY_BYTES_MAX: Final = 16 * 1024


class ListKeyRefused(SegelError):
    """A file is not taken as a list key."""

    code = "list-key-refused"


def create_key(path: Path) -> ListKey:
    """A new key in a new file, for its owner's eyes. Raises ListKeyRefused."""
    made = generate_private_key(SECP256R1())
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(pem)
    except OSError as error:
        raise ListKeyRefused(
            f"The key cannot be written: {error.strerror}.",
            remedy="Name a file that is not there yet, in a folder that is.",
        ) from None
    return _of(made)


def read_key(path: Path) -> ListKey:
    """The key in a file that nobody else may read. Raises ListKeyRefused."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(KEY_BYTES_MAX)
    except OSError as error:
        raise ListKeyRefused(
            f"The key cannot be read: {error.strerror}.", remedy="Check its name and rights."
        ) from None
    if mode & OTHERS:
        raise ListKeyRefused("Others may read the key's file.", remedy="chmod 600 FILE")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or not is_p256(key.public_key()):
        raise ListKeyRefused(
            "This is not a private key of P-256 as PEM, without a password.",
            remedy="segel card lists new-key FILE makes one.",
        )
    return _of(key)


def refuse_in_production(home: Path) -> None:
    """Raises ListKeyRefused where the Segel of this home has real patients: whoever copies the file
    decides from then on which cards are genuine. There the lists are signed in the KMS."""
    from segel.app.home import Home
    from segel.app.settings import decode

    settings = Home(home).settings
    if settings.exists() and decode(settings.read_bytes()).production:
        raise ListKeyRefused(
            "In production a list key is not in a file.",
            field="--key",
            remedy="Segel signs its lists in the KMS, and publishes them at /cards/.",
        )


def _of(key: EllipticCurvePrivateKey) -> ListKey:
    return ListKey(key.public_key(), sign_with(key))
