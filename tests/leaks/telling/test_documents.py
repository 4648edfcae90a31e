"""Documents say what the law wants of them, in both languages, or are refused."""

from io import BytesIO

import msgspec
import pypdf
import pytest

from segel.leaks.model import ColumnKind, Verdict
from segel.leaks.telling.documents import MANDATORY, Kind, document, own_answer
from segel.leaks.telling.drawing import as_docx, as_text, final
from segel.leaks.telling.errors import ContentMissing
from segel.leaks.telling.findings import Figure, Findings, Happening, Language


def both(one: str, other: str) -> dict[Language, str]:
    return {Language.INDONESIAN: one, Language.ENGLISH: other}


FINDINGS = Findings(
    case="K-7",
    organisation="RS Contoh",
    contact="Petugas PDP, pdp@rs.example",
    authority="Lembaga PDP",
    csirt="CSIRT Kesehatan",
    reporter="RS Contoh, petugas insiden",
    noticed_s=1_796_000_000.0,
    verdict=Verdict.OURS,
    verdict_error=1e-6,
    kinds=(ColumnKind.NIK, ColumnKind.RESULT),
    disclosed_s=1_795_900_000.0,
    how=both("Sebuah ekspor disalin.", "An export was copied."),
    patients=100_002,
    handling=both("Ekspor dihentikan.", "The export was stopped."),
    recovery=both("Kunci diganti.", "Keys were rotated."),
    impact=both("Data kesehatan.", "Health data."),
    chronology=(Happening(1_795_900_000.0, both("Iklan dipasang.", "An advertisement.")),),
    figures=(Figure(both("Pasien", "Patients"), "100002", ("E-1",), 4711, "proof-4711.json"),),
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(Kind))
def test_document_is_text_pdf_and_docx_that_say_the_same(kind: Kind, language: Language) -> None:
    made = document(FINDINGS, kind, language)
    shown = as_text(made)
    assert FINDINGS.handling[language] in shown
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(final(made).pdf)).pages)
    assert made.title in pdf.replace("\n", " ")
    assert as_docx(made)[:2] == b"PK"
    assert final(made).digest == final(made).digest


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in MANDATORY.items() for field in fields]
)
def test_document_without_a_mandatory_content_is_refused_by_its_name(
    kind: Kind, field: str
) -> None:
    empty = type(getattr(FINDINGS, field))()
    with pytest.raises(ContentMissing) as refused:
        document(msgspec.structs.replace(FINDINGS, **{field: empty}), kind, Language.ENGLISH)
    assert refused.value.field == field


def test_a_sentence_in_one_language_only_is_missing() -> None:
    half = msgspec.structs.replace(FINDINGS, how={Language.ENGLISH: "Copied."})
    with pytest.raises(ContentMissing):
        document(half, Kind.AUTHORITY, Language.INDONESIAN)


def test_figures_of_the_report_name_evidence_and_log_entry() -> None:
    shown = as_text(document(FINDINGS, Kind.REPORT, Language.ENGLISH))
    assert "Patients | 100002 | E-1 | #4711 proof-4711.json" in shown


def test_own_answer_tells_the_affected_what_and_others_until_when() -> None:
    assert "NIK" in own_answer(FINDINGS, Language.INDONESIAN, affected=True, at_s=0)
    told = own_answer(FINDINGS, Language.ENGLISH, affected=False, at_s=FINDINGS.noticed_s)
    assert "not found" in told
