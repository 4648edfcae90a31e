"""Recovery: an archive whose KMS is lost, opened again in a new one by its escrow.

Done with no Segel running, from the folder of the wrapped keys alone. Every key is taken out of
the escrow's file and wrapped in the new KMS as the next generation; what comes out is a wrapped
keys' backup that is newer than the database. The next start heals the database from it, as it heals
one that was put back from before a rotation (``restoring``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from segel.broker import escrow_file, key_backup
from segel.broker.escrow_file import EscrowFileBroken
from segel.broker.generations import Generations, KmsSettings
from segel.broker.keyring import GENERATION_MAX, Keyring, label
from segel.broker.secrets import BROKER_KEK, secrets_of, wrap_secrets
from segel.keys import Kms, PlainKey

PAGE_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Recovered:
    """What there was. ``made_s``: of when the escrow's file is; who came later is not in it."""

    patients: int
    made_s: float
    generation: int


def recover(
    folder: Path, key: X25519PrivateKey, kms: Kms, settings: KmsSettings | None, now_s: float
) -> Recovered:
    """Wrap everything in ``kms``, a new one (``settings`` None: that of the settings file).

    Raises SharesWrong, EscrowFileBroken, KeyBackupBroken, KmsError; then nothing was changed.
    """
    tail = escrow_file.read_tail(folder)
    if tail is None:
        raise EscrowFileBroken(
            f"There is no escrow's file in {folder}.",
            remedy="Put back the copy of that folder; without it the shares open nothing.",
        )
    opened = escrow_file.Opened(tail, key)
    escrow_file.require_whole(sum(1 for _ in escrow_file.read_rows(folder)), tail)
    raw = msgspec.msgpack.decode(opened.secrets, type=dict[int, bytes])
    secrets = secrets_of(raw)
    head = key_backup.read_head(folder)
    if head is not None:
        head = key_backup.verify(folder, secrets)
    generation = _newest(head) + 1
    assert generation <= GENERATION_MAX
    keyring = Keyring({generation: kms})
    for kek_id in (BROKER_KEK, *tail.keks.values()):
        keyring.create_kek(kek_id)
    new = key_backup.Head(
        now_s,
        {hospital: label(generation, 1) for hospital in tail.keks},
        wrap_secrets(keyring, raw),
    )
    tombstones = key_backup.read_tombstones(folder) if head is not None else []
    with key_backup.written(folder, secrets, new, tombstones) as add:
        for page in _pages(folder):
            keys = [opened.key_of(row) for row in page]
            items = [
                PlainKey(tail.keks[str(row.hospital_id)], one, row.patient_id.bytes)
                for row, one in zip(page, keys, strict=True)
            ]
            wrapped = keyring.wrap_many(items)
            add([(row.patient_id, one, row.kept) for row, one in zip(page, wrapped, strict=True)])
    Generations(folder, _none, _none).begin_at(generation, settings)
    return Recovered(tail.count, tail.made_s, generation)


def _pages(folder: Path) -> Iterator[list[escrow_file.Row]]:
    rows = escrow_file.read_rows(folder)
    while page := list(islice(rows, PAGE_ROWS)):
        yield page


def _newest(head: key_backup.Head | None) -> int:
    """The newest generation that any key was in."""
    if head is None:
        return 0
    return max((one[0] for one in (*head.floors.values(), *head.secrets.values())), default=0)


def _none(*_: object) -> Kms:
    raise AssertionError("nothing is opened here")
