"""Systems that have themselves told: by a real door, broker, database and HTTPS server."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import httpx
import psycopg
import pytest

from drills.test_national_kills import image
from segel.broker import BrokerClient, notices
from segel.domain.consent import Decision
from segel.domain.endpoints import Address
from segel.domain.purpose import Purpose
from segel.records import decision_on, outgoing
from segel.records.subscriptions import telling
from segel.records.subscriptions.endpoint import Line
from segel.records.subscriptions.telling import Means
from segel.store.database import opened_pool
from support.fhir_door import HOSPITALS, Fhir, observation
from support.subscriber import HOST, Subscriber, subscriber

if TYPE_CHECKING:
    from conftest import Database

T = TypeVar("T")
CODE = HOSPITALS[0]
SYSTEM = "hospital-system"
BACK_S = 30
SECRET = "Bearer rahasia-simrs-0001"


@dataclass
class House:
    """A door, a hospital that allows a host, and a process that tells."""

    fhir: Fhir
    there: Subscriber
    folder: Path
    leads_to: dict[str, list[Address]] = field(default_factory=dict)

    def operator(self, call: Callable[[BrokerClient], Awaitable[T]]) -> T:
        async def run() -> T:
            client = await BrokerClient.connect(self.fhir.broker.settings.operator_socket)
            try:
                return await call(client)
            finally:
                await client.close()

        return self.fhir.broker.run(run())

    def allow(self, *networks: str) -> None:
        self.fhir.token(SYSTEM)  # and with it the hospital
        place = f"{HOST}:{self.there.port}"
        self.operator(lambda one: one.subscriptions.allow(CODE, place, networks))

    def subscription(self, criteria: str, **changes: Any) -> dict[str, Any]:
        channel = {
            "type": "rest-hook",
            "endpoint": f"https://{HOST}:{self.there.port}/segel",
            "header": [f"Authorization: {SECRET}"],
            **changes.pop("channel", {}),
        }
        return {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "Hasil untuk SIMRS",
            "criteria": criteria,
            "channel": {name: value for name, value in channel.items() if value is not None},
            **changes,
        }

    def subscribe(self, criteria: str) -> str:
        made = self.fhir.ask("POST", "/Subscription", SYSTEM, json=self.subscription(criteria))
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def shown(self, subscription: str) -> dict[str, Any]:
        answer = self.fhir.ask("GET", f"/Subscription/{subscription}", SYSTEM)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def until_status(self, subscription: str, status: str) -> dict[str, Any]:
        self.until(lambda: self.shown(subscription)["status"] == status, f"it is not {status}")
        return self.shown(subscription)

    def events(self, subscription: str, since: int = 0) -> list[str]:
        """What a subscription was told of, in order."""
        path = f"/Subscription/{subscription}/$events?eventsSinceNumber={since}"
        answer = self.fhir.ask("GET", path, SYSTEM)
        assert answer.status_code == 200, answer.text
        (status, *_) = answer.json()["entry"]
        return [
            part["valueReference"]["reference"]
            for one in status["resource"]["parameter"]
            if one["name"] == "notification-event"
            for part in one["part"]
            if part["name"] == "focus"
        ]

    def observe(self, patient: str, role: str = "clinician", **changes: Any) -> str:
        sent = observation(patient, **changes)
        made = self.fhir.ask("POST", "/Observation", role, json=sent)
        assert made.status_code == 201, made.text
        return f"Observation/{made.json()['id']}"

    def told(self) -> int:
        return len(self.there.told)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + BACK_S
        while not holds():
            assert time.monotonic() < end_s, what
            time.sleep(0.02)

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """The process that tells, until this ends: then it is gone in the middle of whatever."""
        stop = asyncio.Event()

        async def lookup(host: str, port: int) -> list[Address]:
            if host in self.leads_to:
                return self.leads_to[host]
            raise OSError

        async def tell() -> None:
            async with opened_pool(self.fhir.place[1]) as pool:
                client = BrokerClient(self.fhir.broker.settings.socket.with_name("n.sock"))
                line = Line(self.there.tls, 2.0, lookup)
                telling_now = asyncio.create_task(telling.run(Means(client, pool, line)))
                await stop.wait()
                telling_now.cancel()
                await asyncio.gather(telling_now, return_exceptions=True)
                await client.close()

        running = asyncio.run_coroutine_threadsafe(tell(), self.fhir.broker.loop)
        try:
            yield
        finally:
            self.fhir.broker.loop.call_soon_threadsafe(stop.set)
            running.result(BACK_S)


@pytest.fixture
def quiet_house(fhir: Fhir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Everything runs but the process that tells, and no host is allowed yet."""
    for module, name in (
        (telling, "LOOK_S"), (outgoing, "HICCUP_S"), (outgoing, "PAUSE_FIRST_S"),
        (outgoing, "LOOK_S"), (notices, "PAUSE_S"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 0.05)
    with subscriber(tmp_path / "tls") as there:
        here = House(fhir, there, tmp_path, {HOST: [ip_address("127.0.0.1")]})
        yield here


@pytest.fixture
def house(quiet_house: House) -> Iterator[House]:
    """The same, with the process that tells."""
    with quiet_house.telling():
        yield quiet_house


def test_a_system_is_told_that_something_matches_and_asks_itself_what_it_was(
    house: House, database: "Database"
) -> None:
    there, patient = house.there, house.fhir.patient()
    refused = house.fhir.ask(
        "POST", "/Subscription", SYSTEM, json=house.subscription("Observation?status=final")
    )
    assert refused.status_code == 422  # nobody allowed the host
    assert refused.json()["issue"][0]["expression"] == ["Subscription.channel.endpoint"]
    assert there.told == []
    house.allow("127.0.0.0/8")
    final = house.subscribe("Observation?status=final&code=http://loinc.org|94558-4")
    assert house.shown(final)["status"] in ("requested", "active")
    shown = house.until_status(final, "active")
    # The handshake, and every notice after it, is an empty POST with the system's own secret.
    (first,) = there.told
    assert (first.path, first.body) == ("/segel", b"")
    assert first.headers["Authorization"] == SECRET
    assert first.headers["Host"] == f"{HOST}:{there.port}"
    assert shown["channel"]["header"] == ["Authorization: ***"]
    before = house.told()
    house.observe(patient, status="preliminary")
    house.observe(patient, code={"text": "Hemoglobin"})
    seen = house.observe(patient)
    house.until(lambda: house.events(final) == [seen], "it was not noted")
    house.until(lambda: house.told() > before, "nobody was told")
    assert all(one.body == b"" and one.path == "/segel" for one in there.told)
    # A draft that becomes final is told of then; a change of what was told, again.
    draft = house.observe(patient, status="preliminary")
    changed = {**observation(patient), "id": draft.partition("/")[2]}
    assert house.fhir.ask("PUT", f"/{draft}", json=changed).status_code == 200
    house.until(lambda: house.events(final) == [seen, draft], "the change was not noted")
    assert house.events(final, since=2) == [draft]
    # A laboratory's transaction, by the door that HL7 and tables go through, too.
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": observation(patient),
                   "request": {"method": "POST", "url": "Observation"}}],
    }  # fmt: skip
    assert house.fhir.ask("POST", "", "laboratory", json=bundle).status_code == 200
    house.until(lambda: len(house.events(final)) == 3, "the laboratory's was not noted")
    assert house.fhir.ask("DELETE", f"/Subscription/{final}", SYSTEM).status_code == 204
    assert house.fhir.ask("GET", f"/Subscription/{final}", SYSTEM).status_code == 404
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT count(*) FROM subscription_events").fetchone()
    assert rows == (0,)


def test_a_study_that_arrives_is_told_of_by_its_modality(house: House) -> None:
    house.allow("127.0.0.0/8")
    wanted = house.subscribe("ImagingStudy?modality=MR")
    other = house.subscribe("ImagingStudy?modality=CT")
    for one in (wanted, other):
        house.until_status(one, "active")
    uid, content = image(1)
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--\r\n"
    stored = httpx.post(
        f"{house.fhir.origin}/dicomweb/studies",
        content=body,
        headers=house.fhir.headers("modality")
        | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
    )
    assert stored.status_code == 200, stored.text
    house.until(lambda: house.events(wanted) == [f"ImagingStudy/{uid}"], "it was not noted")
    assert house.events(other) == []


def test_what_happens_while_the_host_or_the_process_is_away_is_told_when_they_are_back(
    quiet_house: House, database: "Database"
) -> None:
    house = quiet_house
    house.allow("127.0.0.0/8")
    patient = house.fhir.patient()
    with house.telling():
        final = house.subscribe("Observation?status=final")
        house.until_status(final, "active")
    told, first = house.told(), house.observe(patient)
    house.there.stop()
    with house.telling():
        house.until(lambda: "error" in house.shown(final), "it was not tried")
    second = house.observe(patient)
    house.there.start()
    house.there.status = 503
    with house.telling():
        house.until(lambda: house.told() > told, "it was not tried again")
        house.until(
            lambda: "error of its own" in house.shown(final).get("error", ""), "no trouble is kept"
        )
    assert house.shown(final)["status"] == "active"
    house.there.status = 200
    with house.telling():
        house.until(lambda: "error" not in house.shown(final), "it was not told when it was back")
        house.until(lambda: house.events(final) == [first, second], "they were not noted")
    # Nothing of it lies open, neither who it is about nor what opens the host's door.
    with psycopg.connect(database.owner) as connection:
        dump = b"".join(
            bytes(row[0], "utf-8")
            for table in ("subscriptions", "subscription_events", "subscription_hosts")
            for row in connection.execute(f"SELECT t::text FROM {table} t").fetchall()
        )
    words = (patient, first.partition("/")[2], SECRET, HOST, SECRET.encode().hex())
    assert not [word for word in words if word.encode() in dump]


def test_a_host_that_is_not_who_it_says_or_leads_into_the_house_is_told_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "HANDSHAKES_MAX", 2)
    house.allow()  # to public addresses only, and the name leads to this machine
    inside = house.subscribe("Observation")
    shown = house.until_status(inside, "error")
    assert shown["error"] == "The endpoint's host name leads to an address that is not allowed."
    house.allow("127.0.0.0/8")
    house.there.status, house.there.moved = 302, "https://127.0.0.1/elsewhere"
    again = {**house.shown(inside), "status": "requested"}
    assert house.fhir.ask("PUT", f"/Subscription/{inside}", SYSTEM, json=again).status_code == 200
    moved = house.until_status(inside, "error")
    assert "redirects are not followed" in moved["error"]
    assert {one.path for one in house.there.told} == {"/segel"}
    # The header was sent back hidden, and is still what it was.
    assert {one.headers["Authorization"] for one in house.there.told} == {SECRET}
    house.there.status, house.there.moved = 200, ""
    assert house.fhir.ask("PUT", f"/Subscription/{inside}", SYSTEM, json=again).status_code == 200
    house.until_status(inside, "active")
    house.leads_to[HOST] = [ip_address("10.0.0.7"), ip_address("169.254.169.254")]
    before = house.told()
    house.observe(house.fhir.patient())
    house.until(lambda: "error" in house.shown(inside), "it was not tried")
    assert house.told() == before
    assert house.shown(inside)["status"] == "active"  # it is tried again
    place = f"{HOST}:{house.there.port}"
    house.operator(lambda one: one.subscriptions.forbid(CODE, place))
    assert "operator" in house.until_status(inside, "error")["error"]


def test_what_a_patient_declined_is_neither_told_nor_shown(house: House) -> None:
    house.allow("127.0.0.0/8")
    final = house.subscribe("Observation")
    house.until_status(final, "active")
    declined, patient = (
        house.fhir.patient(),
        house.fhir.patient(
            identifier=[{"system": "https://fhir.kemkes.go.id/id/nik", "value": "9901015502900004"}]
        ),
    )
    seen = house.observe(declined)
    house.until(lambda: house.events(final) == [seen], "it was not noted")
    decided = decision_on(Purpose.TREATMENT, Decision.DENY, UUID(declined), time.time())
    made = house.fhir.ask("POST", "/Consent", "records-officer", purpose="HOPERAT", json=decided)
    assert made.status_code == 201, made.text
    assert house.events(final) == []  # what was told of before is not shown any more
    told = house.told()
    house.observe(declined, SYSTEM)
    other = house.observe(patient)
    house.until(lambda: house.events(final) == [other], "the other one was not told of")
    house.until(lambda: house.told() > told, "nobody was told")
    (number,) = [
        one["valueString"]
        for one in house.fhir.ask("GET", f"/Subscription/{final}/$events", SYSTEM).json()["entry"][
            0
        ]["resource"]["parameter"]
        if one["name"] == "events-since-subscription-start"
    ]
    assert number == "2"  # the declined one was never counted


def test_subscriptions_are_their_systems_own_and_follow_what_it_may_read(house: House) -> None:
    house.allow("127.0.0.0/8")
    mine = house.subscribe("Observation")
    asked = house.subscription("Observation")
    for role in ("clinician", "radiologist", "laboratory", "records-officer", "modality"):
        assert house.fhir.ask("POST", "/Subscription", role, json=asked).status_code == 403, role
        assert house.fhir.ask("GET", f"/Subscription/{mine}", role).status_code == 403, role
        assert house.fhir.ask("GET", "/Subscription", role).status_code == 403, role
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("GET", "/$events"), ("GET", "/_history"),
    ):  # fmt: skip
        there = house.fhir.ask(method, f"/Subscription/{mine}{path}", SYSTEM, HOSPITALS[1])
        assert there.status_code == 404, path
    found = house.fhir.ask("GET", "/Subscription?status=active,requested&type=rest-hook", SYSTEM)
    assert [one["resource"]["id"] for one in found.json()["entry"]] == [mine]
    off = house.fhir.ask("GET", "/Subscription?status=off", SYSTEM).json()
    assert off["total"] == 0
    stale = {**house.until_status(mine, "active"), "reason": "Lain"}
    tag = {"If-Match": 'W/"1"'}
    path = f"/Subscription/{mine}"
    assert house.fhir.ask("PUT", path, SYSTEM, json=stale, headers=tag).status_code == 412
    kept = house.fhir.ask("PUT", path, SYSTEM, json=stale)
    assert (kept.status_code, kept.json()["status"]) == (200, "active")
    moved = {**kept.json(), "channel": {**kept.json()["channel"], "endpoint":
             f"https://{HOST}:{house.there.port}/lain"}}  # fmt: skip
    refused = house.fhir.ask("PUT", path, SYSTEM, json=moved)
    assert refused.json()["issue"][0]["expression"] == ["Subscription.status"]
    stopped = house.fhir.ask("PUT", path, SYSTEM, json={**moved, "status": "off"})
    assert stopped.json()["status"] == "off"
    in_bundle = {
        "resourceType": "Bundle", "type": "batch",
        "entry": [{"resource": asked, "request": {"method": "POST", "url": "Subscription"}}],
    }  # fmt: skip
    (answer,) = house.fhir.ask("POST", "", SYSTEM, json=in_bundle).json()["entry"]
    assert answer["response"]["status"] == "404"
    once = house.fhir.ask(
        "POST", "/Subscription", SYSTEM, json=asked, headers={"If-None-Exist": "status=off"}
    )
    assert once.status_code == 404


REFUSED: dict[str, list[dict[str, Any]]] = {
    "Subscription.channel.type": [{"channel": {"type": "websocket"}}],
    "Subscription.channel.payload": [{"channel": {"payload": "application/fhir+json"}}],
    "Subscription.channel.endpoint": [
        {"channel": {"endpoint": None}},
        {"channel": {"endpoint": "http://10.0.0.1/"}},
        {"channel": {"endpoint": "https://localhost/"}},
    ],
    "Subscription.channel.header": [
        {"channel": {"header": ["Host: elsewhere"]}},
        {"channel": {"header": ["Authorization: ***"]}},
    ],
    "Subscription.criteria": [
        {"criteria": "Patient?name=sri"},
        {"criteria": "Observation?subject=Patient/1"},
        {"criteria": "Observation?patient.name=sri"},
    ],
    "Subscription.status": [{"status": "active"}],
}


def test_what_cannot_be_told_is_refused_with_its_place(house: House) -> None:
    house.allow("127.0.0.0/8")
    for place, cases in REFUSED.items():
        for changes in cases:
            asked = house.subscription(**{"criteria": "Observation", **changes})
            refused = house.fhir.ask("POST", "/Subscription", SYSTEM, json=asked)
            assert refused.status_code == 422, refused.text
            (issue,) = refused.json()["issue"]
            assert issue["expression"] == [place]
            assert "sri" not in refused.text
    assert house.fhir.ask("GET", "/Subscription", SYSTEM).json()["total"] == 0
