"""The matcher's work on pictures without its pipe: places in, pictures in, whose they are out."""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from segel.broker.matching_pictures import pixels_token, uid_token
from segel.broker.matching_port import NOBODY, Seen
from segel.domain.picture_records import HOW, AskedPicture
from segel.leaks.images.errors import DamagedFingerprint, UnusablePicture
from segel.leaks.images.fingerprint import Look, look_of
from segel.leaks.images.matching import Known
from segel.leaks.images.register import Pictures, Question

INLIERS_MAX: Final = 0xFFFF


class PictureAnswering:
    """A register of pictures in the making, then at work; a question in two steps."""

    def __init__(self, token_key: bytes) -> None:
        self._token_key = token_key
        self._pictures = Pictures()
        self._asked: list[Known | Question | None] = []

    def take(self, patients: bytes, pictures: bytes, places: bytes) -> None:
        """See ``Pictures.take``."""
        self._pictures.take(patients, pictures, places)

    def ready(self) -> int:
        """No more come; how many there are."""
        return self._pictures.ready()

    def seek(self, packed: bytes) -> bytes:
        """Of a msgpack array of ``AskedPicture`` the ids of the pictures whose looks are wanted."""
        asked = msgspec.msgpack.decode(packed, type=list[AskedPicture])
        self._asked = [self._begun(one) for one in asked]
        wanted = {
            candidate.picture
            for one in self._asked
            if isinstance(one, Question)
            for candidate in one.candidates
        }
        return b"".join(self._pictures.pictures[number].tobytes() for number in sorted(wanted))

    def _begun(self, asked: AskedPicture) -> Known | Question | None:
        known = self._pictures.by_token(
            pixels_token(self._token_key, asked.pixel_sha256),
            uid_token(self._token_key, asked.instance_uid),
        )
        if known is not None or not asked.shown:
            return known
        try:
            return self._pictures.candidates(asked.shown)
        except UnusablePicture:
            return None

    def see(self, looks: Iterable[tuple[bytes, bytes]]) -> Seen:
        """Whose the pictures are. ``looks``: id and look, of those that were sought and are still
        there."""
        told = {one: written for one, look in looks if (written := _sound(look)) is not None}
        found = [self._settled(one, told) for one in self._asked]
        self._asked = []
        return Seen(
            patients=b"".join(one.patient if one else NOBODY for one in found),
            series=b"".join((one.series if one else b"") or NOBODY for one in found),
            instances=b"".join((one.instance if one else b"") or NOBODY for one in found),
            how=bytes(HOW.index(one.how) if one else 0 for one in found),
            inliers=np.array(
                [min(one.inliers, INLIERS_MAX) if one else 0 for one in found], "<u2"
            ).tobytes(),
            bits=np.array([one.bits if one else 0 for one in found], "<f4").tobytes(),
        )

    def _settled(self, begun: Known | Question | None, looks: dict[bytes, Look]) -> Known | None:
        if not isinstance(begun, Question):
            return begun
        there = {}
        for candidate in begun.candidates:
            look = looks.get(self._pictures.pictures[candidate.picture].tobytes())
            if look is not None:
                there[candidate.picture] = look
        return self._pictures.known(begun, there)


def _sound(written: bytes) -> Look | None:
    """A look; None of one that is damaged, which proves nothing."""
    try:
        return look_of(written)
    except DamagedFingerprint:
        return None
