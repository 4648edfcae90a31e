"""The public keys of an issuer of SMART Health Cards, out of its JWK Set (SMART Health Cards,
Determining keys associated with an issuer)."""

import base64
import binascii
import itertools
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import ExtensionOID
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from segel.cards.errors import TrustBroken, TrustFault

KEYS_MAX: Final = 1_000
CHAIN_CERTIFICATES_MAX: Final = 10
KEY_REMEDY: Final = "A key is of P-256, for ES256 signatures, and its kid is its thumbprint."


def keys_of(document: Any, url: str) -> tuple[dict[str, EllipticCurvePublicKey], dict[str, int]]:
    """The keys of a parsed JWK Set by thumbprint, and of those with a revocation list its edition.

    Keys for something else are left out, as RFC 7517 § 5 has it. Raises TrustBroken where it is no
    JWK Set, or where none is left.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed or len(listed) > KEYS_MAX:
        raise TrustBroken(
            TrustFault.JWKS_SHAPE,
            "This is not a JWK Set.",
            remedy='Give what the issuer publishes at its address + "/.well-known/jwks.json".',
        )
    keys: dict[str, EllipticCurvePublicKey] = {}
    editions: dict[str, int] = {}
    first: TrustBroken | None = None
    for one in listed:
        try:
            key_id, key = key_of(one, url)
        except TrustBroken as fault:
            first = first or fault
            continue
        keys[key_id] = key
        if type(edition := one.get("crlVersion")) is int:
            editions[key_id] = edition
    if first is not None and not keys:
        raise first
    return keys, editions


def key_of(jwk: Any, url: str) -> tuple[str, EllipticCurvePublicKey]:
    """Thumbprint and key of a JWK. Raises TrustBroken."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC":
        raise _broken(TrustFault.KEY_TYPE, "A key is not one of an elliptic curve.")
    if jwk.get("crv") != "P-256":
        raise _broken(TrustFault.KEY_CURVE, "A key is on another curve than P-256.")
    if jwk.get("use") != "sig":
        raise _broken(TrustFault.KEY_USE, "A key is not for signatures.")
    if jwk.get("alg") != "ES256":
        raise _broken(TrustFault.KEY_ALGORITHM, "A key is for another algorithm than ES256.")
    if "d" in jwk:
        raise _broken(TrustFault.KEY_PRIVATE, "A private key is in the JWK Set.")
    try:
        parsed = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        key, thumbprint = parsed.public_key, parsed.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm):
        raise _broken(TrustFault.KEY_POINT, "A key is no point of its curve.") from None
    if jwk.get("kid") != thumbprint:
        raise _broken(TrustFault.KEY_ID, "A key's kid is not its thumbprint.")
    if "x5c" in jwk:
        _check_chain(jwk["x5c"], key, url)
    return thumbprint, key


def _check_chain(listed: Any, key: EllipticCurvePublicKey, url: str) -> None:
    """That the first certificate has the key and the issuer's address, and each is signed by the
    next. Whether the last is an anchor, and times, are for trust frameworks with such anchors."""
    try:
        if not 0 < len(listed) <= CHAIN_CERTIFICATES_MAX:
            raise ValueError
        chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in listed]
        leaf_key = chain[0].public_key()
        names = _addresses(chain[0])
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm, x509.InvalidVersion):
        raise _broken(TrustFault.CHAIN_LINK, "A key's certificates cannot be read.") from None
    if leaf_key != key:
        raise _broken(TrustFault.CHAIN_KEY, "A key's certificate is of another key.")
    if url not in names:
        raise _broken(TrustFault.CHAIN_NAME, "A key's certificate does not name the issuer.")
    try:
        for certificate, above in itertools.pairwise(chain):
            certificate.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise _broken(TrustFault.CHAIN_LINK, "A key's certificates do not form a chain.") from None


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        ).value
    except x509.ExtensionNotFound:
        return []
    assert isinstance(found, x509.SubjectAlternativeName)
    return found.get_values_for_type(x509.UniformResourceIdentifier)


def _broken(fault: TrustFault, what: str) -> TrustBroken:
    return TrustBroken(fault, what, remedy=KEY_REMEDY)
