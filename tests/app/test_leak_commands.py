"""``segel leak``: from findings on a file to a signed document, at the command line."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pypdf
import pytest

from leaks.telling.test_letters import Post, mail
from support.running import Running

WORDS = {"id": "Ekspor dibekukan.", "en": "The export was frozen."}
FINDINGS = {
    "organisation": "RS Contoh",
    "contact": "pdp@rs.example",
    "authority": "Lembaga PDP",
    "verdict": "ours",
    "verdict_error": 1e-06,
    "kinds": ["nik", "result"],
    "disclosed_s": 1_795_900_000.0,
    "how": WORDS,
    "handling": WORDS,
    "recovery": WORDS,
    "figures": [{"measure": "patients", "value": 12}],
}


def segel(running: Running, role: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of ours, by somebody of the organisation that answers for leaks."""
    return subprocess.run(
        [sys.executable, "-m", "segel", "leak", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SEGEL_HOME": str(running.home), "SEGEL_TOKEN": running.token(role, 3)},
    )


@pytest.mark.usefixtures("running")
def test_findings_are_drafted_signed_and_told_at_the_command_line(
    running: Running, tmp_path: Path
) -> None:
    opened = segel(running, "incident-officer", "open", "6 juta pasien")
    case = opened.stdout.split()[1]
    empty = segel(running, "incident-officer", "tell", case, "--kind", "authority")
    assert empty.returncode == 1
    assert "authority, kinds, disclosed_s" in empty.stderr + empty.stdout

    found = tmp_path / "findings.json"
    found.write_text(json.dumps(FINDINGS))
    assert segel(running, "incident-officer", "finding", case, "--from", str(found)).returncode == 0

    told = ("tell", case, "--kind", "authority", "--language", "en")
    text = segel(running, "incident-officer", *told).stdout
    assert "DRAFT" in text
    assert WORDS["en"] in text
    final = tmp_path / "signed.pdf"
    sign = ("sign", case, "--kind", "authority", "--language", "en", "--yes", "--out", str(final))
    refused = segel(running, "incident-officer", *sign)
    assert refused.returncode == 1
    assert "data protection officers" in refused.stderr + refused.stdout
    signed = segel(running, "data-protection-officer", *sign)
    assert signed.returncode == 0, signed.stderr
    assert final.stat().st_mode & 0o077 == 0
    assert "DRAFT" not in "".join(one.extract_text() for one in pypdf.PdfReader(final).pages)
    said = segel(running, "data-protection-officer", "told", case, "authority", "--how", "12/PDP")
    assert said.returncode == 0, said.stderr
    case_now = segel(running, "incident-officer", "show", case).stdout
    assert hashlib.sha256(final.read_bytes()).hexdigest() in case_now
    assert "authority: met" in case_now


@pytest.mark.usefixtures("running")
def test_letters_go_to_each_addressee_of_the_sealed_list_once(
    running: Running, tmp_path: Path
) -> None:
    officer = "data-protection-officer"
    case = segel(running, officer, "open", "6 juta pasien").stdout.split()[1]
    found, people = tmp_path / "findings.json", tmp_path / "people.jsonl"
    found.write_text(json.dumps(FINDINGS))
    segel(running, officer, "finding", case, "--from", str(found))
    people.write_text(
        "".join(
            json.dumps(
                {"patient": str(UUID(int=at)), "name": f"Sri {at}", "email": f"s{at}@rs.example"}
            )
            + "\n"
            for at in range(1, 4)
        )
    )
    listed = segel(running, officer, "letters", "add", case, str(people)).stdout.split()[1]
    post = Post()
    with mail(post) as port:
        to = ("letters", "send", case, "--list", listed.rstrip(":"), "--from", "pdp@rs.example",
              "--smtp", f"127.0.0.1:{port}")  # fmt: skip
        assert "No notice to patients" in segel(running, officer, *to).stderr
        told = ("patients", "tell", case, "--warrant", str(UUID(int=1)))
        refused = segel(running, officer, *told)
        assert (refused.returncode, "was signed yet" in refused.stderr) == (1, True)
        segel(running, officer, "sign", case, "--kind", "patients", "--yes")
        shown = segel(running, officer, "patients", "show", case).stdout
        assert "They say nothing of this case." in shown
        assert "id, affected:" in shown
        assert "no such warrant" in segel(running, officer, *told).stderr
        first, second = (segel(running, officer, *to) for _ in range(2))
    assert "sent: 3" in first.stdout, first.stderr
    assert "Nothing was left" in second.stdout
    assert sorted(post.to()) == [f"s{at}@rs.example" for at in range(1, 4)]
    assert "s1@rs.example" not in first.stdout + first.stderr + second.stderr
