"""Which KMS the tests run on: ``SEGEL_TEST_KMS=file|openbao|pkcs11``, the file KMS by default.

One real OpenBao, and one folder of SoftHSM tokens, serve a whole run; every archive gets a mount or
a token of its own.
"""

import atexit
import contextlib
import functools
import os
from pathlib import Path
from uuid import uuid4

import msgspec

from segel.app.hardening import BROKER
from segel.keys import FilePlace, KmsPlace, OpenBaoPlace, Pkcs11Place
from support.openbao import OpenBao, running_openbao
from support.softhsm import CONFIGURATION, SoftHsm, running_softhsm

KINDS = ("file", "openbao", "pkcs11")
CHOSEN = os.environ.get("SEGEL_TEST_KMS", "file")
assert CHOSEN in KINDS, f"SEGEL_TEST_KMS is one of {KINDS}"

_held = contextlib.ExitStack()
atexit.register(_held.close)


@functools.cache
def openbao() -> OpenBao:
    """The run's OpenBao."""
    return _held.enter_context(running_openbao())


@functools.cache
def softhsm() -> SoftHsm:
    """The run's folder of tokens."""
    return _held.enter_context(running_softhsm())


def new_place(kind: str, folder: Path) -> KmsPlace:
    """An empty KMS of this kind; the file KMS's folder lies in ``folder``."""
    name = f"t{uuid4().hex[:24]}"
    match kind:
        case "openbao":
            server = openbao()
            return OpenBaoPlace(server.address, server.prepared(name), name)
        case "pkcs11":
            hsm = softhsm()
            pin = hsm.add_token(name)
            hsm.give_to(BROKER.uid)
            where = f"{CONFIGURATION}={hsm.configuration}"
            return Pkcs11Place(hsm.module, name, pin, (where,))
        case _:
            return FilePlace(folder / "kms")


@functools.cache
def kms_settings(home: Path, kind: str) -> str:
    """Settings of a Segel on ``home`` with a KMS of this kind; none for the file KMS. Started again
    on the same home, it finds the same keys."""
    place = new_place(kind, home)
    match place:
        case OpenBaoPlace(address, credential, mount):
            said: dict[str, object] = {
                "kms": kind,
                "openbao_address": address,
                "openbao_mount": mount,
                "openbao_credential": str(credential),
            }
        case Pkcs11Place(module, token, pin_file, environment):
            said = {
                "kms": kind,
                "pkcs11_module": str(module),
                "pkcs11_token": token,
                "pkcs11_pin_file": str(pin_file),
                "pkcs11_environment": list(environment),
            }
        case _:
            return ""
    return "".join(
        f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in said.items()
    )
