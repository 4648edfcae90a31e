"""A verifier at the command line: by whom it trusts, by the lists it has, by a set of rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segel.app.card_input import Item, open_file
from segel.app.card_lists import use_folder
from segel.cards import (
    CardRefused,
    Fitness,
    Judgement,
    ListRefused,
    Remark,
    RuleSet,
    Snapshot,
    Terms,
    Trust,
    fitness_of,
    judge,
    refusal,
)
from segel.cards.trust_files import FILE_BYTES_MAX, trust_of, with_revocations
from segel.domain.errors import SegelError


class RulesUnknown(SegelError):
    """A set of rules is asked for that is not in the list."""

    code = "rules-unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an item; ``fitness`` where rules were asked."""

    judgement: Judgement
    fitness: Fitness | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Judges at one time. Where its lists are ``refused``, it judges nothing."""

    trust: Trust
    at: datetime
    terms: Terms
    revoked: Snapshot | None = None
    rules: RuleSet | None = None
    refused: ListRefused | None = None
    remarks: tuple[Remark, ...] = ()

    def judge(self, item: Item) -> Judged:
        """What becomes of an item."""
        if self.refused is not None:
            return Judged(refusal(self.refused))
        card = item.card
        if isinstance(card, CardRefused):
            return Judged(refusal(card))
        judgement = judge(card, self.trust, self.at, self.revoked, self.terms)
        if self.rules is None or not judgement.valid or judgement.content is None:
            return Judged(judgement)
        return Judged(judgement, fitness_of(self.rules, card, judgement.content, self.at))


def verifier_of(
    trust: Trust, at: datetime, terms: Terms, folder: Path | None, pins: Sequence[str], rules: str
) -> Verifier:
    """A verifier with the lists of a folder, where there is one. Raises TrustBroken,
    ListsFolderBroken, RulesUnknown."""
    if folder is None:
        return Verifier(trust, at, terms)
    try:
        lists = use_folder(folder, pins, at)
    except ListRefused as refused:
        return Verifier(trust, at, terms, refused=refused)
    if rules and rules not in lists.rules:
        known = ", ".join(sorted(lists.rules))
        raise RulesUnknown(
            "There is no such set of rules in the list.",
            field="--rules",
            remedy=f"There are: {known}." if known else "The folder has no rules: fetch them.",
        )
    return Verifier(
        lists.trust.and_also([trust]),
        at,
        terms,
        lists.revoked,
        lists.rules[rules] if rules else None,
        remarks=lists.remarks(at),
    )


def read_trust(
    certificates: Sequence[Path], trusts: Sequence[str], revocations: Sequence[Path]
) -> Trust:
    """The trust in files: certificates, lists, and JWK Sets as ADDRESS=FILE. Raises TrustBroken,
    InputUnusable."""
    found = [trust_of(read_file(path)) for path in certificates]
    found += [trust_of(read_file(path), address) for address, path in map(of_whom, trusts)]
    return with_revocations(Trust().and_also(found), [read_file(path) for path in revocations])


def of_whom(text: str) -> tuple[str, Path]:
    """The address, where one is said, and the file of a ``--trust``."""
    address, sign, name = text.rpartition("=")
    if sign and address.startswith(("https://", "http://")):
        return address, Path(name)
    return "", Path(text)


def read_file(path: Path) -> bytes:
    """A file's bytes, up to what any is looked at. Raises InputUnusable."""
    with open_file(path) as stream:
        return stream.read(FILE_BYTES_MAX + 1)
