"""What an archive acknowledged is there, and is what was sent: else its figure means nothing."""

import json
import random
from collections.abc import Sequence
from typing import Final

from bench.archives import Archive, BenchFailed
from bench.images import Instance, Study
from bench.wire import Answer, Connection, Request, multipart, request

BOUNDARY: Final = "bench-3f1c9a5e7d"
RELATED: Final = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
JSON: Final = "application/dicom+json"
ORIGINAL: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'

STORED: Final = "00081199"
REFUSED: Final = "00081198"
STORED_UID: Final = "00081155"
INSTANCE_UID: Final = "00080018"


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
    uids = {item[STORED_UID]["Value"][0] for one in documents for item in one[STORED]["Value"]}
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
        uids = {one[INSTANCE_UID]["Value"][0] for one in json.loads(found.body)}
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
