"""Production mode: what has to be so before real patients come. Everything that is not is said."""

from typing import Final
from urllib.parse import urlsplit

from segel.app.home import Home
from segel.app.settings import LOOPBACK, Settings, endpoint
from segel.broker.erasure import RETENTION_YEARS
from segel.domain.errors import SegelError
from segel.domain.subject_requests import RETENTION_ARTICLE

WITNESSES_MIN: Final = 2
"""With one, whoever has it and the operator together can show two different logs."""


class NotForProduction(SegelError):
    """Settings that production mode refuses."""

    code = "not-for-production"


def require_fit(settings: Settings) -> None:
    """Raises NotForProduction with everything that is in the way, each with its remedy."""
    faults = unfit(settings)
    if settings.production and faults:
        raise NotForProduction(
            "Production mode refuses these settings:\n"
            + "\n".join(f"  - {fault}" for fault in faults)
        )


def require_nobody_synthetic(settings: Settings, home: Home) -> None:
    """Raises NotForProduction for a home that `segel synth` filled."""
    if settings.production and home.synthetic.exists():
        raise NotForProduction(
            "This home has synthetic patients.",
            field="home",
            remedy="Real ones belong into a home of their own: give one that is not there yet.",
        )


def unfit(settings: Settings) -> list[SegelError]:
    """What production mode refuses; none where it may start. Pure."""
    return [
        *_keys(settings),
        *_doors(settings),
        *_witnesses(settings),
        *_retention(settings),
    ]


def _keys(settings: Settings) -> list[SegelError]:
    found = []
    if settings.kms == "file":
        found.append(
            SegelError(
                "The file KMS keeps its root key beside the keys that it protects.",
                field="kms",
                remedy="Set openbao or pkcs11; docs/guide/kms.md says how.",
            )
        )
    if settings.demo:
        found.append(
            SegelError("Demo mode lets anybody in.", field="demo", remedy="Start without --demo.")
        )
    if settings.drill:
        found.append(
            SegelError(
                "A drill's Segel is thrown away.", field="drill", remedy="Leave this setting out."
            )
        )
    return found


def _doors(settings: Settings) -> list[SegelError]:
    found = []
    for door, url in (("http", "public_url"), ("viewer", "viewer_url")):
        public = getattr(settings, url)
        if public and urlsplit(public).scheme != "https":
            found.append(
                SegelError(
                    "Browsers would send tokens and images in the clear.",
                    field=url,
                    remedy="Put a proxy that speaks TLS before it and write its https:// address.",
                )
            )
        elif not public and not _is_local(getattr(settings, door), door):
            found.append(
                SegelError(
                    "Clear HTTP beyond this machine.",
                    field=door,
                    remedy=f"Listen on 127.0.0.1, put a proxy that speaks TLS before it, and set"
                    f" {url} to its https:// address.",
                )
            )
    for door, called in (("dimse", "DIMSE"), ("mllp", "MLLP")):
        text = getattr(settings, door)
        if text and not _is_local(text, door):
            found.append(
                SegelError(
                    f"Clear {called} beyond this machine.",
                    field=door,
                    remedy=f"Listen on 127.0.0.1, or use {door}_tls instead.",
                )
            )
    return found


def _witnesses(settings: Settings) -> list[SegelError]:
    if len(settings.witnesses) >= WITNESSES_MIN:
        return []
    return [
        SegelError(
            f"The audit log has {len(settings.witnesses)} witnesses; with fewer than"
            f" {WITNESSES_MIN} an operator could show different people different logs.",
            field="witnesses",
            remedy="Name at least two that other people run.",
        )
    ]


def _retention(settings: Settings) -> list[SegelError]:
    if settings.retention_years >= RETENTION_YEARS:
        return []
    return [
        SegelError(
            f"Medical records are kept for at least {RETENTION_YEARS} years from the last visit"
            f" ({RETENTION_ARTICLE}).",
            field="retention_years",
            remedy=f"Set {RETENTION_YEARS} or more, or leave it out.",
        )
    ]


def _is_local(text: str, field: str) -> bool:
    return endpoint(text, field)[0] in LOOPBACK
