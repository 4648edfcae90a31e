"""DIMSE with dcmtk's programs: sent, found and fetched, the dataset byte for byte."""

import hashlib
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pydicom
import pytest

from support.running import segel

SUCCESS, STORED_UNDER_ITS_OWN_UID = "0000", "b007"
STORESCU_OPTIONS = {
    "1.2.840.10008.1.2": "-xi",
    "1.2.840.10008.1.2.1": "-xe",
    "1.2.840.10008.1.2.2": "-xb",
    "1.2.840.10008.1.2.1.99": "-xd",
    "1.2.840.10008.1.2.4.50": "-xy",
    "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs",
    "1.2.840.10008.1.2.4.80": "-xt",
    "1.2.840.10008.1.2.4.90": "-xv",
    "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
}
"""storescu proposes one compressed transfer syntax at a time."""


def dataset_bytes(part10: bytes) -> bytes:
    """What follows the file meta information (PS3.10 § 7.1): the bytes that DIMSE carries."""
    assert part10[128:132] == b"DICM"
    group_length = int.from_bytes(part10[140:144], "little")  # (0002,0000) UL 4
    return part10[144 + group_length :]


def received(folder: Path) -> dict[str, Path]:
    """SOP instance UID to file, of all files in a folder."""
    return {
        str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID): path
        for path in folder.iterdir()
        if path.is_file()
    }


def digest(path: Path) -> str:
    """The digest of a file's data set."""
    return hashlib.sha256(dataset_bytes(path.read_bytes())).hexdigest()


def without_lengths(path: Path) -> pydicom.Dataset:
    """A data set without its group lengths, which say only how it is encoded."""
    dataset = pydicom.dcmread(path)
    for element in [element for element in dataset if element.tag.element == 0]:
        del dataset[element.tag]
    return dataset


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Storescp:
    """A bit-preserving receiver of dcmtk's: writes what came over the wire."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        folder.mkdir()
        self.process = subprocess.Popen(
            [program, "-B", "+xa", "-od", str(folder), str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def sent(
    running: Any, real_files: Any, dcmtk: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Path], list[str]]:
    """What dcmsend puts on the wire, by UID, and the statuses that Segel answered.

    dcmsend encodes some files anew, so the truth is what another receiver gets from it.
    """
    work = tmp_path_factory.mktemp("dcmtk")
    files = work / "files"
    files.mkdir()
    for number, file in enumerate(real_files):
        shutil.copyfile(file.path, files / f"{number:04d}.dcm")
    reference = Storescp(dcmtk("storescp"), work / "reference")
    options = ["--no-uid-checks", "--no-halt", "+rd", "+sd", "+r", "--max-pdu", "131072"]
    subprocess.run(
        [dcmtk("dcmsend"), *options, "127.0.0.1", str(reference.port), str(files)],
        capture_output=True,
        timeout=300,
        check=False,
    )
    reference.stop()
    host, port = running.dimse
    peer = running.peer(1)
    titles = ["-aet", peer["ae_title"], "-aec", peer["called_ae_title"]]
    report = work / "report.txt"
    done = subprocess.run(
        [dcmtk("dcmsend"), *options, "--create-report-file", str(report), *titles,
         host, str(port), str(files)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    statuses = re.findall(r"DIMSE Status  : 0x(\w+)", report.read_text())
    return received(work / "reference"), statuses


def test_dcmsend_stores_every_file(sent: tuple[dict[str, Path], list[str]]) -> None:
    on_the_wire, statuses = sent
    assert len(on_the_wire) > 100
    assert len(statuses) >= len(on_the_wire)
    assert set(statuses) <= {SUCCESS, STORED_UNDER_ITS_OWN_UID}


def test_getscu_fetches_each_dataset_as_it_was_sent(
    running: Any,
    sent: tuple[dict[str, Path], list[str]],
    real_files: Any,
    dcmtk: Any,
    tmp_path: Path,
) -> None:
    host, port = running.dimse
    peer = running.peer(1)
    on_the_wire, _ = sent
    plain = {
        file.instance_uid: file
        for file in real_files
        if file.transfer_syntax == "1.2.840.10008.1.2.1" and file.instance_uid in on_the_wire
    }
    studies = sorted({file.study_uid for file in plain.values()})
    for uid in studies:
        subprocess.run(
            [dcmtk("getscu"), "-aet", peer["ae_title"], "-aec", peer["called_ae_title"], "-B",
             "-od", str(tmp_path), "-S", "-k", "QueryRetrieveLevel=STUDY",
             "-k", f"StudyInstanceUID={uid}", host, str(port)],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip
    got = received(tmp_path)
    assert set(plain) <= set(got)
    alike = 0
    for uid in plain:
        original = hashlib.sha256(dataset_bytes(plain[uid].content)).hexdigest()
        if digest(got[uid]) in (original, digest(on_the_wire[uid])):
            alike += 1
        else:  # dcmsend wrote sequences and padding anew, and not alike for both receivers
            assert without_lengths(got[uid]) == without_lengths(on_the_wire[uid])
    assert alike > 0.8 * len(plain)


def test_findscu_finds_by_study_root_and_patient_root(
    running: Any, sent: tuple[dict[str, Path], list[str]], real_files: Any, dcmtk: Any
) -> None:
    host, port = running.dimse
    peer = running.peer(1)
    file = next(one for one in real_files if one.path.name == "CT_small.dcm")
    dataset = pydicom.dcmread(file.path, stop_before_pixels=True)
    for model, level in (("-S", "STUDY"), ("-P", "STUDY")):
        done = subprocess.run(
            [dcmtk("findscu"), "-aet", peer["ae_title"], "-aec", peer["called_ae_title"], model,
             "-k", f"QueryRetrieveLevel={level}", "-k", f"PatientID={dataset.PatientID}",
             "-k", "StudyInstanceUID", "-k", "PatientName", host, str(port)],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert file.study_uid in done.stdout + done.stderr


def test_storescu_stores_in_each_transfer_syntax_that_it_knows(
    running: Any, real_files: Any, dcmtk: Any
) -> None:
    host, port = running.dimse
    peer = running.peer(1)
    titles = ["-aet", peer["ae_title"], "-aec", peer["called_ae_title"]]
    used = set()
    for syntax, option in STORESCU_OPTIONS.items():
        files = [str(file.path) for file in real_files if file.transfer_syntax == syntax]
        if not files:
            continue
        used.add(option)
        done = subprocess.run(
            [dcmtk("storescu"), "-v", option, "-R", "--no-halt", *titles,
             host, str(port), *files],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-2000:]
        answers = re.findall(r"Received Store Response \((.*)\)", said)
        # storescu itself cannot read a file or two of pydicom's.
        assert len(answers) == len(files) - said.count("ignoring file")
        assert answers
        # Under each UID something is stored by now: this again, or in the encoding of dcmsend.
        assert set(answers) <= {"Success", "Unknown Status: 0x111", "Warning: 0xb007"}
    assert len(used) >= 6


def test_movescu_has_studies_sent_to_an_enrolled_destination(
    running: Any,
    sent: tuple[dict[str, Path], list[str]],
    real_files: Any,
    dcmtk: Any,
    tmp_path: Path,
) -> None:
    host, port = running.dimse
    peer = running.peer(1)
    titles = ["-aet", peer["ae_title"], "-aec", peer["called_ae_title"]]
    destination = Storescp(dcmtk("storescp"), tmp_path / "got")
    enrolled = segel(
        "peer", "add", "REMOTE", f"--hospital={peer['hospital']}", "--called=SEGEL",
        f"--listens=127.0.0.1:{destination.port}", f"--home={running.home}",
    )  # fmt: skip
    assert enrolled.returncode == 0, enrolled.stderr
    wanted = [
        file for file in real_files if file.path.name in ("CT_small.dcm", "examples_jpeg2k.dcm")
    ]
    assert len(wanted) == 2
    for file in wanted:
        move = [dcmtk("movescu"), "-v", *titles, "-S", "-k", "QueryRetrieveLevel=STUDY"]
        keys = ["-k", f"StudyInstanceUID={file.study_uid}"]
        subprocess.run(
            [*move, "-aem", "REMOTE", *keys, host, str(port)],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip
        nowhere = subprocess.run(
            [*move, "-aem", "NOWHERE", *keys, host, str(port)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "MoveDestinationUnknown" in nowhere.stdout + nowhere.stderr
    destination.stop()
    got = received(tmp_path / "got")
    on_the_wire, _ = sent
    for file in wanted:
        assert digest(got[file.instance_uid]) == digest(on_the_wire[file.instance_uid])


def test_an_unknown_ae_title_and_a_wrong_called_title_are_rejected(
    running: Any, dcmtk: Any
) -> None:
    host, port = running.dimse
    peer = running.peer(0)
    for titles in (
        ("NOBODY", peer["called_ae_title"]),
        (peer["ae_title"], "ELSEWHERE"),
    ):
        done = subprocess.run(
            [dcmtk("echoscu"), "-aet", titles[0], "-aec", titles[1], host, str(port)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "Association Rejected" in done.stdout + done.stderr
    done = subprocess.run(
        [dcmtk("echoscu"), "-aet", peer["ae_title"], "-aec", peer["called_ae_title"], host,
         str(port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_peer_of_one_hospital_does_not_find_the_others_studies(
    running: Any, sent: tuple[dict[str, Path], list[str]], real_files: Any, dcmtk: Any
) -> None:
    host, port = running.dimse
    peer = running.peer(0)
    file = next(one for one in real_files if one.path.name == "CT_small.dcm")
    done = subprocess.run(
        [dcmtk("findscu"), "-aet", peer["ae_title"], "-aec", peer["called_ae_title"], "-S",
         "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={file.study_uid}",
         "-k", "PatientName", host, str(port)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "PatientName" not in (done.stdout + done.stderr).split("Find Response", 1)[-1] or (
        "Find Response: 1" not in done.stdout + done.stderr
    )
