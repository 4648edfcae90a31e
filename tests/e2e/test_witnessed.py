"""Segel as a ministry runs it: two witnesses elsewhere, and what its users see without them."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from segel.app.public_log import PATH
from segel.broker.errors import Unwitnessed
from segel.witness import WitnessFolder
from support.releasing import outage
from support.running import Running, place_for_a_home, segel, started
from support.witnessing import RunningWitness, running_witness


@pytest.fixture(scope="module")
def witnessed() -> Iterator[tuple[Running, list[RunningWitness], str]]:
    """A Segel with demo data whose log two witnesses watch from its second start on."""
    with contextlib.ExitStack() as stack:
        pair = [stack.enter_context(running_witness(name)) for name in ("bssn", "ui")]
        folder = stack.enter_context(place_for_a_home())
        home = folder / "home"
        settings = 'log_origin = "segel.example.go.id/audit"\n'
        with started(home, settings=settings):
            vkey = (home.with_name("home.keys") / "audit.vkey").read_text().strip()
        for each in pair:
            WitnessFolder.open(each.folder).add_log(vkey)
        lines = json.dumps([each.setting for each in pair])
        settings += f"witnesses = {lines}\n"
        running = stack.enter_context(started(home, settings=settings))
        yield running, pair, vkey


def open_a_study(running: Running) -> httpx.Response:
    """A search as a radiologist: it releases what it lists."""
    return httpx.get(
        f"{running.http}/dicomweb/studies", headers=running.headers("radiologist"), timeout=30
    )


def test_readers_get_the_quorum_and_users_a_clear_answer_without_it(
    witnessed: Any, tmp_path: Path
) -> None:
    running, pair, vkey = witnessed
    opened = open_a_study(running)
    assert opened.status_code == 200

    told = segel("audit", "witnesses", f"--home={running.home}")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "by 2 of 2" in told.stdout
    assert vkey in told.stdout
    assert "by 2 of 2" in segel("status", f"--home={running.home}").stdout

    from_afar = segel(
        "audit", "verify", f"--home={tmp_path / 'none'}", f"--vkey={vkey}",
        f"--url={running.http}{PATH}/", f"--remember={tmp_path / 'seen'}", "--max-age=1",
        *(f"--witness={each.setting}" for each in pair),
    )  # fmt: skip
    assert from_afar.returncode == 0, from_afar.stderr
    assert from_afar.stdout.count("Cosigned by") == 2

    receipt = json.loads(segel("audit", "receipt", "0", f"--home={running.home}").stdout)
    assert receipt["checkpoint"].count("— ") == 3

    cookies = {"segel_session": running.token("radiologist")}

    def it_is_said_everywhere() -> None:
        answer = open_a_study(running)
        assert answer.status_code == 503
        assert answer.json()["code"] == "log-unwitnessed"
        assert answer.headers["retry-after"]
        page = httpx.get(
            f"{running.http}/",
            headers={"Accept": "text/html", "Accept-Language": "en"},
            cookies=cookies,
            timeout=30,
        )
        assert page.status_code == 503
        assert "Waiting for the log" in page.text
        lost = segel("audit", "witnesses", f"--home={running.home}")
        assert lost.returncode == 1
        assert "away" in lost.stdout

    outage(
        "witness quorum lost", running, opened.json()[0]["0020000D"]["Value"][0], Unwitnessed.code,
        lose=lambda: os.kill(pair[1].process.pid, signal.SIGSTOP),
        find=lambda: os.kill(pair[1].process.pid, signal.SIGCONT),
        meanwhile=it_is_said_everywhere,
    )  # fmt: skip
    assert open_a_study(running).status_code == 200, "it opens again by itself"
    held = segel("audit", "verify", f"--home={running.home}")
    assert held.returncode == 0, held.stderr
    assert held.stdout.count("Cosigned by") == 2
