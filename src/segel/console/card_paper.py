"""A card on paper: A4, both codes, and what a scan of them reveals, in both languages.

It can be folded twice, so that the first code lies outside. The file says of itself only what kind
it is: what stands in it stands on it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import HRFlowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table

from segel.cards import draw
from segel.console.cards_page import Revealed, in_utc
from segel.console.texts import LANGUAGES, text
from segel.records import lettering

FIRST_MM: Final = 78
"""A module of version 20 is then 0.75 mm wide: a phone reads it from a hand's length."""
SECOND_MM: Final = 62


@dataclass(frozen=True, slots=True)
class Printed:
    """What is printed: the texts of both codes, and what they reveal."""

    certificate: str = field(repr=False)
    health_card: str = field(repr=False)
    revealed: Sequence[Revealed] = field(repr=False)


def paper_of(card: Printed, language: str) -> bytes:
    """The card as a PDF, its first language ``language``; the same bytes for the same card."""
    with lettering.drawing:
        printable = lettering.fonts()
        held = io.BytesIO()
        document = SimpleDocTemplate(
            held,
            pagesize=A4,
            leftMargin=20 * mm,
            rightMargin=20 * mm,
            topMargin=15 * mm,
            bottomMargin=15 * mm,
            invariant=1,
            lang=language,
            title=text(language, "cards.title"),
            author="",
            subject="",
            creator="",
            producer="",
            keywords="",
        )
        document.build(_story(card, language, printable))
        return held.getvalue()


def _story(card: Printed, language: str, printable: frozenset[int]) -> list[Any]:
    other = next(one for one in LANGUAGES if one != language)

    def line(words: str, style: str) -> Paragraph:
        shown = lettering.in_letters(words, printable)
        return Paragraph(escape(shown, quote=False), _STYLES[style])

    def both(key: str) -> str:
        return f"{text(language, key)} / {text(other, key)}"

    rows = [
        [line(both(f"cards.fact.{one.name}"), "small"), line(_said(one, both), "fact")]
        for one in card.revealed
    ]
    codes = Table(
        [
            [_code(card.certificate, FIRST_MM), _code(card.health_card, SECOND_MM)],
            [line("EU Digital COVID Certificate (HC1)", "small"),
             line("SMART Health Card (shc:/)", "small")],
        ],
        colWidths=[90 * mm, 80 * mm],
        style=[("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
        hAlign="LEFT",
    )  # fmt: skip
    facts = Table(
        rows,
        colWidths=[70 * mm, 100 * mm],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ],
        hAlign="LEFT",
    )
    return [
        line(both("cards.one.title"), "head"),
        HRFlowable(width="100%", thickness=0.8, color="#888888", spaceAfter=3 * mm),
        codes,
        Spacer(1, 5 * mm),
        line(both("cards.reveals.title"), "section"),
        facts,
        Spacer(1, 4 * mm),
        line(text(language, "cards.paper.help"), "small"),
        line(text(other, "cards.paper.help"), "small"),
    ]


def _said(one: Revealed, both: Any) -> str:
    if one.at_s:
        return in_utc(one.at_s)
    return both(f"cards.word.{one.word}") if one.word else one.value


def _code(card: str, width_mm: int) -> Image:
    return Image(io.BytesIO(draw(card).png), width=width_mm * mm, height=width_mm * mm)


def _style(name: str, size: float, *, bold: bool = False, before: float = 0.0) -> ParagraphStyle:
    font = lettering.BOLD if bold else lettering.PLAIN
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.4, spaceBefore=before, splitLongWords=1
    )


_STYLES: Final = {
    "head": _style("head", 14, bold=True),
    "section": _style("section", 10, bold=True, before=4),
    "fact": _style("fact", 9, bold=True),
    "small": _style("small", 8),
}
