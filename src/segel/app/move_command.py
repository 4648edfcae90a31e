"""``segel keys move``: every key to another KMS, and the old one emptied."""

from pathlib import Path
from typing import Final
from uuid import UUID

from rich.console import Console

from segel.app import home as homes
from segel.app.kms_description import kms_of
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.app.work_progress import follow
from segel.broker import BrokerClient, Requester
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose

console: Final = Console(soft_wrap=True, highlight=False)


class MoveUnclear(SegelError):
    """Neither a KMS to move to nor a move to finish."""

    code = "move-unclear"


def begin(home: Path, settings_file: Path, approval_id: UUID) -> None:
    """Have every key go to the KMS of a settings file, and show it until it is done."""
    kms = kms_of(settings_file, homes.at(home))
    ask(home, lambda operator: operator.moving.begin(kms, approval_id))
    work = follow(home)
    rate = f", {work.done / work.seconds:,.0f} a second" if work.seconds else ""
    console.print(
        f"{work.done:,} patients' keys moved{rate}. No object was touched.\n"
        "The old KMS still opens them. When you are sure of the new one, empty the old:\n"
        "segel keys move --finish"
    )


def go_on(home: Path) -> None:
    """Show a move that is under way."""
    report = ask(home, lambda operator: operator.keys.report())
    if not report.moving_from:
        raise MoveUnclear(
            "No keys are being moved.", remedy="Give the new KMS: segel keys move --to SETTINGS"
        )
    follow(home)
    console.print(f"Every key is in {report.adapter}; {report.moving_from[0]} is not emptied yet.")


def ask_for(home: Path, token: str, settings_file: Path | None = None) -> None:
    """Ask that others agree to a move to a KMS; without one, to the old KMS being emptied."""
    place = homes.at(home)
    read_status(place)
    kms = None if settings_file is None else kms_of(settings_file, place)

    async def asked(operator: BrokerClient) -> UUID:
        requester = Requester(token, Purpose.SYSTEM_ADMINISTRATION, "cli")
        return await operator.moving.ask(requester, kms)

    approval_id = ask(home, asked)
    what = "--finish" if settings_file is None else f"--to {settings_file}"
    console.print(
        f"Asked for; two others approve it: segel approvals approve {approval_id}\n"
        f"Then: segel keys move {what} --approval {approval_id}"
    )


def finish(home: Path, approval_id: UUID) -> None:
    """Empty the old KMS, as others agreed to."""
    before = ask(home, lambda operator: operator.keys.report())
    ask(home, lambda operator: operator.moving.finish(approval_id))
    follow(home)
    old = before.moving_from[0] if before.moving_from else "old KMS"
    console.print(
        f"The keys in the {old} KMS are destroyed; every key is in {before.adapter}.\n"
        "Set it in the settings, too, so that they say what is."
    )
