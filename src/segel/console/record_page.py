"""The patient's record as its page shows it: before any script ran, and for those without."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

import msgspec
from markupsafe import Markup

from segel.broker.messages import RecordDocument, RecordLine, SignedRecord
from segel.console.texts import has_text
from segel.console.trail_lines import told
from segel.tlog import NoteVerifier


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; ``kind``, ``purpose`` and ``role`` are keys of texts."""

    leaf: int
    when_s: float
    kind: str
    purpose: str
    role: str
    refused: bool
    name: str
    hospital: str

    @property
    def is_own_look(self) -> bool:
        """Whether the patient just looked; a copy that they took is told like all others."""
        return self.role == OWN_ROLE and not self.kind.endswith("-copy")


OWN_ROLE: Final = "role.patient"
FOLDED_FROM: Final = 3
"""So many of a patient's own looks in a row are folded: they would hide who else looked."""


def runs_of(entries: Sequence[Entry]) -> list[tuple[bool, list[Entry]]]:
    """The entries in their order, in runs, and whether each is to be folded."""
    runs = [(own, list(run)) for own, run in groupby(entries, lambda entry: entry.is_own_look)]
    return [(own and len(run) >= FOLDED_FROM, run) for own, run in runs]


def entry_of(line: RecordLine) -> Entry:
    """A line as it is shown."""
    event = told(line.event)
    return Entry(
        leaf=line.leaf,
        when_s=event.when_s,
        kind=_known("record.kind.", *event.codes),
        purpose=_known("purpose.", event.purpose),
        role=_known("role.", event.role),
        refused=event.refused,
        name=line.name,
        hospital=line.hospital,
    )


def _known(prefix: str, *codes: str) -> str:
    return prefix + next((code for code in codes if has_text(prefix + code)), "other")


def fingerprint_of(document: RecordDocument) -> str:
    """What a patient compares with their card."""
    return NoteVerifier.parse(document.log).fingerprint


def proofs_of(record: SignedRecord) -> Markup:
    """The record as the content of a script element: JSON in which no tag can begin or end."""
    encoded = msgspec.json.encode(record).decode()
    return Markup(encoded.replace("<", "\\u003c"))  # noqa: S704 - escaped just here


@lru_cache
def policy_of(script: bytes, style: bytes) -> str:
    """The Content-Security-Policy of a saved page: its own script and style, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_source(script)}'; style-src '{_source(style)}';"
        " base-uri 'none'; form-action 'none'"
    )


def _source(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()
