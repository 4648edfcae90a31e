"""Distinct-patient budgets: pure decisions over what an account has touched.

A patient whose record was opened within a window counts one, one who was only listed in a search
result counts a fifth. Windows slide. The store keeps one sealed row for each patient an account
touched; here it is decided whether one more fits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from segel.broker.messages import BudgetUse
from segel.domain.roles import Role

FIFTHS: Final = 5
"""Costs are whole fifths of a patient, so that sums are exact."""

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
MONTH_S: Final = 30 * DAY_S

_TOLD_NAMESPACE: Final = UUID("6d4c3d41-0f0e-4a7b-8a53-3f3a9d0c7a55")
_EXPORT_NAMESPACE: Final = UUID("4a1b6ce2-63a2-4a55-9a86-0d6e8c1d52b7")
_LINK_NAMESPACE: Final = UUID("b1f0a7de-3c86-4d55-8f0e-52f5ac0a7e19")
_STORE_NAMESPACE: Final = UUID("0f6f2b5e-3f5b-4d0e-9d1a-6f0a5f6b7c11")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``patients`` distinct ones within ``seconds``."""

    window: str
    seconds: int
    patients: int


def limits_of(hour: int, day: int, month: int) -> tuple[Limit, ...]:
    """So many patients in an hour, in a day, in thirty days."""
    return (
        Limit("hour", HOUR_S, hour),
        Limit("day", DAY_S, day),
        Limit("month", MONTH_S, month),
    )


READ_LIMITS: Final[Mapping[Role, tuple[Limit, ...]]] = {
    Role.CLINICIAN: limits_of(30, 120, 600),
    Role.RADIOLOGIST: limits_of(60, 200, 3_000),
    Role.RADIOGRAPHER: limits_of(60, 200, 3_000),
    Role.MODALITY: limits_of(60, 200, 3_000),
    Role.HOSPITAL_SYSTEM: limits_of(60, 200, 3_000),
    # A fifth of these for each person whose registration is listed.
    Role.RECORDS_OFFICER: limits_of(60, 200, 3_000),
    Role.LABORATORY: limits_of(0, 0, 0),
    # As many as a hospital's systems write of; counted apart from what people open.
    Role.NATIONAL_PLATFORM: limits_of(500, 3_000, 60_000),
    # Travellers, not patients: a counter sees three a minute, and each listed costs a fifth.
    Role.PORT_HEALTH_OFFICER: limits_of(300, 1_500, 20_000),
    # They compare pseudonyms under a warrant, which has a cap of its own.
    Role.INCIDENT_OFFICER: limits_of(0, 0, 0),
    Role.CASE_GUEST: limits_of(0, 0, 0),
    Role.DATA_PROTECTION_OFFICER: limits_of(0, 0, 0),
    Role.ADMINISTRATOR: limits_of(0, 0, 0),
    Role.PATIENT: limits_of(0, 0, 0),
}
STORE_LIMITS: Final[Mapping[Role, tuple[Limit, ...]]] = {
    # A busy hospital images some hundred people a day; an import of its past is ten times that.
    Role.MODALITY: limits_of(5_000, 20_000, 200_000),
    Role.RADIOGRAPHER: limits_of(500, 2_000, 20_000),
    Role.HOSPITAL_SYSTEM: limits_of(5_000, 20_000, 200_000),
    Role.RECORDS_OFFICER: limits_of(500, 2_000, 20_000),
    # A day of a large laboratory, or the backlog of an epidemic.
    Role.LABORATORY: limits_of(5_000, 20_000, 200_000),
}


EXPORT_LIMITS: Final = limits_of(2_000, 10_000, 60_000)
"""Distinct patients of exported audit entries: random ids and no names, so far more than a reader
opens; a hospital's year is many days' work, and each page stands in the log."""


LINK_LIMITS: Final = limits_of(200, 1_000, 10_000)
"""Distinct patients of a hospital whose links strangers open: counted apart, so that whoever found
a heap of links neither opens them all nor keeps those who treat from their patients."""


def link_subject(hospital: UUID) -> UUID:
    """The subject under which openings of links of a hospital's patients are counted."""
    return uuid5(_LINK_NAMESPACE, hospital.hex)


def export_subject(account: UUID) -> UUID:
    """The subject under which an account's exports of audit entries are counted."""
    return uuid5(_EXPORT_NAMESPACE, account.hex)


def told_subject(account: UUID) -> UUID:
    """The subject under which patients of whom the national platform is told are counted."""
    return uuid5(_TOLD_NAMESPACE, account.hex)


def store_subject(account: UUID) -> UUID:
    """The subject under which an account's stores are counted, apart from what it reads."""
    return uuid5(_STORE_NAMESPACE, account.hex)


@dataclass(slots=True)
class Touch:
    """When (Unix seconds) a patient was last opened and last listed; 0 for never."""

    opened_s: float = 0.0
    listed_s: float = 0.0

    def fifths(self, since_s: float) -> int:
        """What this patient costs in a window that began at ``since_s``."""
        if self.opened_s > since_s:
            return FIFTHS
        return 1 if self.listed_s > since_s else 0

    def touched(self, now_s: float, *, opened: bool) -> "Touch":
        """This patient, touched once more."""
        return Touch(now_s, self.listed_s) if opened else Touch(self.opened_s, now_s)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a touch does not fit: the window that is full, and when it lets one more in."""

    limit: Limit
    retry_after_s: int


def decide(
    touches: Mapping[bytes, Touch],
    patients: Iterable[bytes],
    limits: Iterable[Limit],
    now_s: float,
    *,
    opened: bool,
) -> Refusal | None:
    """Whether ``patients`` (touch tokens) may all be touched now; None where they may."""
    wanted = {token: touches.get(token, Touch()) for token in patients}
    for limit in limits:
        since_s = now_s - limit.seconds
        more = sum(
            touch.touched(now_s, opened=opened).fifths(since_s) - touch.fifths(since_s)
            for touch in wanted.values()
        )
        if more <= 0:  # known patients cost nothing: the common case, and it needs no sum
            continue
        before = sum(touch.fifths(since_s) for touch in touches.values())
        if before + more > limit.patients * FIFTHS:
            return Refusal(limit, _seconds_until_room(touches.values(), limit, now_s))
    return None


def is_free(
    touches: Mapping[bytes, Touch],
    patient: bytes,
    limits: Iterable[Limit],
    now_s: float,
    *,
    opened: bool,
) -> bool:
    """Whether touching ``patient`` once more costs nothing in any window."""
    touch = touches.get(patient, Touch())
    again = touch.touched(now_s, opened=opened)
    return all(
        again.fifths(now_s - limit.seconds) == touch.fifths(now_s - limit.seconds)
        for limit in limits
    )


def use(touches: Iterable[Touch], limits: Iterable[Limit], now_s: float) -> list[BudgetUse]:
    """How full each window is."""
    known = list(touches)
    return [
        BudgetUse(
            window=limit.window,
            seconds=limit.seconds,
            used=sum(touch.fifths(now_s - limit.seconds) for touch in known) / FIFTHS,
            limit=limit.patients,
        )
        for limit in limits
    ]


def _seconds_until_room(touches: Iterable[Touch], limit: Limit, now_s: float) -> int:
    leaving = [
        touch.opened_s + limit.seconds - now_s
        for touch in touches
        if touch.opened_s > now_s - limit.seconds
    ]
    return max(1, int(min(leaving, default=float(limit.seconds))) + 1)
