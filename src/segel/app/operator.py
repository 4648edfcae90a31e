"""The operator's way in: the broker's second socket, open to the user who started Segel only."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from segel.app import home as homes
from segel.app.hardening import DOORS, become
from segel.app.lifecycle import NotRunning, read_status
from segel.app.settings import decode
from segel.broker import BrokerClient
from segel.store.objects import ObjectStore

R = TypeVar("R")


def ask(folder: Path, question: Callable[[BrokerClient], Awaitable[R]]) -> R:
    """Answer a question through the operator's socket. Raises NotRunning, BrokerError."""
    home = homes.at(folder)
    read_status(home)

    async def run() -> R:
        try:
            client = await BrokerClient.connect(home.operator_socket)
        except PermissionError:
            raise NotRunning(
                "This Segel was started by another user.", remedy="Ask as that user."
            ) from None
        try:
            return await question(client)
        finally:
            await client.close()

    return asyncio.run(run())


def ask_over_objects(
    folder: Path, question: Callable[[BrokerClient, ObjectStore], Awaitable[R]], *, writes: bool
) -> R:
    """The same, with the sealed objects of this home at hand.

    ``writes``: started by root, what is written is the doors' user's, who could not read what root
    wrote; it is the last that this process does. Raises NotRunning, BrokerError, StoreError.
    """
    from segel.store.local import LocalDirectory

    home = homes.at(folder)
    read_status(home)
    objects = LocalDirectory(home.objects_at(decode(home.settings.read_bytes()).objects))

    async def asked(client: BrokerClient) -> R:
        if writes:
            become(DOORS)
        return await question(client, objects)

    return ask(folder, asked)
