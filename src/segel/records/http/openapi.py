"""FHIR's addresses in OpenAPI 3.1. What each type has, the CapabilityStatement says.

Written by hand because the door reads raw requests; a test holds it against the routes, and
schemathesis against the answers.
"""

from collections.abc import Mapping
from typing import Any, Final

from segel.access import SMART
from segel.domain.sheet_fields import Field
from segel.records.http import exports, links, sheets
from segel.records.http.asking import FORM
from segel.records.http.outcomes import FHIR_JSON
from segel.records.offering import OFFERED
from segel.records.service import BASE

Json = dict[str, Any]

TYPE: Final = BASE + "/{resource_type}"
ONE: Final = TYPE + "/{resource_id}"

_RESOURCE: Final[Json] = {FHIR_JSON: {"schema": {"$ref": "#/components/schemas/Resource"}}}

SCHEMAS: Final[Json] = {
    "Resource": {
        "type": "object",
        "description": "A FHIR R4 resource; a refusal is an OperationOutcome.",
        "properties": {"resourceType": {"type": "string", "pattern": "^[A-Z][A-Za-z]{1,63}$"}},
        "required": ["resourceType"],
    }
}

_WHY: Final[Mapping[str, str]] = {
    "400": "Something in the request cannot be used, or leads to no patient.",
    "401": "There is no valid token.",
    "403": "The policy does not permit this account to do this for this purpose.",
    "404": "There is nothing of that name, or nothing that this account may know of.",
    "406": "None of the formats that are accepted can be had.",
    "409": "It is there already, or is another's.",
    "410": "It was taken out, or the page's address is not this session's.",
    "412": "It was changed meanwhile, or more than one meets the condition.",
    "413": "The body, or the record, is larger than is taken.",
    "415": "A body of this media type is not taken.",
    "422": "The resource is not valid; each issue says where.",
    "429": "The account's budget is used up; Retry-After says until when.",
    "503": "Broker, database or key management is away; nothing was released.",
}
_WHY_OF_LINKS: Final[Mapping[str, str]] = {
    "400": "It is not said who opens the link, or the body is no request.",
    "401": "The passcode is wrong; `remainingAttempts` says how many more there are.",
    "404": "There is no such link, or it is over.",
    "413": "The body is larger than is taken.",
    "429": "Too many attempts; Retry-After says until when.",
    "503": "Broker, database or key management is away; nothing was released.",
}
_OF_READING: Final = ("400", "401", "403", "404", "406", "410", "413", "429", "503")
_OF_SHEETS: Final = ("400", "401", "403", "404", "422", "429", "503")
_OF_WRITING: Final = (*_OF_READING, "409", "412", "415", "422")


def paths() -> Json:
    """The paths of this capability."""
    return {
        f"{BASE}/metadata": {"get": _public("The CapabilityStatement (R4 § 2.1).")},
        BASE + SMART: {"get": _smart()},
        BASE: {"post": _write("A batch or a transaction (R4 § 3.1.0.11).", BASE)},
        TYPE: {
            "get": _read("Find resources (R4 § 3.1.1).", TYPE, _SEARCHED),
            "post": _write(
                "A new resource (R4 § 3.1.0.8); a Binary also as its content.", TYPE, _ONCE
            ),
            "put": _write("Change what meets a condition (R4 § 3.1.0.4.3).", TYPE, _SEARCHED),
        },
        f"{TYPE}/_search": {"post": _form()},
        f"{TYPE}/$validate": {"post": _write("Whether a resource could be written.", TYPE)},
        f"{BASE}/Patient/$match": {"post": _write("Who may be somebody.", BASE)},
        ONE: {
            "get": _read("One resource (R4 § 3.1.0.2).", ONE),
            "put": _write("Its next version (R4 § 3.1.0.4).", ONE, _IF_MATCH),
            "delete": _read("Take it out; its versions stay (R4 § 3.1.0.7).", ONE, _IF_MATCH),
        },
        f"{ONE}/_history": {"get": _read("Every version (R4 § 3.1.0.12).", ONE)},
        f"{ONE}/_history/{{version}}": {"get": _read("One version (R4 § 3.1.0.3).", ONE, _VERSION)},
        f"{ONE}/$everything": {"get": _read("A patient's whole record.", ONE)},
        f"{ONE}/$export": {"get": _no_export(ONE), "post": _no_export(ONE)},
        f"{BASE}/$export": {"get": _no_export(BASE), "post": _no_export(BASE)},
        exports.KICK_OFF: {"get": _kick_off(), "post": _kick_off(posted=True)},
        f"{BASE}/$export/{{export_id}}": {"get": _export_status(), "delete": _export_end()},
        f"{BASE}/$export/{{export_id}}/{{name}}": {"get": _export_file()},
        f"{ONE}/$events": {
            "get": _read("What a Subscription was told of.", ONE, _NUMBERED),
        },
        f"{sheets.PATH}/{{import_id}}": _sheets(),
        links.MANIFEST: {"post": _manifest()},
        links.FILE: {"get": _linked_file()},
    }


def _public(summary: str) -> Json:
    told = {"description": "As asked for.", "content": _RESOURCE}
    return {
        "summary": summary,
        "tags": ["FHIR"],
        "security": [],
        "responses": {"200": told, **_refusals("406")},
    }


def _smart() -> Json:
    told = {"description": "As it is now.", "content": {"application/json": {"schema": {}}}}
    return {
        "summary": "SMART configuration, where FHIR's clients look for it.",
        "tags": ["FHIR"],
        "security": [],
        "responses": {"200": told, **_refusals("406")},
    }


def _read(summary: str, path: str, asked: tuple[Json, ...] = ()) -> Json:
    return {
        "summary": summary,
        "tags": ["FHIR"],
        "parameters": [*_of_path(path), *asked, _PURPOSE],
        "responses": {
            "200": {"description": "As asked for.", "content": _RESOURCE},
            "204": {"description": "It is taken out."},
            "304": {"description": "It is as it was known."},
            **_refusals(*_OF_READING, "412"),
        },
    }


def _write(summary: str, path: str, asked: tuple[Json, ...] = ()) -> Json:
    return {
        "summary": summary,
        "description": "What is acknowledged is on disk, sealed.",
        "tags": ["FHIR"],
        "parameters": [*_of_path(path), *asked, _PURPOSE],
        "requestBody": {"required": True, "content": _RESOURCE},
        "responses": {
            "200": {"description": "It is done.", "content": _RESOURCE},
            "201": {"description": "It was made.", "content": _RESOURCE},
            **_refusals(*_OF_WRITING),
        },
    }


def _form() -> Json:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "summary": "Find resources, with nothing of it in the address (R4 § 3.1.1.2).",
        "tags": ["FHIR"],
        "parameters": [*_of_path(TYPE), _PURPOSE],
        "requestBody": {"required": True, "content": {FORM: {"schema": schema}}},
        "responses": {
            "200": {"description": "The matches.", "content": _RESOURCE},
            **_refusals(*_OF_READING, "415"),
        },
    }


def _sheets() -> Json:
    """Rows of laboratories' tables."""
    summaries = {
        "post": "Take rows of a laboratory's table; the same again change nothing.",
        "get": "How an import stands.",
        "delete": "Take the next rows of an import out again; until it has ended.",
    }
    told = {"description": "As it is now.", "content": {"application/json": {"schema": {}}}}
    made: Json = {
        method: {
            "summary": summary,
            "tags": ["Laboratory"],
            "parameters": [_IMPORT, _PURPOSE],
            "responses": {
                "200": told,
                **_refusals(*_OF_SHEETS),
            },
        }
        for method, summary in summaries.items()
    }
    made["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _ROWS}},
    }
    made["post"]["description"] = (
        "A row's cells are named by what they are; dates and numbers may be as people write them."
    )
    return made


def _kick_off(*, posted: bool = False) -> Json:
    described: Json = {
        "summary": "Ask for the records of all patients (Bulk Data Access).",
        "description": "Two others approve it; nothing is gathered before.",
        "tags": ["Bulk export"],
        "parameters": [*_KICKED_OFF, *([] if posted else _EXPORTED)],
        "responses": {
            "202": {"description": "It is asked for.", "headers": _PLACE},
            **_refusals(*_OF_EXPORTS, *(["413", "415"] if posted else [])),
        },
    }
    if posted:
        described["requestBody"] = {"required": False, "content": _RESOURCE}
    return described


def _export_status() -> Json:
    return {
        "summary": "How an export stands; once it is approved, which files there are.",
        "tags": ["Bulk export"],
        "parameters": [_EXPORT],
        "responses": {
            "200": {
                "description": "The manifest.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "202": {"description": "It waits for those who approve.", "headers": _PROGRESS},
            **_refusals(*_OF_EXPORTS),
        },
    }


def _export_end() -> Json:
    return {
        "summary": "Take an export back, or end it.",
        "tags": ["Bulk export"],
        "parameters": [_EXPORT],
        "responses": {"202": {"description": "It is over."}, **_refusals(*_OF_EXPORTS)},
    }


def _export_file() -> Json:
    return {
        "summary": "One file of an export, made as it is read.",
        "tags": ["Bulk export"],
        "parameters": [_EXPORT, _NAME],
        "responses": {
            "200": {
                "description": "A resource on each line.",
                "content": {exports.NDJSON: {"schema": {"type": "string"}}},
            },
            **_refusals("401", "403", "404", "409", "503"),
        },
    }


_SOMEBODY: Final = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]{0,99}$"
"""A name: no control characters, and not only spaces."""


def _manifest() -> Json:
    asked = {
        "type": "object",
        "properties": {
            "recipient": {"type": "string", "pattern": _SOMEBODY},
            "passcode": {"type": "string"},
            "embeddedLengthMax": {"type": "integer", "minimum": 0},
        },
        "required": ["recipient"],
    }
    return {
        "summary": "The files behind a SMART Health Link.",
        "description": "Each is a JWE under the link's key, in `embedded` or at `location`.",
        "tags": ["SMART Health Links"],
        "security": [],
        "parameters": [_path_text("secret")],
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": {
            "200": {
                "description": "The manifest.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_of_links("400", "401", "404", "413", "429", "503"),
        },
    }


def _linked_file() -> Json:
    number = {
        "name": "number",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "maximum": 99},
    }
    return {
        "summary": "One file of a link that was opened just now.",
        "tags": ["SMART Health Links"],
        "security": [],
        "parameters": [_path_text("ticket"), number],
        "responses": {
            "200": {
                "description": "A compact JWE.",
                "content": {links.JOSE: {"schema": {"type": "string"}}},
            },
            **_of_links("404", "429", "503"),
        },
    }


def _path_text(name: str) -> Json:
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _of_links(*statuses: str) -> Json:
    """Refusals as problem details; they carry no words of FHIR's."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {one: {"description": _WHY_OF_LINKS[one], "content": content} for one in statuses}


def _no_export(path: str) -> Json:
    return {
        "summary": "Not offered: exports are of all patients of a hospital.",
        "tags": ["Bulk export"],
        "parameters": [*_of_path(path)],
        "responses": _refusals("400", "401", "404", "406"),
    }


def _of_path(path: str) -> list[Json]:
    known: dict[str, Json] = {
        "resource_type": {"type": "string", "enum": sorted(OFFERED)},
        "resource_id": {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in known.items()
        if f"{{{name}}}" in path
    ]


def _refusals(*codes: str) -> Json:
    return {
        code: {
            "description": _WHY[code],
            "content": _RESOURCE,
            **({"headers": _RETRY} if code in ("429", "503") else {}),
        }
        for code in sorted(codes)
    }


def _parameter(name: str, place: str, about: str, schema: Json | None = None) -> Json:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": schema or {"type": "string"},
        "description": about,
    }


_RETRY: Final[Json] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
_PURPOSE: Final[Json] = {"$ref": "#/components/parameters/PurposeOfUse"}
_SEARCHED: Final = (
    _parameter("patient", "query", "Whose record; or one of the type's other parameters."),
    _parameter("identifier", "query", "system|value."),
)
_ONCE: Final = (_parameter("If-None-Exist", "header", "Make it unless something meets this."),)
_IF_MATCH: Final = (_parameter("If-Match", "header", "The entity tag that was read."),)
_EVENT_NUMBER: Final[Json] = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_VERSION: Final = (
    _parameter("version", "path", "A number.", {"type": "string", "pattern": "^[0-9]{1,9}$"}),
)
_NUMBERED: Final = (
    _parameter("eventsSinceNumber", "query", "From this event on.", _EVENT_NUMBER),
    _parameter("eventsUntilNumber", "query", "To this one.", _EVENT_NUMBER),
)
_IMPORT: Final = _parameter(
    "import_id", "path", "A random UUID of the sender's own.", {"type": "string", "format": "uuid"}
)
_OF_EXPORTS: Final = ("400", "401", "403", "404", "406", "503")
_EXPORT: Final = _parameter(
    "export_id", "path", "As Content-Location had it.", {"type": "string", "format": "uuid"}
)
_NAME: Final = _parameter(
    "name",
    "path",
    "As the manifest has it.",
    {"type": "string", "pattern": r"^[A-Za-z]{1,64}\.[0-9]{1,5}\.ndjson$"},
)
_TEXT: Final[Json] = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z ]*[A-Za-z]$"}
_KICKED_OFF: Final = (
    {
        **_parameter("Prefer", "header", "It is answered later.", {"const": "respond-async"}),
        "required": True,
    },
    {
        **_parameter(
            exports.PURPOSE_HEADER,
            "header",
            "What for: HL7's PurposeOfUse.",
            {"enum": [one.value for one in exports.PURPOSES]},
        ),
        "required": True,
    },
    {
        **_parameter(
            exports.RECIPIENT_HEADER, "header", "To whom it goes.", {**_TEXT, "maxLength": 120}
        ),
        "required": True,
    },
    {
        **_parameter(
            exports.REASON_HEADER, "header", "Why, without names.", {**_TEXT, "maxLength": 500}
        ),
        "required": True,
    },
)
_EXPORTED: Final = (
    _parameter(
        "_type",
        "query",
        "Types, by commas; without it, all.",
        {"type": "string", "enum": ["Patient", "Patient,Observation"]},
    ),
    _parameter(
        "_since", "query", "Only what changed since.", {"type": "string", "format": "date-time"}
    ),
    _parameter("_outputFormat", "query", "Of the files.", {"enum": sorted(exports.NDJSON_NAMES)}),
)
_PLACE: Final[Json] = {
    "Content-Location": {"description": "Where to ask.", "schema": {"type": "string"}}
}
_PROGRESS: Final[Json] = {
    "X-Progress": {"description": "Who is missing.", "schema": {"type": "string"}},
    "Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}},
}
_ROWS: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rows"],
    "properties": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": sheets.ROWS_MAX,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["row", "cells"],
                "properties": {
                    "row": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
                    "cells": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            field.value: {"type": ["string", "number"], "maxLength": 1000}
                            for field in Field
                        },
                    },
                },
            },
        },
        "test": {"type": "string", "description": "LOINC, where no column says the test."},
        "laboratory": {"type": "string", "maxLength": 1000},
        "decimal": {"enum": ["", ",", "."]},
    },
}
