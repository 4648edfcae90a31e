"""Rules: who fits, who does not and why, and of whom nothing is said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from segel.cards import (
    CertificateContent,
    HealthCertificate,
    Language,
    ListRefused,
    Outcome,
    Reason,
    content_of,
    decode,
    outcome_of,
)
from segel.cards.certlogic import evaluate
from segel.cards.rule_lists import (
    RulesBroken,
    rule_set_of,
    rule_sets_in,
    rules_content,
    shipped_sets,
)
from segel.cards.rules import Fitness, Rule, RuleSet, data_for, data_of, fitness_of
from support.cards import (
    NOW,
    RECOVERY_ENTRY,
    TEST,
    VACCINATION_ENTRY,
    HealthCardMaker,
    Maker,
    with_entry,
)
from support.certlogic_node import evaluated

MAKER = Maker()
SETS = {one.id: one for one in shipped_sets()}
ENTRY: dict[str, Any] = TEST["t"][0]  # type: ignore[index]
SAMPLED = datetime(2026, 11, 28, 1, 30, tzinfo=UTC)
GIVEN = datetime(2026, 2, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def fitness(rules: RuleSet, certificate: object = TEST, at: datetime = NOW) -> Fitness:
    card = decode(MAKER.text(certificate))
    return fitness_of(rules, card, content_of(card)[0], at)


def test(**changes: object) -> dict[str, Any]:
    return with_entry("t", {**ENTRY, **changes})


test.__test__ = False  # type: ignore[attr-defined]


def dose(**changes: object) -> dict[str, Any]:
    return with_entry("v", {**VACCINATION_ENTRY, **changes})


RAPID = {"tt": "LP217198-3", "ma": "1232"}
RECOVERY = with_entry("r", RECOVERY_ENTRY)


@pytest.mark.parametrize(
    ("rules", "certificate", "at", "failed"),
    [
        ("border-id", test(), NOW, []),
        ("border-id", test(**RAPID), NOW, []),
        ("border-id", test(), SAMPLED, []),
        ("border-id", test(), SAMPLED - SECOND, ["TR-ID-0002"]),
        ("border-id", test(), SAMPLED + timedelta(hours=72), []),
        ("border-id", test(), SAMPLED + timedelta(hours=72, seconds=1), ["TR-ID-0002"]),
        ("border-id", test(tr="260373001"), NOW, ["TR-ID-0001"]),
        ("border-id", dose(), GIVEN + timedelta(days=14), []),
        ("border-id", dose(), GIVEN + timedelta(days=14) - SECOND, ["VR-ID-0002"]),
        ("border-id", dose(dn=1), NOW, ["VR-ID-0001"]),
        ("border-id", dose(dn=3), NOW, []),
        ("border-id", RECOVERY, NOW, ["RR-ID-0001"]),
        ("venue", test(), SAMPLED + timedelta(hours=48), []),
        ("venue", test(), SAMPLED + timedelta(hours=49), ["TR-ID-0004"]),
        ("venue", test(**RAPID), SAMPLED + timedelta(hours=24), []),
        ("venue", test(**RAPID), SAMPLED + timedelta(hours=25), ["TR-ID-0004"]),
        ("venue", RECOVERY, NOW, []),
        ("venue", RECOVERY, datetime(2026, 9, 12, tzinfo=UTC) - SECOND, ["RR-ID-0002"]),
        ("venue", RECOVERY, datetime(2027, 3, 1, tzinfo=UTC) - SECOND, []),
        ("venue", RECOVERY, datetime(2027, 3, 1, tzinfo=UTC), ["RR-ID-0002"]),
    ],
    ids=[str(number) for number in range(20)],
)
def test_the_shipped_sets_say_who_fits(
    rules: str, certificate: object, at: datetime, failed: list[str]
) -> None:
    found = fitness(SETS[rules], certificate, at)
    assert [one.identifier for one in found.failed] == failed
    assert found.outcome is (Outcome.NOT_FIT if failed else Outcome.FIT)


def test_the_shipped_rules_are_the_same_in_a_browser() -> None:
    cases, said = [], []
    for certificate in (TEST, test(**RAPID), test(tr="260373001"), dose(), dose(dn=1), RECOVERY):
        card = decode(MAKER.text(certificate))
        content = content_of(card)[0]
        assert isinstance(card, HealthCertificate)
        assert isinstance(content, CertificateContent)
        for rules in SETS.values():
            for rule in rules.rules:
                if rule.certificate_type.lower() in ("general", content.kind):
                    data = data_for(rule, data_of(rules, card, content, NOW))
                    cases.append((rule.logic, data))
                    said.append({"value": evaluate(rule.logic, data)})
    assert evaluated(cases) == said


def test_a_failed_rule_is_told_in_the_language() -> None:
    (rule,) = fitness(SETS["border-id"], test(tr="260373001")).failed
    assert rule.said_in(Language.EN) == "The test's result must be negative."
    assert rule.said_in(Language.ID) == "Hasil tes harus negatif."
    only = msgspec.structs.replace(rule, description=rule.description[1:])
    assert only.said_in(Language.EN) == "Hasil tes harus negatif."
    assert SETS["border-id"].named_in(Language.ID) == "Kedatangan di Indonesia"
    for language in Language:
        words = {outcome_of(outcome, language).what for outcome in Outcome}
        assert len(words) == len(Outcome)


RULE = SETS["border-id"].rules[1]


def set_of(*rules: Rule) -> RuleSet:
    return RuleSet("x", {"en": "X"}, rules, SETS["border-id"].value_sets)


def changed(**changes: Any) -> Rule:
    return msgspec.structs.replace(RULE, **changes)


NO: dict[str, Any] = {"!": [True]}
YES: dict[str, Any] = {"!": [False]}


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ([], Outcome.NO_RULE),
        ([RULE], Outcome.FIT),
        ([changed(certificate_type="General")], Outcome.NO_RULE),
        ([changed(certificate_type="Vaccination")], Outcome.NO_RULE),
        ([changed(valid_from=NOW), RULE], Outcome.FIT),
        ([changed(valid_from=NOW + SECOND)], Outcome.NO_RULE),
        ([changed(valid_to=NOW)], Outcome.FIT),
        ([changed(valid_to=NOW - SECOND)], Outcome.NO_RULE),
        ([changed(engine="JSONLOGIC")], Outcome.NOT_EVALUATED),
        ([changed(engine_version="1.4.0")], Outcome.NOT_EVALUATED),
        ([changed(schema_version="2.0.0")], Outcome.NOT_EVALUATED),
        ([changed(logic={"+": [1, 1]})], Outcome.NOT_EVALUATED),
        ([changed(logic={"var": "payload.nothing"})], Outcome.NOT_EVALUATED),
        ([changed(logic={"no": [1]})], Outcome.NOT_EVALUATED),
        ([changed(logic={"no": [1]}), changed(identifier="TR-ID-9", logic=NO)], Outcome.NOT_FIT),
        ([changed(logic=NO), changed(version="1.0.1", logic=YES)], Outcome.FIT),
        ([changed(version="1.10.0", logic=NO), changed(version="1.9.0")], Outcome.NOT_FIT),
        ([changed(version="2.0.0", logic=NO, valid_from=NOW + SECOND), RULE], Outcome.FIT),
        ([RULE, changed(type="Invalidation", identifier="IR-ID-1", logic=NO)], Outcome.NOT_FIT),
        ([RULE, changed(type="Invalidation", identifier="IR-SG-1", country="SG", logic=NO)],
         Outcome.FIT),
        ([changed(type="Invalidation")], Outcome.NO_RULE),
    ],
    ids=[str(number) for number in range(21)],
)  # fmt: skip
def test_which_rules_are_asked(rules: list[Rule], outcome: Outcome) -> None:
    assert fitness(set_of(*rules)).outcome is outcome


def test_of_a_smart_health_card_rules_say_nothing() -> None:
    card = decode(HealthCardMaker().jws())
    assert fitness_of(SETS["venue"], card, content_of(card)[0], NOW) == Fitness(Outcome.NO_RULE)


CONTENT: dict[str, Any] = json.loads(json.dumps(rules_content(list(SETS.values()))))


def test_sets_are_read_as_they_were_written() -> None:
    assert rule_sets_in({"serial": 1, **CONTENT}) == SETS


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("sets",), 1, "sets"),
        (("sets", 0, "id"), "Border", "sets[0].id"),
        (("sets", 0, "id"), "venue", "sets"),
        (("sets", 0, "rules", 0, "Type"), "Wish", "sets[0].rules[0].Type"),
        (("sets", 0, "rules", 0, "Version"), "one", "sets[0].rules[0].Version"),
        (("sets", 0, "rules", 0, "ValidTo"), "2026-01-01T00:00:00", "sets[0].rules[0].ValidTo"),
        (("sets", 0, "rules", 0, "Logic"), [], "sets[0].rules[0].Logic"),
        (("sets", 0, "valueSets", "a"), ["1"] * 10_001, "sets[0].valueSets"),
        (("sets", 0, "rules"), CONTENT["sets"][0]["rules"] * 200, "sets[0].rules"),
    ],
    ids=[str(number) for number in range(9)],
)
def test_a_list_of_rules_out_of_shape_says_where(path: Any, value: object, place: str) -> None:
    content = json.loads(json.dumps(CONTENT))
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(ListRefused) as raised:
        rule_sets_in(content)
    assert (raised.value.reason, raised.value.place) == (Reason.LISTS_CONTENT, place)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "not a JSON object"),
        (b"{}", "id: The set of rules lacks something"),
        (b'{"id":1,"id":2}', "duplicate key"),
        (b" " * 1_100_000, "larger than 1 MiB"),
    ],
    ids=["list", "empty", "twice", "large"],
)
def test_a_file_of_rules_says_what_is_wrong(data: bytes, words: str) -> None:
    with pytest.raises(RulesBroken, match=words):
        rule_set_of(data)


def test_rules_that_no_verifier_could_evaluate_are_not_published() -> None:
    unreached = {"if": [True, True, {"no": [1]}]}
    with pytest.raises(RulesBroken, match=r"TR-ID-0001: .* an operation is not known"):
        rules_content([set_of(changed(logic=unreached))])
    with pytest.raises(RulesBroken, match="sets"):
        rules_content([set_of(), set_of()])
