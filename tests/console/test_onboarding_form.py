"""A hospital described in steps: what fields say becomes the plan; what hinders has a place."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.access import TEMPLATE, Device, Plan, parse_plan, written_plan
from segel.console.onboarding_form import (
    FIELDS,
    STEPS,
    faults_of,
    filled_in,
    next_step,
    rows_of,
)
from segel.domain.errors import SegelError
from segel.domain.roles import Role

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEYS = '{"keys": [{"kty": "EC"}]}'


class NoCertificate(SegelError):
    code = "certificate-broken"


def read_key(pem: bytes) -> str:
    if b"AAAA" not in pem:
        raise NoCertificate("x", field="certificate")
    return "00"


def test_each_step_says_its_part_and_an_empty_row_is_none() -> None:
    plan = Plan(code="RS", name="")
    plan = filled_in(plan, "hospital", {"name": " RSUD  Contoh ", "national_code": "1000"})
    plan = filled_in(plan, "departments", {"name.0": "Radiologi", "name.1": "", "name.2": "IGD"})
    plan = filled_in(plan, "devices", {"ae_title.0": "CT1", "certificates.0": PEM * 2})
    plan = filled_in(plan, "senders", {"application.0": "LIS", "facility.0": "RS",
                                       "authorities.0": "A B"})  # fmt: skip
    plan = filled_in(plan, "systems", {"name.0": "SIMRS", "jwks.0": KEYS})
    plan = filled_in(plan, "people", {"name.0": "Dewi", "role.0": "administrator",
                                      "name.1": "Budi", "role.1": "patient"})  # fmt: skip
    assert (plan.name, plan.national_code) == ("RSUD Contoh", "1000")
    assert [one.name for one in plan.departments] == ["Radiologi", "IGD"]
    assert (plan.devices[0].called, len(plan.devices[0].certificates)) == ("SEGEL", 2)
    assert plan.senders[0].authorities == ["A", "B"]
    assert [one.role for one in plan.people] == [Role.ADMINISTRATOR, Role.CLINICIAN]
    assert faults_of(plan, read_key) == []
    assert parse_plan(written_plan(plan)) == plan  # the file that the command line takes
    for step in FIELDS:  # shown again, nothing is lost
        form = {
            f"{name}.{at}": value
            for at, row in enumerate(rows_of(plan, step))
            for name, value in row.items()
        }
        assert filled_in(plan, step, form) == plan


def test_what_has_no_field_here_stays() -> None:
    file = TEMPLATE.replace("#[[systems]]", "[[systems]]").replace("#name = \"SIMRS\"",
        'name = "SIMRS"\njwks = "{}"\nrole = "modality"\ndpop = true')  # fmt: skip
    plan = parse_plan(file.encode())
    again = filled_in(plan, "systems", {"name.0": "SIMRS 2", "jwks.0": KEYS, "scope.0": "x"})
    assert (again.systems[0].role, again.systems[0].dpop) == (Role.MODALITY, True)


@pytest.mark.parametrize(
    ("step", "form", "fault"),
    [
        ("hospital", {"name": ""}, (0, "name", "missing")),
        ("devices", {"ae_title.0": "A" * 17}, (0, "ae_title", "ae-title-invalid")),
        ("devices", {"ae_title.1": "CT", "listens.1": "x"}, (0, "listens", "address-invalid")),
        ("devices", {"ae_title.0": "CT", "certificates.0": "-----BEGIN x"},
         (0, "certificates", "certificate-broken")),
        ("devices", {"ae_title.0": "CT", "certificates.0": "ct.pem"},
         (0, "certificates", "certificate")),
        ("senders", {"application.0": "A|B", "facility.0": "F"},
         (0, "application", "sender-name-invalid")),
        ("systems", {"name.0": "S", "jwks.0": "nothing"}, (0, "jwks", "key-set")),
        ("systems", {"name.0": "S", "jwks.0": '{"keys":[{"d":"secret"}]}'}, (0, "jwks", "key-set")),
        ("people", {"name.0": "A", "name.1": "A"}, (0, "name", "twice")),
    ],
)  # fmt: skip
def test_what_hinders_is_told_at_its_field_before_anything_is_made(
    step: str, form: dict[str, str], fault: tuple[int, str, str]
) -> None:
    plan = filled_in(Plan(code="RS", name="RS"), step, form)
    found = [(one.row, one.field, one.code) for one in faults_of(plan, read_key)]
    assert fault in found
    assert {one.step for one in faults_of(plan, read_key)} == {step}


def test_the_steps_end_with_the_review() -> None:
    assert STEPS[-1] == next_step("people") == next_step("review") == "review"
    assert next_step("hospital", -1) == "hospital"


@given(st.lists(st.text(max_size=20), max_size=3), st.text(max_size=40))
def test_whatever_a_plan_says_is_read_back_from_its_file(names: list[str], name: str) -> None:
    plan = Plan(code="RS", name=name, devices=[Device(ae_title=one) for one in names])
    assert parse_plan(written_plan(plan)) == plan
    assert msgspec.structs.replace(plan) == plan
