"""A document as plain text, DOCX and PDF. Nothing in it is executed or fetched."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from segel.leaks.telling.documents import Document
from segel.leaks.telling.words import text

_MARGIN_PT: Final = 62


@dataclass(frozen=True, slots=True)
class Finished:
    """A final PDF, and what a signature is of: its SHA-256."""

    pdf: bytes
    digest: bytes


def final(document: Document) -> Finished:
    """A document's PDF with its digest; whoever signs writes the digest into the case's log."""
    made = as_pdf(document)
    return Finished(made, hashlib.sha256(made).digest())


def as_text(document: Document) -> str:
    """UTF-8 lines of any width."""
    lines = [document.marking, document.title.upper()]
    lines += [text("draft", document.language)] if document.draft else []
    lines += ["", *(f"{name}: {value}" for name, value in document.facts)]
    for section in document.sections:
        lines += ["", *([section.heading, "-" * len(section.heading)] if section.heading else [])]
        lines += section.paragraphs
        lines += [" | ".join(row) for row in section.table]
    return "\n".join([*lines, "", document.marking, ""])


def as_docx(document: Document) -> bytes:
    """For those who have to edit it."""
    import docx  # heavy: only who draws pays for it
    from docx.shared import Pt

    made: Any = docx.Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10.5)
    header = made.sections[0].header.paragraphs[0]
    header.text = document.marking
    if document.draft:
        header.text += f"    {text('draft', document.language)}"
    made.core_properties.title = document.title
    made.core_properties.author = ""
    made.add_heading(document.title, 1)
    facts = made.add_table(0, 2)
    for name, value in document.facts:
        cells = facts.add_row().cells
        cells[0].text, cells[1].text = name, value
    for section in document.sections:
        if section.heading:
            made.add_heading(section.heading, 2)
        for paragraph in section.paragraphs:
            made.add_paragraph(paragraph)
        if section.table:
            table = made.add_table(0, len(section.table[0]), style="Light Grid Accent 1")
            for row in section.table:
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def as_pdf(document: Document) -> bytes:
    """For signing; the same document always gives the same bytes."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, spaceAfter=4)
    small = ParagraphStyle("small", parent=body, fontSize=8.5, leading=11, spaceAfter=0)
    head = ParagraphStyle("head", parent=body, fontName="Helvetica-Bold", fontSize=16, leading=20)
    section_head = ParagraphStyle(
        "section",
        parent=body,
        fontName="Helvetica-Bold",
        fontSize=11.5,
        spaceBefore=8,
        keepWithNext=1,
    )
    width = A4[0] - 2 * _MARGIN_PT
    plain = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)])
    ruled = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#b8c0c8")),
            ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f4")),
        ]
    )

    def cells(rows: tuple[tuple[str, ...], ...]) -> list[list[Any]]:
        return [[Paragraph(escape(value), small) for value in row] for row in rows]

    flow: list[Any] = [Paragraph(escape(document.title), head), Spacer(1, 6)]
    flow.append(Table(cells(document.facts), colWidths=[0.24 * width, 0.76 * width], style=plain))
    for section in document.sections:
        if section.heading:
            flow.append(Paragraph(escape(section.heading), section_head))
        flow += [Paragraph(escape(one), body) for one in section.paragraphs]
        if section.table:
            columns = len(section.table[0])
            widths = [0.3, 0.7] if columns == 2 else [1 / columns] * columns
            flow.append(
                Table(
                    cells(section.table),
                    colWidths=[one * width for one in widths],
                    style=ruled,
                    repeatRows=1,
                )
            )

    def page(canvas: Any, _: Any) -> None:
        canvas.setFont("Helvetica-Bold", 8.5)
        canvas.drawRightString(A4[0] - _MARGIN_PT, A4[1] - 34, document.marking)
        canvas.drawRightString(
            A4[0] - _MARGIN_PT, 30, f"{document.marking}   {canvas.getPageNumber()}"
        )
        if document.draft:
            canvas.setFillColor(colors.HexColor("#a02020"))
            canvas.drawString(_MARGIN_PT, A4[1] - 34, text("draft", document.language))

    out = BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN_PT,
        rightMargin=_MARGIN_PT,
        title=document.title,
        lang=document.language.value,
        invariant=1,
    ).build(flow, onFirstPage=page, onLaterPages=page)
    return out.getvalue()
