"""A progress bar of what the broker does to its keys."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.broker.messages import KeyWork
from segel.domain.errors import SegelError

POLL_S: Final = 0.2

console = Console(soft_wrap=True, highlight=False)


class WorkStuck(SegelError):
    """The broker cannot finish what it does to the keys."""

    code = "key-work-stuck"


def follow(home: Path) -> KeyWork:
    """Show the work until it is done. Raises WorkStuck where the broker waits for something."""

    async def watch(operator: BrokerClient) -> KeyWork:
        last = KeyWork("waiting")
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        ) as progress:
            task = progress.add_task("Keys", total=None, rate="")
            while True:
                work = await operator.keys.follow()
                if work.trouble:
                    raise WorkStuck(
                        f"The keys are not yet where they belong. {work.trouble}",
                        remedy="The broker tries again by itself; `segel keys status` shows it.",
                    )
                last = work if work.total or not last.total else last
                rate = f"{work.done / work.seconds:,.0f}/s" if work.seconds > 1 else ""
                progress.update(
                    task,
                    description=work.state.capitalize(),
                    total=work.total or None,
                    completed=work.done,
                    rate=rate,
                )
                if work.state == "idle":
                    return last
                await asyncio.sleep(POLL_S)

    return ask(home, watch)
