"""``segel national``: where credentials may come from, and what is refused at once."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from segel.app import national_commands
from segel.app.courier import tls_contexts
from segel.app.settings import Settings, SettingsBroken, load
from segel.broker import messages as m
from segel.domain.errors import SegelError

CLIENT = 'client_id = "rs-harapan"\nclient_secret = "s3cret-of-the-client"\n'
SETUP = ["setup", "HARAPAN", "--organisation", "100012345"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[m.SetUpNational]:
    """What would be said to the broker."""
    said: list[m.SetUpNational] = []

    def answer(_: Path, question: Any) -> Any:
        class Operator:
            class national:  # noqa: N801 - as the client has it
                @staticmethod
                def set_up(message: m.SetUpNational) -> None:
                    said.append(message)

                @staticmethod
                def report() -> m.NationalReport:
                    return m.NationalReport([], platform=True)

        return question(Operator)

    monkeypatch.setattr(national_commands, "ask", answer)
    return said


def run(*arguments: str, typed: str = "") -> Any:
    return CliRunner().invoke(national_commands.app, arguments, input=typed)


def credentials(folder: Path, text: str = CLIENT, mode: int = 0o600) -> str:
    file = folder / "client.toml"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_credentials_come_from_a_file_of_ones_own(
    asked: list[m.SetUpNational], tmp_path: Path
) -> None:
    done = run(*SETUP, "--credentials", credentials(tmp_path), "--location", "l-1")
    assert done.exit_code == 0, done.output
    (said,) = asked
    assert (said.client_id, said.client_secret) == ("rs-harapan", "s3cret-of-the-client")
    assert "s3cret" not in done.output + repr(said)


def test_credentials_come_from_the_prompt_and_the_secret_is_not_echoed(
    asked: list[m.SetUpNational],
) -> None:
    done = run(*SETUP, typed="rs-harapan\ns3cret-of-the-client\n")
    assert done.exit_code == 0, done.output
    assert asked[0].client_secret == "s3cret-of-the-client"
    assert "s3cret" not in done.output
    assert "no Location" in done.output


def test_no_option_takes_a_secret() -> None:
    names = run("setup", "--help").output
    assert "--credentials" in names
    assert "--secret" not in names
    assert "--client" not in names


@pytest.mark.parametrize(("text", "mode"), [
    (CLIENT, 0o644),
    (CLIENT, 0o660),
    ("client_id = 'only'\n", 0o600),
    ("nonsense", 0o600),
    ('client_id = "a"\nclient_secret = 7\n', 0o600),
    (f'client_id = "a"\nclient_secret = "{"x" * 600}"\n', 0o600),
])  # fmt: skip
def test_other_files_are_refused_and_nothing_is_set_up(
    asked: list[m.SetUpNational], tmp_path: Path, text: str, mode: int
) -> None:
    done = run(*SETUP, "--credentials", credentials(tmp_path, text, mode))
    assert isinstance(done.exception, SegelError)
    assert "s3cret" not in str(done.exception)
    assert asked == []


def test_an_organisation_that_is_none_is_refused_before_a_secret_is_asked_for(
    asked: list[m.SetUpNational],
) -> None:
    done = run("setup", "HARAPAN", "--organisation", "../etc")
    assert isinstance(done.exception, SegelError)
    assert asked == []


@pytest.mark.parametrize("values", [
    {"national_fhir": "http://platform.example/fhir-r4/v1"},
    {"national_fhir": "ftp://platform.example/fhir-r4/v1"},
    {"national_fhir": "https://platform.example/fhir?x=1"},
    {"national_fhir": "https://platform.example/fhir-r4/v1"},
    {"national_fhir": "https://platform.example/f", "national_token": "http://platform.example/t"},
])  # fmt: skip
def test_the_platform_is_reached_over_https_and_needs_both_addresses(values: Any) -> None:
    with pytest.raises(SettingsBroken) as broken:
        load(None, **values)
    assert str(broken.value.field).startswith("national_")


def test_an_authority_that_cannot_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "absent.pem"):
        with pytest.raises(SettingsBroken) as broken:
            tls_contexts(Settings(national_authority=str(path)))
        assert broken.value.field == "national_authority"
        with pytest.raises(SettingsBroken) as broken:
            tls_contexts(Settings(subscription_authority=str(path)))
        assert broken.value.field == "subscription_authority"
