"""A line of the table: figures, targets, and whether they are met."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bench.archives import ORTHANC, RAW, SEGEL
from bench.rounds import Figures

P50: Final = "p50_ms"
P99: Final = "p99_ms"
PER_S: Final = "per_s"


class Against(StrEnum):
    """What a target is set against."""

    ORTHANC = ORTHANC
    RAW = RAW
    MILLISECONDS = "ms"
    RATE = "a second"


@dataclass(frozen=True, slots=True)
class Target:
    """At least ``bound`` times a party's figure; or, in milliseconds, at most ``bound``; or, as a
    rate, at least ``bound``."""

    against: Against
    bound: float

    @property
    def wanted(self) -> str:
        """In words."""
        if self.against is Against.MILLISECONDS:
            return f"≤ {self.bound:g} ms"
        if self.against is Against.RATE:
            return f"≥ {self.bound:,.0f} a second"
        return f"≥ {self.bound:g} × {self.against}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a target; ``reached`` is None where there was nothing to compare with."""

    target: Target
    reached: float | None

    @property
    def met(self) -> bool | None:
        """Whether it is met."""
        if self.reached is None:
            return None
        if self.target.against is Against.MILLISECONDS:
            return self.reached <= self.target.bound
        return self.reached >= self.target.bound

    @property
    def words(self) -> str:
        """Met, or missed by how much."""
        if self.reached is None or self.met is None:
            return "not compared"
        if self.met:
            return "met"
        if self.target.against is Against.MILLISECONDS:
            return f"missed by {self.reached - self.target.bound:.1f} ms"
        return f"missed by {1 - self.reached / self.target.bound:.0%}"


@dataclass(frozen=True, slots=True)
class Line:
    """One measure. Figures are rates, higher is better; in ms each round's p99, lower is better,
    and ``extra`` has the percentiles of all rounds together, which a target is held against."""

    name: str
    title: str
    unit: str
    figures: dict[str, Figures]
    targets: tuple[Target, ...] = ()
    notes: str = ""
    extra: dict[str, float] = field(default_factory=dict)

    def ratio(self, party: str) -> Figures | None:
        """Segel over a party, round by round."""
        if party not in self.figures or self.unit == "ms":
            return None
        return self.figures[SEGEL].over(self.figures[party])

    @property
    def verdicts(self) -> list[Verdict]:
        """Each target with what was reached."""
        return [Verdict(target, self._reached(target)) for target in self.targets]

    def _reached(self, target: Target) -> float | None:
        if target.against is Against.MILLISECONDS:
            return self.extra[P99]
        if target.against is Against.RATE:
            return self.extra.get(PER_S, self.figures[SEGEL].median)
        ratio = self.ratio(target.against)
        return ratio.median if ratio is not None else None

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        ratios = {party: self.ratio(party) for party in (ORTHANC, RAW)}
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "rounds": {party: list(some.rounds) for party, some in self.figures.items()},
            "medians": {party: some.median for party, some in self.figures.items()},
            "ratios": {party: one.median for party, one in ratios.items() if one is not None},
            "targets": [
                {"wanted": one.target.wanted, "reached": one.reached, "met": one.met}
                for one in self.verdicts
            ],
            "extra": self.extra,
            "notes": self.notes,
        }
