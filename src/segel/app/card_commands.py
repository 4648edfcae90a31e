"""``segel card``: judge cards, or show what is in them. Offline, and without a Segel."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from segel.app import card_gate_command, card_list_commands
from segel.app.card_options import (
    AsJson,
    At,
    Certificates,
    LanguageOption,
    Pinned,
    Revocations,
    Trusted,
)
from segel.domain.errors import SegelError

if TYPE_CHECKING:  # the codecs, their CBOR and pictures, which other commands need not wait for
    from collections.abc import Iterator

    from segel.app.card_input import Item

STDIN: Final = "-"

app = typer.Typer(help="Judge and show health cards, offline.", no_args_is_help=True)
app.add_typer(card_list_commands.app, name="lists")
app.command("gate")(card_gate_command.gate)
errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

File = Annotated[
    str,
    typer.Argument(
        metavar="[FILE|-]",
        help="A picture (PNG, JPEG), a .smart-health-card file, or QR texts, one a line;"
        " - or nothing: standard input.",
    ),
]


class OptionWrong(SegelError):
    """What an option says cannot be used."""

    code = "option-wrong"


@app.command()
def verify(
    file: File = STDIN,
    certificate: Certificates = None,
    trust: Trusted = None,
    revocations: Revocations = None,
    lists: Annotated[
        Path | None,
        typer.Option("--lists", help="A folder with signed lists: trust, rules, revocations."),
    ] = None,
    pin: Pinned = None,
    rules: Annotated[
        str, typer.Option("--rules", help="A set of rules in the lists: who may pass.")
    ] = "",
    at: At = "",
    key_id_protected: Annotated[
        bool,
        typer.Option("--protected-kid", help="Refuse certificates whose key id is not signed."),
    ] = False,
    as_json: AsJson = False,
    language: LanguageOption = "en",
) -> None:
    """Judge cards, one judgement a line: whether each is genuine and holds.

    Exit status 0 only where all are valid and, with --rules, fit. Without --rules it is not said
    whether a genuine card lets somebody pass (a negative result, a recent dose): read the content.
    """
    from segel.app import card_output
    from segel.app.card_verifying import read_trust, verifier_of
    from segel.cards import Outcome, Terms

    said_in = language_of(language)
    moment = moment_of(at)
    demand_together(lists, pin or [], rules)
    verifier = verifier_of(
        read_trust(certificate or [], trust or [], revocations or []),
        moment,
        Terms(key_id_protected=key_id_protected),
        lists,
        pin or [],
        rules,
    )
    if verifier.refused is not None:
        errors.print(f"{verifier.refused} (No card is judged.)")
    elif not verifier.trust.signers and not verifier.trust.issuers:
        errors.print("No certificate and no issuer is given: no card can be found genuine.")
    for remark in verifier.remarks:
        errors.print(card_output.remark_line(remark, said_in))
    all_pass = True
    for item in _items(file):
        judged = verifier.judge(item)
        fits = judged.fitness is None or judged.fitness.outcome is Outcome.FIT
        all_pass = all_pass and judged.judgement.valid and fits
        _print(
            card_output.judgement_json(item, judged, verifier, said_in)
            if as_json
            else card_output.judgement_line(item.number, judged, said_in)
        )
    raise typer.Exit(0 if all_pass else 1)


@app.command()
def show(file: File = STDIN, as_json: AsJson = False, language: LanguageOption = "en") -> None:
    """Show what is in cards WITHOUT judging them: anybody can write such a card.

    Exit status 1 where something could not be read.
    """
    from segel.app import card_output
    from segel.cards import CardRefused, content_of

    said_in = language_of(language)
    if not as_json:
        errors.print(card_output.not_judged(said_in))
    all_read = True
    for item in _items(file):
        try:
            if isinstance(item.card, CardRefused):
                raise item.card
            content, remarks = content_of(item.card)
        except CardRefused as refused:
            all_read = False
            _print(card_output.unreadable(item.number, refused, said_in, as_json=as_json))
            continue
        _print(
            card_output.content_json(item.number, item.card, content, remarks)
            if as_json
            else card_output.content_lines(item.number, item.card, content, remarks, said_in)
        )
    raise typer.Exit(0 if all_read else 1)


def _items(file: str) -> "Iterator[Item]":
    from segel.app.card_input import items_of, open_file

    if file == STDIN:
        yield from items_of(sys.stdin.buffer)
        return
    with open_file(Path(file)) as stream:
        yield from items_of(stream)


def demand_together(lists: Path | None, pins: list[str], rules: str) -> None:
    """Raises OptionWrong: lists that anybody may have signed are worth nothing."""
    if lists is not None and not pins:
        raise OptionWrong(
            "Lists are given, and no key that may sign them.",
            field="--pin",
            remedy="Give the thumbprint of the list key, from whoever publishes the lists.",
        )
    if lists is None and (pins or rules):
        raise OptionWrong(
            "Pins and rules belong to lists.",
            field="--lists",
            remedy="Give the folder of the lists: segel card lists fetch makes it.",
        )


def moment_of(text: str) -> datetime:
    """What ``--at`` says; now, where it says nothing. Raises OptionWrong."""
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OptionWrong(
            "This is not a time.", field="--at", remedy="As in 2026-11-28T09:30:00+07:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def language_of(text: str) -> str:
    """What ``--language`` says. Raises OptionWrong."""
    if text not in ("en", "id"):
        raise OptionWrong("This language is not known.", field="--language", remedy="en or id.")
    return text


def _print(text: str) -> None:
    """Whatever is in a card, down to half a character, is printed as something."""
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo(text.encode(encoding, "backslashreplace").decode(encoding))
