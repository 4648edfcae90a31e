"""``segel leak extent`` and ``segel leak origin``: what an examination found of a leak."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken, moment
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker import BrokerClient
    from segel.leaks.examining.results import Extent, Lead, Traced

console = Console(soft_wrap=True, highlight=False, markup=False)

AsJson = Annotated[bool, typer.Option("--json", help="All of it, as the case keeps it.")]


def extent(
    case: CaseName, token: PersonsToken, as_json: AsJson = False, home: HomeFolder = DEFAULT_HOME
) -> None:
    """How much of ours there is: people, hospitals and fields in the sample, how many in the whole,
    between which moments it was copied, and whether the seller's claim is plausible."""
    import msgspec

    from segel.leaks.examining.results import EXTENT, Extent

    body = _finding(case, token, home, EXTENT)
    if as_json:
        typer.echo(msgspec.json.format(body).decode())
    else:
        say_extent(msgspec.json.decode(body, type=Extent))


def origin(
    case: CaseName, token: PersonsToken, as_json: AsJson = False, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Through whom it may have left, the likeliest first, each with what speaks for and against it.

    Nobody is named below 90 %: then the list is where to look, and no accusation.
    """
    import msgspec

    from segel.leaks.examining.results import ORIGIN, Traced

    body = _finding(case, token, home, ORIGIN)
    if as_json:
        typer.echo(msgspec.json.format(body).decode())
    else:
        say_origin(msgspec.json.decode(body, type=Traced))


def _finding(case: CaseName, token: PersonsToken, home: HomeFolder, kind: str) -> bytes:
    case_id = case_of(home, token, case)
    who = requester_of(token)

    async def asked(broker: "BrokerClient") -> bytes:
        return (await broker.cases.finding(who, case_id, kind)).body

    return ask(home, asked)


def say_extent(found: "Extent") -> None:
    """Print an extent."""
    if not found.people:
        console.print("Extent: nobody of ours is recognised.")
        return
    console.print(
        f"Extent: {found.people:,} people of ours among {found.rows:,} rows that were looked at"
    )
    for name, count in sorted(found.hospitals.items(), key=lambda one: -one[1]):
        console.print(f"  hospital {name}: {count:,} people")
    fields = ", ".join(f"{kind} {count:,}" for kind, count in sorted(found.fields.items()))
    console.print(f"  fields, by rows: {fields}")
    start = moment(found.start_s) if found.start_s is not None else "the beginning"
    end = moment(found.end_s) if found.end_s is not None else "now"
    manner = "at one moment" if found.at_once else "over some time, or of several copies"
    console.print(f"  copied between {start} and {end}, {manner}")
    if found.estimate:
        console.print(
            f"  in the whole: {found.estimate:,.0f} people of ours, {found.low:,.0f} to"
            f" {found.high:,.0f} ({found.method})"
        )
    else:
        console.print(f"  in the whole: {found.low:,.0f} to {found.high:,.0f} people of ours")
    evenness = "nothing shows that it is uneven" if found.even else "from one corner, not the whole"
    console.print(f"  the draw: {evenness}")
    console.print(
        f"  the claim: {', '.join(found.claim)} (the archive holds {found.archive_patients:,}"
        f" patients, {found.archive_studies:,} studies)"
    )


def say_origin(found: "Traced") -> None:
    """Print an origin."""
    if not found.records:
        console.print("Origin: no record of ours to trace.")
        return
    console.print(
        f"Origin: {found.candidates:,} candidates for {found.records:,} records;"
        + (" the first is named" if found.named else " nobody is named, this is where to look")
        + (f"; the first {found.alike} are not told apart" if found.alike > 1 else "")
    )
    for one in found.leads:
        console.print(
            f"  {one.likelihood:6.1%}  {told_lead(one)}  can have given {one.covered:.0%}; saw"
            f" {one.reach:,}; never saw {one.never_saw:,}, other version {one.other_day:,}"
        )


def told_lead(one: "Lead") -> str:
    """Who a candidate is, in words."""
    who = " ".join(part for part in (one.name, one.role, one.hospital) if part)
    return f"{one.way} {who or one.who}" if one.way != "elsewhere" else "another source"
