"""A bulk export as a value, and what of it may still be done. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.approval_rules import DAY_S
from segel.broker.errors import (
    ExportRefused,
    ExportUnclear,
    ExportUnknown,
    ExportWaiting,
    no_such_export,
)
from segel.broker.messages import PART_PATIENTS, ApprovalState
from segel.domain.consent import OPT_IN, Decision, Rule, decided
from segel.domain.purpose import Purpose
from segel.domain.records import CHART_TYPES
from segel.domain.scopes import IMAGING

EXPORTED_TYPES: Final = (*CHART_TYPES, IMAGING)
"""What a patient's record is made of."""

GIVEN_S: Final = 7 * DAY_S
"""How long an approved export gives its files: a week with its weekend, as to approve it."""

PATIENTS_MAX: Final = 250_000
"""Of a larger hospital nobody could look through what is asked for; and their list, 4 MB, is still
written at once."""

WAITING_MAX: Final = 3
"""Exports of one account that are asked for or open: nobody has more of them in hand."""

RECIPIENT_LENGTH_MAX: Final = 120


class Export(msgspec.Struct, frozen=True):
    """An export as it is sealed in its row. Times are Unix times, 0 for never.

    ``address``: the request as the client made it, without personal data. What is exported is as it
    stood at ``asked_s``: of what comes later, those who approve know nothing.
    """

    hospital_id: UUID
    account_id: UUID
    recipient: str
    purpose: Purpose
    types: tuple[str, ...]
    since_s: float
    address: str
    patients: int
    asked_s: float
    approved_s: float = 0.0
    ended_s: float = 0.0

    @property
    def parts(self) -> int:
        """Files of each type; of nobody there is none."""
        return -(-self.patients // PART_PATIENTS)

    @property
    def gives_until_s(self) -> float:
        """Until when it gives files, once it is approved."""
        return self.approved_s + GIVEN_S


def checked_recipient(name: str) -> str:
    """To whom an export goes. Raises ExportUnclear."""
    stripped = " ".join(name.split())
    if not stripped or len(stripped) > RECIPIENT_LENGTH_MAX or not stripped.isprintable():
        raise ExportUnclear(
            "It is not said to whom the export goes, or not briefly.",
            field="recipient",
            remedy=f"Name the recipient, an organisation, in at most {RECIPIENT_LENGTH_MAX}"
            " characters.",
        )
    return stripped


def checked_types(types: Iterable[str]) -> tuple[str, ...]:
    """Types of resources, each once and in their order. Raises ExportUnclear."""
    wanted = set(types)
    if not wanted <= set(EXPORTED_TYPES):
        raise ExportUnclear(
            "One of these types is not part of patients' records here.",
            field="_type",
            remedy=f"Use some of {', '.join(EXPORTED_TYPES)}.",
        )
    return tuple(one for one in EXPORTED_TYPES if one in wanted)


def checked_count(patients: Sequence[UUID]) -> int:
    """How many patients an export takes. Raises ExportUnclear."""
    if len(patients) > PATIENTS_MAX:
        raise ExportUnclear(
            f"The hospital has more than {PATIENTS_MAX:,} patients: that is no export but a copy of"
            " the archive.",
            remedy="Read the patients who are needed, or ask the operator.",
        )
    return len(patients)


def require_open(export: Export, account_id: UUID, state: ApprovalState, now_s: float) -> None:
    """Return where an account's export gives files now. Raises ExportUnknown, ExportRefused,
    ExportWaiting."""
    require_known(export, account_id, state, now_s)
    if not export.approved_s:
        raise ExportWaiting(
            "The export is not approved yet.", remedy="Two people have to approve it: ask again."
        )


def require_known(export: Export, account_id: UUID, state: ApprovalState, now_s: float) -> None:
    """Return where an account's export is still to be had. Raises ExportUnknown, ExportRefused."""
    if export.account_id != account_id or export.ended_s:
        raise no_such_export()
    if export.approved_s:
        if export.gives_until_s <= now_s:
            raise no_such_export()
    elif state is ApprovalState.REJECTED:
        raise ExportRefused(
            "Those who have to approve the export rejected it.",
            remedy="The page of approvals says why; make a new request.",
        )
    elif state is not ApprovalState.WAITING:
        raise no_such_export()


def is_over(export: Export, state: ApprovalState, now_s: float) -> bool:
    """Whether an export will never give anything any more."""
    try:
        require_known(export, export.account_id, state, now_s)
    except (ExportUnknown, ExportRefused):
        return True
    return False


def decision_on(rules: Iterable[Rule], purpose: Purpose, now_s: float) -> Decision | None:
    """What holds for an export of a patient's record: where a purpose takes their permission,
    nothing said is no."""
    stated = decided(rules, purpose, now_s)
    return Decision.DENY if stated is None and purpose in OPT_IN else stated
