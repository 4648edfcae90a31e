"""The log as others see it: tiles, entry bundles and a signed checkpoint in the object store.

The database holds the entries first; what is published is made from it and can be made again, so
a crash between the two loses nothing: the next start goes on from the published checkpoint.
"""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker.ledger import Ledger, Logged
from segel.broker.secrets import BrokerSecrets
from segel.store.objects import LocalDirectory
from segel.tlog import (
    Checkpoint,
    Frontier,
    NoteSigner,
    Receipt,
    Tile,
    encode_entries,
    leaf_hash,
    sign_note,
    tiles_to_publish,
)

AUDIT_PREFIX: Final = "audit"
CHECKPOINT_KEY: Final = f"{AUDIT_PREFIX}/checkpoint"
PAUSE_S: Final = 0.5
"""Between two publications: a reader is never further behind, and a busy log writes few tiles."""

ENTRIES_MAX: Final = 16_384
"""Entries published in one go: after a long outage memory stays bounded."""
