"""A whole Segel on each KMS for production: stored, found, viewed; sealed, and back."""

import os
import time
from typing import Any

import httpx
import pytest

from segel.app.openbao_command import TOKEN_VARIABLES
from segel.broker.errors import KeysLocked
from segel.keys import OpenBaoKms
from support import kms
from support.openbao import running_openbao
from support.releasing import outage
from support.running import Running, place_for_a_home, segel, started


def first_study(running: Running) -> tuple[str, Any]:
    found = httpx.get(
        f"{running.http}/dicomweb/studies", headers=running.headers("radiologist"), timeout=60
    )
    assert found.status_code == 200, found.text
    return found.json()[0]["0020000D"]["Value"][0], found.json()


@pytest.mark.parametrize("kind", ["openbao", "pkcs11"])
def test_what_was_stored_is_found_and_viewed(kind: str) -> None:
    with place_for_a_home() as folder, started(folder / "home", kms=kind) as running:
        uid, found = first_study(running)
        assert len(found) > 1
        study = f"{running.http}/dicomweb/studies/{uid}"
        headers = running.headers("radiologist") | {"Accept": "image/png"}
        picture = httpx.get(f"{study}/rendered", headers=headers, timeout=60)
        assert picture.status_code == 200, picture.text
        status = segel("status", f"--home={running.home}")
        assert status.returncode == 0, status.stdout
        assert f"{kind}: open" in status.stdout
        assert not any((running.home.with_name("home.keys") / "kms").iterdir())


def test_a_sealed_openbao_is_said_everywhere_and_needs_no_restart() -> None:
    server = kms.openbao()
    with place_for_a_home() as folder, started(folder / "home", kms="openbao") as running:
        uid, _ = first_study(running)

        def it_is_said_everywhere() -> None:
            for path in ("studies", f"studies/{uid}/metadata"):
                answer = httpx.get(
                    f"{running.http}/dicomweb/{path}",
                    headers=running.headers("clinician"),
                    timeout=60,
                )
                assert answer.status_code == 503, path
                assert answer.json()["code"] == "keys-locked"
                assert "sealed" in answer.json()["title"]
            for _ in range(100):
                status = segel("status", f"--home={running.home}")
                if "sealed" in status.stdout:
                    break
                time.sleep(0.1)
            assert status.returncode == 1
            assert "Unseal it" in status.stdout

        outage(
            "KMS sealed", running, uid, KeysLocked.code,
            lose=server.seal, find=server.unseal, meanwhile=it_is_said_everywhere,
        )  # fmt: skip
        for _ in range(100):
            if segel("status", f"--home={running.home}").returncode == 0:
                break
            time.sleep(0.1)
        assert first_study(running)[0] == uid


def test_an_administrator_prepares_a_server_by_one_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_openbao() as server:
        credential = server.folder / "segel.json"
        said = [
            "keys", "init-openbao", f"--address={server.address}", f"--credential={credential}",
        ]  # fmt: skip
        for name in TOKEN_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        refused = segel(*said)
        assert refused.returncode == 1
        assert "BAO_TOKEN" in refused.stderr
        monkeypatch.setenv("BAO_TOKEN", "nobody")
        refused = segel(*said)
        assert refused.returncode == 1
        assert "nobody" not in refused.stderr
        assert not credential.exists()
        monkeypatch.setenv("BAO_TOKEN", server.root)
        for _ in range(2):
            done = segel(*said)
            assert done.returncode == 0, done.stderr
            assert server.root not in done.stdout
        assert credential.stat().st_mode & 0o777 == 0o600
        assert credential.stat().st_uid == os.geteuid()
        made = OpenBaoKms.open(server.address, credential)
        made.create_kek("a")
        assert made.unwrap("a", made.wrap("a", bytes(32), b""), b"") == bytes(32)
        assert 'path "segel/decrypt/+"' in segel(*said, "--show-policy").stdout
