"""The content of an EU Digital COVID Certificate: schema 1.x as published, and its value sets.

The rules are those of schema 1.3.3 (eHN DCC schema), which accepts what 1.0 to 1.2 wrote: longer
texts, a name in either half, birth dates without a day. Two readings are wider than the schema's
letter, because issuers write so and nothing is ambiguous: ``null`` is as if absent where something
may be absent, and times may leave out the colon of their offset, or the offset.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, NoReturn

import msgspec
from msgspec import Meta

from segel.cards.errors import CardRefused
from segel.cards.json_reading import place_of
from segel.cards.model import (
    CertificateContent,
    Holder,
    Kind,
    Recovery,
    TestResult,
    Vaccination,
)
from segel.cards.reasons import Reason, Remark
from segel.cards.value_sets import DETECTED, ValueSets

Text = Annotated[str, Meta(max_length=80)]
Icao = Annotated[str, Meta(max_length=80, pattern="^[A-Z<]*$")]
Country = Annotated[str, Meta(pattern="[A-Z]{1,10}")]
Count = Annotated[int, Meta(ge=1)]

MAJOR: Final = "1."
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_BIRTH: Final = re.compile(r"((?:19|20)\d\d(?:-\d\d){0,2})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
LIKE_SCHEMA_1_3: Final = ("1.3.",)


class _Name(msgspec.Struct, frozen=True, gc=False):
    fn: Text | None = None
    fnt: Icao | None = None
    gn: Text | None = None
    gnt: Icao | None = None


class _Test(msgspec.Struct, frozen=True, gc=False):
    tg: str
    tt: str
    sc: str
    tr: str
    co: Country
    issuer: Text = msgspec.field(name="is")
    ci: Text
    nm: Text | None = None
    ma: str | None = None
    tc: Text | None = None


class _Vaccination(msgspec.Struct, frozen=True, gc=False):
    tg: str
    vp: str
    mp: str
    ma: str
    dn: Count
    sd: Count
    dt: str
    co: Country
    issuer: Text = msgspec.field(name="is")
    ci: Text


class _Recovery(msgspec.Struct, frozen=True, gc=False):
    tg: str
    fr: str
    co: Country
    issuer: Text = msgspec.field(name="is")
    df: str
    du: str
    ci: Text


class _Certificate(msgspec.Struct, frozen=True, gc=False):
    ver: str
    nam: _Name
    dob: str
    v: tuple[_Vaccination, ...] | None = None
    t: tuple[_Test, ...] | None = None
    r: tuple[_Recovery, ...] | None = None


def content_of(
    certificate: dict[Any, Any], values: ValueSets
) -> tuple[CertificateContent, tuple[Remark, ...]]:
    """The checked content, and what is worth knowing of it. Raises CardRefused."""
    try:
        read = msgspec.convert(certificate, _Certificate)
    except msgspec.ValidationError as error:
        raise CardRefused(Reason.SCHEMA, place_of(error)) from None
    if not _VERSION.fullmatch(read.ver) or not read.ver.startswith(MAJOR):
        raise CardRefused(Reason.SCHEMA_VERSION, "ver")
    holder = _holder(read)
    content = _content(read, holder)
    unlisted = values.unlisted(content)
    if unlisted.refused:
        raise CardRefused(Reason.VALUE_UNKNOWN, ", ".join(unlisted.refused))
    remarks = []
    if unlisted.told:
        remarks.append(Remark.VALUE_UNLISTED)
    if not read.ver.startswith(LIKE_SCHEMA_1_3):
        remarks.append(Remark.SCHEMA_OLD)
    if isinstance(content.entry, TestResult) and content.entry.result == DETECTED:
        remarks.append(Remark.RESULT_DETECTED)
    return content, tuple(remarks)


def _holder(read: _Certificate) -> Holder:
    name = read.nam
    if name.fnt is None and name.gnt is None:
        raise CardRefused(Reason.SCHEMA, "nam")
    birth = read.dob
    if not read.ver.startswith(LIKE_SCHEMA_1_3):
        birth = birth.partition("T")[0]  # before 1.3 the pattern had no end
    if not _BIRTH.fullmatch(birth):
        raise CardRefused(Reason.SCHEMA_DATE, "dob")
    return Holder(name.fn or "", name.gn or "", name.fnt or "", name.gnt or "", birth)


def _content(read: _Certificate, holder: Holder) -> CertificateContent:
    groups = [group for group in (read.v, read.t, read.r) if group is not None]
    if not groups or not groups[0]:
        raise CardRefused(Reason.NO_ENTRY)
    if len(groups) > 1 or len(groups[0]) > 1:
        raise CardRefused(Reason.SEVERAL_ENTRIES)
    one = groups[0][0]
    entry: TestResult | Vaccination | Recovery
    if isinstance(one, _Test):
        kind = Kind.TEST
        entry = TestResult(
            one.tg, one.tt, one.nm or "", one.ma or "", _time(one.sc, "t.sc"), one.tr, one.tc or ""
        )
    elif isinstance(one, _Vaccination):
        kind = Kind.VACCINATION
        given_on = _day(one.dt, "v.dt")
        entry = Vaccination(one.tg, one.vp, one.mp, one.ma, one.dn, one.sd, given_on)
    else:
        kind = Kind.RECOVERY
        days = _day(one.fr, "r.fr"), _day(one.df, "r.df"), _day(one.du, "r.du")
        entry = Recovery(one.tg, *days)
    return CertificateContent(read.ver, holder, kind, entry, one.co, one.issuer, one.ci)


def _day(text: str, place: str) -> date:
    """A day, or the day of a time. Raises CardRefused."""
    day, separator, rest = text[:10], text[10:11], text[11:]
    if separator and not (separator in "Tt " and rest):
        raise CardRefused(Reason.SCHEMA_DATE, place)
    if not _DAY.fullmatch(day):
        _refuse_date(place)
    try:
        return date.fromisoformat(day)
    except ValueError:
        _refuse_date(place)


def _time(text: str, place: str) -> datetime:
    """A time as RFC 3339 has it; without an offset it has none in the result either."""
    match = _TIME.fullmatch(text)
    if match is None:
        _refuse_date(place)
    day, clock, fraction, offset = match.groups()
    said = f"{day}T{clock}"
    if fraction:
        said += f".{fraction[:6]:0<6}" if clock.count(":") == 2 else ""
    if offset:
        said += "+00:00" if offset in "Zz" else _with_colon(offset)
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        _refuse_date(place)


def _with_colon(offset: str) -> str:
    digits = offset[1:].replace(":", "")
    return f"{offset[0]}{digits[:2]}:{digits[2:] or '00'}"


def _refuse_date(place: str) -> NoReturn:
    raise CardRefused(Reason.SCHEMA_DATE, place)
