"""Trust out of files: certificates, lists of certificates, an issuer's JWK Set, a directory.

| file | whose |
|---|---|
| PEM, DER, or Base64 of DER | document signers |
| JSON list of ``{"kid": …, "rawData": …}``, or ``{"certificates": [that]}`` | document signers |
| JWK Set, with the issuer's address said beside it | one issuer |
| ``{"issuerInfo": [{"issuer": {"iss", "name"}, "keys", "crls"}]}`` (a VCI snapshot) | issuers |
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from segel.cards.errors import TrustBroken, TrustFault
from segel.cards.hcert import KEY_ID_BYTES
from segel.cards.issuer_keys import keys_of
from segel.cards.json_reading import require_whole_characters
from segel.cards.reasons import Reason
from segel.cards.revoking import ListBroken, RevocationList, revocation_list
from segel.cards.signers import Issuer, Trust, signer_of

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""A country's snapshot of a thousand issuers with their revocations is a few MiB."""
SIGNERS_MAX: Final = 100_000
DER_SEQUENCE: Final = 0x30
_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----"
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class ListedIssuer:
    """An issuer as its file has it: its JWK Set, and its revocation lists."""

    url: str
    name: str
    key_set: Any
    crls: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Entries:
    """What is in a file: certificates (DER), each with the key id that the file says or that is
    its own, and issuers. All of them can be used."""

    certificates: tuple[tuple[bytes, bytes], ...] = ()
    issuers: tuple[ListedIssuer, ...] = ()


def trust_of(data: bytes, issuer_url: str = "") -> Trust:
    """The trust in a file; ``issuer_url`` says whose a JWK Set is. Raises TrustBroken."""
    entries = entries_of(data, issuer_url)
    return Trust(
        tuple(signer_of(certificate, key_id) for key_id, certificate in entries.certificates),
        tuple(issuer_of(one.url, one.name, one.key_set, one.crls) for one in entries.issuers),
    )


def entries_of(data: bytes, issuer_url: str = "") -> Entries:
    """What is in a file; ``issuer_url`` says whose a JWK Set is. Raises TrustBroken."""
    if len(data) > FILE_BYTES_MAX:
        raise _shape("The file is larger than 64 MiB.")
    if data[:1] == bytes([DER_SEQUENCE]) and not _BASE64.fullmatch(data[:64]):
        return _of_certificates([data])
    if b"-----BEGIN" in data:
        return _of_certificates([_decoded(one) for one in _pem(data)])
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    if text[:1] in (b"{", b"["):
        return _of_document(_parsed(text), issuer_url)
    if text and _BASE64.fullmatch(text):
        return _of_certificates([_decoded(text)])
    raise _shape("This is neither certificates nor keys.")


def with_revocations(trust: Trust, files: Sequence[bytes]) -> Trust:
    """The trust with issuers' card revocation lists, each for the key that it names. A list that
    cannot be used counts against the cards of its key. Raises TrustBroken."""
    lists: dict[str, RevocationList | Reason] = {}
    for data in files:
        document = _parsed(data)
        key_id = document.get("kid") if isinstance(document, dict) else None
        if not isinstance(key_id, str) or not trust.is_anybodys(key_id):
            raise TrustBroken(
                TrustFault.REVOCATIONS,
                "A revocation list is of no key of the given issuers.",
                remedy="Give the issuer's JWK Set, too.",
            )
        lists[key_id] = _list(document, key_id)
    issuers = tuple(
        replace(
            issuer,
            revocations={
                **issuer.revocations,
                **{key_id: lists[key_id] for key_id in issuer.keys if key_id in lists},
            },
        )
        for issuer in trust.issuers
    )
    return Trust(trust.signers, issuers)


def _list(document: Any, key_id: str) -> RevocationList | Reason:
    try:
        return revocation_list(document, key_id)
    except ListBroken as broken:
        return broken.reason


def _of_certificates(certificates: list[bytes]) -> Entries:
    return Entries(tuple((signer_of(one).key_id, one) for one in certificates))


def _of_document(document: Any, issuer_url: str) -> Entries:
    if isinstance(document, list):
        return Entries(_signers(document))
    if isinstance(document.get("certificates"), list):
        return Entries(_signers(document["certificates"]))
    if "issuerInfo" in document:
        return Entries((), _issuers(document["issuerInfo"]))
    if not issuer_url:
        raise TrustBroken(
            TrustFault.ISSUER_URL,
            "It is not said whose keys these are.",
            remedy="Give the issuer's address and the file as ADDRESS=FILE.",
        )
    issuer_of(issuer_url, "", document)
    return Entries((), (ListedIssuer(issuer_url, "", document),))


def _signers(listed: list[Any]) -> tuple[tuple[bytes, bytes], ...]:
    """Document signers of a list such as the DCC gateway's. A certificate of a kind that signs no
    cards is left out; what is no certificate is not."""
    if len(listed) > SIGNERS_MAX:
        raise _shape("The list has more than 100,000 certificates.")
    found = []
    for one in listed:
        raw = one.get("rawData") if isinstance(one, dict) else one
        if not isinstance(raw, str):
            raise _shape("An entry of the list has no certificate (rawData).")
        said = one.get("kid") if isinstance(one, dict) else None
        key_id = _decoded(said.encode()) if isinstance(said, str) else None
        if key_id is not None and len(key_id) != KEY_ID_BYTES:
            raise _shape("A kid of the list is not of eight bytes.")
        certificate = _decoded(raw.encode())
        try:
            found.append((signer_of(certificate, key_id).key_id, certificate))
        except TrustBroken as broken:
            if broken.fault is not TrustFault.CERTIFICATE_KEY:
                raise
    return tuple(found)


def _issuers(listed: Any) -> tuple[ListedIssuer, ...]:
    """The issuers of a directory. One of whom no key can be used is left out."""
    if not isinstance(listed, list):
        raise _shape("The directory has no list of issuers.")
    found = []
    for one in listed:
        about = one.get("issuer") if isinstance(one, dict) else None
        if not isinstance(about, dict) or not isinstance(about.get("iss"), str):
            raise _shape("An entry of the directory names no issuer.")
        name = about.get("name")
        crls = one.get("crls")
        issuer = ListedIssuer(
            about["iss"],
            name if isinstance(name, str) else "",
            {"keys": one.get("keys")},
            [crl for crl in crls if isinstance(crl, dict)] if isinstance(crls, list) else [],
        )
        try:
            issuer_of(issuer.url, issuer.name, issuer.key_set)
        except TrustBroken:
            continue
        found.append(issuer)
    if not found:
        raise _shape("The directory has no issuer with a key that can be used.")
    return tuple(found)


def issuer_of(url: str, name: str, key_set: Any, crls: Sequence[Any] = ()) -> Issuer:
    """The issuer of that address with the keys of its JWK Set, and what its revocation lists say
    of them. Raises TrustBroken."""
    if not url.startswith("https://") or url.endswith("/"):
        raise TrustBroken(
            TrustFault.ISSUER_URL,
            "An issuer's address begins with https:// and does not end with a slash.",
            remedy="Write it as the cards have it.",
        )
    keys, editions = keys_of(key_set, url)
    revocations: dict[str, RevocationList | Reason] = {}
    for crl in crls:
        key_id = crl.get("kid") if isinstance(crl, dict) else None
        if isinstance(key_id, str) and key_id in keys:
            revocations[key_id] = _list(crl, key_id)
    return Issuer(url, name, keys, editions, revocations)


def _pem(data: bytes) -> list[bytes]:
    found = _PEM.findall(data)
    if not found:
        raise _shape("No certificate is in the PEM file.")
    return found


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise TrustBroken(
            TrustFault.CERTIFICATE, "A certificate is not Base64.", remedy="Give it as PEM or DER."
        ) from None


def _parsed(text: bytes) -> Any:
    try:
        document = json.loads(text.decode())
        require_whole_characters(document)
    except (ValueError, RecursionError):
        raise _shape("The file is not JSON.") from None
    if not isinstance(document, dict | list):
        raise _shape("The file is not JSON of keys.")
    return document


def _shape(what: str) -> TrustBroken:
    return TrustBroken(
        TrustFault.FILE_SHAPE,
        what,
        remedy="Give PEM or DER certificates, a list of them as JSON, a JWK Set, or a directory.",
    )
