"""``segel leak mark``: whose marks are in what leaked, read from pictures or from rows."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask
from segel.domain.strangers import neutral

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker import Requester
    from segel.broker.messages import ExportedTo, MarkedFor, MarksNamed, RowsNamed, RowText

BATCH_ROWS: Final = 2_000
"""Rows of one question: a message stays small."""

READ_BYTES: Final = 1 << 20

FINDING: Final = "marks"
"""Under which the case keeps what came of it."""

console = Console(soft_wrap=True, highlight=False, markup=False)


def add_to(app: typer.Typer) -> None:
    """Put the commands among those of ``segel leak``."""
    app.command("mark")(mark)
    app.command("compare")(compare)


def mark(
    case: CaseName,
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Pictures, or lists.")
    ],
    token: PersonsToken,
    rows: Annotated[
        bool, typer.Option("--rows", help="The files are lists: CSV, JSON lines, SQL.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Read the marks of recipients in what leaked, and name whose they are.

    Each question is an entry of the case's log, and the case keeps the answer. Pictures are found
    and decoded in quarantine, in archives and PDFs too; lists are read by their lines alone.
    """
    import msgspec

    case_id, who = case_of(home, token, case), requester_of(token)
    found = (_rows if rows else _pictures)(home, who, case_id, files)
    body = msgspec.json.encode(found)
    ask(home, lambda broker: broker.cases.put_finding(who, case_id, FINDING, body))
    if as_json:
        typer.echo(msgspec.json.format(body).decode())


def _pictures(home: Path, who: "Requester", case_id: UUID, files: list[Path]) -> dict[str, Any]:
    """What marks in pictures say, printed and as the case keeps it."""
    import asyncio

    from rich.progress import track

    from segel.broker.messages.marks import PICTURES_MAX
    from segel.leaks.marks.code import Carrier
    from segel.leaks.marks.pictures import pictures_in
    from segel.leaks.marks.reading import Reader

    reader = Reader(Carrier(ask(home, lambda broker: broker.marks.carrier(who, case_id))))
    kept: list[dict[str, Any]] = []
    readings: list[list[bytes]] = []
    told_of: list[dict[str, Any]] = []
    shown = Console(stderr=True)
    for path in files:
        found = asyncio.run(pictures_in(path.name, _pieces(path)))
        for steps, reason in found.unread.items():
            console.print(f"{neutral(_joined(steps))}: not read ({reason}).")
        kept.append(
            {
                "file": path.name,
                "sha256": found.sha256.hex(),
                "unread": {_joined(steps): reason for steps, reason in found.unread.items()},
                "pictures": [],
            }
        )
        for one in track(found.pictures, f"Reading {neutral(path.name)}", console=shown,
                         transient=True):  # fmt: skip
            alignments = reader.read(one.grey)
            frame = f" ({one.frame + 1})" if one.frame else ""
            told_of.append({"picture": _joined(one.path) + frame, "alignments": len(alignments)})
            kept[-1]["pictures"].append(told_of[-1])
            readings.append([each.said.astype("<f4").tobytes() for each in alignments])
    marks = tries = 0
    needed = 0.0
    together: list[dict[str, Any]] = []
    for first in range(0, len(readings), PICTURES_MAX):
        those = readings[first : first + PICTURES_MAX]
        told = _asked_whose(home, who, case_id, those)
        marks, tries, needed = told.marks, tries + told.tries, max(needed, told.needed)
        for at in range(len(those)):
            here = [line for line in told.named if line.picture == at]
            one_told = told_of[first + at]
            one_told["named"] = [_line(line) for line in here]
            _print(one_told["picture"], here, told.needed)
        if len(those) > 1:
            here = [line for line in told.named if line.picture < 0]
            together += [_line(line) for line in here]
            _print("All together", here, told.needed)
    console.print(
        f"Tried: the marks of everybody who ever took a picture out, {marks}, in {tries}"
        f" comparisons; without the original; a score of {needed:.1f} names somebody."
    )
    return {"files": kept, "together": together, "marks": marks, "tries": tries, "needed": needed}


def _asked_whose(
    home: Path, who: "Requester", case_id: UUID, readings: list[list[bytes]]
) -> "MarksNamed":
    return ask(home, lambda broker: broker.marks.pictures(who, case_id, readings))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield piece


def _joined(steps: tuple[str, ...]) -> str:
    return " / ".join(steps)


def _line(line: "MarkedFor") -> dict[str, Any]:
    return {
        "mark": str(line.mark_id),
        "account": str(line.account_id),
        "month": line.month,
        "score": round(line.score, 2),
        "false_odds": line.false_odds,
    }


def _print(what: str, named: "list[MarkedFor]", needed: float) -> None:
    if not named:
        console.print(f"{neutral(what)}: nobody. No mark in it reaches {needed:.1f}.")
    for line in named:
        role = f"{line.role}, " if line.role else ""
        console.print(
            f"{neutral(what)}: {line.account or 'an account that is gone'}"
            f" ({role}{line.hospital or 'no hospital'}; account {line.account_id}), given in"
            f" {line.month}. Score {line.score:.1f}; somebody innocent would be named so with a"
            f" chance of at most {line.false_odds:.0e}."
        )


def _rows(home: Path, who: "Requester", case_id: UUID, files: list[Path]) -> dict[str, Any]:
    """What lists say, printed and as the case keeps it."""
    from segel.leaks.marks.rows import rows_of

    seen: set[UUID] = set()
    found: dict[tuple[str, str], _Recipient] = {}
    read = real_ids = tried = 0
    odds = 0.0
    lines = rows_of(line for path in files for line in _lines(path))
    while batch := list(islice(lines, BATCH_ROWS)):
        ids = list(dict.fromkeys(one for those, _ in batch for one in those if one not in seen))
        seen.update(ids)
        texts = [text for _, text in batch]
        for at in range(0, max(len(ids), 1), BATCH_ROWS):
            some, said = ids[at : at + BATCH_ROWS], texts if at == 0 else []
            told = _asked(home, who, case_id, some, said)
            tried, real_ids, odds = (
                told.recipients,
                real_ids + told.real_ids,
                odds + told.false_odds,
            )
            for line in told.named:
                found.setdefault((line.hospital, line.recipient), _Recipient()).add(line)
        read += len(batch)
    kept = []
    for (hospital, name), one in sorted(found.items(), key=lambda item: item[1].weight):
        console.print(
            f"{neutral(name)} (an export of {neutral(hospital)}): {len(one.decoys)} of"
            f" {one.made} people who were invented for them alone; {one.ids} ids are pseudonyms"
            f" of theirs. Exports: {', '.join(map(str, sorted(one.exports)))}."
        )
        kept.append(
            {
                "recipient": name,
                "hospital": hospital,
                "exports": sorted(map(str, one.exports)),
                "ids": one.ids,
                "decoys": len(one.decoys),
                "decoys_made": one.made,
            }
        )
    if not found:
        console.print("Nobody: no pseudonym and nobody invented for a recipient is in it.")
    if real_ids:
        console.print(
            f"{real_ids} ids are patients' own ids here, which no export gives: they come from the"
            " archive itself."
        )
    console.print(
        f"Tried: {read} rows and {len(seen)} ids against {tried} recipients. That an id leads to"
        f" somebody innocent has a chance of at most {odds:.0e}; somebody invented counts where"
        " number and name both agree."
    )
    return {
        "recipients": kept,
        "rows": read,
        "ids": len(seen),
        "tried": tried,
        "real_ids": real_ids,
        "false_odds": odds,
    }


def _asked(
    home: Path, who: "Requester", case_id: UUID, ids: list[UUID], rows: "list[RowText]"
) -> "RowsNamed":
    return ask(home, lambda broker: broker.marks.rows(who, case_id, ids, rows))


class _Recipient:
    """What all questions together say of one."""

    def __init__(self) -> None:
        self.ids = self.made = 0
        self.decoys: set[bytes] = set()
        self.exports: set[UUID] = set()
        self._decoys_from: set[UUID] = set()

    def add(self, line: "ExportedTo") -> None:
        """One answer more."""
        self.ids += line.ids
        self.decoys.update(line.decoys)
        if line.decoys:
            self._decoys_from.update(line.exports)
        self.exports = self._decoys_from or self.exports | set(line.exports)
        self.made = max(self.made, line.decoys_made)

    @property
    def weight(self) -> tuple[int, int]:
        """By what recipients are ordered."""
        return -len(self.decoys), -self.ids


def _lines(path: Path) -> Iterator[bytes]:
    from segel.leaks.marks.rows import LINE_BYTES_MAX

    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES_MAX):
            yield line


def compare(
    original: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The DICOM file, or its picture.")
    ],
    given: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The picture as it was given.")
    ],
    page: Annotated[Path, typer.Argument(help="The page to write (HTML).")],
    language: Annotated[str, typer.Option(help="id or en.")] = "en",
) -> None:
    """Lay a marked picture beside its original on a page: can anybody see the mark?

    The page has both, their difference made visible, the figures, and a blind test.
    """
    from segel.leaks.marks.comparing import compared, own_picture, page_of

    before = original.read_bytes()
    if before[128:132] == b"DICM":
        from segel.imaging.dicom import render

        before = render(before)
    found = compared(own_picture(before, "original"), own_picture(given.read_bytes(), "given"))
    page.write_text(page_of(found, language), "utf-8")
    console.print(
        f"PSNR {found.psnr_db:.1f} dB; at most {found.largest} of 256 grey levels apart;"
        f" {100 * found.changed:.0f} % of the points differ. {page}"
    )
