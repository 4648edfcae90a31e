"""Fingerprints of stored images: what waits for them, and what was made. For one process alone."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message

PICTURES_MAX: Final = 16
"""Of one instance: of a film of more frames the first and, evenly, others."""


class TakePictures(Message, frozen=True):
    """Some instances without fingerprints, with the keys of their studies."""


class PictureInstance(msgspec.Struct, frozen=True):
    """Where an instance lies, and its sealed record."""

    object_id: UUID
    pack_id: UUID
    pack_offset: int
    sealed_bytes: int
    sealed_record: bytes


class PictureStudy(msgspec.Struct, frozen=True):
    """A study's key, and those of its instances that wait."""

    patient_id: UUID
    study_id: UUID
    scope_key: bytes
    instances: list[PictureInstance]

    def __repr__(self) -> str:
        return f"PictureStudy({len(self.instances)})"


class PictureWork(Message, frozen=True):
    """None where nothing waits."""

    studies: list[PictureStudy]


class MadePicture(msgspec.Struct, frozen=True):
    """A frame's fingerprint: the hash of its pixels, and what ``leaks.images.fingerprint`` made;
    b'' where there is too little in it."""

    pixel_sha256: bytes
    made: bytes

    def __repr__(self) -> str:
        return "MadePicture(...)"


class SettledInstance(msgspec.Struct, frozen=True):
    """An instance that waits no more: its UID, and its frames'. None of what has no pixels, or of
    what cannot be decoded."""

    object_id: UUID
    instance_uid: str
    pictures: list[MadePicture]

    def __repr__(self) -> str:
        return f"SettledInstance({len(self.pictures)})"


class SettlePictures(Message, frozen=True):
    """Keep what was made."""

    instances: list[SettledInstance]


Request = TakePictures | SettlePictures
Reply = PictureWork
