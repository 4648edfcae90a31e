"""The patient's page: each line is verified by the reader's own browser, offline too."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from segel.broker import messages as m
from segel.broker.messages import DemoAccount
from segel.console.texts import text
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from support.records import RecordLog, witness
from support.screens import PHONE

if TYPE_CHECKING:
    from console.conftest import Running

PATIENT = DemoAccount(uuid4(), "SITI AMINAH", Role.PATIENT, "RSUD Tanjung Harapan")


class FakeRecord:
    """``BrokerClient.record``. ``shown``: what the next page is given."""

    def __init__(self, log: RecordLog) -> None:
        self.log = log
        self.shown = log.signed(log.document())
        self.older = 0
        self.name = "SITI AMINAH"
        self.erased = False
        self.asked: list[tuple[m.Requester, int, int]] = []

    async def open(
        self, requester: m.Requester, before: int = 0, limit: int = m.PAGE_LINES
    ) -> m.RecordTrail:
        self.asked.append((requester, before, limit))
        return m.RecordTrail(self.shown, self.older, self.name, self.erased)


@pytest.fixture
def record(console: "Running") -> FakeRecord:
    fake = FakeRecord(RecordLog())
    console.broker.record = fake  # type: ignore[attr-defined]
    console.broker.people.append(PATIENT)
    return fake


def enter(page: Page, console: "Running", language: str = "en") -> None:
    """Sign in as the patient, and go to who opened the record."""
    page.context.add_cookies([{"name": "segel_language", "value": language, "url": console.origin}])
    page.goto(f"{console.origin}/sign-in")
    page.get_by_role("button", name="SITI AMINAH").click()
    page.wait_for_url("**/my")
    page.goto(f"{console.origin}/record")


def state(page: Page) -> str:
    """What the page concludes, once it has."""
    summary = page.locator("#record-summary:not([data-state=waiting])")
    summary.wait_for()
    return str(summary.get_attribute("data-state"))


def states(page: Page) -> list[str]:
    return [str(one.get_attribute("data-state")) for one in page.locator(".entry").all()]


def saved(page: Page, folder: Path) -> Path:
    """The record as the patient saves it."""
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Save as a file|Simpan sebagai berkas")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def offline(browser: Browser, path: Path) -> tuple[BrowserContext, Page]:
    """The file opened from the disk with the network off."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    context.set_offline(True)
    page = context.new_page()
    page.goto(path.as_uri())
    return context, page


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_line_of_the_record_is_proved_by_the_page_itself(
    page: Page, console: "Running", record: FakeRecord, language: str
) -> None:
    enter(page, console, language)
    assert state(page) == "held"
    assert states(page) == ["held"] * 5
    summary = page.locator("#record-summary").inner_text()
    assert text(language, "record.say.held", count=5) in summary
    first, third = page.locator(".entry").nth(0), page.locator(".entry").nth(2)
    assert text(language, "record.say.refused") in first.inner_text()
    assert text(language, "record.kind.query") in third.inner_text()
    for said in (
        "dr. Ratna Kusumawati",
        text(language, "role.clinician"),
        text(language, "purpose.TREAT"),
    ):
        assert said in third.inner_text()
    (requester, before, limit), *_ = record.asked
    assert requester.purpose is Purpose.PATIENT_REQUEST
    assert (before, limit) == (0, m.PAGE_LINES)
    expected = record.log.signer.verifier().fingerprint
    assert page.locator("#record-key").inner_text() == expected


def test_no_address_of_the_page_tells_whose_or_which(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    record.older = 7_401
    enter(page, console)
    page.get_by_role("link", name="Earlier events").click()
    page.wait_for_url("**/record/older/*")
    assert record.asked[-1][1] == 7_401
    asked = " ".join(console.paths)
    assert "7401" not in asked
    assert str(record.log.patient) not in asked


def altered(document: m.RecordDocument, **changes: Any) -> m.RecordDocument:
    first, *rest = document.lines
    return msgspec.structs.replace(
        document, lines=(msgspec.structs.replace(first, **changes), *rest)
    )


def test_a_line_that_was_altered_stands_out_even_where_the_server_signed_it(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    document = record.log.document()
    first = document.lines[0]
    for changes in (
        {"event": first.event.replace('"code":"TREAT"', '"code":"PATRQT"')},
        {"salt": bytes(32)},
        {"leaf": 3},
        {"proof": (bytes(32), *first.proof[1:])},
        {"proof": first.proof[:-1]},
        {"nonce": bytes(32), "event": first.event.replace(str(record.log.patient), str(uuid4()))},
    ):
        broken = altered(document, **changes)
        assert broken != document
        record.shown = record.log.signed(broken)
        enter(page, console)
        assert state(page) == "broken", changes
        assert states(page) == ["broken", "held", "held", "held", "held"], changes
        assert "1 of 5 lines do NOT match" in page.locator("#record-summary").inner_text()
        page.get_by_role("button", name="Sign out").click()


def test_a_line_about_another_patient_is_not_proved(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    document = msgspec.structs.replace(record.log.document(), patient=uuid4())
    record.shown = record.log.signed(document)
    enter(page, console)
    assert state(page) == "broken"
    assert states(page) == ["broken"] * 5


def test_witnesses_are_counted_by_their_keys_and_a_missing_quorum_is_a_failure(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    one, two = witness("witness.example/one"), witness("witness.example/two")
    document = record.log.document((one, two), 2)
    record.shown = record.log.signed(document)
    enter(page, console)
    assert state(page) == "held"
    assert page.locator("#record-witnesses").inner_text() == "2"
    for broken in (
        msgspec.structs.replace(document, quorum=3),
        msgspec.structs.replace(document, witnesses=(document.witnesses[0],)),
        msgspec.structs.replace(document, checkpoint=record.log.document((one,)).checkpoint),
    ):
        record.shown = record.log.signed(broken)
        page.reload()
        assert state(page) == "broken"
        assert "signature does NOT hold" in page.locator("#record-summary").inner_text()


def test_a_saved_record_verifies_from_the_disk_with_the_network_off(
    browser: Browser, page: Page, console: "Running", record: FakeRecord, tmp_path: Path
) -> None:
    record.shown = record.log.signed(record.log.document((witness("witness.example/one"),), 1))
    enter(page, console)
    path = saved(page, tmp_path)
    assert record.asked[-1][2] == m.FILE_LINES_MAX
    context, shown = offline(browser, path)
    assert state(shown) == "held"
    assert states(shown) == ["held"] * 5
    assert "SITI AMINAH" in shown.locator(".record-of").inner_text()
    assert not re.search(r"""(?:src|href)=["'](?!#)""", path.read_text())
    context.close()


def proofs_in(content: bytes) -> tuple[int, int]:
    start = content.index(b'id="record-proofs">') + len(b'id="record-proofs">')
    return start, content.index(b"</script>", start)


def test_a_saved_record_with_one_byte_changed_says_so(
    browser: Browser, page: Page, console: "Running", record: FakeRecord, tmp_path: Path
) -> None:
    enter(page, console)
    content = saved(page, tmp_path).read_bytes()
    start, end = proofs_in(content)
    path, said = tmp_path / "changed.html", set()
    path.write_bytes(content)
    context, shown = offline(browser, path)
    assert state(shown) == "held"
    for at in range(start + 9, end, (end - start) // 24):
        changed = bytearray(content)
        changed[at] = ord("B") if content[at] == ord("A") else ord("A")
        path.write_bytes(changed)
        shown.reload()
        assert state(shown) == "broken", content[at - 40 : at + 40]
        said.add(shown.locator("#record-summary strong").inner_text())
    context.close()
    assert len(said) >= 2  # lines that do not match, and signatures that do not hold


def test_a_saved_record_whose_shown_lines_were_changed_shows_the_proved_ones(
    browser: Browser, page: Page, console: "Running", record: FakeRecord, tmp_path: Path
) -> None:
    enter(page, console)
    content = saved(page, tmp_path).read_text()
    shown_part, proofs = content.split('<script type="application/json"')
    for old, new in (("Emergency treatment", "Public health"), ("dr. Ratna", "dr. Nobody")):
        assert old in shown_part
        shown_part = shown_part.replace(old, new, 1)
    path = tmp_path / "changed.html"
    path.write_text(f'{shown_part}<script type="application/json"{proofs}')
    context, shown = offline(browser, path)
    assert state(shown) == "held"
    lines = shown.locator(".record-entries").inner_text()
    assert "Nobody" not in lines
    assert "Emergency treatment" in lines
    context.close()
    # A script that was changed does not run at all: nothing is called proved.
    path.write_text(content.replace("same(root, checkpoint.root)", "true"))
    context, shown = offline(browser, path)
    shown.wait_for_load_state()
    assert shown.locator("#record-summary").get_attribute("data-state") == "waiting"
    assert states(shown) == ["waiting"] * 5
    context.close()


def test_a_record_with_a_line_left_out_or_a_name_changed_is_not_whole(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    document = record.log.document()
    for broken in (
        msgspec.structs.replace(document, lines=document.lines[1:]),
        altered(document, name="dr. Somebody Else"),
    ):
        body = msgspec.json.encode(broken).decode()
        record.shown = m.SignedRecord(body, record.log.signed(document).note)
        enter(page, console)
        assert state(page) == "broken"
        assert "altered after it was made" in page.locator("#record-summary").inner_text()
        page.get_by_role("button", name="Sign out").click()


def test_a_browser_that_knows_no_ed25519_says_what_to_do(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    page.add_init_script(
        "const was = SubtleCrypto.prototype.generateKey;"
        "SubtleCrypto.prototype.generateKey = function (name, ...rest) {"
        " if (name === 'Ed25519') throw new DOMException('no', 'NotSupportedError');"
        " return was.call(this, name, ...rest); };"
    )
    enter(page, console)
    assert state(page) == "unable"
    assert states(page) == ["waiting"] * 5
    assert "segel audit verify-receipt" in page.locator("#record-summary").inner_text()


def test_the_page_reads_without_scripts_and_calls_nothing_proved(
    browser: Browser, console: "Running", record: FakeRecord
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    enter(page, console)
    assert "Opened your study" in page.locator(".record-entries").inner_text()
    assert states(page) == ["waiting"] * 5
    context.close()


def test_an_empty_record_and_an_erased_one_say_so(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    empty = msgspec.structs.replace(record.log.document(), lines=())
    record.shown = record.log.signed(empty)
    enter(page, console)
    assert state(page) == "held"
    assert "Nobody has opened your record yet" in page.inner_text("main")
    record.erased, record.name = True, ""
    page.reload()
    assert "key of your record was destroyed" in page.inner_text("main")


def test_nothing_of_a_record_can_end_the_script_that_carries_it(
    page: Page, console: "Running", record: FakeRecord
) -> None:
    document = altered(record.log.document(), name="</script><script>document.title='x'</script>")
    record.shown = record.log.signed(document)
    enter(page, console)
    assert state(page) == "held"
    assert page.title() != "x"
    assert json.loads(page.locator("#record-proofs").text_content() or "")


def test_the_record_fits_a_phone(page: Page, console: "Running", record: FakeRecord) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    enter(page, console, "id")
    assert state(page) == "held"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
