"""Keys under KEKs of their own, in rows of their own tables, moved to the newest KMS.

What a guest of the keeper (``keeper.Guest``) answers by.
Each is bound to the id of its row. A row is changed only where it still holds what was read.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from segel.broker.keyring import Keyring, label_of
from segel.keys import WrappedKey


def behind(keyring: Keyring, keys: Sequence[WrappedKey]) -> list[WrappedKey]:
    """Those that are not in the newest KMS."""
    return [one for one in keys if label_of(one.wrapped)[0] < keyring.generation]


async def move(
    pool: AsyncConnectionPool, keyring: Keyring, keys: Sequence[WrappedKey], update: bytes
) -> None:
    """Wrap in the newest KMS what is behind. ``update``: the statement that takes a new key, the
    row's id, and the key before it. Raises KmsError."""
    moved = behind(keyring, keys)
    for kek_id in sorted({one.kek_id for one in moved}):
        await asyncio.to_thread(keyring.create_kek, kek_id)
    renewed = await asyncio.to_thread(keyring.renew_many, moved)
    async with pool.connection() as connection, connection.cursor() as cursor:
        await cursor.executemany(
            update,
            [
                (made, UUID(bytes=one.context), one.wrapped)
                for one, made in zip(moved, renewed, strict=True)
            ],
        )
