"""The operator's way in: the broker's second socket, open to the user who started Segel only."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from segel.app import home as homes
from segel.app.lifecycle import NotRunning, read_status
from segel.broker import BrokerClient

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
