"""Each line of the protocol (C2SP tlog-witness, add-checkpoint), asked of the real door."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    Checkpoint,
    CosignSigner,
    NoteSigner,
    Submission,
    add_signatures,
    require_quorum,
    sign_note,
    take_cosignature,
)
from segel.witness import FolderRefused, Witness, WitnessFolder, origin_hash, web_app
from support.witnessing import ORIGIN, GrownLog

NOW_S = 1_790_000_000


class Clock:
    now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def folder(tmp_path: Path) -> WitnessFolder:
    return WitnessFolder.create(tmp_path / "w", "witness.example/w1")


@pytest.fixture
def log() -> GrownLog:
    return GrownLog().grow(20)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(folder: WitnessFolder, log: GrownLog, clock: Clock) -> Callable[..., httpx.Response]:
    """Sends one request to a witness that watches the log."""
    folder.add_log(log.signer.verifier().vkey())
    app = web_app(Witness(folder, clock))

    def send(body: bytes = b"", method: str = "POST", path: str = "/add-checkpoint") -> Any:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://w") as web:
                return await web.request(method, path, content=body)

        return asyncio.run(exchange())

    return send


def test_a_log_that_grows_is_cosigned_at_every_size(ask, log, folder) -> None:
    old = 0
    for size in (1, 2, 3, 7, 8, 8, 15, 20):
        answer = ask(log.submission(old, size))
        assert answer.status_code == 200, answer.text
        note = log.note(size)
        line, verified = take_cosignature(note, answer.text, folder.verifier)
        assert verified.timestamp_s == NOW_S
        require_quorum(note + str(line), log.signer.verifier(), [folder.verifier], 1)
        old = size


def test_an_empty_log_is_cosigned_with_the_empty_root_only(ask, log) -> None:
    assert ask(log.submission(0, 0)).status_code == 200
    forged = sign_note(Checkpoint(ORIGIN, 0, bytes(32)).text(), log.signer)
    assert ask(Submission(0, (), forged).encode()).status_code == 422


def test_the_wrong_old_size_is_answered_with_the_known_one(ask, log) -> None:
    ask(log.submission(0, 7))
    for old, size in ((0, 7), (3, 9), (8, 12), (0, 3)):
        answer = ask(log.submission(old, size))
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "text/x.tlog.size"
        assert answer.text == "7\n"


def test_a_log_that_is_not_watched_is_not_found(ask, log) -> None:
    stranger = NoteSigner("stranger.example", log.signer.private_key)
    note = sign_note(Checkpoint("stranger.example", 1, bytes(32)).text(), stranger)
    assert ask(Submission(0, (), note).encode()).status_code == 404


def test_another_keys_signature_is_forbidden(ask, log) -> None:
    thief = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
    unsigned = sign_note(log.checkpoint(7).text(), thief)
    assert ask(Submission(0, (), unsigned).encode()).status_code == 403
    altered = log.note(7).replace("\n7\n", "\n8\n")
    assert ask(Submission(0, (), altered).encode()).status_code == 403
    loose = log.note(7)[:-3] + "x=\n"
    assert ask(Submission(0, (), loose).encode()).status_code == 403, "one way to write base64"
    both = add_signatures(log.note(7), thief)
    assert ask(Submission(0, (), both).encode()).status_code == 200, "others' are passed over"


def test_a_fork_a_wrong_root_and_a_wrong_proof_are_refused_and_kept(ask, log, folder) -> None:
    ask(log.submission(0, 9))
    fork = log.fork(5).grow(15, b"other")
    same_size = Submission(9, (), fork.note(9)).encode()
    longer = fork.submission(9, 20)
    proof = log.proof(9, 20)
    altered = Submission(9, (proof[1], proof[0], *proof[2:]), log.note()).encode()
    from_nothing = Submission(0, (bytes(32),), log.note(9)).encode()
    for body in (same_size, longer, altered, Submission(9, proof[1:], log.note()).encode()):
        assert ask(body).status_code == 422
    assert ask(from_nothing).status_code == 409
    kept = list((folder._root / "evidence").iterdir())
    assert len(kept) == 4
    assert fork.note(9) in "".join(each.read_text() for each in kept)
    assert ask(log.submission(9, 20)).status_code == 200, "the honest log goes on"


def test_a_proof_from_the_empty_tree_has_to_be_empty(ask, log) -> None:
    assert ask(Submission(0, (bytes(32),), log.note(9)).encode()).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"\xff\xfe",
        b"old 00\n\nx\n",
        b"old -1\n\nx\n",
        b"old 1 \n\nx\n",
        b"new 0\n\nx\n",
        b"old 0\nAAAA\n\nx\n",
        b"old 0\n\n",
        b"old 0\n\nhospital.example/audit\n1\n",
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx\n",
        b"old 9223372036854775808\n\nx\n",
    ],
)
def test_what_is_no_request_is_bad(ask, body: bytes) -> None:
    assert ask(body).status_code == 400


def test_the_old_size_may_not_exceed_the_checkpoints(ask, log) -> None:
    ask(log.submission(0, 9))
    assert ask(Submission(9, (), log.note(7)).encode()).status_code == 400


def test_too_long_a_body_is_not_read(ask) -> None:
    assert ask(b"old 0\n" + b"x" * 70_000).status_code == 413


def test_only_post_adds_and_only_get_reads(ask) -> None:
    assert ask(method="GET").status_code == 405
    assert ask(path="/metrics").status_code == 405
    assert ask(path="/elsewhere", method="GET").status_code == 404


def test_the_newest_checkpoint_is_shown_to_monitors_as_it_was_cosigned(ask, log, folder) -> None:
    path = f"/{origin_hash(ORIGIN)}/checkpoint"
    assert ask(path=path, method="GET").status_code == 404
    ask(log.submission(0, 9))
    shown = ask(path=path, method="GET")
    assert shown.status_code == 200
    note = require_quorum(shown.text, log.signer.verifier(), [folder.verifier], 1)
    assert Checkpoint.parse(note.text).size == 9


def test_a_clock_set_back_does_not_date_a_cosignature_before_an_earlier_one(
    ask, log, folder, clock
) -> None:
    ask(log.submission(0, 9))
    clock.now_s -= 3600
    answer = ask(log.submission(9, 20))
    assert take_cosignature(log.note(), answer.text, folder.verifier)[1].timestamp_s == NOW_S


def test_metrics_count_outcomes_and_sizes(ask, log) -> None:
    ask(log.submission(0, 9))
    ask(log.submission(0, 9))
    shown = ask(path="/metrics", method="GET").text
    assert 'segel_witness_requests_total{outcome="cosigned"} 1.0' in shown
    assert 'segel_witness_requests_total{outcome="size-conflict"} 1.0' in shown
    assert f'segel_witness_log_size{{log="{ORIGIN}"}} 9.0' in shown


def test_a_witness_that_forgot_or_cannot_read_signs_nothing(ask, log, folder) -> None:
    ask(log.submission(0, 9))
    (record,) = (folder._root / "logs").glob("*.json")
    whole = record.read_bytes()
    record.write_bytes(whole[: len(whole) // 2])
    assert ask(log.submission(9, 20)).status_code == 500
    record.unlink()
    assert ask(log.submission(0, 20)).status_code == 404
    record.write_bytes(whole)
    assert ask(log.submission(9, 20)).status_code == 200


def test_a_log_may_not_come_back_under_another_key(folder, log) -> None:
    folder.add_log(log.signer.verifier().vkey())
    other = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
    with pytest.raises(FolderRefused):
        folder.add_log(other.verifier().vkey())


def test_a_cosigner_key_is_not_a_logs_key(folder) -> None:
    signer = CosignSigner("w.example", Ed25519PrivateKey.from_private_bytes(bytes(32)), 0)
    with pytest.raises(FolderRefused):
        folder.add_log(signer.verifier().vkey())
