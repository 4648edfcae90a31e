"""Storing: STOW-RS (PS3.18 § 10.5) in requests of several sizes, and one C-STORE association."""

import json
import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.archives import RAW, Archive, BenchFailed
from bench.context import Context, drive
from bench.images import Instance, Study
from bench.results import Against, Line, Target
from bench.rounds import Turn, in_turn
from bench.wire import Answer, Connection, Request, multipart, request

BOUNDARY: Final = "bench-3f1c9a5e7d"
RELATED: Final = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
JSON: Final = "application/dicom+json"
ORIGINAL: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
STORED, REFUSED = "00081199", "00081198"
INSTANCE_UID = "00081155"
STOW_TARGETS: Final = (Target(Against.ORTHANC, 1.5), Target(Against.RAW, 0.5))
DIMSE_TARGETS: Final = (Target(Against.ORTHANC, 5.0),)


def stow(context: Context, per_request: int) -> Line:
    """A study a round, ``per_request`` instances in each request."""
    studies: dict[int, Study] = {}

    def study_of(number: int) -> Study:
        """The same files for all; forgotten with the round."""
        if number not in studies:
            studies.clear()
            studies[number] = context.scanner.study(context.size.instances)
        return studies[number]

    def bodies_of(study: Study) -> list[bytes]:
        files = [one.content for one in study.instances]
        starts = range(0, len(files), per_request)
        return [multipart(files[at : at + per_request], BOUNDARY) for at in starts]

    def archive_turn(archive: Archive, number: int) -> float:
        study = study_of(number)
        headers = {"Content-Type": RELATED, "Accept": JSON, **archive.storing}
        asked = [
            request("POST", archive.http, f"{archive.root}/studies", headers, body)
            for body in bodies_of(study)
        ]
        answers, seconds = drive(archive.http, asked, context.size.connections)
        require_acknowledged(archive, study, answers)
        require_stored(archive, study)
        return len(study.instances) / seconds

    def raw_turn(number: int) -> float:
        study = study_of(number)
        asked = [
            request("POST", context.raw, "/", {"Content-Type": RELATED}, body)
            for body in bodies_of(study)
        ]
        _, seconds = drive(context.raw, asked, context.size.connections)
        return len(study.instances) / seconds

    turns: dict[str, Turn] = {
        archive.name: partial(archive_turn, archive) for archive in context.archives
    }
    found = in_turn(context.size.rounds, turns | {RAW: raw_turn})
    return Line(
        f"stow-{per_request}",
        f"STOW-RS, {per_request} per request",
        "instances/s",
        found,
        STOW_TARGETS,
    )


def store(archive: Archive, study: Study) -> None:
    """Put a study there to be read; not measured."""
    line = Connection(archive.http)
    headers = {"Content-Type": RELATED, "Accept": JSON, **archive.storing}
    body = multipart([one.content for one in study.instances], BOUNDARY)
    try:
        answer = line.ask(request("POST", archive.http, f"{archive.root}/studies", headers, body))
    finally:
        line.close()
    require_acknowledged(archive, study, [answer])


def require_acknowledged(archive: Archive, study: Study, answers: Sequence[Answer]) -> None:
    """The answers name every instance as stored. Raises BenchFailed."""
    documents = [json.loads(answer.body) for answer in answers]
    uids = {item[INSTANCE_UID]["Value"][0] for one in documents for item in one[STORED]["Value"]}
    # Orthanc sends an empty list of what it refused.
    refused = any(one.get(REFUSED, {}).get("Value") for one in documents)
    if refused or uids != {one.instance_uid for one in study.instances}:
        raise BenchFailed(f"{archive.name} did not store all that was sent")


def require_stored(archive: Archive, study: Study, *, whole: bool = True) -> None:
    """All are there, and one of them is what was sent. Raises BenchFailed.

    ``whole``: the file byte for byte; else its pixels, where the sender writes a data set anew.
    """
    line = Connection(archive.http)
    try:
        path = f"{archive.root}/studies/{study.uid}/instances?limit=1000"
        found = line.ask(request("GET", archive.http, path, {"Accept": JSON, **archive.reading}))
        uids = {one["00080018"]["Value"][0] for one in json.loads(found.body)}
        if uids != {one.instance_uid for one in study.instances}:
            raise BenchFailed(f"{archive.name} does not have all that it acknowledged")
        probe = random.choice(study.instances)
        (file,) = line.ask(original(archive, probe)).parts()
        same = file == probe.content if whole else file.endswith(probe.pixels)
        if not same:
            raise BenchFailed(f"{archive.name} does not give back what was sent")
    finally:
        line.close()


def original(archive: Archive, one: Instance) -> Request:
    """Asks for an instance as it was sent."""
    path = (
        f"{archive.root}/studies/{one.study_uid}/series/{one.series_uid}"
        f"/instances/{one.instance_uid}"
    )
    return request("GET", archive.http, path, {"Accept": ORIGINAL, **archive.reading})


def dimse(context: Context) -> Line:
    """A study a round through one association of dcmtk's ``dcmsend``, started to ended.

    For "raw limit" stands a ``storescp --ignore``: what dcmsend itself can send.
    """
    folders: dict[int, tuple[Study, Path]] = {}

    def files_of(number: int) -> tuple[Study, Path]:
        if number not in folders:
            for _, folder in folders.values():
                shutil.rmtree(folder)
            folders.clear()
            study = context.scanner.study(context.size.instances)
            folder = context.folder / f"send-{number}"
            folder.mkdir()
            for index, one in enumerate(study.instances):
                (folder / f"{index:04}.dcm").write_bytes(one.content)
            folders[number] = study, folder
        return folders[number]

    def turn(archive: Archive, number: int) -> float:
        study, folder = files_of(number)
        report = context.folder / "report.txt"
        titles = ["-aet", archive.calling_title, "-aec", archive.called_title]
        peer = [archive.dimse[0], str(archive.dimse[1])]
        options = ["--single-association", "--create-report-file", str(report)]
        started_s = perf_counter()
        done = subprocess.run(
            ["dcmsend", *options, *titles, *peer, "--scan-directories", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = perf_counter() - started_s
        if done.returncode != 0:
            raise BenchFailed(f"dcmsend to {archive.name}: {done.stderr[-500:]}")
        statuses = re.findall(r"DIMSE Status  : 0x(\w+)", report.read_text())
        if statuses != ["0000"] * len(study.instances):
            raise BenchFailed(f"{archive.name} did not store all that dcmsend sent")
        require_stored(archive, study, whole=False)
        return len(study.instances) / seconds

    turns: dict[str, Turn] = {archive.name: partial(turn, archive) for archive in context.archives}
    found = in_turn(context.size.rounds, turns)
    return Line("cstore", "C-STORE, one dcmsend association", "instances/s", found, DIMSE_TARGETS)
