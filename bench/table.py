"""The table: on the terminal, as Markdown."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.archives import ORTHANC, RAW, SEGEL
from bench.results import P50, P99, Line
from bench.rounds import Figures

WIDTH: Final = 130
"""Where the output is not a terminal."""

COLUMNS: Final = (
    "Measure",
    "Segel",
    "Orthanc",
    "Raw limit",
    "× Orthanc",
    "× raw",
    "Target",
    "Reached",
)


def shown(lines: Sequence[Line], facts: Sequence[str]) -> None:
    """Print it."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for fact in facts:
        console.print(fact, style="dim", highlight=False)
    table = Table(*COLUMNS)
    for line in lines:
        met = [one.met for one in line.verdicts]
        style = "red" if False in met else "green" if True in met else ""
        *cells, verdict = cells_of(line)
        table.add_row(*cells, f"[{style}]{verdict}[/]" if style else verdict)
    console.print(table)
    for line in lines:
        if line.notes:
            console.print(f"{line.title}: {line.notes}", style="dim", highlight=False)


def markdown(lines: Sequence[Line], facts: Sequence[str]) -> str:
    """As Markdown."""
    head = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    rows = [f"| {' | '.join(cells_of(line)).replace(chr(10), '<br>')} |" for line in lines]
    notes = [f"- {line.title}: {line.notes}" for line in lines if line.notes]
    told = [f"- {fact}" for fact in facts]
    return "\n".join([*told, "", *head, *rows, *([""] if notes else []), *notes, ""])


def cells_of(line: Line) -> list[str]:
    """One row: medians, and below them the lowest and the highest round."""
    verdicts = line.verdicts
    return [
        f"{line.title}\n{line.unit}",
        _percentiles(line) if line.unit == "ms" else _figures(line.figures.get(SEGEL)),
        _figures(line.figures.get(ORTHANC)),
        _figures(line.figures.get(RAW)),
        _ratio(line.ratio(ORTHANC)),
        _ratio(line.ratio(RAW)),
        "\n".join(one.target.wanted for one in verdicts) or "–",
        "\n".join(one.words for one in verdicts) or "–",
    ]


def _figures(some: Figures | None) -> str:
    if some is None:
        return "–"
    return f"{_plain(some.median)}\n{_plain(some.low)} – {_plain(some.high)}"


def _percentiles(line: Line) -> str:
    return f"p50 {line.extra[P50]:.1f}\np99 {line.extra[P99]:.1f}"


def _ratio(some: Figures | None) -> str:
    return "–" if some is None else f"{some.median:.2f}\n{some.low:.2f} – {some.high:.2f}"


def _plain(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}"
