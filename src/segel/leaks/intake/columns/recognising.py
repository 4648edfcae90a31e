"""What columns hold: what their values can be decides; their names settle what values leave open.

A name alone is believed only of kinds that have no form of their own, such as a hospital's own
numbers. Where a name says one thing and the values are clearly another, the values are believed:
sellers rename columns.
"""

import re
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from segel.leaks.intake.columns import values
from segel.leaks.intake.columns.headers import hinted
from segel.leaks.model import ColumnKind

Guess = tuple[ColumnKind, float]

_K: Final = ColumnKind
_VALUES_MAX: Final = 400
_STRONG: Final = 0.7
"""Of the values that are there must have a kind's form, where nothing else speaks for it."""
_WITH_NAME: Final = 0.3
"""And where the column's name says so."""
_NAMED_ONLY: Final = 0.6
"""Confidence in a name, for kinds whose values have no form."""

_MODALITIES: Final = frozenset("CT MR CR DX US XA MG NM PT RF DR RG OT ECG ES IO PX SR".split())
_HOSPITAL: Final = re.compile(
    r"(?i)\s*(?:rs(?:u|ud|up|ia|k|j|i|um|pad|gm|d)?\b[. ]|rumah sakit\b|puskesmas\b|klinik\b"
    r"|hospital\b|labkesda\b|laboratorium\b|upt\b)|.*\bhospital\b"
)
_STREET: Final = re.compile(
    r"(?i)\s*(?:jl|jln|jalan|gg|gang|dusun|dsn|desa|kp|komp|perum)\b|.*\brt\b"
)
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[A-Za-z]{2,}\Z")
_MOBILE: Final = re.compile(r"(?:\+?62|0)?8[1-9]\d[\d\s-]{6,11}\Z")
_UID: Final = re.compile(r"[0-2](?:\.\d+){4,}\Z")
_IHS: Final = re.compile(r"P\d{11}\Z")
_PASSPORT: Final = re.compile(r"[A-CEXS]\d{7}\Z")
_LOINC: Final = re.compile(r"\d{3,5}-\d\Z")
_NAME: Final = re.compile(r"(?!.*\d)[^\W_][\w.,'’`^ -]{2,80}\Z")
_RESULTS: Final = frozenset(
    "positif negatif positive negative reaktif non-reaktif nonreaktif reactive detected".split()
)
_DATE: Final = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/., ]|[A-Za-z]{3,9} \d{1,2},")
_EVENT_YEARS: Final = 15
"""Days of birth are spread over more years than what an archive did."""

_FORMS: Final[tuple[tuple[ColumnKind, Callable[[str], bool]], ...]] = (
    (_K.NIK, values.is_nik),
    (_K.HEALTH_NUMBER, lambda text: bool(_IHS.match(text))),
    (_K.INSTANCE_UID, lambda text: bool(_UID.match(text))),
    (_K.EMAIL, lambda text: bool(_EMAIL.match(text))),
    (_K.PHONE, lambda text: bool(_MOBILE.match(text))),
    (_K.BIRTH_DATE, lambda text: bool(_DATE.match(text)) and bool(values.day(text))),
    (_K.PASSPORT, lambda text: bool(_PASSPORT.match(text))),
    (_K.TEST, lambda text: bool(_LOINC.match(text))),
    (_K.MODALITY, lambda text: text in _MODALITIES),
    (_K.HOSPITAL, lambda text: bool(_HOSPITAL.match(text))),
    (_K.ADDRESS, lambda text: bool(_STREET.match(text))),
    (_K.RESULT, lambda text: text.lower() in _RESULTS),
)
"""Kinds whose values have a form, the most telling first."""

_HINTED_FORMS: Final[dict[ColumnKind, Callable[[str], object]]] = {
    _K.NIK: values.nik,
    _K.FAMILY_CARD: values.nik,
    _K.PHONE: values.phone,
    _K.EMAIL: _EMAIL.match,
    _K.BIRTH_DATE: values.day,
    _K.EVENT_TIME: values.moment,
    _K.SEX: values.sex,
    _K.NAME: _NAME.match,
    _K.STUDY_UID: values.uid,
    _K.SERIES_UID: values.uid,
    _K.INSTANCE_UID: values.uid,
}
"""What values have to be for the column's name to be believed; looser than what proves a kind."""


def recognised(names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[Guess]:
    """The kind of each column and how sure it is, from some of its values."""
    guesses = [
        _one(hinted(name), [value for value in map(values.trimmed, column) if value][:_VALUES_MAX])
        for name, column in zip(names, columns, strict=True)
    ]
    _tell_uids_apart(guesses, names, columns)
    return guesses


def _one(hint: ColumnKind | None, cells: list[str]) -> Guess:
    if not cells:
        return (hint, 0.3) if hint else (_K.OTHER, 0.0)
    if hint in _HINTED_FORMS:
        share = sum(bool(_HINTED_FORMS[hint](cell)) for cell in cells) / len(cells)
        if share >= _WITH_NAME and not (hint in (_K.NAME, _K.SEX) and share < _STRONG):
            return hint, 0.5 + share / 2
    for kind, fits in _FORMS:
        share = sum(map(fits, cells)) / len(cells)
        if share >= _STRONG or (hint is kind and share >= _WITH_NAME):
            return _refined(kind, hint, cells, 0.5 + share * (0.45 if hint is kind else 0.4))
    if hint and hint not in _HINTED_FORMS:
        return hint, _NAMED_ONLY
    return _by_words(cells)


def _refined(kind: ColumnKind, hint: ColumnKind | None, cells: list[str], sure: float) -> Guess:
    if kind is _K.NIK:
        days = [int(plain[6:8]) for cell in cells if (plain := values.nik(cell))]
        if hint is None and len(days) >= 30 and max(days) <= 31:
            return _K.FAMILY_CARD, sure * 0.8  # half of all people are women, whose day is +40
    if kind is _K.BIRTH_DATE:
        return _dated(cells, sure)
    return kind, sure


def _dated(cells: list[str], sure: float) -> Guess:
    """Days of birth have no time of day, and are spread over decades."""
    years = [int(found[:4]) for cell in cells if (found := values.day(cell))]
    timed = sum("T" in values.moment(cell) for cell in cells) / len(cells)
    if timed > 0.5:
        midnight = sum(values.moment(cell).endswith("T00:00:00") for cell in cells) / len(cells)
        if midnight < 0.9:
            return _K.EVENT_TIME, sure
    if max(years) - min(years) >= _EVENT_YEARS or max(years) < median([*years, 2005]):
        return _K.BIRTH_DATE, sure * 0.9
    return _K.EVENT_TIME, sure * 0.7


def _by_words(cells: list[str]) -> Guess:
    """Names differ from row to row and are a few words; texts are many; the rest is something."""
    if median(map(len, cells)) >= 60 and median(len(cell.split()) for cell in cells) >= 8:
        return _K.FREE_TEXT, 0.7
    fitting = [cell for cell in cells if _NAME.match(cell) and len(cell.split()) <= 6]
    distinct = len(set(fitting)) / len(cells)
    several = sum(len(cell.split()) > 1 for cell in fitting) / len(cells)
    if len(fitting) / len(cells) >= 0.8 and distinct >= 0.5 and several >= 0.5:
        return _K.NAME, 0.6
    if len(cells) >= 10 and {values.sex(cell) for cell in cells} == {"M", "F"}:
        return _K.SEX, 0.6 if not cells[0].isdigit() else 0.3
    return _K.OTHER, 0.5


def _tell_uids_apart(
    guesses: list[Guess], names: Sequence[str], columns: Sequence[Sequence[str]]
) -> None:
    """Of columns of UIDs without a name the one with the most different values is the instances',
    then come series, then studies."""
    unnamed = [
        at for at, (kind, _) in enumerate(guesses)
        if kind is _K.INSTANCE_UID and hinted(names[at]) is not _K.INSTANCE_UID
    ]  # fmt: skip
    unnamed.sort(key=lambda at: -len(set(columns[at])))
    order = [_K.INSTANCE_UID, _K.SERIES_UID, _K.STUDY_UID][-len(unnamed) :] if unnamed else []
    for at, kind in zip(unnamed, order, strict=False):
        guesses[at] = (kind, 0.6)
