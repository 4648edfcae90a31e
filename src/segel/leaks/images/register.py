"""The register of pictures, opened in memory for one warrant: asked by tokens, then by features.

It holds of everybody's pictures the place, 610 bytes each with its entries in the index. The look
of those that could be an asked one is fetched when it is asked for (``candidates``, ``known``).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.domain.picture_records import (
    ENTRIES_BYTES,
    HEAD_BYTES,
    ID_BYTES,
    NO_TOKEN,
    PLACE_BYTES,
    TOKEN_BYTES,
)
from segel.leaks.images.fingerprint import Look, entries_of, shown
from segel.leaks.images.index import (
    SEGMENT_PICTURES,
    Candidate,
    ImageIndex,
    Segment,
    listed,
)
from segel.leaks.images.matching import (
    LOCAL_FEATURES,
    PIXEL_HASH,
    UID,
    Known,
    Proof,
    Shown,
    Whose,
    claimed,
    exactly,
)

_ID: Final = np.dtype(f"V{ID_BYTES}")
_TOKEN: Final = np.dtype(("<u8", (TOKEN_BYTES // 8,)))
_PLACE: Final = np.dtype(
    [
        ("series", _ID),
        ("instance", _ID),
        ("pixels", *_TOKEN.subdtype),  # type: ignore[misc]
        ("uid", *_TOKEN.subdtype),  # type: ignore[misc]
        ("entries", f"V{ENTRIES_BYTES}"),
    ]
)
assert _PLACE.itemsize == PLACE_BYTES
assert HEAD_BYTES + ENTRIES_BYTES == PLACE_BYTES


class Question(msgspec.Struct, frozen=True, eq=False):
    """An asked picture that no token settled. ``candidates``: stored pictures whose looks are
    wanted, by their numbers in the register."""

    shown: Shown
    candidates: tuple[Candidate, ...]


class Pictures:
    """In the making (``take``), then at work (``ready``)."""

    def __init__(self) -> None:
        self._patients: list[NDArray[Any]] = []
        self._heads: list[NDArray[Any]] = []
        self._ids: list[NDArray[Any]] = []
        self._waiting: list[NDArray[Any]] = []
        self._waiting_count = 0
        self._segments: list[Segment] = []
        self._index = ImageIndex([])
        self._tokens: dict[str, _Tokens] = {}
        self.patients = np.zeros(0, _ID)
        self.pictures = np.zeros(0, _ID)
        self._places = np.zeros(0, _PLACE)

    def take(self, patients: bytes, pictures: bytes, places: bytes) -> None:
        """Pictures, each with 16 bytes of its patient's id and of its own, and its place."""
        found = np.frombuffer(places, _PLACE)
        assert len(patients) == len(pictures) == len(found) * ID_BYTES, "one of each"
        self._patients.append(np.frombuffer(patients, _ID))
        self._ids.append(np.frombuffer(pictures, _ID))
        self._heads.append(found[["series", "instance", "pixels", "uid"]].copy())
        self._waiting.append(entries_of(found["entries"].tobytes()))
        self._waiting_count += len(found)
        while self._waiting_count >= SEGMENT_PICTURES:
            self._list(SEGMENT_PICTURES)

    def ready(self) -> int:
        """No more come; how many there are."""
        if self._waiting_count:
            self._list(self._waiting_count)
        self.patients, self.pictures = _joined(self._patients, _ID), _joined(self._ids, _ID)
        heads = self._heads[0].dtype if self._heads else _PLACE
        self._places = _joined(self._heads, heads)
        self._patients, self._ids, self._heads = [], [], []
        self._index = ImageIndex(self._segments)
        self._tokens = {
            PIXEL_HASH: _Tokens(self._places["pixels"]),
            UID: _Tokens(self._places["uid"]),
        }
        return len(self.patients)

    def _list(self, count: int) -> None:
        waiting = _joined(self._waiting, self._waiting[0].dtype)
        some, rest = waiting[:count], waiting[count:]
        self._waiting, self._waiting_count = [rest], len(rest)
        has = np.arange(some["of"].shape[1]) < some["count"][:, None]
        first = sum(one.pictures for one in self._segments)
        words = some["of"]["word"][has].astype(np.uint32)
        codes = some["of"]["code"][has].astype(np.uint64)
        self._segments.append(listed(words, codes, some["count"].tolist(), first))

    def by_token(self, pixels_token: bytes, uid_token: bytes) -> Known | None:
        """Whose a picture is by its pixels, else by its UID; None where that settles nothing."""
        for how, said in ((PIXEL_HASH, pixels_token), (UID, uid_token)):
            if said and said != NO_TOKEN and how in self._tokens:
                same = [self.whose(number) for number in self._tokens[how].of(said)]
                if known := exactly(how, same):
                    return known
        return None

    def candidates(self, asked: bytes) -> Question:
        """Which stored pictures could be this one (``fingerprint.asked``). Raises
        UnusablePicture."""
        made = Shown.of(shown(asked))
        return Question(made, tuple(self._index.candidates(made.features)))

    def known(self, question: Question, looks: Mapping[int, Look]) -> Known | None:
        """Whose it is, with the looks of those candidates that are still there."""
        return claimed(LOCAL_FEATURES, self.proofs(question, looks))

    def proofs(self, question: Question, looks: Mapping[int, Look]) -> list[Proof]:
        """Stored pictures that it is proved to be or to be of."""
        found = (
            question.shown.proof(self.whose(one.picture), looks[one.picture], one.how)
            for one in question.candidates
            if one.picture in looks
        )
        return [one for one in found if one is not None]

    def whose(self, number: int) -> Whose:
        """Ids of a picture by its number."""
        place = self._places[number]
        return Whose(
            self.patients[number].tobytes(), place["series"].tobytes(), place["instance"].tobytes()
        )


class _Tokens:
    """Pictures by a token of each."""

    def __init__(self, tokens: NDArray[np.uint64]) -> None:
        self._order = np.argsort(tokens[:, 0], kind="stable")
        self._first, self._second = tokens[self._order, 0], tokens[self._order, 1]

    def of(self, token: bytes) -> list[int]:
        """The numbers of those that have it."""
        first, second = np.frombuffer(token, "<u8")
        at = np.searchsorted(self._first, first)
        end = np.searchsorted(self._first, first, side="right")
        return [int(one) for one in self._order[at:end][self._second[at:end] == second]]


def _joined(parts: list[NDArray[Any]], kind: np.dtype[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)
