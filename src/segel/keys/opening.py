"""Which KMS, and opening it: the one place that knows every adapter."""

import os
from pathlib import Path

import msgspec

from segel.keys.errors import KmsError, KmsMissing
from segel.keys.file import FileKms
from segel.keys.openbao import DEFAULT_MOUNT, OpenBaoKms
from segel.keys.pkcs11 import Pkcs11Kms
from segel.keys.port import Kms


class FilePlace(msgspec.Struct, frozen=True, tag="file"):
    """The file KMS in a folder."""

    folder: Path


class OpenBaoPlace(msgspec.Struct, frozen=True, tag="openbao"):
    """A mount of Transit. ``credential``: the file with a token or an AppRole. ``ca_file``: what
    https is checked against; None: the system's certificates."""

    address: str
    credential: Path
    mount: str = DEFAULT_MOUNT
    ca_file: Path | None = None


class Pkcs11Place(msgspec.Struct, frozen=True, tag="pkcs11"):
    """A token of an HSM. ``environment``: ``NAME=VALUE`` each, which its module reads."""

    module: Path
    token: str
    pin_file: Path
    environment: tuple[str, ...] = ()


KmsPlace = FilePlace | OpenBaoPlace | Pkcs11Place


def open_kms(place: KmsPlace, *, production: bool) -> Kms:
    """The KMS. A network's or an HSM's is not contacted yet: it may be away or sealed.

    An absent file KMS is made, but in production, which refuses it. Credentials are read here,
    while root still may. Raises NotForProduction, KmsMissing, PermissionsTooWide, KmsError.
    """
    match place:
        case FilePlace(folder):
            try:
                return FileKms.open(folder, production=production)
            except KmsMissing:
                return FileKms.create(folder)
        case OpenBaoPlace(address, credential, mount, ca_file):
            return OpenBaoKms.open(address, credential, mount=mount, ca_file=ca_file)
        case Pkcs11Place(module, token, pin_file, environment):
            for one in environment:
                name, equals, value = one.partition("=")
                if not (name and equals):
                    raise KmsError(
                        "The environment of the PKCS#11 module is malformed.",
                        remedy="Write NAME=VALUE.",
                    )
                os.environ[name] = value
            return Pkcs11Kms.open(module, token, pin_file)


def adapter_of(place: KmsPlace) -> str:
    """The adapter's name in the settings."""
    return str(place.__struct_config__.tag)
