"""How many distinct patients may be opened: by role, by hospital, in all. Defaults of design § 6.

A file may set others (``docs/reference/budgets.toml`` has every default)::

    [roles.clinician]
    hour = 30
    day = 120
    month = 600
    [hospital]        # of each hospital; without it they follow from how many patients it has
    hour = 500
    day = 2000
    month = 10000
    [estate]
    ...
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from segel.broker.budgets import (
    DAY_S,
    HOUR_S,
    MONTH_S,
    READ_LIMITS,
    STORE_LIMITS,
    Limit,
    limits_of,
)
from segel.domain.errors import SegelError
from segel.domain.roles import Role

PATIENTS_MAX: Final = 10_000_000
"""Beyond it a number is a slip: no estate opens so many in a month."""


class LimitsBroken(SegelError):
    """The budgets file cannot be used."""

    code = "budgets-broken"


class Share(msgspec.Struct, frozen=True):
    """A window's limit as a share of all patients, and never below a floor."""

    of_patients: float
    floor: int

    def of(self, patients: int) -> int:
        """The limit where there are so many patients."""
        return max(self.floor, int(self.of_patients * patients))


HOSPITAL_SHARES: Final = {
    HOUR_S: Share(0.005, 300),
    DAY_S: Share(0.02, 1_000),
    MONTH_S: Share(0.10, 5_000),
}
"""A hospital sees some hundred people a day, whatever lies in its archive: with 100,000 patients
2,000 a day leave room for a bad day. Its floors let a new hospital, all of whose patients are of
this month, work."""

ESTATE_SHARES: Final = {
    HOUR_S: Share(0.002, 600),
    DAY_S: Share(0.005, 2_000),
    MONTH_S: Share(0.05, 10_000),
}
"""Less than its hospitals' together: they do not all have a bad day at once, and whoever drains
many hospitals slowly is met here. Six million patients: 30,000 a day."""


class BudgetLimits(msgspec.Struct, frozen=True):
    """All limits. ``hospital`` and ``estate``: fixed ones, or None to follow from the size."""

    read: Mapping[Role, tuple[Limit, ...]] = msgspec.field(default_factory=lambda: READ_LIMITS)
    store: Mapping[Role, tuple[Limit, ...]] = msgspec.field(default_factory=lambda: STORE_LIMITS)
    hospital: tuple[Limit, ...] | None = None
    estate: tuple[Limit, ...] | None = None

    def reading(self, role: Role) -> tuple[Limit, ...]:
        """What an account of a role may open; a role that is not named opens nobody."""
        return self.read.get(role, NOBODY)

    def storing(self, role: Role) -> tuple[Limit, ...]:
        """For how many patients an account of a role may store."""
        return self.store.get(role, NOBODY)

    def of_hospital(self, patients: int) -> tuple[Limit, ...]:
        """What a hospital of so many patients may open in all."""
        return self.hospital or _derived(HOSPITAL_SHARES, patients)

    def of_estate(self, patients: int) -> tuple[Limit, ...]:
        """What all hospitals may open together."""
        return self.estate or _derived(ESTATE_SHARES, patients)


NOBODY: Final = limits_of(0, 0, 0)


def _derived(shares: Mapping[int, Share], patients: int) -> tuple[Limit, ...]:
    return limits_of(*(shares[seconds].of(patients) for seconds in (HOUR_S, DAY_S, MONTH_S)))


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hour: int
    day: int
    month: int


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: dict[Role, _Row] = {}
    hospital: _Row | None = None
    estate: _Row | None = None


def read_limits(values: dict[str, Any]) -> BudgetLimits:
    """Limits from a budgets file's content; what it does not name stays. Raises LimitsBroken."""
    try:
        file = msgspec.convert(values, _File)
    except msgspec.ValidationError as error:
        raise LimitsBroken(
            f"{error}.", field="budgets", remedy="docs/reference/budgets.toml shows what it takes."
        ) from None
    return BudgetLimits(
        read={**READ_LIMITS, **{role: _checked(row, role) for role, row in file.roles.items()}},
        hospital=_checked(file.hospital, "hospital") if file.hospital else None,
        estate=_checked(file.estate, "estate") if file.estate else None,
    )


def _checked(row: _Row, name: str) -> tuple[Limit, ...]:
    if not 0 <= row.hour <= row.day <= row.month <= PATIENTS_MAX:
        raise LimitsBroken(
            "A longer window cannot hold fewer patients, and none holds a negative number.",
            field=f"budgets.{name}",
            remedy="Write hour <= day <= month.",
        )
    return limits_of(row.hour, row.day, row.month)
