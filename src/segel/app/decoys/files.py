"""A decoy's DICOM files, made from its pattern's: other pixels, other UIDs, nobody's name."""

import functools
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.uid import UID

from segel.app.decoys.pixels import CannotResemble, remake
from segel.broker.decoy_uids import NoOtherUid, renewed
from segel.domain.dicom import JsonDataset, text_value

UNIQUE: Final = frozenset(
    "StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID"
    " ReferencedSOPInstanceUID".split()
)
"""What no two studies may have in common."""

SHORT: Final = 3
"""Texts that are as short occur everywhere and name nobody: they are replaced as a whole only."""

NIK_PLACE: Final = "00101002"


def make_files(files: Sequence[bytes], replaced: JsonDataset, chance: random.Random) -> list[bytes]:
    """The files of one study of a decoy. Raises CannotResemble."""
    seed = chance.randrange(2**32)
    uids: dict[str, str] = {}
    made = []
    for data in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(BytesIO(data))
            remake(dataset, seed)
            _rewrite(dataset, _changes(dataset, replaced), uids, chance)
            dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
            written = BytesIO()
            dataset.save_as(written)
        made.append(written.getvalue())
    return made


def _changes(dataset: Dataset, replaced: JsonDataset) -> dict[str, str]:
    """What the pattern says, and what is to stand in its place, wherever it stands."""
    before = dataset.to_json_dict(bulk_data_threshold=64, bulk_data_element_handler=_no_bulk)
    changes = {}
    for tag, element in replaced.items():
        if tag == NIK_PLACE:
            continue
        old, new = text_value(before, tag).strip(), text_value({tag: element}, tag)
        if old:
            changes[old] = new
    niks = [item.get("PatientID", "") for item in dataset.get("OtherPatientIDsSequence", [])]
    new_nik = _nik(replaced)
    changes |= {str(old): new_nik for old in niks if old and new_nik}
    return changes


def _nik(replaced: JsonDataset) -> str:
    items = replaced.get(NIK_PLACE, {}).get("Value") or [{}]
    return text_value(items[0], "00100020")


def _no_bulk(_: DataElement) -> str:
    return ""


def _rewrite(
    dataset: Dataset, changes: Mapping[str, str], uids: dict[str, str], chance: random.Random
) -> None:
    for element in list(dataset):
        if element.VR == "SQ":
            for item in element.value:
                _rewrite(item, changes, uids, chance)
        elif element.VR == "UI":
            fresh = functools.partial(_fresh, uids, chance, element.keyword in UNIQUE)
            element.value = _each(element, fresh)
        elif element.VR in _TEXT:
            element.value = _each(element, functools.partial(_exchanged, changes))
        elif element.tag.is_private and isinstance(element.value, bytes):
            _blank(element, changes)


_TEXT: Final = frozenset("AE AS CS DA DT IS LO LT PN SH ST TM UC UT".split())


def _each(element: DataElement, change: Callable[[str], str]) -> object:
    if element.value is None or element.value == "":
        return element.value
    if element.VM > 1:
        return [change(str(one)) for one in element.value]
    return change(str(element.value))


def _exchanged(changes: Mapping[str, str], text: str) -> str:
    whole = changes.get(text.strip())
    if whole is not None:
        return whole
    for old, new in changes.items():
        if len(old) > SHORT and old in text:
            text = text.replace(old, new)
    return text


def _fresh(uids: dict[str, str], chance: random.Random, unique: bool, uid: str) -> str:
    """Another UID. Raises CannotResemble for one that no long number makes unique."""
    try:
        return renewed(uid, uids, datetime.now(UTC).date(), chance, unique=unique)
    except NoOtherUid:
        raise CannotResemble("A UID holds no number that could be another.") from None


def _blank(element: DataElement, changes: Mapping[str, str]) -> None:
    """Overwrite what a private element says of the pattern's patient, in its own length."""
    value = bytes(element.value)
    for old in changes:
        if len(old) > SHORT:
            value = value.replace(old.encode(), b" " * len(old.encode()))
    element.value = value
