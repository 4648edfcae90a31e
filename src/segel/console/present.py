"""DICOM values as people read them, in both languages. Pure."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from segel.domain.dicom import JsonDataset, text_value
from segel.domain.identifiers import NIK_DIGITS
from segel.domain.sizes import UNITS

_MONTHS: Final = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_IN_TIME: Final = {"id": ".", "en": ":"}
_SWAPPED: Final = str.maketrans(".,", ",.")  # Indonesian's decimal sign is English's thousands'
NOTHING: Final = "–"


PERCENT_MIN: Final = 0.001
"""Smaller shares are only said to be smaller."""


def person_name(dataset: JsonDataset, tag: str = "00100010") -> str:
    """A DICOM person name in the order it is said: prefix, given, middle, family, suffix."""
    return show_name(text_value(dataset, tag))


def show_name(name: str) -> str:
    """A DICOM person name in the order it is said."""
    family, given, middle, prefix, suffix = (name.split("^") + [""] * 5)[:5]
    return " ".join(
        part.strip() for part in (prefix, given, middle, family, suffix) if part.strip()
    )


def parse_day(text: str) -> date | None:
    """A DICOM date (YYYYMMDD, or the old YYYY.MM.DD), None where it is none."""
    digits = text.replace(".", "").replace("-", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def show_day(text: str, language: str) -> str:
    """'20240312' as '12 Mar 2024'; a range with a dash; as it is where it is no date."""
    first, dash, last = text.partition("-")
    if dash and last and len(first) == 8:
        return f"{show_day(first, language)} – {show_day(last, language)}"
    day = parse_day(text)
    if day is None:
        return text.strip() or NOTHING
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def show_time(text: str, language: str) -> str:
    """'142530.12' as '14:25', in Indonesian as '14.25'."""
    digits = text.replace(":", "")
    known = len(digits) >= 4 and digits[:4].isdigit()
    return f"{digits[:2]}{_IN_TIME[language]}{digits[2:4]}" if known else ""


def ago(text: str, today: date) -> tuple[str, int] | None:
    """How long before ``today`` a DICOM date was: its unit and how many; None for no such day."""
    day = parse_day(text)
    if day is None or day > today:
        return None
    days = (today - day).days
    if days < 2:
        return ("yesterday" if days else "today"), days
    for unit, length in (("years", 365), ("months", 30), ("weeks", 7)):
        if days >= 2 * length:
            return unit, days // length
    return "days", days


def age_years(birth: str, at: str) -> int | None:
    """Whole years between two DICOM dates."""
    born, then = parse_day(birth), parse_day(at)
    if born is None or then is None or then < born:
        return None
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def modalities(series: list[JsonDataset]) -> list[str]:
    """The distinct modalities of a study, presentation states and reports last."""
    found = {text_value(one, "00080060") for one in series} - {""}
    return sorted(found, key=lambda name: (name in {"PR", "SR", "KO", "SEG"}, name))


def show_duration(seconds: int) -> tuple[str, int]:
    """How long somebody has to wait: ('minutes' | 'hours' | 'days', how many), rounded up."""
    if seconds < 3_600:
        return "minutes", max(1, -(-seconds // 60))
    if seconds < 2 * 86_400:
        return "hours", -(-seconds // 3_600)
    return "days", -(-seconds // 86_400)


def show_nik(nik: str) -> str:
    """A NIK in its three parts: region, day of birth, serial."""
    return f"{nik[:6]} {nik[6:12]} {nik[12:]}" if len(nik) == NIK_DIGITS else nik


def show_moment(unix_s: float, language: str) -> str:
    """A moment in UTC, for browsers that don't turn it into their own time."""
    moment = datetime.fromtimestamp(unix_s, UTC)
    month = _MONTHS[language][moment.month - 1]
    time = show_time(f"{moment:%H%M}", language)
    return f"{moment.day} {month} {moment.year}, {time} UTC"


def show_amount(value: Decimal, language: str) -> str:
    """A number that was measured, with every place that it has."""
    return format(value, "f").replace(".", "," if language == "id" else ".")


def show_bytes(size: int, language: str) -> str:
    """Bytes in the largest decimal unit that fits, with a tenth where there is one: 1.5 TB."""
    unit = next((unit for unit in ("TB", "GB", "MB", "KB") if size >= UNITS[unit]), "B")
    return f"{show_count(size * 10 // UNITS[unit] / 10, language)} {unit}"


def show_count(count: float, language: str) -> str:
    """A number of patients, its thousands apart, with fifths where there are some."""
    text = f"{count:,.1f}".removesuffix(".0")
    return text.translate(_SWAPPED) if language == "id" else text


def show_percent(share: float, language: str) -> str:
    """A share from 0 to 1 in percent, with a tenth; what is smaller, and is not 0, says so."""
    if 0 < share < PERCENT_MIN:
        return f"< {show_count(PERCENT_MIN * 100, language)} %"
    return f"{show_count(share * 100, language)} %"


def unix_of(instant: str) -> int:
    """FHIR's instant as Unix time in whole seconds; 0 where it is none."""
    try:
        return int(datetime.fromisoformat(instant).timestamp())
    except ValueError:
        return 0


_KEYS: Final = {"⇧": "Shift", "⌥": "Alt", "⌃": "Ctrl"}


def key_name(sign: str) -> str:
    """What is printed on a key."""
    return _KEYS.get(sign, sign)
