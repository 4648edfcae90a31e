"""The KMS as the broker uses it: every wrapped key says where it belongs.

What stands in a row is ``generation (1) ‖ KEK version (4, big-endian) ‖ what the KMS made``. The
first five bytes are its *label*. The generation counts the moves from one KMS to another, so that
a key is never ambiguous while half of them have moved; the version is the KEK's own. Labels are
compared as bytes: what is below a hospital's floor has still to be wrapped anew. The label is not
secret and not trusted: an altered one leads to a KEK that does not open the key.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from segel.keys import KekUnknown, KekVersions, Kms, KmsStatus, PlainKey, WrapBroken, WrappedKey

LABEL_BYTES: Final = 5
GENERATION_MAX: Final = 255
_VERSION_BYTES: Final = 4


def label_of(stored: bytes) -> bytes:
    """The label of a stored key. Raises WrapBroken where there is none."""
    if len(stored) <= LABEL_BYTES:
        raise WrapBroken
    return stored[:LABEL_BYTES]


def label(generation: int, version: int) -> bytes:
    """The label of keys under a version of a KEK."""
    return bytes([generation]) + version.to_bytes(_VERSION_BYTES, "big")


def version_in(stored: bytes) -> int:
    """The KEK's version in a label, or in a stored key."""
    return int.from_bytes(stored[1:LABEL_BYTES], "big")


class Keyring:
    """The open KMSs by generation; new keys go to the newest. Methods as in ``segel.keys.Kms``."""

    def __init__(
        self, opened: Mapping[int, Kms], find: Callable[[int], Kms | None] = lambda _: None
    ) -> None:
        """``find``: looks for a generation that another broker began."""
        self._open = dict(opened)
        self._find = find
        self.generation = max(opened)

    @property
    def newest(self) -> Kms:
        """The KMS that wraps now."""
        return self._open[self.generation]

    def begin(self, generation: int, kms: Kms) -> None:
        """Wrap in ``kms`` from now on; the older ones still open what is theirs."""
        assert self.generation <= generation <= GENERATION_MAX, "generations are counted upwards"
        self._open[generation] = kms
        self.generation = generation

    def follow(self, generation: int) -> None:
        """Wrap in a newer KMS that another broker moves keys to. Raises KekUnknown."""
        if generation > self.generation:
            self.begin(generation, self._kms_of(generation))

    def close_older(self) -> None:
        """Open nothing of an older KMS any more."""
        self._open = {self.generation: self.newest}

    def create_kek(self, kek_id: str) -> None:
        """Make sure that the newest KMS has the KEK."""
        self.newest.create_kek(kek_id)

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        """A key as it is stored."""
        return self.wrap_many([PlainKey(kek_id, key, context)])[0]

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        """Keys as they are stored."""
        return self._labelled(self.newest.wrap_many(items))

    def unwrap(self, kek_id: str, stored: bytes, context: bytes) -> bytes:
        """The key. Raises KekUnknown where its KMS is not open here."""
        kms = self._kms_of(label_of(stored)[0])
        return kms.unwrap(kek_id, stored[LABEL_BYTES:], context)

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        """The keys of stored ones. One that fails fails all."""
        keys: dict[int, bytes] = {}
        for generation, here in _by_generation(items):
            kms = self._kms_of(generation)
            keys |= zip(here, kms.unwrap_many([_bare(items[at]) for at in here]), strict=True)
        return [keys[at] for at in range(len(items))]

    def renew_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        """Each stored key wrapped anew: newest KMS, newest version. One that fails fails all."""
        renewed: dict[int, bytes] = {}
        for generation, here in _by_generation(items):
            bare = [_bare(items[at]) for at in here]
            if generation == self.generation:
                made = self.newest.rewrap_many(bare)
            else:
                keys = self._kms_of(generation).unwrap_many(bare)
                made = self.newest.wrap_many(
                    [PlainKey(item.kek_id, key, item.context) for item, key in _pairs(bare, keys)]
                )
            renewed |= dict(zip(here, self._labelled(made), strict=True))
        return [renewed[at] for at in range(len(items))]

    def rotate(self, kek_id: str) -> bytes:
        """Add a version to a KEK of the newest KMS; its label."""
        self.newest.rotate(kek_id)
        return self.newest_label(kek_id)

    def newest_label(self, kek_id: str) -> bytes:
        """The label of what is wrapped under a KEK now."""
        return label(self.generation, self.newest.versions(kek_id).newest)

    def versions(self, kek_id: str) -> KekVersions:
        """The versions of a KEK in the newest KMS."""
        return self.newest.versions(kek_id)

    def retire_below(self, kek_id: str, floor: bytes) -> None:
        """Forget the versions below a label of the newest generation, for good."""
        assert floor[0] == self.generation, "an older KMS is emptied by whoever closes it"
        self.newest.retire_before(kek_id, version_in(floor))

    @property
    def older(self) -> list[int]:
        """The generations that keys are being moved out of."""
        return sorted(one for one in self._open if one != self.generation)

    def adapter(self, generation: int) -> str:
        """The name of an open KMS in the settings."""
        return self._kms_of(generation).status().adapter

    def empty_older(self, kek_id: str) -> None:
        """Forget a KEK in every KMS but the newest, for good. Repeating it does no harm."""
        for generation in self.older:
            try:
                self._open[generation].destroy_kek(kek_id)
            except KekUnknown:  # this generation never had it, or was emptied before
                continue

    def destroy(self, kek_id: str) -> list[int]:
        """Forget a KEK in every KMS, for good; the generations that had it. Repeating it does no
        harm."""
        had = []
        for generation, kms in sorted(self._open.items()):
            try:
                kms.destroy_kek(kek_id)
            except KekUnknown:  # it was made when keys had left this KMS
                continue
            had.append(generation)
        return had

    def create_signer(self, signer_id: str) -> bytes:
        """Make a signer's key in the newest KMS; its public one."""
        self.newest.create_signer(signer_id)
        return self.newest.public_key(signer_id)

    def sign(self, generation: int, signer_id: str, message: bytes) -> bytes:
        """A signature of a signer whose key is in that KMS. Raises KekUnknown, SignerUnknown."""
        return self._kms_of(generation).sign(signer_id, message)

    def destroy_signer(self, generation: int, signer_id: str) -> None:
        """Forget a signer's key, for good. Raises KekUnknown where its KMS is not open here."""
        self._kms_of(generation).destroy_signer(signer_id)

    def status(self) -> KmsStatus:
        """How the newest KMS is."""
        return self.newest.status()

    def _kms_of(self, generation: int) -> Kms:
        kms = self._open.get(generation) or self._find(generation)
        if kms is None:
            raise KekUnknown(
                "The key belongs to a KMS that is not open here.",
                remedy="Set the KMS that the keys were moved to, or restore them from it.",
            )
        self._open[generation] = kms
        return kms

    def _labelled(self, made: Iterable[bytes]) -> list[bytes]:
        kms, generation = self.newest, self.generation
        return [label(generation, kms.version_of(one)) + one for one in made]


def _by_generation(items: Sequence[WrappedKey]) -> list[tuple[int, list[int]]]:
    """Positions of the items of each generation. Raises WrapBroken for one without a label."""
    found: dict[int, list[int]] = {}
    for at, item in enumerate(items):
        found.setdefault(label_of(item.wrapped)[0], []).append(at)
    return list(found.items())


def _bare(item: WrappedKey) -> WrappedKey:
    return item._replace(wrapped=item.wrapped[LABEL_BYTES:])


def _pairs(items: list[WrappedKey], keys: list[bytes]) -> Iterable[tuple[WrappedKey, bytes]]:
    return zip(items, keys, strict=True)
