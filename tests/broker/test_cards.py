"""Cards at the broker: of what is on record alone, agreed to, limited, logged, revoked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from segel.app.card_making import CardMaker, public_key_of, thumbprint_of
from segel.broker import messages as m
from segel.broker.card_making import SignerUse
from segel.broker.card_signers import KEPT, LISTS_LIFE, RENEWED_DAYS
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    BrokerError,
    CardConsentMissing,
    CardNotMade,
    CardsMany,
    CardsOff,
    CardUnknown,
    Forbidden,
    PatientUnknown,
    SignerRefused,
)
from segel.cards import (
    CertificateContent,
    HealthCertificate,
    Issuer,
    ListRefused,
    ListType,
    Reason,
    Trust,
    content_of,
    decode,
    judge,
    marks_of,
    signer_of,
)
from segel.cards.issuing import draw
from segel.cards.lists import Lists, read_lists
from segel.cards.trust_files import trust_of, with_revocations
from segel.domain.cases import Claim, Tlp
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction
from segel.domain.roles import Role
from segel.keys import MemoryKms
from segel.records.model import CREATED, Folder
from support.issuing import AUTHORITY

SRI = PatientIdentity(
    patient_id="MRN00001", nik="9901015502900003", name="WULANDARI^SRI", birth_date="19900215",
    sex="F",
)  # fmt: skip
HOUR_S = 3_600.0


def observation(at_s: float, **changes: Any) -> dict[str, Any]:
    sampled = datetime.fromtimestamp(at_s, UTC).isoformat()
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
        "subject": {"reference": "Patient/x"},
        "effectiveDateTime": sampled,
        "valueCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "260385009"}]
        },
        **changes,
    }


@dataclass
class Clinic:
    """A broker that makes cards, one patient in it, and who works there."""

    estate: Any
    database: Any
    patient: UUID
    own: str
    officer: str

    async def ask(self, message: m.Request) -> Any:
        return await self.estate.ask(message, Caller.DOOR)

    @staticmethod
    def at(token: str, purpose: Purpose = Purpose.PATIENT_REQUEST) -> m.Requester:
        return m.Requester(token, purpose, "console")

    async def put(self, resource: dict[str, Any]) -> UUID:
        """An Observation in the patient's chart, as a door writes it."""
        system = await self.estate.token(Role.HOSPITAL_SYSTEM)
        asked = m.OpenChart(
            m.Requester(system, Purpose.OPERATIONS, "fhir"),
            self.patient,
            ("Observation",),
            Interaction.CREATE,
        )
        folder = Folder(self.patient, (await self.ask(asked)).folders[0])
        resource_id = uuid4()
        sealed = folder.seal(resource_id, 1, self.estate.clock(), CREATED, resource)
        with psycopg.connect(self.database.owner, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO resources (folder_id, resource_id, version, sealed)"
                " VALUES (%s, %s, 1, %s)",
                (folder.folder_id, resource_id, sealed),
            )
        return resource_id

    async def test(self, hours_ago: float = 5, **changes: Any) -> UUID:
        return await self.put(observation(self.estate.clock() - hours_ago * HOUR_S, **changes))

    async def agree(self, token: str = "", *, agreed: bool = True) -> None:
        who = self.at(token, Purpose.OPERATIONS) if token else self.at(self.own)
        await self.ask(m.AgreeToCards(who, self.patient, agreed))

    async def sheet(self, token: str = "") -> m.CardSheet:
        reply = await self.ask(m.ShowCards(self.at(token or self.own), self.patient))
        assert isinstance(reply, m.CardSheet)
        return reply

    async def issue(self, test: UUID, token: str = "", replaces: UUID | None = None) -> m.CardLine:
        asked = m.IssueCard(self.at(token or self.own), self.patient, test, replaces)
        reply = await self.ask(asked)
        assert isinstance(reply, m.IssuedCard)
        return reply.card

    async def card_text(self) -> str:
        """The certificate of a new card of a new test, made by whoever treats now."""
        doctor = await self.estate.token(Role.CLINICIAN)
        return (await self.issue(await self.test(), doctor)).certificate

    async def key_id(self) -> bytes:
        """By whose key cards are signed now."""
        card = decode(await self.card_text())
        assert isinstance(card, HealthCertificate)
        return card.key_id

    async def trust(self) -> Trust:
        signers, keys = [], {}
        for one in (await self.estate.ask(m.ListSigners())).signers:
            if one.use == SignerUse.CERTIFICATE and one.certificate:
                signers.append(signer_of(one.certificate))
            if one.use == SignerUse.HEALTH_CARD:
                key = public_key_of(one.point)
                keys[thumbprint_of(one.point)] = key
        return Trust(tuple(signers), (Issuer(AUTHORITY.address, AUTHORITY.name, keys),))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.estate.clock(), UTC)

    def rows(self, table: str) -> list[Any]:
        with psycopg.connect(self.database.owner) as connection:
            return connection.execute(f"SELECT * FROM {table}").fetchall()

    async def kinds(self) -> list[tuple[str, str]]:
        """What the patient is told of, oldest first: kinds, and by which role."""
        requester = self.at(self.own)
        reply = await self.ask(m.OpenRecord(requester, 0, 50))
        events = [msgspec.json.decode(line.event) for line in reply.document.lines]
        return [(kind_of(one), outcome(one)) for one in reversed(events)]


def kind_of(event: dict[str, Any]) -> str:
    codings = [one for one in event["subtype"] if one["system"] == "urn:segel:event"]
    return str(codings[0]["code"])


def outcome(event: dict[str, Any]) -> str:
    return str(event["outcome"])


@pytest.fixture
def clinic(estate_of: Any, database: Any) -> Any:
    @contextlib.asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Clinic]:
        async with estate_of(MemoryKms(), cards=CardMaker(AUTHORITY), **changes) as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            who = m.Requester(officer, Purpose.OPERATIONS, "fhir")
            grant = await estate.ask(m.RegisterPatient(who, SRI, UUID(int=1)), Caller.DOOR)
            enrolled = await estate.ask(m.EnrolPatient("H1", "MRN00001", demo=True))
            issued = await estate.ask(m.IssueToken(enrolled.identifier, 10**9))
            yield Clinic(estate, database, grant.patient_id, issued.token, officer)

    return opened


def test_a_patients_own_test_becomes_two_cards_that_verify(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            test = await one.test()
            await one.agree()
            (source,) = (await one.sheet()).sources
            assert (source.resource_id, source.method) == (test, "naat")
            card = await one.issue(test)
            trust = await one.trust()
            for text in (card.certificate, card.health_card):
                judged = judge(decode(text), trust, one.now)
                assert (judged.reason, judged.remarks) == (Reason.VALID, ())
                assert draw(text).version <= 20
                for secret in (SRI.nik, SRI.patient_id, str(one.patient)):
                    assert secret not in str(judged.content)
            content = judge(decode(card.certificate), trust, one.now).content
            assert isinstance(content, CertificateContent)
            assert (content.holder.family, content.holder.given) == ("WULANDARI", "SRI")
            assert content.holder.birth == "1990-02-15"
            assert card.ends_s == source.sampled_s + 72 * HOUR_S
            assert (await one.sheet()).cards == [card]

    asyncio.run(run())


def test_no_card_without_the_patients_agreement(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            test = await one.test()
            doctor = await one.estate.token(Role.CLINICIAN)
            for token in (one.own, doctor):
                with pytest.raises(CardConsentMissing):
                    await one.issue(test, token)
            with pytest.raises(Forbidden):
                await one.agree(doctor)
            await one.agree(one.officer)
            assert (await one.sheet()).agreed
            await one.issue(test, doctor)
            await one.agree(agreed=False)
            with pytest.raises(CardConsentMissing):
                await one.issue(test, doctor)

    asyncio.run(run())


NO_CARDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": "preliminary"}),
    ("status", {"status": "entered-in-error"}),
    ("value", {"valueCodeableConcept": {"text": "positif"}}),
    ("value", {"valueCodeableConcept": {}}),
    ("value", {"interpretation": [{"coding": [{"code": "POS"}]}]}),  # contradicts the value
    ("code", {"code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]}}),
    ("effectiveDateTime", {"effectiveDateTime": "2026-09-21"}),
)


def test_only_a_final_negative_test_can_be_made_into_a_card(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            for field, changes in NO_CARDS:
                test = await one.test(**changes)
                assert (await one.sheet()).sources == []
                with pytest.raises(CardNotMade) as caught:
                    await one.issue(test)
                assert caught.value.field == f"Observation.{field}"

    asyncio.run(run())


def test_neither_an_old_test_nor_anothers_can_be_made_into_a_card(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            old, fresh = await one.test(hours_ago=72), await one.test(hours_ago=71)
            assert [source.resource_id for source in (await one.sheet()).sources] == [fresh]
            with pytest.raises(CardNotMade):
                await one.issue(old)
            await one.issue(fresh)
            with pytest.raises(CardUnknown):
                await one.issue(uuid4())
            who = m.Requester(one.officer, Purpose.OPERATIONS, "fhir")
            budi = msgspec.structs.replace(SRI, nik="9901014502900004", patient_id="MRN00002")
            grant = await one.estate.ask(m.RegisterPatient(who, budi, UUID(int=2)))
            asked = m.AgreeToCards(one.at(one.officer, Purpose.OPERATIONS), grant.patient_id, True)
            await one.ask(asked)
            doctor = await one.estate.token(Role.CLINICIAN)
            with pytest.raises(CardUnknown):  # a test of somebody else, under this name
                await one.ask(m.IssueCard(one.at(doctor), grant.patient_id, fresh))
            with pytest.raises(Forbidden):  # a patient is not shown another's
                await one.ask(m.ShowCards(one.at(one.own), grant.patient_id))

    asyncio.run(run())


def test_a_revoked_card_leaves_marks_that_carry_nothing_personal(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            card = await one.issue(test)
            assert one.rows("card_marks") == []
            for _ in range(2):
                await one.ask(m.RevokeCard(one.at(one.own), one.patient, card.card_id))
            (shown,) = (await one.sheet()).cards
            assert shown.revoked_s == one.estate.clock()
            rows = one.rows("card_marks")
            expected = set()
            for text in (card.certificate, card.health_card):
                opened = decode(text)
                expected |= set(marks_of(opened, content_of(opened)[0]))
            assert {bytes(row[0]) for row in rows} == expected
            assert {row[0][0] for row in rows} == {1, 2, 3, 4}
            assert {row[1].day for row in rows} == {1}  # the month, and not the day of the test
            await one.estate.ask(m.PublishLists())
            assert len(one.rows("card_marks")) == len(rows)
            one.estate.clock.now_s += 40 * 24 * HOUR_S
            await one.estate.ask(m.PublishLists())
            assert one.rows("card_marks") == []

    asyncio.run(run())


def test_a_new_card_revokes_the_one_that_it_replaces(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            first = await one.issue(test)
            second = await one.issue(test, replaces=first.card_id)
            shown = {card.card_id: card for card in (await one.sheet()).cards}
            assert shown[first.card_id].revoked_s
            assert not shown[second.card_id].revoked_s
            with pytest.raises(CardUnknown):
                await one.issue(test, replaces=uuid4())

    asyncio.run(run())


def test_a_patient_has_a_few_cards_at_once_and_a_day(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            cards = [await one.issue(test) for _ in range(4)]
            with pytest.raises(CardsMany):
                await one.issue(test)
            for card in cards:
                cards.append(await one.issue(test, replaces=card.card_id))
                if len(cards) == 8:
                    break
            with pytest.raises(CardsMany):
                await one.issue(test, replaces=cards[-1].card_id)
            one.estate.clock.now_s += 25 * HOUR_S
            await one.issue(test, replaces=cards[-1].card_id)

    asyncio.run(run())


def test_each_issue_and_revocation_stands_in_the_patients_record(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            doctor = await one.estate.token(Role.CLINICIAN)
            card = await one.issue(test, doctor)
            await one.ask(m.RevokeCard(one.at(one.officer), one.patient, card.card_id))
            told = [kind for kind, result in await one.kinds() if result == "0"]
            assert told[-2:] == ["card-issue", "card-revoke"]
            assert "consent" in told
            report = await one.ask(m.OwnBudget(m.Requester(doctor)))
            assert report.windows[0].used == 1

    asyncio.run(run())


def test_who_may_not_is_refused(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            card = await one.issue(test)
            revoking = (Role.RECORDS_OFFICER, Role.DATA_PROTECTION_OFFICER)
            issuing = (Role.RECORDS_OFFICER, Role.CLINICIAN, Role.HOSPITAL_SYSTEM)
            for role in set(Role) - {Role.PATIENT}:
                token = await one.estate.token(role)
                other = await one.estate.token(role, "H2")
                for who, may_issue, may_revoke in (
                    (token, role in issuing, role in revoking),
                    (other, False, False),
                ):
                    made = await refusal(one.issue(test, who, replaces=card.card_id))
                    assert (made == "") is may_issue, role
                    if may_issue:
                        card = (await one.sheet()).cards[0]
                    asked = m.RevokeCard(one.at(who), one.patient, card.card_id)
                    assert (await refusal(one.ask(asked)) == "") is may_revoke, role
                one.estate.clock.now_s += 20 * HOUR_S if may_issue else 0
            treating = one.at(await one.estate.token(Role.CLINICIAN), Purpose.TREATMENT)
            with pytest.raises(Forbidden):
                await one.ask(m.IssueCard(treating, one.patient, test))

    asyncio.run(run())


async def refusal(asked: Any) -> str:
    try:
        await asked
    except (Forbidden, PatientUnknown) as refused:
        return refused.code
    except BrokerError:
        return ""
    return ""


def test_what_is_kept_goes_a_while_after_the_card_ended(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            card = await one.issue(await one.test())
            await one.ask(m.RevokeCard(one.at(one.own), one.patient, card.card_id))
            one.estate.clock.now_s += 34 * 24 * HOUR_S
            newer = await one.issue(await one.test())
            assert [card.card_id for card in (await one.sheet()).cards] == [newer.card_id]

    asyncio.run(run())


def test_a_signer_rotates_and_the_older_cards_stay_valid(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            before = await one.issue(test)
            for use in SignerUse:
                await one.estate.ask(m.RotateSigner(use, at_once=True))
            after = await one.issue(test)
            trust = await one.trust()
            for text in (
                before.certificate, before.health_card, after.certificate, after.health_card,
            ):  # fmt: skip
                assert judge(decode(text), trust, one.now).reason is Reason.VALID
            assert decode(before.certificate).key_id != decode(after.certificate).key_id
            states = [line.state for line in (await one.estate.ask(m.ListSigners())).signers]
            assert sorted(states) == ["retired"] * 3 + ["signs"] * 3

    asyncio.run(run())


def test_retired_signers_go_when_their_last_card_has_ended(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            await one.issue(await one.test())
            (old,) = [
                line
                for line in (await one.estate.ask(m.ListSigners())).signers
                if line.use == SignerUse.CERTIFICATE
            ]
            await one.estate.ask(m.RotateSigner(SignerUse.CERTIFICATE, at_once=True))
            one.estate.clock.now_s += KEPT.total_seconds() + 1
            await one.estate.ask(m.RotateSigner(SignerUse.CERTIFICATE, at_once=True))
            lines = (await one.estate.ask(m.ListSigners())).signers
            assert old.signer_id not in {line.signer_id for line in lines}

    asyncio.run(run())


def test_a_signer_is_published_before_it_signs(clinic: Any, tmp_path: Path) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            await one.estate.ask(m.PublishLists())
            first = await one.key_id()
            one.estate.clock.now_s += RENEWED_DAYS * 86_400 + 1
            await one.estate.ask(m.PublishLists())  # due: another is made, and published
            (point,) = [
                line.point
                for line in (await one.estate.ask(m.ListSigners())).signers
                if line.use == SignerUse.LISTS
            ]
            old_lists = published(tmp_path, point, one.now)
            assert len(old_lists.trust.signers) == 2
            assert await one.key_id() == first
            one.estate.clock.now_s += LISTS_LIFE.total_seconds()
            text = await one.card_text()
            assert decode(text).key_id != first
            assert judge(decode(text), old_lists.trust, one.now).reason is Reason.VALID
            assert len((await one.estate.ask(m.ListSigners())).signers) == 5

    asyncio.run(run())


def test_a_contained_leak_has_no_older_card_hold(clinic: Any, tmp_path: Path) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            before = await one.card_text()
            await one.estate.ask(m.PublishLists())
            token = await one.estate.token(Role.INCIDENT_OFFICER, "TEAM")
            officer = m.Requester(token, Purpose.OPERATIONS, "console")
            await one.estate.ask(m.SetAnswering("TEAM", True))
            known_s = one.estate.clock() - 60
            opened = await one.estate.ask(
                m.OpenCase(officer, uuid4(), Claim("kartu palsu"), Tlp.RED, known_s)
            )
            cards = (m.Measure(m.MeasureKind.CARDS),)
            (foreseen,) = (await one.ask(m.Foresee(officer, opened.identifier, cards))).effects
            assert foreseen.figures == {"cards_month": 1}
            await one.ask(m.Contain(officer, opened.identifier, cards, "false cards were sold"))
            after = await one.card_text()
            await one.estate.ask(m.PublishLists())
            lines = (await one.estate.ask(m.ListSigners())).signers
            (point,) = [line.point for line in lines if line.use == SignerUse.LISTS]
            trust = published(tmp_path, point, one.now).trust
            assert judge(decode(before), trust, one.now).reason is Reason.KEY_UNKNOWN
            assert judge(decode(after), trust, one.now).reason is Reason.VALID
            assert [line.state for line in lines].count("disowned") == 2

    asyncio.run(run())


def test_a_certificate_of_somebody_elses_is_waited_for_and_checked(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            before = await one.issue(test)
            made = await one.estate.ask(m.RotateSigner(SignerUse.CERTIFICATE, later=True))
            assert decode((await one.issue(test)).certificate).key_id == (
                decode(before.certificate).key_id
            )
            asked = (await one.estate.ask(m.AskCertificate(made.identifier))).request
            request = x509.load_der_x509_csr(asked)
            assert request.is_signature_valid
            authority = ec.generate_private_key(ec.SECP256R1())

            def certificate(key: Any, days: int) -> bytes:
                return (
                    x509.CertificateBuilder()
                    .subject_name(request.subject)
                    .issuer_name(x509.Name([]))
                    .public_key(key)
                    .serial_number(7)
                    .not_valid_before(one.now - timedelta(days=1))
                    .not_valid_after(one.now + timedelta(days=days))
                    .sign(authority, hashes.SHA256())
                    .public_bytes(Encoding.DER)
                )

            own = request.public_key()
            for wrong in (certificate(authority.public_key(), 90), certificate(own, 5), b"no"):
                with pytest.raises(SignerRefused):
                    await one.estate.ask(m.InstallCertificate(made.identifier, wrong))
            right = certificate(own, 90)
            await one.estate.ask(m.InstallCertificate(made.identifier, right))
            with pytest.raises(SignerRefused):
                await one.estate.ask(m.InstallCertificate(made.identifier, right))
            assert await one.key_id() == decode(before.certificate).key_id
            one.estate.clock.now_s += LISTS_LIFE.total_seconds()
            card = await one.issue(await one.test())
            assert judge(decode(card.certificate), Trust((signer_of(right),)), one.now).signed

    asyncio.run(run())


def test_lists_are_published_and_say_what_is_revoked(clinic: Any, tmp_path: Path) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            test = await one.test()
            kept, gone = await one.issue(test), await one.issue(test)
            await one.ask(m.RevokeCard(one.at(one.own), one.patient, gone.card_id))
            signers = (await one.estate.ask(m.ListSigners())).signers
            (point,) = [line.point for line in signers if line.use == SignerUse.LISTS]
            for _ in range(2):
                await one.estate.ask(m.PublishLists())
            first = published(tmp_path, point, one.now)
            for card, expected in ((kept, Reason.VALID), (gone, Reason.REVOKED)):
                for text in (card.certificate, card.health_card):
                    opened = decode(text)
                    judged = judge(opened, first.trust, one.now, first.revoked)
                    assert judged.reason is expected
            await one.ask(m.RevokeCard(one.at(one.own), one.patient, kept.card_id))
            await one.estate.ask(m.PublishLists())
            second = published(tmp_path, point, one.now)
            assert (
                judge(decode(kept.certificate), second.trust, one.now, second.revoked).reason
                is Reason.REVOKED
            )
            serials = [one.editions[ListType.REVOKED].serial for one in (first, second)]
            assert serials[0] < serials[1] <= serials[0] + 2
            # As other verifiers of SMART Health Cards have it: keys, and their revocation lists.
            folder = tmp_path / "objects" / "cards"
            keys = (folder / "jwks.json").read_bytes()
            crls = [path.read_bytes() for path in (folder / "crl").iterdir()]
            trust = with_revocations(trust_of(keys, AUTHORITY.address), crls)
            judged = judge(decode(kept.health_card), trust, one.now)
            assert judged.reason is Reason.REVOKED

    asyncio.run(run())


def published(folder: Path, point: bytes, at: datetime) -> Lists:
    files = {kind: (folder / "objects" / "cards" / kind.file).read_bytes() for kind in ListType}
    return read_lists(files, {thumbprint_of(point)}, at)


def test_the_lists_signer_waits_until_verifiers_know_it(clinic: Any, tmp_path: Path) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.estate.ask(m.PublishLists())
            made = await one.estate.ask(m.RotateSigner(SignerUse.LISTS, later=True))
            lines = (await one.estate.ask(m.ListSigners())).signers
            new = next(line for line in lines if line.signer_id == made.identifier)
            old = next(line for line in lines if line.use == new.use and line is not new)
            assert (new.state, old.state) == ("waits", "signs")
            one.estate.clock.now_s += RENEWED_DAYS * 86_400 + 1  # it never rotates by itself
            await one.estate.ask(m.PublishLists())
            published(tmp_path, old.point, one.now)
            with pytest.raises(ListRefused):
                published(tmp_path, new.point, one.now)
            await one.estate.ask(m.StartSigner(made.identifier))
            await one.estate.ask(m.PublishLists())
            published(tmp_path, new.point, one.now)
            for wrong in (made.identifier, uuid4()):
                with pytest.raises(SignerRefused):
                    await one.estate.ask(m.StartSigner(wrong))

    asyncio.run(run())


def test_an_archive_that_makes_no_cards_says_so(estate_of: Any) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await estate.token(Role.CLINICIAN)
            who = m.Requester(token, Purpose.PATIENT_REQUEST, "console")
            for asked in (
                m.ShowCards(who, uuid4()),
                m.ListSigners(),
                m.RevokeMarks((bytes(17),), 0),
            ):
                with pytest.raises(CardsOff):
                    await estate.ask(asked)

    asyncio.run(run())


def test_nothing_of_a_card_stands_in_the_clear(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.agree()
            card = await one.issue(await one.test())
            kept = repr(
                [
                    one.rows(table)
                    for table in ("resources", "folders", "card_signers", "card_lists")
                ]
            )
            for text in (card.certificate[:40], "WULANDARI", SRI.nik, str(one.patient)):
                assert text not in kept
            assert "WULANDARI" not in repr(card)

    asyncio.run(run())
