"""The national platform over HTTP: one organisation's client.

OAuth2 client credentials (RFC 6749 § 4.4); the token is kept until shortly before it ends, and
asked for anew once where the platform calls it invalid earlier. Connections go to the addresses of
the settings and to no other: neither redirects nor links are followed elsewhere.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from segel.domain.clock import Clock
from segel.records.national.errors import CredentialsRefused, PlatformAway
from segel.records.national.outcomes import refusal_of
from segel.records.r4 import ResourceUnreadable, decode, encode

Json = dict[str, Any]

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
"""A page of a search; the platform's are some hundred kilobytes."""

TOKEN_ANSWER_BYTES_MAX: Final = 64 * 1024
TOKEN_MARGIN_S: Final = 60.0
"""A token that ends sooner is asked for anew: a request is not longer under way."""

TOKEN_S_MAX: Final = 86_400.0
PAGES_MAX: Final = 20
"""Of a search for what the platform has of one patient; beyond it nobody's answer is trusted."""

FHIR_JSON: Final = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the platform is. ``fhir``: its base; ``token``: where tokens are given."""

    fhir: str
    token: str
    timeout_s: float = 30.0
    requests_per_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """An organisation's client."""

    client_id: str = field(repr=False)
    secret: str = field(repr=False)


Meant = Callable[[Json], bool]
"""Whether a resource of the platform's is the one that is asked for."""


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int | str = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Platform:
    """Asks and tells, one request after another. All raise PlatformAway.

    ``tls``: whom to believe. ``clock``: monotonic seconds.
    """

    def __init__(
        self,
        addresses: Addresses,
        credentials: Credentials,
        tls: ssl.SSLContext,
        clock: Clock = time.monotonic,
        pause: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._addresses = addresses
        self._credentials = credentials
        self._clock = clock
        self._pause = pause
        self._web = httpx.AsyncClient(
            verify=tls,
            timeout=addresses.timeout_s,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": FHIR_JSON, "User-Agent": "Segel"},
        )
        self._token = ""
        self._until_s = 0.0
        self._next_s = 0.0

    async def close(self) -> None:
        """Hang up."""
        await self._web.aclose()

    async def require_open(self, organisation: str) -> None:
        """Return where the platform answers for the organisation. Asks nothing of any patient."""
        await self._ask("GET", f"Organization/{organisation}", missing_is_answer=True)

    async def find(
        self, resource_type: str, parameters: Mapping[str, str], meant: Meant | None = None
    ) -> list[Json]:
        """What matches; with ``meant``, of it what is meant. Raises Refused.

        Not every type can be asked for by number: then a patient's are read and looked through.
        """
        found: list[Json] = []
        address, asked = resource_type, dict(parameters)
        for _ in range(PAGES_MAX):
            page = await self._ask("GET", address, parameters=asked, missing_is_answer=True)
            for entry in page.get("entry", ()):
                one = entry.get("resource", {})
                if one.get("resourceType") != resource_type or not one.get("id"):
                    continue
                if meant is None or meant(one):
                    found.append(one)
            address, asked = self._next_of(page), {}
            if not address:
                return found
        raise PlatformAway("broken-answer")

    async def create(self, resource: Json) -> str:
        """Its id at the platform. Raises Refused; after PlatformAway it may be there or not."""
        answer = await self._ask("POST", resource["resourceType"], body=resource)
        return _id_of(answer, resource["resourceType"])

    async def update(self, resource: Json, platform_id: str) -> None:
        """Say anew what it is. Raises Refused."""
        place = f"{resource['resourceType']}/{platform_id}"
        await self._ask("PUT", place, body={**resource, "id": platform_id})

    # --- requests -----------------------------------------------------------------------------

    async def _ask(
        self,
        method: str,
        place: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Json | None = None,
        missing_is_answer: bool = False,
    ) -> Json:
        address = place if place.startswith("http") else f"{self._addresses.fhir}/{place}"
        content = encode(body) if body is not None else None
        headers = {"Content-Type": FHIR_JSON} if content else {}
        for attempt in (1, 2):
            token = await self._bearer()
            answer = await self._send(
                httpx.Request(
                    method,
                    httpx.URL(address, params=dict(parameters)) if parameters else address,
                    content=content,
                    headers=headers
                    | {"Authorization": f"Bearer {token}", "Accept": FHIR_JSON,
                       "User-Agent": "Segel"},
                ),
                ANSWER_BYTES_MAX,
            )  # fmt: skip
            if answer.status != httpx.codes.UNAUTHORIZED:
                break
            self._token = ""
            if attempt == 2:
                raise CredentialsRefused("credentials")
        if answer.status == httpx.codes.NOT_FOUND and missing_is_answer and method == "GET":
            return {}
        return self._told(answer)

    def _told(self, answer: _Answer) -> Json:
        """What a FHIR answer says. Raises Refused, PlatformAway."""
        self._require_well(answer)
        try:
            body = decode(answer.body) if answer.body.strip() else {}
        except ResourceUnreadable:
            if answer.status >= httpx.codes.BAD_REQUEST:
                raise refusal_of(answer.status, {}) from None
            raise PlatformAway("broken-answer") from None
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise refusal_of(answer.status, body)
        return body

    def _require_well(self, answer: _Answer) -> None:
        """Raises PlatformAway for what another try may bring."""
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            raise PlatformAway("rate-limited", _retry_after(answer.headers))
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise PlatformAway("server-error", _retry_after(answer.headers))
        if 300 <= answer.status < 400:
            raise PlatformAway("elsewhere")

    async def _bearer(self) -> str:
        if self._token and self._clock() < self._until_s:
            return self._token
        asked_s = self._clock()
        answer = await self._send(
            httpx.Request(
                "POST",
                httpx.URL(self._addresses.token, params={"grant_type": "client_credentials"}),
                content=_form(self._credentials),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ),
            TOKEN_ANSWER_BYTES_MAX,
        )
        self._require_well(answer)
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise CredentialsRefused("credentials")
        try:
            told = msgspec.json.decode(answer.body, type=_Token)
            lives_s = min(float(told.expires_in), TOKEN_S_MAX)
        except (msgspec.MsgspecError, ValueError):
            raise PlatformAway("broken-answer") from None
        if not told.access_token.isascii() or not told.access_token.isprintable():
            raise PlatformAway("broken-answer")
        self._token = told.access_token
        # One that lives shorter than the margin is good for half of its life.
        self._until_s = asked_s + max(lives_s - TOKEN_MARGIN_S, lives_s / 2)
        return self._token

    async def _send(self, request: httpx.Request, bytes_max: int) -> _Answer:
        await self._take_turn()
        try:
            async with asyncio.timeout(self._addresses.timeout_s):
                answer = await self._web.send(request, stream=True)
                try:
                    body = bytearray()
                    async for part in answer.aiter_bytes():
                        body += part
                        if len(body) > bytes_max:
                            raise PlatformAway("answer-too-large")
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise PlatformAway("timeout") from None
        except httpx.TimeoutException:
            raise PlatformAway("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            # Its text may quote the address, and with it whom it was about.
            raise PlatformAway("connect") from None
        return _Answer(answer.status_code, answer.headers, bytes(body))

    async def _take_turn(self) -> None:
        """Not more requests in a second than the settings say."""
        now_s = self._clock()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + 1 / self._addresses.requests_per_s
        if turn_s > now_s:
            await self._pause(turn_s - now_s)

    def _next_of(self, page: Json) -> str:
        """The address of the next page. Raises PlatformAway for one that is not the platform's."""
        for link in page.get("link", ()):
            if link.get("relation") == "next":
                address = str(link.get("url", ""))
                if not address.startswith(f"{self._addresses.fhir}/"):
                    raise PlatformAway("elsewhere")
                return address
        return ""


def _form(credentials: Credentials) -> bytes:
    fields = {"client_id": credentials.client_id, "client_secret": credentials.secret}
    return str(httpx.QueryParams(fields)).encode()


def _id_of(answer: Json, resource_type: str) -> str:
    found = answer.get("id")
    is_one = answer.get("resourceType") == resource_type and isinstance(found, str)
    if not is_one or not found or len(found) > 64 or not found.replace("-", "").isalnum():
        raise PlatformAway("broken-answer")
    return str(found)


def _retry_after(headers: Mapping[str, str]) -> float:
    """RFC 9110 § 10.2.3, in seconds; 0 where nothing is said."""
    stated = headers.get("Retry-After", "").strip()
    if stated.isdigit():
        return float(stated[:9])
    try:
        return max(parsedate_to_datetime(stated).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return 0.0
