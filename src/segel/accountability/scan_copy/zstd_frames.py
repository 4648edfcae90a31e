"""Whether what begins with zstd's magic number is a frame, told from its headers.

The magic number is four bytes, and a sealed archive is random bytes: one terabyte holds some two
hundred and thirty of them by chance. Most fail to decode. Those whose header asks for a dictionary
or for more memory than a scan gives cannot be tried, so the headers of their blocks are read
instead. Source: RFC 8878 § 3.1.1.
"""

from typing import Final

MAGIC_BYTES: Final = 4
DICTIONARY_ID_BYTES: Final = (0, 1, 2, 4)
CONTENT_SIZE_BYTES: Final = (0, 2, 4, 8)
BLOCK_BYTES_MAX: Final = 128 * 1024
BLOCK_HEADER_BYTES: Final = 3
LITERALS_HEADER_BYTES_MAX: Final = 5
SEQUENCES_HEADER_BYTES_MAX: Final = 4
HEADER_BYTES_MAX: Final = 18
WINDOW_LOG_MAX: Final = 31
"""The reference encoder and decoder know no wider window."""
CONTENT_BYTES_MAX: Final = 1 << 50
RAW, RLE, COMPRESSED, RESERVED = range(4)


def may_hide_text(head: bytes) -> bool:
    """Whether ``head``, a frame's first bytes, may hold text that only a decoder reads.

    Every block that is seen must be valid, and one of them compressed: what stands in a block
    that is not compressed was looked at already, as it is.
    """
    at = _first_block(head)
    compressed = False
    while at is not None and at + BLOCK_HEADER_BYTES <= len(head):
        header = int.from_bytes(head[at : at + BLOCK_HEADER_BYTES], "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        at += BLOCK_HEADER_BYTES
        if kind == RESERVED or size > BLOCK_BYTES_MAX:
            return False
        if kind == COMPRESSED:
            if not _is_compressed_block(head[at : at + size], size):
                return False
            compressed = True
        at += 1 if kind == RLE else size
        if last:
            break
    return compressed


def _first_block(head: bytes) -> int | None:
    """The offset of the first block's header; None where no encoder's frame begins so."""
    if len(head) < HEADER_BYTES_MAX:
        return None
    descriptor = head[MAGIC_BYTES]
    if descriptor & 0x08:  # reserved, and zero in every frame
        return None
    at = MAGIC_BYTES + 1
    single_segment = bool(descriptor & 0x20)
    if not single_segment:
        if 10 + (head[at] >> 3) > WINDOW_LOG_MAX:
            return None
        at += 1
    at += DICTIONARY_ID_BYTES[descriptor & 3]
    size = CONTENT_SIZE_BYTES[descriptor >> 6] or int(single_segment)
    content = int.from_bytes(head[at : at + size], "little")
    return at + size if content <= CONTENT_BYTES_MAX else None


def _is_compressed_block(block: bytes, size: int) -> bool:
    """Whether literals and sequences fit into it (§ 3.1.1.3); True if too little of it is seen."""
    if size < BLOCK_HEADER_BYTES:
        return False
    if len(block) < LITERALS_HEADER_BYTES_MAX:
        return True
    kind, form = block[0] & 3, block[0] >> 2 & 3
    word = int.from_bytes(block[:LITERALS_HEADER_BYTES_MAX], "little")
    if kind in (RAW, RLE):
        bits, header = ((5, 1), (12, 2), (5, 1), (20, 3))[form]
        literals = word >> (8 * header - bits) & ((1 << bits) - 1)
        stored = literals if kind == RAW else 1
    else:
        bits, header = ((10, 3), (10, 3), (14, 4), (18, 5))[form]
        literals = word >> 4 & ((1 << bits) - 1)
        stored = word >> (4 + bits) & ((1 << bits) - 1)
        if stored >= literals:  # then an encoder stores them as they are
            return False
    sequences = header + stored
    if literals > BLOCK_BYTES_MAX or sequences >= size:
        return False
    return _are_sequences(block[sequences:], size - sequences)


def _are_sequences(section: bytes, size: int) -> bool:
    """Whether a section of sequences begins so (§ 3.1.1.3.2.1); True if too little is seen."""
    if len(section) < SEQUENCES_HEADER_BYTES_MAX:
        return True
    first = section[0]
    if first == 0:
        return size == 1
    modes = section[1 if first < 128 else 2 if first < 255 else 3]
    return modes & 3 == 0  # reserved
