"""Index tokens: what can be searched for, under a key that only the broker holds (design § 4).

Each function names what its token finds. Fields are bound to a hospital wherever a match across
hospitals would tell one of them something about the other's patients.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from segel.domain.names import name_tokens, phonetic_name, sound
from segel.domain.patient import PatientIdentity
from segel.sealing import token


@dataclass(frozen=True, slots=True)
class Index:
    """Makes the tokens of one estate. ``key``: 32 bytes."""

    key: bytes

    def nik(self, hospital: UUID, nik: str) -> bytes:
        """A national number, among one hospital's patients."""
        return token(self.key, "nik", hospital.bytes, nik)

    def medical_record(self, hospital: UUID, number: str) -> bytes:
        """A hospital's own number for a patient."""
        return token(self.key, "mrn", hospital.bytes, number.strip())

    def study(self, hospital: UUID, study_uid: str) -> bytes:
        """A study UID. Two hospitals that hold the same UID hold two studies."""
        return token(self.key, "study", hospital.bytes, study_uid)

    def unidentified(self, hospital: UUID, study_uid: str) -> bytes:
        """The patient of a study that names none."""
        return token(self.key, "unidentified", hospital.bytes, study_uid)

    def accession(self, hospital: UUID, number: str) -> bytes:
        """An accession number."""
        return token(self.key, "accession", hospital.bytes, number.strip())

    def study_day(self, hospital: UUID, day: str) -> bytes:
        """The studies of one day, YYYYMMDD."""
        return token(self.key, "day", hospital.bytes, day)

    def received_day(self, hospital: UUID, day: str) -> bytes:
        """The studies that first arrived on one day, YYYYMMDD."""
        return token(self.key, "received", hospital.bytes, day)

    def account(self, name: str) -> bytes:
        """An account by its name."""
        return token(self.key, "account", name.strip().casefold())

    def patient_account(self, patient: UUID) -> bytes:
        """The account of a patient."""
        return token(self.key, "patient-account", patient.bytes)

    def forward(self, destination: str) -> bytes:
        """How far the audit log was forwarded to a receiver."""
        return token(self.key, "forward", destination)

    def hospital(self, code: str) -> bytes:
        """A hospital by its code."""
        return token(self.key, "hospital", code.strip().casefold())

    def ae_title(self, ae_title: str) -> bytes:
        """A DIMSE peer by its AE title."""
        return token(self.key, "ae-title", ae_title.strip())

    def touch(self, account: UUID, patient: UUID) -> bytes:
        """That an account touched a patient, in its budget."""
        return token(self.key, "touch", account.bytes, patient.bytes)

    def listed(self, patient: UUID, block: int) -> bytes:
        """That searches listed a patient, among the entries of one block of the log."""
        return token(self.key, "listed", patient.bytes, str(block))

    def credential(self, credential_id: bytes) -> bytes:
        """A passkey's credential id."""
        return token(self.key, "credential", credential_id)

    def alert(self, kind: str, once_for: str) -> UUID:
        """The id of an alert that is raised once; it tells nobody else what it is about."""
        return UUID(bytes=token(self.key, "alert", kind, once_for)[:16])

    def names(self, hospital: UUID, patient: PatientIdentity) -> Iterator[bytes]:
        """The compounds that find a person by name: a name alone never is a token."""
        words = [sound(word) for word in name_tokens(patient.name)]
        if not words or len(patient.birth_date) != 8:
            return
        born, seen = patient.birth_date, set[str]()
        yield token(
            self.key, "name", hospital.bytes, phonetic_name(patient.name), born, patient.sex
        )
        yield self._year(hospital, patient.name, born[:4])
        for word in (words[0], words[-1]):
            if word not in seen:
                seen.add(word)
                yield token(self.key, "word", hospital.bytes, word, born)

    def name_query(
        self, hospital: UUID, name: str, birth_date: str, birth_years: Iterable[str]
    ) -> list[bytes]:
        """The tokens that a query for a name with a birth date, or some years, has to look at.

        ``name`` may hold wildcards: only words without one are used. Empty where nothing is left.
        """
        whole = not any(letter in name for letter in "*?")
        words = [
            sound(word)
            for raw in name.replace("^", " ").split()
            if not any(letter in raw for letter in "*?")
            for word in name_tokens(raw)
        ]
        if birth_date:
            return [token(self.key, "word", hospital.bytes, word, birth_date) for word in words]
        if whole and words:
            return [self._year(hospital, name, year) for year in birth_years]
        return []

    def _year(self, hospital: UUID, name: str, year: str) -> bytes:
        return token(self.key, "year", hospital.bytes, phonetic_name(name), year)


def days_back(today: date, days: int) -> list[str]:
    """``today`` and the days before it, as YYYYMMDD, newest first."""
    return [f"{today - timedelta(days=back):%Y%m%d}" for back in range(days)]
