"""Radiologists' reports: composed as valid R4, read back whole, printed with nothing besides."""

import io
from dataclasses import replace
from typing import Any
from uuid import UUID

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.offering import valid
from segel.records.r4 import decode, encode
from segel.records.reports import templates
from segel.records.reports.composing import (
    Issue,
    binary_of,
    order_of,
    provenance_of,
    report_of,
)
from segel.records.reports.errors import (
    AmendmentEmpty,
    ReasonUnsaid,
    ReportIncomplete,
    ReportTooLong,
)
from segel.records.reports.model import (
    REASON_MAX,
    SECTIONS,
    TEXT_MAX,
    Addendum,
    Amendment,
    Author,
    Content,
    Examination,
)
from segel.records.reports.pdf import pdf_of
from segel.records.reports.reading import report_read, reports_among
from segel.records.reports.templates import code_of, template_for

UID = "2.25.4711.1"
HOSPITAL = UUID(int=2)
THORAX = Examination(
    UID, UUID(int=1), HOSPITAL, "RSUD Tanjung Harapan", "Siti Aminah", "19840312", "F", "00-12-34",
    "20261122", "081410", "Foto Thorax PA", "ACC0001", ("CR",), "Foto Thorax PA CHEST", 1,
)  # fmt: skip
MADE = Author(UUID(int=3), "dr. Made Wirawan, Sp.Rad")
SIGNED = Issue("final", 1_795_000_000.0)


def content(**sections: str) -> Content:
    return Content.written(sections, language="id", template="chest-xray", assessment="A")


def told(resource: dict[str, Any], version: int = 1) -> dict[str, Any]:
    return {**resource, "id": "r", "meta": {"versionId": str(version)}}


texts = st.text(max_size=300)


@given(st.fixed_dictionaries(dict.fromkeys(SECTIONS, texts)), texts, texts)
def test_whatever_is_dictated_becomes_a_valid_report_and_is_read_back(
    sections: dict[str, str], addendum: str, name: str
) -> None:
    written = Content.written(sections, language="en", template="general", assessment="")
    added = Content.written({"findings": addendum}, language="", template="", assessment="")
    issue = replace(
        SIGNED,
        status="amended",
        addenda=tuple(
            Addendum(text, "dr. X", "2026-11-22T08:00:00.000Z") for text in added.sections.values()
        ),
        reason="x",
    )
    shown = Content.written({"findings": name}, language="", template="", assessment="")
    author = Author(UUID(int=3), shown.sections.get("findings") or "dr. X")
    made = report_of(THORAX, written, author, issue, order=None)
    kept = valid(decode(encode(made)), "DiagnosticReport")
    back = report_read(told(kept))
    assert back.content == written
    assert [one.text for one in back.addenda] == list(added.sections.values())
    assert (back.author, back.reason, back.signed) == (author.name, "x", True)


def test_a_signed_report_says_what_it_is_of_and_who_answers_for_it() -> None:
    order = {"resourceType": "ServiceRequest", "id": "o"}
    made = report_of(
        THORAX, content(impression="Curiga TB paru."), MADE, SIGNED, order=order,
        document={"contentType": "application/pdf", "url": "Binary/b"},
    )  # fmt: skip
    assert made["status"] == "final"
    assert made["imagingStudy"] == [{"reference": f"ImagingStudy/{UID}"}]
    assert made["basedOn"] == [{"reference": "ServiceRequest/o"}]
    assert made["conclusion"] == "Curiga TB paru."
    assert made["conclusionCode"][0]["coding"][0]["code"] == "A"
    assert made["category"][0]["coding"][0]["code"] == "RAD"
    assert made["resultsInterpreter"][0]["display"] == MADE.name
    assert made["issued"] == "2026-11-18T11:06:40.000Z"
    assert "<h2>Kesan</h2><p>Curiga TB paru.</p>" in made["text"]["div"]


def test_a_draft_says_nothing_to_other_systems() -> None:
    draft = report_of(THORAX, content(impression="Curig"), MADE, Issue(), order=None)
    valid(decode(encode(draft)), "DiagnosticReport")
    assert draft["status"] == "preliminary"
    assert not draft.keys() & {"text", "conclusion", "conclusionCode", "issued", "presentedForm"}
    assert report_read(told(draft)).content.sections == {"impression": "Curig"}


def test_words_are_words_and_not_markup() -> None:
    script = "<script>alert(1)</script> & </p>"
    made = report_of(THORAX, content(impression=script), MADE, SIGNED, order=None)
    valid(decode(encode(made)), "DiagnosticReport")
    assert "<script" not in made["text"]["div"]
    assert "&lt;script&gt;" in made["text"]["div"]


def test_who_signed_and_the_document_are_valid_and_of_the_patient() -> None:
    told_of = provenance_of(
        THORAX, MADE, replace(SIGNED, reason="Salah sisi"), report=("r", 4), binary_id="b"
    )
    valid(decode(encode(told_of)), "Provenance")
    assert told_of["target"][0] == {"reference": "DiagnosticReport/r/_history/4"}
    assert told_of["reason"] == [{"text": "Salah sisi"}]
    assert told_of["agent"][0]["who"]["identifier"]["value"] == f"urn:uuid:{MADE.account_id}"
    valid(decode(encode(binary_of(THORAX, "AAAA"))), "Binary")


@pytest.mark.parametrize(
    ("modality", "words", "images", "template", "code"),
    [
        ("CR", "Foto Thorax PA", 1, "chest-xray", "24648-8"),
        ("DX", "Thorax AP", 1, "chest-xray", "36554-4"),
        ("CR", "Thorax PA lateral", 2, "chest-xray", "18748-4"),
        ("CR", "Cruris AP", 1, "general", "18748-4"),
        ("CT", "CT THORAX", 90, "ct-thorax", "24627-2"),
        ("CT", "CT kepala polos", 40, "ct-head", "18748-4"),
        ("US", "USG ABDOMEN", 12, "us-abdomen", "18748-4"),
        ("MR", "MRI kepala", 12, "general", "18748-4"),
    ],
)
def test_template_and_code_follow_modality_and_region(
    modality: str, words: str, images: int, template: str, code: str
) -> None:
    one = replace(THORAX, modalities=(modality,), words=words, images=images)
    assert (template_for(one).key, code_of(one)[0]) == (template, code)


def test_templates_ask_in_both_languages_and_never_answer() -> None:
    assert list(templates()) == ["chest-xray", "ct-head", "ct-thorax", "us-abdomen", "general"]
    for one in templates().values():
        for language in ("id", "en"):
            assert one.titles[language]
            assert set(one.texts["id"]) == set(one.texts["en"])
            for text in one.texts[language].values():
                assert all(line.endswith(":") for line in text.split("\n")), (one.key, text)


def test_what_cannot_be_signed_names_the_field() -> None:
    with pytest.raises(ReportIncomplete) as refused:
        content(findings="x").require_whole()
    assert refused.value.field == "impression"
    assert content(findings="a\r\nb\x0b\ufffe ").sections["findings"] == "a\nb"
    content(findings="x" * TEXT_MAX)
    with pytest.raises(ReportTooLong) as long:
        content(findings="x" * (TEXT_MAX + 1))
    assert long.value.field == "findings"


def test_an_amendment_says_why_and_does_something() -> None:
    before = content(impression="Normal.")
    after = content(impression="Infiltrat kanan.")
    with pytest.raises(ReasonUnsaid):
        Amendment.written(before, after, "", " ")
    with pytest.raises(ReasonUnsaid):
        Amendment.written(before, after, "", "x" * (REASON_MAX + 1))
    with pytest.raises(AmendmentEmpty):
        Amendment.written(before, before, "", "alasan")
    with pytest.raises(ReportIncomplete):
        Amendment.written(before, content(findings="x"), "", "alasan")
    assert Amendment.written(before, after, "", "alasan").status_after(before) == "corrected"
    assert Amendment.written(before, before, "lagi", "alasan").status_after(before) == "amended"


def test_a_study_has_its_report_others_of_it_and_earlier_ones() -> None:
    order = {
        "resourceType": "ServiceRequest", "id": "6f1c1f0e-8a77-4a54-9b5d-0d6a3f0c2b11",
        "identifier": [
            {"system": "http://sys-ids.kemkes.go.id/acsn/1", "value": "ACC0001"},
            {"system": "urn:rs:placer", "value": "P-7"},
        ],
    }  # fmt: skip
    own = told(report_of(THORAX, content(impression="x"), MADE, SIGNED, order=order))
    other_uid = replace(THORAX, study_uid="2.25.4711.9", day="20250101")
    earlier = told(report_of(other_uid, content(impression="y"), MADE, SIGNED, order=None))
    sent: dict[str, Any] = {
        "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Toraks"},
        "basedOn": [{"identifier": {"system": "urn:rs:placer", "value": "P-7"}}],
    }  # fmt: skip
    blood = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Darah"}}
    wrong = {**sent, "status": "entered-in-error"}
    found = reports_among([order, own, earlier, sent, blood, wrong], HOSPITAL, UID, "ACC0001 ")
    assert found.order is not None
    assert found.report is not None
    assert found.report.content.sections == {"impression": "x"}
    assert [one.title for one in found.others] == ["Toraks"]
    assert [one.content.sections["impression"] for one in found.prior] == ["y"]
    assert found.reported
    assert not reports_among([order, earlier, blood], HOSPITAL, UID, "").reported


def test_of_two_orders_with_one_number_the_one_is_taken_whose_study_it_was_to_be() -> None:
    number = [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A1"}]
    ids = [str(UUID(int=at)) for at in (1, 2)]
    orders = [{"resourceType": "ServiceRequest", "id": one, "identifier": number} for one in ids]
    assert order_of(orders[:1], "A1") == orders[0]
    assert order_of(orders, "A1") is None
    assert order_of(orders[:1], " ") is None
    assert order_of(orders, "A1", "2.25.2") == orders[1]
    assert order_of(orders, "", "2.25.2") == orders[1]  # the device sent no number
    assert order_of(orders, "A1", "2.25.3") is None


def printed(file: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages)


def test_a_printed_report_has_all_of_it_in_text_that_can_be_searched() -> None:
    issue = replace(
        SIGNED, status="amended", reason="Foto lama baru tersedia",
        addenda=(Addendum("Stabil.", "dr. Ayu Lestari", "2026-11-22T08:00:00.000Z"),),
    )  # fmt: skip
    dictated = content(
        clinical="Batuk", findings="Nodul 4 µm → 8 mm, ≥ 2 buah, β", impression="Curiga TB paru."
    )
    text = printed(pdf_of(THORAX, dictated, MADE, issue))
    for said in (
        "RSUD Tanjung Harapan", "Siti Aminah", "12 Maret 1984", "00-12-34", "ACC0001",
        "Foto Thorax PA", "Batuk", "Nodul 4 µm → 8 mm, ≥ 2 buah, β", "Curiga TB paru.",
        "Tidak normal", "Stabil.", "dr. Ayu Lestari", "Foto lama baru tersedia", MADE.name,
    ):  # fmt: skip
        assert said in text, said
    assert "□" not in text


def test_what_cannot_be_printed_is_marked_and_said() -> None:
    text = printed(pdf_of(THORAX, content(impression="中 <b>"), MADE, SIGNED))
    assert "□ <b>" in text
    assert "Huruf yang tidak dapat dicetak" in text


def test_a_long_report_goes_over_pages_that_all_name_the_patient() -> None:
    long = content(findings="\n".join(f"Baris {n} " + "kata " * 30 for n in range(120)),
                   impression="x" * 2_000)  # fmt: skip
    pages = pypdf.PdfReader(io.BytesIO(pdf_of(THORAX, long, MADE, SIGNED))).pages
    assert len(pages) > 3
    assert all("Siti Aminah · 12 Maret 1984 · 00-12-34" in page.extract_text() for page in pages)


def test_a_pdf_says_nothing_of_itself_and_is_the_same_each_time() -> None:
    file = pdf_of(THORAX, content(impression="x"), MADE, SIGNED)
    assert file == pdf_of(THORAX, content(impression="x"), MADE, SIGNED)
    reader = pypdf.PdfReader(io.BytesIO(file))
    said = {str(value) for value in dict(reader.metadata or {}).values() if value}
    moment = "D:20000101000000+00'00'"
    assert said == {"Laporan radiologi", moment, "/False"}
    assert reader.xmp_metadata is None
    for leak in (b"Siti", b"Made", b"00-12-34", UID.encode(), b"/tmp"):
        assert leak not in file, leak
    fonts = set()
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].get_object().values():
            fonts.add(font.get_object()["/BaseFont"].removeprefix("/").rpartition("+")[2])
    assert fonts <= {"DejaVuSans", "DejaVuSans-Bold", "Helvetica"}
