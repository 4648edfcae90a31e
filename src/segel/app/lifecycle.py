"""``segel up``, ``down`` and ``status``."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from segel.app import home as homes
from segel.app import settings as settings_module
from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.production import require_fit, require_nobody_synthetic
from segel.app.settings import Settings
from segel.app.system import System, SystemStatus
from segel.broker.room import Room
from segel.domain.errors import SegelError

UP_TIMEOUT_S: Final = 600.0
POLL_S: Final = 0.1
DOWN_MARGIN_S: Final = 90.0
"""Beside each process' own stop timeout: PostgreSQL's last checkpoint on a slow disk."""

console = Console()


class NotRunning(SegelError):
    """There is no Segel on this home."""

    code = "not-running"


class StartFailed(SegelError):
    """A detached start that did not come up."""

    code = "start-failed"


def up(folder: Path, settings_file: Path | None, said: dict[str, Any]) -> None:
    """Run until asked to stop. Raises SegelError where it does not come up."""
    home = homes.at(folder)
    settings = _fit(home, settings_file, said)
    lock = homes.take(home)
    shown = ""
    with lock, console.status("Starting") as spinner:

        def announce(status: SystemStatus) -> None:
            nonlocal shown
            text = f"{status.state} {status.message}"
            if text == shown:
                return
            shown = text
            spinner.update(text.capitalize())
            if status.state == "ready":
                spinner.stop()
                _print_ready(status, home)
            elif status.state == "stopping":
                spinner.start()

        asyncio.run(System(home, settings, announce).run())


def up_detached(folder: Path, settings_file: Path | None, said: dict[str, Any]) -> None:
    """Start in the background; returns when all doors are open. Raises StartFailed."""
    home = homes.at(folder)
    _fit(home, settings_file, said)
    command = [sys.executable, "-m", "segel", "up", "--home", str(home.root)]
    if settings_file is not None:
        command += ["--settings", str(settings_file.absolute())]
    for name, value in said.items():
        if value is True:
            command.append(f"--{name}")
        elif value is not None:
            command += [f"--{name.replace('_', '-')}", value]
    with tempfile.TemporaryFile() as errors, console.status("Starting") as spinner:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "1000"},
        )
        try:
            status = _await_ready(home, child, spinner.update)
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            raise
        if status is None:
            errors.seek(0)
            told = errors.read().decode(errors="replace").strip().removeprefix("segel: ")
            raise StartFailed(told or "Segel ended while starting.")
    _print_ready(status, home)


def _fit(home: Home, settings_file: Path | None, said: dict[str, Any]) -> Settings:
    """The settings of a Segel that may start. Raises SettingsBroken, NotForProduction."""
    settings = settings_module.load(settings_file, **said)
    require_fit(settings)
    require_nobody_synthetic(settings, home)
    kms_place(settings, home)
    return settings


def down(folder: Path) -> None:
    """Stop the Segel on this home and wait for its end. Raises NotRunning."""
    home = homes.at(folder)
    status = read_status(home)
    with console.status("Stopping"):
        try:
            os.kill(status.pid, signal.SIGTERM)
        except PermissionError:
            raise NotRunning(
                "This Segel was started by another user.", remedy="Stop it as that user."
            ) from None
        deadline_s = time.monotonic() + DOWN_MARGIN_S + 10 * len(status.processes)
        while homes.running(home):
            if time.monotonic() > deadline_s:
                raise StartFailed("Segel does not stop.", remedy=f"kill -9 {status.pid}")
            time.sleep(POLL_S)
    console.print("Stopped.")


def show(folder: Path, *, as_json: bool) -> bool:
    """Print the status; whether everything is ready."""
    home = homes.at(folder)
    try:
        status = read_status(home)
    except NotRunning as absent:
        if as_json:
            print('{"state":"stopped","processes":[]}')  # noqa: T201 - the command's output
        else:
            console.print(str(absent))
        return False
    ready = status.state == "ready" and all(one.state == "ready" for one in status.processes)
    status.disk_trouble = _disk_trouble(home)
    ready = ready and not status.kms_trouble and not status.disk_trouble
    if as_json:
        print(msgspec.json.encode(status).decode())  # noqa: T201 - the command's output
        return ready
    table = Table(box=None, pad_edge=False)
    for title in ("process", "state", "pid", "restarts", "note"):
        table.add_column(title)
    for one in status.processes:
        table.add_row(one.name, one.state, str(one.pid or ""), str(one.restarts), one.note)
    console.print(f"{status.state} {status.message}".strip())
    console.print(_where(status, home))
    console.print(table)
    return ready


def _disk_trouble(home: Home) -> str:
    """Looked at here: on a full disk the status cannot be written."""
    try:
        settings = settings_module.decode(home.settings.read_bytes())
    except (OSError, SegelError):
        return ""
    room = Room(home.disks(settings.objects), settings.disk_reserve_mib)
    return str(room.trouble() or "")


def read_status(home: Home) -> SystemStatus:
    """The status of the Segel that runs on ``home``. Raises NotRunning."""
    if not homes.running(home):
        raise NotRunning("No Segel runs on this home.", remedy="Start it with `segel up`.")
    try:
        return msgspec.json.decode(home.status.read_bytes(), type=SystemStatus)
    except (OSError, msgspec.DecodeError):
        raise NotRunning("This Segel is only just starting.", remedy="Try again.") from None


def _await_ready(home: Home, child: subprocess.Popen[bytes], update: Any) -> SystemStatus | None:
    deadline_s = time.monotonic() + UP_TIMEOUT_S
    while child.poll() is None and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
        try:
            status = read_status(home)
        except NotRunning:
            continue
        if status.pid != child.pid:
            continue  # another one's, or an earlier one's file: the child will say so
        update(f"{status.state} {status.message}".capitalize())
        if status.state == "ready":
            return status
    if child.poll() is None:
        child.terminate()
        child.wait()
    return None


def _print_ready(status: SystemStatus, home: Home) -> None:
    console.print(Panel(_where(status, home), title="Segel is up", expand=False))


def _where(status: SystemStatus, home: Home) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("Worklist", f"{status.console}/" if status.console else ""),
        ("DICOMweb", f"{status.http}/dicomweb" if status.http else ""),
        ("Viewer", status.viewer),
        ("DIMSE", status.dimse),
        ("DIMSE, TLS", status.dimse_tls),
        ("HL7", status.mllp),
        ("HL7, TLS", status.mllp_tls),
        ("Metrics", status.metrics),
        ("KMS", f"{status.kms}: {status.kms_trouble or 'open'}" if status.kms else ""),
        ("Disk", status.disk_trouble),
        ("Demo file", status.demo),
        ("Home", str(home.root)),
        ("Stop", f"segel down --home {home.root}"),
    ):
        if value:
            table.add_row(name, value)
    return table
