"""A signed report on paper: A4, with the patient on every page, in a font that goes with it.

The file says of itself only what kind it is and which library drew it: no author, no title of its
own, no moment of making, so that nothing personal is in it that is not on its pages.
"""

import io
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

from segel.records.model import instant
from segel.records.reports.composing import Issue
from segel.records.reports.lettering import BOLD, PLAIN, UNPRINTABLE, drawing, in_letters
from segel.records.reports.lettering import fonts as printable_with
from segel.records.reports.model import SECTIONS, Author, Content, Examination
from segel.records.reports.words import day_in_words, moment_in_words, word

_MARGIN: Final = 20 * mm


def pdf_of(examination: Examination, content: Content, author: Author, issue: Issue) -> bytes:
    """A report as a PDF, the same bytes for the same report."""
    with drawing:
        fonts = printable_with()
        printer = _Printer(examination, content, author, issue, fonts)
        held = io.BytesIO()
        document = SimpleDocTemplate(
            held,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=25 * mm,
            invariant=1,
            lang=content.language,
            title=word(content.language, "title"),
            author="",
            subject="",
            creator="",
            producer="",
            keywords="",
        )
        document.build(
            list(printer.story()), onFirstPage=printer.footer, onLaterPages=printer.footer
        )
        return held.getvalue()


class _Printer:
    def __init__(
        self,
        examination: Examination,
        content: Content,
        author: Author,
        issue: Issue,
        printable: frozenset[int],
    ) -> None:
        self._examination = examination
        self._content = content
        self._author = author
        self._issue = issue
        self._printable = printable
        self._left_out = False

    def story(self) -> Iterator[Any]:
        """Everything from top to bottom."""
        language, examination = self._content.language, self._examination
        yield self._line(examination.hospital or " ", "head")
        yield self._line(word(language, "title"), "title")
        yield HRFlowable(width="100%", thickness=0.8, color="#888888", spaceAfter=3 * mm)
        yield self._facts()
        for name in SECTIONS:
            if text := self._content.sections.get(name):
                yield self._line(word(language, name), "section")
                yield from self._text(text, "impression" if name == "impression" else "text")
        if assessed := self._content.assessment:
            said = f"{word(language, 'assessment')}: {word(language, assessed)}"
            yield self._line(said, "impression")
        for addendum in self._issue.addenda:
            yield self._line(word(language, "addendum"), "section")
            yield from self._text(addendum.text, "text")
            said = f"{addendum.author}, {moment_in_words(language, addendum.at)}"
            yield self._line(said, "small")
        yield Spacer(1, 6 * mm)
        if self._issue.reason:
            yield self._line(f"{word(language, 'amended')} {self._issue.reason}", "small")
        when = moment_in_words(language, instant(self._issue.at_s))
        yield self._line(word(language, "signed"), "small")
        yield self._line(self._author.name, "signer")
        yield self._line(when, "small")
        if self._left_out:
            yield self._line(word(language, "unprintable"), "small")

    def footer(self, canvas: Canvas, document: Any) -> None:
        """The patient and the page, at the foot of each."""
        language = self._content.language
        canvas.saveState()
        canvas.setFont(PLAIN, 8)
        canvas.setFillGray(0.35)
        canvas.drawString(_MARGIN, 14 * mm, self._shown(self._whose())[:110])
        page = f"{word(language, 'page')} {document.page}"
        canvas.drawRightString(A4[0] - _MARGIN, 14 * mm, page)
        canvas.restoreState()

    def _whose(self) -> str:
        language, examination = self._content.language, self._examination
        born = day_in_words(language, examination.birth_date)
        parts = (examination.patient_name, born, examination.record_number)
        return " · ".join(part for part in parts if part)

    def _facts(self) -> Table:
        language, examination = self._content.language, self._examination
        when = day_in_words(language, examination.day)
        what = examination.description or " ".join(examination.modalities)
        pairs = (
            ("patient", examination.patient_name),
            ("examination", f"{what}, {when}"),
            ("born", day_in_words(language, examination.birth_date)),
            ("accession", examination.accession),
            ("record", examination.record_number),
        )
        cells = [
            (self._line(word(language, key), "small"), self._line(value, "fact"))
            for key, value in pairs
            if value
        ]
        rows = [
            [*cells[at], *(cells[at + 1] if at + 1 < len(cells) else ("", ""))]
            for at in range(0, len(cells), 2)
        ]
        widths = [27 * mm, 58 * mm, 27 * mm, 58 * mm]
        everywhere = ((0, 0), (-1, -1))
        style = [
            ("VALIGN", *everywhere, "TOP"),
            ("LEFTPADDING", *everywhere, 0),
            ("TOPPADDING", *everywhere, 1),
            ("BOTTOMPADDING", *everywhere, 1),
        ]
        return Table(rows, colWidths=widths, style=style, hAlign="LEFT")

    def _text(self, text: str, style: str) -> Iterator[Paragraph]:
        """A paragraph for each line: one alone could not be broken over pages as well."""
        for line in text.split("\n"):
            yield self._line(line or " ", style)

    def _line(self, text: str, style: str) -> Paragraph:
        return Paragraph(escape(self._shown(text), quote=False), _STYLES[style])

    def _shown(self, text: str) -> str:
        shown = in_letters(text, self._printable)
        self._left_out = self._left_out or (UNPRINTABLE in shown and UNPRINTABLE not in text)
        return shown


def _style(name: str, size: float, *, bold: bool = False, before: float = 0.0) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=BOLD if bold else PLAIN,
        fontSize=size,
        leading=size * 1.4,
        spaceBefore=before,
        alignment=TA_LEFT,
        splitLongWords=1,
    )


_STYLES: Final = {
    "head": _style("head", 12, bold=True),
    "title": _style("title", 10),
    "fact": _style("fact", 9, bold=True),
    "section": _style("section", 10, bold=True, before=8),
    "text": _style("text", 10),
    "impression": _style("impression", 10, bold=True),
    "signer": _style("signer", 10, bold=True),
    "small": _style("small", 8),
}
