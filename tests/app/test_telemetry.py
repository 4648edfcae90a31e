"""No log line carries personal data, whoever writes it."""

import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from segel.app import telemetry

SECRETS = ("SITI AMINAH", "9871012345678901", "1.2.840.113619.2.55", "20260114", "2026-01-14")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    telemetry.configure(tmp_path, "gateway")
    yield tmp_path / "gateway.jsonl"
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    warnings.resetwarnings()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_only_listed_keys_with_plain_values_are_written(log: Path) -> None:
    telemetry.logger().info(
        "stored", duration_ms=12.5, route="/dicomweb/studies/{study}", patient=SECRETS[0],
        error=SECRETS[0] + " 1.2.840.113619.2.55", count=3, bytes=10**15,
    )  # fmt: skip
    (line,) = lines(log)
    assert line["event"] == "stored"
    assert line["duration_ms"] == 12.5
    assert line["route"] == "/dicomweb/studies/{study}"
    assert not {"patient", "error", "bytes"} & set(line)
    assert abs(float(str(line["at_s"])) - 1.7e9) < 1e9


def test_exceptions_and_libraries_leave_no_text(log: Path) -> None:
    for secret in SECRETS:
        try:
            raise ValueError(f"about {secret}")
        except ValueError as error:
            telemetry.logger().exception("defect", **telemetry.describe(error))
            logging.getLogger("some.library").exception("while reading %s", secret)
        logging.getLogger("segel.somewhere").warning("direct: %s", secret)
        warnings.warn(f"invalid value {secret}", stacklevel=1)
    text = log.read_text()
    assert not any(secret in text for secret in SECRETS)
    kinds = [line.get("error") for line in lines(log)]
    assert "ValueError" in kinds
    assert any(line.get("logger") == "some.library" for line in lines(log))


@given(st.dictionaries(st.sampled_from([*telemetry.KEYS, "name"]), st.sampled_from(SECRETS)))
def test_numbers_dates_and_uids_never_pass(event: dict[str, str]) -> None:
    kept = telemetry.allow_listed(None, "", dict(event))
    assert not set(kept.values()) & set(SECRETS[1:])
