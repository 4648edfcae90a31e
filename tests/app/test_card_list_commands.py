"""``segel card lists`` and verifying with them: what is refused, and what is never gone back to."""

import base64
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from segel.app import card_commands
from segel.app.card_commands import OptionWrong
from segel.app.card_list_key import ListKeyRefused
from segel.app.card_list_making import MarksBroken, RevocationsBroken
from segel.app.card_lists import ListsAway, ListsFolderBroken
from segel.app.card_verifying import RulesUnknown
from segel.app.settings import Settings, encode
from segel.cards import ListRefused, Reason, TrustBroken
from segel.cards.dcc_revocations import BatchBroken
from segel.cards.rule_lists import RulesBroken
from support.cards import ADDRESS, TEST, HealthCardMaker, Maker, payload, with_entry

NOW = datetime.now(UTC)
"""Lists are made at the moment they are made, so that cards here are of now, too."""
MAKER = Maker(not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=1))
CARDS = HealthCardMaker()
ENTRY = TEST["t"][0]  # type: ignore[index]
DETECTED = "260373001"
IDENTIFIER = "URN:UVCI:01:ID:97A1#0"


def card(**changes: object) -> str:
    """A test certificate of an hour ago."""
    taken = (NOW - timedelta(hours=1)).isoformat(timespec="seconds")
    times = {6: int(NOW.timestamp()) - 60, 4: int(NOW.timestamp()) + 3600}
    return MAKER.text(with_entry("t", {**ENTRY, "sc": taken, **changes}), changes=times)


def run(*arguments: object, said: str = "") -> Result:
    return CliRunner().invoke(card_commands.app, [str(one) for one in arguments], input=said)


class Publisher:
    """Whoever makes lists: a key and a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.key, self.folder = folder / "list.key", folder / "lists"
        self.pin = run("lists", "new-key", self.key).stdout.strip()
        (folder / "signer.pem").write_bytes(MAKER.pem)
        (folder / "jwks.json").write_text(json.dumps({"keys": [{**CARDS.jwk, "crlVersion": 1}]}))
        self.sources = [
            "--certificate", folder / "signer.pem", "--trust", f"{ADDRESS}={folder}/jwks.json",
            "--home", folder / "home",
        ]  # fmt: skip

    def make(self, *more: object) -> Result:
        return run("lists", "make", self.folder, "--key", self.key, *self.sources, *more)

    def judged(self, text: str, *more: object) -> dict[str, object]:
        done = run("verify", "--lists", self.folder, "--pin", self.pin, "--json", *more, said=text)
        (line,) = done.stdout.splitlines()
        told: dict[str, object] = json.loads(line)
        fits = "rules" not in told or told["rules"]["outcome"] == "fit"  # type: ignore[index]
        assert done.exit_code == (0 if told["valid"] and fits else 1)
        return told


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


def file(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_cards_are_judged_by_lists_and_rules(publisher: Publisher) -> None:
    done = publisher.make("--rules", "border-id", "--rules", "venue")
    assert f"by the key {publisher.pin}" in done.stdout
    assert "Signers: 1. Issuers: 1. Revocations: 0. Rules: border-id, venue." in done.stdout
    assert publisher.judged(card())["valid"]
    told: Any = publisher.judged(card(), "--rules", "border-id")
    assert (told["rules"]["outcome"], told["rules"]["set"]) == ("fit", "border-id")
    told = publisher.judged(card(tr=DETECTED), "--rules", "venue", "--language", "id")
    assert (told["valid"], told["rules"]["outcome"]) == (True, "not-fit")
    assert told["rules"]["failed"] == [
        {"id": "TR-ID-0001", "version": "1.0.0", "what": "Hasil tes harus negatif."}
    ]
    assert "rules" not in publisher.judged(Maker().text(), "--rules", "venue")


def test_a_line_says_what_rules_say(publisher: Publisher) -> None:
    publisher.make("--rules", "venue")
    verify = ("verify", "--lists", publisher.folder, "--pin", publisher.pin, "--rules", "venue")
    done = run(*verify, said=card(tr=DETECTED))
    assert done.exit_code == 1
    assert (
        "1: valid: The card is genuine. not-fit: The card is genuine, and the rules are not met."
        " (TR-ID-0001: The test's result must be negative.) Tell the holder which rule it is. test,"
    ) in done.stdout


def test_serials_go_up_and_never_back(publisher: Publisher) -> None:
    publisher.make()
    first = (publisher.folder / "revoked.jws").read_bytes()
    assert "serial 2" in publisher.make().stdout
    assert publisher.judged(card())["valid"]
    (publisher.folder / "revoked.jws").write_bytes(first)
    told = publisher.judged(card())
    assert (told["reason"], told["step"], told["place"]) == ("lists-older", "lists", "serial")
    assert "serial 3" in publisher.make().stdout
    (publisher.folder / "seen.json").write_text("{}x")
    done = run("verify", "--lists", publisher.folder, "--pin", publisher.pin, said=card())
    assert isinstance(done.exception, ListsFolderBroken)


def test_lists_that_cannot_be_used_judge_nothing(publisher: Publisher, tmp_path: Path) -> None:
    publisher.make("--hours", "2")
    later = (NOW + timedelta(hours=1, minutes=30)).isoformat()
    assert publisher.judged(card(), "--at", later)["remarks"] == ["lists-ageing"]
    late = (NOW + timedelta(hours=3)).isoformat()
    done = run("verify", "--lists", publisher.folder, "--pin", publisher.pin, "--at", late,
               said=f"{card()}\nHC1:\n")  # fmt: skip
    assert done.exit_code == 1
    assert [line[:18] for line in done.stdout.splitlines()] == ["1: lists-expired: ",
                                                               "2: lists-expired: "]  # fmt: skip
    assert "trust.jws: expires: The lists have expired" in done.stderr
    other = Publisher(tmp_path / "other")
    done = run("verify", "--lists", publisher.folder, "--pin", other.pin, said=card())
    assert done.stdout.startswith("1: lists-key-unknown: ")
    (publisher.folder / "trust.jws").unlink()
    assert publisher.judged(card())["reason"] == "lists-missing"


def test_what_is_revoked_anywhere_is_revoked_here(publisher: Publisher, tmp_path: Path) -> None:
    hashed = hashlib.sha256(IDENTIFIER.encode()).digest()[:16]
    batch = {
        "country": "ID", "expires": (NOW + timedelta(days=1)).isoformat(), "hashType": "UCI",
        "kid": "UNKNOWN_KID", "entries": [{"hash": base64.b64encode(hashed).decode()}],
    }  # fmt: skip
    current = file(tmp_path / "batch.json", json.dumps(batch))
    ended = file(tmp_path / "ended.json", json.dumps({**batch, "expires": NOW.isoformat()}))
    marks = file(tmp_path / "marks.txt", f"\n02{hashed.hex()}\r\n")
    crl = {"kid": CARDS.key_id, "method": "rid", "ctr": 1, "rids": ["abc"]}
    revocations = file(tmp_path / "crl.json", json.dumps(crl))
    jws = CARDS.jws(payload(vc={"rid": "abc"}))
    assert "left out, because they have expired: 1." in publisher.make("--batch", ended).stdout
    assert publisher.judged(card())["valid"]
    assert publisher.judged(jws)["reason"] == "revocations-missing"
    publisher.make("--revocations", revocations)
    assert publisher.judged(jws)["reason"] == "revoked"
    assert publisher.judged(CARDS.jws(payload(vc={"rid": "abd"})))["valid"]
    for option in (("--batch", current), ("--marks", marks)):
        publisher.make(*option)
        assert publisher.judged(card())["reason"] == "revoked"


@pytest.fixture
def published(publisher: Publisher) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = partial(Quiet, directory=str(publisher.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_lists_are_fetched_whole_or_not_at_all(
    publisher: Publisher, published: str, tmp_path: Path
) -> None:
    folder = tmp_path / "taken"
    fetch = ("lists", "fetch", published, folder, "--pin", publisher.pin)
    assert "no list is published" in str(run(*fetch).exception).lower()
    publisher.make("--rules", "venue")
    assert "Rules: venue." in run(*fetch).stdout
    kept = {one: one.read_bytes() for one in folder.iterdir()}
    publisher.make("--serial", "9")
    (publisher.folder / "revoked.jws").write_bytes(b"a.b.c")
    refused = run(*fetch).exception
    assert isinstance(refused, ListRefused)
    assert refused.reason is Reason.LISTS_STRUCTURE
    assert {one: one.read_bytes() for one in folder.iterdir()} == kept
    assert isinstance(run("lists", "fetch", "http://a.example", folder, "--pin", "x").exception,
                      ListsAway)  # fmt: skip


def test_a_list_key_is_for_its_owner_and_not_for_production(publisher: Publisher) -> None:
    assert publisher.key.stat().st_mode & 0o777 == 0o600
    assert isinstance(run("lists", "new-key", publisher.key).exception, ListKeyRefused)
    home = publisher.folder.parent / "home"
    (home / "run").mkdir(parents=True)
    (home / "run" / "settings.json").write_bytes(encode(Settings(production=True)))
    refused = publisher.make()
    assert isinstance(refused.exception, ListKeyRefused)
    assert "In production" in str(refused.exception)
    (home / "run" / "settings.json").unlink()
    publisher.key.chmod(0o640)
    assert "chmod 600" in str(publisher.make().exception)
    file(publisher.key, MAKER.pem).chmod(0o600)
    assert "not a private key" in str(publisher.make().exception)


@pytest.mark.parametrize(
    ("option", "content", "error"),
    [
        ("--certificate", "x", TrustBroken),
        ("--batch", "{}", BatchBroken),
        ("--marks", "05" + "00" * 16, MarksBroken),
        ("--marks", "zz", MarksBroken),
        ("--revocations", "[", RevocationsBroken),
        ("--revocations", "{}", TrustBroken),
        ("--rules", "{}", RulesBroken),
    ],
    ids=[str(number) for number in range(7)],
)
def test_what_cannot_be_listed_is_said_with_a_remedy(
    publisher: Publisher, tmp_path: Path, option: str, content: str, error: type[Exception]
) -> None:
    done = publisher.make(option, file(tmp_path / "given", content))
    assert isinstance(done.exception, error)
    assert getattr(done.exception, "remedy", "")
    assert not publisher.folder.exists()


def test_options_that_belong_together_are_demanded_together(publisher: Publisher) -> None:
    publisher.make("--rules", "venue")
    for arguments in (
        ("--lists", publisher.folder), ("--pin", publisher.pin), ("--rules", "venue"),
    ):  # fmt: skip
        assert isinstance(run("verify", *arguments, said=card()).exception, OptionWrong)
    done = run("verify", "--lists", publisher.folder, "--pin", publisher.pin, "--rules", "moon",
               said=card())  # fmt: skip
    assert isinstance(done.exception, RulesUnknown)
    assert "There are: venue." in str(done.exception)
