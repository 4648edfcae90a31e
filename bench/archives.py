"""What is measured, as the client sees it: an address, a token, a title."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SEGEL: Final = "Segel"
ORTHANC: Final = "Orthanc"
RAW: Final = "raw limit"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that runs: DICOMweb below ``root``, and DIMSE under two titles."""

    name: str
    http: tuple[str, int]
    root: str
    dimse: tuple[str, int]
    calling_title: str
    called_title: str
    storing: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of whoever stores."""
    reading: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of whoever reads."""


class BenchFailed(Exception):
    """Something that was measured did not do its work: its figure would mean nothing."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
