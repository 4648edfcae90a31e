"""The officers' pages at a running Segel: every address × role × hospital, and a freeze's life."""

import asyncio
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest

from segel.broker import BrokerClient
from segel.domain.roles import Role
from support.running import Running

OFFICERS = {Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}
PEOPLE = (Role.CLINICIAN, Role.RADIOLOGIST, Role.RADIOGRAPHER, *sorted(OFFICERS))
CODES = ("PENGAWAS1", "PENGAWAS2")


@dataclass(frozen=True)
class Person:
    account: UUID
    token: str


@dataclass(frozen=True)
class Staff:
    """Everybody of two hospitals of their own, and how they ask."""

    running: Running
    people: dict[tuple[str, Role], Person]

    def get(self, who: tuple[str, Role], path: str) -> httpx.Response:
        return httpx.get(self.running.http + path, headers=self._headers(who), timeout=60)

    def post(self, who: tuple[str, Role], path: str, **form: str) -> httpx.Response:
        headers = self._headers(who) | {"origin": self.running.http}
        return httpx.post(self.running.http + path, data=form, headers=headers, timeout=60)

    def _headers(self, who: tuple[str, Role]) -> dict[str, str]:
        cookies = f"segel_session={self.people[who].token}; segel_language=en"
        return {"cookie": cookies, "accept": "text/html"}


@pytest.fixture(scope="module")
def staff(running: Running) -> Staff:
    async def enrol() -> dict[tuple[str, Role], Person]:
        operator = await BrokerClient.connect(running.home / "run" / "operator.sock")
        people = {}
        try:
            for code in CODES:
                await operator.enrol_hospital(code, f"RS {code}")
                for role in PEOPLE:
                    account = await operator.enrol_account(f"{role} {code}", role, code)
                    token = await operator.issue_token(account, 3_600)
                    people[code, role] = Person(account, token.token)
        finally:
            await operator.close()
        return people

    return Staff(running, asyncio.run(enrol()))


def test_officers_see_their_own_hospitals_accounts_and_nobody_else_any(staff: Staff) -> None:
    for role in PEOPLE:
        for own, other in (CODES, CODES[::-1]):
            page = staff.get((own, role), "/oversight")
            assert page.status_code == (200 if role in OFFICERS else 403), role
            listed = re.findall(r'person-name">([^<]+)<', page.text)
            expected = sorted(f"{one} {own}" for one in PEOPLE) if role in OFFICERS else []
            assert sorted(listed) == expected
            assert other not in page.text
            navigation = 'href="/oversight"' in staff.get((own, role), "/account").text
            assert navigation == (role in OFFICERS)


def test_only_officers_freeze_and_only_their_own_people(staff: Staff) -> None:
    target = staff.people[CODES[1], Role.RADIOLOGIST]
    for role in PEOPLE:
        answer = staff.post(
            (CODES[0], role), "/oversight/freeze", account=str(target.account), reason="x"
        )
        assert answer.status_code == (404 if role in OFFICERS else 403), role
    assert staff.get((CODES[1], Role.RADIOLOGIST), "/account").status_code == 200
    for role in sorted(set(PEOPLE) - OFFICERS):
        answer = staff.post((CODES[1], role), "/oversight/freeze", reason="x")
        assert answer.status_code == 403, role


@pytest.mark.parametrize("path", ["/oversight/unfreeze", "/oversight/more"])
def test_only_officers_ask_for_what_two_people_decide(staff: Staff, path: str) -> None:
    for role in PEOPLE:
        fields = {"freeze": str(uuid4()), "more": "5", "hours": "2", "reason": "x"}
        answer = staff.post((CODES[0], role), path, **fields)
        if path == "/oversight/unfreeze":  # that freeze is nobody's
            assert answer.status_code == 404, role
        else:
            assert answer.status_code == (303 if role in OFFICERS else 403), role


def test_readers_ask_for_more_for_themselves_and_officers_of_their_hospital_decide(
    staff: Staff,
) -> None:
    code, other = CODES
    for role in PEOPLE:
        answer = staff.post((code, role), "/account/more", more="5", hours="2", reason="sibuk")
        assert answer.status_code == (403 if role in OFFICERS else 303), role
    page = staff.get((code, Role.ADMINISTRATOR), "/approvals").text
    named = re.search(r'id="request-([0-9a-f-]+)">\s*<h3[^>]*>clinician PENGAWAS1: 5 more', page)
    assert named
    path = f"/approvals/{named[1]}"
    for role in PEOPLE:
        answer = staff.post((other, role), path, decision="approve", reason="x")
        assert answer.status_code == 404, role
    for role in sorted(set(PEOPLE) - OFFICERS):
        answer = staff.post((code, role), path, decision="approve", reason="x")
        assert answer.status_code in (403, 404), role
    for role in sorted(OFFICERS):
        answer = staff.post((code, role), path, decision="approve", reason="setuju")
        assert answer.status_code == 303, role
    own = staff.get((code, Role.CLINICIAN), "/account").text
    assert "+5 patients until" in own
    assert "of 35" in own
    again = staff.post((code, Role.ADMINISTRATOR), path, decision="approve", reason="x")
    assert again.status_code in (403, 409)


def test_an_officer_freezes_asks_for_its_end_and_another_officer_ends_it(staff: Staff) -> None:
    code = CODES[0]
    officer, admin = (code, Role.DATA_PROTECTION_OFFICER), (code, Role.ADMINISTRATOR)
    victim = (code, Role.RADIOGRAPHER)
    account = str(staff.people[victim].account)
    empty = staff.post(officer, "/oversight/freeze", account=account, reason=" ")
    assert empty.status_code == 422
    done = staff.post(officer, "/oversight/freeze", account=account, reason="ganjil", hours="24")
    assert done.status_code == 303
    frozen = staff.get(victim, "/account")
    assert frozen.status_code == 403
    assert "frozen" in frozen.text
    shown = re.search(r'id="freeze-([0-9a-f-]+)"', staff.get(officer, "/oversight").text)
    assert shown
    asked = staff.post(officer, "/oversight/unfreeze", freeze=shown[1], reason="keliru")
    assert asked.status_code == 303
    page = staff.get(admin, "/approvals").text
    assert 'class="tally"' in page
    request = re.search(r'id="request-([0-9a-f-]+)">\s*<h3[^>]*>Lift the freeze of radiogr', page)
    assert request
    path = f"/approvals/{request[1]}"
    assert staff.post(officer, path, decision="approve", reason="x").status_code == 403
    assert staff.get(victim, "/account").status_code == 403
    assert staff.post(admin, path, decision="approve", reason="setuju").status_code == 303
    assert staff.get(victim, "/account").status_code == 200
    assert shown[1] not in staff.get(officer, "/oversight").text


def test_a_form_from_elsewhere_does_nothing(staff: Staff) -> None:
    officer = (CODES[1], Role.DATA_PROTECTION_OFFICER)
    cookies = {"segel_session": staff.people[officer].token}
    paths = ("/oversight/freeze", "/oversight/unfreeze", "/oversight/more", "/account/more",
             f"/approvals/{uuid4()}")  # fmt: skip
    with httpx.Client(base_url=staff.running.http, cookies=cookies, timeout=60) as web:
        for path in paths:
            answer = web.post(path, data={"reason": "x"}, headers={"origin": "https://x.example"})
            assert answer.status_code == 403, path
            assert web.get(path).status_code == 303, "a reload leads back to the page"


def test_nobody_gets_in_without_a_session(staff: Staff) -> None:
    for path in ("/oversight", "/approvals"):
        answer = httpx.get(staff.running.http + path, headers={"accept": "text/html"}, timeout=60)
        assert answer.headers["location"] == "/sign-in"
