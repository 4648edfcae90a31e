"""How a hospital's accounts are used, as its officers see it. No patient is in it."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.own import BudgetUse, RaiseLine
from segel.domain.roles import Role


class AccountUse(msgspec.Struct, frozen=True):
    """One account: its windows, what was raised, and the freezes that hold of it."""

    account_id: UUID
    name: str
    role: Role
    windows: list[BudgetUse]
    more: list[RaiseLine]
    freezes: list[UUID]


class UseReport(Message, frozen=True):
    """A hospital's accounts, and what it and the whole estate have used."""

    accounts: list[AccountUse]
    hospital: list[BudgetUse]
    hospital_more: list[RaiseLine]
    estate: list[BudgetUse]
    complete: bool


class ListUse(Message, frozen=True):
    """The asking officer's hospital."""

    requester: Requester


Request = ListUse
Reply = UseReport
