"""A settings file's KMS, as the broker is told of it."""

from pathlib import Path
from typing import Any

from segel.app import settings as settings_module
from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.settings import SettingsBroken
from segel.broker.generations import described


def kms_of(settings_file: Path, home: Home) -> dict[str, Any]:
    """The KMS that a settings file names. Raises SettingsBroken."""
    settings = settings_module.load(settings_file)
    if settings.kms == "file":
        raise SettingsBroken(
            "The settings name the file KMS, which is for development.",
            field="kms",
            remedy="Name OpenBao or an HSM: docs/guide/kms.md.",
        )
    return described(kms_place(settings, home))
