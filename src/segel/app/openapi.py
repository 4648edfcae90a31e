"""The OpenAPI 3.1 description of every HTTP interface for programs, served at ``/openapi.json``.

Each capability describes its own paths; the console's pages and forms are for people and are not
in it.
"""

from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from segel.access import openapi as oauth
from segel.app import public_cards, public_log
from segel.domain.purpose import Purpose
from segel.imaging.dicomweb import openapi as dicomweb
from segel.records.http import openapi as fhir

PATH: Final = "/openapi.json"
PROBLEMS: Final = {
    "400": "Something in the request cannot be used; `field` says what.",
    "401": "There is no valid token.",
    "403": "The policy does not permit this account to do this for this purpose.",
    "404": "There is nothing of that name, or nothing that this account may know of.",
    "406": "None of the accepted media types can be had.",
    "413": "The request is larger than is taken.",
    "415": "A body of this media type is not taken.",
    "422": "The content cannot be understood.",
    "429": "The account's budget is used up; Retry-After says until when.",
    "503": "Broker, database or key management is away; nothing was released.",
    "507": "There is no room left.",
}


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Segel",
            "version": version("segel"),
            "summary": "The patient-record and medical-imaging archive that stays sealed.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}, {"dpop": []}],
        "paths": {
            **dicomweb.paths(),
            **fhir.paths(),
            **oauth.paths(),
            **public_log.paths(),
            **public_cards.paths(),
            **_own_paths(),
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "dpop": {"type": "http", "scheme": "dpop", "description": "RFC 9449."},
            },
            "parameters": {
                "PurposeOfUse": {
                    "name": "X-Purpose-Of-Use",
                    "in": "header",
                    "description": "Why: HL7 v3 ActReason.",
                    "schema": {
                        "type": "string",
                        "enum": [purpose.value for purpose in Purpose],
                        "default": Purpose.TREATMENT.value,
                    },
                }
            },
            "responses": {f"Problem{code}": _problem(code, about) for code, about in
                          PROBLEMS.items()},
            "schemas": {**dicomweb.SCHEMAS, **fhir.SCHEMAS, **oauth.SCHEMAS, "Problem": _PROBLEM},
        },
    }  # fmt: skip


def handler() -> HTTPRouteHandler:
    """Answers with the description; it tells nothing of anybody."""
    encoded = msgspec.json.encode(document())

    @get(PATH, sync_to_thread=False)
    def describe() -> Response[bytes]:
        return Response(encoded, media_type="application/json")

    return describe


_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "field": {"type": "string"},
    },
    "required": ["type", "title", "status"],
}


def _problem(code: str, about: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    answer: dict[str, Any] = {
        "description": about,
        "content": {"application/problem+json": {"schema": schema}},
    }
    if code in ("429", "503"):
        answer["headers"] = {
            "Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}
        }
    return answer


def _own_paths() -> dict[str, Any]:
    return {
        PATH: {
            "get": {
                "summary": "This description.",
                "tags": ["Service"],
                "security": [],
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    }
