"""``segel leak columns``: what a sample's columns hold, as it was recognised, and as it is."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask
from segel.domain.strangers import neutral

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker import BrokerClient
    from segel.leaks.examining import Corrections
    from segel.leaks.model import ColumnKind

console = Console(soft_wrap=True, highlight=False, markup=False)


def kinds_said(texts: list[str] | None) -> dict[str, "ColumnKind"]:
    """What ``--column`` says. Raises BadParameter."""
    from segel.leaks.examining import CorrectionsBroken
    from segel.leaks.examining.corrections import kinds_of

    try:
        return kinds_of(texts or ())
    except CorrectionsBroken as broken:
        raise typer.BadParameter(
            f"{broken.what} {broken.remedy}", param_hint="--column"
        ) from broken


def columns(
    case: CaseName,
    token: PersonsToken,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.COLUMN=KIND", help="What a column holds, if not what it says."),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.COLUMN", help="As it was recognised."),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Show what the last examination took each column for, and correct it: the next one heeds that.

    A column without a name has its number, from 0.
    """
    from segel.app.leak_examining import corrections_of
    from segel.leaks.examining import CORRECTIONS, SAMPLE, Examination

    case_id, who = case_of(home, token, case), requester_of(token)
    changes = {**dict.fromkeys(forget or ()), **kinds_said(column)}

    async def asked(broker: "BrokerClient") -> tuple["Corrections", bytes | None]:
        view = await broker.cases.show(who, case_id)
        known, version = await corrections_of(broker, who, view)
        if changes:
            known = known.with_kinds(changes)
            await broker.cases.put_finding(who, case_id, CORRECTIONS, known.packed(), version)
        if all(one.kind != SAMPLE for one in view.findings):
            return known, None
        return known, (await broker.cases.finding(who, case_id, SAMPLE)).body

    known, body = ask(home, asked)
    if body is None:
        console.print("Nothing was examined yet: segel leak match.")
        return
    import msgspec

    for table in msgspec.json.decode(body, type=Examination).tables:
        console.print(f"{neutral(table.name)}: {table.rows:,} rows")
        for at, one in enumerate(table.columns):
            name = one.name or str(at)
            corrected = known.kinds.get(f"{table.name}.{name}")
            said = f"{one.kind}, {one.confidence:.0%} sure"
            console.print(f"  {neutral(name)}: {f'{corrected} (corrected)' if corrected else said}")
