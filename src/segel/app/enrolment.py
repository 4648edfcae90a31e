"""What the operator enrols through the broker's own socket: hospitals, people, devices, tokens."""

from typing import Final
from uuid import UUID

from segel.broker import BrokerClient
from segel.domain.roles import Role

IMPORT_TOKEN_S: Final = 12 * 3600
"""Long enough for a night's import."""


async def import_token(operator: BrokerClient, hospital_code: str) -> str:
    """A token of the hospital's importing system, which may store. Raises Forbidden."""
    account = await operator.enrol_account(
        f"segel import {hospital_code}", Role.MODALITY, hospital_code
    )
    return (await operator.issue_token(account, IMPORT_TOKEN_S)).token


async def person_token(operator: BrokerClient, account: UUID, days: int) -> str:
    """A token of a demo person."""
    return (await operator.issue_token(account, days * 86_400)).token
