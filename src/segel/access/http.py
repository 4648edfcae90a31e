"""The token endpoint (RFC 6749 § 4.4, RFC 7523, SMART Backend Services) and its metadata.

Everything that can be refused here is a matter of form; who asks is the broker's to verify.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from litestar import Request, Response, Router, get, post

from segel.access.attempts import Attempts
from segel.access.errors import RequestInvalid, TooManyAttempts
from segel.broker import BrokerClient, Proof
from segel.broker.errors import (
    BrokerUnavailable,
    ClientInvalid,
    NonceNeeded,
    ProofInvalid,
    ScopeRefused,
)
from segel.domain.errors import SegelError

TOKEN: Final = "/oauth/token"  # noqa: S105 - an address
AUTHORIZATION_SERVER: Final = "/.well-known/oauth-authorization-server"
SMART: Final = "/.well-known/smart-configuration"

FORM: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 32 * 1024
"""An assertion of 16 KiB, percent-encoded in part, and some scopes."""

FIELDS_MAX: Final = 16
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RETRY_S: Final = 5
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
PUBLIC: Final = {"Cache-Control": "public, max-age=300"}

ASSERTION_ALGORITHMS: Final = ("ES384", "RS384", "EdDSA")
PROOF_ALGORITHMS: Final = ("ES256", "ES384", "EdDSA", "PS256", "RS256")
SCOPES: Final = (
    "system/ImagingStudy.r",
    "system/ImagingStudy.s",
    "system/ImagingStudy.rs",
    "system/ImagingStudy.c",
    "system/ImagingStudy.crs",
    "system/Patient.crus",
    "system/Observation.cruds",
    "system/*.cruds",
)
"""Some of those that are given: SMART lets a server name fewer than it has."""

AnyRequest = Request[Any, Any, Any]


def router_for(broker: BrokerClient, origin: str, attempts: Attempts) -> Router:
    """The routes. ``origin``: how clients name this server."""

    @post(TOKEN, status_code=200, request_max_body_size=FORM_BYTES_MAX)
    async def token(request: AnyRequest) -> Response[bytes]:
        attempts.require(request.scope)
        form = read_form(request.headers.get("content-type", ""), await request.body())
        require_client_credentials(form, has_secret="authorization" in request.headers)
        given = await broker.oauth.token(
            form["client_assertion"], form.get("scope", ""), _proof(request)
        )
        body = {
            "access_token": given.token,
            "token_type": given.kind,
            "expires_in": given.lifetime_s,
            "scope": given.scope,
        }
        return _json(body, headers=NO_STORE)

    @get(AUTHORIZATION_SERVER, sync_to_thread=False)
    def authorization_server() -> Response[bytes]:
        return _json(server_metadata(origin), headers=PUBLIC)

    @get(SMART, sync_to_thread=False)
    def smart() -> Response[bytes]:
        return _json(smart_configuration(origin), headers=PUBLIC)

    return Router(
        path="/",
        route_handlers=[token, authorization_server, smart],
        exception_handlers={SegelError: refusal},
    )


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form, each at most once. Raises RequestInvalid, naming the field."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise RequestInvalid(f"The request is not {FORM}.", field="Content-Type")
    if len(body) > FORM_BYTES_MAX:
        raise RequestInvalid("The request is too long.", field="body")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), strict_parsing=True, max_num_fields=FIELDS_MAX, errors="strict"
        )
    except ValueError:
        raise RequestInvalid("The form cannot be read.", field="body") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise RequestInvalid("A field is given twice.", field="body")
    return form


def require_client_credentials(form: Mapping[str, str], *, has_secret: bool) -> None:
    """Return for a request by signed assertion. Raises RequestInvalid for any other."""
    if "grant_type" not in form:
        raise RequestInvalid("The grant type is missing.", field="grant_type")
    if form["grant_type"] != "client_credentials":
        raise RequestInvalid(
            "Only client credentials are given tokens here.",
            field="grant_type",
            code="unsupported_grant_type",
        )
    if has_secret or "client_secret" in form:
        raise RequestInvalid(
            "There are no secrets here: sign an assertion.",
            field="client_assertion",
            code="invalid_client",
        )
    for name, known in (("client_assertion_type", ASSERTION_TYPE), ("client_assertion", None)):
        if form.get(name, "") == "" or (known is not None and form[name] != known):
            raise RequestInvalid("An assertion is missing, or of another type.", field=name)


def _proof(request: AnyRequest) -> Proof | None:
    sent = request.headers.getall("dpop", [])
    if len(sent) > 1:
        raise ProofInvalid("There is more than one proof.", field="DPoP", remedy="Send one.")
    return Proof(sent[0], "POST", TOKEN, uuid4().hex) if sent else None


def refusal(_: AnyRequest | None, error: SegelError) -> Response[bytes]:
    """An error in OAuth's own form (RFC 6749 § 5.2)."""
    headers = dict(NO_STORE)
    match error:
        case RequestInvalid():
            status, code = (401 if error.code == "invalid_client" else 400), error.code
        case ClientInvalid():
            status, code = 401, "invalid_client"
        case ScopeRefused():
            status, code = 400, "invalid_scope"
        case NonceNeeded():
            status, code = 400, "use_dpop_nonce"
            headers["DPoP-Nonce"] = error.nonce
        case ProofInvalid():
            status, code = 400, "invalid_dpop_proof"
        case TooManyAttempts():
            status, code = 429, "temporarily_unavailable"
            headers["Retry-After"] = str(error.retry_after_s)
        case BrokerUnavailable():
            status, code = 503, "temporarily_unavailable"
            headers["Retry-After"] = str(RETRY_S)
        case _:
            status, code = 400, "invalid_request"
    return _json({"error": code, "error_description": _described(error)}, status, headers)


def _described(error: SegelError) -> str:
    """In the characters that RFC 6749 § 5.2 allows."""
    text = str(error).replace(chr(34), chr(39)).replace(chr(92), "/")
    return "".join(letter for letter in text if " " <= letter <= "~")


def server_metadata(origin: str) -> dict[str, Any]:
    """Authorization server metadata (RFC 8414)."""
    return {
        "issuer": origin,
        "token_endpoint": f"{origin}{TOKEN}",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "scopes_supported": list(SCOPES),
    }


def smart_configuration(origin: str) -> dict[str, Any]:
    """SMART App Launch 2.2, § Conformance: what of it is here."""
    return {
        **server_metadata(origin),
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }


def _json(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )
