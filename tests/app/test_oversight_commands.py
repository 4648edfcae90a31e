"""``segel freeze``, ``unfreeze`` and ``approvals``, and what describes a hospital, as guided."""

import asyncio
import re

from segel.broker import BrokerClient
from segel.domain.roles import Role
from support.running import Running, segel

CODE = "PERINTAH"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


async def _people(running: Running) -> dict[Role, str]:
    operator = await BrokerClient.connect(running.home / "run" / "operator.sock")
    try:
        await operator.enrol_hospital(CODE, "RS Perintah")
        tokens = {}
        for role in (Role.CLINICIAN, Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR):
            account = await operator.enrol_account(f"{role} {CODE}", role, CODE)
            tokens[role] = (await operator.issue_token(account, 3_600)).token
        return tokens
    finally:
        await operator.close()


def test_the_commands_of_the_guide_freeze_ask_and_decide(running: Running) -> None:
    tokens = asyncio.run(_people(running))
    officer, admin = tokens[Role.DATA_PROTECTION_OFFICER], tokens[Role.ADMINISTRATOR]

    def run(*command: str, exits: int = 0) -> str:
        done = segel(*command, f"--home={running.home}")
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout + done.stderr

    def identifier(text: str) -> str:
        found = re.search(ID, text)
        assert found, text
        return found[0]

    clinician = f"clinician {CODE}"
    said = run("freeze", "account", clinician, "--reason=[b]ganjil[/b]", f"--token={officer}")
    freeze = identifier(said)
    assert "until two people lift it" in said
    listed = run("freeze", "list", f"--token={officer}")
    assert f"{freeze}  account {clinician}" in listed
    assert "[b]ganjil" in listed, "a reason is shown as it was written"
    assert "frozen" in run("approvals", "list", f"--token={tokens[Role.CLINICIAN]}", exits=1)

    said = run("unfreeze", freeze, "--reason=keliru", f"--token={officer}")
    request = next(one for one in re.findall(ID, said) if one != freeze)
    decide = ("approvals", "approve", request, "--reason=setuju")
    assert "Nobody decides their own request" in run(*decide, f"--token={officer}", exits=1)
    shown = run("approvals", "show", request, f"--token={admin}")
    assert f"freeze = {freeze}" in shown
    assert "0 of 1 approvals" in shown
    listed = run("approvals", "list", f"--token={admin}")
    assert f"{request}  unfreeze: waiting, yours to decide, 0 of 1" in listed
    assert "Approved, and done." in run(*decide, f"--token={admin}")
    assert "was used" in run(*decide, f"--token={admin}", exits=1)
    assert "no open requests" in run("approvals", "list", f"--token={tokens[Role.CLINICIAN]}")

    erasure = ("approvals", "request", "erasure", "--reason=putusan 12", f"--token={officer}")
    request = identifier(run(*erasure, "--subject=patient=x", "--hours=48"))
    assert "NAME=VALUE" in run(*erasure, "--subject=patient", exits=2)
    said = run("approvals", "reject", request, "--reason=bukan dia", f"--token={admin}")
    assert "rejected" in said
    request = identifier(run(*erasure, "--subject=patient=y"))
    assert "withdrawn" in run("approvals", "withdraw", request, f"--token={officer}")
    assert "There is no such account" in run(
        "freeze", "account", "nobody at all", "--reason=x", exits=1
    )


def test_a_leak_is_contained_rehearsed_and_released_as_the_guide_says(running: Running) -> None:
    tokens = asyncio.run(_people(running))
    officer = f"--token={tokens[Role.DATA_PROTECTION_OFFICER]}"
    admin = f"--token={tokens[Role.ADMINISTRATOR]}"

    def run(*command: str, exits: int = 0) -> str:
        done = segel(*command, f"--home={running.home}")
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout + done.stderr

    case = re.findall(r"LK-\w+", run("leak", "open", "6 juta pasien", officer))[0]
    contain = ("leak", "contain", case, "--reason=dijual", officer)
    assert "Name some" in run(*contain, exits=1)
    account = f"--account=clinician {CODE}"
    said = run(*contain, account, "--rehearse")
    assert "patients opened or listed in 24 hours" in said
    assert "nothing was done" in said
    assert "nothing frozen" in run("leak", "contained", case, officer)
    assert "Aborted" in run(*contain, account, exits=1)  # nobody says yes
    assert "1 frozen" in run(*contain, account, "--yes")
    freeze = re.findall(ID, run("leak", "contained", case, officer))[0]
    assert "does not answer" in run(*contain, "--all-releases", "--yes", exits=1)
    said = run("leak", "release", case, "--reason=keliru", officer)
    request = re.findall(ID, said)[0]
    assert freeze in run("leak", "contained", case, officer)
    assert "done" in run("approvals", "approve", request, "--reason=setuju", admin)
    assert "nothing frozen" in run("leak", "contained", case, officer)
    run("hospital", "answers", CODE)
    assert "(answers for leaks)" in run("hospital", "list")
    assert "NOBODY sees any record" in run(*contain, "--all-releases", "--rehearse")
    run("hospital", "answers", CODE, "--no")
    assert "does not answer" in run(*contain, "--all-releases", "--rehearse", exits=1)


def test_a_hospital_is_described_with_departments_and_numbers(running: Running) -> None:
    asyncio.run(_people(running))

    def run(*command: str, exits: int = 0) -> str:
        done = segel(*command, f"--home={running.home}")
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout + done.stderr

    add = ("hospital", "add", CODE, "RS Perintah")
    assert "100000009" in run(*add, "--national-code=100000009")
    run("department", "add", "[b]Gizi[/b]", f"--hospital={CODE}")
    run("department", "add", "Bedah", f"--hospital={CODE}", "--code=B1")
    run(*add)  # again the same: what was described stays
    listed = run("hospital", "list")
    assert "100000009" in listed
    assert "[b]Gizi[/b], Bedah (B1)" in listed
    run("department", "remove", "bedah", f"--hospital={CODE}")
    assert "Bedah" not in run("hospital", "list", "--json")
    assert "no department" in run("department", "remove", "bedah", f"--hospital={CODE}", exits=1)
    assert "N1" in run("account", "number", f"clinician {CODE}", "N1")
    assert "no account" in run("account", "number", "nobody", "N1", exits=1)
