"""The ladder: from columns to numbers to fields to images, and what speaks for another source.

Each rung says what it sees and how often that misleads. The answer rests on the shares of rows
(``shares``), never on one rung: a list of citizens passes the rung of the identifiers, too.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.model import (
    ImageMatch,
    Judgement,
    MatchLevel,
    PersonRow,
    RowMatch,
    SampleTable,
    Step,
    StepResult,
    Verdict,
)
from segel.leaks.verdict.counting import unique
from segel.leaks.verdict.forged import Invention, invention
from segel.leaks.verdict.shapes import HEADERS_MIN, Structure, structures
from segel.leaks.verdict.shares import FOREIGN_MAX, OURS_MIN, Shares, shares
from segel.leaks.verdict.signatures import tally

STRONG_MIN: Final = 3
"""Rows with what only we hold that it takes to say *ours* or *mixed*: one or two happen."""

ROWS_MIN: Final = 10
"""Rows that say enough to be judged. Fewer give no share."""

HIDDEN_MAX: Final = 0.2
"""Up to this share of rows that cannot be compared, and may be ours, the others answer for all."""

SURE: Final = 0.9
"""How likely an answer has to be. Below it the answer is *undetermined*."""

WEAK_MATCHED: Final = 0.6
"""Where no column could show that it is ours, this share of our patients is no accident of overlap
any more, and no proof either."""

ERROR_MIN: Final = 0.003
"""No answer claims less: a thousand forged samples without one wrong answer show no more."""

IMAGE_BITS_MIN: Final = 20.0
"""Evidence at which an image counts as ours: fewer than one in a million others have it."""


class Sample(msgspec.Struct, frozen=True):
    """What is judged. ``rows``: each with what the matcher says of it; rows of tables without
    people are left out. ``by_chance``: rows of random people that would be recognised, per row.
    ``sealed``: files that are sealed objects of ours, as their commitments show."""

    tables: tuple[SampleTable, ...]
    rows: tuple[tuple[PersonRow, RowMatch], ...]
    images: tuple[ImageMatch, ...] = ()
    by_chance: float = 0.0
    sealed: int = 0


def judge(sample: Sample) -> Judgement:
    """Climb the ladder."""
    kept = unique(sample.rows)
    found = shares(tally(kept), sample.by_chance)
    made_up = invention([row for row, match in kept if not match.pseudonym])
    verdict, error = _answer(sample, found)
    steps = (
        _structure(structures(sample.tables), sample.sealed),
        _identifiers(kept, found),
        _fields(kept, found),
        _misspelt(kept, sample.by_chance),
        _images(sample.images),
        _foreign(found, made_up),
    )
    return Judgement(verdict, max(error, ERROR_MIN), steps)


def shares_of(sample: Sample) -> Shares:
    """The shares that the answer rests on."""
    return shares(tally(unique(sample.rows)), sample.by_chance)


def _answer(sample: Sample, found: Shares) -> tuple[Verdict, float]:
    if sample.sealed and found.rows < ROWS_MIN:
        return Verdict.OURS, ERROR_MIN  # nobody else has made these objects, and nobody reads them
    if found.rows < ROWS_MIN and (images := _image_answer(sample.images)):
        return images, ERROR_MIN
    if found.rows < ROWS_MIN and not found.decoys:
        return Verdict.UNDETERMINED, 1.0
    regions = _regions(found)
    verdict, chance = max(regions.items(), key=lambda one: one[1])
    proven = found.strong >= STRONG_MIN or found.decoys > 0
    if verdict is not Verdict.NOT_OURS and not proven:
        return Verdict.UNDETERMINED, 1 - chance
    if verdict is Verdict.NOT_OURS and not found.strong and _could_hide(found):
        return Verdict.UNDETERMINED, 1 - chance
    if verdict is Verdict.NOT_OURS and found.hidden > HIDDEN_MAX * (found.rows + found.hidden):
        return Verdict.UNDETERMINED, 1 - chance
    return (verdict if chance >= SURE else Verdict.UNDETERMINED), 1 - chance


def _could_hide(found: Shares) -> bool:
    """Whether nearly all are patients of ours, and only the columns that would show it lack."""
    return found.recognised >= WEAK_MATCHED * found.rows and found.ours_high > OURS_MIN


def _regions(found: Shares) -> Mapping[Verdict, float]:
    """How likely the true share of ours lies in the region of each answer."""
    return {
        Verdict.NOT_OURS: found.hardly_any,
        Verdict.OURS: found.nearly_all,
        Verdict.MIXED: 1 - found.hardly_any - found.nearly_all,
    }


def _structure(found: Sequence[Structure], sealed: int) -> StepResult:
    only_one = [one for one in found if one.headings >= HEADERS_MIN and len(one.fits) == 1]
    if sealed or only_one or any(one.sealed for one in found):
        says = Verdict.OURS
    elif found and all(one.strange or not one.fits for one in found):
        says = Verdict.NOT_OURS
    else:
        says = Verdict.UNDETERMINED
    figures = {
        "tables": float(len(found)),
        "sealed": float(sealed),
        "headings": max((one.headings for one in found), default=0.0),
        "strange": float(sum(len(one.strange) for one in found)),
    }
    evidence = tuple(f"shape:{name}" for one in found for name in one.fits[:1])
    return StepResult(Step.STRUCTURE, says, figures, evidence, 0.3)


def _identifiers(rows: Sequence[tuple[PersonRow, RowMatch]], found: Shares) -> StepResult:
    exact = sum(match.level is MatchLevel.IDENTIFIER for _, match in rows)
    share = exact / len(rows) if rows else 0.0
    says = Verdict.UNDETERMINED if share > OURS_MIN or not rows else Verdict.NOT_OURS
    return StepResult(
        Step.IDENTIFIERS,
        says,  # a number that we hold others hold, too: this rung never says *ours*
        {"rows": float(len(rows)), "recognised": float(exact), "by_chance": found.by_chance},
        error=0.05,
    )


def _fields(rows: Sequence[tuple[PersonRow, RowMatch]], found: Shares) -> StepResult:
    says = (
        Verdict.UNDETERMINED
        if found.rows < ROWS_MIN
        else Verdict.OURS
        if found.strong and found.ours_low > 1 - FOREIGN_MAX - 0.05
        else Verdict.MIXED
        if found.strong >= STRONG_MIN and found.ours_low > OURS_MIN
        else Verdict.NOT_OURS
        if found.ours_high < OURS_MIN
        else Verdict.UNDETERMINED
    )
    only_fields = sum(match.level is MatchLevel.FIELDS for _, match in rows)
    figures = {
        "strong": float(found.strong),
        "decoys": float(found.decoys),
        "by_fields": float(only_fields),
        "ours": found.ours,
        "ours_low": found.ours_low,
        "ours_high": found.ours_high,
    }
    return StepResult(Step.FIELDS, says, figures, error=ERROR_MIN if found.strong else 0.2)


def _misspelt(rows: Sequence[tuple[PersonRow, RowMatch]], by_chance: float) -> StepResult:
    those = sum(match.level is MatchLevel.MISSPELT for _, match in rows)
    says = Verdict.UNDETERMINED
    return StepResult(
        Step.MISSPELT,
        says,
        {"recognised": float(those), "by_chance": by_chance * len(rows)},
        error=0.2,
    )


def _images(found: Sequence[ImageMatch]) -> StepResult:
    says = _image_answer(found) or Verdict.UNDETERMINED
    figures = {
        "compared": float(len(found)),
        "recognised": float(sum(is_ours(one) for one in found)),
    }
    return StepResult(Step.IMAGES, says, figures, error=1e-4 if found else 1.0)


def is_ours(image: ImageMatch) -> bool:
    """Whether an image is one that the archive holds: of whom it knows. Of which series need not be
    certain, where two of the same patient are as like."""
    return bool(image.pseudonym) and (
        image.how in ("pixel-hash", "uid") or image.bits >= IMAGE_BITS_MIN
    )


def _image_answer(found: Sequence[ImageMatch]) -> Verdict | None:
    ours = sum(is_ours(one) for one in found)
    if ours < STRONG_MIN:
        return None
    return Verdict.OURS if ours >= (1 - FOREIGN_MAX) * len(found) else Verdict.MIXED


def _foreign(found: Shares, made_up: Invention) -> StepResult:
    if made_up.score >= 0.5 or found.same_people + found.foreign > 1 - OURS_MIN:
        says = Verdict.NOT_OURS if found.ours_high < OURS_MIN * 2 else Verdict.MIXED
    else:
        says = Verdict.UNDETERMINED
    figures = {
        "same_people": found.same_people,
        "foreign": found.foreign,
        "made_up": made_up.score,
        "impossible": made_up.impossible,
        "disagreeing": made_up.disagreeing,
        "high_serials": made_up.high_serials,
        "stepping": made_up.stepping,
        "repeated": made_up.repeated,
    }
    return StepResult(Step.FOREIGN, says, figures, error=0.1)
