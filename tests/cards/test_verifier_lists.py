"""The verifier for browsers reads lists, revocations and rules as Python does."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cards import test_passes, test_rules, test_signed_lists
from cards.test_rules import SETS, changed
from cards.test_signed_lists import EDITION, KEY, LIST, SECOND, reason
from segel.cards import (
    Language,
    ListType,
    MarkKind,
    Trust,
    content_of,
    decode,
    mark_of,
    marks_of,
    snapshot_of,
)
from segel.cards.passes import Answer, answer_text, judge_pass, new_nonce, open_pass, paper_text
from segel.cards.rule_lists import rules_content
from segel.cards.rules import RuleSet, fitness_of
from segel.cards.snapshot import snapshot_content
from support.cards import ISSUED, NOW, TEST, HealthCardMaker, Maker, payload, with_entry
from support.verifier_node import (
    Case,
    ListCase,
    PassCase,
    assembled,
    judged,
    list_reasons,
    pass_reasons,
    signers,
)

MAKER = Maker()
TRUST = signers((MAKER.signer.key_id, MAKER.der))


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assembled(tmp_path_factory.mktemp("verifier"))


def parameters(test: Any) -> Sequence[Any]:
    """Of a test that is given as a table: its rows."""
    rows: Sequence[Any] = test.pytestmark[0].args[1]
    return rows


def test_lists_are_refused_for_the_same_reasons(scripts: Path) -> None:
    rows = parameters(test_signed_lists.test_each_fault_of_a_list_has_its_reason)
    broken = [data for data, _ in rows if len(data) < 2**20] + [LIST, LIST + b"\n"]
    cases = [ListCase(data, ListType.TRUST, [KEY.pin], NOW) for data in broken]
    cases += [
        ListCase(LIST, ListType.TRUST, [], NOW),
        ListCase(LIST, ListType.REVOKED, [KEY.pin], NOW),
        ListCase(LIST, ListType.TRUST, [KEY.pin], NOW, 7),
        ListCase(LIST, ListType.TRUST, [KEY.pin], NOW, 8),
        ListCase(b"x" * (4 * 1024 * 1024 + 1), ListType.RULES, [KEY.pin], NOW),
    ]
    cases += [
        ListCase(LIST, ListType.TRUST, [KEY.pin], at)
        for at in (
            EDITION.expires,
            EDITION.expires + SECOND,
            ISSUED - timedelta(minutes=5),
            ISSUED - timedelta(minutes=5) - SECOND,
        )
    ]
    wanted = [
        reason(data, kind=kind, pins=set(pins), at=at, serial_min=serial_min).value
        for data, kind, pins, at, serial_min in cases
    ]
    assert list_reasons(scripts, cases) == wanted
    assert len(set(wanted)) > 13


def test_each_mark_of_a_card_revokes_it_and_no_other_card(scripts: Path) -> None:
    texts = [
        MAKER.text(
            with_entry("t", {**TEST["t"][0], "ci": f"URN:UVCI:01:ID:97F{number}"}),  # type: ignore[index]
            changes={1: "AQ" if number % 2 else "ID"},
        )
        for number in range(12)
    ]
    issuer = HealthCardMaker()
    texts += [f"{issuer.jws(payload(vc={'rid': f'rid{number}'}))}" for number in range(6)]
    trust = {**TRUST, "issuers": [{"iss": issuer.issuer.url, "name": "", "keys": [issuer.jwk]}]}
    marks = [marks_of(card, content_of(card)[0]) for card in map(decode, texts)]
    for which in range(4):
        some = [each[which % len(each)] for each in marks[::2]]
        cases = [
            Case([text], trust, NOW, snapshot_content(snapshot_of([*some, *noise()])))
            for text in texts
        ]
        found = [one["reason"] for one in judged(scripts, cases)]
        assert found == ["revoked", "valid"] * (len(texts) // 2)


def noise() -> list[bytes]:
    """So many marks that the filter is larger than the least."""
    return [bytes([2]) + number.to_bytes(16) for number in range(5_000)]


def told(rules: RuleSet, text: str, at: datetime) -> dict[str, Any]:
    card = decode(text)
    found = fitness_of(rules, card, content_of(card)[0], at)
    return {
        "outcome": str(found.outcome),
        "failed": [one.said_in(Language.ID) for one in found.failed],
        "unsaid": [one.said_in(Language.ID) for one in found.unsaid],
    }


def test_rules_say_the_same(scripts: Path) -> None:
    """The sets that come with Segel at their edges, and rules that are odd."""
    later = changed(version="2.0.0", logic={"===": [1, 2]})
    odd = [
        changed(engine="OTHER"),
        changed(engine_version="1.4.0"),
        changed(schema_version="2.0.0"),
        changed(logic={"var": "payload"}),
        changed(logic={"+": [1, "x"]}),
        changed(certificate_type="General"),
        changed(certificate_type="Vaccination"),
        changed(type="Invalidation", country="AQ"),
        changed(type="Invalidation"),
        changed(valid_to=NOW - SECOND),
        changed(valid_to=NOW),
        changed(valid_from=NOW + SECOND),
    ]
    sets = {**SETS}
    for number, rule in enumerate(odd):
        sets[f"odd-{number}"] = RuleSet(f"odd-{number}", {"en": "X"}, (rule,), {})
        sets[f"beside-{number}"] = RuleSet(f"beside-{number}", {"en": "X"}, (changed(), rule), {})
    sets["later"] = RuleSet("later", {"en": "X"}, (changed(), later), {})
    content = json.loads(json.dumps(rules_content([*sets.values()])))
    rows = parameters(test_rules.test_the_shipped_sets_say_who_fits)
    asked = [(rules, MAKER.text(certificate), at) for rules, certificate, at, _ in rows]
    asked += [(name, MAKER.text(), NOW) for name in sets]
    cases = [Case([text], TRUST, at, None, content, name) for name, text, at in asked]
    wanted = [told(sets[name], text, at) for name, text, at in asked]
    assert [one["fitness"] for one in judged(scripts, cases)] == wanted
    assert len({one["outcome"] for one in wanted}) == 4


REFUSED = "test_what_is_no_pass_or_could_be_told_from_others_is_refused_with_its_reason"


def test_a_gate_says_the_same_of_passes(scripts: Path) -> None:
    maker = test_passes.MAKER
    trust = signers((maker.signer.key_id, maker.der))
    one, nonce = test_passes.holder(3), new_nonce()
    answered, paper = one.answer(0, nonce), paper_text(one.passes[1])
    mixed = answer_text(one.passes[2], b"\1" * 64)
    shown = open_pass(paper)
    assert not isinstance(shown, Answer)
    marks = (mark_of(MarkKind.SIGNATURE, hashlib.sha256(shown.signature[:32]).digest()),)
    snapshot = snapshot_of([*marks, *noise()])
    rows = parameters(getattr(test_passes, REFUSED))
    cases = [PassCase(text, trust, NOW, nonce, None, paper=True) for text, _ in rows]
    ends = datetime.fromtimestamp(test_passes.ENDS_AT, UTC)
    cases += [
        PassCase(answered, trust, NOW, nonce),
        PassCase(answered, trust, NOW, new_nonce()),
        PassCase(answered, trust, NOW),
        PassCase(mixed, trust, NOW, nonce),
        PassCase(paper, trust, NOW),
        PassCase(paper, trust, NOW, None, snapshot_content(snapshot), paper=True),
        PassCase(answered, trust, NOW, nonce, snapshot_content(snapshot)),
        PassCase(paper, {}, NOW, paper=True),
        *(
            PassCase(paper, trust, at, paper=True)
            for at in (NOW, ends, ends + SECOND, NOW - timedelta(hours=2))
        ),
        PassCase(MAKER.text(), TRUST, NOW, paper=True),
        PassCase(broken_at(answered, 9), trust, NOW, nonce),
    ]
    wanted = []
    for case in cases:
        known = snapshot if case.revoked else None
        by_trust = MAKER.trust if case.trust is TRUST else maker.trust
        held = by_trust if case.trust else Trust()
        said = judge_pass(case.text, held, case.at, case.nonce, known, paper=case.paper)
        wanted.append([said.reason.value, *said.remarks])
    found = pass_reasons(scripts, cases)
    # What Python says beside a refusal is not shown, and not told here.
    assert [one[0] for one in found] == [one[0] for one in wanted]
    assert [a for a in found if a[0] == "valid"] == [b for b in wanted if b[0] == "valid"]
    assert len({one[0] for one in wanted}) > 15


def broken_at(text: str, at: int) -> str:
    """The text with one character changed."""
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
