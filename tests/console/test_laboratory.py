"""A laboratory's table on its pages: uploaded, mapped, looked at, imported, undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from support.lab_sheets import csv_of, rows_of
from support.screens import chromium


@pytest.fixture
def page(running: Any) -> Iterator[Page]:
    """A browser in which somebody of the laboratory is signed in."""
    with chromium() as browser:
        context = browser.new_context(locale="id-ID")
        token = running.token("laboratory")
        context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
        yield context.new_page()


def test_a_file_is_uploaded_looked_at_imported_and_undone(
    running: Any, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "hasil.csv"
    file.write_bytes(csv_of(rows_of(30, broken=3), title="Laporan"))
    page.goto(f"{running.http}/")
    assert page.url.endswith("/laboratory")
    page.set_input_files("input[type=file]", file)
    page.click("form.ask button")
    assert page.locator("#column-0").input_value() == "nik"
    page.click(".lab-columns button.primary")
    assert page.locator(".lab-faults tbody tr").count() == 3
    assert page.locator(".lab .lines .card").count() == 10
    page.click(".lab-decide button.primary")
    page.wait_for_selector('form[action$="/undo"]')  # two turns, the second by itself
    counts = page.locator("dl.facts dd").all_inner_texts()
    assert counts[:3] == ["27", "0", "3"]
    with page.expect_download() as saved:
        page.click("a[download]")
    lines = Path(saved.value.path()).read_bytes().decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    page.click('form[action$="/undo"] button')
    page.wait_for_function("!document.querySelector('form[action$=\"/undo\"]')")
    assert "27 baris dikeluarkan" in page.inner_text("main")
    assert "9801024105900001" not in page.url


def test_a_file_that_is_no_table_is_told_on_the_page(running: Any) -> None:
    headers = {
        "Cookie": f"segel_session={running.token('laboratory')}; segel_language=en",
        "Origin": running.http,
        "Accept": "text/html",
    }
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        refused = web.post(
            "/laboratory", files={"file": ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")}
        )
        assert (refused.status_code, ".xlsx or as CSV" in refused.text) == (422, True)
        none = web.post("/laboratory", files={"other": ("x", b"y")})
        assert none.status_code == 422
        foreign = web.post(
            "/laboratory", files={"file": ("x", b"y")}, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403
