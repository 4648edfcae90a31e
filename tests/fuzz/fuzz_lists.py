"""Fuzz what a verifier takes along: signed lists, sets of rules, batches of revocations, CertLogic.

Only their own refusals may leave. Run by hand, for as long as wanted:

    python tests/fuzz/fuzz_lists.py CORPUS -max_total_time=600
"""

import contextlib
import sys
from datetime import UTC, datetime

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["segel.cards"]):
    from segel.cards import CardRefused, ListRefused, ListType, TrustBroken, read_list
    from segel.cards.certlogic import CertLogicBroken, demand_expression, evaluate, is_true
    from segel.cards.dcc_revocations import BatchBroken, batch_of
    from segel.cards.json_reading import read_object
    from segel.cards.rule_lists import RulesBroken, rule_set_of, rule_sets_in
    from segel.cards.snapshot import snapshot_in
    from segel.cards.trust_files import entries_of
    from segel.cards.trust_lists import trust_in

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


def exercise(data: bytes) -> None:
    """Everything that reads what a publisher, or somebody in between, wrote."""
    for kind in ListType:
        with contextlib.suppress(ListRefused):
            read_list(data, kind, set(), NOW)
    with contextlib.suppress(RulesBroken):
        rule_set_of(data)
    with contextlib.suppress(BatchBroken):
        batch_of(data)
    with contextlib.suppress(TrustBroken):
        entries_of(data, "https://a.example")
    try:
        content = read_object(data)
    except CardRefused:
        return
    for parse in (trust_in, rule_sets_in, snapshot_in):
        with contextlib.suppress(ListRefused):
            parse(content)
    with contextlib.suppress(CertLogicBroken):
        is_true(evaluate(content.get("logic"), content))
    with contextlib.suppress(CertLogicBroken):
        demand_expression(content)


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()
