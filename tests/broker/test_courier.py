"""Alerts are carried outward until they are taken, and say nothing but their kind."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from segel.broker import messages as m
from segel.broker.courier import Courier, NotTaken, Webhook
from segel.domain.break_glass import Emergency
from segel.domain.roles import Role

LINK = "https://segel.example/alerts"


class Pager(HTTPServer):
    """An HTTP server that takes alerts, once it has refused ``refusals`` times."""

    refusals = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Taking(BaseHTTPRequestHandler):
    server: Pager

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.server.refusals > 0
        self.server.refusals -= 1
        if not refused:
            self.server.taken.append(json.loads(body))
        self.send_response(503 if refused else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def pager() -> Iterator[Pager]:
    server = Pager()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def courier_of(estate: Any, pager: Pager) -> Courier:
    alerts = estate.broker._offers[m.ListAlerts].handle.__self__._alerts
    return Courier(alerts._pool, alerts, Webhook(pager.address, LINK))


async def _break_glass(estate: Any, name: str) -> None:
    token = await estate.token(Role.CLINICIAN, name=name)
    reason = "Pasien trauma di IGD malam ini"
    await estate.ask(m.BeginBreakGlass(m.Requester(token), Emergency.LIFE_AT_RISK, reason))


def test_an_alert_is_tried_until_it_is_taken_even_by_another_broker_and_then_no_more(
    estate_of, pager: Pager
) -> None:
    async def run() -> None:
        pager.refusals = 2
        async with estate_of() as estate:
            await _break_glass(estate, "Bayu Anggara")
            with pytest.raises(NotTaken):
                await courier_of(estate, pager).carry_one()
        async with estate_of() as estate, estate_of() as second:
            with pytest.raises(NotTaken):
                await courier_of(second, pager).carry_one()
            both = [courier_of(one, pager) for one in (estate, second)]
            done = await asyncio.gather(*(one.carry_one() for one in both * 2))
            assert sum(done) == 1
            (taken,) = pager.taken
            assert taken["kind"] == "break-glass-begun"
            assert taken["link"] == LINK
            assert set(taken) == {"id", "kind", "link"}, "nothing personal, nothing else"

    asyncio.run(run())


def test_what_a_person_has_seen_is_not_carried_any_more(estate_of, pager: Pager) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await _break_glass(estate, "Bayu Anggara")
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            found = await estate.ask(m.ListAlerts(m.Requester(officer)))
            assert isinstance(found, m.AlertList)
            await estate.ask(m.AcknowledgeAlert(m.Requester(officer), found.alerts[0].alert_id))
            assert not await courier_of(estate, pager).carry_one()
            assert pager.taken == []

    asyncio.run(run())


def test_nobody_there_is_no_end_of_the_courier(estate_of, pager: Pager) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await _break_glass(estate, "Bayu Anggara")
            alerts = estate.broker._offers[m.ListAlerts].handle.__self__._alerts
            nowhere = Courier(alerts._pool, alerts, Webhook("http://127.0.0.1:1/x", LINK))
            with pytest.raises(NotTaken):
                await nowhere.carry_one()
            assert await courier_of(estate, pager).carry_one()

    asyncio.run(run())
