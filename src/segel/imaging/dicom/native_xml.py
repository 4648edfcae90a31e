"""The DICOM JSON model written as the Native DICOM Model, its XML twin (PS3.19 § A.1).

Characters that XML 1.0 cannot hold, such as a form feed in an old report, become U+FFFD.
"""

import re
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring  # writes only; parses nothing

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.dictionary import keyword

NAMESPACE: Final = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
XML: Final = "application/dicom+xml"

_UNHOLDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def native_model(dataset: JsonDataset) -> bytes:
    """The XML document of one data set."""
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    _attributes(root, dataset)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _attributes(parent: Element, dataset: JsonDataset) -> None:
    for tag in sorted(dataset):
        element = dataset[tag]
        named = {"tag": tag, "vr": str(element.get("vr", "UN"))}
        word = keyword(int(tag, 16))
        if word != tag:
            named["keyword"] = word
        creator = _private_creator(dataset, tag)
        if creator:
            named["privateCreator"] = _held(creator)
        _fill(SubElement(parent, "DicomAttribute", named), element)


def _fill(node: Element, element: dict[str, Any]) -> None:
    if "BulkDataURI" in element:
        SubElement(node, "BulkData", {"uri": str(element["BulkDataURI"])})
    elif "InlineBinary" in element:
        SubElement(node, "InlineBinary").text = str(element["InlineBinary"])
    for number, value in enumerate(element.get("Value", ()), 1):
        numbered = {"number": str(number)}
        if element.get("vr") == "SQ":
            _attributes(SubElement(node, "Item", numbered), value or {})
        elif isinstance(value, dict):
            _name(SubElement(node, "PersonName", numbered), value)
        else:
            SubElement(node, "Value", numbered).text = None if value is None else _held(str(value))


def _name(node: Element, groups: dict[str, str]) -> None:
    for group in _GROUPS:
        if groups.get(group):
            written = SubElement(node, group)
            for component, text in zip(_COMPONENTS, groups[group].split("^"), strict=False):
                if text:
                    SubElement(written, component).text = _held(text)


def _private_creator(dataset: JsonDataset, tag: str) -> str:
    """Who reserved the block of a private element (PS3.5 § 7.8.1); '' for other elements."""
    group, number = int(tag[:4], 16), int(tag[4:], 16)
    if group % 2 == 0 or number < 0x1000:
        return ""
    values = dataset.get(f"{tag[:4]}{number >> 8:04X}", {}).get("Value") or [""]
    return str(values[0] or "")


def _held(text: str) -> str:
    return _UNHOLDABLE.sub("\ufffd", text)
