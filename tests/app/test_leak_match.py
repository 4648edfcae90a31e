"""``segel leak match``: a sealed sample read, compared under a warrant, and judged."""

import asyncio
import csv
import io
import json
import zipfile
from pathlib import Path
from uuid import UUID

from PIL import Image

from app.test_leak_commands import segel
from segel.app.demo.images import RECIPES, SEED
from segel.app.demo.people import patients as invented
from segel.broker import BrokerClient, Requester
from segel.domain.purpose import Purpose
from support.radiographs import radiograph
from support.running import Running

OTHERS = 40
FIRST = ("Agus", "Bambang", "Cahyo", "Dimas", "Eko", "Fajar", "Galih", "Hendra")
LAST = ("Nugroho", "Saputra", "Wibowo", "Santoso", "Hidayat")
PATIENTS = invented(SEED, [recipe.ages for recipe in RECIPES])


def sample(folder: Path) -> Path:
    """A zip with a table of the demo's patients among invented others, and what is no table."""
    rows = io.StringIO()
    table = csv.writer(rows, delimiter=";")
    table.writerow(["NIK", "NAMA PASIEN", "TGL LAHIR", "JK", "NO RM"])
    for one in PATIENTS:
        table.writerow([one.nik, one.name.title(), f"{one.born:%d/%m/%Y}", one.sex, one.mrn])
    for at in range(OTHERS):
        nik = f"98{at:04}{1 + at % 28:02}0170{at:04}"
        table.writerow(
            [nik, f"{FIRST[at % 8]} {LAST[at // 8]}", f"{1 + at % 28:02}/01/1970", "M", f"9{at:06}"]
        )
    path = folder / "sampel.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("dump/pasien.csv", rows.getvalue())
        packed.writestr("../../etc/baca.txt", "bayar 2 BTC")
        packed.writestr("dump/rusak.gz", b"\x1f\x8b" + bytes(40))
        picture = io.BytesIO()
        Image.fromarray(radiograph(1)).save(picture, "JPEG", quality=60)
        packed.writestr("foto/toraks.jpg", picture.getvalue())
    return path


async def warrant(running: Running, case_id: UUID, rows: int) -> UUID:
    """Asked for by an officer, approved by two others."""
    broker = await BrokerClient.connect(running.home / "run" / "broker.sock")

    def who(role: str) -> Requester:
        return Requester(running.token(role, 3), Purpose.OPERATIONS, "console")

    try:
        asked = await broker.warrants.ask(
            who("incident-officer"), case_id, reason="sample", rows=rows, people=rows, hours=2
        )
        for role in ("data-protection-officer", "administrator"):
            await broker.approvals.decide(who(role), asked, "agreed", approve=True)
        return asked
    finally:
        await broker.close()


def test_a_sealed_sample_is_read_compared_and_judged(running: Running, tmp_path: Path) -> None:
    officer = "incident-officer"
    case = segel(running, officer, "open", "semua pasien").stdout.split()[1]
    assert segel(running, officer, "add", case, str(sample(tmp_path))).returncode == 0
    shown = json.loads(segel(running, officer, "show", case, "--json").stdout)
    allowed = asyncio.run(warrant(running, UUID(shown["case_id"]), 1_000))
    done = segel(running, officer, "match", case, "--warrant", str(allowed), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    patients = len(PATIENTS)
    assert told["compared"] >= patients + OTHERS
    assert told["recognised"] == patients
    assert told["counts"]["ours"] == patients
    assert told["judgement"]["verdict"] in {"mixed", "ours"}
    assert sum(told["skipped"].values()) >= 1
    # Nobody's: it was drawn.
    assert told["pictures"] == {"found": 1, "compared": 1, "known": 0, "over": 0}
    for one in PATIENTS:
        assert one.nik not in done.stdout

    shown = json.loads(segel(running, officer, "show", case, "--json").stdout)
    kinds = {one["kind"] for one in shown["findings"]}
    assert kinds >= {"sample", "verdict", "findings", "extent", "origin"}
    assert [one["kind"] for one in shown["objects"]].count("derived") == 1
    findings = json.loads(segel(running, officer, "finding", case).stdout)
    assert findings["verdict"] == told["judgement"]["verdict"]
    figures = {one["measure"]: one["value"] for one in findings["figures"]}
    assert figures["patients"] == patients
    assert "nik" in findings["kinds"]
    assert figures["hospitals"] == len({one["hospital"] for one in told["origin"]["leads"]} - {""})

    extent = json.loads(segel(running, officer, "extent", case, "--json").stdout)
    assert extent == told["extent"]
    assert extent["people"] == patients
    assert sum(extent["hospitals"].values()) == patients
    assert extent["archive_patients"] >= patients
    said = segel(running, officer, "extent", case).stdout
    assert f"{patients} people of ours" in said
    assert "copied between" in said
    origin = json.loads(segel(running, officer, "origin", case, "--json").stdout)
    assert origin == told["origin"]
    assert origin["records"] == patients
    assert {one["way"] for one in origin["leads"]} >= {"account", "hospital", "elsewhere"}
    assert "Origin:" in segel(running, officer, "origin", case).stdout
    # Few samples are compared at a time, and others' tests use this archive, too.
    closed = segel(running, officer, "warrant", "close", str(allowed))
    assert closed.returncode == 0, closed.stderr


def test_rows_beyond_the_warrant_are_counted_and_not_compared(
    running: Running, tmp_path: Path
) -> None:
    officer = "incident-officer"
    case = segel(running, officer, "open", "semua pasien").stdout.split()[1]
    segel(running, officer, "add", case, str(sample(tmp_path)))
    shown = json.loads(segel(running, officer, "show", case, "--json").stdout)
    allowed = asyncio.run(warrant(running, UUID(shown["case_id"]), 20))
    done = segel(running, officer, "match", case, "--warrant", str(allowed))
    assert done.returncode == 0, done.stderr
    assert "beyond the warrant" in done.stdout
    again = segel(running, officer, "match", case, "--warrant", str(allowed))
    assert again.returncode == 1
    assert "as were agreed" in again.stderr


def test_what_an_officer_corrected_is_heeded(running: Running, tmp_path: Path) -> None:
    officer = "incident-officer"
    case = segel(running, officer, "open", "semua pasien").stdout.split()[1]
    listed = tmp_path / "daftar.csv"
    rows = [f"{one.nik};{one.name};{one.born:%d/%m/%Y}" for one in PATIENTS]
    listed.write_text("\n".join(["A;B;C", *rows]))
    segel(running, officer, "add", case, str(listed))
    assert "Nothing was examined yet" in segel(running, officer, "columns", case).stdout
    refused = segel(running, officer, "columns", case, "--column", "daftar.csv.A=nomor")
    assert (refused.returncode, "There are: nik" in refused.stderr) == (2, True)
    corrected = ("--column", "daftar.csv.A=other", "--column", "daftar.csv.B=free-text")
    assert segel(running, officer, "columns", case, *corrected).returncode == 0
    case_id = UUID(json.loads(segel(running, officer, "show", case, "--json").stdout)["case_id"])
    allowed = str(asyncio.run(warrant(running, case_id, 100)))
    matching = ("match", case, "--warrant", allowed, "--json")
    blind = json.loads(segel(running, officer, *matching).stdout)
    assert blind["recognised"] == 0
    shown = segel(running, officer, "columns", case, "--forget", "daftar.csv.A").stdout
    assert "A: other, 100% sure" in shown, "as it was last examined"
    assert "B: free-text (corrected)" in shown
    found = json.loads(segel(running, officer, *matching).stdout)
    assert found["recognised"] == len(PATIENTS)
    segel(running, officer, "warrant", "close", allowed)
