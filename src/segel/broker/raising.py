"""A request for more than the budget's limit: what is asked, and what is done when it is approved.

An account asks for itself, an officer for the hospital. See ``approvals`` for who decides.
"""

from typing import Final
from uuid import UUID

import psycopg

from segel.broker.approval_rules import Approval, Subject
from segel.broker.approvals import Concern, Matter
from segel.broker.directory import LiveSession
from segel.broker.errors import RaiseBroken
from segel.broker.policy import Permission
from segel.broker.raises import Raise, Raises

ACCOUNT: Final = "account"
HOSPITAL: Final = "hospital"
MORE: Final = "more"
HOURS: Final = "hours"

MORE_MAX: Final = {ACCOUNT: 500, HOSPITAL: 20_000}
"""Patients: what two people can oversee for one account is about a month's usual work."""

HOURS_MAX: Final = 7 * 24
"""Whoever needs more for longer needs another limit: in the budgets file."""

HOUR_S: Final = 3_600


class Raising:
    """The matter of ``ApprovalKind.BUDGET_RAISE``. Its subject: whose, how many more, how long."""

    def __init__(self, raises: Raises) -> None:
        self._raises = raises

    def matter(self) -> Matter:
        """Raises the limit with the approval that was missing."""
        return Matter(self._check, effect=self._raise)

    async def _check(self, session: LiveSession, subject: Subject) -> Concern:
        whose = ACCOUNT if ACCOUNT in subject else HOSPITAL
        if set(subject) != {whose, MORE, HOURS}:
            raise _broken("subject", "Name account or hospital, more, and hours.")
        own = session.claims.account_id if whose == ACCOUNT else session.hospital_id
        if subject[whose] != str(own):
            raise _broken(whose, "Ask for the own account, or for the own hospital.")
        more = _number(subject, MORE, MORE_MAX[whose])
        hours = _number(subject, HOURS, HOURS_MAX)
        assert session.hospital is not None
        name = session.account.name if whose == ACCOUNT else session.hospital.name
        return Concern(
            session.hospital_id,
            {"of": whose, "name": name, MORE: str(more), HOURS: str(hours)},
            Permission.BUDGET_ASK if whose == ACCOUNT else Permission.APPROVAL_REQUEST,
        )

    async def _raise(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval
    ) -> None:
        subject = approval.subject
        whose = UUID(subject.get(ACCOUNT) or subject[HOSPITAL])
        until_s = approval.used_s + int(subject[HOURS]) * HOUR_S
        more = Raise(int(subject[MORE]), until_s, f"approval {approval_id}")
        await self._raises.add(cursor, whose, more)


def _number(subject: Subject, name: str, most: int) -> int:
    text = subject[name]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= most or str(number) != text:
        raise _broken(name, f"Write a whole number from 1 to {most}.")
    return number


def _broken(field: str, remedy: str) -> RaiseBroken:
    return RaiseBroken("This request for more cannot be made.", field=field, remedy=remedy)
