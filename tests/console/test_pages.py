"""Every page through its HTTP door: who gets in, what stands in addresses, what is kept."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from console.conftest import backing
from segel.access import Attempts
from segel.broker.errors import (
    BrokerUnavailable,
    BudgetExhausted,
    Forbidden,
    Frozen,
    QueryTooBroad,
    StudyUnknown,
    TokenInvalid,
)
from segel.console import SESSION_COOKIE, ConsoleSettings
from segel.console.http.router import router_for
from segel.console.worklist import PAGE_SIZE

if TYPE_CHECKING:
    from console.conftest import FakeBroker

ORIGIN = "https://pacs.example"
HTML = {"accept": "text/html"}
FORM = {"origin": ORIGIN, "sec-fetch-site": "same-origin", "accept": "text/html"}
PERSONAL = re.compile(r"aminah|AMINAH|970101520384|00-12-34|ACC0001|2\.25\.4711|1984")


class Site:
    """A console behind a test client, and the fakes behind it."""

    def __init__(self, client: "TestClient[Litestar]", broker: "FakeBroker") -> None:
        self.client = client
        self.broker = broker

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=HTML | headers, follow_redirects=False)

    def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> Any:
        return self.client.post(
            path, data=data or {}, headers=FORM | headers, follow_redirects=False
        )

    def sign_in(self, at: int = 0) -> None:
        self.client.cookies.clear()
        answer = self.post("/sign-in/demo", {"account": str(self.broker.people[at].account_id)})
        assert answer.status_code == 303

    def search(self, text: str, **fields: str) -> Any:
        sent = self.post("/search", {"text": text, **fields})
        assert sent.status_code == 303
        return self.get(sent.headers["location"])

    def study_path(self, text: str = "siti aminah") -> str:
        found = re.search(r'href="(/studies/[^"]+)"', self.search(text).text)
        assert found
        return found[1]


@pytest.fixture
def site(fakes: Any) -> Iterator[Site]:
    broker, reader = fakes
    settings = ConsoleSettings(ORIGIN, viewer_origin="https://viewer.example", demo=True)
    app = Litestar([router_for(backing(reader), broker, settings, Attempts())])
    with TestClient(app, base_url=ORIGIN) as client:
        yield Site(client, broker)


def test_nobody_sees_a_page_without_a_session(site: Site) -> None:
    for path in ("/", "/account", "/list/x", "/studies/x", "/view/x"):
        answer = site.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in"
    assert site.client.get("/pictures/x/1").status_code == 401


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    answer = site.post("/sign-in/demo", {"account": str(site.broker.people[0].account_id)})
    cookie = answer.headers["set-cookie"].casefold()
    for part in ("httponly", "samesite=strict", "secure", "path=/"):
        assert part in cookie


def test_signing_out_ends_the_session_at_the_broker(site: Site) -> None:
    site.sign_in()
    path = site.study_path()
    token = site.client.cookies[SESSION_COOKIE]
    assert site.post("/sign-out").headers["location"] == "/sign-in"
    assert token not in site.broker.sessions
    site.client.cookies.set(SESSION_COOKIE, token)
    assert site.get(path).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://pacs.example:8081"},  # OHIF's port: the same site to a browser
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/search", "/sign-out", "/sign-in/demo", "/preferences", "/studies/x/ohif",
     "/passkey/register/begin", "/passkey/register/finish", "/passkey/sign-in/begin",
     "/passkey/sign-in/finish"],
)  # fmt: skip
def test_a_form_of_another_origin_is_refused(
    site: Site, path: str, headers: dict[str, str]
) -> None:
    site.sign_in()
    answer = site.client.post(
        path, data={"text": "siti"}, headers=FORM | headers, follow_redirects=False
    )
    assert answer.status_code == 403
    assert len(site.broker.sessions) == 1


def test_behind_a_proxy_the_configured_origin_is_our_own(site: Site) -> None:
    site.sign_in()
    answer = site.post("/search", {"text": "siti"}, host="10.0.0.7:8080")
    assert answer.status_code == 303


def test_no_address_tells_whom_it_is_about(site: Site) -> None:
    site.sign_in()
    pages = [site.get("/"), site.search("siti aminah 12/3/1984"), site.search("9701015203840001")]
    study = site.study_path()
    pages += [site.get(study), site.get(study.replace("/studies/", "/view/"))]
    for page in pages:
        assert page.status_code == 200
        assert not PERSONAL.search(str(page.url))
        for address in re.findall(r'(?:href|src|action)="([^"]+)"', page.text):
            assert not PERSONAL.search(address)
    assert not PERSONAL.search("".join(re.findall(r'"at": "([^"]+)"', pages[-1].text)))


def test_a_result_of_one_session_is_nothing_to_another(site: Site) -> None:
    site.sign_in()
    study, result = site.study_path(), site.search("siti").url.path
    site.sign_in(1)
    assert site.get(study).status_code == 404
    assert site.get(result).status_code == 404


def test_every_answer_has_the_headers_that_keep_it_in(site: Site) -> None:
    site.sign_in()
    study = site.study_path()
    picture = re.search(r'src="(/pictures/[^"]+)"', site.get(study).text)
    assert picture
    paths = ["/sign-in", "/", "/account", study, study.replace("studies", "view"), "/studies/x"]
    for answer in [*(site.get(path) for path in paths), site.client.get(picture[1])]:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        if "text/html" in answer.headers["content-type"]:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy


def test_pages_have_no_script_or_style_of_their_own(site: Site) -> None:
    site.sign_in()
    study = site.study_path()
    for path in ("/sign-in", "/", "/account", study, study.replace("studies", "view")):
        html = site.get(path).text
        for attributes in re.findall(r"<script([^>]*)>", html):
            assert "src=" in attributes or 'type="application/json"' in attributes
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_what_patients_are_called_is_shown_and_not_run(site: Site) -> None:
    attack = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    for study in site.broker.studies[:1]:
        study.attributes["00100010"]["Value"] = [{"Alphabetic": attack}]
        study.attributes["00081030"]["Value"] = [attack]
        study.series["0008103E"]["Value"] = [attack]
    site.sign_in(1)
    listed = site.get("/")
    found = re.search(r'href="(/studies/[^"]+)"', listed.text)
    assert found
    for page in (listed, site.get(found[1]), site.get(found[1].replace("studies", "view"))):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    text = site.search(attack[:60]).text
    assert "<script>alert" not in text


def test_a_clinician_begins_with_nothing_and_a_radiologist_with_the_latest(site: Site) -> None:
    site.sign_in(0)
    assert "<table" not in site.get("/").text
    assert not site.broker.queries
    site.sign_in(1)
    assert site.get("/").text.count('class="open"') == PAGE_SIZE


def test_a_role_without_records_is_told_so_and_shown_no_search(site: Site) -> None:
    site.sign_in(3)
    page = site.get("/")
    assert 'role="search"' not in page.text
    assert 'href="/account"' in page.text
    site.broker.refusal = Forbidden("x")
    assert site.search("siti").status_code == 403


def test_readings_are_tried_until_one_finds_something(site: Site) -> None:
    site.sign_in()
    assert "SITI AMINAH" in site.search("ACC0001").text
    assert [list(query.filters) for query in site.broker.queries] == [["00100020"], ["00080050"]]


def test_all_that_was_tried_is_said_where_nothing_is_found(site: Site) -> None:
    site.sign_in()
    text = site.search("ZZ-9").text
    assert text.count("ZZ-9") == 3  # the box, as a record number, as an accession number


def test_pages_turn_and_keep_their_search(site: Site) -> None:
    site.sign_in()
    first = site.search("", modality="CR")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    second = site.get(following[1])
    assert site.broker.queries[-1].offset == PAGE_SIZE
    assert site.broker.queries[-1].filters == {"00080061": "CR"}
    assert 'rel="prev"' in second.text
    assert 'rel="next"' not in second.text
    shown = re.findall(r'class="open"[^>]*>([^<]+)<', first.text + second.text)
    assert len(shown) == len(set(shown)) == 22


def test_a_full_page_is_not_called_incomplete(site: Site) -> None:
    site.sign_in()
    assert 'role="note"' not in site.search("", modality="CR").text
    site.broker.complete = False
    assert 'role="note"' in site.search("budi").text


def names_in(answer: Any) -> list[str]:
    return re.findall(r'class="open"[^>]*>([^<]+)<', answer.text)


def test_a_whole_result_can_be_put_in_another_order(site: Site) -> None:
    site.sign_in()
    newest = site.search("", modality="US", day="range", first="2026-01-01", last="2026-12-31")
    assert not re.findall(r'<th scope="col"[^>]*><a', newest.text)  # one row needs no order
    newest = site.search("november 2026")
    assert len(names_in(newest)) == 5
    for sort, order in (
        ("Pasien", sorted(names_in(newest))),
        ("Tanggal studi", names_in(newest)[::-1]),
    ):
        found = re.search(rf'<th scope="col"[^>]*><a href="([^"]+)"[^>]*>{sort}<', newest.text)
        assert found
        ordered = site.get(found[1])
        assert names_in(ordered) == order
        assert 'aria-sort="ascending"' in ordered.text


def test_of_many_pages_no_order_is_offered_that_only_one_page_would_have(site: Site) -> None:
    site.sign_in()
    first = site.search("", modality="CR")
    assert 'data-swap="#results">Pasien' not in first.text
    assert "terbaru dulu" in first.text


@pytest.mark.parametrize(
    ("first", "last", "asked"),
    [("2026-11-18", "2026-11-20", "20261118-20261120"),
     ("2026-11-20", "2026-11-18", "20261118-20261120"),
     ("2026-11-18", "", "20261118"), ("", "2026-11-18", "20261118"),
     ("", "", None), ("0001-01-01", "x", None)],
)  # fmt: skip
def test_a_range_of_days_is_asked_for_as_it_was_chosen(
    site: Site, first: str, last: str, asked: str | None
) -> None:
    site.sign_in()
    answer = site.search("", day="range", first=first, last=last)
    assert answer.status_code == 200
    assert site.broker.queries[-1].filters.get("00080020") == asked


def test_the_budget_that_is_left_stands_by_the_result(site: Site) -> None:
    site.sign_in()
    assert "Sisa jatah: 5 pasien jam ini" in site.search("siti").text
    assert "Sisa jatah" not in site.get("/").text  # nothing was searched: nothing was asked


def test_a_search_can_be_cleared(site: Site) -> None:
    site.sign_in()
    clear = '<a class="clear" href="/">'
    assert clear in site.search("siti").text
    assert clear in site.search("", modality="CT").text
    assert clear not in site.search("").text


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_address_that_is_none_is_answered_by_a_page(site: Site, signed_in: bool) -> None:
    if signed_in:
        site.sign_in()
    for path in ("/nowhere", "/nowhere/at/all"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert "Halaman tidak ada" in answer.text
        assert ('href="/account"' in answer.text) is signed_in
    assert site.client.get("/nowhere").text == ""  # no browser asked


def test_reloading_what_was_posted_leads_to_a_page(site: Site) -> None:
    site.sign_in()
    for path in ("/search", "/preferences", "/sign-out", "/sign-in/demo"):
        assert site.get(path).headers["location"] == "/"
    assert len(site.broker.sessions) == 1
    study = site.study_path()
    assert site.get(f"{study}/ohif").headers["location"] == study


def test_a_parameter_that_is_none_is_refused_without_details(site: Site) -> None:
    site.sign_in()
    picture = re.search(r'src="(/pictures/[^"?]+)', site.get(site.study_path()).text)
    assert picture
    answer = site.get(f"{picture[1]}?size=aminah")
    assert answer.status_code == 400
    assert "aminah" not in answer.text


def test_what_nobody_foresaw_is_a_page_too_and_says_nothing_of_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sign_in()
    path = site.study_path()
    site.broker.refusal = RuntimeError("AMINAH 9701015203840001")
    answer = site.get(path)
    assert answer.status_code == 500
    assert f'href="{path}"' in answer.text  # once more
    assert not PERSONAL.search(answer.text + "".join(capsys.readouterr()))


def test_only_what_is_read_is_offered_once_more(site: Site) -> None:
    site.sign_in()
    path = site.study_path()
    site.broker.refusal = BrokerUnavailable("x")
    assert ">Coba lagi<" in site.get(path).text
    assert ">Coba lagi<" in site.search("siti").text
    site.broker.refusal = BudgetExhausted("x", retry_after_s=60)
    assert ">Coba lagi<" not in site.get(path).text


def test_assets_are_kept_only_under_the_address_of_their_content(site: Site) -> None:
    asset = re.search(r'href="(/static/console.css\?v=[^"]+)"', site.get("/sign-in").text)
    assert asset
    assert "max-age=31536000" in site.client.get(asset[1]).headers["cache-control"]
    for other in ("/static/console.css", "/static/console.css?v=0"):
        assert site.client.get(other).headers["cache-control"] == "public, max-age=0"


@pytest.mark.parametrize(
    ("refusal", "status", "kind"),
    [
        (BudgetExhausted("x", retry_after_s=2_300), 429, "budget-exhausted"),
        (QueryTooBroad("x"), 422, "query-too-broad"),
        (Forbidden("x"), 403, "forbidden"),
        (Frozen("x"), 403, "frozen"),
        (BrokerUnavailable("x"), 503, "broker-unavailable"),
        (StudyUnknown("x"), 404, "study-unknown"),
    ],
)
def test_a_refusal_is_explained_where_the_result_would_be(
    site: Site, refusal: Exception, status: int, kind: str
) -> None:
    site.sign_in()
    path = site.study_path()
    site.broker.refusal = refusal
    for answer in (site.search("siti"), site.get(path)):
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
    fragment = site.client.get(
        site.search("siti").url.path, headers=HTML | {"x-fragment": "results"}
    )
    assert fragment.status_code == status
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text


def test_a_budget_says_when_it_frees(site: Site) -> None:
    site.sign_in()
    site.broker.refusal = BudgetExhausted("x", retry_after_s=2_300)
    assert "39 menit" in site.search("siti").text
    assert "39 min" in site.get(site.search("siti").url.path, **{"accept-language": "en"}).text


def test_a_session_that_ends_leads_to_the_sign_in(site: Site) -> None:
    site.sign_in()
    path = site.study_path()
    site.broker.sessions.clear()
    answer = site.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert f"{SESSION_COOKIE}=" in answer.headers["set-cookie"]
    site.broker.refusal = TokenInvalid("x")
    assert site.client.get("/pictures/x/1").status_code in (401, 404)


@pytest.mark.parametrize("query", ["centre=nan&width=5", "centre=1&width=0", "centre=1&width=inf"])
def test_a_window_that_is_none_is_refused(site: Site, query: str) -> None:
    site.sign_in()
    picture = re.search(r'src="(/pictures/[^"?]+)', site.get(site.study_path()).text)
    assert picture
    assert site.client.get(f"{picture[1]}?{query}").status_code == 422


def test_a_frame_that_is_not_there_is_not_found(site: Site) -> None:
    site.sign_in()
    picture = re.search(r'src="(/pictures/[^"?]+)/1\?', site.get(site.study_path()).text)
    assert picture
    assert site.client.get(f"{picture[1]}/0").status_code == 404
    assert site.client.get(f"{picture[1]}/2").status_code == 404


@pytest.mark.parametrize(
    ("sent", "led_to"),
    [("/account", "/account"), ("//evil.example/", "/"), ("https://evil.example", "/"),
     ("/\\evil.example", "/"), ("/a\r\nb", "/"), ("", "/")],
)  # fmt: skip
def test_preferences_lead_back_to_this_site_only(site: Site, sent: str, led_to: str) -> None:
    answer = site.post("/preferences", {"language": "en", "theme": "dark", "next": sent})
    assert answer.headers["location"] == led_to
    cookies = answer.headers.get_list("set-cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"segel_language", "segel_theme"}


def test_a_preference_that_is_not_offered_is_not_kept(site: Site) -> None:
    answer = site.post("/preferences", {"language": "xx", "theme": "<b>", "next": "/"})
    assert "set-cookie" not in answer.headers


def test_language_follows_the_browser_until_one_is_chosen(site: Site) -> None:
    assert '<html lang="id"' in site.get("/sign-in").text
    assert '<html lang="en"' in site.get("/sign-in", **{"accept-language": "en-US,id;q=0.8"}).text
    site.client.cookies.set("segel_language", "id")
    assert '<html lang="id"' in site.get("/sign-in", **{"accept-language": "en"}).text


def test_the_way_to_ohif_hides_code_and_study_behind_the_hash(site: Site) -> None:
    site.sign_in()
    answer = site.post(f"{site.study_path()}/ohif")
    to = urlsplit(answer.headers["location"])
    assert (answer.status_code, to.netloc, to.path, to.query) == (
        303,
        "viewer.example",
        "/enter",
        "",
    )
    assert "code=" in to.fragment
    assert "study=2.25.4711.1" in to.fragment


def test_demo_people_are_not_offered_outside_demo_mode(fakes: Any) -> None:
    broker, reader = fakes
    app = Litestar([router_for(backing(reader), broker, ConsoleSettings(ORIGIN), Attempts())])
    with TestClient(app, base_url=ORIGIN) as client:
        page = client.get("/sign-in", headers=HTML).text
    assert "/sign-in/demo" not in page
    assert "demo-band" not in page


def test_a_broken_ceremony_is_refused(site: Site) -> None:
    site.sign_in()
    for path in ("/passkey/sign-in/finish", "/passkey/register/finish"):
        answer = site.client.post(path, content=b"[]", headers=FORM)
        assert answer.status_code == 422
