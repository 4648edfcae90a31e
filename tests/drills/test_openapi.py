"""The description of the interface for programs: complete, and kept by every answer."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from segel.access import Attempts
from segel.access import router_for as oauth_router
from segel.app import openapi, public_cards, public_log
from segel.imaging.dicomweb import router
from segel.records.http import router as fhir_router
from segel.records.http.links import router as links_router

SUPPORT = Path(__file__).resolve().parents[1] / "support"

EXAMPLES = int(os.environ.get("SEGEL_OPENAPI_EXAMPLES", "15"))
"""Generated requests for each operation and phase."""

CONFIG = """
[parameters]
"path.study_uid" = "{study}"
"path.series_uid" = "{series}"
"path.instance_uid" = "{instance}"
"path.numbers" = "1"
"query.studyUID" = "{study}"
"query.seriesUID" = "{series}"
"query.objectUID" = "{instance}"

# Which keywords, days and wildcards exist is more than a schema can say.
[[operations]]
include-tag = "QIDO-RS"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "429", "503"]

# What an assertion must say is more than a schema can say; nor may it be tried without end.
[[operations]]
include-tag = "OAuth"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "429"]

# Any bytes are a body; that they are no DICOM is found by reading them.
[[operations]]
include-tag = "STOW-RS"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "409", "422", "503"]
checks.negative_data_rejection.enabled = false

# Whether a reason tells a reviewer something, and whether one is open, no schema knows.
[[operations]]
include-tag = "Break-glass"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "409", "422", "503"]

# What a type of resource is made of, and which search leads to a patient, its own rules say.
[[operations]]
include-tag = "FHIR"
checks.positive_data_acceptance.expected-statuses = [
  "2xx", "304", "400", "401", "403", "404", "409", "410", "412", "422", "429", "503",
]
checks.negative_data_rejection.enabled = false

# Whether two people approved, and how many exports are open already, no schema knows.
[[operations]]
include-tag = "Bulk export"
checks.positive_data_acceptance.expected-statuses = [
  "2xx", "400", "401", "403", "404", "409", "503",
]
checks.negative_data_rejection.enabled = false

# That rows have a number each, and a LOINC code its check digit, no schema says.
[[operations]]
include-path-regex = "^/api/laboratory/"
checks.positive_data_acceptance.expected-statuses = [
  "2xx", "400", "401", "403", "404", "422", "429", "503",
]

# A transfer syntax that exists may still not be had of this instance.
[[operations]]
include-tag = "WADO-URI"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "406"]
"""


def test_schemathesis_finds_nothing(running: Any, tmp_path: Path) -> None:
    headers = running.headers("radiographer")
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        uid = web.get("/dicomweb/studies").json()[0]["0020000D"]["Value"][0]
        instance = web.get(f"/dicomweb/studies/{uid}/instances").json()[0]
    (tmp_path / "schemathesis.toml").write_text(
        CONFIG.format(
            study=uid,
            series=instance["0020000E"]["Value"][0],
            instance=instance["00080018"]["Value"][0],
        )
    )
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{running.http}/openapi.json",
            "-H",
            f"Authorization: {headers['Authorization']}",
            "--checks=all",
            # Of a body without its Content-Type it makes one with: nothing is missing then.
            "--exclude-checks=missing_required_header",
            f"--max-examples={EXAMPLES}",
            "--phases=examples,coverage,fuzzing",
            "--continue-on-failure",
            "--generation-deterministic",
            "--no-color",
        ],
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(SUPPORT)},
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]


def test_every_address_for_programs_is_described() -> None:
    archive: Any = None  # routes are made without it
    doors = [
        router(archive),
        fhir_router(archive, "https://segel.test"),
        oauth_router(archive, "https://segel.test", Attempts()),
        links_router(archive, "https://segel.test", Attempts()),
    ]
    served = {route.path_format for route in Litestar(doors, openapi_config=None).routes}
    # Mounts; test_matrix and test_cards ask them every path.
    served |= {*public_log.paths(), *public_cards.paths()}
    described = set(openapi.document()["paths"])
    assert {_anonymous(path) for path in served} | {openapi.PATH} == {
        _anonymous(path) for path in described
    }


def _anonymous(path: str) -> str:
    """An address with its parameters' places, whatever they are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)
