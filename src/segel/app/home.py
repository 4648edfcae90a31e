"""The home on disk: what lies where, whose it is, and who may start on it.

::

    HOME/pg        PostgreSQL           HOME.keys/kms            the file KMS (broker only)
    HOME/objects   packs, audit tiles   HOME.keys/database.json  passwords of the database roles
    HOME/run       sockets, status      HOME.demo.json           demo tokens
    HOME/logs      JSON lines           HOME.keys/wrapped        wrapped keys' backup
                                        HOME.keys/synthetic.json what `segel synth` made

What opens the home lies beside it, never in it: a copied home alone opens nothing.
"""

import fcntl
import hashlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from segel.app.hardening import BROKER, DOORS, SHARED_GROUP
from segel.domain.errors import SegelError
from segel.store.postgres import SOCKET_NAME, SOCKET_PATH_BYTES_MAX, system_user

MARK: Final = "SEGEL"
MARK_TEXT: Final = "This folder is a Segel home (layout 1). Everything in it is sealed.\n"
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class HomeRefused(SegelError):
    """A home that Segel cannot or must not own."""

    code = "home-refused"


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one home; ``root`` is absolute."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "pg"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    def objects_at(self, setting: str) -> Path:
        """The object store's folder, wherever the setting ``objects`` puts it."""
        return Path(setting) if setting else self.objects

    def disks(self, setting: str) -> tuple[Path, ...]:
        """What must not run full: the object store, and the embedded database where there is
        one."""
        return self.objects_at(setting), self.database

    @property
    def synthetic(self) -> Path:
        """The plan of whoever filled the home with patients who do not exist; else absent."""
        return self.keys / "synthetic.json"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        """Counters that the processes share."""
        return self.run / "metrics"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def settings(self) -> Path:
        return self.run / "settings.json"

    @property
    def status(self) -> Path:
        return self.run / "status.json"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def keys(self) -> Path:
        return self.root.with_name(self.root.name + ".keys")

    @property
    def kms(self) -> Path:
        return self.keys / "kms"

    @property
    def wrapped_keys(self) -> Path:
        """The wrapped keys' own backup; written by the broker."""
        return self.keys / "wrapped"

    @property
    def passwords(self) -> Path:
        return self.keys / "database.json"

    @property
    def log_key(self) -> Path:
        """The audit log's public key, as first seen."""
        return self.keys / "audit.vkey"

    @property
    def log_seen(self) -> Path:
        """The checkpoint of the last verification: what a later log must continue."""
        return self.keys / "audit.seen"

    @property
    def demo(self) -> Path:
        return self.root.with_name(self.root.name + ".demo.json")

    @property
    def sockets(self) -> Path:
        """``HOME/run``, or a short folder under /tmp where a socket's path would be too long."""
        longest = max(len("operator.sock"), len(f"pg/{SOCKET_NAME}.lock"))
        if len(os.fsencode(self.run)) + 1 + longest <= SOCKET_PATH_BYTES_MAX:
            return self.run
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"segel-{digest}"  # noqa: S108 - owner and mode are checked

    @property
    def broker_socket(self) -> Path:
        return self.sockets / "broker.sock"

    @property
    def operator_socket(self) -> Path:
        return self.sockets / "operator.sock"

    @property
    def database_socket(self) -> Path:
        return self.sockets / "pg"


def at(path: Path) -> Home:
    """The home at ``path``; nothing is touched."""
    return Home(path.expanduser().absolute())


def take(home: Home) -> IO[str]:
    """Make or check the home and lock it; the lock lasts as long as the returned file is open.

    Raises HomeRefused: somebody else's, in use, of other content, or open to others.
    """
    _refuse_strangers(home)
    root_runs = os.geteuid() == 0
    # Other users must reach their own folders inside, when root gives each process a user.
    _folder(home.root, 0o711 if root_runs else 0o700)
    if not (home.root / MARK).exists():
        (home.root / MARK).write_text(MARK_TEXT)
    _folder(home.run, 0o1770, None, SHARED_GROUP)
    lock = _lock(home)
    _folder(home.logs, 0o1770, None, SHARED_GROUP)
    _folder(home.objects, 0o711, DOORS.uid, SHARED_GROUP)
    for published in ("audit", "cards"):
        _folder(home.objects / published, 0o755, BROKER.uid, SHARED_GROUP)
    _folder(home.metrics, 0o1770, None, SHARED_GROUP)
    _folder(home.keys, 0o750 if root_runs else 0o700, None, SHARED_GROUP)
    _folder(home.kms, 0o700, BROKER.uid, SHARED_GROUP)
    _folder(home.wrapped_keys, 0o700, BROKER.uid, SHARED_GROUP)
    if home.sockets != home.run:
        _folder(home.sockets, 0o1771, None, SHARED_GROUP)
    if root_runs:
        database = system_user()
        _folder(home.database_socket, 0o755, database.uid, database.gid)
        for path in (home.root, Path(sys.prefix), Path(sys.base_prefix)):
            _let_pass(path)
        # The socket's folder lies in HOME/run, which PostgreSQL's user must be able to pass.
        home.run.chmod(0o1771)
    else:
        _folder(home.database_socket, 0o700)
    return lock


def running(home: Home) -> bool:
    """Whether a supervisor holds the home now."""
    try:
        with home.lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _refuse_strangers(home: Home) -> None:
    for folder in (home.root, home.keys):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise HomeRefused(
                "The home is not a folder.", field="home", remedy="Give a folder's real path."
            )
        if not folder.exists():
            continue
        about = folder.stat()
        if about.st_uid != os.geteuid():
            raise HomeRefused(
                "The home belongs to another user.",
                field="home",
                remedy="Start Segel as that user, or give another --home.",
            )
        if about.st_mode & OTHERS_WRITE:
            raise HomeRefused(
                "Other users may write to the home.",
                field="home",
                remedy=f"chmod go-w {folder}",
            )
    if not home.root.exists():
        if not home.root.parent.is_dir():
            raise HomeRefused(
                "The folder that the home is to be made in does not exist.",
                field="home",
                remedy=f"mkdir -p {home.root.parent}",
            )
        if home.keys.exists():
            raise HomeRefused(
                "There are keys of a home that is not there.",
                field="home",
                remedy=f"Restore the home, or move {home.keys} away: its keys open that home only.",
            )
    elif not (home.root / MARK).exists() and any(home.root.iterdir()):
        raise HomeRefused(
            "The folder is not empty and not a Segel home.",
            field="home",
            remedy="Give an empty folder, or one that is not there yet.",
        )
    elif (home.root / "pg").exists() and not home.keys.exists():
        raise HomeRefused(
            "The keys beside the home are missing; without them nothing in it can be opened.",
            field="home",
            remedy=f"Restore {home.keys}, or give an empty home.",
        )
    if not os.access(home.root if home.root.exists() else home.root.parent, os.W_OK | os.X_OK):
        raise HomeRefused(
            "The home cannot be written to.", field="home", remedy="Give another --home."
        )


def _lock(home: Home) -> IO[str]:
    file = home.lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise HomeRefused(
            "A Segel is running on this home.",
            field="home",
            remedy="`segel status` shows it, `segel down` stops it.",
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _folder(path: Path, mode: int, uid: int | None = None, gid: int | None = None) -> None:
    """Make the folder ours alone; owner and group only where root can give them."""
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise HomeRefused("A folder of the home is a link.", field="home", remedy=f"rm {path}")
    if os.geteuid() == 0:
        os.chown(path, 0 if uid is None else uid, 0 if gid is None else gid)
        path.chmod(mode)
    elif path.stat().st_uid != os.geteuid():
        raise HomeRefused(
            "A folder of the home belongs to another user.",
            field="home",
            remedy="Start Segel as the user who made the home.",
        )
    else:
        path.chmod(0o700)


def _let_pass(path: Path) -> None:
    """Let other users pass (not list) the folders above ``path``, as root's own children must."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH | stat.S_IXGRP)
