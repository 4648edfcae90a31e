"""Signers of cards in an HSM: a key pair each, made there; its private key cannot leave it.

::

    CKO_PRIVATE_KEY  label segel-signer/<id>   signs, and nothing else
    CKO_PUBLIC_KEY   label segel-signer/<id>
"""

import hashlib
from typing import Any, Final, Protocol, cast

from asn1crypto.core import OctetString
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session
from pkcs11.util.ec import encode_named_curve_parameters

from segel.keys.errors import KmsUnavailable, SignerUnknown
from segel.keys.signing import POINT_BYTES, SIGNATURE_BYTES

_CURVE: Final = encode_named_curve_parameters("secp256r1")
_CANNOT_LEAVE: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.SIGN: True,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
    Attribute.DERIVE: False,
}
_PUBLIC: Final = {
    Attribute.PRIVATE: False,
    Attribute.MODIFIABLE: False,
    Attribute.VERIFY: True,
    Attribute.ENCRYPT: False,
    Attribute.WRAP: False,
}


class _Object(Protocol):
    """A key as python-pkcs11 gives it. What the module does not like it says by PKCS11Error."""

    def __getitem__(self, attribute: Attribute) -> Any: ...

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes: ...

    def destroy(self) -> None: ...


def create(session: Session, signer_id: str) -> None:
    """Make the pair where there is none."""
    if _found(session, signer_id, ObjectClass.PRIVATE_KEY):
        return
    curve = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _CURVE}, local=True)
    curve.generate_keypair(
        label=_label_of(signer_id),
        store=True,
        public_template=_PUBLIC,
        private_template=_CANNOT_LEAVE,
    )


def public_key(session: Session, signer_id: str) -> bytes:
    """``04 ‖ x ‖ y``. Raises SignerUnknown."""
    for one in _found(session, signer_id, ObjectClass.PUBLIC_KEY):
        point = bytes(OctetString.load(one[Attribute.EC_POINT]).native)
        if len(point) != POINT_BYTES:
            break
        return point
    else:
        raise SignerUnknown
    raise KmsUnavailable("The HSM has a signer of another kind than was made.")


def sign(session: Session, signer_id: str, message: bytes) -> bytes:
    """*r* and *s*. Raises SignerUnknown.

    The digest is made here: modules differ in whether they hash for ECDSA.
    """
    for one in _found(session, signer_id, ObjectClass.PRIVATE_KEY):
        digest = hashlib.sha256(message).digest()
        signature = one.sign(digest, mechanism=Mechanism.ECDSA)
        if len(signature) == SIGNATURE_BYTES:
            return bytes(signature)
        raise KmsUnavailable("The HSM signs in another form than ECDSA's.")
    raise SignerUnknown


def destroy(session: Session, signer_id: str) -> None:
    """Both keys, where they are there."""
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        for one in _found(session, signer_id, kind):
            one.destroy()


def _found(session: Session, signer_id: str, kind: ObjectClass) -> list[_Object]:
    wanted = {Attribute.CLASS: kind, Attribute.LABEL: _label_of(signer_id)}
    return [cast(_Object, one) for one in list(session.get_objects(wanted))]


def _label_of(signer_id: str) -> str:
    return f"segel-signer/{signer_id}"
