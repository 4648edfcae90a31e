"""What a case may ask of an invented estate: its register, versions, log and releases.

It answers as the broker would under a warrant, and knows nothing of what was staged: a leak's
accesses stand in the log among everybody's.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from segel.domain.leak_rows import AGREEING, CONTRADICTING, LEVELS, OURS_ALONE, kinds_of
from segel.leaks.answer import Known, Question
from segel.leaks.drill.estate import Estate, number_of, seconds
from segel.leaks.drill.hospitals import HOSPITALS
from segel.leaks.drill.people import BEFORE_DAYS, YEAR_DAYS, Floats, Integers
from segel.leaks.drill.posting import RESULTS
from segel.leaks.drill.visits import MODALITIES
from segel.leaks.extent.claims import Held
from segel.leaks.matching.chance import expected
from segel.leaks.matching.matching import NOBODY, Matches, match
from segel.leaks.matching.register import PATIENT_ID, Register
from segel.leaks.matching.tokens import Records, Tokeniser
from segel.leaks.model import (
    ColumnKind,
    History,
    Patient,
    PersonRow,
    RowMatch,
    Shown,
    Touch,
    VersionSpan,
    Way,
)
from segel.sealing.short_tokens import ShortTokens

_K = ColumnKind
_KEY: Final = bytes(32)
NOBODY_ID: Final = UUID(int=0)

LISTED: Final = (
    _K.NAME, _K.BIRTH_DATE, _K.SEX, _K.MEDICAL_RECORD, _K.ACCESSION, _K.MODALITY, _K.EVENT_TIME,
    _K.HOSPITAL,
)  # fmt: skip
"""What a list shows of a patient whom nobody opens."""

COMPARED: Final = frozenset(
    {_K.MEDICAL_RECORD, _K.PHONE, _K.ADDRESS, _K.ACCESSION, _K.EVENT_TIME, _K.MODALITY, _K.RESULT}
)

EDGES: Final = (
    *(-BEFORE_DAYS + 40.0 * at for at in range(BEFORE_DAYS // 40)),
    *(7.0 * at for at in range(YEAR_DAYS // 7 + 1)),
    float(YEAR_DAYS),
)
"""Days at which the history is cut: 40 days before the year, weeks within it."""


class Desk:
    """Of one estate. The register is made once; a leak changes the log alone."""

    def __init__(self, place: Estate) -> None:
        persons = place.persons
        columns = {
            "nik": persons.nik,
            "record": [place.mrn(at) for at in range(len(persons))],
            "phone_0": [
                after if day <= YEAR_DAYS else before
                for before, after, day in zip(*persons.phones, persons.phone_day, strict=True)
            ],
            "name": persons.name,
            "birth_date": persons.birth_date,
            "sex": persons.sex,
        }
        nothing = [""] * len(persons)
        self._tokeniser = Tokeniser(ShortTokens(_KEY))
        records = self._tokeniser.columns(lambda name: columns.get(name, nothing), len(persons))
        ids = b"".join(place.pseudonym(at) for at in range(len(persons)))
        self._register = Register(
            records,
            np.frombuffer(ids, PATIENT_ID),
            persons.hospital.astype(np.uint16),
            self._tokeniser.first,
        )
        self._numbers = {code: at for at, code in enumerate(place.houses.code)}
        self._arrivals = place.visits.arrivals
        self._sorted = np.sort(self._arrivals)

    def known(self, place: Estate, asked: Question) -> Known:
        """All that a case may learn of a sample. ``place``: with the log of now."""
        rows = self._tokeniser.rows(asked.rows)
        hospitals = np.array([self._numbers.get(one.hospital, -1) for one in asked.rows], np.int32)
        found = match(rows, hospitals, self._register)
        matches = _row_matches(place, asked.rows, found)
        patients = sorted({one.pseudonym for one in matches if one.pseudonym})
        until = (asked.claim.posted_s - seconds(0)) / 86_400
        numbers = np.array([number_of(one) for one in patients], np.int64)
        persons = place.persons
        return Known(
            matches=matches,
            spans=tuple(self._spans(place, asked.rows, matches)),
            compared=COMPARED,
            patients={one: self._patient(place, number_of(one)) for one in patients},
            history=self._history(place, numbers, until),
            held=Held(len(persons), len(place.visits)),
            hospitals=_counts(place.houses.code, persons.hospital),
            by_chance=self._by_chance(rows, found),
        )

    def _by_chance(self, rows: Records, found: Matches) -> float:
        return expected(rows, found, self._register, seed=0).linked / max(1, len(rows))

    def _patient(self, place: Estate, number: int) -> Patient:
        arrived = float(self._arrivals[number])
        return Patient(
            place.houses.code[int(place.persons.hospital[number])],
            seconds(arrived),
            float(np.searchsorted(self._sorted, arrived)) / len(self._sorted),
        )

    def _spans(
        self, place: Estate, rows: Sequence[PersonRow], matches: Sequence[RowMatch]
    ) -> Iterable[VersionSpan]:
        for row, one in zip(rows, matches, strict=True):
            if one.pseudonym:
                for kind, begun, over in self._versions(place, row, number_of(one.pseudonym)):
                    yield VersionSpan(row.table, row.row, kind, seconds(begun), seconds(over))

    def _versions(
        self, place: Estate, row: PersonRow, patient: int
    ) -> Iterable[tuple[ColumnKind, float, float]]:
        """From and until which day the archive held what a row shows."""
        persons, those = place.persons, place.visits
        arrived = float(self._arrivals[patient])
        yield _K.OTHER, arrived, np.inf
        if row.medical_record == place.mrn(patient):
            yield _K.MEDICAL_RECORD, arrived, np.inf
        for kind, text, told, day in (
            (_K.PHONE, row.phone, persons.phones, float(persons.phone_day[patient])),
            (_K.ADDRESS, row.others.get(_K.ADDRESS, ""), persons.addresses,
             float(persons.address_day[patient])),
        ):  # fmt: skip
            if text and text == told[0][patient]:
                yield kind, arrived, day
            elif text and text == told[1][patient]:
                yield kind, day, np.inf
        studies = those.of(patient)
        others = row.others
        for kind, text, said in (
            (_K.ACCESSION, row.accession, place.accession),
            (_K.EVENT_TIME, row.event_time, place.date),
            (_K.MODALITY, others.get(_K.MODALITY, ""),
             lambda at: MODALITIES[those.modality[at]]),
            (_K.RESULT, others.get(_K.RESULT, ""), lambda at: RESULTS[those.result[at]]),
        ):  # fmt: skip
            same = [at for at in studies if text and said(int(at)) == text]
            if same:
                yield kind, float(those.day[same[0]]), np.inf

    def _history(self, place: Estate, patients: Integers, until: float) -> History:
        edges = np.array(EDGES)
        return History(
            touches=(*_accounts(place, patients, until), *self._copies(place, patients, until)),
            shown=(*_shown(place, patients, until, edges), *self._held(place, edges)),
            edges_s=tuple(seconds(day) for day in EDGES),
            archive=len(place.persons),
            gaps=tuple((seconds(one), seconds(other)) for one, other in place.gaps),
        )

    def _copies(self, place: Estate, patients: Integers, until: float) -> Iterable[Touch]:
        """What left or lies about: of each moment, who of these was in it."""
        released, arrived = place.releases, self._arrivals[patients]

        def touch(day: float, way: Way, who: UUID, those: NDArray[np.bool_]) -> Iterable[Touch]:
            if day <= until and those.any():
                names = tuple(place.pseudonym(int(one)) for one in patients[those])
                yield Touch(seconds(day), way, who, NOBODY_ID, names)

        for export in released.exports:
            inside = np.isin(patients, place.visits.patient[export.visits])
            yield from touch(export.day, Way.EXPORT, export.who, inside)
        for who, day in zip(released.backups, released.backup_days, strict=True):
            yield from touch(day, Way.BACKUP, who, arrived <= day)
        middles = [(one + other) / 2 for one, other in pairwise(EDGES)]
        home = place.persons.hospital[patients]
        for day in middles:
            there = arrived <= day
            yield from touch(day, Way.OUTSIDE_COPY, released.store, there)
            for at in np.unique(home):
                yield from touch(day, Way.HOSPITAL, place.houses.who[at], there & (home == at))
            for partner, told in zip(released.partners, released.partner_hospitals, strict=True):
                fed = there & (day >= 0) & (arrived >= 0) & np.isin(home, told)
                yield from touch(day, Way.PARTNER, partner, fed)
        for at, who in enumerate(released.old_systems):
            day = float(place.houses.joined_day[at])
            yield from touch(day, Way.OUTSIDE_COPY, who, (arrived <= day) & (home == at))

    def _held(self, place: Estate, edges: Floats) -> Iterable[Shown]:
        """How many each of them held."""
        released, arrivals, homes = place.releases, self._arrivals, place.persons.hospital
        for export in released.exports:
            count = len(np.unique(place.visits.patient[export.visits]))
            yield Shown(Way.EXPORT, export.who, count, ())
        for who, day in zip(released.backups, released.backup_days, strict=True):
            yield Shown(Way.BACKUP, who, int(np.searchsorted(self._sorted, day, "right")), ())

        def growing(way: Way, who: UUID, those: Floats) -> Shown:
            by = np.searchsorted(np.sort(those), edges[1:], "right")
            return Shown(way, who, len(those), tuple(int(one) for one in by))

        yield growing(Way.OUTSIDE_COPY, released.store, arrivals)
        for at in range(HOSPITALS):
            yield growing(Way.HOSPITAL, place.houses.who[at], arrivals[homes == at])
            old = (homes == at) & (arrivals <= place.houses.joined_day[at])
            yield Shown(Way.OUTSIDE_COPY, released.old_systems[at], int(old.sum()), ())
        for partner, told in zip(released.partners, released.partner_hospitals, strict=True):
            yield growing(Way.PARTNER, partner, arrivals[np.isin(homes, told) & (arrivals >= 0)])


def _accounts(place: Estate, patients: Integers, until: float) -> Iterable[Touch]:
    log, staff = place.accesses, place.houses.staff
    for patient in patients:
        name = (place.pseudonym(int(patient)),)
        for at in range(log.first_of[patient], log.first_of[patient + 1]):
            day = float(log.day[at])
            if day <= until and not _missing(place, day):
                kinds = () if log.opened[at] else LISTED
                who = staff.who[log.account[at]]
                yield Touch(seconds(day), Way.ACCOUNT, who, NOBODY_ID, name, kinds)


def _missing(place: Estate, day: float) -> bool:
    return any(one <= day < other for one, other in place.gaps)


def _shown(place: Estate, patients: Integers, until: float, edges: Floats) -> Iterable[Shown]:
    """How many patients each account opened or listed, of the accounts that saw any of these."""
    log, size = place.accesses, len(place.persons)
    saw = np.zeros(len(place.houses.staff), bool)
    saw[log.account[np.isin(log.patient, patients)]] = True
    kept = saw[log.account] & (log.day <= until)
    for begun, over in place.gaps:
        kept &= (log.day < begun) | (log.day >= over)
    account, patient, opened = log.account[kept], log.patient[kept], log.opened[kept]
    period = np.searchsorted(edges, log.day[kept], "right") - 1
    for of_opened in (True, False):
        whole = _pairs(account * size + patient, opened, opened_ones=of_opened) // size
        cut = _pairs(
            (account * len(edges) + period) * size + patient, opened, opened_ones=of_opened
        )
        totals = np.bincount(whole, minlength=len(saw))
        table = np.zeros((len(saw), len(edges) - 1), np.int64)
        np.add.at(table, (cut // size // len(edges), cut // size % len(edges)), 1)
        for at in np.flatnonzero(totals):
            yield Shown(
                Way.ACCOUNT,
                place.houses.staff.who[at],
                int(totals[at]),
                tuple(table[at].tolist()),
                () if of_opened else LISTED,
            )


def _pairs(keys: Integers, opened: NDArray[np.bool_], *, opened_ones: bool) -> Integers:
    """Keys once each: those that were opened, or those that were only listed."""
    those = np.unique(keys[opened])
    return those if opened_ones else np.setdiff1d(keys[~opened], those)


def _row_matches(place: Estate, rows: Sequence[PersonRow], found: Matches) -> tuple[RowMatch, ...]:
    made = []
    for at, row in enumerate(rows):
        patient = int(found.patient[at])
        agreeing = kinds_of(int(found.agreeing[at]), AGREEING)
        made.append(
            RowMatch(
                row.table,
                row.row,
                b"" if patient == NOBODY else place.pseudonym(patient),
                LEVELS[found.level[at]],
                float(found.bits[at]),
                agreeing,
                kinds_of(int(found.contradicting[at]), CONTRADICTING),
                tuple(kind for kind in agreeing if kind in OURS_ALONE),
            )
        )
    return tuple(made)


def _counts(codes: Sequence[str], hospital: Integers) -> Mapping[str, int]:
    return dict(zip(codes, np.bincount(hospital, minlength=len(codes)).tolist(), strict=True))
