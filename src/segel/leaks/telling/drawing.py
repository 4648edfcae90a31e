"""A document as plain text, DOCX and PDF. Nothing in it is executed or fetched."""

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from segel.leaks.telling.documents import Document, Section
from segel.leaks.telling.words import text

_MARGIN_PT: Final = 56
_PADDING_PT: Final = 6
"""What the library leaves free around a page's frame."""
_ACCENT: Final = "1f3a5f"
_GREY: Final = "5a6672"
_DIGEST: Final = re.compile("[0-9a-f]{64}")
"""A SHA-256 in hex, which has to fit in a column."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A PDF, and what a signature is of: its SHA-256."""

    pdf: bytes
    digest: bytes


def final(document: Document) -> Finished:
    """A document's PDF with its digest; whoever signs writes the digest into the case's log."""
    made = as_pdf(document)
    return Finished(made, hashlib.sha256(made).digest())


def _numbered(document: Document) -> list[tuple[str, Section]]:
    """Sections with their headings, which are numbered where they are there."""
    numbered, place = [], 0
    for one in document.sections:
        place += bool(one.heading)
        numbered.append((f"{place}. {one.heading}" if one.heading else "", one))
    return numbered


def _notes(document: Document) -> tuple[str, ...]:
    """What a draft says of itself."""
    return (text("draft", document.language),) if document.draft else ()


def as_text(document: Document) -> str:
    """UTF-8 lines of any width."""
    lines = [document.marking, *document.letterhead, "", document.title.upper(), ""]
    lines += _notes(document)
    lines += [f"{name}: {value}" for name, value in document.facts]
    for heading, section in _numbered(document):
        lines += ["", *([heading, "-" * len(heading)] if heading else [])]
        lines += section.paragraphs
        lines += [" | ".join(row) for row in section.table]
    return "\n".join([*lines, "", *document.closing, "", document.marking, ""])


def as_docx(document: Document) -> bytes:
    """For those who have to edit it."""
    import docx  # heavy: only who draws pays for it
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt, RGBColor

    made: Any = docx.Document()
    accent = RGBColor.from_string(_ACCENT.upper())
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10.5)
    style.paragraph_format.space_after = Pt(6)
    for name, size in (("Heading 1", 16), ("Heading 2", 12)):
        heading = made.styles[name]
        heading.font.name, heading.font.size, heading.font.color.rgb = "Arial", Pt(size), accent
        heading.element.rPr.rFonts.attrib.clear()  # else the theme's font wins over ours
        heading.font.name = "Arial"
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)
    head = page.header.paragraphs[0]
    head.text = "    ".join((document.marking, *_notes(document)))
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    foot.add_run(f"{document.reference}    {document.marking}    ")
    _page_field(foot)
    made.core_properties.title = document.title
    made.core_properties.author = ""
    made.core_properties.language = document.language.value
    for place, line in enumerate(document.letterhead):
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        run = paragraph.add_run(line)
        run.bold, run.font.size = place == 0, Pt(13 if place == 0 else 9)
    made.add_heading(document.title, 1)
    _docx_table(made, document.facts, (0.24, 0.76), plain=True)
    for heading, section in _numbered(document):
        if heading:
            made.add_heading(heading, 2)
        for one in section.paragraphs:
            made.add_paragraph(one)
        if section.table:
            _docx_table(made, section.table, section.widths, plain=False)
    made.add_paragraph()
    for place, line in enumerate(document.closing):
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.add_run(line).bold = place < 2
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _docx_table(
    made: Any, rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...], *, plain: bool
) -> None:
    from docx.shared import Cm, Pt

    table = made.add_table(0, len(rows[0]), style=None if plain else "Table Grid")
    table.autofit = False
    for place, row in enumerate(rows):
        cells = table.add_row().cells
        for cell, value, share in zip(cells, row, widths, strict=True):
            cell.width = Cm(16.6 * share)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            run = paragraph.add_run(value)
            run.font.size, run.bold = Pt(9.5), not plain and place == 0
    made.add_paragraph().paragraph_format.space_after = Pt(0)


def _page_field(paragraph: Any) -> None:
    """The number of the page, which the reader's program fills in."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def as_pdf(document: Document) -> bytes:
    """For signing; the same document always gives the same bytes."""
    from segel.records import lettering  # heavy: only who draws pays for it

    with lettering.drawing:
        return _Printer(document, lettering.fonts(), lettering).file()


class _Printer:
    """Draws one document."""

    def __init__(self, document: Document, printable: frozenset[int], lettering: Any) -> None:
        from reportlab.lib.colors import HexColor
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.styles import ParagraphStyle

        self._document = document
        self._printable = printable
        self._letters = lettering
        self._accent, self._grey = HexColor(f"#{_ACCENT}"), HexColor(f"#{_GREY}")
        self._red = HexColor("#a02020")
        self._page = A4
        self._left, self._right = _MARGIN_PT + _PADDING_PT, A4[0] - _MARGIN_PT - _PADDING_PT
        self._width = self._right - self._left
        body = ParagraphStyle(
            "body", fontName=lettering.PLAIN, fontSize=9.5, leading=14, spaceAfter=5
        )
        self._body = body
        self._small = ParagraphStyle("small", parent=body, fontSize=8.5, leading=11.5, spaceAfter=0)
        self._bold = ParagraphStyle("bold", parent=self._small, fontName=lettering.BOLD)
        self._code = ParagraphStyle("code", parent=self._small, fontSize=6.2)
        self._name = ParagraphStyle("name", parent=self._bold, fontSize=13, leading=17)
        self._quiet = ParagraphStyle("quiet", parent=self._small, textColor=self._grey)
        self._title = ParagraphStyle(
            "title",
            parent=body,
            fontName=lettering.BOLD,
            fontSize=15,
            leading=20,
            spaceBefore=10,
            spaceAfter=8,
            textColor=self._accent,
        )
        self._heading = ParagraphStyle(
            "heading",
            parent=body,
            fontName=lettering.BOLD,
            fontSize=11,
            leading=15,
            spaceBefore=10,
            spaceAfter=4,
            keepWithNext=1,
            textColor=self._accent,
        )

    def file(self) -> bytes:
        """The file. It is drawn twice: how many pages there are is known after the first time."""
        pages = self._drawn(0)[1]
        return self._drawn(pages)[0]

    def _drawn(self, pages: int) -> tuple[bytes, int]:
        from reportlab.platypus import SimpleDocTemplate

        out = BytesIO()
        template = SimpleDocTemplate(
            out,
            pagesize=self._page,
            leftMargin=_MARGIN_PT,
            rightMargin=_MARGIN_PT,
            topMargin=_MARGIN_PT,
            bottomMargin=_MARGIN_PT,
            title=self._document.title,
            author="",
            subject="",
            creator="",
            producer="",
            keywords="",
            lang=self._document.language.value,
            invariant=1,
        )

        def frame(canvas: Any, _: Any) -> None:
            self._frame(canvas, pages)

        template.build(self._flow(), onFirstPage=frame, onLaterPages=frame)
        return out.getvalue(), template.page

    def _flow(self) -> list[Any]:
        from reportlab.platypus import HRFlowable, KeepTogether, Spacer

        document = self._document
        flow: list[Any] = []
        for place, line in enumerate(document.letterhead):
            flow.append(self._paragraph(line, self._name if place == 0 else self._quiet))
        flow.append(HRFlowable(width="100%", thickness=1, color=self._accent, spaceBefore=4))
        flow.append(self._paragraph(document.title, self._title))
        flow.append(self._table(document.facts, (0.2, 0.8), ruled=False))
        for heading, section in _numbered(document):
            parts = [self._paragraph(heading, self._heading)] if heading else [Spacer(1, 6)]
            parts += [self._paragraph(one, self._body) for one in section.paragraphs]
            flow += parts
            if section.table:
                flow.append(self._table(section.table, section.widths, ruled=True))
        closing = [
            self._paragraph(line, self._bold if place < 2 else self._small)
            for place, line in enumerate(document.closing)
        ]
        flow.append(KeepTogether([Spacer(1, 18), *closing]))
        return flow

    def _paragraph(self, words: str, style: Any) -> Any:
        from reportlab.platypus import Paragraph

        return Paragraph(escape(self._letters.in_letters(words, self._printable)), style)

    def _table(
        self, rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...], *, ruled: bool
    ) -> Any:
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Table, TableStyle

        def style(row: int, column: int, value: str) -> Any:
            if (ruled and row == 0) or (not ruled and column == 0):
                return self._bold
            return self._code if _DIGEST.fullmatch(value) else self._small

        cells = [
            [self._paragraph(value, style(row, column, value)) for column, value in enumerate(line)]
            for row, line in enumerate(rows)
        ]
        looks: list[tuple[Any, ...]] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 4 if ruled else 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3 if ruled else 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4 if ruled else 1),
        ]
        if ruled:
            looks += [
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#b8c0c8")),
                ("BACKGROUND", (0, 0), (-1, 0), HexColor("#eef1f4")),
            ]
        return Table(
            cells,
            colWidths=[share * self._width for share in widths],
            style=TableStyle(looks),
            repeatRows=1 if ruled else 0,
            spaceBefore=4 if ruled else 0,
            spaceAfter=6,
        )

    def _frame(self, canvas: Any, pages: int) -> None:
        """What stands on each page beside the text."""
        document, (width, height) = self._document, self._page
        plain, bold = self._letters.PLAIN, self._letters.BOLD
        canvas.setFont(bold, 8.5)
        canvas.drawRightString(self._right, height - 36, document.marking)
        if document.draft:
            canvas.setFillColor(self._red)
            canvas.drawString(self._left, height - 36, text("draft", document.language))
        canvas.setFillColor(self._grey)
        canvas.setFont(plain, 8)
        canvas.drawString(self._left, 34, document.reference)
        page = canvas.getPageNumber()
        shown = text("page", document.language).format(page=page, pages=pages or page)
        canvas.drawRightString(self._right, 34, shown)
        canvas.setFont(bold, 8)
        canvas.drawCentredString(width / 2, 34, document.marking)
