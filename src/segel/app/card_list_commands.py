"""``segel card lists``: make, check, show and fetch the signed lists that verifiers take along."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from segel.app.card_options import Certificates, Revocations, Trusted
from segel.domain.errors import SegelError

if TYPE_CHECKING:  # the codecs, which other commands need not wait for
    from segel.cards import Edition, ListType
    from segel.cards.lists import Lists

HOURS_DEFAULT: Final = 48
HOURS_MAX: Final = 31 * 24

app = typer.Typer(
    help="Make, check, show and fetch the signed lists of verifiers.", no_args_is_help=True
)
console = Console(soft_wrap=True, highlight=False, markup=False)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the lists.")]
Pins = Annotated[
    list[str],
    typer.Option("--pin", help="The thumbprint of a key that may sign the lists; repeat."),
]
Key = Annotated[Path, typer.Option("--key", help="The file of the list key.")]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


class ListsNotFetched(SegelError):
    """What was fetched is not put into the folder."""

    code = "lists-not-fetched"


@app.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the key is to be kept.")],
) -> None:
    """Make a list key, in a file that only you can read, and print its thumbprint: the pin.

    For trials, and for whoever publishes lists without a Segel. In production the key is in the
    KMS.
    """
    from segel.app.card_list_key import create_key

    print(create_key(file).pin)  # noqa: T201 - to be copied or piped


@app.command()
def make(
    folder: Folder,
    key: Key,
    certificate: Certificates = None,
    trust: Trusted = None,
    revocations: Revocations = None,
    batches: Annotated[
        list[Path] | None,
        typer.Option("--batch", help="A revocation batch of the DCC gateway (JSON); repeat."),
    ] = None,
    marks: Annotated[
        list[Path] | None,
        typer.Option("--marks", help="Marks of revoked cards, in hexadecimal, one a line; repeat."),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rules", help="A set of rules: a file, or border-id or venue; repeat."),
    ] = None,
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=HOURS_MAX, help="How long verifiers may use them.")
    ] = HOURS_DEFAULT,
    serial: Annotated[
        int | None, typer.Option("--serial", min=1, help="Where it is not the next one.")
    ] = None,
    home: Annotated[
        Path, typer.Option("--home", envvar="SEGEL_HOME", help="The home of a Segel here.")
    ] = Path(".segel"),
) -> None:
    """Make the three lists of a verifier and sign them.

    All that is to be on them is given each time; the serial is the next one of the folder.
    """
    from segel.app.card_list_key import read_key, refuse_in_production
    from segel.app.card_list_making import Sources, material_of, next_serial
    from segel.app.card_lists import write_folder
    from segel.cards import Edition
    from segel.cards.lists import make_lists, read_lists

    refuse_in_production(home)
    issued = datetime.now(UTC).replace(microsecond=0)
    sources = Sources(
        certificate or [], trust or [], revocations or [], batches or [], marks or [], rules or []
    )
    material, ended = material_of(sources, issued)
    if ended:
        console.print(f"Batches left out, because they have expired: {ended}.")
    edition = Edition(serial or next_serial(folder), issued, issued + timedelta(hours=hours))
    list_key = read_key(key)
    made = make_lists(material, edition, list_key)
    write_folder(folder, made)
    console.print(f"Made in {folder}, by the key {list_key.pin}.")
    _say(read_lists(made, {list_key.pin}, issued))


@app.command()
def check(folder: Folder, pin: Pins, as_json: AsJson = False) -> None:
    """Check the lists of a folder as a verifier does, and say what is in them."""
    from segel.app.card_lists import files_in, serials_seen
    from segel.cards.lists import read_lists

    at = datetime.now(UTC)
    lists = read_lists(files_in(folder), pin, at, serials_seen(folder))
    if as_json:
        print(json.dumps(_told(lists)))  # noqa: T201
        return
    _say(lists)
    if lists.remarks(at):
        console.print("They are past half of their life: fetch them again soon.")


@app.command()
def show(folder: Folder) -> None:
    """Show which lists are in a folder and which key they say to be signed with, WITHOUT
    demanding that it is one of yours."""
    from segel.app.card_lists import files_in
    from segel.cards import ListRefused
    from segel.cards.signed_lists import open_list, pin_of

    for kind, data in files_in(folder).items():
        try:
            found = open_list(data, kind, {pin_of(data, kind)})
        except ListRefused as refused:
            console.print(f"{kind.file}: {refused.reason}: {refused}")
            continue
        console.print(f"{_line(kind, found.edition)}, signed with {found.pin}")


@app.command()
def fetch(
    address: Annotated[str, typer.Argument(help="Where they are published: https://HOST/cards.")],
    folder: Folder,
    pin: Pins,
) -> None:
    """Fetch the lists, check them as a verifier does, and only then put them into the folder."""
    from segel.app.card_lists import fetch_lists, files_in, serials_seen, use_folder, write_folder
    from segel.cards.lists import read_lists

    at = datetime.now(UTC)
    fetched = fetch_lists(address)
    files = {**files_in(folder), **fetched}
    if not fetched:
        raise ListsNotFetched(
            "No list is published there.", remedy="Give the address as https://HOST/cards."
        )
    read_lists(files, pin, at, serials_seen(folder))
    write_folder(folder, fetched)
    _say(use_folder(folder, pin, at))


def _say(lists: "Lists") -> None:
    for kind, edition in lists.editions.items():
        console.print(_line(kind, edition))
    console.print(
        f"Signers: {len(lists.trust.signers)}. Issuers: {len(lists.trust.issuers)}."
        f" Revocations: {lists.revoked.count}."
        f" Rules: {', '.join(sorted(lists.rules)) or 'none'}."
    )


def _line(kind: "ListType", edition: "Edition") -> str:
    return (
        f"{kind.file}: serial {edition.serial}, issued {edition.issued.isoformat()},"
        f" until {edition.expires.isoformat()}"
    )


def _told(lists: "Lists") -> dict[str, Any]:
    return {
        "lists": {
            kind.file: {
                "serial": edition.serial,
                "issued": edition.issued.isoformat(),
                "expires": edition.expires.isoformat(),
            }
            for kind, edition in lists.editions.items()
        },
        "signers": len(lists.trust.signers),
        "issuers": len(lists.trust.issuers),
        "revocations": lists.revoked.count,
        "rules": {one.id: one.name for one in lists.rules.values()},
    }
