"""What the broker's process is started with."""

from pathlib import Path
from typing import Final

import msgspec

from segel.broker.erasure import RETENTION_YEARS
from segel.broker.forwarding import ForwardSettings
from segel.broker.glass_rules import GlassRules
from segel.broker.limits import BudgetLimits
from segel.broker.sessions import PERSON_IDLE_S
from segel.keys import FilePlace, KmsPlace

GRANT_S: Final = 300
"""How long a released study key may be kept: a reading session's pauses, not a night."""


DECOY_SHARE_MAX: Final = 0.05
"""More than one in twenty would be met by clinicians every day."""

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
"""Where the web door has the token endpoint: assertions must be for it."""


def callback_path(provider: str) -> str:
    """Where a provider sends browsers back to; its own, so that no other's answer is taken."""
    return f"/sign-in/openid/{provider}/callback"


class OpenIdProvider(msgspec.Struct, frozen=True):
    """An OpenID provider, with what the files of its setting held.

    ``secret`` or ``key_pem`` (a private EC key): by which the broker is known there; neither: a
    public client. ``claim`` names the account. ``hospital``: the code of the only hospital whose
    accounts it vouches for, or ''.
    """

    name: str
    label: str
    issuer: str
    client_id: str
    secret: str = ""
    key_pem: str = ""
    claim: str = "sub"
    hospital: str = ""
    scope: str = "openid"

    def __repr__(self) -> str:
        return f"OpenIdProvider({self.name!r})"


class BrokerSettings(msgspec.Struct, frozen=True):
    """Paths of the two sockets and of the object store that gets the log.

    ``kms``: which one; a bare path is the file KMS's folder.

    ``planter_socket``: for the process that plants decoys, of the user ``planter_user`` where that
    is known.

    ``courier_socket``, ``courier_user``: the same for the process that tells others outside;
    ``fingerprinter_socket``, ``fingerprinter_user``: for the one that has fingerprints made.

    ``national_quiet_s``: how long a chart lies still before the national platform is told of it,
    None where there is no platform; ``national_alert_s``: how long it may be away before somebody
    is told. ``subscriptions``: whether hospitals' systems may have themselves told of changes.

    ``key_backup``: the folder of the wrapped keys' own backup, outside of the home.

    ``alert_webhook``: where alerts are posted to, or ""; ``alert_link``: what they point at.

    ``without_budgets``: for drills, which have to see their attack succeed.
    ``witnesses``, ``witness_quorum``, ``witness_grace_ms``: as in the settings of the same names.

    ``origins``: how clients name the web door, the console's own first; what proofs and assertions
    must be for.

    ``disks``: folders whose file systems must have ``disk_reserve_mib`` left.

    ``retention_years``: for how long after the last visit a record is kept.

    ``run_as``: numeric user id to become after the sockets are bound, or None to stay.
    """

    socket: Path
    operator_socket: Path
    database: str
    kms: Path | KmsPlace
    objects: Path
    key_backup: Path
    log_origin: str
    origins: tuple[str, ...] = ("http://localhost",)
    session_idle_s: int = PERSON_IDLE_S
    providers: tuple[OpenIdProvider, ...] = ()
    planter_socket: Path | None = None
    planter_user: int | None = None
    courier_socket: Path | None = None
    courier_user: int | None = None
    fingerprinter_socket: Path | None = None
    fingerprinter_user: int | None = None
    national_quiet_s: float | None = None
    national_alert_s: float = 3_600.0
    subscriptions: bool = False
    demo: bool = False
    without_budgets: bool = False
    production: bool = False
    limits: BudgetLimits = BudgetLimits()
    break_glass: GlassRules = GlassRules()
    alert_webhook: str = ""
    alert_link: str = ""
    witnesses: tuple[str, ...] = ()
    witness_quorum: int = 0
    witness_grace_ms: int = 800
    run_as: int | None = None
    patients_see_names: bool = True
    forward: ForwardSettings | None = None
    decoy_share_max: float = DECOY_SHARE_MAX
    retention_years: int = RETENTION_YEARS
    disks: tuple[Path, ...] = ()
    disk_reserve_mib: int = 0

    @property
    def console_origin(self) -> str:
        """How browsers name the console."""
        return self.origins[0]

    @property
    def kms_place(self) -> KmsPlace:
        """Which KMS."""
        return FilePlace(self.kms) if isinstance(self.kms, Path) else self.kms
