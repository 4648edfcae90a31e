"""Which document says what; one with a mandatory content missing is not made. Pure.

UU 27/2022 Pasal 46(2): the data, when and how they were disclosed, handling and recovery. BSSN
1/2024: reporter, description, chronology, impact. Nothing here names a patient but the letter.
"""

from dataclasses import dataclass
from typing import Final

from segel.domain.cases import Language, NoticeKind
from segel.leaks.telling.errors import ContentMissing
from segel.leaks.telling.facts import CaseFacts, entry_named
from segel.leaks.telling.findings import Figure, Findings, Measure, Words
from segel.leaks.telling.words import (
    MEASURES,
    VERDICTS,
    WAYS,
    kinds_in,
    moment_in,
    number_in,
    percent_in,
    text,
)

_ARTICLE_46: Final = ("kinds", "disclosed_s", "how", "handling", "recovery")
MANDATORY: Final[dict[NoticeKind, tuple[str, ...]]] = {
    NoticeKind.AUTHORITY: ("organisation", "contact", "authority", *_ARTICLE_46),
    NoticeKind.PATIENTS: ("organisation", "contact", *_ARTICLE_46),
    NoticeKind.CSIRT: ("organisation", "contact", "csirt", "reporter", "how", "chronology",
                       "impact"),
    NoticeKind.HOSPITALS: ("organisation", "contact", "handling"),
    NoticeKind.PRESS: ("organisation", "contact", "handling"),
    NoticeKind.REPORT: ("organisation", "contact", *_ARTICLE_46, "chronology", "impact",
                        "figures"),
}  # fmt: skip
"""Fields of Findings without which a document is refused."""
_OPEN: Final = frozenset({NoticeKind.PRESS, NoticeKind.PATIENTS})
"""What anybody may read: it is not marked as the case is."""
_LETTERS: Final = {
    NoticeKind.AUTHORITY: "A",
    NoticeKind.PATIENTS: "P",
    NoticeKind.CSIRT: "C",
    NoticeKind.HOSPITALS: "H",
    NoticeKind.PRESS: "M",
    NoticeKind.REPORT: "R",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs, and a table whose first row is its head, or nothing.

    ``widths``: of the table's columns, parts of 1.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """What makes a document one that is signed. ``number``: of its kind and language; ``signer``:
    who signs, '' in a draft; ``at_s``: when, and what the document is dated."""

    number: int
    at_s: float
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document before it is drawn. ``letterhead``: the organisation, then its lines. ``draft``:
    it says so on each page. ``facts``: its head. ``closing``: the signature's lines."""

    title: str
    language: Language
    marking: str
    reference: str
    draft: bool
    letterhead: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]


def missing(findings: Findings, kind: NoticeKind) -> tuple[str, ...]:
    """The fields of findings that a document has to say and that are not known, in their order."""
    lacking = []
    for name in MANDATORY[kind]:
        value = getattr(findings, name)
        is_there = bool(value)
        if isinstance(value, dict):
            is_there = all(value.get(one, "").strip() for one in Language)
        if not is_there:
            lacking.append(name)
    return tuple(lacking)


def content_missing(kind: NoticeKind, lacking: tuple[str, ...]) -> ContentMissing:
    """Why a document is not made: all that is missing, by the fields' names."""
    return ContentMissing(
        f"The document for {kind.value} has to say this, and it is not known.",
        field=", ".join(lacking),
        remedy="State it in the findings, in both languages where it is a sentence.",
    )


def document(
    findings: Findings,
    facts: CaseFacts,
    kind: NoticeKind,
    language: Language,
    issue: Issue,
    *,
    addressee: str = "",
) -> Document:
    """A document. ``addressee``: whom a patient's letter greets. Raises ContentMissing."""
    if lacking := missing(findings, kind):
        raise content_missing(kind, lacking)
    return _Writer(findings, facts, language).document(kind, issue, addressee)


def own_answer(findings: Findings, language: Language, *, affected: bool, at_s: float) -> str:
    """What a patient's own page says to "was I affected?"."""
    if affected:
        kinds = kinds_in(findings.kinds, language)
        return text("affected", language).format(kinds=kinds) + " " + text("beware", language)
    return text("unaffected", language).format(at=moment_in(at_s, language))


class _Writer:
    """Writes the sections of one language from findings."""

    def __init__(self, findings: Findings, facts: CaseFacts, language: Language) -> None:
        self._findings = findings
        self._facts = facts
        self._language = language

    def document(self, kind: NoticeKind, issue: Issue, addressee: str) -> Document:
        """The whole of it."""
        is_open = kind in _OPEN
        reference = f"{self._facts.number}/{_LETTERS[kind]}/{issue.number}/{self._language.value}"
        return Document(
            title=self._say(kind.value),
            language=self._language,
            marking="TLP:CLEAR" if is_open else f"TLP:{self._facts.tlp.value.upper()}",
            reference=reference,
            draft=not issue.signer,
            letterhead=self._letterhead(),
            facts=self._head(kind, issue, reference),
            sections=self._sections(kind, addressee),
            closing=self._closing(issue),
        )

    def _letterhead(self) -> tuple[str, ...]:
        found = self._findings
        return tuple(one for one in (found.organisation, found.address, found.contact) if one)

    def _head(self, kind: NoticeKind, issue: Issue, reference: str) -> tuple[tuple[str, str], ...]:
        facts = [
            (self._say("number"), reference),
            (self._say("date"), f"{self._moment(issue.at_s)} (UTC+7)"),
        ]
        match kind:
            case NoticeKind.AUTHORITY:
                facts.append((self._say("to"), self._findings.authority))
                facts.append((self._say("basis"), self._say("basis46")))
            case NoticeKind.CSIRT:
                facts.append((self._say("to"), self._findings.csirt))
                facts.append((self._say("basis"), self._say("basis_csirt")))
            case NoticeKind.PATIENTS:
                facts.append((self._say("basis"), self._say("basis46")))
            case NoticeKind.HOSPITALS:
                facts.append((self._say("to"), self._say("to_hospitals")))
            case NoticeKind.PRESS | NoticeKind.REPORT:
                pass
        facts.append((self._say("noticed"), self._moment(self._facts.known_s)))
        return tuple(facts)

    def _closing(self, issue: Issue) -> tuple[str, ...]:
        if not issue.signer:
            return (self._say("officer"), self._say("unsigned"))
        return (
            self._say("officer"),
            issue.signer,
            self._say("signed").format(at=self._moment(issue.at_s)),
            self._say("signed_where").format(case=self._facts.number),
        )

    def _sections(self, kind: NoticeKind, addressee: str) -> tuple[Section, ...]:
        found = self._findings
        handling = Section(self._say("handling"), self._words(found.handling))
        recovery = Section(self._say("recovery"), self._words(found.recovery))
        contact = Section(self._say("contact"), (found.contact,))
        counts = Section(self._say("people"), self._counts())
        match kind:
            case NoticeKind.AUTHORITY:
                sections = [self._which(), counts, self._when(), handling, recovery, contact]
            case NoticeKind.PATIENTS:
                dear = (self._say("dear").format(name=addressee),) if addressee else ()
                sections = [
                    Section("", (*dear, self._say("you"))),
                    self._which(),
                    self._when(),
                    handling,
                    recovery,
                    Section(
                        self._say("advice_head"),
                        (f"{self._say('beware')} {self._say('own_page')}",),
                    ),
                    contact,
                ]
            case NoticeKind.CSIRT:
                sections = [
                    Section(self._say("reporter"), (found.reporter,)),
                    Section(
                        self._say("description"),
                        (*self._words(found.how), *self._which().paragraphs),
                    ),
                    self._verdict(),
                    self._chronology(),
                    self._impact(),
                    handling,
                    *([recovery] if found.recovery else []),
                    contact,
                ]
            case NoticeKind.HOSPITALS:
                sections = [
                    self._verdict(),
                    self._which(),
                    handling,
                    *([recovery] if found.recovery else []),
                    Section(self._say("hospital_head"), (self._say("hospital_do"),)),
                    contact,
                ]
            case NoticeKind.PRESS:
                sections = [
                    self._verdict(with_odds=False),
                    counts,
                    handling,
                    *([recovery] if found.recovery else []),
                    Section(self._say("press_head"), (self._say("press_ask"),)),
                    contact,
                ]
            case NoticeKind.REPORT:
                sections = [
                    self._verdict(),
                    self._which(),
                    self._when(),
                    self._impact(),
                    self._chronology(),
                    *([self._origin()] if found.hypotheses else []),
                    handling,
                    recovery,
                    self._figures(),
                    self._evidence(),
                    contact,
                ]
        return tuple(sections)

    # --- sections -----------------------------------------------------------------------------

    def _which(self) -> Section:
        which = kinds_in(self._findings.kinds, self._language) or self._say("unknown")
        return Section(self._say("which"), (f"{which[0].upper()}{which[1:]}.",))

    def _when(self) -> Section:
        found = self._findings
        window: tuple[str, ...] = ()
        if found.earliest_s or found.latest_s:
            between = f"{self._moment(found.earliest_s)} – {self._moment(found.latest_s)}"
            window = (f"{self._say('window')}: {between}.",)
        disclosed = f"{self._say('disclosed')}: {self._moment(found.disclosed_s)}."
        return Section(self._say("when"), (disclosed, *window, *self._words(found.how)))

    def _impact(self) -> Section:
        return Section(self._say("impact"), (*self._words(self._findings.impact), *self._counts()))

    def _verdict(self, *, with_odds: bool = True) -> Section:
        found = self._findings
        says = VERDICTS[found.verdict][self._language]
        if with_odds and found.verdict_error < 1:
            says += f"; {self._odds()}"
        return Section(self._say("verdict"), (f"{says}.",))

    def _odds(self) -> str:
        return f"{self._say('error')} {percent_in(self._findings.verdict_error, self._language)}"

    def _chronology(self) -> Section:
        rows = sorted(self._findings.chronology, key=lambda one: one.at_s)
        head = (self._say("time"), self._say("what"))
        lines = tuple((self._moment(one.at_s), self._words(one.says)[0]) for one in rows)
        return Section(self._say("chronology"), table=(head, *lines), widths=(0.4, 0.6))

    def _origin(self) -> Section:
        head = tuple(self._say(one) for one in ("way", "likelihood", "for_it", "against_it"))
        ranked = sorted(self._findings.hypotheses, key=lambda one: -one.likelihood)
        rows = tuple(
            (
                WAYS[one.way][self._language],
                percent_in(one.likelihood, self._language),
                one.for_it.get(self._language, "") or "–",
                one.against_it.get(self._language, "") or "–",
            )
            for one in ranked
        )
        return Section(
            self._say("origin"),
            (self._say("origin_help"),),
            table=(head, *rows),
            widths=(0.2, 0.2, 0.3, 0.3),
        )

    def _figures(self) -> Section:
        found = self._findings
        head = tuple(self._say(one) for one in ("figure", "value", "evidence", "log"))
        rows = [
            (
                self._say("verdict"),
                f"{VERDICTS[found.verdict][self._language]} ({self._odds()})",
                *self._facts.basis(found.verdict_basis),
            )
        ]
        rows += [
            (
                MEASURES[one.measure][self._language],
                self._value(one),
                *self._facts.basis(one.basis),
            )
            for one in self._ranked()
        ]
        if found.earliest_s or found.latest_s:
            between = f"{self._moment(found.earliest_s)} – {self._moment(found.latest_s)}"
            rows.append((self._say("window"), between, *self._facts.basis(found.window_basis)))
        rows += [
            (
                f"{self._say('origin')}: {WAYS[one.way][self._language]}",
                percent_in(one.likelihood, self._language),
                *self._facts.basis(one.basis),
            )
            for one in found.hypotheses
        ]
        return Section(
            self._say("figures"),
            (self._say("figures_help"),),
            table=(head, *rows),
            widths=(0.28, 0.36, 0.18, 0.18),
        )

    def _evidence(self) -> Section:
        head = tuple(self._say(one) for one in ("evidence", "bytes", "sha256", "log"))
        rows = tuple(
            (
                one.label,
                number_in(one.length, self._language),
                one.sha256,
                entry_named(one.leaf),
            )
            for one in self._facts.pieces
        )
        how = self._say("proofs_help").format(case=self._facts.number, log=self._facts.log)
        if not rows:
            return Section(self._say("proofs"), (how,))
        return Section(
            self._say("proofs"), (how,), table=(head, *rows), widths=(0.12, 0.17, 0.57, 0.14)
        )

    # --- words --------------------------------------------------------------------------------

    def _say(self, what: str) -> str:
        return text(what, self._language)

    def _words(self, what: Words) -> tuple[str, ...]:
        said = what.get(self._language, "").strip()
        paragraphs = tuple(one.strip() for one in said.split("\n") if one.strip())
        return paragraphs or (self._say("unknown"),)

    def _moment(self, at_s: float) -> str:
        return moment_in(at_s, self._language)

    def _ranked(self) -> list[Figure]:
        order = list(Measure)
        return sorted(self._findings.figures, key=lambda one: order.index(one.measure))

    def _value(self, figure: Figure) -> str:
        value = number_in(figure.value, self._language)
        if figure.low < 0:
            return value
        low, high = (number_in(one, self._language) for one in (figure.low, figure.high))
        return self._say("interval").format(value=value, low=low, high=high)

    def _counts(self) -> tuple[str, ...]:
        told = [one for one in self._ranked() if one.measure is not Measure.FILES]
        lines = [f"{MEASURES[one.measure][self._language]}: {self._value(one)}." for one in told]
        return tuple(lines) or (self._say("not_counted"),)
