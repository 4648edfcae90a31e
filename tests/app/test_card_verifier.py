"""The door of the verifier for browsers: files for everybody, by name, and nothing beside them."""

import json
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from segel.app import card_own_verifier
from segel.app.card_verifier import Verifier, handler
from segel.cards import ListType
from segel.cards.reasons import Outcome, Reason, Remark
from segel.cards.verifier import PackagesMissing, facts
from segel.cards.words import Language, words_of
from segel.store.local import LocalDirectory
from support.verifier_node import packages
from support.verifier_site import Lists

PIN = "cBid3oBAMj80o78ctCi6dzek79dITCoIAEYQlbOrWxc"


@pytest.fixture(scope="module")
def web() -> TestClient[Litestar]:
    return TestClient(Litestar([handler(packages(), [PIN])], openapi_config=None))


def test_the_page_may_run_its_own_scripts_and_webassembly_and_talk_to_nobody_else(
    web: TestClient[Litestar],
) -> None:
    page = web.get("/verify/")
    assert page.status_code == 200
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert page.headers["permissions-policy"].startswith("camera=(self), microphone=()")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers


def test_every_file_that_the_service_worker_keeps_is_there(web: TestClient[Litestar]) -> None:
    worker = web.get("/verify/sw.js").text
    names = json.loads(worker.split("const FILES = ")[1].split(";\n")[0])
    assert {"./", "page/app.js", "facts.json", "config.json", "app.webmanifest"} < set(names)
    for name in names:
        answer = web.get(f"/verify/{name.removeprefix('./')}")
        assert answer.status_code == 200, name
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"
    wasm = web.get("/verify/vendor/zxing/zxing_reader.wasm")
    assert wasm.headers["content-type"] == "application/wasm"


def test_nothing_else_is_there(web: TestClient[Litestar]) -> None:
    moved = web.get("/verify", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (308, "/verify/")
    for name in (
        "index.html", "texts.py", "__init__.py", "package.json", "../pyproject.toml", "page",
        "page/", "%2e%2e/texts.py", "vendor/../texts.py", "page/app.js/", "/page/app.js", "%00",
    ):  # fmt: skip
        assert web.get(f"/verify/{name}").status_code == 404, name
    assert web.post("/verify/").status_code == 405
    assert web.head("/verify/").content == b""


def test_another_list_key_is_another_edition() -> None:
    editions = {Verifier(packages(), pins).edition for pins in ([PIN], [PIN], [], [PIN, "b"])}
    assert len(editions) == 3
    worker = Verifier(packages(), [PIN]).answer("GET", "sw.js")[2]
    assert Verifier(packages(), [PIN]).edition.encode() in worker


def test_without_the_packages_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackagesMissing, match="make web-peers"):
        handler(tmp_path, [PIN])


def test_scripts_have_every_reason_and_word_from_python() -> None:
    told = json.loads(json.dumps(facts()))
    assert set(told["reasons"]) == set(Reason)
    assert set(told["outcomes"]) == set(Outcome)
    assert set(told["remarks"]) == set(Remark)
    for reason in Reason:
        words = words_of(reason, Language.ID)
        assert told["reasons"][reason]["id"] == [words.what, words.remedy]
        assert told["reasons"][reason]["step"] == (reason.step or 0)


def test_a_segel_with_lists_of_its_own_believes_their_key_as_soon_as_they_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_own_verifier, "LOOKED_S", 0.0)
    (tmp_path / "cards").mkdir()
    published = tmp_path / card_own_verifier.PUBLISHED
    own = card_own_verifier.handler(packages(), LocalDirectory(tmp_path))
    with TestClient(Litestar([own], openapi_config=None)) as web:

        def pins() -> object:
            return web.get("/verify/config.json").json()["pins"]

        editions = {web.get("/verify/sw.js").text}
        assert pins() == []
        for _ in range(2):
            lists = Lists()
            lists.publish([])
            published.write_bytes(lists.files[ListType.TRUST.file])
            assert pins() == [lists.key.pin]
            editions.add(web.get("/verify/sw.js").text)
        published.write_bytes(b"cut off")
        assert pins() == [lists.key.pin]
        published.unlink()
        assert pins() == [lists.key.pin]
        assert len(editions) == 3
