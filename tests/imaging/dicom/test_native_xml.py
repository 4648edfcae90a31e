"""The XML twin of the JSON model: what goes in can be read back, whatever the characters."""

from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from segel.imaging.dicom import native_model
from segel.imaging.dicom.native_xml import NAMESPACE

SPACE = f"{{{NAMESPACE}}}"
KEPT = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"
)
WORDS = st.text(KEPT, min_size=1, max_size=20)
PARTS = st.text(KEPT, min_size=1, max_size=10).filter(lambda text: "^" not in text)


def attribute(root: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = root.find(f"{SPACE}DicomAttribute[@tag='{tag}']")
    assert found is not None
    return found


def read(dataset: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring(native_model(dataset))  # noqa: S314 - our own output


@given(words=st.lists(WORDS, max_size=4), family=PARTS, given_name=PARTS)
def test_texts_names_and_items_can_be_read_back(
    words: list[str], family: str, given_name: str
) -> None:
    inner = {"00080104": {"vr": "LO", "Value": words}}
    root = read(
        {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": f"{family}^{given_name}"}]},
            "00081032": {"vr": "SQ", "Value": [inner, {}]},
        }
    )
    name = attribute(root, "00100010")
    assert name.get("keyword") == "PatientName"
    assert name.findtext(f"{SPACE}PersonName/{SPACE}Alphabetic/{SPACE}FamilyName") == family
    assert name.findtext(f"{SPACE}PersonName/{SPACE}Alphabetic/{SPACE}GivenName") == given_name
    first, second = attribute(root, "00081032").findall(f"{SPACE}Item")
    values = attribute(first, "00080104").findall(f"{SPACE}Value")
    assert [value.text for value in values] == words
    assert [value.get("number") for value in values] == [str(n + 1) for n in range(len(words))]
    assert len(second) == 0


def test_every_kind_of_element_has_its_form() -> None:
    root = read(
        {
            "7FE00010": {"vr": "OW", "BulkDataURI": "https://example/bulk"},
            "00420011": {"vr": "OB", "InlineBinary": "AAE="},
            "00280010": {"vr": "US", "Value": [512, None]},
            "00090010": {"vr": "LO", "Value": ["ACME"]},
            "00091001": {"vr": "UN", "InlineBinary": "AA=="},
            "00100020": {"vr": "LO"},
        }
    )
    bulk = attribute(root, "7FE00010").find(f"{SPACE}BulkData")
    assert bulk is not None
    assert bulk.get("uri") == "https://example/bulk"
    assert attribute(root, "00420011").findtext(f"{SPACE}InlineBinary") == "AAE="
    assert [one.text for one in attribute(root, "00280010")] == ["512", None]
    assert attribute(root, "00091001").get("privateCreator") == "ACME"
    assert attribute(root, "00090010").get("privateCreator") is None
    assert len(attribute(root, "00100020")) == 0


@given(st.text(max_size=40))
def test_any_text_makes_a_document_that_can_be_read(text: str) -> None:
    dataset = {"00080080": {"vr": "LO", "Value": [text.encode("utf-8", "ignore").decode()]}}
    assert attribute(read(dataset), "00080080").find(f"{SPACE}Value") is not None
