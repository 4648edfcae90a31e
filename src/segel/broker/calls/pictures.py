"""What the process that makes fingerprints asks of the broker."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class PictureCalls:
    """``BrokerClient.pictures``; by the fingerprinter's socket. Each raises BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def take(self) -> list[m.PictureStudy]:
        """Some instances that wait for fingerprints, with their studies' keys; [] where none do."""
        return (await self._client.call(m.TakePictures(), m.PictureWork)).studies

    async def settle(self, instances: Sequence[m.SettledInstance]) -> None:
        """Have what was made kept. Raises MessageBroken."""
        await self._client.call(m.SettlePictures(list(instances)), m.Done)
