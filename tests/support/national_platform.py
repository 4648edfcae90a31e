"""A strict stand-in for the national platform: a real HTTP server on loopback.

It takes what docs/reference/national-platform.md says the platform takes, and refuses the rest; the
numbers in brackets are that page's. A test can have it be away, be slow, take and not answer, limit
rates, end tokens, and forget that duplicates are to be refused, so that it counts them.
"""

import contextlib
import json
import ssl
import threading
import time
import urllib.parse
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from uuid import uuid4

Json = dict[str, Any]

NIK: Final = "https://fhir.kemkes.go.id/id/nik"
LOCAL: Final = "http://sys-ids.kemkes.go.id/"
ACSN: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
FIRST_DAY: Final = "2014-06-03"
FOREIGN: Final = "resource cannot be accessed due to business rule"
"""[10] What it says of another organisation's."""
TOKEN_PATH: Final = "/oauth2/v1/accesstoken"
FHIR_PATH: Final = "/fhir-r4/v1"

REQUIRED: Final = {
    "Encounter": (
        "identifier", "status", "class", "subject", "participant", "period", "location",
        "statusHistory", "serviceProvider",
    ),
    "ServiceRequest": (
        "identifier", "status", "intent", "category", "code", "subject", "encounter", "requester",
        "performer",
    ),
    "ImagingStudy": ("identifier", "status", "modality", "subject"),
    "Observation": (
        "identifier", "status", "category", "code", "subject", "encounter", "effective",
        "performer",
    ),
    "DiagnosticReport": (
        "identifier", "status", "category", "code", "subject", "encounter", "effective",
        "performer",
    ),
}  # fmt: skip
"""[12] The elements that each type has to have; ``effective``: one of its forms."""

SYSTEMS: Final = {
    "Encounter": ("encounter/{org}",),
    "ServiceRequest": ("servicerequest/{org}", "acsn/{org}"),
    "Observation": ("observation/{org}",),
    "DiagnosticReport": ("diagnostic/{org}/rad", "diagnostic/{org}/lab"),
    "ImagingStudy": ("acsn/{org}",),
}
"""[7, 8, 9] Whose numbers a resource may bear."""

SEARCHES: Final = {
    "Patient": {"identifier"},
    "Practitioner": {"identifier"},
    "Encounter": {"subject"},
    "ServiceRequest": {"identifier", "subject", "encounter"},
    "ImagingStudy": {"identifier"},
    "Observation": {"subject", "encounter"},
    "DiagnosticReport": {"subject", "encounter"},
}
"""[13] By which parameters each type can be searched; others are refused."""

TIMES: Final = {
    "start", "end", "authoredOn", "occurrenceDateTime", "effectiveDateTime", "effectiveInstant",
    "issued", "started", "valueDateTime",
}  # fmt: skip


class Refusal(Exception):
    """An OperationOutcome [11]."""

    def __init__(self, status: int, code: str, text: str, place: str = "") -> None:
        super().__init__(text)
        issue: Json = {"severity": "error", "code": code, "details": {"text": text}}
        if place:
            issue["expression"] = [place]
        self.status = status
        self.outcome = {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass
class Behaviour:
    """What a test has it do. All may be changed while it runs."""

    down: bool = False
    """503 to everything [15]."""
    mute_after: set[str] = field(default_factory=set)
    """Types that it takes, and then hangs up on without an answer."""
    slow_s: float = 0.0
    """How long it takes over a POST, before it keeps what was posted."""
    token_s: int = 3_600
    per_second: int = 0
    """Requests it takes in a second; 0: any number [14]."""
    retry_after_s: int = 1
    refuses_duplicates: bool = True
    pages_of: int = 100
    answer_bytes: int = 0
    """Pad answers to so many bytes."""


class NationalPlatform:
    """The server and everything it holds. ``people``: IHS numbers by NIK."""

    def __init__(self, organisation: str, tls: ssl.SSLContext | None = None) -> None:
        self.organisation = organisation
        self.client = (f"client-{uuid4()}", f"secret-{uuid4()}")
        self.behaviour = Behaviour()
        self.people: dict[str, list[str]] = {}
        self.practitioners: dict[str, str] = {}
        self.locations: set[str] = set()
        self.kept: dict[str, dict[str, Json]] = {one: {} for one in REQUIRED}
        self.posted: Counter[tuple[str, str]] = Counter()
        """How often each was kept, by type and first number."""
        self.order: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.refused: list[Json] = []
        self.tokens_given = 0
        self._tokens: dict[str, float] = {}
        self._recent: deque[float] = deque()
        self.lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def fhir(self) -> str:
        return self.origin + FHIR_PATH

    @property
    def token(self) -> str:
        return self.origin + TOKEN_PATH

    def all(self, resource_type: str) -> list[Json]:
        """What it has of a type."""
        with self.lock:
            return list(self.kept[resource_type].values())

    def end_tokens(self) -> None:
        """End all tokens that are out, as a restart of the platform might."""
        with self.lock:
            self._tokens.clear()

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- answering ------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any, Json]:
        """Status, body and headers. Raises Refusal."""
        path, _, query = target.partition("?")
        parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        with self.lock:
            self.asked.append((method, path))
            if self.behaviour.down:
                return 503, {"fault": {"faultstring": "The Service is temporarily unavailable"}}, {}
            if self._is_too_much():
                return 429, {}, {"Retry-After": str(self.behaviour.retry_after_s)}
            if path == TOKEN_PATH:
                return self._give_token(method, parameters, headers, body)
            self._require_token(headers)
        if not path.startswith(FHIR_PATH + "/"):
            raise Refusal(404, "not-found", "no such address")
        place = path.removeprefix(FHIR_PATH + "/").split("/")
        match method, place:
            case "GET", [kind]:
                return 200, self._search(kind, parameters), {}
            case "GET", ["Organization", number]:
                if number != self.organisation:
                    raise Refusal(403, "security", FOREIGN)
                return 200, {"resourceType": "Organization", "id": number}, {}
            case "POST", [kind] if kind in REQUIRED:
                self._require_json(headers)
                return 201, self._create(kind, json.loads(body)), {}
            case "PUT", [kind, known] if kind in REQUIRED:
                self._require_json(headers)
                return 200, self._update(kind, known, json.loads(body)), {}
        raise Refusal(405, "not-supported", "not offered")

    def _is_too_much(self) -> bool:
        limit, now_s = self.behaviour.per_second, time.monotonic()
        while self._recent and self._recent[0] < now_s - 1:
            self._recent.popleft()
        if limit and len(self._recent) >= limit:
            return True
        self._recent.append(now_s)
        return False

    def _give_token(
        self, method: str, parameters: Json, headers: Any, body: bytes
    ) -> tuple[int, Any, Json]:
        """[2, 3] Form-encoded credentials in the body, the grant type in the query."""
        form = dict(urllib.parse.parse_qsl(body.decode()))
        sound = (
            method == "POST"
            and parameters == {"grant_type": "client_credentials"}
            and headers.get("Content-Type") == "application/x-www-form-urlencoded"
        )
        if not sound:
            return 400, {"Error": "invalid_request"}, {}
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return 401, {"Error": "invalid_client"}, {}
        token = f"t-{uuid4()}"
        self._tokens[token] = time.monotonic() + self.behaviour.token_s
        self.tokens_given += 1
        answer = {
            "access_token": token, "token_type": "BearerToken",
            "expires_in": str(self.behaviour.token_s), "organization_name": "RS",
        }  # fmt: skip
        return 200, answer, {}

    def _require_token(self, headers: Any) -> None:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.get(token, 0.0) <= time.monotonic():
            raise Refusal(401, "login", "Invalid access token")

    def _require_json(self, headers: Any) -> None:
        if headers.get("Content-Type") not in ("application/json", "application/fhir+json"):
            raise Refusal(415, "not-supported", "send JSON")

    def _search(self, kind: str, parameters: Json) -> Json:
        wanted = dict(parameters)
        offset = int(wanted.pop("_offset", 0))
        if kind not in SEARCHES or not wanted or not set(wanted) <= SEARCHES[kind]:
            raise Refusal(400, "not-supported", "no such search")
        with self.lock:
            found = [one for one in self._of(kind) if _matches(one, wanted)]
            if kind in ("Patient", "Practitioner"):
                found = self._people(kind, wanted["identifier"])
        step = self.behaviour.pages_of
        page = [{"fullUrl": f"{self.fhir}/{kind}/{one['id']}", "resource": one,
                 "search": {"mode": "match"}} for one in found[offset:offset + step]]  # fmt: skip
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        if page:
            bundle["entry"] = page
        if offset + step < len(found):
            query = urllib.parse.urlencode({**wanted, "_offset": offset + step})
            bundle["link"] = [{"relation": "next", "url": f"{self.fhir}/{kind}?{query}"}]
        return bundle

    def _of(self, kind: str) -> list[Json]:
        return list(self.kept.get(kind, {}).values())

    def _people(self, kind: str, identifier: str) -> list[Json]:
        """[5, 6] By NIK, and nobody's NIK comes back in the clear."""
        system, _, value = identifier.partition("|")
        if system != NIK:
            raise Refusal(400, "value", "the system is not known", "Patient.identifier")
        numbers = self.people.get(value, [])
        if kind == "Practitioner":
            numbers = [self.practitioners[value]] if value in self.practitioners else []
        return [{"resourceType": kind, "id": one, "name": [{"text": "***"}]} for one in numbers]

    def _create(self, kind: str, resource: Json) -> Json:
        self.check(kind, resource)
        if self.behaviour.slow_s:
            time.sleep(self.behaviour.slow_s)
        first = resource["identifier"][0]
        key = (kind, f"{first['system']}|{first['value']}")
        with self.lock:
            if self.behaviour.refuses_duplicates and self.posted[key]:
                raise Refusal(400, "duplicate", f"duplicate {first['value']}", f"{kind}.identifier")
            kept = {**resource, "id": str(uuid4())}
            self.kept[kind][kept["id"]] = kept
            self.posted[key] += 1
            self.order.append(kind)
        return kept

    def _update(self, kind: str, known: str, resource: Json) -> Json:
        if resource.get("id") != known:
            raise Refusal(400, "invalid", "the id is not that of the address", f"{kind}.id")
        self.check(kind, resource)
        with self.lock:
            if known not in self.kept[kind]:
                raise Refusal(404, "not-found", "there is none")
            self.kept[kind][known] = resource
        return resource

    # --- what it takes --------------------------------------------------------------------------

    def check(self, kind: str, resource: Json) -> None:
        """Raises Refusal for what the platform does not take."""
        if resource.get("resourceType") != kind:
            raise Refusal(400, "invalid", "another type", f"{kind}")
        for name in REQUIRED[kind]:
            forms = [one for one in resource if one == name or one.startswith(name + "D")
                     or one.startswith(name + "P") or one.startswith(name + "I")]  # fmt: skip
            if not any(resource[one] for one in forms):
                raise Refusal(400, "required", f"{name} is missing", f"{kind}.{name}")
        self._check_numbers(kind, resource)
        self._check_references(kind, resource)
        _check_times(kind, resource)
        if kind in ("Observation", "DiagnosticReport", "ServiceRequest"):
            codes = resource["code"].get("coding", [])
            if not any(one.get("system") in ("http://loinc.org", "http://snomed.info/sct")
                       for one in codes):  # fmt: skip
                raise Refusal(400, "code-invalid", "no known code", f"{kind}.code.coding")

    def _check_numbers(self, kind: str, resource: Json) -> None:
        allowed = {LOCAL + one.format(org=self.organisation) for one in SYSTEMS[kind]}
        for at, one in enumerate(resource["identifier"]):
            place = f"{kind}.identifier[{at}]"
            if not one.get("use") or not one.get("value"):
                raise Refusal(400, "required", "use or value is missing", place)
            if kind == "ImagingStudy" and one["system"] == "urn:dicom:uid":
                if not one["value"].startswith("urn:oid:"):
                    raise Refusal(400, "value", "no UID", place)
                continue
            if one["system"] not in allowed:
                raise Refusal(403, "security", FOREIGN, place)
            coding = one.get("type", {}).get("coding", [{}])[0]
            is_accession = one["system"].startswith(LOCAL + "acsn/")
            if is_accession and (coding.get("system"), coding.get("code")) != (ACSN, "ACSN"):
                raise Refusal(400, "required", "an accession number has its type", place)
        if kind == "ImagingStudy":
            systems = {one["system"] for one in resource["identifier"]}
            if not {f"{LOCAL}acsn/{self.organisation}", "urn:dicom:uid"} <= systems:
                raise Refusal(400, "required", "accession number and UID", f"{kind}.identifier")

    def _check_references(self, kind: str, resource: Json) -> None:
        with self.lock:
            numbers = {one for some in self.people.values() for one in some}
            there = {f"{one}/{known}" for one, kept in self.kept.items() for known in kept} | {
                f"Patient/{one}" for one in numbers
            }
            there |= {f"Practitioner/{one}" for one in self.practitioners.values()}
            there |= {f"Location/{one}" for one in self.locations}
            there.add(f"Organization/{self.organisation}")
        for place, reference in _references(kind, resource):
            if reference not in there:
                raise Refusal(400, "value", f"reference not found {reference}", place)


def _matches(resource: Json, wanted: Json) -> bool:
    for name, value in wanted.items():
        if name == "identifier":
            system, _, number = value.partition("|")
            if (system, number) not in {
                (one["system"], one["value"]) for one in resource["identifier"]
            }:
                return False
        elif resource.get(name, {}).get("reference", "").partition("/")[2] != value:
            return False
    return True


def _references(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "reference":
                yield f"{place}.reference", str(one)
            else:
                yield from _references(f"{place}.{name}", one)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _references(f"{place}[{at}]", one)


def _check_times(place: str, value: Any) -> None:
    """[4] In UTC, with the offset written out, and not before the first day."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            _check_times(f"{place}[{at}]", one)
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        if name in TIMES and isinstance(one, str):
            if one[: len(FIRST_DAY)] < FIRST_DAY[: len(one)]:
                raise Refusal(400, "value", "too early", f"{place}.{name}")
            if "T" in one and datetime.fromisoformat(one).utcoffset() != timedelta():
                raise Refusal(400, "value", "not in UTC", f"{place}.{name}")
        else:
            _check_times(f"{place}.{name}", one)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients are killed under way here."""


def _handler(platform: NationalPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                status, told, headers = platform.answer(self.command, self.path, self.headers, body)
            except Refusal as refusal:
                status, told, headers = refusal.status, refusal.outcome, {}
                with platform.lock:
                    platform.refused.append(refusal.outcome)
            kind = self.path.partition("?")[0].rpartition("/")[2]
            if self.command == "POST" and status == 201 and kind in platform.behaviour.mute_after:
                self.close_connection = True
                self.connection.close()
                return
            content = json.dumps(told).encode().ljust(platform.behaviour.answer_bytes)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Nothing: what is asked names people."""

    return Handler


@contextlib.contextmanager
def national_platform(
    organisation: str = "100099001", tls: ssl.SSLContext | None = None
) -> Iterator[NationalPlatform]:
    """The platform, listening; with ``tls`` by HTTPS."""
    platform = NationalPlatform(organisation, tls=tls)
    platform.start()
    try:
        yield platform
    finally:
        platform.stop()
