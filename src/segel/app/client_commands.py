"""``segel client``: systems that get tokens by signed assertions (SMART Backend Services)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.domain.errors import SegelError
from segel.domain.roles import Role

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Name = Annotated[str, typer.Argument(help="The system's name, as `client list` shows it.")]
KeySet = Annotated[
    Path, typer.Option("--jwks", exists=True, dir_okay=False, help="A JWK Set, public keys only.")
]

app = typer.Typer(help="Systems that come in by signed assertions.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)


class ClientUnknown(SegelError):
    """No system of this name."""

    code = "account-unknown"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What operators will know it by.")],
    hospital: Annotated[str, typer.Option(help="Code of its hospital.")],
    jwks: KeySet,
    role: Annotated[Role, typer.Option(help="Whose rights and budget it has.")] = Role.MODALITY,
    scope: Annotated[str, typer.Option(help="All it may ever ask for.")] = "system/ImagingStudy.rs",
    dpop: Annotated[bool, typer.Option("--dpop", help="Its tokens are always bound.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=15, help="A token's life.")] = 5,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Enrol a system; print its client id and where it asks for tokens."""
    keys = jwks.read_bytes()
    client_id = ask(
        home,
        lambda operator: operator.oauth.add_client(
            name, hospital, role, keys, scope, bound=dpop, token_s=minutes * 60
        ),
    )
    address = read_status(homes.at(home)).console
    console.print(f"{name} of {hospital} is enrolled.", markup=False)
    console.print(f"client id       {client_id}")
    console.print(f"token endpoint  {address}/oauth/token")


@app.command("list")
def list_(home: HomeFolder = DEFAULT_HOME) -> None:
    """List the systems."""
    lines = ask(home, lambda operator: operator.oauth.clients())
    if not lines:
        console.print("No system yet: `segel client add NAME --hospital CODE --jwks FILE`.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "client id", "role", "hospital", "scopes", "DPoP", "token", "keys"):
        table.add_column(title)
    for line in lines:
        table.add_row(
            line.name + (" (closed)" if line.closed else ""),
            str(line.client_id),
            line.role,
            line.hospital,
            line.scopes,
            "always" if line.bound else "as asked",
            f"{line.token_s // 60} min",
            ", ".join(line.key_ids),
        )
    console.print(table)


@app.command()
def keys(name: Name, jwks: KeySet, home: HomeFolder = DEFAULT_HOME) -> None:
    """Change a system's keys: these from now on. To rotate, give the old and the new together."""
    document = jwks.read_bytes()
    ask(home, lambda operator: operator.oauth.change_client_keys(name, document))
    console.print(f"{name} signs with these keys from now on.", markup=False)


@app.command()
def close(name: Name, home: HomeFolder = DEFAULT_HOME) -> None:
    """Close a system: it gets no more tokens, and those it has open nothing."""

    async def shut(operator: BrokerClient) -> None:
        if name.casefold() not in {one.name.casefold() for one in await operator.oauth.clients()}:
            raise ClientUnknown(
                "No system has this name.", field="name", remedy="`segel client list` shows them."
            )
        await operator.access.close_account(name)

    ask(home, shut)
    console.print(f"{name} is closed; its tokens are over.", markup=False)
