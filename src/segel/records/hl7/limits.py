"""What the HL7 door lets itself in for: every size, count and wait, with its unit and reason."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024

SEGMENTS_MAX: Final = 5_000
"""In one message. A long microbiology report has some hundreds."""

PARTS_MAX: Final = 100_000
"""Delimiters in one message, escapes too. Each becomes objects while it is parsed: this many take a
second, and a real message has a few thousand."""

CONTROL_ID_LENGTH_MAX: Final = 199
"""MSH-10: 20 in v2.5.1, 199 since v2.7, and senders did not wait for that."""

NUMBER_LENGTH_MAX: Final = 64
"""Order numbers and numbers of specimens: EI.1 has 199 and a real one 10 to 40."""

DECIMAL_LENGTH_MAX: Final = 30
"""Characters of an NM: it has 16 in the standard, and FHIR keeps 18 digits."""


@dataclass(frozen=True)
class Limits:
    """The server's own limits; each default has its reason.

    ``message_bytes``: one message, held in memory. Results with a PDF have one to five MiB.

    ``connections``: open ones; a laboratory keeps one or two. Together with ``message_bytes`` it
    bounds the memory that half-sent messages can take: 512 MiB.

    ``waiting``: messages with the archive at one moment, over all connections. The others wait
    unanswered, and their senders with them.

    ``idle_s``: silence between messages; senders keep a connection open through a quiet night
    shift's hour and open another one where it is closed. ``stall_s``: silence within a message.
    ``write_s``: for the sender to take our answer. ``handshake_s``: for TLS. ``stop_s``: what is
    with the archive may take this long when the server stops.
    """

    message_bytes: int = 16 * MIB
    connections: int = 32
    waiting: int = 8
    idle_s: float = 3600.0
    stall_s: float = 60.0
    write_s: float = 30.0
    handshake_s: float = 30.0
    stop_s: float = 8.0
