"""Which KMS the settings name: checked, and as the broker is told."""

from pathlib import Path
from typing import Final

from segel.app.home import Home
from segel.app.settings import Settings, SettingsBroken
from segel.keys import FilePlace, KmsPlace, OpenBaoPlace, Pkcs11Place

NEEDED: Final = {
    "file": (),
    "openbao": ("openbao_address", "openbao_mount", "openbao_credential"),
    "pkcs11": ("pkcs11_module", "pkcs11_token", "pkcs11_pin_file"),
}
SECRET_FILES: Final = ("openbao_credential", "pkcs11_pin_file")


def kms_place(settings: Settings, home: Home) -> KmsPlace:
    """Where the KMS is. Raises SettingsBroken: something is missing, or lies in the home."""
    for field in NEEDED[settings.kms]:
        if not getattr(settings, field):
            raise SettingsBroken(
                f"The KMS {settings.kms} needs this setting.",
                field=field,
                remedy="docs/guide/kms.md says how to set it up.",
            )
    for field in SECRET_FILES:
        _require_outside(getattr(settings, field), home, field)
    match settings.kms:
        case "openbao":
            return OpenBaoPlace(
                address=settings.openbao_address,
                credential=Path(settings.openbao_credential),
                mount=settings.openbao_mount,
                ca_file=Path(settings.openbao_ca_file) if settings.openbao_ca_file else None,
            )
        case "pkcs11":
            return Pkcs11Place(
                module=Path(settings.pkcs11_module),
                token=settings.pkcs11_token,
                pin_file=Path(settings.pkcs11_pin_file),
                environment=tuple(settings.pkcs11_environment),
            )
        case _:
            return FilePlace(home.kms)


def _require_outside(text: str, home: Home, field: str) -> None:
    if not text:
        return
    if not Path(text).is_absolute():
        raise SettingsBroken(
            "This path has to be absolute.", field=field, remedy="Begin it with a slash."
        )
    if Path(text).resolve().is_relative_to(home.root.resolve()):
        raise SettingsBroken(
            "What opens the home must not lie in it: a copied home would open itself.",
            field=field,
            remedy="Move the file out of the home.",
        )
