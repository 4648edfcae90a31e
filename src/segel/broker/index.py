"""Index tokens: what can be searched for, under a key that only the broker holds (design § 4).

Each function names what its token finds. Fields are bound to a hospital wherever a match across
hospitals would tell one of them something about the other's patients.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from segel.domain.names import in_any_order, name_tokens, phonetic_name, sound
from segel.domain.patient import PatientIdentity
from segel.sealing import TokenKey, token

INDEX_VERSION: Final = 4
"""How a patient's tokens are made, those of the matching register among them. What is below is
made anew by ``reindexing``."""

HOMOPHONES: Final = 256
"""Tokens that each name compound is spread over; one byte numbers them. The commonest name of a
year is borne by fifty people of a million at most: spread so, a count is nearly always one, and
tells no name. A query for a name and a year looks for all of them, in about 2 ms."""

DUE_SLOTS: Final = 64
"""Tokens that the orders of one day are spread over, so that a count does not tell how busy a day
was: a day of 60 orders has most of them alone. A query for a week looks for 448."""

PATIENT_TOKENS: Final = 4
STUDY_TOKENS: Final = 3
"""Every patient and every study has as many of these: who has fewer words or numbers gets chaff. Of
numbers that several people have, patients have ``shared_numbers.SHARED_TOKENS`` more."""


@dataclass(frozen=True, slots=True)
class Index:
    """Makes the tokens of one estate. ``key``: 32 bytes."""

    key: bytes = field(repr=False)
    _made: TokenKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_made", TokenKey(self.key))

    def _token(self, kind: str, *fields: str | bytes) -> bytes:
        return self._made.token(kind, *fields)

    def nik(self, hospital: UUID, nik: str) -> bytes:
        """A national number, among one hospital's patients."""
        return self._token("nik", hospital.bytes, nik)

    def medical_record(self, hospital: UUID, number: str) -> bytes:
        """A hospital's own number for a patient."""
        return self._token("mrn", hospital.bytes, number.strip())

    def study(self, hospital: UUID, study_uid: str) -> bytes:
        """A study UID. Two hospitals that hold the same UID hold two studies."""
        return self._token("study", hospital.bytes, study_uid)

    def unidentified(self, hospital: UUID, study_uid: str) -> bytes:
        """The patient of a study that names none."""
        return self._token("unidentified", hospital.bytes, study_uid)

    def accession(self, hospital: UUID, number: str) -> bytes:
        """An accession number."""
        return self._token("accession", hospital.bytes, number.strip())

    def study_day(self, hospital: UUID, day: str) -> bytes:
        """The studies of one day, YYYYMMDD."""
        return self._token("day", hospital.bytes, day)

    def received_day(self, hospital: UUID, day: str) -> bytes:
        """The studies that first arrived on one day, YYYYMMDD."""
        return self._token("received", hospital.bytes, day)

    def account(self, name: str) -> bytes:
        """An account by its name."""
        return self._token("account", name.strip().casefold())

    def patient_account(self, patient: UUID) -> bytes:
        """The account of a patient."""
        return self._token("patient-account", patient.bytes)

    def forward(self, destination: str) -> bytes:
        """How far the audit log was forwarded to a receiver."""
        return self._token("forward", destination)

    def hospital(self, code: str) -> bytes:
        """A hospital by its code."""
        return self._token("hospital", code.strip().casefold())

    def ae_title(self, ae_title: str) -> bytes:
        """A DIMSE peer by its AE title."""
        return self._token("ae-title", ae_title.strip())

    def hl7_sender(self, application: str, facility: str) -> bytes:
        """A sender of HL7 messages, by its MSH-3 and MSH-4."""
        return self._token("hl7-sender", application, facility)

    def touch(self, account: UUID, patient: UUID) -> bytes:
        """That an account touched a patient, in its budget."""
        return self._token("touch", account.bytes, patient.bytes)

    def warrant_batch(self, warrant: UUID, batch: UUID) -> UUID:
        """A batch of a warrant, or a warrant of a case, by what its sender called it."""
        return UUID(bytes=self._token("warrant-batch", warrant.bytes, batch.bytes)[:16], version=4)

    def listed(self, patient: UUID, block: int) -> bytes:
        """That searches listed a patient, among the entries of one block of the log."""
        return self._token("listed", patient.bytes, str(block))

    def credential(self, credential_id: bytes) -> bytes:
        """A passkey's credential id."""
        return self._token("credential", credential_id)

    def alert(self, kind: str, once_for: str) -> UUID:
        """The id of an alert that is raised once; it tells nobody else what it is about."""
        return UUID(bytes=self._token("alert", kind, once_for)[:16])

    def invitation(self, secret: str) -> bytes:
        """An invitation by its link's secret."""
        return self._token("invitation", secret)

    def identity(self, issuer: str, claim: str, value: str) -> bytes:
        """Somebody at an OpenID provider, by the claim that names them."""
        return self._token("identity", issuer, claim, value)

    def once(self, kind: str, value: str) -> bytes:
        """Something that is good for one use."""
        return self._token("once", kind, value)

    def reason(self, who: str, patient: UUID) -> bytes:
        """That somebody has to do with a patient."""
        return self._token("reason", who, patient.bytes)

    def units(self, account: UUID) -> UUID:
        """The row of an account's departments."""
        return UUID(bytes=self._token("units", account.bytes)[:16])

    def department(self, hospital: UUID, name: str) -> UUID:
        """The id of a hospital's department."""
        fields = hospital.bytes, department_name(name)
        return UUID(bytes=token(self.key, "department", *fields)[:16])

    def post(self, account: UUID, where: UUID) -> UUID:
        """The id of somebody's work in a department, or in a hospital."""
        fields = account.bytes, where.bytes
        return UUID(bytes=token(self.key, "post", *fields)[:16])

    def pair(self, one: UUID, other: UUID) -> UUID:
        """The row of two patients who may be one person, in either order."""
        first, second = sorted((one.bytes, other.bytes))
        return UUID(bytes=self._token("pair", first, second)[:16])

    def paired(self, patient: UUID) -> bytes:
        """The pairs that a patient is in."""
        return self._token("paired", patient.bytes)

    def requests(self, patient: UUID) -> bytes:
        """What a patient asked about their own data."""
        return token(self.key, "subject-requests", patient.bytes)

    def request(self, patient: UUID, nonce: UUID) -> UUID:
        """A request of a patient, however often it is sent; as random as others."""
        made = token(self.key, "subject-request", patient.bytes, nonce.bytes)
        return UUID(bytes=made[:16], version=4)

    def registered(self, request_id: UUID) -> UUID:
        """The patient who is made for a request, however often it comes; as random as others."""
        return UUID(bytes=self._token("registered", request_id.bytes)[:16], version=4)

    def folder(self, patient: UUID, resource_type: str) -> UUID:
        """Where a patient's resources of one type lie."""
        return UUID(bytes=self._token("folder", patient.bytes, resource_type)[:16])

    def card_consent(self, patient: UUID) -> UUID:
        """The row that says whether a patient agreed to have cards made."""
        return UUID(bytes=token(self.key, "card consent", patient.bytes)[:16], version=4)

    def undecided(self, patient: UUID) -> UUID:
        """What stands in the row of a patient who never decided about consent. Anything else there
        is random, and looks the same."""
        return UUID(bytes=token(self.key, "undecided", patient.bytes)[:16], version=4)

    def consents(self, patient: UUID) -> UUID:
        """The row of what a patient decided."""
        return UUID(bytes=token(self.key, "consents", patient.bytes)[:16], version=4)

    def reported(self, study: UUID) -> bytes:
        """That somebody has answered for a report of a study."""
        return token(self.key, "reported", study.bytes)

    def national(self, patient: UUID) -> UUID:
        """The row of a patient of whom something may be to be told to the national platform."""
        return UUID(bytes=token(self.key, "national", patient.bytes)[:16])

    def national_letter(self, resource_type: str, resource_id: UUID) -> UUID:
        """The row of a record that the national platform was not told."""
        return UUID(bytes=token(self.key, "letter", resource_type, resource_id.bytes)[:16])

    def exported(self, export: UUID, patient: UUID) -> bytes:
        """Where a patient stands among those of an export: in an order that no other export has."""
        return self._token("exported", export.bytes, patient.bytes)

    def export_file(self, digest: bytes) -> bytes:
        """A file that an export gave, by its SHA-256."""
        return self._token("export file", digest)

    def pseudonyms(self, hospital: UUID, recipient: str) -> bytes:
        """The key of the pseudonyms that a recipient of exports knows a hospital's patients by."""
        return self._token("pseudonyms", hospital.bytes, recipient.casefold())

    def picture_mark(self, account: UUID, month: str) -> UUID:
        """The mark of the pictures that an account takes out in a month; as random as others."""
        made = self._token("picture-mark", account.bytes, month)
        return UUID(bytes=made[:16], version=4)

    def mark_carrier(self) -> bytes:
        """The key of what marks stand in, in every picture of this archive."""
        return self._token("mark-carrier")

    def mark_message(self, mark_id: UUID) -> bytes:
        """The key of what one mark says."""
        return self._token("mark-message", mark_id.bytes)

    def subscribed(self, subscription: UUID, resource_type: str, resource_id: str) -> UUID:
        """The row of what a subscriber is to be told of a resource."""
        made = token(self.key, "subscribed", subscription.bytes, resource_type, resource_id)
        return UUID(bytes=made[:16], version=4)

    def subscribed_of(self, subscription: UUID, patient: UUID) -> bytes:
        """What one subscriber is to be told of a patient."""
        return token(self.key, "subscribed-of", subscription.bytes, patient.bytes)

    def health_link(self, secret: str) -> bytes:
        """A link, by its secret."""
        return self._token("health link", secret)

    def health_links(self, patient: UUID) -> bytes:
        """The links that are a patient's."""
        return self._token("health links", patient.bytes)

    def health_link_ticket(self, stated: bytes) -> bytes:
        """That it was us who stated which link was opened, and until when."""
        return self._token("health link ticket", stated)

    def arrival_day(self, hospital: UUID, day: str) -> bytes:
        """A port's day of arrival, ISO."""
        return self._token("arrival-day", hospital.bytes, day)

    def declaration_code(self, code: str) -> bytes:
        """A health declaration by its recovery code."""
        return self._token("declaration-code", code)

    def declaration_receipt(self, hospital: UUID, receipt: str) -> bytes:
        """A health declaration by its receipt, among one port's."""
        return self._token("declaration-receipt", hospital.bytes, receipt)

    def leak_case(self, hospital: UUID, nonce: UUID) -> UUID:
        """The case that is opened by a nonce, however often it is sent; as random as others."""
        made = self._token("leak-case", hospital.bytes, nonce.bytes)
        return UUID(bytes=made[:16], version=4)

    def case_guest(self, account: UUID) -> bytes:
        """The guest of a case whose account it is."""
        return self._token("case-guest", account.bytes)

    def met_decoy(self, case: UUID, decoy: UUID) -> bytes:
        """That somebody invented for an export was met in a case's sample."""
        return self._token("met-decoy", case.bytes, decoy.bytes)[:8]

    def affected(self, case: UUID, edition: int, patient: UUID) -> bytes:
        """That a patient is told that a case affects them."""
        return self._token("affected", case.bytes, edition.to_bytes(4, "big"), patient.bytes)

    def due(self, patient: UUID, order: UUID) -> UUID:
        """The row of an order for images."""
        return UUID(bytes=token(self.key, "due", patient.bytes, order.bytes)[:16], version=4)

    def due_of(self, patient: UUID) -> bytes:
        """A patient's orders for images."""
        return token(self.key, "due-of", patient.bytes)

    def due_number(self, hospital: UUID, accession: str) -> bytes:
        """The order that has an accession number."""
        return token(self.key, "due-number", hospital.bytes, accession.strip())

    def due_day(self, hospital: UUID, day: str, due: UUID) -> bytes:
        """The orders of one day, YYYYMMDD: the one of its tokens that an order has."""
        number = int.from_bytes(token(self.key, "due-slot", due.bytes), "big") % DUE_SLOTS
        return self._due_slot(hospital, day, number)

    def due_days(self, hospital: UUID, days: Iterable[str]) -> list[bytes]:
        """Every token that orders of these days may have."""
        return [
            self._due_slot(hospital, day, number) for day in days for number in range(DUE_SLOTS)
        ]

    def _due_slot(self, hospital: UUID, day: str, number: int) -> bytes:
        return token(self.key, "due-day", hospital.bytes, day, number.to_bytes(1, "big"))

    def personal(self, hospital: UUID, kind: str, number: str) -> bytes:
        """A number that a person has anywhere, of a kind with no token of its own."""
        return self._token("number", hospital.bytes, kind, number)

    def shared(self, hospital: UUID, kind: str, number: str, place: int) -> bytes:
        """One of the places of a number that several people have (``shared_numbers``)."""
        return token(self.key, "shared", hospital.bytes, kind, number, place.to_bytes(1, "big"))

    def access(self, account: UUID, opened: UUID, day: str) -> UUID:
        """That an account opened a study, or a patient's chart, on a day, YYYYMMDD."""
        return UUID(bytes=self._token("access", account.bytes, opened.bytes, day)[:16])

    def access_list(self, hospital: UUID) -> UUID:
        """The row of a hospital's list of accesses."""
        return UUID(bytes=self._token("access-list", hospital.bytes)[:16])

    def patient(self, hospital: UUID, patient_id: UUID, patient: PatientIdentity) -> set[bytes]:
        """What finds a patient by name, ``PATIENT_TOKENS`` of them."""
        tokens = set(self._names(hospital, patient_id, patient))
        return self._filled(tokens, patient_id, PATIENT_TOKENS)

    def studied(
        self, hospital: UUID, study_id: UUID, accession: str, day: str, received: str
    ) -> set[bytes]:
        """What finds a study by number and by day (YYYYMMDD), ``STUDY_TOKENS`` of them."""
        tokens = {self.received_day(hospital, received)}
        if accession.strip():
            tokens.add(self.accession(hospital, accession))
        if day:
            tokens.add(self.study_day(hospital, day))
        return self._filled(tokens, study_id, STUDY_TOKENS)

    def chaff(self, target: UUID, number: int) -> bytes:
        """A token that stands for nothing."""
        return self._token("chaff", target.bytes, number.to_bytes(1, "big"))

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
            meant = [("word", word, birth_date) for word in words]
        elif whole and words:
            meant = [("year", phonetic_name(name), year) for year in birth_years]
        else:
            meant = []
        first = FirstIndex(self.key)
        return [
            *(first.token(hospital, *compound) for compound in meant),
            *(
                self._spread(hospital, *compound, number)
                for compound in meant
                for number in range(HOMOPHONES)
            ),
        ]

    def alike(self, hospital: UUID, who: PatientIdentity) -> list[bytes]:
        """The tokens of whoever may be the same person by name and birth: the whole name and the
        year, or one end of the name and the day."""
        year = who.birth_date[:4]
        return [
            *self.name_query(hospital, who.name, who.birth_date, ()),
            *self.name_query(hospital, who.name, "", (year,) if year else ()),
        ]

    def _names(self, hospital: UUID, patient_id: UUID, patient: PatientIdentity) -> Iterator[bytes]:
        """The compounds that find a person by name: a name alone never is a token."""
        compounds = name_compounds(patient.name, patient.birth_date)
        if compounds:
            _, whole, _ = compounds[0]
            yield self._token("name", hospital.bytes, whole, patient.birth_date, patient.sex)
        for compound in compounds:
            yield self._one_of(hospital, patient_id, *compound)

    def _one_of(self, hospital: UUID, patient_id: UUID, kind: str, text: str, when: str) -> bytes:
        """The one of a compound's homophones that this patient has; the same at every time."""
        drawn = self._token("homophone", patient_id.bytes, kind, text, when)
        number = int.from_bytes(drawn, "big") % HOMOPHONES
        return self._spread(hospital, kind, text, when, number)

    def _spread(self, hospital: UUID, kind: str, text: str, when: str, number: int) -> bytes:
        return self._token(kind, hospital.bytes, text, when, number.to_bytes(1, "big"))

    def _filled(self, tokens: set[bytes], target: UUID, count: int) -> set[bytes]:
        chaff = {self.chaff(target, number) for number in range(count - len(tokens))}
        return tokens | chaff


@dataclass(frozen=True, slots=True)
class FirstIndex:
    """The name tokens of version 1: one a compound, so that a common one's count told the name.

    Queries look for them too, until ``reindexing`` has been through.
    """

    key: bytes = field(repr=False)

    def token(self, hospital: UUID, kind: str, text: str, when: str) -> bytes:
        """A compound's only token."""
        return token(self.key, kind, hospital.bytes, text, when)

    def names(self, hospital: UUID, patient: PatientIdentity) -> set[bytes]:
        """What a patient had."""
        compounds = name_compounds(patient.name, patient.birth_date)
        return {self.token(hospital, *compound) for compound in compounds}


def department_name(name: str) -> str:
    """A department's name as names are compared: whatever its capitals and blanks."""
    return " ".join(name.casefold().split())


def name_compounds(name: str, birth_date: str) -> list[tuple[str, str, str]]:
    """Kind, text and date of what finds a person: the whole name with the year of birth, and its
    first and last word with the day (YYYYMMDD). None where there is no name or no whole date."""
    words = [sound(word) for word in name_tokens(name)]
    if not words or len(birth_date) != 8:
        return []
    ends = [("word", word, birth_date) for word in {words[0], words[-1]}]
    return [("year", in_any_order(words), birth_date[:4]), *ends]


def days_back(today: date, days: int) -> list[str]:
    """``today`` and the days before it, as YYYYMMDD, newest first."""
    return [f"{today - timedelta(days=back):%Y%m%d}" for back in range(days)]
