"""``segel witness``: a witness of somebody's log, on a machine of its own.

Needs neither PostgreSQL nor anything of the Segel that it witnesses but the log's public key.
"""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from segel.app import settings, telemetry
from segel.domain.errors import SegelError
from segel.tlog import TlogError
from segel.witness import Witness, WitnessFolder, web_app

CONNECTIONS_MAX: Final = 256
"""A witness has a handful of logs, each with a connection or two; the rest are strangers."""
KEEP_ALIVE_S: Final = 75
STOP_S: Final = 5

app = typer.Typer(help="Witness a log from elsewhere: cosign it while it grows.",
                  no_args_is_help=True)  # fmt: skip
console = Console(soft_wrap=True, highlight=False)

Folder = Annotated[
    Path, typer.Option("--folder", envvar="SEGEL_WITNESS", help="The witness' own folder.")
]
DEFAULT_FOLDER = Path("witness")


class NameRefused(SegelError):
    """A name that no witness can sign under."""

    code = "witness-name-refused"


@app.command()
def init(
    name: Annotated[
        str, typer.Argument(help="The name it signs under, e.g. witness.example.ac.id/segel.")
    ],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Make a witness: a folder with a key of its own. Prints its public key (vkey)."""
    try:
        made = WitnessFolder.create(folder, name)
    except TlogError as malformed:
        raise NameRefused(str(malformed), field="name") from None
    console.print(f"Made in {folder}. Its public key, for the logs and readers that rely on it:")
    print(made.verifier.vkey())  # noqa: T201 - to be copied or piped


@app.command()
def vkey(folder: Folder = DEFAULT_FOLDER) -> None:
    """Print the witness' public key."""
    print(WitnessFolder.open(folder).verifier.vkey())  # noqa: T201


@app.command("add-log")
def add_log(
    log_vkey: Annotated[str, typer.Argument(metavar="VKEY", help="The log's public key.")],
    origin: Annotated[
        str, typer.Option(help="The log's origin, where it is not its key's name.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Watch a log. Its first checkpoint is believed, everything later must continue it."""
    record = WitnessFolder.open(folder).add_log(log_vkey, origin)
    console.print(f"Watching {record.origin}, from {record.size} entries on.", markup=False)


@app.command()
def logs(folder: Folder = DEFAULT_FOLDER) -> None:
    """List the watched logs, and what was cosigned last."""
    table = Table(box=None, pad_edge=False)
    for title in ("log", "entries", "cosigned (UTC)"):
        table.add_column(title)
    for record in WitnessFolder.open(folder).records():
        when = datetime.fromtimestamp(record.cosigned_s, UTC)
        table.add_row(
            record.origin,
            f"{record.size:,}",
            f"{when:%Y-%m-%d %H:%M:%S}" if record.cosigned_s else "never",
        )
    console.print(table)


@app.command()
def run(
    folder: Folder = DEFAULT_FOLDER,
    listen: Annotated[
        str, typer.Option(help="HOST:PORT; port 0 takes a free one.")
    ] = "127.0.0.1:8090",
    cert: Annotated[Path | None, typer.Option(help="TLS certificate chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Answer logs until stopped. Without --cert and --key: clear HTTP, for behind a proxy."""
    if (cert is None) != (key is None):
        raise typer.BadParameter("Give --cert and --key together.")
    host, port = settings.endpoint(listen, "listen")
    own = WitnessFolder.open(folder)
    with own.lock():
        witness = Witness.at(folder, time.time)
        telemetry.configure(folder, "witness")
        server = _Server(
            uvicorn.Config(
                web_app(witness),
                host=host,
                port=port,
                ssl_certfile=cert,
                ssl_keyfile=key,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        server.run()
        if not server.started:
            sys.exit(1)


class _Server(uvicorn.Server):
    """Says where it listens once it does; SIGTERM and Ctrl-C end it cleanly."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=None)
        for server in self.servers:
            for bound in server.sockets:
                host, port = bound.getsockname()[:2]
                scheme = "https" if self.config.is_ssl else "http"
                shown = f"[{host}]" if ":" in host else host
                console.print(f"Witnessing at {scheme}://{shown}:{port}/", markup=False)
        sys.stdout.flush()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        for sent in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sent, lambda *_: setattr(self, "should_exit", True))
        yield
