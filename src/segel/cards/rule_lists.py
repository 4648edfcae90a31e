"""Sets of rules out of the signed list and out of files, and into the list."""

import importlib.resources
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from segel.cards.certlogic import CertLogicBroken, demand_expression
from segel.cards.errors import CardRefused, ListRefused
from segel.cards.json_reading import place_of, read_object
from segel.cards.reasons import Reason
from segel.cards.rules import RuleSet
from segel.domain.errors import SegelError

SETS_MAX: Final = 200
RULES_MAX: Final = 1_000
"""Of one set. The largest published one has about forty."""
CODES_MAX: Final = 10_000
SET_FILE_BYTES_MAX: Final = 1024 * 1024
SET_DEPTH_MAX: Final = 150
_SET_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


class RulesBroken(SegelError):
    """A file of rules cannot be used."""

    code = "rules-broken"


class _Content(msgspec.Struct, frozen=True):
    sets: list[RuleSet]


def rule_sets_in(content: Mapping[str, Any]) -> dict[str, RuleSet]:
    """The sets in the content of a list of rules, by their ids. Raises ListRefused."""
    try:
        read = msgspec.convert(content, _Content)
        _demand_sane(read.sets)
    except msgspec.ValidationError as error:
        raise ListRefused(Reason.LISTS_CONTENT, place_of(error)) from None
    except _Wrong as wrong:
        raise ListRefused(Reason.LISTS_CONTENT, wrong.place) from None
    return {one.id: one for one in read.sets}


def rules_content(sets: Sequence[RuleSet]) -> dict[str, Any]:
    """What a list of rules says. Raises RulesBroken for rules that no verifier could evaluate."""
    content: dict[str, Any] = {"sets": msgspec.to_builtins(sets)}
    try:
        _demand_sane(sets)
    except _Wrong as wrong:
        raise RulesBroken(
            "Two sets have one id, or a set is too large.",
            field=wrong.place,
            remedy="An id is of small letters, digits and hyphens, up to 40.",
        ) from None
    for rule in (rule for one in sets for rule in one.rules):
        try:
            demand_expression(rule.logic)
        except CertLogicBroken as broken:
            raise RulesBroken(
                f"The rule's logic is not CertLogic: {broken}.",
                field=rule.identifier,
                remedy="See the CertLogic specification 1.3.3.",
            ) from None
    return content


def rule_set_of(data: bytes) -> RuleSet:
    """The set in a file: one object of ``{id, name, rules, valueSets}``. Raises RulesBroken."""
    try:
        if len(data) > SET_FILE_BYTES_MAX:
            raise RulesBroken("The file of rules is larger than 1 MiB.")
        return msgspec.convert(read_object(data, depth_max=SET_DEPTH_MAX), RuleSet)
    except CardRefused as refused:
        raise RulesBroken(refused.what, remedy="Give one set of rules as JSON.") from None
    except msgspec.ValidationError as error:
        raise RulesBroken(
            "The set of rules lacks something, or has it in a wrong form.",
            field=place_of(error) or None,
            remedy="A rule has what EU DCC business rules have (schema 1.x).",
        ) from None


def shipped_sets() -> list[RuleSet]:
    """The sets that come with Segel, to begin with."""
    folder = importlib.resources.files("segel.cards") / "rule_sets"
    files = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name
    )
    return [rule_set_of(one.read_bytes()) for one in files]


class _Wrong(Exception):
    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def _demand_sane(sets: Sequence[RuleSet]) -> None:
    """Raises _Wrong."""
    if len(sets) > SETS_MAX or len({one.id for one in sets}) != len(sets):
        raise _Wrong("sets")
    for at, one in enumerate(sets):
        place = f"sets[{at}]"
        if not _SET_ID.fullmatch(one.id):
            raise _Wrong(f"{place}.id")
        if len(one.rules) > RULES_MAX:
            raise _Wrong(f"{place}.rules")
        if any(len(codes) > CODES_MAX for codes in one.value_sets.values()):
            raise _Wrong(f"{place}.valueSets")
