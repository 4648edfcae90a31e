"""Documents say what the law wants of them, in both languages, or are refused."""

from io import BytesIO

import docx
import msgspec
import pypdf
import pytest

from leaks.telling.whole import FACTS, FINDINGS
from segel.domain.cases import Language, NoticeKind
from segel.leaks.telling import ContentMissing, as_docx, as_text
from segel.leaks.telling.documents import MANDATORY, Issue, document, missing, own_answer
from segel.leaks.telling.drawing import final
from segel.leaks.telling.findings import Findings

DRAFT = Issue(1, 1_796_010_000.0)
SIGNED = Issue(2, 1_796_010_000.0, "Ratna Sari")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_document_is_text_pdf_and_docx_that_say_the_same(
    kind: NoticeKind, language: Language
) -> None:
    made = document(FINDINGS, FACTS, kind, language, DRAFT)
    text = as_text(made)
    pages = pypdf.PdfReader(BytesIO(final(made).pdf)).pages
    pdf = " ".join(" ".join(page.extract_text().split()) for page in pages)
    words = docx.Document(BytesIO(as_docx(made)))
    in_tables = [cell.text for table in words.tables for row in table.rows for cell in row.cells]
    written = "\n".join([*(one.text for one in words.paragraphs), *in_tables])
    for section in made.sections:
        for paragraph in section.paragraphs:
            assert paragraph in text
            assert paragraph in pdf or paragraph.startswith(FACTS.log[:2])
            assert paragraph in written
        for row in section.table:
            assert " | ".join(row) in text
            for value in row:
                assert value in written
                assert value.replace(" ", "") in pdf.replace(" ", "")


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_same_document_is_always_the_same_bytes_and_another_date_is_not(kind: NoticeKind) -> None:
    made = document(FINDINGS, FACTS, kind, Language.INDONESIAN, SIGNED)
    later = document(
        FINDINGS, FACTS, kind, Language.INDONESIAN, Issue(2, SIGNED.at_s + 60, SIGNED.signer)
    )
    assert final(made).digest == final(made).digest != final(later).digest


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        pytest.param(kind, field, id=f"{kind}-{field}")
        for kind, fields in MANDATORY.items()
        for field in fields
    ],
)
def test_document_without_a_mandatory_content_is_refused_by_its_name(
    kind: NoticeKind, field: str
) -> None:
    empty = msgspec.structs.replace(FINDINGS, **{field: getattr(Findings(), field)})
    assert missing(empty, kind) == (field,)
    with pytest.raises(ContentMissing) as refused:
        document(empty, FACTS, kind, Language.ENGLISH, DRAFT)
    assert refused.value.field == field


def test_all_that_is_missing_is_named_at_once() -> None:
    assert missing(Findings(), NoticeKind.CSIRT) == MANDATORY[NoticeKind.CSIRT]


def test_a_sentence_in_one_language_only_is_missing() -> None:
    half = msgspec.structs.replace(FINDINGS, how={Language.ENGLISH: "Copied."})
    with pytest.raises(ContentMissing):
        document(half, FACTS, NoticeKind.AUTHORITY, Language.INDONESIAN, DRAFT)


def test_figures_of_the_report_name_evidence_and_log_entry() -> None:
    shown = as_text(document(FINDINGS, FACTS, NoticeKind.REPORT, Language.ENGLISH, DRAFT))
    assert "Patients affected | 100,002 | B-1 | #4702, #4731" in shown
    assert "Hospitals affected | 3 | – | #4750" in shown
    assert f"B-2 | 18,342 | {'0c' * 32} | #4705" in shown
    for figure in FINDINGS.figures:
        assert f"{figure.value:,}" in shown


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_draft_says_so_on_each_page_and_a_signed_one_who_signed(kind: NoticeKind) -> None:
    for issue, says, not_says in (
        (DRAFT, "DRAFT", "Ratna Sari"),
        (SIGNED, "Ratna Sari", "DRAFT"),
    ):
        made = document(FINDINGS, FACTS, kind, Language.ENGLISH, issue)
        pages = [one.extract_text() for one in pypdf.PdfReader(BytesIO(final(made).pdf)).pages]
        assert all("DRAFT" in one for one in pages) == (issue is DRAFT)
        assert says in "".join(pages)
        assert not_says not in "".join(pages) + as_text(made)


def test_only_what_is_for_everybody_is_not_marked_as_the_case_is() -> None:
    marks = {
        kind: document(FINDINGS, FACTS, kind, Language.ENGLISH, DRAFT).marking
        for kind in NoticeKind
    }
    is_open = {kind for kind, mark in marks.items() if mark == "TLP:CLEAR"}
    assert is_open == {NoticeKind.PATIENTS, NoticeKind.PRESS}
    assert set(marks.values()) == {"TLP:CLEAR", "TLP:AMBER+STRICT"}


def test_own_answer_tells_the_affected_what_and_others_until_when() -> None:
    assert "NIK" in own_answer(FINDINGS, Language.INDONESIAN, affected=True, at_s=0)
    told = own_answer(FINDINGS, Language.ENGLISH, affected=False, at_s=FACTS.known_s)
    assert "not found" in told
