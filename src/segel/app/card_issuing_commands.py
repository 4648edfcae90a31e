"""``segel card issue``, ``revoke`` and ``signers``: what needs a running Segel."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.domain.errors import SegelError

if TYPE_CHECKING:  # the codecs, which other commands need not wait for
    from segel.broker.messages import SignerLines
    from segel.cards import Card, Trust

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME: Final = Path(".segel")
USES: Final = ("certificate", "health-card", "lists")
PRIVATE_FOLDER: Final = 0o700
STDIN: Final = "-"
NUMBER_PREFIX: Final = "URN:UVCI:"
NUMBER_LENGTH_MAX: Final = 80
UNKNOWN_END: Final = timedelta(hours=72)
"""Of a card that is known by its number alone: as long as any card of a test lasts."""

signers = typer.Typer(help="Who signs cards, and their certificates.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


class CardNotOurs(SegelError):
    """A card that this archive did not sign, or nothing that is a card."""

    code = "card-not-ours"


class SignerInputBroken(SegelError):
    """An id, a use or a certificate that is none."""

    code = "signer-input-broken"


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``segel card``."""
    app.command("issue")(issue)
    app.command("revoke")(revoke)
    app.command("publish")(publish)
    app.add_typer(signers, name="signers")


def issue(
    hospital: Annotated[str, typer.Option(help="Code of the hospital.")],
    numbers: Annotated[
        Path,
        typer.Option(
            "--numbers",
            exists=True,
            dir_okay=False,
            help="CSV: a NIK or record number in the first column of each row.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", file_okay=False, help="Folder for the PDFs, named by row.")
    ],
    language: Annotated[str, typer.Option("--language", help="First on paper: id or en.")] = "id",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Make cards of the newest negative test of everybody on a list, where they agreed.

    Said again, what was made is written again and nothing is made twice. Exit status 1 where a row
    was refused.
    """
    from segel.app.card_issuing import Outcome, issue_all, numbers_in

    if language not in ("id", "en"):
        raise typer.BadParameter("id or en", param_hint="--language")
    listed = numbers_in(numbers)
    out.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    counts: dict[Outcome, int] = {}

    async def run(operator: BrokerClient) -> None:
        async for row in issue_all(operator, hospital, listed, out, language):
            counts[row.outcome] = counts.get(row.outcome, 0) + 1
            said = f" ({row.why})" if row.why else ""
            console.print(f"row {row.number}: {row.outcome}{said} {row.file}".rstrip())

    ask(home, run)
    console.print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    raise typer.Exit(1 if counts.get(Outcome.REFUSED) else 0)


def revoke(
    file: Annotated[
        str,
        typer.Argument(metavar="[FILE|-]", help="A picture or texts of the cards to revoke."),
    ] = STDIN,
    number: Annotated[
        str, typer.Option("--number", help="The certificate's number (URN:UVCI:…) instead.")
    ] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Revoke cards that were made here and are before you. Verifiers learn it with the next list.

    A patient's own card is revoked on their page, where its state is then shown, too.
    """
    if number:
        marks = _marks_of_number(number)
        ends_s = (datetime.now(UTC) + UNKNOWN_END).timestamp()
        ask(home, lambda operator: operator.cards.revoke_marks(marks, ends_s))
        publish(home)
        return
    from segel.app.card_input import items_of, open_file
    from segel.cards import CardRefused

    if file == STDIN:
        items = list(items_of(sys.stdin.buffer))
    else:
        with open_file(Path(file)) as stream:
            items = list(items_of(stream))
    cards = [item.card for item in items if not isinstance(item.card, CardRefused)]
    if len(cards) != len(items):
        raise CardNotOurs("Something in the input is no card.", remedy="Give cards alone.")

    async def run(operator: BrokerClient) -> None:
        trust = _own_trust(await operator.cards.signers())
        for card in cards:
            await operator.cards.revoke_marks(*_marks_of_card(card, trust))

    ask(home, run)
    console.print(f"{len(cards)} cards are revoked." if len(cards) != 1 else "1 card is revoked.")
    publish(home)


def publish(home: HomeFolder = DEFAULT_HOME) -> None:
    """Have the lists at /cards/ made now. They are looked at every minute anyway."""
    ask(home, lambda operator: operator.cards.publish())
    console.print("The lists are those of now.")


def _marks_of_number(number: str) -> list[bytes]:
    import hashlib

    from segel.cards import MarkKind, mark_of

    if not number.startswith(NUMBER_PREFIX) or len(number) > NUMBER_LENGTH_MAX:
        raise CardNotOurs("This is no certificate's number.", remedy="As in URN:UVCI:01:ID:….")
    return [mark_of(MarkKind.IDENTIFIER, hashlib.sha256(number.encode()).digest())]


def _marks_of_card(card: "Card", trust: "Trust") -> tuple[tuple[bytes, ...], float, str]:
    """A card's marks, when it ends, and its revocation id. Raises CardNotOurs."""
    from segel.cards import BundleContent, HealthCertificate, judge, marks_of

    judged = judge(card, trust, datetime.now(UTC))
    content = judged.content
    if not judged.signed or content is None:
        raise CardNotOurs(
            "A card was not signed by this archive.", remedy="Its own issuer revokes it."
        )
    if isinstance(content, BundleContent):
        return marks_of(card, content), content.expires_at or 0.0, content.rid or ""
    assert isinstance(card, HealthCertificate)
    return marks_of(card, content), card.expires_at or 0.0, ""


def _own_trust(lines: "SignerLines") -> "Trust":
    from segel.cards import own_trust

    points = [one.point for one in lines.signers if one.use == "health-card"]
    certificates = [one.certificate for one in lines.signers if one.certificate]
    return own_trust(lines.address, points, certificates)


# --- signers -----------------------------------------------------------------------------------


@signers.command("list")
def listed(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with certificates.")] = False,
) -> None:
    """Show who signs certificates, SMART Health Cards and the verifiers' lists."""
    lines = ask(home, lambda operator: operator.cards.signers()).signers
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(lines).decode())
        return
    from segel.app.card_making import thumbprint_of
    from segel.cards.signers import key_id_of

    table = Table(box=None, pad_edge=False)
    for title in ("signer", "for", "state", "since", "key id"):
        table.add_column(title)
    for one in lines:
        known = key_id_of(one.certificate).hex() if one.certificate else thumbprint_of(one.point)
        table.add_row(str(one.signer_id), one.use, one.state, _day(one.made_s), known)
    console.print(table)


@signers.command()
def rotate(
    use: Annotated[str, typer.Argument(metavar="|".join(USES), help="What the new one signs.")],
    csr: Annotated[
        bool,
        typer.Option("--csr", help="It waits for a certificate of an authority's (see `csr`)."),
    ] = False,
    later: Annotated[
        bool, typer.Option("--later", help="It waits until `start`: tell verifiers its pin first.")
    ] = False,
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once",
            help="It signs now; gates with older lists refuse its cards. For a key that leaked.",
        ),
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Make another signer. It is published, and signs after 72 hours, when every gate's lists have
    it; the one before it then signs no more, and cards that it signed stay valid."""
    if use not in USES:
        raise SignerInputBroken("There is no such use.", remedy=" or ".join(USES), field="use")
    is_certificate = use == "certificate"
    if (csr and not is_certificate) or (later and is_certificate):
        raise SignerInputBroken(
            "A certificate's signer waits by --csr, the others by --later.",
            remedy="Give the other option, or none.",
            field="use",
        )
    waits = csr or later
    made = ask(home, lambda operator: operator.cards.rotate(use, later=waits, at_once=at_once))
    state = "waits" if waits else "signs from now on" if at_once else "signs after 72 hours"
    console.print(f"Signer {made} {state}.")
    if csr:
        console.print(f"Its request: segel card signers csr {made}")
    elif later:
        console.print(f"Tell verifiers its key id, then: segel card signers start {made}")


@signers.command()
def start(
    signer: Annotated[str, typer.Argument(help="As `rotate --later` said it.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Have a signer that waits sign from now on; the one before it signs no more."""
    signer_id = _id(signer)
    ask(home, lambda operator: operator.cards.start(signer_id))
    console.print(f"Signer {signer_id} signs from now on.")


@signers.command("csr")
def request(
    signer: Annotated[str, typer.Argument(help="As `rotate --csr` said it.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a waiting signer's certification request (PEM) for the authority."""
    import base64

    signer_id = _id(signer)
    der = ask(home, lambda operator: operator.cards.certificate_request(signer_id))
    text = base64.encodebytes(der).decode()
    typer.echo(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----")


@signers.command()
def install(
    signer: Annotated[str, typer.Argument(help="As `rotate --csr` said it.")],
    certificate: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What the authority gave: PEM, DER.")
    ],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Give a waiting signer its certificate: it signs after 72 hours, when every gate's lists have
    it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    data = certificate.read_bytes()
    try:
        read = (
            x509.load_pem_x509_certificate(data)
            if b"-----BEGIN" in data
            else x509.load_der_x509_certificate(data)
        )
    except ValueError:
        raise SignerInputBroken(
            "This is no certificate.", remedy="Give it as PEM or DER.", field="certificate"
        ) from None
    signer_id, der = _id(signer), read.public_bytes(Encoding.DER)
    ask(home, lambda operator: operator.cards.install(signer_id, der))
    console.print(f"Signer {signer_id} signs after 72 hours.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise SignerInputBroken(
            "This is no signer's id.", remedy="segel card signers list shows them.", field="signer"
        ) from None


def _day(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"
