"""``segel account list`` and ``token``: the demo people and their tokens."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.broker.messages import DemoAccount
from segel.domain.errors import SegelError


class AccountUnknown(SegelError):
    """No demo person of this name."""

    code = "account-unknown"


def show(folder: Path) -> None:
    """Print the demo people."""
    table = Table(box=None, pad_edge=False)
    for title in ("name", "role", "hospital"):
        table.add_column(title)
    for account in ask(folder, _people):
        table.add_row(account.display_name, account.role, account.hospital_name)
    Console().print(table)


def print_token(folder: Path, name: str, hours: int) -> None:
    """Print a new token of the person called ``name``. Raises AccountUnknown."""

    async def issue(operator: BrokerClient) -> str:
        people = await operator.demo_accounts()
        found = [one for one in people if one.display_name.casefold() == name.casefold()]
        if not found:
            raise AccountUnknown(
                "No demo person has this name.",
                field="name",
                remedy="`segel account list` shows them; there are none without --demo.",
            )
        return (await operator.issue_token(found[0].account_id, hours * 3600)).token

    print(ask(folder, issue))  # noqa: T201 - the command's output, alone on its line


async def _people(operator: BrokerClient) -> list[DemoAccount]:
    return await operator.demo_accounts()
