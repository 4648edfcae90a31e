"""A console that runs: synthetic people, real pictures, a fake of the broker's client, Chromium.

The fakes keep the contracts of ``segel.broker.BrokerClient`` and ``segel.console.ports``. Invented
NIKs begin with region codes 97 to 99, which no region has.
"""

import asyncio
import base64
import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pydicom
import pytest
import uvicorn
import webauthn
from litestar import Litestar
from playwright.sync_api import Browser, Page
from pydicom.data import get_testdata_file
from pydicom.multival import MultiValue

from segel.access import Attempts
from segel.broker import (
    BrokerClient,
    Requester,
    SearchResult,
    Session,
    StudyMatch,
    StudyQuery,
    Token,
)
from segel.broker.errors import Forbidden, SignInFailed, StudyUnknown, TokenInvalid
from segel.broker.messages import (
    AuditLine,
    AuditTrail,
    BudgetReport,
    BudgetUse,
    Ceremony,
    DemoAccount,
    IdentityLine,
    InvitedAs,
    PasskeyLine,
    SessionLine,
    WaysIn,
)
from segel.console import ConsoleSettings
from segel.console.errors import PictureMissing
from segel.console.http.router import router_for
from segel.console.ports import (
    Backing,
    Picture,
    Rendering,
    ShownInstance,
    ShownSeries,
    ShownStudy,
    StudyCopy,
)
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.names import phonetic_name
from segel.domain.roles import Role
from segel.imaging.dicom import Window, render
from segel.imaging.dimse import key_in
from segel.records import Examination, StudyReports
from segel.records.reports.errors import ReportMissing
from segel.records.reports.reading import reports_among
from support.lab_sheets import NO_SHEETS
from support.live_broker import live_broker
from support.screens import chromium

if TYPE_CHECKING:
    from conftest import Database

REPOSITORY = Path(__file__).parents[2]
HOSPITAL = "RSUD Tanjung Harapan"
ROOT = "2.25.4711"

# name, birth date, sex, NIK, record number, study date, modality, description, file
PEOPLE = [
    ("AMINAH^SITI", "19840312", "F", "9701015203840001", "00-12-34", "20261122", "CR",
     "Cruris AP", "RG3_UNCR.dcm"),
    ("SANTOSO^BUDI", "19610817", "M", "9802031708610002", "00-12-35", "20261121", "CT",
     "CT kepala polos", "693_UNCR.dcm"),
    ("NI LUH PUTU ARIYANI", "19920105", "F", "9903044501920003", "RM-00123", "20261119", "MR",
     "MR lumbal", "MR2_UNCR.dcm"),
    ("SOEKARNO", "19550606", "M", "9704050606550004", "00-40-01", "20261118", "CR",
     "Manus AP", "RG1_UNCR.dcm"),
    ("HASIBUAN^TIURMA", "20010930", "F", "9805067009010005", "00-40-02", "20261110", "US",
     "USG jantung", "color3d_jpeg_baseline.dcm"),
]  # fmt: skip
CROWD = [
    "WIJAYA^AGUS", "LESTARI^DEWI", "HIDAYAT^RAHMAT", "SARI^INDAH PERMATA", "NUGROHO^BAYU",
    "KUSUMA^RATNA", "SIMANJUNTAK^HOTMA", "PRATAMA^YOGA", "WULANDARI^SRI", "MANURUNG^JONTER",
    "SAPUTRA^ANDI", "HANDAYANI^TRI", "SIREGAR^MARULI", "YULIANTI", "SETIAWAN^HERI", "MARLINA",
    "GUNAWAN^TEDDY", "ANGGRAINI^FITRI", "RUMBIAK^YOHANA", "SUPRIYADI",
]  # fmt: skip


@dataclass
class KnownStudy:
    """One study of the fake archive: its attributes and the file its picture comes from."""

    uid: str
    attributes: JsonDataset
    series: JsonDataset
    nik: str
    file: str
    frames: int


def _value(vr: str, value: str) -> dict[str, Any]:
    return {"vr": vr, "Value": [{"Alphabetic": value} if vr == "PN" else value]}


def _study(number: int, person: tuple[str, ...], frames: int) -> KnownStudy:
    name, born, sex, nik, record, studied, modality, description, file = person
    attributes = {
        "0020000D": _value("UI", f"{ROOT}.{number}"),
        "00080020": _value("DA", studied),
        "00080030": _value("TM", f"{8 + number % 9:02}{number * 7 % 60:02}10"),
        "00080050": _value("SH", f"ACC{number:04}"),
        "00080080": _value("LO", HOSPITAL),
        "00080090": _value("PN", "HALIM^RINA^^dr."),
        "00081030": _value("LO", description),
        "00100010": _value("PN", name),
        "00100020": _value("LO", record),
        "00100030": _value("DA", born),
        "00100040": _value("CS", sex),
    }
    series = {
        "0020000E": _value("UI", f"{ROOT}.{number}.1"),
        "00080060": _value("CS", modality),
        "0008103E": _value("LO", description),
        "00200011": {"vr": "IS", "Value": [1]},
    }
    return KnownStudy(f"{ROOT}.{number}", attributes, series, nik, file, frames)


def known_studies() -> list[KnownStudy]:
    studies = []
    for number, person in enumerate(PEOPLE, start=1):
        frames = 120 if person[8].startswith("color3d") else 1
        studies.append(_study(number, person, frames))
    for number, name in enumerate(CROWD, start=len(PEOPLE) + 1):
        born, nik = f"19{50 + number}0{1 + number % 9}15", f"97020115{number:02}500001"
        person = (name, born, "M", nik, f"01-00-{number:02}", f"202610{number:02}", "CR",
                  "Cruris AP", "RG3_UNCR.dcm")  # fmt: skip
        studies.append(_study(number, person, 1))
    return studies


class FakeBroker:
    """``BrokerClient`` in memory. ``refusal``: raised by the next searches and openings."""

    def __init__(self) -> None:
        self.studies = known_studies()
        self.sessions: dict[str, Session] = {}
        self.refusal: Exception | None = None
        self.complete = True
        self.queries: list[StudyQuery] = []
        self.reported: set[str] = set()
        self.codes: dict[str, str] = {}
        self.viewers: dict[str, str] = {}
        self.passkeys: dict[bytes, tuple[UUID, bytes]] = {}
        self.ceremonies: dict[str, tuple[bytes, str, str]] = {}
        self.delay_s = 0.0
        self.access = FakeAccess(self)
        self.oauth = FakeOAuth()
        self.people = [
            DemoAccount(uuid4(), name, role, hospital)
            for name, role, hospital in (
                ("dr. Rina Halim", Role.CLINICIAN, HOSPITAL),
                ("dr. Made Wirawan, Sp.Rad", Role.RADIOLOGIST, HOSPITAL),
                ("Joko Susilo", Role.RADIOGRAPHER, HOSPITAL),
                ("Lina Marpaung", Role.DATA_PROTECTION_OFFICER, HOSPITAL),
                ("dr. Yusuf Kalalo", Role.CLINICIAN, "RS Bahari Sentosa"),
            )
        ]

    def begin(self, account: DemoAccount, lifetime_s: int = 8 * 3600) -> Token:
        expires_s = int(time.time()) + lifetime_s
        token = uuid4().hex + uuid4().hex
        self.sessions[token] = Session(
            uuid4(), account.account_id, uuid4(), account.role, account.display_name,
            account.hospital_name, expires_s,
            ["access:sessions:oversee"] if account.role is Role.DATA_PROTECTION_OFFICER else [],
            patient_id=UUID(int=7) if account.role is Role.PATIENT else None,
        )  # fmt: skip
        return Token(token, expires_s)

    async def session(self, token: str) -> Session:
        if token not in self.sessions:
            raise TokenInvalid("The token is not valid.")
        return self.sessions[token]

    async def end_session(self, token: str) -> None:
        self.sessions.pop(token, None)

    async def demo_accounts(self) -> list[DemoAccount]:
        return self.people

    async def demo_sign_in(self, account_id: UUID) -> Token:
        for person in self.people:
            if person.account_id == account_id:
                return self.begin(person)
        raise SignInFailed("No such person.")

    async def search(self, requester: Requester, query: StudyQuery) -> SearchResult:
        session = await self.session(requester.token)
        self.queries.append(query)
        await asyncio.sleep(self.delay_s)
        if self.refusal:
            raise self.refusal
        if session.hospital_name != HOSPITAL:
            return SearchResult([], True)
        found = [
            study
            for study in self.studies
            if _matches(study, query.filters)
            and not (query.unreported and study.uid in self.reported)
        ]
        found.sort(key=lambda study: text_value(study.attributes, "00080020"), reverse=True)
        page = found[query.offset : query.offset + query.limit]
        return SearchResult(
            [
                StudyMatch(
                    uuid4(),
                    uuid4(),
                    study.attributes,
                    [study.series],
                    study.frames,
                    study.uid in self.reported,
                )
                for study in page
            ],
            self.complete and len(found) <= query.offset + len(page),
        )

    async def budget(self, requester: Requester) -> BudgetReport:
        await self.session(requester.token)
        windows = [
            ("hour", 3600, 24.4, 30),
            ("day", 86400, 41.0, 120),
            ("month", 2592000, 96.2, 600),
        ]
        return BudgetReport([BudgetUse(*window) for window in windows])

    async def trail(self, requester: Requester, limit: int = 50) -> AuditTrail:
        await self.session(requester.token)
        lines = []
        for leaf, (code, outcome) in enumerate(
            [("110122", "0"), ("110112", "0"), ("110103", "0"), ("110103", "4")], start=1041
        ):
            event = {
                "recorded": f"2026-11-23T02:{leaf % 60:02}:00.000+00:00",
                "type": {"code": code},
                "outcome": outcome,
                "purposeOfEvent": [{"coding": [{"code": "TREAT"}]}],
            }
            lines.append(AuditLine(leaf, json.dumps(event)))
        return AuditTrail(lines[::-1][:limit])

    async def viewer_code(self, requester: Requester, study_uid: str) -> str:
        await self.session(requester.token)
        if all(study.uid != study_uid for study in self.studies):
            raise StudyUnknown("No such study.")
        code = uuid4().hex
        self.codes[code] = study_uid
        return code

    async def viewer_sign_in(self, code: str) -> Token:
        if code not in self.codes:
            raise SignInFailed("This code was used before.")
        token = uuid4().hex
        self.viewers[token] = self.codes.pop(code)
        return Token(token, int(time.time()) + 1800)

    async def passkey_register_begin(self, requester: Requester, rp: str, origin: str) -> Ceremony:
        session = await self.session(requester.token)
        options = webauthn.generate_registration_options(
            rp_id=rp, rp_name="Segel", user_id=session.account_id.bytes,
            user_name=session.display_name,
            authenticator_selection=webauthn.helpers.structs.AuthenticatorSelectionCriteria(
                resident_key=webauthn.helpers.structs.ResidentKeyRequirement.REQUIRED,
                user_verification=webauthn.helpers.structs.UserVerificationRequirement.REQUIRED,
            ),
        )  # fmt: skip
        return self._ceremony(options, rp, origin)

    async def passkey_register_finish(
        self, requester: Requester, handle: str, credential: str, name: str = ""
    ) -> None:
        session = await self.session(requester.token)
        challenge, rp, origin = self.ceremonies.pop(handle)
        verified = webauthn.verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=rp,
            expected_origin=origin, require_user_verification=True,
        )  # fmt: skip
        self.passkeys[verified.credential_id] = (
            session.account_id,
            verified.credential_public_key,
        )
        self.access.names[session.account_id].append(name)

    async def passkey_sign_in_begin(self, rp: str, origin: str) -> Ceremony:
        required = webauthn.helpers.structs.UserVerificationRequirement.REQUIRED
        options = webauthn.generate_authentication_options(rp_id=rp, user_verification=required)
        return self._ceremony(options, rp, origin)

    async def passkey_sign_in_finish(self, handle: str, credential: str) -> Token:
        challenge, rp, origin = self.ceremonies.pop(handle)
        raw_id = webauthn.helpers.base64url_to_bytes(json.loads(credential)["rawId"])
        if raw_id not in self.passkeys:
            raise SignInFailed("The passkey could not be verified.")
        account_id, public_key = self.passkeys[raw_id]
        webauthn.verify_authentication_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=rp,
            expected_origin=origin, credential_public_key=public_key,
            credential_current_sign_count=0, require_user_verification=True,
        )  # fmt: skip
        return self.begin(next(one for one in self.people if one.account_id == account_id))

    def _ceremony(self, options: Any, rp: str, origin: str) -> Ceremony:
        handle = uuid4().hex
        self.ceremonies[handle] = (options.challenge, rp, origin)
        return Ceremony(webauthn.options_to_json(options), handle)


class FakeAccess:
    """``BrokerClient.access`` in memory: passkeys are names, sessions those of the fake broker."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.names: dict[UUID, list[str]] = defaultdict(list)
        self.invitation = "good"
        """"good", or why it is none: "used", "expired", "unknown"."""

    async def ways_in(self, requester: Requester) -> WaysIn:
        session = await self.broker.session(requester.token)
        lines = [
            PasskeyLine(UUID(int=at), name, 1_790_000_000, 1_795_000_000)
            for at, name in enumerate(self.names[session.account_id])
        ]
        identities = [IdentityLine(UUID(int=9), "rsud", 1_790_000_000, 0)] if lines else []
        return WaysIn(lines, identities)

    async def name_passkey(self, requester: Requester, passkey_id: UUID, name: str) -> None:
        session = await self.broker.session(requester.token)
        self.names[session.account_id][passkey_id.int] = name

    async def remove_passkey(self, requester: Requester, passkey_id: UUID) -> None:
        session = await self.broker.session(requester.token)
        del self.names[session.account_id][passkey_id.int]

    def _lines(self, token: str, *, of_account: bool) -> list[SessionLine]:
        here = self.broker.sessions[token]
        return [
            SessionLine(
                one.session_id, one.display_name, one.role, "passkey", "console",
                one.expires_s - 8 * 3600, one.expires_s - 7 * 3600, one.expires_s, one == here,
            )
            for one in self.broker.sessions.values()
            if one.account_id == here.account_id
            or (not of_account and one.hospital_name == here.hospital_name)
        ]  # fmt: skip

    async def sessions(self, requester: Requester) -> list[SessionLine]:
        await self.broker.session(requester.token)
        return self._lines(requester.token, of_account=True)

    async def end_sessions(self, requester: Requester, chosen: list[UUID] | None) -> None:
        for line in await self.sessions(requester):
            if not line.here and (chosen is None or line.session_id in chosen):
                self._end(line.session_id)

    async def hospital_sessions(self, requester: Requester) -> list[SessionLine]:
        session = await self.broker.session(requester.token)
        if session.role is not Role.DATA_PROTECTION_OFFICER:
            raise Forbidden("Not this role.")
        return self._lines(requester.token, of_account=False)

    async def end_hospital_sessions(self, requester: Requester, chosen: list[UUID]) -> None:
        for line in await self.hospital_sessions(requester):
            if line.session_id in chosen:
                self._end(line.session_id)

    def _end(self, session_id: UUID) -> None:
        for token, session in list(self.broker.sessions.items()):
            if session.session_id == session_id:
                del self.broker.sessions[token]

    async def look_invitation(self, secret: str) -> InvitedAs:
        if secret != "geheim" or self.invitation != "good":
            field = self.invitation if secret == "geheim" else "unknown"
            raise SignInFailed("No invitation.", field=field)
        person = self.broker.people[0]
        until_s = int(time.time()) + 3600
        return InvitedAs(person.display_name, person.role, person.hospital_name, until_s)

    async def begin_invitation(self, secret: str, rp: str, origin: str) -> Ceremony:
        await self.look_invitation(secret)
        self.token = self.broker.begin(self.broker.people[0])
        return await self.broker.passkey_register_begin(Requester(self.token.token), rp, origin)

    async def finish_invitation(
        self, secret: str, handle: str, credential: str, name: str = ""
    ) -> Token:
        await self.broker.passkey_register_finish(
            Requester(self.token.token), handle, credential, name
        )
        self.invitation = "used"
        return self.token


class FakeOAuth:
    """``BrokerClient.oauth``: one provider that nobody gets back from."""

    async def providers(self) -> list[tuple[str, str]]:
        return [("rsud", "Masuk dengan akun RSUD")]


def _matches(study: KnownStudy, filters: dict[str, str]) -> bool:
    for tag, wanted in filters.items():
        if tag == "00080061":
            if text_value(study.series, "00080060") != wanted:
                return False
            continue
        value = text_value(study.attributes, tag)
        first, dash, last = wanted.partition("-")
        if tag == "00100010":
            sounds = phonetic_name(value).split()
            if any(word not in sounds for word in phonetic_name(wanted).split()):
                return False
        elif tag == "00100020":
            if wanted not in (value, study.nik):
                return False
        elif dash and len(first) == 8:
            if not first <= value <= last:
                return False
        elif value != wanted:
            return False
    return True


@dataclass
class FakeReader:
    """``Reader`` over pydicom's files.

    ``undecodable``: no picture can be made of any. ``told``: what is told of each instead of what
    its file says.
    """

    broker: FakeBroker
    opened: list[str] = field(default_factory=list)
    undecodable: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    """Everybody's chart."""

    @property
    def reports(self) -> "FakeReports":
        return FakeReports(self)

    async def chart(
        self, requester: Requester, patient_id: UUID, types: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        await self.broker.session(requester.token)
        if self.broker.refusal:
            raise self.broker.refusal
        return [one for one in self.resources if one["resourceType"] in types or not types]

    def _known(self, study_uid: str) -> KnownStudy:
        for study in self.broker.studies:
            if study.uid == study_uid:
                return study
        raise StudyUnknown("No such study.")

    async def study(self, requester: Requester, study_uid: str) -> ShownStudy:
        await self.broker.session(requester.token)
        if self.broker.refusal:
            raise self.broker.refusal
        known = self._known(study_uid)
        self.opened.append(study_uid)
        header = _read(known.file)
        grey = header.SamplesPerPixel == 1
        inverted = header.PhotometricInterpretation == "MONOCHROME1"
        window = _window(header) if grey else None
        size = (int(header.Columns), int(header.Rows))
        width_mm = size[0] * float(header.get("PixelSpacing", [0, 0])[1])
        instance = ShownInstance(
            f"{study_uid}.1.1", known.frames, window, grey, inverted, size, width_mm
        )
        instance = replace(instance, **self.told)
        report = ShownSeries(
            f"{study_uid}.2",
            {"00080060": _value("CS", "SR"), "00200011": {"vr": "IS", "Value": [99]}},
            (ShownInstance(f"{study_uid}.2.1", 0),),
        )
        series = ShownSeries(text_value(known.series, "0020000E"), known.series, (instance,))
        scout = ShownSeries(
            f"{study_uid}.3",
            {**known.series, "0008103E": _value("LO", "Topogram")},
            (replace(instance, uid=f"{study_uid}.3.1", frames=1),),
        )
        more = (scout,) if text_value(known.series, "00080060") == "CT" else ()
        series_shown = (series, *more, report)
        return ShownStudy(study_uid, known.attributes, series_shown, UUID(int=7))

    async def picture(
        self,
        requester: Requester,
        study_uid: str,
        instance_uid: str,
        frame: int,
        rendering: Rendering,
    ) -> Picture:
        await self.broker.session(requester.token)
        known = self._known(study_uid)
        if self.undecodable or not 1 <= frame <= known.frames:
            raise PictureMissing("There is no such frame.")
        return Picture("image/jpeg", _render(known.file, frame, rendering))


class FakeReports:
    """The reports among the fake reader's resources. What writes is tested with a real archive."""

    def __init__(self, reader: FakeReader) -> None:
        self.reader = reader

    async def of_study(self, requester: Requester, of: Examination) -> StudyReports:
        await self.reader.broker.session(requester.token)
        return reports_among(self.reader.resources, of.hospital_id, of.study_uid, of.accession)

    async def document(self, requester: Requester, report: Any, number: int) -> bytes:
        forms = report.get("presentedForm", ())
        if not 0 <= number < len(forms):
            raise ReportMissing("There is no such document.")
        return base64.b64decode(forms[number]["data"])


_read_files: dict[str, pydicom.Dataset] = {}
_files_lock = threading.Lock()


def _read(name: str) -> pydicom.Dataset:
    with _files_lock:
        if name not in _read_files:
            path = get_testdata_file(name, download=False)
            if path is None:
                pytest.skip("pydicom-data is not installed")
            _read_files[name] = pydicom.dcmread(path)
        return _read_files[name]


def _window(header: pydicom.Dataset) -> tuple[float, float]:
    first = [
        float(value[0] if isinstance(value, MultiValue) else value)
        for value in (header.get("WindowCenter", 2048), header.get("WindowWidth", 4096))
    ]
    return first[0], first[1]


def _render(name: str, frame: int, rendering: Rendering) -> bytes:
    header = _read(name)
    size = rendering.size_px or max(int(header.Rows), int(header.Columns))
    return render(
        Path(str(header.filename)).read_bytes(),
        frame,
        media_type="image/jpeg",
        window=Window(*rendering.window) if rendering.window else None,
        viewport=(min(size, int(header.Columns)), min(size, int(header.Rows))),
    )


@dataclass
class Running:
    """A console that listens. ``paths``: every path and query that it was asked for."""

    origin: str
    broker: FakeBroker
    reader: FakeReader
    paths: list[str]


class Servers:
    """ASGI apps that listen on this machine until the test is over."""

    def __init__(self) -> None:
        self._running: list[tuple[uvicorn.Server, threading.Thread]] = []

    @staticmethod
    def free_port() -> int:
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            return int(door.getsockname()[1])

    def start(self, app: Any, port: int, paths: list[str] | None = None) -> None:
        """Serve ``app``; ``paths`` gets what an access log would see."""
        shown = watched(app, paths) if paths is not None else app
        config = uvicorn.Config(shown, "127.0.0.1", port, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        self._running.append((server, thread))

    def stop(self) -> None:
        for server, thread in self._running:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture
def read_file() -> Any:
    return _read


def watched(app: Any, paths: list[str]) -> Any:
    """``app``, keeping what an access log would see."""

    async def watch(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            paths.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await app(scope, receive, send)

    return watch


class Unused:
    """Stands for what a test's pages do not need."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was not to be used")


def backing(reader: Any) -> Backing:
    """What pages are made over that only read."""
    reports: Any = getattr(reader, "reports", NoReports())
    unused: Any = Unused()
    return Backing(reader, unused, reports, NO_SHEETS, unused, key_in, unused, unused)


@pytest.fixture
def fakes() -> tuple[FakeBroker, FakeReader]:
    broker = FakeBroker()
    return broker, FakeReader(broker)


@pytest.fixture
def console(servers: Servers, fakes: tuple[FakeBroker, FakeReader]) -> Running:
    port = servers.free_port()
    origin = f"http://localhost:{port}"
    broker, reader = fakes
    settings = ConsoleSettings(origin=origin, demo=True)
    app = Litestar([router_for(backing(reader), broker, settings, Attempts())])  # type: ignore[arg-type]
    running = Running(origin, broker, reader, [])
    servers.start(app, port, running.paths)
    return running


@dataclass
class EmptyReader:
    """Shows a study without series, once the broker has released it."""

    broker: BrokerClient

    async def study(self, requester: Requester, study_uid: str) -> ShownStudy:
        grant = await self.broker.open_study(requester, study_uid)
        return ShownStudy(study_uid, grant.attributes, (), grant.patient_id)

    async def chart(
        self, requester: Requester, patient_id: UUID, types: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        raise NotImplementedError

    async def chart_copy(self, requester: Requester, patient_id: UUID) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def study_copy(self, requester: Requester, study_uid: str) -> StudyCopy:
        raise NotImplementedError

    async def picture(
        self, requester: Requester, study_uid: str, instance_uid: str, frame: int, how: Rendering
    ) -> Picture:
        raise NotImplementedError


class NoReports:
    """Of a study that nobody has reported."""

    async def of_study(self, requester: Requester, of: Examination) -> StudyReports:
        return StudyReports(None)


Filling = Callable[[Path], Coroutine[Any, Any, Any]]
RealConsole = Callable[[Filling], tuple[str, Any]]
"""Gets what fills a broker by its operator's socket; the console's origin, and what that gave."""


@pytest.fixture
def real_console(database: "Database", tmp_path: Path, servers: Servers) -> Iterator[RealConsole]:
    """A console over a real broker, which shows studies without series."""
    with live_broker(database, tmp_path) as broker:

        def start(filled: Filling) -> tuple[str, Any]:
            told = broker.run(filled(broker.settings.operator_socket))
            port = servers.free_port()
            origin = f"http://localhost:{port}"
            client = BrokerClient(broker.settings.socket)
            shown = ConsoleSettings(origin=origin, demo=True)
            router = router_for(backing(EmptyReader(client)), client, shown, Attempts())
            servers.start(Litestar([router]), port)
            return origin, told

        yield start
        servers.stop()  # its connections end before the broker does


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    yield page
    context.close()
