"""A decoy's DICOM files, made from its pattern's: other pixels, other UIDs, nobody's name."""

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.uid import UID

from segel.app.decoys.pixels import remake
from segel.domain.dicom import JsonDataset, text_value

STANDARD: Final = "1.2.840.10008."
"""UIDs of the standard itself mean something, and are kept."""

FRESH_DIGITS: Final = 12
"""Digits at the end of a UID that are drawn anew: enough that none is met twice."""

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
            element.value = _each(element, lambda text: _fresh(text, uids, chance))
        elif element.VR in _TEXT:
            element.value = _each(element, lambda text: _exchanged(text, changes))
        elif element.tag.is_private and isinstance(element.value, bytes):
            _blank(element, changes)


_TEXT: Final = frozenset("AE AS CS DA DT IS LO LT PN SH ST TM UC UT".split())


def _each(element: DataElement, change: Callable[[str], str]) -> object:
    if element.value is None or element.value == "":
        return element.value
    if element.VM > 1:
        return [change(str(one)) for one in element.value]
    return change(str(element.value))


def _exchanged(text: str, changes: Mapping[str, str]) -> str:
    whole = changes.get(text.strip())
    if whole is not None:
        return whole
    for old, new in changes.items():
        if len(old) > SHORT and old in text:
            text = text.replace(old, new)
    return text


def _fresh(uid: str, uids: dict[str, str], chance: random.Random) -> str:
    """Another UID of the same make and length; the same one for the same."""
    if not uid or uid.startswith(STANDARD):
        return uid
    if uid not in uids:
        digits, left = list(uid), FRESH_DIGITS
        for at in range(len(digits) - 1, 0, -1):
            if not left:
                break
            if digits[at].isdigit():
                leads = digits[at - 1] == "."
                digits[at] = str(chance.randrange(1 if leads else 0, 10))
                left -= 1
        uids[uid] = "".join(digits)
    return uids[uid]


def _blank(element: DataElement, changes: Mapping[str, str]) -> None:
    """Overwrite what a private element says of the pattern's patient, in its own length."""
    value = bytes(element.value)
    for old in changes:
        if len(old) > SHORT:
            value = value.replace(old.encode(), b" " * len(old.encode()))
    element.value = value
