"""What ``segel card lists make`` is given, as material for lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from segel.app.card_lists import ListsFolderBroken, files_in, serials_seen
from segel.app.card_verifying import of_whom, read_file
from segel.cards import CardRefused, ListRefused, MarkKind, RuleSet
from segel.cards.dcc_revocations import batch_of
from segel.cards.json_reading import read_object
from segel.cards.lists import Material
from segel.cards.rule_lists import RulesBroken, rule_set_of, shipped_sets
from segel.cards.signed_lists import open_list, pin_of
from segel.cards.snapshot import MARK_BYTES
from segel.cards.trust_files import entries_of
from segel.cards.trust_lists import with_crls
from segel.domain.errors import SegelError

_KINDS: Final = frozenset(MarkKind)


class MarksBroken(SegelError):
    """A file of marks cannot be used."""

    code = "revocation-marks-broken"


class RevocationsBroken(SegelError):
    """A revocation list cannot be used."""

    code = "revocations-broken"


@dataclass(frozen=True, slots=True)
class Sources:
    """Files, as the options name them."""

    certificates: Sequence[Path]
    trusts: Sequence[str]
    revocations: Sequence[Path]
    batches: Sequence[Path]
    marks: Sequence[Path]
    rules: Sequence[str]


def material_of(sources: Sources, now: datetime) -> tuple[Material, int]:
    """What the files have, and how many batches were left out because their cards have ended.
    Raises what each kind of file raises."""
    entries = [entries_of(read_file(path)) for path in sources.certificates]
    entries += [entries_of(read_file(path), url) for url, path in map(of_whom, sources.trusts)]
    issuers = with_crls(
        [one for each in entries for one in each.issuers],
        [_crl(read_file(path)) for path in sources.revocations],
    )
    marks: set[bytes] = set()
    ended = 0
    for path in sources.batches:
        batch = batch_of(read_file(path))
        if batch.expires < now:
            ended += 1
        else:
            marks |= batch.marks
    for path in sources.marks:
        marks.update(_marks(read_file(path)))
    return (
        Material(
            [one for each in entries for one in each.certificates],
            issuers,
            marks,
            [_rules(one) for one in sources.rules],
        ),
        ended,
    )


def next_serial(folder: Path) -> int:
    """One more than any that is, or was used, in the folder. Raises ListsFolderBroken."""
    serials = [0, *serials_seen(folder).values()]
    for kind, data in files_in(folder).items():
        try:
            serials.append(open_list(data, kind, {pin_of(data, kind)}).edition.serial)
        except ListRefused:
            raise ListsFolderBroken(
                "The list that is there cannot be read, so that the next serial is not known.",
                field=kind.file,
                remedy="Give --serial, larger than any before.",
            ) from None
    return max(serials) + 1


def _crl(data: bytes) -> dict[str, Any]:
    try:
        return read_object(data)
    except CardRefused as refused:
        raise RevocationsBroken(
            refused.what, field="--revocations", remedy="Give an issuer's list, as JSON."
        ) from None


def _marks(data: bytes) -> Iterator[bytes]:
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.strip()
        if not text:
            continue
        try:
            mark = bytes.fromhex(text.decode("ascii"))
        except ValueError:
            mark = b""
        if len(mark) != MARK_BYTES or mark[0] not in _KINDS:
            raise MarksBroken(
                f"Line {number} is not a mark.",
                field="--marks",
                remedy="A mark is a kind (01 to 04) and 16 bytes, in hexadecimal.",
            )
        yield mark


def _rules(name: str) -> RuleSet:
    shipped = {one.id: one for one in shipped_sets()}
    if name in shipped:
        return shipped[name]
    try:
        return rule_set_of(read_file(Path(name)))
    except RulesBroken as broken:
        raise RulesBroken(
            broken.what, field=broken.field or "--rules", remedy=broken.remedy
        ) from None
