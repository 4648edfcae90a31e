"""``segel card``: judge cards, or show what is in them. Offline, and without a Segel."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from segel.domain.errors import SegelError

if TYPE_CHECKING:  # the codecs, their CBOR and pictures, which other commands need not wait for
    from collections.abc import Iterator

    from segel.app.card_input import Item
    from segel.cards import Trust

STDIN: Final = "-"

app = typer.Typer(help="Judge and show health cards, offline.", no_args_is_help=True)
errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

File = Annotated[
    str,
    typer.Argument(
        metavar="[FILE|-]",
        help="A picture (PNG, JPEG), a .smart-health-card file, or QR texts, one a line;"
        " - or nothing: standard input.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LanguageOption = Annotated[str, typer.Option("--language", help="Of the words: en or id.")]


class OptionWrong(SegelError):
    """What an option says cannot be used."""

    code = "option-wrong"


@app.command()
def verify(
    file: File = STDIN,
    certificate: Annotated[
        list[Path] | None,
        typer.Option("--certificate", help="A trusted signer's certificate (PEM, DER); repeat."),
    ] = None,
    trust: Annotated[
        list[str] | None,
        typer.Option(
            "--trust",
            help="Certificates, a list or directory as JSON; an issuer's JWK Set as"
            " ADDRESS=FILE; repeat.",
        ),
    ] = None,
    revocations: Annotated[
        list[Path] | None,
        typer.Option("--revocations", help="An issuer's card revocation list (JSON); repeat."),
    ] = None,
    at: Annotated[
        str, typer.Option("--at", help="Judge as of this time (ISO 8601; UTC without offset).")
    ] = "",
    key_id_protected: Annotated[
        bool,
        typer.Option("--protected-kid", help="Refuse certificates whose key id is not signed."),
    ] = False,
    as_json: AsJson = False,
    language: LanguageOption = "en",
) -> None:
    """Judge cards, one judgement a line: whether each is genuine and holds.

    Exit status 0 only where all are valid. Whether a genuine card lets somebody pass (a negative
    result, a recent dose) is not said: read the content.
    """
    from segel.app import card_output
    from segel.cards import CardRefused, Terms, judge, refusal

    said_in = _language(language)
    moment = _moment(at)
    trusted = _trust(certificate or [], trust or [], revocations or [])
    if not trusted.signers and not trusted.issuers:
        errors.print("No certificate and no issuer is given: no card can be found genuine.")
    terms = Terms(key_id_protected=key_id_protected)
    all_valid = True
    for item in _items(file):
        refused = isinstance(item.card, CardRefused)
        judgement = (
            refusal(item.card)
            if isinstance(item.card, CardRefused)
            else judge(item.card, trusted, moment, terms=terms)
        )
        all_valid = all_valid and judgement.valid
        card = None if refused else item.card
        _print(
            card_output.judgement_json(item.number, card, judgement, said_in)
            if as_json
            else card_output.judgement_line(item.number, judgement, said_in)
        )
    raise typer.Exit(0 if all_valid else 1)


@app.command()
def show(file: File = STDIN, as_json: AsJson = False, language: LanguageOption = "en") -> None:
    """Show what is in cards WITHOUT judging them: anybody can write such a card.

    Exit status 1 where something could not be read.
    """
    from segel.app import card_output
    from segel.cards import CardRefused, content_of

    said_in = _language(language)
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


def _trust(certificates: list[Path], trusts: list[str], revocations: list[Path]) -> "Trust":
    from segel.cards import Trust
    from segel.cards.trust_files import FILE_BYTES_MAX, trust_of, with_revocations

    def read(path: Path) -> bytes:
        from segel.app.card_input import open_file

        with open_file(path) as stream:
            return stream.read(FILE_BYTES_MAX + 1)

    found = [trust_of(read(path)) for path in certificates]
    for one in trusts:
        address, sign, name = one.rpartition("=")
        known = sign and address.startswith(("https://", "http://"))
        found.append(trust_of(read(Path(name)), address) if known else trust_of(read(Path(one))))
    return with_revocations(Trust().and_also(found), [read(path) for path in revocations])


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OptionWrong(
            "This is not a time.", field="--at", remedy="As in 2026-11-28T09:30:00+07:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _language(text: str) -> str:
    if text not in ("en", "id"):
        raise OptionWrong("This language is not known.", field="--language", remedy="en or id.")
    return text


def _print(text: str) -> None:
    """Whatever is in a card, down to half a character, is printed as something."""
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo(text.encode(encoding, "backslashreplace").decode(encoding))
