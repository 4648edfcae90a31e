"""``segel leak letters``: a letter to each patient who is affected, by e-mail."""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseInputBroken, CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask
from segel.domain.cases import Language, LetterOutcome

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.leaks.telling import Telling

READ_BYTES: Final = 1 << 20
PASSWORD: Final = "SEGEL_SMTP_PASSWORD"  # noqa: S105 - the name of a variable

app = typer.Typer(help="A letter to each patient who is affected.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)

Spoken = Annotated[Language, typer.Option(help="Of the signed document.")]


@app.command("add")
def add(
    case: CaseName,
    source: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, one for a patient.")
    ],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Seal a list of addressees as a file of the case: {"patient": UUID, "name": …, "email": …}."""
    from segel.app import leak_documents
    from segel.leaks.telling.letters import addressees_in

    case_id, who = case_of(home, token, case), requester_of(token)
    with source.open("rb") as file:

        async def parts() -> AsyncIterator[bytes]:
            file.seek(0)
            while part := file.read(READ_BYTES):
                yield part

        async def kept(telling: "Telling") -> tuple[int, UUID]:
            count = 0
            async for _ in addressees_in(parts()):
                count += 1
            return count, await telling.keep_list(who, case_id, "addressees.jsonl", parts())

        count, object_id = leak_documents.ask(home, kept, writes=True)
    console.print(f"List {object_id}: {count} addressees. Remove {source} now.")


@app.command()
def send(
    case: CaseName,
    addressees: Annotated[UUID, typer.Option("--list", help="As `letters add` has said.")],
    smtp: Annotated[str, typer.Option(help="The mail server, host:port.")],
    sender: Annotated[str, typer.Option("--from", help="The address that they are from.")],
    token: PersonsToken,
    language: Spoken = Language.INDONESIAN,
    user: Annotated[str, typer.Option(help=f"Who signs in; the password is in {PASSWORD}.")] = "",
    authority: Annotated[
        str, typer.Option(help="PEM of the authority of its certificate; else the system's.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also those of which nobody knows whether they went.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Send each addressee the signed notice to patients. Broken off, say it again: none goes twice.

    TLS is demanded, but of a server on this machine's loopback.
    """
    from segel.app import leak_letters

    host, _, port = smtp.rpartition(":")
    if not host or not port.isdigit() or "@" not in sender:
        raise CaseInputBroken(
            "This is no mail server or sender.",
            field="smtp",
            remedy="Write --smtp mail.rs.example:587 --from pdp@rs.example.",
        )
    case_id, who = case_of(home, token, case), requester_of(token)
    notice = leak_letters.notice_of(home, who, case_id, language)
    to = leak_letters.server(
        host.strip("[]"), int(port), sender, user, os.environ.get(PASSWORD, ""), authority
    )
    ends = leak_letters.send(home, who, case_id, notice, addressees, to, again=again)
    _print(ends)


@app.command()
def show(
    case: CaseName,
    token: PersonsToken,
    language: Spoken = Language.INDONESIAN,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Say how many letters came to which end."""
    from segel.app import leak_letters

    case_id, who = case_of(home, token, case), requester_of(token)
    notice = leak_letters.notice_of(home, who, case_id, language)
    _print(ask(home, lambda broker: broker.cases.letters(who, case_id, notice.notice_id)))


def _print(ends: Mapping[LetterOutcome, int]) -> None:
    for outcome, count in sorted(ends.items()):
        console.print(f"{outcome}: {count}")
    if not ends:
        console.print("Nothing was left to be sent.")
