"""The matcher: ``python -m segel.app.matcher_process``, which the broker starts for one warrant.

It holds the opened matching register and is the only process that does. It reads frames from its
standard input and answers on its standard output, and cannot open anything else: with no descriptor
left to give, the kernel refuses it files and sockets alike (getrlimit(2), RLIMIT_NOFILE). It leaves
no core, dies with the broker, and ends where the pipe does. It says nothing of what it reads: a
failure is told by the name of its kind.
"""

import contextlib
import os
import resource
import sys
from typing import BinaryIO, Final
from uuid import UUID

import cv2
import msgspec
import numpy as np

from segel.app import hardening
from segel.app.picture_answering import PictureAnswering
from segel.broker.matching_pictures import (
    look_context,
    pictures_key,
    place_context,
    sealed_picture,
)
from segel.broker.matching_port import (
    ID_BYTES,
    Begin,
    Broken,
    Compare,
    Found,
    FromMatcher,
    Loaded,
    Looks,
    Places,
    PlacesLoaded,
    Ready,
    Records,
    SealedLook,
    Seek,
    Sought,
    ToMatcher,
)
from segel.broker.matching_records import OpenShard, context_of
from segel.domain.leak_rows import PersonRow
from segel.domain.person_tokens import RECORD_BYTES
from segel.domain.picture_records import (
    ENTRIES_BYTES,
    NO_TOKEN,
    AskedPicture,
    PicturePlace,
)
from segel.leaks.images.fingerprint import asked, encoded, fingerprint
from segel.leaks.matching.answering import Answer, Answering
from segel.sealing import seal, unseal

LENGTH_BYTES: Final = 4
_decoder: msgspec.msgpack.Decoder[ToMatcher] = msgspec.msgpack.Decoder(ToMatcher)


def main() -> int:
    """Answer until the pipe ends."""
    parent = int(os.environ["SEGEL_PARENT"])
    hardening.die_with_parent(parent)
    hardening.leave_no_core()
    hardening.gain_nothing()
    os.umask(0o077)
    os.chdir("/")
    _rehearse()
    _rehearse_pictures()
    # Standard streams are open; no further descriptor can be.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    heard, said = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(BrokenPipeError):
        try:
            _converse(heard, said)
        except Exception as failure:  # its words may quote a row
            _say(said, Broken(type(failure).__name__))
            return 1
    return 0


def _rehearse() -> None:
    """Go all the way once with nobody: what is imported when it is first used is imported now,
    while files can be read."""
    answering = Answering(bytes(32), [(0, "RS", "RS")])
    shard, nobody = UUID(int=1), UUID(int=2)
    sealed = seal(bytes(32), context_of(shard, nobody), bytes(RECORD_BYTES))
    records = Records(0, shard.bytes, bytes(32), nobody.bytes, bytes(sealed))
    answering.take(0, nobody.bytes, opened(records))
    answering.ready()
    rows = [PersonRow(0, 0, nik="9" * 16, name="ÉLA A", birth_date="19800101", phone="62")] * 2
    answer = answering.answer(msgspec.msgpack.encode(rows), few=True, chance=True)
    for message in (found_of(answer), Broken("")):
        _decoder.decode(msgspec.msgpack.encode(Compare(b"", few=False, chance=False)))
        msgspec.msgpack.encode(message)


def _rehearse_pictures() -> None:
    """The same with a picture: of nobody, who is known again by it."""
    key, nobody = bytes(32), UUID(int=2)
    chance = np.random.default_rng(0)
    noise = chance.integers(0, 255, (400, 300)).astype(np.uint8)
    shown = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8)
    written = encoded(fingerprint(shown))
    place = PicturePlace(nobody.bytes, nobody.bytes, NO_TOKEN, NO_TOKEN, written[:ENTRIES_BYTES])
    shard = OpenShard(UUID(int=1), key)
    sealed = sealed_picture(shard, nobody, nobody, place.packed(), written[ENTRIES_BYTES:])
    pictures, shard_key = PictureAnswering(key), pictures_key(key)
    places = Places(shard_key, nobody.bytes, nobody.bytes, sealed.place)
    pictures.take(places.patients, places.pictures, opened_places(places))
    pictures.ready()
    sought = pictures.seek(msgspec.msgpack.encode([AskedPicture(bytes(32), "", asked(shown))]))
    looks = [SealedLook(shard_key, nobody.bytes, sought, sealed.look)]
    seen = pictures.see([opened_look(one) for one in looks])
    assert seen.patients == nobody.bytes
    for message in (Sought(sought), seen):
        msgspec.msgpack.encode(message)
    _decoder.decode(msgspec.msgpack.encode(Looks(looks)))


def _converse(heard: BinaryIO, said: BinaryIO) -> None:
    answering: Answering | None = None
    pictures: PictureAnswering | None = None
    while (body := _frame(heard)) is not None:
        message = _decoder.decode(body)
        match message:
            case Begin():
                answering = Answering(
                    message.token_key,
                    [(one.number, one.code, one.name) for one in message.hospitals],
                )
                pictures = PictureAnswering(message.token_key)
            case Records():
                assert answering is not None
                answering.take(message.hospital, message.patients, opened(message))
            case Loaded():
                assert answering is not None
                _say(said, Ready(answering.ready()))
            case Compare():
                assert answering is not None
                found = answering.answer(message.rows, few=message.few, chance=message.chance)
                _say(said, found_of(found))
            case Places():
                assert pictures is not None
                pictures.take(message.patients, message.pictures, opened_places(message))
            case PlacesLoaded():
                assert pictures is not None
                _say(said, Ready(pictures.ready()))
            case Seek():
                assert pictures is not None
                _say(said, Sought(pictures.seek(message.pictures)))
            case Looks():
                assert pictures is not None
                _say(said, pictures.see([opened_look(one) for one in message.looks]))


def opened(records: Records) -> bytes:
    """The records, one after the other. Raises SealBroken."""
    count = len(records.patients) // ID_BYTES
    if not count:
        return b""
    length = len(records.sealed) // count
    shard_id = UUID(bytes=records.shard_id)
    return b"".join(
        unseal(
            records.key,
            context_of(shard_id, UUID(bytes=records.patients[at * ID_BYTES : (at + 1) * ID_BYTES])),
            records.sealed[at * length : (at + 1) * length],
        )
        for at in range(count)
    )


def opened_places(places: Places) -> bytes:
    """The places, one after the other. Raises SealBroken."""
    count = len(places.patients) // ID_BYTES
    if not count:
        return b""
    length = len(places.sealed) // count
    return b"".join(
        unseal(
            places.key,
            place_context(
                UUID(bytes=places.patients[at * ID_BYTES : (at + 1) * ID_BYTES]),
                UUID(bytes=places.pictures[at * ID_BYTES : (at + 1) * ID_BYTES]),
            ),
            places.sealed[at * length : (at + 1) * length],
        )
        for at in range(count)
    )


def opened_look(look: SealedLook) -> tuple[bytes, bytes]:
    """A picture's id and its look. Raises SealBroken."""
    context = look_context(UUID(bytes=look.patient), UUID(bytes=look.picture))
    return look.picture, unseal(look.key, context, look.sealed)


def found_of(answer: Answer) -> Found:
    """An answer as it travels."""
    found, chance = answer.matches, answer.chance
    return Found(
        patients=answer.patients.tobytes(),
        levels=found.level.tobytes(),
        # Of who is nobody not even how near they were: that would be an answer about somebody.
        bits=np.where(found.level > 0, found.bits, 0).astype("<f4").tobytes(),
        agreeing=found.agreeing.astype("<u2").tobytes(),
        contradicting=found.contradicting.tobytes(),
        ambiguous=found.ambiguous.astype(np.uint8).tobytes(),
        alike=(found.alike >= 0).astype(np.uint8).tobytes(),
        asked=answer.asked.astype(np.uint8).tobytes(),
        chance=None if chance is None else (chance.alike, chance.niks, chance.linked),
    )


def _frame(heard: BinaryIO) -> bytes | None:
    head = heard.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    body = heard.read(length)
    return body if len(body) == length else None


def _say(said: BinaryIO, message: FromMatcher) -> None:
    body = msgspec.msgpack.encode(message)
    said.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    said.flush()


if __name__ == "__main__":
    sys.exit(main())
