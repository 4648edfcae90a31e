"""Which KMS each generation of keys lives in: one small file beside the wrapped keys' backup.

Absent until keys are first moved: then all are in the KMS of the settings. It names KMSs and holds
no secret of theirs. It is replaced whole; what it says counts from the moment it is there.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from segel.broker.framed import private_file, put_in_place, sync
from segel.domain.errors import SegelError
from segel.keys import Kms, KmsMissing, KmsPlace, open_kms

FILE: Final = "generations.json"

KmsSettings = Mapping[str, Any]
"""A ``KmsPlace`` as JSON has it: names and places, no secret."""

Opener = Callable[[KmsSettings], Kms]
"""Opens a KMS that is there. Raises KmsError."""


class GenerationsBroken(SegelError):
    """The file does not say which KMSs there are."""

    code = "generations-broken"


class _Generation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``kms`` None: the one of the broker's own settings."""

    generation: int
    kms: dict[str, Any] | None = None


class Generations:
    """The file in ``folder``. ``own``: opens the KMS of the broker's own settings."""

    def __init__(self, folder: Path, own: Callable[[], Kms], opener: Opener) -> None:
        self._path = folder / FILE
        self._own = own
        self._opener = opener

    def known(self) -> bool:
        """Whether keys were ever moved."""
        return self._path.exists()

    def open_all(self, first: int = 0) -> dict[int, Kms]:
        """Every KMS that keys may be in. ``first``: the generation where there is no file yet.

        Raises GenerationsBroken, KmsError.
        """
        if not self.known():
            return {first: self._own()}
        return {one.generation: self._open(one) for one in self._read()}

    def open_one(self, generation: int) -> Kms | None:
        """One KMS; None where there is none of this generation. Raises as ``open_all``."""
        if not self.known():
            return None
        return next((self._open(one) for one in self._read() if one.generation == generation), None)

    def open_new(self, kms: KmsSettings) -> Kms:
        """A KMS that keys are to be moved to. Raises KmsError."""
        return self._opener(kms)

    def add(self, before: int, generation: int, kms: KmsSettings) -> None:
        """Have one more; durable on return. ``before``: the newest until now."""
        assert before < generation, "generations are counted upwards"
        present = self._read() if self.known() else [_Generation(before)]
        kept = [one for one in present if one.generation < generation]
        self._write([*kept, _Generation(generation, dict(kms))])

    def begin_at(self, generation: int, kms: KmsSettings | None) -> None:
        """Have this one only (None: that of the settings); durable on return."""
        self._write([_Generation(generation, dict(kms) if kms is not None else None)])

    def keep_only(self, generation: int) -> None:
        """Forget the older ones; durable on return."""
        self._write([one for one in self._read() if one.generation >= generation])

    def _open(self, one: _Generation) -> Kms:
        return self._own() if one.kms is None else self._opener(one.kms)

    def _read(self) -> list[_Generation]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=list[_Generation])
        except (OSError, msgspec.MsgspecError):
            found = []
        if not found:
            raise GenerationsBroken(
                f"{self._path} cannot be read; it says in which KMS the keys are.",
                remedy="Restore it from the copy that is kept of its folder.",
            )
        return found

    def _write(self, generations: list[_Generation]) -> None:
        beside = self._path.with_name(FILE + ".new")
        with private_file(beside) as file:
            file.write(msgspec.json.format(msgspec.json.encode(generations)))
            sync(file)
        put_in_place(beside, self._path)


def opener(production: bool) -> Opener:
    """Opens a KMS besides the one of the settings. Raises KmsError."""

    def opened(kms: KmsSettings) -> Kms:
        try:
            place = msgspec.convert(dict(kms), KmsPlace, dec_hook=_path)
        except msgspec.ValidationError:
            raise KmsMissing("No such KMS is known.", remedy="Set kms to another.") from None
        return open_kms(place, production=production)

    return opened


def described(place: KmsPlace) -> dict[str, Any]:
    """A place as an opener takes it."""
    found: dict[str, Any] = msgspec.to_builtins(place, enc_hook=str)
    return found


def _path(kind: type, value: str) -> Path:
    assert issubclass(kind, Path)
    return Path(value)
