"""The first 100 bytes of a sealed object, and the cipher of its segments.

The object key and the random salt give a pseudorandom key (HKDF-Extract), and that, expanded with
the context, gives two values under labels that cannot meet: the stream's AES-256-GCM key, exactly
as Tink derives it (info = the context's AAD), and the key commitment. AES-GCM alone commits to
nothing: a ciphertext can be made that opens under two keys to two contents. With the commitment
that takes a collision of SHA-256.

Every object has a stream key of its own, so a nonce only has to be unique within it. Tink's are
prefix ‖ segment counter ‖ last-segment flag 0 or 1; the length box takes flag 2, which no segment
can have.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from segel.sealing.buffers import Buffer
from segel.sealing.context import ObjectContext
from segel.sealing.derivation import KEY_BYTES, Randomness
from segel.sealing.errors import SealBroken
from segel.sealing.layout import (
    COMMITMENT_AT,
    COMMITMENT_BYTES,
    HEAD_BYTES,
    LENGTH_BOX_AT,
    MAGIC,
    NONCE_PREFIX_BYTES,
    SALT_BYTES,
    STREAM_AT,
    STREAM_HEADER_BYTES,
    Layout,
    layout_from_sealed,
    layout_of,
)

_SHA256 = SHA256()
_COMMITMENT_LABEL = b"segel/commitment/v1\0"
_LENGTH_BOX_NONCE_END = b"\xff\xff\xff\xff\x02"


@dataclass(frozen=True, slots=True)
class OpenHead:
    """A head that was made or verified: the true length and the cipher of its segments."""

    length: int
    layout: Layout
    _cipher: AESGCM
    _nonce_prefix: bytes

    def encrypt(self, segment: int, content: Buffer, out: memoryview) -> None:
        self._cipher.encrypt_into(self._nonce(segment), content, None, out)

    def decrypt(self, segment: int, sealed: Buffer, out: memoryview) -> None:
        """Verify one segment at its place and write its content to ``out``; SealBroken if not."""
        try:
            self._cipher.decrypt_into(self._nonce(segment), sealed, None, out)
        except InvalidTag:
            raise SealBroken from None

    def encrypted(self, segment: int, content: bytes) -> bytes:
        """One segment, as new bytes."""
        return self._cipher.encrypt(self._nonce(segment), content, None)

    def decrypted(self, segment: int, sealed: Buffer) -> bytes:
        """The content of one segment at its place; SealBroken if it does not verify."""
        try:
            return self._cipher.decrypt(self._nonce(segment), sealed, None)
        except InvalidTag:
            raise SealBroken from None

    def _nonce(self, segment: int) -> bytes:
        is_last = segment == self.layout.segments - 1
        return self._nonce_prefix + (segment << 8 | is_last).to_bytes(5, "big")


def make_head(
    object_key: bytes, context: ObjectContext, length: int, randomness: Randomness
) -> tuple[bytes, OpenHead]:
    """A new head for ``length`` bytes of content: its 100 bytes, and the cipher to go on with."""
    layout = layout_of(length)
    drawn = randomness(SALT_BYTES + NONCE_PREFIX_BYTES)
    assert len(drawn) == SALT_BYTES + NONCE_PREFIX_BYTES, "randomness gives what it is asked for"
    salt, nonce_prefix = drawn[:SALT_BYTES], drawn[SALT_BYTES:]
    cipher, commitment = _stream_secrets(object_key, context, salt)
    box = cipher.encrypt(nonce_prefix + _LENGTH_BOX_NONCE_END, length.to_bytes(8, "big"), None)
    head = b"".join(
        (MAGIC, commitment, box, STREAM_HEADER_BYTES.to_bytes(1, "big"), salt, nonce_prefix)
    )
    assert len(head) == HEAD_BYTES
    return head, OpenHead(length, layout, cipher, nonce_prefix)


def open_head(
    object_key: bytes, context: ObjectContext, head: Buffer, sealed_length_bytes: int
) -> OpenHead:
    """Verify a head against key, context and the object's sealed size; SealBroken if it fails.

    ``head`` may be longer than 100 bytes (the whole object); the rest is not looked at.
    """
    layout = layout_from_sealed(sealed_length_bytes)
    own = bytes(memoryview(head)[:HEAD_BYTES])
    stream = own[STREAM_AT:]
    if len(own) != HEAD_BYTES or own[:COMMITMENT_AT] != MAGIC or stream[0] != STREAM_HEADER_BYTES:
        raise SealBroken
    salt, nonce_prefix = stream[1 : 1 + SALT_BYTES], stream[1 + SALT_BYTES :]
    cipher, commitment = _stream_secrets(object_key, context, salt)
    if not bytes_eq(commitment, own[COMMITMENT_AT : COMMITMENT_AT + COMMITMENT_BYTES]):
        raise SealBroken
    try:
        box = cipher.decrypt(
            nonce_prefix + _LENGTH_BOX_NONCE_END, own[LENGTH_BOX_AT:STREAM_AT], None
        )
    except InvalidTag:
        raise SealBroken from None
    length = int.from_bytes(box, "big")
    if layout_of(length) != layout:
        raise SealBroken
    return OpenHead(length, layout, cipher, nonce_prefix)


def _stream_secrets(object_key: bytes, context: ObjectContext, salt: bytes) -> tuple[AESGCM, bytes]:
    aad = context.aad()
    pseudorandom_key = HKDF.extract(_SHA256, salt, object_key)
    stream_key = HKDFExpand(_SHA256, KEY_BYTES, aad).derive(pseudorandom_key)
    commitment = HKDFExpand(_SHA256, COMMITMENT_BYTES, _COMMITMENT_LABEL + aad).derive(
        pseudorandom_key
    )
    return AESGCM(stream_key), commitment
