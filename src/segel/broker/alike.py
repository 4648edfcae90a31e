"""How alike a registration is to those that are here: the grades and scores of ``$match``. Pure."""

from collections.abc import Iterable

from segel.broker.messages import MatchLine, PatientLine
from segel.broker.pairing import traits_of
from segel.domain.patient import PatientIdentity
from segel.domain.person_matching import REVIEW_BITS, Comparison, Verdict, compare

CERTAIN, PROBABLE, POSSIBLE = "certain", "probable", "possible"


def graded(who: PatientIdentity, found: Iterable[PatientLine]) -> list[MatchLine]:
    """Those who may be ``who``, the likeliest first. Certain is only who has the same number and
    whom nothing speaks against (decision 028)."""
    traits = traits_of(who)
    lines = []
    for line in found:
        comparison = compare(traits, traits_of(line.identity))
        if comparison.verdict is not Verdict.DIFFERENT:
            score = score_of(comparison.bits)
            lines.append(MatchLine(line.patient_id, line.identity, _grade(comparison), score))
    return sorted(lines, key=lambda one: (one.grade != CERTAIN, -one.score, one.patient_id))


def score_of(bits: float) -> float:
    """Evidence as a share of 1: even odds where somebody begins to be asked, and twice or half of
    them with each bit more or less."""
    return round(1 / (1 + 2 ** (REVIEW_BITS - bits)), 4)


def _grade(comparison: Comparison) -> str:
    if comparison.verdict is Verdict.SAME:
        return CERTAIN
    return PROBABLE if comparison.bits >= REVIEW_BITS else POSSIBLE
