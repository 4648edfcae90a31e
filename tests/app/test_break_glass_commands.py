"""``segel break-glass``, ``segel alerts`` and ``segel reasons`` on a running Segel."""

import re
from typing import Any

from support.running import Running, segel

REASON = "Pasien trauma di IGD, perlu CT lama"


def _said(running: Running, *arguments: str, status: int = 0) -> str:
    done = segel(*arguments, f"--home={running.home}")
    assert done.returncode == status, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_a_break_glass_begins_is_told_of_acknowledged_and_ends(running: Any) -> None:
    token = f"--token={running.token('clinician', 1)}"
    assert "Not open" in _said(running, "break-glass", "status", token)
    refused = _said(
        running, "break-glass", "begin", token, "--code=other", "--reason=darurat", status=1
    )
    assert "too short to be reviewed" in refused
    begun = _said(
        running, "break-glass", "begin", token, "--code=life-at-risk", f"--reason={REASON}"
    )
    assert "5 of 5 patients left" in begun
    waiting = _said(running, "alerts", "list")
    alert = re.search(r"break-glass-begun.*?([0-9a-f-]{36})", waiting)
    assert alert is not None
    assert REASON not in waiting
    who = ("--by=Ratna Dewi Kusuma", "--note=Ditanyakan")
    assert "Acknowledged" in _said(running, "alerts", "acknowledge", alert[1], *who)
    assert alert[1] not in _said(running, "alerts", "list")
    assert "Ratna Dewi Kusuma" in _said(running, "alerts", "list", "--all")
    assert "Ended" in _said(running, "break-glass", "end", token)
    assert "No break-glass" in _said(running, "break-glass", "end", token, status=1)


def test_reasons_are_filed_for_known_patients_accounts_and_hospitals(running: Any) -> None:
    number = str(running.stored_image().PatientID)
    account = next(
        str(one["name"])
        for one in running.demo["accounts"]
        if one["hospital"] == running.hospitals[0]
    )
    filing = ["reasons", "add", "--kind=order", f"--hospital={running.hospitals[0]}"]
    told = _said(running, *filing, f"--patient={number}", f"--account={account}", "--days=2")
    assert told.startswith("Filed as ")
    assert number not in told
    assert "no patient" in _said(running, *filing, "--patient=NOBODY", status=1)
    unknown = _said(running, *filing, f"--patient={number}", "--account=Nobody At All", status=1)
    assert "no account" in unknown
    assert "2 departments" in _said(running, "reasons", "units", account, "Bedah", "IGD")
