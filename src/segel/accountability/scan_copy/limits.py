"""What bounds a scan: every size, depth and count, with its reason."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan. Where one is met, the report says so: nothing is left out silently."""

    window_bytes: int = 4 * MIB
    """How much is looked at in one piece; with its decoded views about 40 MiB per worker."""

    overlap_bytes: int = 64 * KIB
    """How far windows overlap: more than any pattern in any encoding, or any database page."""

    part_bytes: int = 64 * MIB
    """A file is handed to the workers in parts of this size."""

    depth_max: int = 5
    """Containers within containers. A value within TOAST within a backup is three."""

    stream_bytes_max: int = 256 * MIB
    """What one compressed stream may always unfold to..."""

    stream_ratio_max: int = 100
    """...and beyond that, only so many times its compressed size. Text seldom reaches 20."""

    file_bytes_max: int = 1 * GIB
    """What all streams of one part of a file may always unfold to (nested bombs multiply)..."""

    file_ratio_max: int = 200
    """...and beyond that, only so many times the part's size."""

    hits_per_part_max: int = 20_000
    """Distinct hits kept per part. More adds nothing to what the reader must do."""

    wal_bytes_max: int = 64 * GIB
    """Bytes of write-ahead log that are put back in order as one stream."""
