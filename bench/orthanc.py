"""Debian's Orthanc with its DICOMweb plugin, on a folder of its own and free ports."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.archives import ORTHANC, Archive, BenchFailed, free_port

PLUGIN: Final = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_S: Final = 30
STOP_S: Final = 60
ROOT: Final = "/dicom-web"


def missing() -> str:
    """Which peer is not installed, or ''."""
    if shutil.which("Orthanc") is None:
        return "Orthanc is not installed"
    if shutil.which("dcmsend") is None:
        return "dcmtk is not installed"
    return "" if PLUGIN.exists() else "Orthanc's DICOMweb plugin is not installed"


def version() -> str:
    """The version of the program and of its plugin."""
    said = subprocess.run(["Orthanc", "--version"], capture_output=True, text=True, check=False)
    program = said.stdout.splitlines()[0] if said.stdout else "Orthanc, version unknown"
    return f"{program}, DICOMweb {PLUGIN.resolve().name.partition('.so.')[2] or 'unknown'}"


@contextlib.contextmanager
def running(
    folder: Path, *, syncs: bool, environment: Mapping[str, str] | None = None
) -> Iterator[Archive]:
    """Orthanc in ``folder``; stopped at the end. All but ``syncs`` is as it comes."""
    folder.mkdir()
    http, dimse = free_port(), free_port()
    settings = {
        "Name": "bench",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http,
        "DicomPort": dimse,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "SyncStorageArea": syncs,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": ROOT},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["Orthanc", str(folder / "orthanc.json")],
            env=os.environ | (environment or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, http)
        yield Archive(
            name=ORTHANC,
            http=("127.0.0.1", http),
            root=ROOT,
            dimse=("127.0.0.1", dimse),
            calling_title="BENCH",
            called_title="ORTHANC",
        )
    finally:
        process.terminate()
        process.wait(STOP_S)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise BenchFailed("Orthanc does not start")
