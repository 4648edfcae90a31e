"""Recovery on an empty machine: what lies in the folders before ``segel up`` finds them whole."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from segel.app import home as homes
from segel.app.hardening import BROKER
from segel.app.home import Home, HomeRefused
from segel.broker.generations import opener
from segel.broker.recovering import Recovered, recover
from segel.store import postgres
from segel.store.postgres import EmbeddedPostgres


def recover_home(
    home: Home, key: X25519PrivateKey, kms: Mapping[str, Any] | None, now_s: float
) -> Recovered:
    """Everything under a new KMS (None: a file KMS in its usual place), and new passwords for the
    embedded database, whose old ones are lost, too. Raises HomeRefused, KmsError, EscrowError."""
    with homes.take(home):
        if kms is None and any(home.kms.iterdir()):
            raise HomeRefused(
                f"There is a KMS in {home.kms}; a recovery is for one that is lost.",
                field="home",
                remedy="Move it away, if it is not the one of this home.",
            )
        if os.geteuid() == 0:
            os.chown(home.kms, 0, -1)  # ours until it is whole; then the broker's again
        opened = opener(production=False)(kms if kms is not None else _file_kms(home))
        done = recover(home.wrapped_keys, key, opened, kms, now_s)
        for folder in (home.kms, home.wrapped_keys):
            _give_to_broker(folder)
        if (home.database / "PG_VERSION").exists():
            # Always: a start without the old ones has made some that the database does not know.
            _reset_passwords(home)
    return done


def _file_kms(home: Home) -> Mapping[str, Any]:
    return {"type": "file", "folder": str(home.kms)}


def _reset_passwords(home: Home) -> None:
    cluster = EmbeddedPostgres(
        home.database,
        home.database_socket,
        64,
        postgres.system_user() if os.geteuid() == 0 else None,
    )
    postgres.clear_leftover(cluster)
    postgres.reset_passwords(cluster, postgres.load_passwords(home.passwords))


def _give_to_broker(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, BROKER.uid, -1)
