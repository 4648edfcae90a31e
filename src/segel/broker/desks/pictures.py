"""The desk for fingerprints of stored images: of one process, which has a socket of its own."""

from segel.broker import messages as m
from segel.broker.desks.offers import FINGERPRINTER_ONLY, Offer
from segel.broker.matching_pictures import MatchingPictures


class PicturesDesk:
    """Answers the process ``fingerprinter``."""

    def __init__(self, pictures: MatchingPictures) -> None:
        self._pictures = pictures

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.TakePictures, self._take, FINGERPRINTER_ONLY),
            Offer(m.SettlePictures, self._settle, FINGERPRINTER_ONLY),
        ]

    async def _take(self, _: m.TakePictures) -> m.Reply:
        return m.PictureWork(await self._pictures.take())

    async def _settle(self, asked: m.SettlePictures) -> m.Reply:
        await self._pictures.settle(asked.instances)
        return m.Done()
