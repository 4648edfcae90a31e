"""A second broker over the same Segel, whose clock is set back: ``python -m`` this, by a drill.

The clock is a port of the broker, so nothing in a running Segel has to offer a way to turn it.
Its arguments: the home, the two sockets' paths, and by how many seconds its clock is behind.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from segel.app import hardening, home
from segel.app.broker_process import settings_of
from segel.app.matching import ProcessMatching
from segel.app.process import Place
from segel.app.settings import decode
from segel.broker.server import serve
from segel.store.postgres import EmbeddedPostgres, load_passwords


def main(root: str, socket: str, operator: str, behind_s: str) -> None:
    """Serve until killed; dies with the drill."""
    here = home.at(Path(root))
    cluster = EmbeddedPostgres(here.database, here.database_socket, 16, None)
    place = Place(
        home=here.root,
        database=cluster.dsn("segel_broker", load_passwords(here.passwords)["segel_broker"]),
        broker=Path(socket),
        operator=Path(operator),
        settings=decode(here.settings.read_bytes()),
        sockets={},
    )
    settings = settings_of(place)
    parent = os.getppid()
    hardening.become(hardening.BROKER)
    hardening.die_with_parent(parent, signal.SIGKILL)
    offset_s = float(behind_s)
    serving = serve(settings, clock=lambda: time.time() - offset_s, matching=ProcessMatching())
    asyncio.run(serving)


if __name__ == "__main__":
    main(*sys.argv[1:])
