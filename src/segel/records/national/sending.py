"""One round with one patient: what of an open chart the platform does not have yet is told to it.

A record is written down as being sent, sent, and written down as taken. Where the end is missing,
the platform is asked whether it has it before it is sent again; and it is asked before the first
time, too, since another system of the house may have sent it.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from segel.broker.messages import Letter, NationalGrant
from segel.domain.records import PATIENT
from segel.records.national.chart import Chart, Entry, read_chart
from segel.records.national.elements import Known
from segel.records.national.errors import Fault, Refused, Unfit
from segel.records.national.knowing import add_number, differs, number_by_nik
from segel.records.national.mapping import (
    IN_ERROR,
    is_ready,
    number_of,
    practitioners_in,
    to_platform,
)
from segel.records.national.office import Office
from segel.records.national.sent import Book, Place, State, Told, digest_of
from segel.records.national.systems import (
    LOCAL,
    Number,
    accessions_of,
    numbers_of,
)

Json = dict[str, Any]

LOCAL_ACCESSIONS: Final = f"{LOCAL}acsn/"
"""The documentation's form of an accession number has the patient's number after it."""

PRACTITIONERS_MAX: Final = 2_000
"""Of a hospital; beyond it they are asked for again."""


@dataclass
class Result:
    """What became of a round. ``sent``: records that the platform took."""

    sent: int = 0
    letters: list[Letter] = field(default_factory=list)


class _SetAside(Exception):
    """A record with its letter."""

    def __init__(self, told: Told) -> None:
        self.told = told


class Round:
    """One patient's. ``run`` once."""

    def __init__(self, office: Office, grant: NationalGrant) -> None:
        self._office = office
        self._grant = grant
        self._place = Place(grant.patient_id, grant.book)
        self._book = Book()
        self._version = 0
        self._at: Entry | None = None
        self.result = Result()

    @property
    def broken_off_at(self) -> Letter:
        """What was being told when the platform broke off, for whoever gives it up."""
        kind, shown, version = PATIENT, self._grant.patient_id, ""
        if self._at is not None:
            kind, shown, version = self._at.resource_type, self._shown(self._at), self._at.version
        return Letter(
            kind,
            shown,
            version,
            Fault.REFUSED,
            "",
            "The platform breaks off whenever it is sent this.",
            "Ask the platform's help desk, then `segel national retry`.",
        )

    async def run(self) -> Result:
        """Tell what there is. Raises PlatformAway, BrokerError, DatabaseAway: then again later."""
        self._book, self._version = await self._office.books.read(self._place)
        chart = await read_chart(self._grant, self._office.repo)
        wanted = [one for one in chart.entries if self._is_wanted(one)]
        if not wanted:
            return self.result
        try:
            await self._know_patient(chart)
        except Unfit as unfit:
            version = str(chart.patient.number) if chart.patient else ""
            self._set_aside(PATIENT, self._grant.patient_id, version, unfit)
            return self.result
        for entry in wanted:
            self._at = entry
            await self._tell(entry, chart)
        return self.result

    def _is_wanted(self, entry: Entry) -> bool:
        """Whether the platform is told of a record, or was and hears that it was wrong."""
        if not entry.retracted:
            return is_ready(entry.resource)
        told = self._book.records.get(entry.reference)
        return told is not None and told.state in (State.SENT, State.ASKING)

    # --- the patient --------------------------------------------------------------------------

    async def _know_patient(self, chart: Chart) -> None:
        """Find the patient's number at the platform. Raises Unfit."""
        identity = self._grant.identity
        if self._book.number and self._book.nik == identity.nik:
            return
        number = identity.health_number
        if identity.nik:
            found = await number_by_nik(self._office, self._grant.entry_id, identity.nik)
            if number not in ("", found):
                raise differs("The patient's national number is not the one of their NIK.")
            number = found
        if not number:
            raise Unfit(
                Fault.PATIENT_UNKNOWN,
                "Patient.identifier",
                "The patient has neither a NIK nor a national number.",
                "Add the NIK; the platform knows people by it.",
            )
        if self._book.number not in ("", number):
            raise differs("The NIK leads to somebody else than it did when records were sent.")
        await self._keep(msgspec.structs.replace(self._book, number=number, nik=identity.nik))
        if self._office.add_number is not None and not identity.health_number:
            await add_number(self._office, self._grant, chart, number)

    # --- records ------------------------------------------------------------------------------

    async def _tell(self, entry: Entry, chart: Chart) -> None:
        try:
            await self._bring(entry, chart)
        except Unfit as unfit:
            self._set_aside(entry.resource_type, self._shown(entry), entry.version, unfit)
        except _SetAside as aside:
            told = aside.told
            letter = Letter(
                entry.resource_type, self._shown(entry), entry.version,
                told.fault, told.place, told.what, told.remedy, told.status,
            )  # fmt: skip
            self.result.letters.append(letter)

    async def _bring(self, entry: Entry, chart: Chart) -> None:
        """Have the platform know a record as it is now. Raises Unfit, _SetAside."""
        told = self._book.records.get(entry.reference)
        if told is not None and told.state is State.FOUND:
            return
        made = await self._made(entry, chart)
        digest = digest_of(made)
        if told is not None and told.digest == digest:
            if told.state is State.SENT:
                return
            if told.state is State.REFUSED and not self._grant.again:
                raise _SetAside(told)
        try:
            if told is not None and told.platform_id and told.state is not State.ASKING:
                await self._update(entry, made, digest, told.platform_id)
            else:
                await self._create(entry, made, digest, told)
        except Refused as refused:
            platform_id = told.platform_id if told else ""
            refusal = Told(
                State.REFUSED, digest, self._office.clock(), platform_id,
                refused.fault, refused.field or "", refused.what, refused.remedy, refused.status,
            )  # fmt: skip
            await self._keep(self._book.with_record(entry.reference, refusal))
            raise _SetAside(refusal) from None

    async def _made(self, entry: Entry, chart: Chart) -> Json:
        known = Known(
            self._office.organisation,
            self._book.number,
            self._book.references,
            chart.numbered(self._book.references),
            await self._people(entry.resource),
        )
        return to_platform(entry.resource, entry.resource_id, known)

    async def _update(self, entry: Entry, made: Json, digest: bytes, platform_id: str) -> None:
        await self._office.disclose(self._grant.entry_id, entry.resource_type)
        await self._office.platform.update(made, platform_id)
        await self._took(entry, digest, platform_id)

    async def _create(self, entry: Entry, made: Json, digest: bytes, told: Told | None) -> None:
        """Send a record that the platform does not have, after asking whether it has."""
        ours = told is not None and told.state is State.ASKING
        if told is not None and ours:
            await self._let_arrive(told.at_s)
        number = number_of(entry.resource, entry.resource_id, self._office.organisation)
        platform_id = await self._asked(entry, made, number)
        if platform_id and told is not None and ours:
            if told.digest == digest:
                await self._took(entry, digest, platform_id)
            else:
                await self._update(entry, made, digest, platform_id)
            return
        if platform_id:
            found = Told(State.FOUND, digest, self._office.clock(), platform_id)
            await self._keep(self._book.with_record(entry.reference, found))
            return
        if entry.resource.get("status") == IN_ERROR:
            return  # it never came there
        await self._office.disclose(self._grant.entry_id, entry.resource_type)
        sending = Told(State.ASKING, digest, self._office.clock())
        await self._keep(self._book.with_record(entry.reference, sending))
        try:
            platform_id = await self._office.platform.create(made)
        except Refused as refused:
            platform_id = ""
            if refused.fault is Fault.DUPLICATE:  # a search may lag behind what is there
                platform_id = await self._asked(entry, made, number)
            if not platform_id:
                raise
        await self._took(entry, digest, platform_id)

    async def _let_arrive(self, sent_s: float) -> None:
        """Wait until what was sent then is there, or never will be."""
        left_s = sent_s + self._office.settle_s - self._office.clock()
        await asyncio.sleep(min(max(left_s, 0.0), self._office.settle_s))

    async def _took(self, entry: Entry, digest: bytes, platform_id: str) -> None:
        told = Told(State.SENT, digest, self._office.clock(), platform_id)
        await self._keep(self._book.with_record(entry.reference, told))
        self.result.sent += 1

    async def _asked(self, entry: Entry, made: Json, number: Number) -> str:
        """The platform's id of a record, or "". Its searches differ by type."""
        platform = self._office.platform
        subject = {"subject": self._book.number}
        accessions = set(accessions_of(entry.resource))
        organisation = self._office.organisation
        by_organisation = [Number(organisation.local("acsn"), one) for one in sorted(accessions)]

        def is_meant(one: Json) -> bool:
            return number in numbers_of(one) or not accessions.isdisjoint(accessions_of(one))

        match entry.resource_type:
            case "Encounter":
                asked = [subject]
            case "ServiceRequest":
                asked = [{"identifier": one.asked} for one in (number, *by_organisation)]
            case "ImagingStudy":
                form = LOCAL_ACCESSIONS + self._book.number
                by_patient = [Number(form, one) for one in sorted(accessions)]
                asked = [{"identifier": one.asked} for one in (*by_organisation, *by_patient)]
            case _:
                visit = made["encounter"]["reference"].removeprefix("Encounter/")
                asked = [{**subject, "encounter": visit}]
        for parameters in asked:
            for found in await platform.find(entry.resource_type, parameters, is_meant):
                return str(found["id"])
        return ""

    async def _people(self, resource: Json) -> dict[Number, str]:
        """The platform's numbers of those whom a record names by their NIK."""
        wanted = practitioners_in(resource)
        known = self._office.practitioners
        for one in wanted - known.keys():
            try:
                found = await self._office.platform.find("Practitioner", {"identifier": one.asked})
            except Refused:
                continue  # whoever lacks them says so
            if len(known) >= PRACTITIONERS_MAX:
                known.clear()
            if len({person["id"] for person in found}) == 1:
                known[one] = str(found[0]["id"])
        return {one: known[one] for one in wanted if one in known}

    # --- keeping ------------------------------------------------------------------------------

    async def _keep(self, book: Book) -> None:
        self._version += 1
        await self._office.books.write(self._place, book, self._version)
        self._book = book

    def _shown(self, entry: Entry) -> UUID:
        """The id by which a record is spoken of: of a study one that is not its UID."""
        if entry.resource_type == "ImagingStudy":
            return self._place.named(entry.resource_type, entry.resource_id)
        return UUID(entry.resource_id)

    def _set_aside(self, kind: str, shown: UUID, version: str, unfit: Unfit) -> None:
        self.result.letters.append(
            Letter(kind, shown, version, unfit.fault, unfit.field or "", unfit.what, unfit.remedy)
        )
