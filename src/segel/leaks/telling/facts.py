"""What a document says of the case itself: its number and marking, its evidence, where proofs lie.

Nothing of it is typed: it is read from the case and from its branch of the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from segel.broker.messages import CaseView
from segel.domain.cases import ObjectKind, Tlp
from segel.leaks.telling.findings import Basis

NO_LEAF: Final = -1
"""Of what stands in the log further back than a case's document reaches."""
FINDING_WORDS: Final = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the case. ``label``: how documents name it; ``sha256``: in hex; ``leaf``: the entry
    of the log by which it is in the case."""

    object_id: UUID
    label: str
    length: int
    sha256: str
    taken_s: float
    leaf: int


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case, as documents tell of it. ``findings_leaf``: the entry of the findings that the
    document is made of; ``log``: the log's verifier key."""

    case_id: UUID
    number: str
    tlp: Tlp
    known_s: float
    pieces: tuple[Piece, ...]
    findings_leaf: int
    log: str

    def basis(self, basis: Basis) -> tuple[str, str]:
        """A statement's evidence and entries of the log, as text. What is not in the case any more
        is named by its id."""
        by_id = {one.object_id: one for one in self.pieces}
        labels, leaves = [], list(basis.leaves)
        for object_id in basis.evidence:
            piece = by_id.get(object_id)
            labels.append(piece.label if piece else str(object_id))
            leaves += [piece.leaf] if piece else []
        entries = sorted(set(leaves or [self.findings_leaf]))
        return ", ".join(labels) or "–", ", ".join(entry_named(one) for one in entries)


def facts_of(
    view: CaseView, log: str, entries: Sequence[tuple[int, str]], findings_version: int
) -> CaseFacts:
    """A case's facts. ``log``: its verifier key; ``entries``: those of the case that were proved
    against it, each with its leaf and what it says."""
    leaves = _leaves(entries)
    kept = [one for one in view.objects if one.kept and one.kind is ObjectKind.EVIDENCE]
    pieces = tuple(
        Piece(
            one.object_id,
            f"B-{place}",
            one.length,
            one.sha256.hex(),
            one.taken_s,
            leaves.get(f"object-kept {one.object_id}", NO_LEAF),
        )
        for place, one in enumerate(sorted(kept, key=lambda one: (one.taken_s, one.object_id)), 1)
    )
    return CaseFacts(
        view.case_id,
        view.number,
        view.tlp,
        view.known_s,
        pieces,
        leaves.get(f"findings version {findings_version}", NO_LEAF),
        log,
    )


def entry_named(leaf: int) -> str:
    """How documents name an entry of the log."""
    return f"#{leaf}" if leaf >= 0 else "–"


def _leaves(entries: Sequence[tuple[int, str]]) -> Mapping[str, int]:
    """Where the entries stand that documents name, by what they say."""
    found: dict[str, int] = {}
    for leaf, detail in entries:
        words = detail.split(" ")
        # case <id> object-kept <object> …; case <id> finding <item> findings version <n>
        if words[2:3] == ["object-kept"]:
            found[f"object-kept {words[3]}"] = leaf
        elif words[2:3] == ["finding"] and len(words) == FINDING_WORDS:
            found[" ".join(words[4:])] = leaf
    return found
