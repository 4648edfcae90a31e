"""Stored pictures in the test's own memory: the register of pictures, with all looks at hand."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec
from numpy.typing import NDArray

from segel.domain.picture_records import ENTRIES_BYTES, NO_TOKEN, TOKEN_BYTES, PicturePlace
from segel.leaks.images.fingerprint import (
    Fingerprint,
    asked,
    encoded,
    look_of,
    pixel_hash_of,
)
from segel.leaks.images.matching import Proof
from segel.leaks.images.picture import gray
from segel.leaks.images.register import Pictures
from segel.leaks.model import ImageMatch


class Stored(msgspec.Struct, frozen=True, eq=False):
    """A picture that we hold, with the ids of its patient, series and instance."""

    patient: bytes
    series: bytes
    instance: bytes
    fingerprint: Fingerprint
    uid_token: bytes = NO_TOKEN


class Archive:
    """All that is stored."""

    def __init__(self, stored: Iterable[Sequence[Stored]]):
        self._pictures = Pictures()
        self._looks = []
        for number, one in enumerate(chain.from_iterable(stored)):
            made = one.fingerprint
            written = encoded(made)
            pixels = NO_TOKEN if made.look.says_nothing else made.pixel_hash[:TOKEN_BYTES]
            place = PicturePlace(
                one.series, one.instance, pixels, one.uid_token, written[:ENTRIES_BYTES]
            )
            self._pictures.take(one.patient, number.to_bytes(16, "big"), place.packed())
            self._looks.append(look_of(written[ENTRIES_BYTES:]))
        self._pictures.ready()

    def matched(
        self, file: int, pixels: NDArray[Any], *, uid_token: bytes = NO_TOKEN
    ) -> ImageMatch | None:
        """What one picture is. Raises UnusablePicture."""
        known = self._pictures.by_token(pixel_hash_of(pixels)[:TOKEN_BYTES], uid_token)
        if known is None:
            question = self._pictures.candidates(asked(gray(pixels)))
            looks = {one.picture: self._looks[one.picture] for one in question.candidates}
            known = self._pictures.known(question, looks)
        if known is None:
            return None
        return ImageMatch(
            file, known.patient, known.series, known.instance, known.how, known.inliers, known.bits
        )

    def proofs(self, pixels: NDArray[Any]) -> list[Proof]:
        """What speaks for whom, strongest first."""
        question = self._pictures.candidates(asked(gray(pixels)))
        looks = {one.picture: self._looks[one.picture] for one in question.candidates}
        return sorted(self._pictures.proofs(question, looks), key=lambda proof: -proof.strength)
