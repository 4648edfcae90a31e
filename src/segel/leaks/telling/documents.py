"""Which document says what; one with a mandatory content missing is not made. Pure.

UU 27/2022 Pasal 46(2): the data, when and how they were disclosed, handling and recovery. BSSN
1/2024: reporter, description, chronology, impact. Nothing here names a patient but the letter.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from segel.leaks.telling.errors import ContentMissing
from segel.leaks.telling.findings import Findings, Language, Words
from segel.leaks.telling.words import VERDICTS, kinds_in, text

WIB: Final = timezone(timedelta(hours=7), "WIB")


class Kind(StrEnum):
    """Whom a document is for."""

    AUTHORITY = "authority"
    PATIENTS = "patients"
    CSIRT = "csirt"
    HOSPITALS = "hospitals"
    PRESS = "press"
    REPORT = "report"


_ARTICLE_46: Final = ("kinds", "disclosed_s", "how", "handling", "recovery", "contact")
MANDATORY: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.AUTHORITY: ("authority", *_ARTICLE_46),
    Kind.PATIENTS: _ARTICLE_46,
    Kind.CSIRT: ("csirt", "reporter", "how", "chronology", "impact"),
    Kind.HOSPITALS: ("handling", "contact"),
    Kind.PRESS: ("handling", "contact"),
    Kind.REPORT: (*_ARTICLE_46, "chronology", "impact", "figures"),
}
"""Fields of Findings without which a document is refused."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs, and a table whose first row is its head, or nothing."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document before it is drawn. ``draft``: it says so on each page. ``facts``: its head."""

    title: str
    language: Language
    marking: str
    draft: bool
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def require_whole(findings: Findings, kind: Kind) -> None:
    """Return where nothing mandatory is missing. Raises ContentMissing, with the field's name."""
    for name in MANDATORY[kind]:
        value = getattr(findings, name)
        missing = not value
        if isinstance(value, dict):
            missing = not all(value.get(one, "").strip() for one in Language)
        if missing:
            raise ContentMissing(
                f"The document for {kind.value} has to say this, and it is not known.",
                field=name,
                remedy="State it in the findings, in both languages where it is a sentence.",
            )


def document(
    findings: Findings, kind: Kind, language: Language, *, draft: bool = True, name: str = ""
) -> Document:
    """A document. ``name``: whom a patient's letter greets. Raises ContentMissing."""
    require_whole(findings, kind)

    def say(what: str) -> str:
        return text(what, language)

    facts = [(say("from"), findings.organisation)]
    if kind is Kind.AUTHORITY:
        facts += [(say("to"), findings.authority), (say("basis"), say("basis46"))]
    if kind is Kind.CSIRT:
        facts += [(say("to"), findings.csirt), (say("basis"), say("basis_csirt"))]
    if kind not in (Kind.PRESS, Kind.PATIENTS):
        facts.append((say("case"), findings.case))
    facts += [(say("noticed"), _moment(findings.noticed_s, language))]
    sections = _sections(findings, kind, language, name)
    sections.append(Section(say("contact"), (findings.contact,)))
    is_open = kind in (Kind.PRESS, Kind.PATIENTS)
    marking = "TLP:CLEAR" if is_open else f"TLP:{findings.tlp.value.upper()}"
    return Document(say(kind.value), language, marking, draft, tuple(facts), tuple(sections))


def own_answer(findings: Findings, language: Language, *, affected: bool, at_s: float) -> str:
    """What a patient's own page says to "was I affected?"."""
    if affected:
        kinds = kinds_in(findings.kinds, language)
        return text("affected", language).format(kinds=kinds) + " " + text("advice", language)
    return text("unaffected", language).format(at=_moment(at_s, language))


def _sections(findings: Findings, kind: Kind, language: Language, name: str) -> list[Section]:
    def say(what: str) -> str:
        return text(what, language)

    def words(what: Words) -> tuple[str, ...]:
        return (what[language],) if what.get(language) else (say("unknown"),)

    which = Section(say("which"), (kinds_in(findings.kinds, language) or say("unknown"),))
    counts = _counts(findings, language)
    when = Section(
        say("when"),
        (
            f"{say('disclosed')}: {_moment(findings.disclosed_s, language)}.",
            f"{say('window')}: {_moment(findings.earliest_s, language)} –"
            f" {_moment(findings.latest_s, language)}.",
            *words(findings.how),
        ),
    )
    mended = [
        Section(say("handling"), words(findings.handling)),
        Section(say("recovery"), words(findings.recovery)),
    ]
    chronology = Section(
        say("chronology"),
        table=(
            (say("time"), say("description")),
            *(
                (_moment(one.at_s, language), one.says.get(language, ""))
                for one in findings.chronology
            ),
        ),
    )
    impact = Section(say("impact"), (*words(findings.impact), *counts))
    verdict = Section(
        say("verdict"),
        (
            f"{VERDICTS[findings.verdict][language is Language.ENGLISH].capitalize()}"
            f" ({say('error')} {findings.verdict_error:.2g}).",
        ),
    )
    match kind:
        case Kind.AUTHORITY:
            people = Section(say("people"), counts)
            return [which, people, when, *mended]
        case Kind.PATIENTS:
            greeting = (say("dear").format(name=name),) if name else ()
            first = Section("", (*greeting, say("you")))
            return [first, which, when, *mended, Section("", (say("advice"),))]
        case Kind.CSIRT:
            reporter = Section(say("reporter"), (findings.reporter,))
            description = Section(say("description"), (*words(findings.how), which.paragraphs[0]))
            return [reporter, description, verdict, chronology, impact, *mended]
        case Kind.HOSPITALS:
            return [verdict, which, *mended, Section("", (say("hospital_do"),))]
        case Kind.PRESS:
            return [
                verdict,
                Section(say("people"), counts),
                *mended,
                Section("", (say("press_ask"),)),
            ]
        case Kind.REPORT:
            return [verdict, which, when, impact, chronology, *mended, _figures(findings, language)]


def _figures(findings: Findings, language: Language) -> Section:
    head = tuple(text(one, language) for one in ("figure", "value", "evidence", "log"))
    rows = tuple(
        (one.name.get(language, ""), one.value, ", ".join(one.evidence), f"#{one.leaf} {one.proof}")
        for one in findings.figures
    )
    return Section(text("figures", language), table=(head, *rows))


def _counts(findings: Findings, language: Language) -> tuple[str, ...]:
    named = (
        ("people", findings.patients),
        ("hospitals_count", findings.hospitals),
        ("rows", findings.rows),
    )
    return tuple(f"{text(what, language)}: {_number(count, language)}." for what, count in named)


def _number(count: int, language: Language) -> str:
    if count < 0:
        return text("unknown", language)
    return f"{count:,}".replace(",", "." if language is Language.INDONESIAN else ",")


_MONTHS: Final = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
).split()


def _moment(at_s: float, language: Language) -> str:
    if not at_s:
        return text("unknown", language)
    at = datetime.fromtimestamp(at_s, UTC).astimezone(WIB)
    if language is Language.INDONESIAN:
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year} pukul {at:%H.%M} WIB"
    return f"{at.day} {at:%B %Y, %H:%M} WIB (UTC+7)"
