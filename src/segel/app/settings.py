"""Every setting, once: meaning, unit, default and effect.

``docs/reference/settings.md`` and ``docs/reference/segel.toml`` are written from this file
(``python -m segel.app.settings docs/reference``); a test holds the three together. A settings
file is TOML; what the command line says goes before it.
"""

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from segel.broker.limits import BudgetLimits, read_limits
from segel.broker.witnesses import WitnessListBroken, WitnessPolicy
from segel.domain.errors import SegelError
from segel.tlog import TlogError, require_key_name


class SettingsBroken(SegelError):
    """A settings file or value that cannot be used."""

    code = "settings-broken"


def _about(meaning: str, effect: str, unit: str = "") -> Meta:
    return Meta(description=meaning, extra={"unit": unit, "effect": effect})


class OpenIdSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One OpenID provider; the files are read when Segel starts."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    label: Annotated[str, Meta(min_length=1, max_length=60)]
    issuer: str
    client_id: str
    client_secret_file: str = ""
    client_key_file: str = ""
    claim: str = "sub"
    hospital: str = ""
    scope: str = "openid"


# fmt: off
class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one Segel runs. Kept as JSON in ``HOME/run/settings.json``; it holds no secret."""

    http: Annotated[str, _about(
        "Where the console, the worklist and DICOMweb listen.",
        "Port 0 takes a free one; `segel status` shows which.", "HOST:PORT",
    )] = "127.0.0.1:8080"
    viewer: Annotated[str, _about(
        "Where the OHIF viewer is served, as an origin of its own.",
        "Must be reachable by the same browsers as `http`. Port 0 takes a free one.", "HOST:PORT",
    )] = "127.0.0.1:8081"
    dimse: Annotated[str, _about(
        "Where modalities send to (C-ECHO, C-STORE, C-FIND, C-MOVE, C-GET), without TLS.",
        "Port 0 takes a free one. Empty: only `dimse_tls`.", "HOST:PORT",
    )] = "127.0.0.1:11112"
    dimse_tls: Annotated[str, _about(
        "Where devices with a certificate send to: DIMSE over TLS (PS3.15 B.12).",
        "Empty: nowhere. The port that is registered for it is 2762; 0 takes a free one.",
        "HOST:PORT",
    )] = ""
    dimse_tls_certificate: Annotated[str, _about(
        "Our certificate for DIMSE over TLS, with its chain.",
        "Shown to devices that send to us, and to those that C-MOVE sends to.", "PEM file",
    )] = ""
    dimse_tls_key: Annotated[str, _about(
        "The key of `dimse_tls_certificate`, without a passphrase.",
        "Read at the start, before root is given up.", "PEM file",
    )] = ""
    dimse_tls_issuers: Annotated[str, _about(
        "The certificates whose holders may speak DIMSE over TLS: of their issuers, or their own.",
        "Which device each is, `segel peer add --certificate` says.", "PEM file",
    )] = ""
    mllp: Annotated[str, _about(
        "Where laboratories' and radiology systems send HL7 messages to (MLLP), without TLS.",
        "Empty: nowhere; with `demo`, 127.0.0.1:2575 where nothing else is said. Port 0 takes a"
        " free one. See docs/guide/laboratories.md.", "HOST:PORT",
    )] = ""
    mllp_tls: Annotated[str, _about(
        "Where systems with a certificate send HL7 messages to: MLLP over TLS.",
        "Empty: nowhere. Port 0 takes a free one.", "HOST:PORT",
    )] = ""
    mllp_tls_certificate: Annotated[str, _about(
        "Our certificate for MLLP over TLS, with its chain.",
        "Shown to the systems that send to us.", "PEM file",
    )] = ""
    mllp_tls_key: Annotated[str, _about(
        "The key of `mllp_tls_certificate`, without a passphrase.",
        "Read at the start, before root is given up.", "PEM file",
    )] = ""
    mllp_tls_issuers: Annotated[str, _about(
        "The certificates whose holders may send by MLLP over TLS: of their issuers, or their own.",
        "Which system each is, `segel hl7 add --certificate` says.", "PEM file",
    )] = ""
    metrics: Annotated[str, _about(
        "Where Prometheus reads `/metrics`: counts and durations only.",
        "Loopback addresses only. Port 0 takes a free one; empty: none.", "HOST:PORT",
    )] = "127.0.0.1:0"
    public_url: Annotated[str, _about(
        "The address that browsers use for `http`, where it stands behind a proxy.",
        "Passkeys are bound to its host name. Empty: `http` itself.", "URL",
    )] = ""
    viewer_url: Annotated[str, _about(
        "The address that browsers use for `viewer`, where it stands behind a proxy.",
        "Empty: `viewer` itself.", "URL",
    )] = ""
    viewer_folder: Annotated[str, _about(
        "The folder of OHIF's built files (`@ohif/app/dist`).",
        "Empty or absent: only the light viewer is offered.", "path",
    )] = ""
    web_packages: Annotated[str, _about(
        "The folder of the npm packages that pages with a camera are made of (`node_modules` of"
        " `make web-peers`).",
        "Empty or absent: the verifier of cards is not served. See docs/guide/cards.md.", "path",
    )] = ""
    card_list_pins: Annotated[tuple[str, ...], _about(
        "The thumbprints (RFC 7638) of the keys that sign the lists of cards.",
        "The verifier at `/verify/` believes no list of another key. A change is a new edition of"
        " the app, which each device offers to its user. Empty: none in production; else the key of"
        " the lists that this Segel publishes itself.", "thumbprints",
    )] = ()
    budgets: Annotated[str, _about(
        "A TOML file with how many distinct patients a role, a hospital and all may open.",
        "Empty: 30 an hour for a clinician and so on; see docs/reference/budgets.toml, which has"
        " every default. Read when Segel starts.", "path",
    )] = ""
    database: Annotated[str, _about(
        "The DSN of a PostgreSQL 16 or newer, by a role that may create roles.",
        "Empty: an embedded PostgreSQL in the home. The DSN is used at the start only and not"
        " kept; a password in it belongs in ~/.pgpass or PGPASSWORD.", "libpq DSN",
    )] = ""
    database_memory_mib: Annotated[int, _about(
        "Shared buffers of the embedded PostgreSQL.",
        "More keeps more of the index in memory; up to a quarter of the machine is sensible.",
        "MiB",
    ), Meta(ge=16, le=65536)] = 512
    objects: Annotated[str, _about(
        "The object store of packs and audit tiles.",
        "Empty: the folder `objects` in the home.", "path",
    )] = ""
    disk_reserve_mib: Annotated[int, _about(
        "How much of the disks of `objects` and of the embedded database is kept free.",
        "With less left nothing is released and nothing stored, until there is room again: a"
        " database that runs into the end of its disk stops. 0: not looked at.", "MiB",
    ), Meta(ge=0, le=1048576)] = 64
    kms: Annotated[Literal["file", "openbao", "pkcs11"], _about(
        "Which key-management service holds the key-encryption keys.",
        "`openbao` and `pkcs11` need the settings below that begin with their names; `file` is for"
        " development. See docs/guide/kms.md.",
    )] = "file"
    openbao_address: Annotated[str, _about(
        "Where OpenBao listens.",
        "Plain http:// is for loopback only; a socket is written unix:///path.", "URL",
    )] = "https://127.0.0.1:8200"
    openbao_ca_file: Annotated[str, _about(
        "The certificate authority that OpenBao's certificate is checked against, as PEM.",
        "Empty: those that the machine trusts.", "path",
    )] = ""
    openbao_mount: Annotated[str, _about(
        "The mount of OpenBao's Transit engine that holds this archive's keys.",
        "Each archive needs its own.",
    )] = "segel"
    openbao_credential: Annotated[str, _about(
        "The file with the AppRole that `segel keys init-openbao` wrote, or with a token.",
        "Readable by its owner only, and outside of the home.", "path",
    )] = ""
    pkcs11_module: Annotated[str, _about(
        "The HSM's PKCS#11 module, a shared library.",
        "The broker loads it into its own process.", "path",
    )] = ""
    pkcs11_token: Annotated[str, _about(
        "The label of the HSM's token that holds this archive's keys.",
        "Each archive needs its own.",
    )] = ""
    pkcs11_pin_file: Annotated[str, _about(
        "The file with the PIN of the token's user.",
        "Readable by its owner only, and outside of the home.", "path",
    )] = ""
    pkcs11_environment: Annotated[list[str], _about(
        "What the module reads from its environment, e.g. where its own configuration lies.",
        "Set in the broker's process only.", "NAME=VALUE",
    )] = []
    production: Annotated[bool, _about(
        "Production mode: real patients.",
        "Refuses to start with the file KMS, demo accounts, clear HTTP, DIMSE or MLLP beyond"
        " loopback, or fewer than two witnesses; says all that is missing at once.",
    )] = False
    gateway_workers: Annotated[int, _about(
        "Gateway processes that share the HTTP doors.",
        "About one a core; each opens its own database connections.", "processes",
    ), Meta(ge=1, le=64)] = 2
    log_origin: Annotated[str, _about(
        "The name of the audit log, under which its checkpoints are signed.",
        "Give each Segel its own before its first start: witnesses and readers know the log by it,"
        " e.g. `segel.rsud.example.id/audit`. Changed later, it is another log.",
    )] = "segel.local/audit"
    witnesses: Annotated[tuple[str, ...], _about(
        "Who cosigns the audit log: a line for each witness.",
        "With witnesses, no key is released unless a quorum of them cosigned the log within"
        " `witness_grace_ms`. Empty: none; an operator could then show different people"
        " different logs. Production mode wants at least two that other people run. See"
        " docs/guide/witness.md.", "NAME URL VKEY",
    )] = ()
    witness_quorum: Annotated[int, _about(
        "How many witnesses have to cosign.",
        "More than half of them; 0 takes the least number that is. Of two, both are needed; of"
        " three, one may be away.", "witnesses",
    ), Meta(ge=0, le=32)] = 0
    witness_grace_ms: Annotated[int, _about(
        "How long ago the newest cosigned checkpoint may have been made when a key is released.",
        "A lost quorum stops releases within this time. 0: every release waits until its own"
        " entry is cosigned, which costs it the way to the witnesses and back.", "milliseconds",
    ), Meta(ge=0, le=900)] = 800
    demo: Annotated[bool, _about(
        "Demo mode: invented hospitals, people and patients, and sign-in by choosing a person.",
        "Every door must be on a loopback address.",
    )] = False
    drill: Annotated[bool, _about(
        "A throwaway Segel for `segel drill`: like demo mode, but empty.",
        "Every door must be on a loopback address.",
    )] = False
    drill_without_budgets: Annotated[bool, _about(
        "Let every account open every patient, to see a drill's attack succeed.",
        "Only together with `drill`.",
    )] = False
    demo_token_days: Annotated[int, _about(
        "How long the tokens in HOME.demo.json live.",
        "`segel up --demo` again makes new ones.", "days",
    ), Meta(ge=1, le=90)] = 30
    syslog: Annotated[str, _about(
        "The syslog receiver that the audit log is forwarded to, by TLS (RFC 5425).",
        "Empty: none. Begins with the log's first entry; events hold random ids and no names.",
        "HOST:PORT",
    )] = ""
    syslog_authority: Annotated[str, _about(
        "The certificates (PEM) of the authority that the receiver's is checked against.",
        "Needed with `syslog`.", "path",
    )] = ""
    syslog_certificate: Annotated[str, _about(
        "Our own certificate (PEM), by which the receiver knows this Segel.",
        "Needed with `syslog`.", "path",
    )] = ""
    syslog_key: Annotated[str, _about(
        "The private key (PEM) of `syslog_certificate`.",
        "Read once, by the user who starts Segel. Needed with `syslog`.", "path",
    )] = ""
    syslog_payload: Annotated[str, _about(
        "What a message carries: `dicom` (audit message of PS3.15) or `fhir` (AuditEvent, JSON).",
        "Another one begins with the log's first entry again.",
    )] = "dicom"
    syslog_name: Annotated[str, _about(
        "The host name that messages give as theirs.",
        "Stands in each message as HOSTNAME and audit source.", "name",
    )] = "segel"
    syslog_settle_s: Annotated[int, _about(
        "How long a connection must live on before what was sent counts as received.",
        "Longer sends more again after a break; shorter trusts the receiver more.", "seconds",
    ), Meta(ge=1, le=600)] = 5
    patients_see_names: Annotated[bool, _about(
        "Whether patients see the names of the staff who opened their record.",
        "Off: they see role and hospital only. The proof of each line is the same.",
    )] = True
    session_idle_minutes: Annotated[int, _about(
        "How long a person's console session may lie unused before it ends.",
        "Whoever comes back later signs in again. No session of a person lives over 8 hours.",
        "minutes",
    ), Meta(ge=5, le=480)] = 30
    openid: Annotated[tuple[OpenIdSetting, ...], _about(
        "The OpenID providers that people may sign in through, each a table `[[openid]]` with"
        " `name`, `label` (the words on its button), `issuer` and `client_id`; and, as needed,"
        " `client_secret_file` or `client_key_file` (a private EC key, PEM), `claim` (which claim"
        " names the account; default `sub`), `hospital` (the code of the only hospital it vouches"
        " for) and `scope` (default `openid`).",
        "The broker connects to the issuer. Nobody is enrolled by signing in there: accounts are"
        " linked by `segel account link` or on the account page.",
    )] = ()
    break_glass_patients: Annotated[int, _about(
        "How many patients one break-glass gives beyond the budget.",
        "0 gives none: what is opened in an emergency must fit the budget then.", "patients",
    ), Meta(ge=0, le=100)] = 5
    break_glass_minutes: Annotated[int, _about(
        "How long a break-glass is open.", "It ends sooner where its holder ends it.", "minutes",
    ), Meta(ge=5, le=720)] = 60
    break_glass_per_day: Annotated[int, _about(
        "How often an account may break the glass within 24 hours.",
        "0 forbids it altogether.", "times",
    ), Meta(ge=0, le=24)] = 2
    break_glass_review_hours: Annotated[int, _about(
        "Within how many hours a break-glass is to be reviewed.",
        "An account whose review is later than this cannot break the glass until it is decided.",
        "hours",
    ), Meta(ge=1, le=720)] = 72
    retention_years: Annotated[int, _about(
        "For how many years after the last visit a medical record is kept.",
        "Erasure is refused until then, and destruction runs take what is older. Less than 25 is"
        " for trials: production mode refuses it (Permenkes 24/2022 Pasal 39(1)).", "years",
    ), Meta(ge=1, le=100)] = 25
    alert_webhook: Annotated[str, _about(
        "Where alerts to the data protection officer are posted to: kind, id and a link, as JSON.",
        "Tried until it answers 2xx or somebody has acknowledged the alert. Over https, or to this"
        " machine. Empty: nowhere.", "URL",
    )] = ""
    national_fhir: Annotated[str, _about(
        "The national health platform's FHIR address, e.g. `https://HOST/fhir-r4/v1`.",
        "Hospitals that `segel national setup` names tell it what is in charts; no other host is"
        " connected to for it. Empty: nobody does. See docs/guide/national-platform.md.", "URL",
    )] = ""
    national_token: Annotated[str, _about(
        "Where the national platform gives tokens, e.g. `https://HOST/oauth2/v1/accesstoken`.",
        "Needed with `national_fhir`.", "URL",
    )] = ""
    national_authority: Annotated[str, _about(
        "The certificates (PEM) of the authority that the platform's is checked against.",
        "Empty: those that the machine trusts.", "path",
    )] = ""
    national_timeout_s: Annotated[int, _about(
        "How long an answer of the platform may take.",
        "As long is waited after a crash before the platform is asked whether it has a record.",
        "seconds",
    ), Meta(ge=1, le=300)] = 30
    national_requests_per_s: Annotated[int, _about(
        "How many requests a hospital sends to the platform in a second, at most.",
        "The platform's own limit is not published; where it answers 429, its wish goes before.",
        "requests per second",
    ), Meta(ge=1, le=100)] = 5
    national_quiet_s: Annotated[int, _about(
        "How long a chart lies still before the platform is told of it.",
        "Shorter tells sooner, and opens a chart more often while it is being written.", "seconds",
    ), Meta(ge=0, le=86400)] = 300
    national_alert_minutes: Annotated[int, _about(
        "How long the platform may be away before the data protection officer is told.",
        "Once for each outage.", "minutes",
    ), Meta(ge=1, le=10080)] = 60
    fingerprints: Annotated[bool, _about(
        "Whether fingerprints are made of stored images, by which pictures of an alleged leak are"
        " known again.",
        "They re-identify people and are treated as biometric data: sealed, and opened under a"
        " warrant of two. Where none are made, what is stored waits. See docs/guide/leaks.md.",
        "true or false",
    )] = True
    subscriptions: Annotated[bool, _about(
        "Whether hospitals' systems may have themselves told that something matches, by FHIR"
        " Subscription.",
        "They are told at hosts that `segel subscription allow` names, and nowhere else. See"
        " docs/guide/fhir.md#subscriptions.", "true or false",
    )] = False
    subscription_authority: Annotated[str, _about(
        "The certificates (PEM) of the authority that those of subscribers' hosts are checked"
        " against.",
        "Empty: those that the machine trusts.", "path",
    )] = ""
    subscription_timeout_s: Annotated[int, _about(
        "How long a subscriber's host may take to answer.",
        "It is tried again later.", "seconds",
    ), Meta(ge=1, le=60)] = 10
    card_authority: Annotated[str, _about(
        "Who issues travel cards, as it stands in them, e.g. `Kementerian Kesehatan`.",
        "Empty: no cards are made. See docs/guide/cards.md.",
    ), Meta(max_length=50)] = ""
    card_country: Annotated[str, _about(
        "The country of `card_authority`.",
        "Two letters; stands in every card and in its signers' certificates.", "ISO 3166-1",
    ), Meta(pattern="^[A-Z]{2}$")] = "ID"
    card_address: Annotated[str, _about(
        "The address under which SMART Health Cards name their issuer (`iss`).",
        "Verifiers look for `.well-known/jwks.json` under it. Empty: `public_url` and /cards."
        " Changed later, it is another issuer: cards that are in use are no longer found.",
        "URL",
    )] = ""
    stop_timeout_s: Annotated[int, _about(
        "How long each process may take to finish what is under way when Segel stops.",
        "It is killed after that; no acknowledged byte is lost by it.", "seconds",
    ), Meta(ge=1, le=300)] = 10
    compaction_interval_s: Annotated[int, _about(
        "The pause between two runs of compaction.",
        "Shorter moves the instances of a series together sooner, for more writing.", "seconds",
    ), Meta(ge=1)] = 300
    compaction_quiet_s: Annotated[int, _about(
        "How old a pack is before it is compacted.",
        "Longer waits for more of a study, so that it is copied once.", "seconds",
    ), Meta(ge=0)] = 900
    orphan_age_s: Annotated[int, _about(
        "How old a pack that nothing refers to is before it is deleted.",
        "Must be far longer than any upload or read can last.", "seconds",
    ), Meta(ge=60)] = 86400
    pack_target_mib: Annotated[int, _about(
        "The size that compaction fills a pack up to.",
        "Larger packs mean fewer files, and more memory while compacting.", "MiB",
    ), Meta(ge=1, le=1024)] = 64
# fmt: on

    @property
    def has_courier(self) -> bool:
        """Whether anybody outside is told anything."""
        return bool(self.national_fhir) or self.subscriptions


def load(path: Path | None, **said: Any) -> Settings:
    """Settings from a TOML file, with what the command line ``said`` (None: not said) on top.

    Raises SettingsBroken, naming the field.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            raise SettingsBroken(
                "The settings file cannot be read as TOML.",
                remedy="Start from docs/reference/segel.toml.",
            ) from None
    values |= {name: value for name, value in said.items() if value is not None}
    if values.get("demo") is True:
        values = {"mllp": DEMO_MLLP, **DEMO_CARDS, **values}
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise SettingsBroken(
            f"{error}.", remedy="docs/reference/settings.md says what each setting takes."
        ) from None
    if settings.budgets:
        settings = msgspec.structs.replace(settings, budgets=str(Path(settings.budgets).absolute()))
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """What holds between the fields. Raises SettingsBroken, LimitsBroken."""
    _check_dimse(settings)
    budget_limits(settings)
    _check_mllp(settings)
    for field in ("http", "viewer", "dimse", "mllp"):
        text = getattr(settings, field)
        if field in ("dimse", "mllp") and not text:
            continue
        host, _ = endpoint(text, field)
        if (settings.demo or settings.drill) and host not in LOOPBACK:
            raise SettingsBroken(
                "Demo mode and drills let anybody in, so they listen on loopback only.",
                field=field,
                remedy="Use 127.0.0.1, or start without --demo.",
            )
    if settings.drill_without_budgets and not settings.drill:
        raise SettingsBroken(
            "Budgets are turned off in drills only.",
            field="drill_without_budgets",
            remedy="Leave it out: `segel drill crawler --without-budgets` sets both.",
        )
    if settings.syslog:
        endpoint(settings.syslog, "syslog")
        for field in ("syslog_authority", "syslog_certificate", "syslog_key"):
            if not getattr(settings, field):
                raise SettingsBroken("Forwarding by syslog needs it.", field=field,
                                     remedy="Give the path of a PEM file.")  # fmt: skip
    name = settings.syslog_name
    if (
        not (0 < len(name) <= SYSLOG_NAME_MAX and name.isascii() and name.isprintable())
        or " " in name
    ):
        raise SettingsBroken("This is no host name.", field="syslog_name",
                             remedy="Printable ASCII without blanks.")  # fmt: skip
    if settings.syslog_payload not in SYSLOG_PAYLOADS:
        raise SettingsBroken("There is no such payload.", field="syslog_payload",
                             remedy="Write dicom or fhir.")  # fmt: skip
    _check_openid(settings.openid)
    _check_national(settings)
    _check_cards(settings)
    hook = urlsplit(settings.alert_webhook)
    near = hook.scheme == "http" and hook.hostname in LOOPBACK
    if settings.alert_webhook and not (near or (hook.scheme == "https" and hook.hostname)):
        raise SettingsBroken(
            "Alerts leave over https only.",
            field="alert_webhook",
            remedy="Give an https:// address, or one of this machine.",
        )
    try:
        WitnessPolicy.parse(settings.witnesses, settings.witness_quorum)
        require_key_name(settings.log_origin)
    except WitnessListBroken as broken:
        raise SettingsBroken(broken.what, field=broken.field, remedy=broken.remedy) from None
    except TlogError:
        raise SettingsBroken(
            "This is not a name that a log can have.",
            field="log_origin",
            remedy="Write a host and a path without spaces and pluses.",
        ) from None
    if settings.metrics and endpoint(settings.metrics, "metrics")[0] not in LOOPBACK:
        raise SettingsBroken("Metrics are for this machine only.", field="metrics",
                             remedy="Use 127.0.0.1.")  # fmt: skip


def _check_cards(settings: Settings) -> None:
    if not settings.card_authority:
        return
    parts = urlsplit(card_address(settings))
    whole = parts.scheme == "https" and parts.hostname and not parts.query and not parts.fragment
    if not whole or parts.path.endswith("/"):
        raise SettingsBroken(
            "An issuer of cards needs an address.",
            field="card_address",
            remedy="Write an https:// address without a slash at its end, or set public_url.",
        )


def card_address(settings: Settings) -> str:
    """The address of who issues cards."""
    return settings.card_address or f"{settings.public_url.rstrip('/')}/cards"


def _check_national(settings: Settings) -> None:
    if not settings.national_fhir:
        return
    for field in ("national_fhir", "national_token"):
        parts = urlsplit(getattr(settings, field))
        near = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not (near or (parts.scheme == "https" and parts.hostname)) or parts.query:
            raise SettingsBroken(
                "The national platform is reached over HTTPS, by an address without a query.",
                field=field,
                remedy="Copy it from the platform's documentation.",
            )


def _check_openid(providers: tuple[OpenIdSetting, ...]) -> None:
    if len({one.name for one in providers}) != len(providers):
        raise SettingsBroken("Two OpenID providers have one name.", field="openid.name",
                             remedy="Give each its own.")  # fmt: skip
    for one in providers:
        parts = urlsplit(one.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise SettingsBroken("An OpenID issuer is reached over HTTPS.", field="openid.issuer",
                                 remedy="Give its https:// address.")  # fmt: skip
        if one.client_secret_file and one.client_key_file:
            raise SettingsBroken(
                "A client has a secret or a key, not both.",
                field="openid.client_key_file",
                remedy="Leave one out; the key is better.",
            )
        if "openid" not in one.scope.split():
            raise SettingsBroken("The scope lacks the word openid.", field="openid.scope",
                                 remedy="Write scope = \"openid\".")  # fmt: skip


def _check_dimse(settings: Settings) -> None:
    if not (settings.dimse or settings.dimse_tls):
        raise SettingsBroken(
            "Devices have no door left.", field="dimse", remedy="Set dimse, dimse_tls, or both."
        )
    if settings.dimse_tls:
        _check_tls(settings, "dimse", "DIMSE")


def _check_mllp(settings: Settings) -> None:
    if settings.mllp:
        endpoint(settings.mllp, "mllp")
    if settings.mllp_tls:
        _check_tls(settings, "mllp", "MLLP")


def _check_tls(settings: Settings, door: str, called: str) -> None:
    endpoint(getattr(settings, f"{door}_tls"), f"{door}_tls")
    for part in ("certificate", "key", "issuers"):
        field = f"{door}_tls_{part}"
        if not getattr(settings, field):
            raise SettingsBroken(
                f"{called} over TLS needs a certificate, its key, and whom to believe.",
                field=field,
                remedy="Give a PEM file.",
            )


def budget_limits(settings: Settings) -> BudgetLimits:
    """The limits of the budgets file, or the defaults. Raises SettingsBroken, LimitsBroken."""
    if not settings.budgets:
        return BudgetLimits()
    try:
        return read_limits(tomllib.loads(Path(settings.budgets).read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise SettingsBroken(
            "The budgets file cannot be read as TOML.",
            field="budgets",
            remedy="Start from docs/reference/budgets.toml.",
        ) from None


DEMO_MLLP: Final = "127.0.0.1:2575"
"""The port that is registered for HL7."""

DEMO_CARDS: Final = {
    "card_authority": "Otoritas Kartu Rekaan",
    "card_address": "https://kartu-rekaan.example/segel",
}
"""An invented authority, so that whoever tries the demo finds the cards."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
SYSLOG_NAME_MAX: Final = 255
"""RFC 5424 § 6: HOSTNAME."""
SYSLOG_PAYLOADS: Final = ("dicom", "fhir")
PORT_MAX: Final = 65535


def endpoint(text: str, field: str) -> tuple[str, int]:
    """``HOST:PORT`` (an IPv6 host in brackets) as its two parts. Raises SettingsBroken."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
        raise SettingsBroken(
            "This is not an address to listen on.",
            field=field,
            remedy="Write HOST:PORT, e.g. 127.0.0.1:8080; port 0 takes a free one.",
        )
    return host, int(port)


def browser_origin(address: str) -> str:
    """How a browser should name a listening address: passkeys need a host name, not a number."""
    host, port = endpoint(address, "http")
    return f"http://localhost:{port}" if host in LOOPBACK else f"http://{address}"


def origin_of(settings: Settings) -> str:
    """How browsers and programs name this archive."""
    return settings.public_url or browser_origin(settings.http)


def encode(settings: Settings) -> bytes:
    """As ``HOME/run/settings.json`` keeps it."""
    return msgspec.json.format(msgspec.json.encode(settings))


def decode(data: bytes) -> Settings:
    """What ``encode`` wrote."""
    return msgspec.json.decode(data, type=Settings)


# --- the reference -----------------------------------------------------------------------------


def _rows() -> list[tuple[str, str, Any, Meta]]:
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        kind, *metas = get_args(hints[field.name])
        about = next(meta for meta in metas if meta.description)
        default = field.default
        if default is msgspec.NODEFAULT:
            default = field.default_factory()
        rows.append((field.name, _kind(kind), default, about))
    return rows


def _kind(kind: Any) -> str:
    """A type as the reference names it."""
    if get_origin(kind) is Literal:
        return " or ".join(f"`{one}`" for one in get_args(kind))
    if get_origin(kind) is tuple and issubclass(get_args(kind)[0], msgspec.Struct):
        return "array of tables"
    return str(kind) if get_origin(kind) else str(kind.__name__)


def reference() -> str:
    """The reference page, as Markdown."""
    lines = [
        "# Settings",
        "",
        "Written from `src/segel/app/settings.py` by `python -m segel.app.settings"
        " docs/reference`; change it there.",
        "Give the file with `segel up --settings FILE`; the options of the command line go first.",
        "",
    ]
    for name, kind, default, about in _rows():
        assert about.extra is not None
        shown = msgspec.json.encode(default).decode()
        unit = f", {about.extra['unit']}" if about.extra["unit"] else ""
        lines += [
            f"## `{name}`",
            "",
            f"{about.description} {about.extra['effect']}",
            "",
            f"Type {kind}{unit}; default `{shown}`.",
            "",
        ]
    return "\n".join(lines)


def sample() -> str:
    """A settings file with every setting at its default, commented out."""
    lines = ["# Segel's settings, each at its default. See settings.md.", ""]
    for name, _, default, about in _rows():
        assert about.extra is not None
        unit = f" ({about.extra['unit']})" if about.extra["unit"] else ""
        lines += [
            f"# {about.description}{unit}",
            f"# {about.extra['effect']}",
            f"# {name} = {msgspec.json.encode(default).decode()}",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "settings.md").write_text(reference())
    (folder / "segel.toml").write_text(sample())
