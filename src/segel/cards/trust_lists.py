"""The trust list: document signers by certificate, issuers of SMART Health Cards by their keys.

``signers`` are ``{kid, certificate, country}``; ``issuers`` are ``{iss, name, keys}`` and, for keys
whose revocation list says from when on a card is revoked, which a filter cannot, ``crls``: the
issuer's own lists, exactly.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from joserfc.jwk import ECKey
from msgspec import UNSET, UnsetType

from segel.cards.errors import ListRefused, TrustBroken, TrustFault
from segel.cards.hcert import KEY_ID_BYTES
from segel.cards.json_reading import place_of
from segel.cards.reasons import Reason
from segel.cards.revoking import ListBroken, health_card_mark, revocation_list
from segel.cards.signers import Issuer, Signer, Trust, signer_of
from segel.cards.trust_files import SIGNERS_MAX, ListedIssuer, issuer_of
from segel.cards.words import Language, words_of

ISSUERS_MAX: Final = 10_000


class _Signer(msgspec.Struct, frozen=True, gc=False):
    kid: str
    certificate: str
    country: str


class _Issuer(msgspec.Struct, frozen=True):
    iss: str
    name: str
    keys: list[dict[str, Any]]
    crls: list[dict[str, Any]] | UnsetType = UNSET


class _Content(msgspec.Struct, frozen=True):
    signers: list[_Signer]
    issuers: list[_Issuer]


def trust_in(content: dict[str, Any]) -> Trust:
    """The trust in the content of a trust list. Raises ListRefused.

    A certificate or an issuer of whom no key can be used is left out; what is no certificate and no
    key at all is not.
    """
    try:
        read = msgspec.convert(content, _Content)
    except msgspec.ValidationError as error:
        raise ListRefused(Reason.LISTS_CONTENT, place_of(error)) from None
    if len(read.signers) > SIGNERS_MAX or len(read.issuers) > ISSUERS_MAX:
        raise ListRefused(Reason.LISTS_TOO_LARGE)
    signers = [_signer(one, f"signers[{at}]") for at, one in enumerate(read.signers)]
    issuers = [_issuer(one, f"issuers[{at}]") for at, one in enumerate(read.issuers)]
    if len({one.iss for one in read.issuers}) != len(read.issuers):
        raise ListRefused(Reason.LISTS_CONTENT, "issuers")
    return Trust(
        tuple(one for one in signers if one is not None),
        tuple(one for one in issuers if one is not None),
    )


def _signer(one: _Signer, place: str) -> Signer | None:
    try:
        key_id = base64.b64decode(one.kid, validate=True)
        certificate = base64.b64decode(one.certificate, validate=True)
    except (binascii.Error, ValueError):
        raise ListRefused(Reason.LISTS_CONTENT, place) from None
    if len(key_id) != KEY_ID_BYTES:
        raise ListRefused(Reason.LISTS_CONTENT, f"{place}.kid")
    try:
        return replace(signer_of(certificate, key_id), country=one.country)
    except TrustBroken as broken:
        if broken.fault is TrustFault.CERTIFICATE_KEY:
            return None
        raise ListRefused(Reason.LISTS_CONTENT, f"{place}.certificate") from None


def _issuer(one: _Issuer, place: str) -> Issuer | None:
    crls = [] if isinstance(one.crls, UnsetType) else one.crls
    try:
        return issuer_of(one.iss, one.name, {"keys": one.keys}, crls)
    except TrustBroken as broken:
        if broken.fault in (TrustFault.JWKS_SHAPE, TrustFault.ISSUER_URL):
            raise ListRefused(Reason.LISTS_CONTENT, place) from None
        return None


@dataclass(frozen=True, slots=True)
class ListedTrust:
    """What a trust list says, and the marks of what its issuers revoked, for the filter."""

    content: dict[str, Any]
    marks: frozenset[bytes]


def listed_trust(
    certificates: Iterable[tuple[bytes, bytes]], issuers: Sequence[ListedIssuer]
) -> ListedTrust:
    """The list of signers, each by key id and certificate (DER), and of issuers. Raises
    TrustBroken for what no verifier could use."""
    signers = []
    for key_id, certificate in dict.fromkeys(certificates):
        signer = signer_of(certificate, key_id)
        signers.append(
            {
                "kid": base64.b64encode(key_id).decode(),
                "certificate": base64.b64encode(certificate).decode(),
                "country": signer.country,
            }
        )
    listed: list[dict[str, Any]] = []
    marks: set[bytes] = set()
    for one in issuers:
        entry, revoked = _listed(one)
        listed.append(entry)
        marks |= revoked
    if len({entry["iss"] for entry in listed}) != len(listed):
        raise TrustBroken(TrustFault.ISSUER_TWICE, "An issuer is given twice.")
    return ListedTrust({"signers": signers, "issuers": listed}, frozenset(marks))


_FOR_CARDS: Final = {"use": "sig", "alg": "ES256"}


def _listed(one: ListedIssuer) -> tuple[dict[str, Any], set[bytes]]:
    """An issuer's entry, and the marks of what it revoked without saying from when on.

    A key whose revocations are in the filter has no ``crlVersion`` in the list: its cards need
    nothing else. A revocation list that cannot be used, or is of another edition than its key
    says, stays as it is, and verifiers hold it against the key's cards; so do they where a key
    names an edition and none is here.
    """
    issuer = issuer_of(one.url, one.name, one.key_set)
    marks: set[bytes] = set()
    exact: dict[str, dict[str, Any]] = {}
    done: set[str] = set()
    for crl in one.crls:
        key_id = crl.get("kid")
        if not isinstance(key_id, str) or key_id not in issuer.keys:
            continue
        revoked = _for_the_filter(crl, key_id, issuer.crl_versions.get(key_id))
        if revoked is None:
            exact[key_id] = crl
        else:
            done.add(key_id)
            marks |= {health_card_mark(one.url, key_id, rid) for rid in revoked}
    keys = []
    for key_id, key in issuer.keys.items():
        jwk = {**ECKey.import_key(key).as_dict(private=False), **_FOR_CARDS, "kid": key_id}
        current = issuer.crl_versions.get(key_id)
        keys.append(jwk if current is None or key_id in done else {**jwk, "crlVersion": current})
    entry = {"iss": one.url, "name": one.name, "keys": keys}
    return ({**entry, "crls": list(exact.values())} if exact else entry), marks


def _for_the_filter(crl: dict[str, Any], key_id: str, edition: int | None) -> frozenset[str] | None:
    """The revocation ids of a list, where a filter can hold it."""
    try:
        found = revocation_list(crl, key_id)
    except ListBroken:
        return None
    if found.before or edition not in (None, found.edition):
        return None
    return found.always


def with_crls(
    issuers: Sequence[ListedIssuer], crls: Iterable[dict[str, Any]]
) -> list[ListedIssuer]:
    """Issuers with revocation lists beside their keys, each with the one that it names. Raises
    TrustBroken."""
    found = list(issuers)
    for crl in crls:
        key_id = crl.get("kid")
        try:
            edition = revocation_list(crl, str(key_id)).edition
        except ListBroken as broken:
            raise _unusable(words_of(broken.reason, Language.EN).what) from None
        of_key = [at for at, one in enumerate(found) if key_id in _keys(one)]
        if not of_key:
            raise _unusable("A revocation list is of no key of the given issuers.")
        for at in of_key:
            if _keys(found[at])[str(key_id)] not in (None, edition):
                raise _unusable(words_of(Reason.REVOCATIONS_OUTDATED, Language.EN).what)
            found[at] = replace(found[at], crls=(*found[at].crls, crl))
    return found


def _keys(one: ListedIssuer) -> dict[str, int | None]:
    """Of each key the edition that it names."""
    issuer = issuer_of(one.url, one.name, one.key_set)
    return {key_id: issuer.crl_versions.get(key_id) for key_id in issuer.keys}


def _unusable(what: str) -> TrustBroken:
    return TrustBroken(
        TrustFault.REVOCATIONS, what, remedy="Fetch the issuer's keys and revocation lists again."
    )
