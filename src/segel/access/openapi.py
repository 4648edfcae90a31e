"""The token endpoint in OpenAPI 3.1."""

from typing import Any, Final

from segel.access.http import (
    ASSERTION_TYPE,
    AUTHORIZATION_SERVER,
    FORM,
    SMART,
    TOKEN,
)

_OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}

SCHEMAS: Final[dict[str, Any]] = {
    "AccessToken": {
        "type": "object",
        "description": "RFC 6749 § 5.1.",
        "properties": {
            "access_token": {"type": "string"},
            "token_type": {"type": "string", "enum": ["Bearer", "DPoP"]},
            "expires_in": {"type": "integer"},
            "scope": {"type": "string"},
        },
        "required": ["access_token", "token_type", "expires_in", "scope"],
    },
    "OAuthError": {
        "type": "object",
        "description": "RFC 6749 § 5.2.",
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
        "required": ["error"],
    },
}


def paths() -> dict[str, Any]:
    """The paths of this capability."""
    return {
        TOKEN: {"post": _token()},
        AUTHORIZATION_SERVER: {"get": _published("Authorization server metadata (RFC 8414).")},
        SMART: {"get": _published("SMART configuration.")},
    }


def _token() -> dict[str, Any]:
    return {
        "summary": "A short access token for a system, by a signed assertion.",
        "description": "SMART Backend Services: client credentials with private_key_jwt.",
        "tags": ["OAuth"],
        "security": [],
        "parameters": [
            {
                "name": "DPoP",
                "in": "header",
                "description": "A proof of the key that the token is to be bound to (RFC 9449).",
                "schema": {"type": "string"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "grant_type": {"const": "client_credentials"},
                            "client_assertion_type": {"const": ASSERTION_TYPE},
                            "client_assertion": {"type": "string", "minLength": 1},
                            "scope": {"type": "string"},
                        },
                        "required": ["grant_type", "client_assertion_type", "client_assertion"],
                    }
                }
            },
        },
        "responses": {
            "200": {
                "description": "The token.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/AccessToken"}}
                },
            },
            "400": _error("The request, a scope or a proof cannot be used."),
            "401": _error("The assertion does not hold."),
            "413": {"description": "The request is larger than is taken."},
            "429": _error("Too many attempts; Retry-After says until when.", waits=True),
            "503": _error("The broker is away; nothing was given.", waits=True),
        },
    }


def _published(summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["OAuth"],
        "security": [],
        "responses": {"200": {"description": "As it is now.", "content": _OBJECT}},
    }


def _error(description: str, *, waits: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OAuthError"}}},
    }
    if waits:
        answer["headers"] = {
            "Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}
        }
    return answer
