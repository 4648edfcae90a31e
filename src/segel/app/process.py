"""The first lines of every process: ``python -m segel.app.process KIND``.

A process imports what it needs while it can still read everything, opens its log, gives up root,
and only then runs. Its environment says where things are (``Place``); nothing is guessed.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvloop

from segel.app import hardening, telemetry
from segel.app import home as homes
from segel.app.settings import Settings, decode
from segel.domain.errors import SegelError
from segel.store.postgres import Identity

Run = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """What the supervisor tells a process, from its environment. ``database`` is its own role's."""

    home: Path
    database: str
    broker: Path
    operator: Path
    settings: Settings
    sockets: Mapping[str, int]

    @property
    def key_backup(self) -> Path:
        """The folder of the wrapped keys' own backup."""
        return self.home.with_name(self.home.name + ".keys") / "wrapped"

    @property
    def planter(self) -> Path:
        """The broker's socket for the process that plants decoys."""
        return self.operator.with_name(self.operator.name.replace("operator", "planter"))

    @property
    def courier(self) -> Path:
        """The broker's socket for the process that tells others outside."""
        return self.operator.with_name(self.operator.name.replace("operator", "courier"))

    @property
    def fingerprinter(self) -> Path:
        """The broker's socket for the process that has fingerprints made."""
        return self.operator.with_name(self.operator.name.replace("operator", "fingerprinter"))

    @property
    def objects(self) -> Path:
        """The object store's folder."""
        return homes.at(self.home).objects_at(self.settings.objects)

    @classmethod
    def from_environment(cls) -> "Place":
        """The place that this process was started in."""
        here = os.environ
        return cls(
            home=Path(here["SEGEL_HOME"]),
            database=here["SEGEL_DATABASE"],
            broker=Path(here["SEGEL_BROKER"]),
            operator=Path(here["SEGEL_OPERATOR"]),
            settings=decode(Path(here["SEGEL_SETTINGS"]).read_bytes()),
            sockets=json.loads(here["SEGEL_SOCKETS"]),
        )


def _migrate(place: Place) -> Run:
    from segel.store.migrate import migrate
    from segel.store.postgres import ROLES

    roles = dict.fromkeys(ROLES, "")  # they exist, with their passwords, since the first start

    async def run() -> None:
        await asyncio.to_thread(migrate, place.database, roles)

    return run


def _broker(place: Place) -> Run:
    from segel.app.broker_process import prepare

    return prepare(place)


def _gateway(place: Place) -> Run:
    from segel.app.gateway import prepare

    return prepare(place)


def _receiver(place: Place) -> Run:
    from segel.app.receiver import prepare

    return prepare(place)


def _worker(place: Place) -> Run:
    from segel.app.worker import prepare

    return prepare(place)


def _planter(place: Place) -> Run:
    from segel.app.decoys.planting import prepare

    return prepare(place)


def _courier(place: Place) -> Run:
    from segel.app.courier import prepare

    return prepare(place)


def _fingerprinter(place: Place) -> Run:
    from segel.app.fingerprinting import prepare

    return prepare(place)


def _demo(place: Place) -> Run:
    from segel.app.demo.seed import prepare

    return prepare(place)


def _synth_begin(place: Place) -> Run:
    from segel.app.synth.beginning import prepare

    return prepare(place)


def _synth_fill(place: Place) -> Run:
    from segel.app.synth.filling import prepare

    return prepare(place)


KINDS: Mapping[str, tuple[Callable[[Place], Run], Identity | None]] = {
    "migrate": (_migrate, hardening.DOORS),
    "broker": (_broker, hardening.BROKER),
    "gateway": (_gateway, hardening.DOORS),
    "receiver": (_receiver, hardening.DOORS),
    "worker": (_worker, hardening.DOORS),
    # Reads and makes images: neither the doors' nor the broker's secrets are its user's.
    "planter": (_planter, hardening.PLANTER),
    # Speaks with the world outside, and holds credentials for it that are nobody else's.
    "courier": (_courier, hardening.COURIER),
    # Reads packs, as the doors do.
    "fingerprinter": (_fingerprinter, hardening.DOORS),
    # Writes HOME.demo.json beside the home, and speaks to the operator's socket.
    "demo": (_demo, None),
    # In the broker's place, while there is none.
    "synth-begin": (_synth_begin, hardening.BROKER),
    "synth-fill": (_synth_fill, hardening.BROKER),
}


def main(kind: str) -> int:
    """Become the process ``kind`` and stay it. 0: stopped as asked."""
    parent = int(os.environ["SEGEL_PARENT"])
    place = Place.from_environment()
    os.umask(0o077)
    telemetry.configure(place.home / "logs", os.environ["SEGEL_PROCESS"])
    log = telemetry.logger()
    prepare, identity = KINDS[kind]
    try:
        run = prepare(place)
        hardening.become(identity)
        # Changing the user cleared both.
        hardening.die_with_parent(parent, signal.SIGKILL)
        hardening.leave_no_core()
        hardening.gain_nothing()
        # What was imported stays: looking through it again and again is pauses of 20 ms.
        gc.collect()
        gc.freeze()
        log.info("started")
        uvloop.run(run())  # type: ignore[arg-type]
    except SegelError as error:
        log.error("refused", code=error.code, **telemetry.describe(error))
        print(error, flush=True)  # noqa: T201 - the supervisor shows a step's last line
        return 1
    except Exception as error:
        log.error("ended-by-exception", **telemetry.describe(error))
        print(f"{type(error).__name__}; see its log", flush=True)  # noqa: T201
        if os.environ.get("SEGEL_UNSEALED_STDERR"):
            raise
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
