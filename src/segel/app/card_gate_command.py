"""``segel card gate``: a gate at the command line, for a scanner that types what it reads."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from segel.app.card_options import AsJson, At, Certificates, LanguageOption, Pinned

if TYPE_CHECKING:
    from segel.cards.passes import PassJudgement

LINE_CHARACTERS_MAX: Final = 4_096
QUIT: Final = "q"

errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def gate(
    certificate: Certificates = None,
    lists: Annotated[
        Path | None, typer.Option("--lists", help="A folder with signed lists.")
    ] = None,
    pin: Pinned = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Let passes on paper in: anybody can copy them.")
    ] = False,
    at: At = "",
    as_json: AsJson = False,
    language: LanguageOption = "en",
) -> None:
    """Let in who answers: shows a code, reads the answer (a line of standard input), judges it, and
    shows the next code.

    Nothing of a pass is kept. Exit status 0 only where all were let in; `q` or the end of input
    ends it.
    """
    from segel.app.card_commands import demand_together, language_of, moment_of
    from segel.app.card_verifying import read_trust, verifier_of
    from segel.cards import Language, Terms, words_of
    from segel.cards.passes import gate_text, judge_pass, new_nonce

    said_in = language_of(language)
    demand_together(lists, pin or [], "")
    verifier = verifier_of(
        read_trust(certificate or [], [], []), moment_of(at), Terms(), lists, pin or [], ""
    )
    if verifier.refused is not None:
        errors.print(f"{verifier.refused} (No pass is judged.)")
        raise typer.Exit(1)
    now: Callable[[], datetime] = (lambda: verifier.at) if at else (lambda: datetime.now(UTC))
    all_in = True
    lines = _lines()
    while True:
        nonce = new_nonce()
        _show(gate_text(nonce))
        text = next(lines, QUIT)
        if text == QUIT:
            break
        judged = judge_pass(text, verifier.trust, now(), nonce, verifier.revoked, paper=paper)
        all_in = all_in and judged.valid
        words = words_of(judged.reason, Language(said_in))
        typer.echo(_json(judged) if as_json else _line(judged, words.what, words.remedy))
    raise typer.Exit(0 if all_in else 1)


def _show(text: str) -> None:
    """On the terminal as a code; for whoever reads, as text."""
    import segno

    if sys.stderr.isatty():
        segno.make(text, error="q", micro=False).terminal(out=sys.stderr, compact=True)
    errors.print(text)


def _lines() -> Iterator[str]:
    while line := sys.stdin.readline(LINE_CHARACTERS_MAX):
        if text := line.rstrip("\r\n"):
            yield text


def _line(judged: "PassJudgement", what: str, remedy: str) -> str:
    if judged.valid:
        copyable = f" ({judged.remarks[0].value})" if judged.remarks else ""
        return f"IN   {judged.reason.value}{copyable}"
    return f"OUT  {judged.reason.value}: {what} {remedy}"


def _json(judged: "PassJudgement") -> str:
    return json.dumps(
        {
            "valid": judged.valid,
            "reason": judged.reason.value,
            "place": judged.place,
            "remarks": [one.value for one in judged.remarks],
        }
    )
