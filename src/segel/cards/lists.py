"""All that a verifier takes along: its three lists, read together and made together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from segel.cards.errors import ListRefused
from segel.cards.reasons import Reason, Remark
from segel.cards.rule_lists import rule_sets_in, rules_content
from segel.cards.rules import RuleSet
from segel.cards.signed_lists import Edition, ListKey, ListType, read_list, write_list
from segel.cards.signers import Trust
from segel.cards.snapshot import Snapshot, snapshot_content, snapshot_in, snapshot_of
from segel.cards.trust_files import ListedIssuer
from segel.cards.trust_lists import listed_trust, trust_in

NEEDED: Final = (ListType.TRUST, ListType.REVOKED)
"""Without rules a verifier still says what is genuine."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a verifier, checked and parsed."""

    trust: Trust
    revoked: Snapshot
    rules: Mapping[str, RuleSet]
    editions: Mapping[ListType, Edition]

    def remarks(self, at: datetime) -> tuple[Remark, ...]:
        """What to say beside every judgement at ``at``."""
        ageing = any(edition.ages(at) for edition in self.editions.values())
        return (Remark.LISTS_AGEING,) if ageing else ()


def read_lists(
    files: Mapping[ListType, bytes],
    pins: Collection[str],
    at: datetime,
    serials: Mapping[ListType, int] | None = None,
) -> Lists:
    """The lists in ``files``, each signed by one of ``pins``, in force at ``at``, and none older
    than the ``serials`` that the verifier has seen. Raises ListRefused, naming the file."""
    seen = serials or {}
    contents: dict[ListType, dict[str, Any]] = {}
    editions: dict[ListType, Edition] = {}
    for kind in ListType:
        if kind not in files:
            if kind in NEEDED:
                raise ListRefused(Reason.LISTS_MISSING, file=kind.file)
            continue
        try:
            found = read_list(files[kind], kind, pins, at, seen.get(kind, 0))
        except ListRefused as refused:
            raise ListRefused(refused.reason, refused.place, file=kind.file) from None
        contents[kind], editions[kind] = found.content, found.edition
    return Lists(
        _parsed(ListType.TRUST, trust_in, contents),
        _parsed(ListType.REVOKED, snapshot_in, contents),
        _parsed(ListType.RULES, rule_sets_in, contents) if ListType.RULES in contents else {},
        editions,
    )


_Parsed = TypeVar("_Parsed")


def _parsed(
    kind: ListType,
    parse: Callable[[dict[str, Any]], _Parsed],
    contents: Mapping[ListType, dict[str, Any]],
) -> _Parsed:
    try:
        return parse(contents[kind])
    except ListRefused as refused:
        raise ListRefused(refused.reason, refused.place, file=kind.file) from None


@dataclass(frozen=True, slots=True)
class Material:
    """What lists are made of."""

    certificates: Iterable[tuple[bytes, bytes]] = ()
    """Of document signers: key id, and the certificate (DER)."""
    issuers: Sequence[ListedIssuer] = ()
    marks: Iterable[bytes] = field(default=())
    """Of revoked cards (``revoking``)."""
    rules: Sequence[RuleSet] = ()


def make_lists(material: Material, edition: Edition, key: ListKey) -> dict[ListType, bytes]:
    """The three lists, signed, and read back as a verifier reads them.

    Raises TrustBroken, RulesBroken, TooManyRevoked, and ListRefused where what was signed is not
    what a verifier takes.
    """
    trust = listed_trust(material.certificates, material.issuers)
    contents = {
        ListType.TRUST: trust.content,
        ListType.RULES: rules_content(material.rules),
        ListType.REVOKED: snapshot_content(snapshot_of({*material.marks, *trust.marks})),
    }
    made = {kind: write_list(kind, content, edition, key) for kind, content in contents.items()}
    read_lists(made, {key.pin}, edition.issued)
    return made
