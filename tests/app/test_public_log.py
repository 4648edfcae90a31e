"""The audit log for everybody: what is served, how, and that nothing else can be had there."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from segel.app.public_log import PATH, PublicLog
from segel.store.local import LocalDirectory
from segel.tlog import Checkpoint, tiles_to_publish
from support.running import segel


@pytest.fixture
def web(running: Any) -> Any:
    with httpx.Client(base_url=running.http, timeout=60) as client:
        yield client


def test_everybody_reads_and_verifies_the_log_with_its_public_key_alone(
    running: Any, web: httpx.Client, tmp_path: Path
) -> None:
    key = running.home.with_name("home.keys") / "audit.vkey"
    asked = (
        "audit",
        "verify",
        f"--home={tmp_path / 'none'}",
        f"--vkey={key.read_text().strip()}",
        f"--url={running.http}{PATH}/",
        f"--remember={tmp_path / 'seen'}",
    )
    verified = segel(*asked)
    assert verified.returncode == 0, verified.stderr
    size = Checkpoint.parse(web.get(f"{PATH}/checkpoint").text.split("\n\n")[0] + "\n").size
    assert f"The log holds: {size} entries" in verified.stdout
    again = segel(*asked, f"--against={tmp_path / 'seen'}")
    assert again.returncode == 0, again.stderr


def test_each_file_has_its_media_type_and_says_how_long_it_keeps(web: httpx.Client) -> None:
    checkpoint = web.get(f"{PATH}/checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-store"
    size = Checkpoint.parse(checkpoint.text.split("\n\n")[0] + "\n").size
    for tile in tiles_to_publish(0, size):
        for path in [tile.path()] + ([tile.entries_path()] if tile.level == 0 else []):
            served = web.get(f"{PATH}/{path}")
            assert served.status_code == 200, path
            assert served.headers["content-type"] == "application/octet-stream"
            assert "immutable" in served.headers["cache-control"]
            head = web.head(f"{PATH}/{path}")
            assert head.status_code == 200
            assert head.content == b""
            assert head.headers["content-length"] == str(len(served.content))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/999",
        "tile/0/x999/999",
        "tile/00/000",
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/entries/999",
        "checkpoint/x",
        "tile/0/..%2f..%2f..%2fpacks",
        "..%2f..%2fSEGEL",
        "%2e%2e/%2e%2e/SEGEL",
        "tile/0/000%00",
        "tile/0/000%0a",
        ".staged-0",
    ],
)
def test_what_is_not_there_is_not_found(web: httpx.Client, path: str) -> None:
    answer = web.get(f"{PATH}/{path}")
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_it_can_only_be_read(web: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = web.request(method, f"{PATH}/checkpoint")
        assert answer.status_code == 405, method
        assert answer.headers["allow"] == "GET, HEAD"


def test_it_is_public_in_every_role_and_without_one(running: Any, web: httpx.Client) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        running.headers("clinician"),
        running.headers("administrator"),
    ):
        assert web.get(f"{PATH}/checkpoint", headers=headers).status_code == 200


def test_entries_are_commitments_and_tell_nothing(running: Any, web: httpx.Client) -> None:
    """Every entry is 32 bytes that look random: no length and no word sets one apart."""
    size = Checkpoint.parse(web.get(f"{PATH}/checkpoint").text.split("\n\n")[0] + "\n").size
    tile = tiles_to_publish(0, size)[0]
    bundle = web.get(f"{PATH}/{tile.entries_path()}").content
    assert len(bundle) == tile.width * 34
    entries = {bundle[at + 2 : at + 34] for at in range(0, len(bundle), 34)}
    assert len(entries) == tile.width
    assert all(bundle[at : at + 2] == b"\x00\x20" for at in range(0, len(bundle), 34))


def test_a_flood_of_readers_is_told_to_come_back(tmp_path: Path) -> None:
    import asyncio

    async def run() -> None:
        (tmp_path / "audit").mkdir()
        (tmp_path / "audit" / "checkpoint").write_bytes(b"x")
        public = PublicLog(LocalDirectory(tmp_path))
        answers = await asyncio.gather(*(public.answer("GET", "checkpoint") for _ in range(400)))
        statuses = [status for status, _, _ in answers]
        assert statuses.count(503) == 400 - 256
        assert statuses.count(200) == 256
        assert (await public.answer("GET", "checkpoint"))[0] == 200

    asyncio.run(run())


def test_the_home_says_how_the_log_is_witnessed(running: Any) -> None:
    told = segel("audit", "witnesses", f"--home={running.home}", "--json")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert report["witnesses"] == []
    assert report["log_size"] > 0
    assert "no witnesses" in segel("status", f"--home={running.home}").stdout
