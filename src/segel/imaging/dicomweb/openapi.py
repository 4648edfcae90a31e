"""DICOMweb and WADO-URI as OpenAPI 3.1 paths: what is taken, what comes back, which errors.

Written by hand because the doors read raw requests; a test holds it against the routes, and
schemathesis against the answers.
"""

from typing import Any, Final

from segel.domain.break_glass import REASON_LENGTH_MAX, REASON_LENGTH_MIN, Emergency
from segel.imaging.dicomweb.break_glass import PATH as BREAK_GLASS
from segel.imaging.dicomweb.negotiation import DICOM, DICOM_JSON, OCTETS
from segel.imaging.dicomweb.qido import LIMIT_DEFAULT, LIMIT_MAX

Json = dict[str, Any]

_PART: Final = "[0-9A-Za-z_-]+"
UID_PATTERN: Final = rf"^{_PART}(\.{_PART})*$"
"""As ``segel.domain.dicom.is_uid``: more than PS3.5 § 9.1 allows is in circulation."""
FRAMES_PATTERN: Final = "^[0-9]{1,8}(,[0-9]{1,8})*$"
PERIOD_PATTERN: Final = "^([0-9]{8}|[0-9]{8}-|-[0-9]{8}|[0-9]{8}-[0-9]{8})?$"
WINDOW_PATTERN: Final = (
    r"^-?[0-9]{1,5}(\.[0-9]{1,4})?,[1-9][0-9]{0,4}(,(linear|linear-exact|sigmoid))?$"
)
VIEWPORT_PATTERN: Final = "^[1-9][0-9]{0,2},[1-9][0-9]{0,2}$"
RELATED: Final = "multipart/related"

_STUDY: Final = "/dicomweb/studies/{study_uid}"
_SERIES: Final = _STUDY + "/series/{series_uid}"
_INSTANCE: Final = _SERIES + "/instances/{instance_uid}"
_FRAMES: Final = _INSTANCE + "/frames/{numbers}"
_LEVELS: Final = {"study": _STUDY, "series": _SERIES, "instance": _INSTANCE}

_BINARY: Final[Json] = {"type": "string", "format": "binary"}
_DATA_SETS: Final[Json] = {"type": "array", "items": {"$ref": "#/components/schemas/DataSet"}}
_UID: Final[Json] = {"type": "string", "pattern": UID_PATTERN, "minLength": 1, "maxLength": 64}

SCHEMAS: Final[Json] = {
    "DataSet": {
        "type": "object",
        "description": "A data set in the DICOM JSON model (PS3.18 Annex F): by tag, VR and value.",
        "patternProperties": {
            "^[0-9A-F]{8}$": {
                "type": "object",
                "properties": {"vr": {"type": "string", "pattern": "^[A-Z]{2}$"}},
                "required": ["vr"],
            }
        },
        "additionalProperties": False,
    },
    "Beginning": {
        "type": "object",
        "properties": {
            "code": {"enum": [code.value for code in Emergency]},
            "reason": {
                "type": "string",
                "minLength": REASON_LENGTH_MIN,
                "maxLength": REASON_LENGTH_MAX,
                "description": "Why it cannot wait, in words; no names or numbers of patients.",
            },
        },
        "required": ["code", "reason"],
        "additionalProperties": False,
    },
    "BreakGlass": {
        "type": "object",
        "properties": {
            "open": {
                "anyOf": [
                    {"type": "null"},
                    {
                        "type": "object",
                        "description": "Of `patients`, `used` are used, until a Unix time.",
                        "properties": {
                            "glass_id": {"type": "string", "format": "uuid"},
                            "begun_s": {"type": "number"},
                            "until_s": {"type": "number"},
                            "patients": {"type": "integer"},
                            "used": {"type": "number"},
                        },
                        "required": ["glass_id", "begun_s", "until_s", "patients", "used"],
                        "additionalProperties": False,
                    },
                ]
            },
            "hindrance": {"enum": [None, "open", "barred", "used-up"]},
            "left_today": {"type": "integer"},
            "rules": {
                "type": "object",
                "properties": {
                    name: {"type": "integer"}
                    for name in ("patients", "seconds", "times_a_day", "review_seconds")
                },
                "additionalProperties": False,
            },
        },
        "required": ["open", "hindrance", "left_today", "rules"],
        "additionalProperties": False,
    },
}


def paths() -> Json:
    """Every path of ``router``, as OpenAPI path items."""
    found: Json = {}
    for level, path in _LEVELS.items():
        found[path] = {"get": _retrieve(level, path)}
        found[f"{path}/metadata"] = {"get": _metadata(level, path)}
    found["/dicomweb/studies"] = {"get": _search("studies", "/dicomweb/studies")}
    for kind, path in (
        ("series", "/dicomweb/series"),
        ("series of a study", f"{_STUDY}/series"),
        ("instances", "/dicomweb/instances"),
        ("instances of a study", f"{_STUDY}/instances"),
        ("instances of a series", f"{_SERIES}/instances"),
    ):
        found[path] = {"get": _search(kind, path)}
    for path in ("/dicomweb/studies", _STUDY):
        found.setdefault(path, {})["post"] = _store(path)
    for level, path in {**_LEVELS, "frame": _FRAMES}.items():
        found[f"{path}/rendered"] = {"get": _picture(level, path, small=False)}
        found[f"{path}/thumbnail"] = {"get": _picture(level, path, small=True)}
    found[_FRAMES] = {"get": _frames()}
    found[_INSTANCE + "/bulkdata/{path}"] = {"get": _bulk_data()}
    found["/wado"] = {"get": _wado_uri()}
    found[BREAK_GLASS] = {"get": _glass_state(), "post": _glass_begin(), "delete": _glass_end()}
    return found


def _glass_state() -> Json:
    return {
        "summary": "How the account stands with breaking the glass.",
        "description": "Who treats patients may go beyond the budget in an emergency. Once begun,"
        " requests with `X-Purpose-Of-Use: ETREAT` may take from the allowance; each is reviewed.",
        "tags": ["Break-glass"],
        "responses": {"200": _GLASS, **_errors("401", "403", "503")},
    }


def _glass_begin() -> Json:
    return {
        "summary": "Begin: the data protection officer is told at once.",
        "description": "The same code and reason again, while it is open, changes nothing.",
        "tags": ["Break-glass"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Beginning"}}},
        },
        "responses": {
            "201": _GLASS,
            "409": {
                "description": "One is open, or it was begun as often as it may be in a day.",
                "content": _PROBLEM,
            },
            **_errors("400", "401", "403", "422", "503"),
        },
    }


def _glass_end() -> Json:
    return {
        "summary": "End it before its time.",
        "tags": ["Break-glass"],
        "responses": {"200": _GLASS, **_errors("401", "403", "503")},
    }


def _retrieve(level: str, path: str) -> Json:
    return _read(
        f"The files of a {level}, bit for bit as they were sent (PS3.18 § 10.4.1).",
        path,
        {RELATED: _BINARY, **({DICOM: _BINARY} if level == "instance" else {})},
    )


def _metadata(level: str, path: str) -> Json:
    return _read(
        f"The metadata of a {level} (PS3.18 § 10.4.1.1.2).",
        path,
        {DICOM_JSON: _DATA_SETS, RELATED: _BINARY},
    )


def _frames() -> Json:
    return _read(
        "Frames by number, as they are stored or decompressed (PS3.18 § 10.4.1.1.6).",
        _FRAMES,
        {RELATED: _BINARY, OCTETS: _BINARY, "image/*": _BINARY},
    )


def _bulk_data() -> Json:
    return _read(
        "A value that the metadata refers to (PS3.18 § 10.4.1.1.5).",
        _INSTANCE + "/bulkdata/{path}",
        {RELATED: _BINARY, OCTETS: _BINARY, "*/*": _BINARY},
    )


def _picture(level: str, path: str, *, small: bool) -> Json:
    what = "A small picture" if small else "A picture"
    given: Json = {"image/jpeg": _BINARY} if small else {
        "image/jpeg": _BINARY, "image/png": _BINARY}  # fmt: skip
    asked = [] if small else [_WINDOW, _VIEWPORT]
    return _read(f"{what} of a {level} (PS3.18 § 10.4.1.1.3).", path, given, asked)


def _search(kind: str, path: str) -> Json:
    return {
        "summary": f"Find {kind} (PS3.18 § 10.6).",
        "description": "Any attribute's keyword or tag is a parameter. A listed patient costs a"
        " fifth of an opened one.",
        "tags": ["QIDO-RS"],
        "parameters": [
            *_path_parameters(path),
            _query("PatientName", {"type": "string"}, "With wildcards * and ?."),
            _query("PatientID", {"type": "string"}, "The hospital's number, or the NIK."),
            _query("PatientBirthDate", _PERIOD, "A day or a range of days."),
            _query("AccessionNumber", {"type": "string"}, "Exactly."),
            _query("StudyDate", _PERIOD, "A day or a range of days."),
            *([] if "study_uid" in path else [_UIDS]),
            _query("ModalitiesInStudy", {"type": "string"}, "Such as CT."),
            _query("includefield", {"type": "string"}, "Keywords or tags, or all."),
            _query("fuzzymatching", {"type": "boolean"}, "Names as they sound."),
            _query(
                "limit", _number(1, LIMIT_DEFAULT), f"Matches in one answer, {LIMIT_MAX} at most."
            ),
            _query("offset", _number(0, 0), "Matches to leave out first."),
            _PURPOSE,
        ],
        "responses": {
            "200": {
                "description": "The matches, newest first; a Warning says where there are more.",
                "content": {
                    DICOM_JSON: {"schema": _DATA_SETS},
                    RELATED: {"schema": _BINARY},
                },
            },
            **_errors("400", "401", "403", "406", "429", "503"),
        },
    }


def _store(path: str) -> Json:
    answer = {DICOM_JSON: {"schema": {"$ref": "#/components/schemas/DataSet"}}}
    return {
        "summary": "Store instances (PS3.18 § 10.5).",
        "description": "What is acknowledged is on disk, sealed.",
        "tags": ["STOW-RS"],
        "parameters": [*_path_parameters(path), _PURPOSE],
        "requestBody": {
            "required": True,
            "content": {
                RELATED: {"schema": _BINARY},
            },
        },
        "responses": {
            "200": {"description": "All are stored.", "content": answer},
            "202": {"description": "Some are stored; the rest is listed.", "content": answer},
            "409": {
                "description": "None is stored; each is listed with its reason.",
                "content": {**answer, **_PROBLEM},
            },
            **_errors("400", "401", "403", "406", "413", "415", "422", "429", "503", "507"),
        },
    }


def _wado_uri() -> Json:
    uids = [
        _query(name, _UID, f"The {what} instance UID.", required=True)
        for name, what in (("studyUID", "study"), ("seriesUID", "series"), ("objectUID", "SOP"))
    ]
    return _read(
        "One instance as a file or a picture (PS3.18 § 9).",
        "/wado",
        {DICOM: _BINARY, "image/jpeg": _BINARY, "image/png": _BINARY},
        [
            _query("requestType", {"type": "string", "const": "WADO"}, "WADO.", required=True),
            *uids,
            _query("contentType", {"enum": [DICOM, "image/jpeg", "image/png"]}, "As what."),
            _query("frameNumber", {"type": "string", "pattern": "^[0-9]{1,8}$"}, "From 1."),
            _query("transferSyntax", _UID, "For application/dicom."),
        ],
    )


def _read(summary: str, path: str, given: Json, asked: list[Json] | None = None) -> Json:
    return {
        "summary": summary,
        "tags": ["WADO-URI" if path == "/wado" else "WADO-RS"],
        "parameters": [*_path_parameters(path), *(asked or []), _PURPOSE],
        "responses": {
            "200": {
                "description": "As asked for.",
                "content": {kind: {"schema": schema} for kind, schema in given.items()},
            },
            **_errors("400", "401", "403", "404", "406", "422", "429", "503"),
        },
    }


def _path_parameters(path: str) -> list[Json]:
    known: dict[str, tuple[Json, str]] = {
        "study_uid": (_UID, "Study instance UID."),
        "series_uid": (_UID, "Series instance UID."),
        "instance_uid": (_UID, "SOP instance UID."),
        "numbers": (
            {"type": "string", "pattern": FRAMES_PATTERN, "maxLength": 1_000},
            "Frames from 1, with commas.",
        ),
        "path": ({"type": "string", "minLength": 1}, "The place of the value, as metadata says."),
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schema, "description": about}
        for name, (schema, about) in known.items()
        if f"{{{name}}}" in path
    ]


def _query(name: str, schema: Json, about: str, *, required: bool = False) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "schema": schema,
        "description": about,
    }


def _number(low: int, default: int) -> Json:
    return {"type": "integer", "minimum": low, "default": default}


_PERIOD: Final[Json] = {"type": "string", "pattern": PERIOD_PATTERN}
_UIDS: Final[Json] = _query(
    "StudyInstanceUID",
    {"type": "string", "pattern": rf"^({_PART}(\.{_PART})*(,{_PART}(\.{_PART})*)*)?$"},
    "One or several, with commas.",
)
_WINDOW: Final[Json] = _query(
    "window",
    {"type": "string", "pattern": WINDOW_PATTERN},
    "Centre,width,function (PS3.18 § 8.3.5.1.4).",
)
_VIEWPORT: Final[Json] = _query(
    "viewport",
    {"type": "string", "pattern": VIEWPORT_PATTERN},
    "Width,height in pixels (PS3.18 § 8.3.5.1.3).",
)
_PURPOSE: Final[Json] = {"$ref": "#/components/parameters/PurposeOfUse"}
_PROBLEM: Final[Json] = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}


_GLASS: Final[Json] = {
    "description": "How the account stands.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BreakGlass"}}},
}


def _errors(*codes: str) -> Json:
    return {code: {"$ref": f"#/components/responses/Problem{code}"} for code in codes}
