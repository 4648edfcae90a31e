"""Production mode refuses what is not fit for real patients: all of it, each with its remedy."""

from pathlib import Path
from typing import Any

import pytest

from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.production import NotForProduction, require_fit, unfit
from segel.app.settings import Settings, SettingsBroken, load
from segel.keys import FilePlace, OpenBaoPlace, Pkcs11Place
from support.running import FREE_DOORS, place_for_a_home, segel

FIT: dict[str, Any] = {
    "production": True,
    "kms": "openbao",
    "openbao_credential": "/etc/segel/openbao.json",
    "witnesses": ["one", "two"],
}


def fields(**changes: Any) -> list[str | None]:
    return [fault.field for fault in unfit(Settings(**(FIT | changes)))]


def test_a_fit_one_is_let_be() -> None:
    assert fields() == []
    require_fit(Settings(**FIT))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kms": "file"}, "kms"),
        ({"demo": True}, "demo"),
        ({"drill": True}, "drill"),
        ({"http": "0.0.0.0:8080"}, "http"),
        ({"http": "10.0.0.5:8080"}, "http"),
        ({"viewer": "[::]:8081"}, "viewer"),
        ({"public_url": "http://segel.example.id"}, "public_url"),
        ({"viewer_url": "http://lihat.example.id"}, "viewer_url"),
        ({"dimse": "0.0.0.0:11112"}, "dimse"),
        ({"mllp": "0.0.0.0:2575"}, "mllp"),
        ({"witnesses": []}, "witnesses"),
        ({"witnesses": ["one"]}, "witnesses"),
    ],
)
def test_each_fault_is_refused_with_its_remedy(changes: dict[str, Any], field: str) -> None:
    assert fields(**changes) == [field]
    (fault,) = unfit(Settings(**(FIT | changes)))
    assert fault.remedy
    with pytest.raises(NotForProduction) as caught:
        require_fit(Settings(**(FIT | changes)))
    assert fault.remedy in str(caught.value)
    require_fit(Settings(**(FIT | changes | {"production": False})))


def test_a_door_that_is_closed_or_speaks_tls_is_let_be() -> None:
    assert fields(dimse="", dimse_tls="0.0.0.0:2762", mllp_tls="0.0.0.0:2576") == []


def test_a_proxy_that_speaks_tls_may_stand_before_an_open_door() -> None:
    assert fields(http="0.0.0.0:8080", public_url="https://segel.example.id") == []


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    with place_for_a_home() as folder:
        home = folder / "home"
        doors = ["--http=0.0.0.0:0", "--viewer=127.0.0.1:0", "--dimse=0.0.0.0:0"]
        up = segel("up", f"--home={home}", *doors, "--production", "--detach")
        assert up.returncode == 1
        for field in ("kms:", "http:", "dimse:", "witnesses:"):
            assert field in up.stderr
        assert not home.exists()  # nothing was begun


def test_production_with_demo_is_refused() -> None:
    with place_for_a_home() as folder:
        up = segel("up", f"--home={folder / 'home'}", *FREE_DOORS, "--demo", "--production")
        assert up.returncode == 1
        assert "demo:" in up.stderr


HOME = Home(Path("/srv/segel"))
OPENBAO = {"kms": "openbao", "openbao_credential": "/etc/segel/openbao.json"}
PKCS11 = {
    "kms": "pkcs11",
    "pkcs11_module": "/usr/lib/hsm.so",
    "pkcs11_token": "segel",
    "pkcs11_pin_file": "/etc/segel/pin",
}


def test_the_settings_name_each_kms() -> None:
    assert kms_place(Settings(), HOME) == FilePlace(HOME.kms)
    assert isinstance(kms_place(load(None, **OPENBAO), HOME), OpenBaoPlace)
    place = kms_place(load(None, **PKCS11, pkcs11_environment=["A=B"]), HOME)
    assert place == Pkcs11Place(Path("/usr/lib/hsm.so"), "segel", Path("/etc/segel/pin"), ("A=B",))


@pytest.mark.parametrize(
    "field", ["openbao_credential", "openbao_address", "pkcs11_module", "pkcs11_pin_file"]
)
def test_what_is_missing_is_named(field: str) -> None:
    said = {**(OPENBAO if field.startswith("openbao") else PKCS11), field: ""}
    with pytest.raises(SettingsBroken) as caught:
        kms_place(load(None, **said), HOME)
    assert caught.value.field == field


@pytest.mark.parametrize("inside", ["/srv/segel/pin", "/srv/segel/run/../pin", "pin"])
def test_no_credential_lies_in_the_home(inside: str) -> None:
    with pytest.raises(SettingsBroken, match="pkcs11_pin_file"):
        kms_place(load(None, **(PKCS11 | {"pkcs11_pin_file": inside})), HOME)
