"""What the operator enrols through the broker's own socket: hospitals, people, devices, tokens."""

from pathlib import Path
from typing import Final
from uuid import UUID

from rich.console import Console

from segel.access import require_ae_title
from segel.app.operator import ask
from segel.app.settings import endpoint
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


async def laboratory_token(operator: BrokerClient, hospital_code: str) -> str:
    """A token of the hospital's importing system, which writes results. Raises Forbidden."""
    account = await operator.enrol_account(
        f"segel lab {hospital_code}", Role.HOSPITAL_SYSTEM, hospital_code
    )
    return (await operator.issue_token(account, IMPORT_TOKEN_S)).token


async def person_token(operator: BrokerClient, account: UUID, days: int) -> str:
    """A token of a demo person."""
    return (await operator.issue_token(account, days * 86_400)).token


def add_hospital(folder: Path, code: str, name: str) -> None:
    """Enrol a hospital. Raises NotRunning, BrokerError."""
    ask(folder, lambda operator: operator.enrol_hospital(code, name))
    _say(f"Hospital {code} is enrolled.")


def add_peer(
    folder: Path,
    ae_title: str,
    hospital: str,
    called: str,
    listens: str | None,
    certificates: list[Path],
) -> None:
    """Enrol a DIMSE peer. Raises AeTitleInvalid, SettingsBroken, CertificateBroken, NotRunning,
    BrokerError."""
    for field, title in (("AE title", ae_title), ("called AE title", called)):
        require_ae_title(field, title)
    host, port = endpoint(listens, "listens") if listens else ("", 0)
    from segel.imaging.dimse import (
        key_in,  # all of DICOM: a second that other commands need not wait
    )

    keys = tuple(key_in(certificate.read_bytes()) for certificate in certificates)
    ask(
        folder,
        lambda operator: operator.enrol_peer(
            ae_title, called, hospital, host=host, port=port, keys=keys
        ),
    )
    by = " by TLS, with its certificate" if keys else ""
    _say(f"{ae_title.strip()} of {hospital} is enrolled; it must call {called.strip()}{by}.")


def _say(line: str) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(line)
