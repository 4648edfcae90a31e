"""``segel leak match``: a case's evidence read, compared under a warrant, and judged."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken
from segel.app.freeze_commands import requester as requester_of
from segel.app.leak_answer_commands import say_extent, say_origin
from segel.app.operator import ask_over_objects

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker import BrokerClient, Requester
    from segel.leaks.examining import Examined
    from segel.store.objects import ObjectStore

console = Console(soft_wrap=True, highlight=False, markup=False)


def match(
    case: CaseName,
    warrant: Annotated[UUID, typer.Option(help="Under which it is compared; approved by two.")],
    token: PersonsToken,
    password: Annotated[
        list[str] | None, typer.Option(help="Tried on what is encrypted in the sample.")
    ] = None,
    second: Annotated[
        list[str] | None,
        typer.Option(help="A file that is a second sample of the seller's, posted apart."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts and the answer.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Read a case's evidence in quarantine, compare its rows with the archive, and answer: ours,
    mixed, not ours, or undetermined; how much, from when, through whom.

    Written into the case: the answer, the counts, the extent, the origin, and a draw of the rows,
    sealed. `segel leak extent` and `segel leak origin` show them again.
    """
    import msgspec

    case_id = case_of(home, token, case)
    who = requester_of(token)
    found = _examined(home, who, case_id, warrant, tuple(password or ()), tuple(second or ()))
    if as_json:
        told = {
            "counts": found.examination.counts,
            "skipped": found.examination.skipped,
            "compared": found.examination.compared,
            "rows_over": found.examination.rows_over,
            "recognised": found.examination.recognised,
            "linked_by_chance": found.examination.linked_by_chance,
            "pictures": {
                "found": found.examination.pictures,
                "compared": found.examination.pictures_compared,
                "known": found.examination.pictures_known,
                "over": found.examination.pictures_over,
            },
            "judgement": found.judgement,
            "extent": found.extent,
            "origin": found.origin,
        }
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    _say(found)


def _examined(
    folder: Path,
    requester: "Requester",
    case_id: UUID,
    warrant: UUID,
    passwords: tuple[str, ...],
    second: tuple[str, ...],
) -> "Examined":
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from segel.app.leak_examining import examine_case
    from segel.leaks.examining import Progress

    progress = Progress()

    async def watch() -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bar(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Reading")
            while True:
                read = progress.bytes_read / 1_000_000
                bar.update(
                    task,
                    description=f"file {progress.files}: {read:,.0f} MB read,"
                    f" {progress.rows:,} rows, {progress.compared:,} compared,"
                    f" {progress.pictures:,} pictures"
                    + (", asking the history" if progress.is_tracing else ""),
                )
                await asyncio.sleep(0.5)

    async def examined(client: "BrokerClient", objects: "ObjectStore") -> "Examined":
        watching = asyncio.create_task(watch())
        try:
            return await examine_case(
                client,
                objects,
                requester,
                case_id,
                warrant,
                progress,
                passwords=passwords,
                second=second,
            )
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    return ask_over_objects(folder, examined, writes=True)


def _say(found: "Examined") -> None:
    one, counts = found.examination, found.examination.counts
    console.print(f"Verdict: {found.judgement.verdict} (odds of error {found.judgement.error:.1%})")
    for step in found.judgement.steps:
        figures = ", ".join(f"{name} {value:g}" for name, value in step.figures.items())
        console.print(f"  {step.step}: {step.says}  {figures}")
    console.print(
        f"{one.files_in_all:,} files; {counts.rows:,} rows, {counts.unique_rows:,} of them"
        f" distinct; {counts.people:,} people, {counts.ours:,} of them patients here"
    )
    console.print(
        f"{one.recognised:,} rows recognised; {one.linked_by_chance:.2f} would be by chance"
    )
    if one.pictures:
        console.print(
            f"{one.pictures:,} pictures; {one.pictures_compared:,} distinct ones compared,"
            f" {one.pictures_known:,} of them known again"
        )
    if one.pictures_over:
        console.print(
            f"{one.pictures_over:,} pictures are beyond the warrant and were not compared."
        )
    if one.rows_over:
        console.print(f"{one.rows_over:,} rows are beyond the warrant and were not compared.")
    for reason, count in sorted(one.skipped.items()):
        console.print(f"not read whole: {count:,} files ({reason})")
    if one.missing:
        console.print(f"Walls that could not be had here: {', '.join(one.missing)}")
    say_extent(found.extent)
    say_origin(found.origin)
