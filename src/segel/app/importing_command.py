"""``segel import``: the progress bar and the summary around ``importing``."""

from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from segel.app import enrolment, importing
from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask


def run(folder: Path, paths: list[Path], hospital: str) -> bool:
    """Import ``paths``; whether everything that is DICOM is stored now."""
    status = read_status(homes.at(folder))
    token = ask(folder, lambda operator: enrolment.import_token(operator, hospital))
    console = Console()
    with console.status("Looking for files"):
        found = list(importing.find(paths))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Importing", total=sum(one.size_bytes for one in found))

        def progressed(_: int, size_bytes: int) -> None:
            progress.advance(task, size_bytes)

        outcome = importing.send(status.http, token, found, progressed)
    console.print(f"{outcome.stored} stored, {outcome.skipped} not DICOM")
    for reason, count in outcome.failed.most_common():
        console.print(f"[red]{count} refused:[/] {reason}")
    return outcome.is_complete
