"""A matcher in the test's own process: what the broker's does, without its pipe."""

from segel.app.matcher_process import found_of, opened, opened_look, opened_places
from segel.app.picture_answering import PictureAnswering
from segel.broker.matching_port import (
    Found,
    Matcher,
    Opening,
    Places,
    Records,
    SealedLook,
    Seen,
    Sought,
)
from segel.leaks.matching.answering import Answering


class LocalMatching:
    """``matching_port.Matching`` without processes."""

    async def begin(self, opening: Opening) -> Matcher:
        return LocalMatcher(opening)


class LocalMatcher:
    """A register in this process' memory."""

    def __init__(self, opening: Opening) -> None:
        hospitals = [(one.number, one.code, one.name) for one in opening.hospitals]
        self._answering = Answering(opening.token_key, hospitals)
        self._pictures = PictureAnswering(opening.token_key)

    async def take(self, records: Records) -> None:
        self._answering.take(records.hospital, records.patients, opened(records))

    async def ready(self) -> int:
        return self._answering.ready()

    async def compare(self, rows: bytes, *, few: bool, chance: bool) -> Found:
        return found_of(self._answering.answer(rows, few=few, chance=chance))

    async def take_places(self, places: Places) -> None:
        self._pictures.take(places.patients, places.pictures, opened_places(places))

    async def places_ready(self) -> int:
        return self._pictures.ready()

    async def seek(self, pictures: bytes) -> Sought:
        return Sought(self._pictures.seek(pictures))

    async def see(self, looks: list[SealedLook]) -> Seen:
        return self._pictures.see([opened_look(one) for one in looks])

    async def close(self) -> None:
        return None
