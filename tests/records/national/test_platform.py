"""The client of the national platform, against a server that holds it to the documentation."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from records.national.test_mapping import DOCTOR, ID, KNOWN, encounter
from segel.records.national import platform as module
from segel.records.national.elements import Known
from segel.records.national.errors import CredentialsRefused, Fault, PlatformAway, Refused
from segel.records.national.mapping import to_platform
from segel.records.national.outcomes import refusal_of
from segel.records.national.platform import Addresses, Credentials, Platform
from segel.records.national.systems import Number
from segel.records.outgoing import PAUSE_FIRST_S, PAUSE_MAX_S, RETRY_AFTER_S_MAX, backoff_s
from support.certificates import Issuer
from support.national_platform import NationalPlatform, national_platform

PATIENT = "P09900000001"
WOMAN = "9901015502900003"
TLS = ssl.create_default_context()


@pytest.fixture
def there() -> Iterator[NationalPlatform]:
    with national_platform() as platform:
        platform.people[WOMAN] = [PATIENT]
        platform.practitioners[DOCTOR.value] = "N10000001"
        platform.locations.add(KNOWN.organisation.location)
        yield platform


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def connected(
    there: NationalPlatform, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[Platform]:
    addresses = Addresses(
        there.fhir, there.token, changes.get("timeout_s", 5.0), changes.get("per_s", 1_000.0)
    )
    credentials = Credentials(*changes.get("client", there.client))
    pause = changes.get("pause", asyncio.sleep)
    platform = Platform(addresses, credentials, TLS, clock or Clock(), pause)
    try:
        yield platform
    finally:
        await platform.close()


def asked(there: NationalPlatform, call: Callable[[Platform], Awaitable[Any]], **how: Any) -> Any:
    async def run() -> Any:
        async with connected(there, **how) as platform:
            return await call(platform)

    return asyncio.run(run())


def visit() -> dict[str, Any]:
    known = Known(KNOWN.organisation, PATIENT, practitioners=KNOWN.practitioners)
    return to_platform(encounter(), ID, known)


def test_a_patient_is_found_by_nik(there: NationalPlatform) -> None:
    number = Number("https://fhir.kemkes.go.id/id/nik", WOMAN)
    found = asked(there, lambda one: one.find("Patient", {"identifier": number.asked}))
    assert [one["id"] for one in found] == [PATIENT]


def test_a_record_is_created_found_again_and_changed(there: NationalPlatform) -> None:
    async def run(platform: Platform) -> None:
        known = await platform.create(visit())
        found = await platform.find("Encounter", {"subject": PATIENT}, lambda one: True)
        assert [one["id"] for one in found] == [known]
        assert await platform.find("Encounter", {"subject": PATIENT}, lambda one: False) == []
        await platform.update({**visit(), "status": "cancelled"}, known)

    asked(there, run)
    assert [one["status"] for one in there.all("Encounter")] == ["cancelled"]
    assert there.refused == []


def test_a_token_serves_until_shortly_before_it_ends(there: NationalPlatform) -> None:
    clock = Clock()

    async def run(platform: Platform) -> None:
        for _ in range(3):
            await platform.require_open(there.organisation)
        assert there.tokens_given == 1
        clock.now_s += 3_600 - module.TOKEN_MARGIN_S - 1
        await platform.require_open(there.organisation)
        assert there.tokens_given == 1
        clock.now_s += 2
        await platform.require_open(there.organisation)

    asked(there, run, clock=clock)
    assert there.tokens_given == 2


def test_a_token_that_ends_early_is_asked_for_once_more(there: NationalPlatform) -> None:
    async def run(platform: Platform) -> None:
        await platform.require_open(there.organisation)
        there.end_tokens()
        await platform.create(visit())

    asked(there, run)
    assert there.tokens_given == 2
    assert len(there.all("Encounter")) == 1


def test_tokens_that_never_hold_are_not_asked_for_without_end(there: NationalPlatform) -> None:
    there.behaviour.token_s = 0
    with pytest.raises(CredentialsRefused):
        asked(there, lambda one: one.require_open(there.organisation))
    assert there.tokens_given == 2


def test_wrong_credentials_are_told_without_them(there: NationalPlatform) -> None:
    client = (there.client[0], "wrong-secret-9431")
    with pytest.raises(CredentialsRefused) as refused:
        asked(there, lambda one: one.require_open(there.organisation), client=client)
    assert "9431" not in f"{refused.value!r} {refused.value}"


def test_a_full_platform_says_when_to_come_back(there: NationalPlatform) -> None:
    there.behaviour.per_second, there.behaviour.retry_after_s = 1, 17
    with pytest.raises(PlatformAway) as away:
        asked(there, lambda one: one.require_open(there.organisation))
    assert (away.value.trouble, away.value.retry_after_s) == ("rate-limited", 17)


def test_an_outage_is_no_refusal(there: NationalPlatform) -> None:
    there.behaviour.down = True
    with pytest.raises(PlatformAway) as away:
        asked(there, lambda one: one.require_open(there.organisation))
    assert away.value.trouble == "server-error"


def test_a_platform_that_takes_a_record_and_hangs_up_leaves_it_open_whether_it_did(
    there: NationalPlatform,
) -> None:
    there.behaviour.mute_after = {"Encounter"}
    with pytest.raises(PlatformAway) as away:
        asked(there, lambda one: one.create(visit()))
    assert away.value.trouble == "connect"
    assert len(there.all("Encounter")) == 1


def test_a_slow_answer_is_not_waited_for_without_end(there: NationalPlatform) -> None:
    there.behaviour.slow_s = 1.0
    with pytest.raises(PlatformAway) as away:
        asked(there, lambda one: one.create(visit()), timeout_s=0.2)
    assert away.value.trouble == "timeout"


def test_an_answer_without_end_is_cut_off(
    there: NationalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 100_000)
    there.behaviour.answer_bytes = 200_000
    monkeypatch.setattr(module, "TOKEN_ANSWER_BYTES_MAX", 300_000)
    with pytest.raises(PlatformAway) as away:
        asked(there, lambda one: one.require_open(there.organisation))
    assert away.value.trouble == "answer-too-large"


def test_pages_are_followed_to_their_end_and_nowhere_else(
    there: NationalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.behaviour.pages_of = 2

    async def run(platform: Platform) -> list[dict[str, Any]]:
        for number in range(5):
            resource = visit()
            resource["identifier"][0]["value"] = f"RJ-{number}"
            await platform.create(resource)
        return await platform.find("Encounter", {"subject": PATIENT})

    assert len(asked(there, run)) == 5
    with national_platform() as other:
        # A page's link that leads to another host is not followed.
        monkeypatch.setattr(NationalPlatform, "fhir", property(lambda _: other.origin))
        base = f"{there.origin}/fhir-r4/v1"
        addresses = Addresses(base, there.token, 5.0, 1_000.0)

        async def astray() -> None:
            platform = Platform(addresses, Credentials(*there.client), TLS)
            try:
                await platform.find("Encounter", {"subject": PATIENT})
            finally:
                await platform.close()

        with pytest.raises(PlatformAway) as away:
            asyncio.run(astray())
        assert away.value.trouble == "elsewhere"
        assert other.asked == []


def test_requests_keep_their_pace(there: NationalPlatform) -> None:
    clock, waited = Clock(), []

    async def pause(seconds: float) -> None:
        waited.append(round(seconds, 3))
        clock.now_s += seconds

    async def run(platform: Platform) -> None:
        for _ in range(3):
            await platform.require_open(there.organisation)

    asked(there, run, clock=clock, per_s=2.0, pause=pause)
    assert waited == [0.5, 0.5, 0.5]


def test_a_refusal_is_told_by_its_code_and_place_and_never_in_its_words(
    there: NationalPlatform,
) -> None:
    async def twice(platform: Platform) -> None:
        await platform.create(visit())
        await platform.create(visit())

    with pytest.raises(Refused) as refused:
        asked(there, twice)
    assert refused.value.fault is Fault.DUPLICATE
    assert refused.value.status == 400
    assert refused.value.field == "Encounter.identifier"
    assert ID not in str(refused.value)


@pytest.mark.parametrize("outcome", [
    {},
    {"resourceType": "OperationOutcome", "issue": None},
    {"resourceType": "OperationOutcome", "issue": ["wulandari"]},
    {"resourceType": "OperationOutcome", "issue": [{"code": "wulandari"}]},
    {"resourceType": "OperationOutcome", "issue": [{"code": ["wulandari"]}]},
    {"resourceType": "OperationOutcome",
     "issue": [{"code": "value", "expression": ["Wulandari", "Patient.name.Wulandari", 7]}]},
    {"resourceType": "OperationOutcome",
     "issue": [{"code": "value", "details": {"text": "wulandari"}, "diagnostics": "wulandari"}]},
])  # fmt: skip
def test_nothing_of_an_outcome_gets_through_but_codes_and_places(outcome: dict[str, Any]) -> None:
    told = refusal_of(422, outcome)
    assert "wulandari" not in f"{told} {told.field} {told.what}".lower()
    assert told.fault is Fault.REFUSED


def test_pauses_grow_are_spread_and_heed_the_platform() -> None:
    chance = random.Random(7)
    first = [backoff_s(1, 0.0, chance) for _ in range(50)]
    late = [backoff_s(40, 0.0, chance) for _ in range(50)]
    assert max(first) <= PAUSE_FIRST_S
    assert len(set(first)) > 40
    assert PAUSE_MAX_S / 2 <= min(late) <= max(late) <= PAUSE_MAX_S
    assert backoff_s(1, 120.0, chance) == 120.0
    assert backoff_s(1, 10.0**9, chance) == RETRY_AFTER_S_MAX


def test_nobody_is_believed_to_be_the_platform_without_a_certificate_of_its_authority(
    tmp_path: Path,
) -> None:
    authority, other = Issuer(tmp_path, "authority"), Issuer(tmp_path, "other")
    holder = authority.issue("localhost")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(holder.certificate, holder.key)
    with national_platform(tls=serving) as there:
        addresses = Addresses(there.fhir, there.token, 5.0, 1_000.0)

        async def ask(believed: Issuer) -> None:
            tls = ssl.create_default_context(cafile=str(believed.certificate))
            tls.check_hostname = believed is other  # the certificates of these tests name nobody
            platform = Platform(addresses, Credentials(*there.client), tls)
            try:
                await platform.require_open(there.organisation)
            finally:
                await platform.close()

        asyncio.run(ask(authority))
        assert there.tokens_given == 1
        with pytest.raises(PlatformAway) as away:
            asyncio.run(ask(other))
        assert away.value.trouble == "connect"
        assert there.tokens_given == 1  # nothing was said to somebody unknown
