"""What the receiver lets itself in for: every size, count and wait, with its unit and reason."""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

ASSOCIATE_BYTES_MAX: Final = 1 * MIB
"""An A-ASSOCIATE PDU: 128 contexts with 64 transfer syntaxes each are half of it."""

COMMAND_BYTES_MAX: Final = 64 * KIB
"""A command set: the longest real one, an N-GET with a long list of tags, has a few KiB."""

IDENTIFIER_BYTES_MAX: Final = 4 * MIB
"""The data set of anything but C-STORE: a C-MOVE that names 30,000 instances has 2 MiB."""

CANCELS_MAX: Final = 16
"""C-CANCEL requests remembered in one association; each is dropped when its operation ends."""

MESSAGES_AHEAD_MAX: Final = 1
"""Messages read before the current one is answered: we grant no asynchronous operations, so that
more than a C-CANCEL or the answer to a sub-operation can only be a peer that breaks the rules."""


@dataclass(frozen=True)
class Limits:
    """The receiver's own limits; each default has its reason.

    ``pdu_bytes``: what we say we receive (PS3.8 § D.1). dcmtk sends at most 128 KiB, pynetdicom as
    much as it may; above 256 KiB nothing gets faster, and a bound keeps one peer from naming 4 GiB.

    ``dataset_bytes``: one instance, held in memory while it is sealed.

    ``inflight_bytes``: all instances that are arriving or being stored at one moment. Past it an
    instance is answered with *out of resources*, which peers repeat later.

    ``associations``: open ones. An idle one costs a socket and a few KiB.

    ``artim_s``: from the connection to the A-ASSOCIATE-RQ, and from our last word to its closing
    (PS3.8 § 9.1.5). ``idle_s``: silence between messages; workstations keep an association open
    over a coffee. ``stall_s``: silence inside a message. ``stop_s``: what is under way may take
    this long when the receiver stops.

    ``matches``: the studies, series or instances that one C-FIND lists.
    """

    pdu_bytes: int = 256 * KIB
    dataset_bytes: int = 1024 * MIB
    inflight_bytes: int = 2048 * MIB
    associations: int = 256
    artim_s: float = 30.0
    idle_s: float = 600.0
    stall_s: float = 60.0
    stop_s: float = 8.0
    connect_s: float = 10.0
    matches: int = 5000
