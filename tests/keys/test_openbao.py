"""What is OpenBao's own: sealing, quota, logins, restarts, and that no KEK can leave it."""

import base64
import contextlib
import itertools
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from segel.keys import (
    KekDestroyed,
    KmsAnswerBroken,
    KmsBusy,
    KmsDenied,
    KmsError,
    KmsMissing,
    KmsSealed,
    KmsUnavailable,
    OpenBaoKms,
    PermissionsTooWide,
    PlainKey,
    WrapBroken,
    WrappedKey,
)
from segel.keys.openbao_http import BaoHttp
from support.openbao import OpenBao, free_port, running_openbao
from support.tls import certificate_for

HOSPITAL = "hospital-1f0c"
KEY = bytes(range(32))


@pytest.fixture
def mount() -> str:
    return f"m{uuid4().hex[:16]}"


@pytest.fixture
def kms(openbao: OpenBao, mount: str) -> OpenBaoKms:
    made = openbao.kms(mount)
    made.create_kek(HOSPITAL)
    return made


@pytest.fixture(scope="module")
def own_server() -> Iterator[OpenBao]:
    """One that may be sealed and stopped: the run's own has others on it."""
    with running_openbao() as server:
        yield server


def test_sealed_and_unsealed_while_in_use(own_server: OpenBao, mount: str) -> None:
    kms = own_server.kms(mount)
    kms.create_kek(HOSPITAL)
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    own_server.seal()
    for attempt in (
        lambda: kms.unwrap(HOSPITAL, wrapped, b""),
        lambda: kms.wrap(HOSPITAL, KEY, b""),
        lambda: kms.rotate(HOSPITAL),
        lambda: kms.create_kek("hospital-2"),
        lambda: kms.destroy_kek(HOSPITAL),
        lambda: kms.versions(HOSPITAL),
    ):
        with pytest.raises(KmsSealed):
            attempt()
    assert kms.status().sealed
    own_server.unseal()
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY


def test_a_restarted_server_is_found_again_by_the_same_client(
    own_server: OpenBao, mount: str
) -> None:
    kms = own_server.kms(mount)
    kms.create_kek(HOSPITAL)
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    own_server.stop()
    try:
        for attempt in (lambda: kms.unwrap(HOSPITAL, wrapped, b""), kms.status):
            with pytest.raises(KmsUnavailable) as caught:
                attempt()
            assert not isinstance(caught.value, KmsSealed)
    finally:
        own_server.start()
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY


def test_the_quota_on_unwrapping_is_a_clear_refusal(openbao: OpenBao, mount: str) -> None:
    kms = openbao.kms(mount, unwraps_per_s=5)
    kms.create_kek(HOSPITAL)
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    assert "quota" in str(KmsBusy())
    refused = 0
    for _ in range(40):
        try:
            kms.unwrap(HOSPITAL, wrapped, b"")
        except KmsBusy:
            refused += 1
    assert refused >= 10
    kms.wrap(HOSPITAL, KEY, b"")  # storing goes on


def test_a_token_that_expired_is_got_anew(openbao: OpenBao, mount: str) -> None:
    kms = openbao.kms(mount, token_ttl_s=60)
    kms.create_kek(HOSPITAL)
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    for accessor in openbao.ask("LIST", "auth/token/accessors")["data"]["keys"]:
        about = openbao.http.post("auth/token/lookup-accessor", json={"accessor": accessor})
        if about.status_code == 200 and "approle" in about.json()["data"]["path"]:
            openbao.ask("POST", "auth/token/revoke-accessor", {"accessor": accessor})
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY


def test_a_token_half_way_through_its_life_is_renewed(openbao: OpenBao, mount: str) -> None:
    said = itertools.count()
    role = openbao.prepared(mount, token_ttl_s=60).read_text()

    def credential() -> str:
        next(said)
        return role

    http = BaoHttp(openbao.address, credential)
    kms = OpenBaoKms(http, mount)
    kms.create_kek(HOSPITAL)
    assert next(said) == 1
    assert http._ticket is not None
    object.__setattr__(http._ticket, "renew_s", 0.0)
    before = http._ticket.token
    kms.versions(HOSPITAL)
    assert next(said) == 3
    assert http._ticket.token != before


def test_a_token_file_works_and_a_changed_one_counts_at_once(
    openbao: OpenBao, mount: str, tmp_path: Path
) -> None:
    openbao.prepared(mount)

    def new_token() -> str:
        asked = {"policies": [f"segel-broker-{mount}"], "ttl": "1h"}
        return str(openbao.ask("POST", "auth/token/create", asked)["auth"]["client_token"])

    file = tmp_path / "token"
    file.touch(mode=0o600)
    first = new_token()
    file.write_text(first + "\n")
    kms = OpenBaoKms.open(openbao.address, file, mount=mount)
    kms.create_kek(HOSPITAL)
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    openbao.ask("POST", "auth/token/revoke", {"token": first})
    with pytest.raises(KmsDenied):
        kms.unwrap(HOSPITAL, wrapped, b"")
    file.write_text(new_token())
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY


def test_a_wrong_or_open_credential_is_refused(
    openbao: OpenBao, mount: str, tmp_path: Path
) -> None:
    openbao.prepared(mount)
    file = tmp_path / "credential"
    with pytest.raises(KmsMissing, match="No such file"):
        OpenBaoKms.open(openbao.address, file, mount=mount)
    file.touch(mode=0o600)
    with pytest.raises(KmsMissing, match="holds no credential"):
        OpenBaoKms.open(openbao.address, file, mount=mount)
    for said in ("s.nobody", '{"role_id": "nobody", "secret_id": "nothing"}'):
        file.write_text(said)
        with pytest.raises(KmsDenied) as caught:
            OpenBaoKms.open(openbao.address, file, mount=mount).wrap(HOSPITAL, KEY, b"")
        assert said not in repr(caught.value)
    file.chmod(0o640)
    with pytest.raises(PermissionsTooWide, match="chmod 600"):
        OpenBaoKms.open(openbao.address, file, mount=mount)


def test_no_kek_can_be_taken_out_with_the_brokers_credential(
    openbao: OpenBao, mount: str, kms: OpenBaoKms
) -> None:
    """Not by export, backup or a weaker shape; nor can a tombstone be removed."""
    kms.create_kek("hospital-2")
    kms.destroy_kek("hospital-2")
    kms.create_signer("card-1")
    login = openbao.http.post(
        "auth/approle/login", content=(openbao.folder / f"{mount}.credential").read_bytes()
    )
    broker = openbao.http
    broker.headers["X-Vault-Token"] = login.json()["auth"]["client_token"]
    for method, path, body in (
        ("GET", f"export/encryption-key/kek_{HOSPITAL}_", None),
        ("GET", f"backup/kek_{HOSPITAL}_", None),
        ("GET", f"byok-export/kek_{HOSPITAL}_/kek_{HOSPITAL}_", None),
        ("POST", f"keys/kek_{HOSPITAL}_/config", {"exportable": True}),
        ("POST", f"keys/kek_{HOSPITAL}_/config", {"allow_plaintext_backup": True}),
        ("POST", "keys/kek_other_", {"type": "aes256-gcm96", "exportable": True}),
        ("POST", f"datakey/plaintext/kek_{HOSPITAL}_", {}),
        ("DELETE", "keys/gone_hospital-2_", None),
        ("POST", "keys/gone_hospital-2_/config", {"deletion_allowed": True}),
        ("GET", "export/signing-key/sign_card-1_", None),
        ("GET", "backup/sign_card-1_", None),
        ("POST", "keys/sign_card-1_/config", {"exportable": True}),
        ("POST", "keys/sign_card-2_", {"type": "ecdsa-p256", "exportable": True}),
        ("POST", "keys/kek_signer_", {"type": "ecdsa-p256"}),
        ("POST", "encrypt/kek_made-in-passing_", {"plaintext": "", "context": "AA=="}),
    ):
        answer = broker.request(method, f"{mount}/{path}", json=body)
        assert answer.status_code == 403, (method, path, answer.text)
    assert broker.get("sys/mounts").status_code == 403
    # The administrator cannot either: the key itself is not exportable.
    for path in (f"export/encryption-key/kek_{HOSPITAL}_", f"backup/kek_{HOSPITAL}_"):
        assert openbao.http.get(f"{mount}/{path}").status_code >= 400
    with pytest.raises(KekDestroyed):
        kms.create_kek("hospital-2")


def test_a_retired_version_is_removed_and_not_only_forbidden(
    openbao: OpenBao, mount: str, kms: OpenBaoKms
) -> None:
    kms.rotate(HOSPITAL)
    kms.retire_before(HOSPITAL, 2)
    key = openbao.ask("GET", f"{mount}/keys/kek_{HOSPITAL}_")["data"]
    assert (key["min_available_version"], list(key["keys"])) == (2, ["2"])
    lowered = openbao.http.post(
        f"{mount}/keys/kek_{HOSPITAL}_/config", json={"min_decryption_version": 1}
    )
    assert lowered.status_code == 400


def test_name_and_context_are_bound_by_the_derivation(
    openbao: OpenBao, mount: str, kms: OpenBaoKms
) -> None:
    """Even where Transit is asked directly, under the right key, with the bare context."""
    wrapped = kms.wrap(HOSPITAL, KEY, b"patient 1")
    transits = "vault:v1:" + base64.b64encode(wrapped[5:]).decode()
    asked = {"ciphertext": transits, "context": base64.b64encode(b"patient 1").decode()}
    assert openbao.http.post(f"{mount}/decrypt/kek_{HOSPITAL}_", json=asked).status_code == 400


def test_transits_rewrap_still_takes_no_associated_data(
    openbao: OpenBao, mount: str, kms: OpenBaoKms
) -> None:
    """Why the context carries everything (decision 011). When this fails, think again."""
    path, bound = f"kek_{HOSPITAL}_", {"context": "AAAA", "associated_data": "BBBB"}
    sealed = {"plaintext": base64.b64encode(KEY).decode(), **bound}
    made = openbao.ask("POST", f"{mount}/encrypt/{path}", sealed)["data"]["ciphertext"]
    asked = {"ciphertext": made, **bound}
    assert openbao.http.post(f"{mount}/decrypt/{path}", json=asked).status_code == 200
    assert openbao.http.post(f"{mount}/rewrap/{path}", json=asked).status_code == 400


def test_version_nought_is_not_version_one(kms: OpenBaoKms) -> None:
    """Transit takes "vault:v0:" for the first version: a second name of the same wrapped key."""
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    with pytest.raises(WrapBroken):
        kms.unwrap(HOSPITAL, wrapped[:1] + bytes(4) + wrapped[5:], b"")


def test_thousands_are_wrapped_rewrapped_and_unwrapped_at_once(kms: OpenBaoKms) -> None:
    keys = [os.urandom(32) for _ in range(2_000)]
    plain = [PlainKey(HOSPITAL, key, n.to_bytes(16)) for n, key in enumerate(keys)]
    wrapped = [WrappedKey(HOSPITAL, one, plain[n].context) for n, one in
               enumerate(kms.wrap_many(plain))]  # fmt: skip
    kms.rotate(HOSPITAL)
    renewed = [item._replace(wrapped=one) for item, one in
               zip(wrapped, kms.rewrap_many(wrapped), strict=True)]  # fmt: skip
    assert {kms.version_of(item.wrapped) for item in renewed} == {2}
    assert kms.unwrap_many(renewed) == keys
    broken = [*renewed[:-1], renewed[-1]._replace(context=b"else")]
    with pytest.raises(WrapBroken):
        kms.unwrap_many(broken)


def test_a_destruction_broken_off_is_finished_by_the_next(
    openbao: OpenBao, mount: str, kms: OpenBaoKms
) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    openbao.ask("POST", f"{mount}/keys/gone_{HOSPITAL}_", {"type": "aes256-gcm96"})
    with pytest.raises(KekDestroyed):
        kms.create_kek(HOSPITAL)
    kms.destroy_kek(HOSPITAL)
    with pytest.raises(KekDestroyed):
        kms.unwrap(HOSPITAL, wrapped, b"")
    assert openbao.http.get(f"{mount}/keys/kek_{HOSPITAL}_").status_code == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"{}", 200),
        (b'{"data": 1}', 200),
        (b'{"auth": {"client_token": 5}}', 200),
        (b"", 302),
    ],
)
def test_another_program_at_the_address_is_not_believed(
    said: bytes, status: int, openbao: OpenBao, mount: str
) -> None:
    with another_program(said, status) as address:
        kms = OpenBaoKms.open(address, openbao.prepared(mount), mount=mount)
        with pytest.raises(KmsAnswerBroken) as caught:
            kms.unwrap(HOSPITAL, b"\x02\0\0\0\x01" + bytes(60), b"")
        assert caught.value.__cause__ is None
        with pytest.raises(KmsAnswerBroken):
            kms.status()


@contextlib.contextmanager
def another_program(said: bytes, status: int) -> Iterator[str]:
    """A program that answers everything alike; its address."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "address", ["http://kms.example:8200", "ftp://127.0.0.1", "127.0.0.1:8200", "https://h/x", ""]
)
def test_keys_do_not_travel_in_the_clear(address: str, openbao: OpenBao, mount: str) -> None:
    with pytest.raises(KmsError):
        OpenBaoKms.open(address, openbao.prepared(mount))


def test_tls_is_checked_against_the_given_authority(tmp_path: Path) -> None:
    good, other = certificate_for(tmp_path / "good"), certificate_for(tmp_path / "other")
    with running_openbao(
        certificate=good.certificate, key=good.key, ca_file=good.authority
    ) as server:
        kms = server.kms("segel")
        kms.create_kek(HOSPITAL)
        assert kms.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b""), b"") == KEY
        credential = server.folder / "segel.credential"
        for ca_file in (other.authority, None):
            stranger = OpenBaoKms.open(server.address, credential, ca_file=ca_file)
            with pytest.raises(KmsUnavailable):
                stranger.status()


def test_nobody_listening_is_unavailable(openbao: OpenBao, mount: str) -> None:
    kms = OpenBaoKms.open(f"http://127.0.0.1:{free_port()}", openbao.prepared(mount))
    for attempt in (kms.status, lambda: kms.wrap(HOSPITAL, KEY, b"")):
        with pytest.raises(KmsUnavailable):
            attempt()


def test_many_threads_log_in_once(openbao: OpenBao, mount: str) -> None:
    logins = itertools.count()
    role = openbao.prepared(mount).read_text()

    def credential() -> str:
        next(logins)
        return role

    kms = OpenBaoKms(BaoHttp(openbao.address, credential), mount)
    threads = [threading.Thread(target=kms.status) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert next(logins) == 1


def test_nothing_secret_shows_in_representations(openbao: OpenBao, mount: str) -> None:
    kms = openbao.kms(mount)
    kms.status()
    ticket = kms._http._ticket
    assert ticket is not None
    assert ticket.token not in repr((kms, kms._http, ticket, vars(kms)))
