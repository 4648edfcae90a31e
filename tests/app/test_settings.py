"""Settings: one place says what each means; the reference page and sample agree with it."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.app import settings as s

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_the_reference_page_and_the_sample_are_those_of_the_code() -> None:
    remedy = "run: python -m segel.app.settings docs/reference"
    assert (DOCS / "settings.md").read_text() == s.reference(), remedy
    assert (DOCS / "segel.toml").read_text() == s.sample(), remedy


def test_the_sample_uncommented_is_the_default() -> None:
    lines = [line.removeprefix("# ") for line in s.sample().splitlines() if " = " in line]
    assert len(lines) == len(msgspec.structs.fields(s.Settings))
    assert msgspec.convert(tomllib.loads("\n".join(lines)), s.Settings) == s.Settings()


def test_what_is_said_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "segel.toml"
    path.write_text('http = "127.0.0.1:1"\ndimse = "127.0.0.1:2"\n')
    settings = s.load(path, http="127.0.0.1:3", dimse=None)
    assert (settings.http, settings.dimse) == ("127.0.0.1:3", "127.0.0.1:2")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("htp = 'x:1'", "htp"),
        ("gateway_workers = 'many'", "gateway_workers"),
        ("gateway_workers = 0", "gateway_workers"),
        ("http = '127.0.0.1'", "http"),
        ("http = '127.0.0.1:99999'", "http"),
        ("metrics = '0.0.0.0:9000'", "metrics"),
        ("demo = true\nhttp = '0.0.0.0:8080'", "http"),
        ("demo = true\ndimse = '192.0.2.1:104'", "dimse"),
        ("demo = true\nmllp = '192.0.2.1:2575'", "mllp"),
        ("mllp = 'here'", "mllp"),
        ("mllp_tls = '127.0.0.1:0'", "mllp_tls_certificate"),
        ("not toml", "TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_a_remedy(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "segel.toml"
    path.write_text(text)
    with pytest.raises(s.SettingsBroken, match=named) as raised:
        s.load(path)
    assert raised.value.remedy


def test_hl7_has_a_door_in_the_demo_only_unless_it_is_said() -> None:
    assert s.load(None).mllp == ""
    assert s.load(None, demo=True).mllp == s.DEMO_MLLP
    assert s.load(None, demo=True, mllp="127.0.0.1:0").mllp == "127.0.0.1:0"


@given(st.text(max_size=40))
def test_an_endpoint_is_two_parts_or_refused(text: str) -> None:
    try:
        host, port = s.endpoint(text, "http")
    except s.SettingsBroken:
        return
    assert host
    assert 0 <= port <= 65535


def test_it_survives_its_own_file() -> None:
    settings = s.Settings(http="[::1]:8080", gateway_workers=4)
    assert s.decode(s.encode(settings)) == settings
    assert s.endpoint(settings.http, "http") == ("::1", 8080)
