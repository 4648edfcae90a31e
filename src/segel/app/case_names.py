"""Which case is meant at the command line."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask
from segel.domain.errors import SegelError

CaseName = Annotated[str, typer.Argument(metavar="CASE", help="Its number (LK-…) or id.")]


class CaseInputBroken(SegelError):
    """A case, a time or a size that is none."""

    code = "case-input-broken"


def case_of(home: Path, token: str, named: str) -> UUID:
    """A case's id by its number or id. Raises CaseInputBroken."""
    try:
        return UUID(named)
    except ValueError:
        pass
    lines = ask(home, lambda broker: broker.cases.listed(requester_of(token)))
    found = [one.case_id for one in lines if one.number == named.strip().upper()]
    if len(found) != 1:
        raise CaseInputBroken(
            "There is no such case.", field="case", remedy="`segel leak list` shows them."
        )
    return found[0]
