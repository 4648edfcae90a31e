"""OHIF's origin: one code, one tab, one study; and a radiograph on the screen."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pydicom
import pytest
from litestar import Litestar
from pydicom.uid import ExplicitVRLittleEndian

from console.conftest import backing
from segel.access import Attempts
from segel.console import ConsoleSettings, ViewerMissing, viewer_app
from segel.console.http.router import router_for
from segel.console.http.viewer_door import VIEWER_COOKIE, inner_query
from segel.console.viewer_files import find_viewer
from segel.domain.dicom import JsonDataset
from segel.imaging.dicom import thumbnail
from support.screens import LIKE, expected_picture, likeness, wait_for_picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from console.conftest import FakeBroker, Servers

REPOSITORY = Path(__file__).parents[2]
OHIF = REPOSITORY / ".segel-viewer/package/dist"
ARTIFACTS = REPOSITORY / "artifacts" / "console"
STUDY, OTHER = "2.25.4711.1", "2.25.4711.2"

INLINE = b'console.time("x"),window.PUBLIC_URL="/"'


class FakeDicomweb:
    """A DICOMweb server of one screen over pydicom's files: enough for OHIF to show a study.

    ``tokens``: bearer token to the study UID that it opens. ``seen``: what arrived.
    """

    def __init__(self, broker: "FakeBroker", read: Any) -> None:
        self.tokens = broker.viewers
        self.seen: list[dict[str, Any]] = []
        self._studies = {study.uid: study for study in broker.studies}
        self._read = read

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.seen.append(
            {"path": scope["path"], "query": scope["query_string"].decode(), **headers}
        )
        token = headers.get("authorization", "").removeprefix("Bearer ")
        status, media_type, body = self._answer(scope["path"], token)
        content = [(b"content-type", media_type.encode()), (b"cache-control", b"public")]
        await send({"type": "http.response.start", "status": status, "headers": content})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _answer(self, path: str, token: str) -> tuple[int, str, bytes]:
        uid = self.tokens.get(token)
        if uid is None:
            return 401, "text/plain", b""
        study = self._studies[uid]
        at = path.removeprefix("/dicomweb/").split("/")
        if at == ["studies"]:
            return 200, *_json([study.attributes])
        if at[1] != uid:
            return 404, "text/plain", b""
        if at[2:] == ["series"]:
            return 200, *_json([study.attributes | study.series])
        if at[-1] in ("metadata", "instances"):
            return 200, *_json([self._metadata(uid)])
        if at[-1] == "thumbnail":
            whole = Path(str(self._read(study.file).filename)).read_bytes()
            return 200, "image/jpeg", thumbnail(whole)
        if "frames" in at:
            return 200, *_parts(self._read(study.file).PixelData)
        return 404, "text/plain", b""

    def _metadata(self, uid: str) -> JsonDataset:
        study = self._studies[uid]
        described = pydicom.Dataset()
        for element in self._read(study.file):
            if element.tag != 0x7FE00010 and not element.tag.is_private:
                described.add(element)
        content: JsonDataset = described.to_json_dict()
        content |= study.attributes | study.series
        content["00080018"] = {"vr": "UI", "Value": [f"{uid}.1.1"]}
        content["00083002"] = {"vr": "UI", "Value": [ExplicitVRLittleEndian]}
        return content


def _json(content: list[JsonDataset]) -> tuple[str, bytes]:
    return "application/dicom+json", json.dumps(content).encode()


def _parts(pixels: bytes) -> tuple[str, bytes]:
    boundary = uuid4().hex
    head = (
        f"--{boundary}\r\nContent-Type: application/octet-stream;"
        f" transfer-syntax={ExplicitVRLittleEndian}\r\n\r\n"
    )
    media_type = f"multipart/related; type=application/octet-stream; boundary={boundary}"
    return media_type, head.encode() + pixels + f"\r\n--{boundary}--\r\n".encode()


class Origins:
    """The console, OHIF's origin, and what stands behind both."""

    def __init__(self, servers: "Servers", fakes: Any, read: Any, folder: Path) -> None:
        self.broker, reader = fakes
        ports = servers.free_port(), servers.free_port()
        self.console, self.viewer = (f"http://localhost:{port}" for port in ports)
        settings = ConsoleSettings(self.console, viewer_origin=self.viewer, demo=True)
        self.dicomweb = FakeDicomweb(self.broker, read)
        self.paths: list[str] = []
        servers.start(
            Litestar([router_for(backing(reader), self.broker, settings, Attempts())]), ports[0]
        )
        viewer = viewer_app(self.dicomweb, self.broker, settings, folder)
        servers.start(viewer, ports[1], self.paths)

    def code(self, study: str) -> str:
        """A one-time code for a study."""
        code = uuid4().hex
        self.broker.codes[code] = study
        return code

    def enter(self, client: httpx.Client, code: str, study: str) -> httpx.Response:
        return client.post(
            f"{self.viewer}/enter",
            json={"code": code, "study": study},
            headers={"origin": self.viewer},
        )


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder that looks like OHIF's, small."""
    (tmp_path / "index.html").write_bytes(
        b"<!doctype html><script>" + INLINE + b'</script><script src="/app.js"></script>'
    )
    (tmp_path / "app.bundle.0f6159c501addfe9.js").write_text("1;" * 2_000)
    (tmp_path / "app-config.js").write_text("theirs")
    (tmp_path / "a.js.map").write_text("{}")
    (tmp_path / "secret").symlink_to("/etc/hostname")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "mark.svg").write_text("<svg/>")
    return tmp_path


@pytest.fixture
def origins(servers: "Servers", fakes: Any, read_file: Any, dist: Path) -> Origins:
    return Origins(servers, fakes, read_file, dist)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def launched(origins: Origins, client: httpx.Client, code: str) -> str:
    answer = origins.enter(client, code, STUDY)
    assert answer.status_code == 200
    launch: str = answer.json()["launch"]
    return f"{origins.viewer}/dicomweb/{launch}"


@pytest.mark.parametrize(
    ("resource", "passed_on"),
    [
        (f"studies/{STUDY}/series", b"limit=1"),
        (f"studies/{STUDY}/series/1/instances/2/frames/1", b"limit=1"),
        ("studies", f"StudyInstanceUID={STUDY}&includefield=all".encode()),
        ("studies/", f"StudyInstanceUID={STUDY}&includefield=all".encode()),
        (f"studies/{OTHER}/series", None),
        (f"studies/{STUDY}0/series", None),
        ("series", None),
        ("instances", None),
        ("", None),
        ("wado", None),
        (f"studies/../studies/{OTHER}", None),
    ],
)
def test_a_tab_asks_for_its_own_study_only(resource: str, passed_on: bytes | None) -> None:
    assert inner_query(resource, STUDY, b"limit=1") == passed_on


def test_a_code_lets_in_once(origins: Origins, client: httpx.Client) -> None:
    code = origins.code(STUDY)
    launched(origins, client, code)
    assert origins.enter(client, code, STUDY).status_code == 401
    assert origins.enter(client, "nothing", STUDY).status_code == 401


def test_the_token_is_in_a_cookie_of_one_path_that_no_script_reads(
    origins: Origins, client: httpx.Client
) -> None:
    answer = origins.enter(client, origins.code(STUDY), STUDY)
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert f"path=/dicomweb/{answer.json()['launch'].casefold()}/" in cookie
    (token,) = origins.broker.viewers
    assert token not in answer.text


def test_the_archive_is_asked_as_the_tab_and_as_nobody_else(
    origins: Origins, client: httpx.Client
) -> None:
    root = launched(origins, client, origins.code(STUDY))
    answer = client.get(
        f"{root}/studies/{STUDY}/series",
        headers={"authorization": "Bearer mine", "x-kept": "1"},
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    seen = origins.dicomweb.seen[-1]
    (token,) = origins.broker.viewers
    assert seen["authorization"] == f"Bearer {token}"
    assert seen["path"] == f"/dicomweb/studies/{STUDY}/series"
    assert "cookie" not in seen
    assert seen["x-kept"] == "1"


def test_another_study_or_a_changed_launch_is_refused_at_the_door(
    origins: Origins, client: httpx.Client
) -> None:
    root = launched(origins, client, origins.code(STUDY))
    cookie = {"cookie": f"{VIEWER_COOKIE}={next(iter(origins.broker.viewers))}"}
    assert client.get(f"{root}/studies/{OTHER}/series").status_code == 403
    assert client.post(f"{root}/studies/{STUDY}", content=b"x").status_code == 403
    assert client.delete(f"{root}/studies/{STUDY}").status_code == 403
    for launch in ("", "x", root.rsplit("/", 1)[1][:-2] + "AA"):
        asked = f"{origins.viewer}/dicomweb/{launch}/studies/{STUDY}/series"
        assert client.get(asked, headers=cookie).status_code == 401
    assert httpx.get(f"{root}/studies/{STUDY}/series").status_code == 401
    assert not origins.dicomweb.seen


def test_a_search_for_the_patients_other_studies_finds_this_one(
    origins: Origins, client: httpx.Client
) -> None:
    root = launched(origins, client, origins.code(STUDY))
    found = client.get(f"{root}/studies?00100020=00-12-34&limit=101").json()
    assert [one["0020000D"]["Value"] for one in found] == [[STUDY]]
    assert "00-12-34" not in origins.dicomweb.seen[-1]["query"]


def test_two_tabs_have_two_studies(origins: Origins, client: httpx.Client) -> None:
    first = launched(origins, client, origins.code(STUDY))
    answer = origins.enter(client, origins.code(OTHER), OTHER)
    second = f"{origins.viewer}/dicomweb/{answer.json()['launch']}"
    assert client.get(f"{first}/studies/{STUDY}/series").status_code == 200
    assert client.get(f"{second}/studies/{OTHER}/series").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"code": "x", "study": "../x"}', b"{" * 20_000, b'{"code":"\xed\xba\xb8"}'],
)
def test_a_broken_entry_is_refused(origins: Origins, client: httpx.Client, body: bytes) -> None:
    answer = client.post(
        f"{origins.viewer}/enter", content=body, headers={"origin": origins.viewer}
    )
    assert answer.status_code in (413, 422)


def test_an_entry_of_another_origin_is_refused(origins: Origins, client: httpx.Client) -> None:
    answer = client.post(
        f"{origins.viewer}/enter",
        json={"code": "x", "study": STUDY},
        headers={"origin": origins.console},
    )
    assert answer.status_code == 403


def test_files_are_served_as_found_and_nothing_else(origins: Origins, client: httpx.Client) -> None:
    def get(path: str) -> httpx.Response:
        return client.get(f"{origins.viewer}{path}")

    bundle = get("/app.bundle.0f6159c501addfe9.js")
    assert bundle.headers["content-encoding"] == "gzip"
    assert bundle.text == "1;" * 2_000
    assert "immutable" in bundle.headers["cache-control"]
    assert get("/assets/mark.svg").headers["cache-control"] == "no-cache"
    assert "segel" in get("/app-config.js").text
    for path in ("/a.js.map", "/secret", "/..%2f..%2fetc/passwd", "/assets", "/nothing.js"):
        assert get(path).status_code == 404


def test_the_page_is_isolated_and_runs_only_scripts_that_are_known(
    origins: Origins, client: httpx.Client
) -> None:
    digest = base64.b64encode(hashlib.sha256(INLINE).digest()).decode()
    for path in ("/viewer", "/", "/app.bundle.0f6159c501addfe9.js"):
        headers = client.get(f"{origins.viewer}{path}").headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        policy = headers["content-security-policy"]
        scripts = re.search(r"script-src ([^;]*)", policy)
        assert scripts
        assert f"'sha256-{digest}'" in scripts[1]
        assert "unsafe-inline" not in scripts[1]
        assert "'unsafe-eval'" not in scripts[1]
        assert "connect-src 'self' blob: data:;" in policy


def test_a_folder_without_ohif_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ViewerMissing):
        find_viewer(tmp_path)


def test_ohif_shows_the_radiograph(
    servers: "Servers", fakes: Any, read_file: Any, browser: "Browser"
) -> None:
    if not (OHIF / "index.html").exists():
        pytest.skip("OHIF is not there: make viewer")
    origins = Origins(servers, fakes, read_file, OHIF)
    with ExitStack() as stack:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        stack.callback(context.close)
        context.set_default_timeout(60_000)
        violations: list[str] = []
        context.on(
            "console",
            lambda said: (
                violations.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        page = context.new_page()
        page.goto(origins.console)
        page.click("button.person:has-text('Rina Halim')")
        page.fill("#terms", "siti aminah")
        page.press("#terms", "Enter")
        page.click("a.open")
        with context.expect_page() as opened:
            page.click(".open-with button")
        ohif = opened.value
        ohif.wait_for_selector("canvas.cornerstone-canvas")
        expected = expected_picture(read_file("RG3_UNCR.dcm"))
        shown = wait_for_picture(ohif, "canvas.cornerstone-canvas", expected)
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        ohif.screenshot(path=ARTIFACTS / "ohif-radiograph.png")
        assert shown > LIKE
        other = expected_picture(read_file("RG1_UNCR.dcm")).resize(expected.size)
        assert likeness(ohif, "canvas.cornerstone-canvas", other) < LIKE - 0.1
        assert not violations
        assert ohif.evaluate("crossOriginIsolated")
        assert VIEWER_COOKIE not in ohif.evaluate("document.cookie")
        assert "AMINAH" in ohif.inner_text("body")
        assert all("code=" not in path for path in origins.paths)
        pages = [path for path in origins.paths if not path.startswith("/dicomweb/")]
        assert all(STUDY not in path for path in pages)
