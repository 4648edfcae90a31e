"""A hospital from a file: what the file may say, and that all of it is enrolled, once."""

import html
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from segel.access import TEMPLATE, PlanBroken, missing, parse_plan, read_plan, written_plan
from segel.domain.roles import Role
from support.running import segel

STEPS: Any = (
    ("", {}),
    ("hospital", {"name": "RS Tautan"}),
    ("departments", {"name.0": "Radiologi"}),
    ("devices", {"ae_title.0": "LINK_CT"}),
    ("people", {"name.0": "Dewi Tautan", "role.0": "data-protection-officer"}),
)
DRAFT = re.compile(r'name="draft"[^>]*>\n?(.*?)</textarea>', re.DOTALL)


def form_headers(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Accept": "text/html"}


def plan_file(folder: Path, text: str) -> Path:
    path = folder / "hospital.toml"
    path.write_text(text)
    return path


def test_the_template_is_a_plan_and_names_whom_it_takes() -> None:
    plan = read_plan(TEMPLATE.encode(), {})
    assert (plan.code, len(plan.devices), len(plan.people)) == ("RSUD1", 1, 2)
    assert missing(plan) == []
    assert parse_plan(written_plan(plan)) == plan
    alone = read_plan(b'code = "X"\nname = "RS X"\n', {})
    assert missing(alone) == [Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code = ", "does not say a hospital"),
        ('code = "X"', "`name`"),
        ('code = " "\nname = "RS"', "a code and a name"),
        ('code = "X"\nname = "RS"\nkode = 1', "kode"),
        ('code = "X"\nname = "RS"\n[[people]]\nname = "A"\nrole = "boss"', "people[0].role"),
        ('code = "X"\nname = "RS"\n[[people]]\nname = "A"\nrole = "patient"', "no role"),
        ('code = "X"\nname = "RS"\n' + '[[people]]\nname = "A"\nrole = "clinician"\n' * 2, "same"),
        ('code = "X"\nname = "RS"\n[[systems]]\nname = "S"\njwks = "s.json"', "no file s.json"),
    ],
)
def test_what_cannot_be_followed_is_refused_before_anything_is_enrolled(
    text: str, said: str
) -> None:
    with pytest.raises(PlanBroken) as refused:
        read_plan(text.encode(), {})
    assert said in refused.value.what


def test_a_hospital_is_enrolled_whole_and_again_nothing_changes(
    running: Any, tmp_path: Path
) -> None:
    assert segel("hospital", "template").stdout == TEMPLATE
    file = plan_file(tmp_path, TEMPLATE.replace("RSUD1", "RSUJI").replace("CT1", "CT UJI \\\\"))
    home = f"--home={running.home}"
    checked = segel("hospital", "onboard", str(file), "--check", home)
    assert (checked.returncode, "device CT UJI" in checked.stdout) == (0, True), checked.stderr
    assert "RSUJI" not in segel("hospital", "list", home).stdout

    partly = segel("hospital", "onboard", str(file), home)
    assert partly.returncode == 1
    assert "REFUSED: An AE title has 1 to 16" in partly.stdout
    assert partly.stdout.count("/invitation#") == 2
    file.write_text(file.read_text().replace("CT UJI \\\\", "CT_UJI"))
    again = segel("hospital", "onboard", str(file), home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("It is there already") == 2
    assert "/invitation#" not in again.stdout
    listed = msgspec.json.decode(segel("hospital", "list", "--json", home).stdout)
    (made,) = (one for one in listed if one["code"] == "RSUJI")
    assert [part["name"] for part in made["departments"]] == ["Radiologi"]


def test_a_hospital_is_taken_in_at_the_console_by_the_operators_link(running: Any) -> None:
    home = f"--home={running.home}"
    made = segel("hospital", "invite", "RSLINK", home)
    assert made.returncode == 0, made.stderr
    link = next(line for line in made.stdout.splitlines() if "/onboarding#" in line)
    with httpx.Client(base_url=running.http, timeout=60, headers=form_headers(running.http)) as web:

        def sent(path: str = "", **fields: str) -> httpx.Response:
            return web.post(f"/onboarding{path}", data={"ticket": link, **fields})

        draft = ""
        for step, fields in STEPS:
            page = sent(step=step, draft=draft, **fields)
            assert page.status_code == 200, (step, page.text)
            draft = html.unescape(DRAFT.search(page.text)[1])  # type: ignore[index]
        wrong = sent(step="devices", draft=draft, **{"ae_title.0": "A" * 17})
        assert (wrong.status_code, "ae_title-0" in wrong.text) == (422, True)
        assert "RSLINK" not in segel("hospital", "list", home).stdout  # nothing is made yet
        file = sent("/file", step="review", draft=draft)
        assert parse_plan(file.content).name == "RS Tautan"
        done = sent("/confirm", step="review", draft=draft)
        assert done.status_code == 200, done.text
        assert (done.text.count("/invitation#"), done.text.count("made-made")) == (1, 4)
        again = sent("/confirm", step="review", draft=draft)
        assert ("/invitation#" in again.text, "made-there" in again.text) == (False, True)
    listed = msgspec.json.decode(segel("hospital", "list", "--json", home).stdout)
    (there,) = (one for one in listed if one["code"] == "RSLINK")
    assert [part["name"] for part in there["departments"]] == ["Radiologi"]
