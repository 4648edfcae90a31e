"""Reading: whole studies, single frames, a study's metadata (PS3.18 § 10.4).

The studies are stored in all archives before, and read whole once: each archive, and the kernel,
may have in memory what they like to keep. ``study-first`` is the opposite: a study's first read,
three seconds after it was stored.
"""

import hashlib
import json
import random
from collections.abc import Sequence
from typing import Final

from bench.archives import SEGEL, Archive, BenchFailed
from bench.checking import INSTANCE_UID, JSON, ORIGINAL, store
from bench.context import Context, fresh_studies
from bench.images import Instance, Study
from bench.results import Against, Line, Target
from bench.rounds import Turn, in_turn
from bench.wire import Answer, Request, request

FRAME: Final = 'multipart/related; type="application/octet-stream"'
METADATA_REPEATS: Final = 5
MIB: Final = 2**20

ALIKE: Final = (Target(Against.ORTHANC, 1.0),)
THREE_TIMES: Final = (Target(Against.ORTHANC, 3.0),)


def studies(context: Context) -> Line:
    """Whole studies as they were sent; each round each of them once."""
    library = stored_library(context)
    size_mib = sum(len(one.content) for study in library for one in study.instances) / MIB

    def turn(archive: Archive, _: int) -> float:
        asked = [whole(archive, study) for study in library]
        answers, seconds = context.drive(archive.http, asked)
        for study, answer in zip(library, answers, strict=True):
            require_whole(archive, study, answer)
        return size_mib / seconds

    first = library[0].instances
    asked = [_raw(context, len(first), len(first[0].content)) for _ in library]
    turns = context.turns(turn, _raw_turn(context, asked, size_mib))
    found = in_turn(context.size.rounds, turns, context.quiet.idle)
    title = f"WADO-RS, study of {len(first)} instances"
    return Line("study", title, "MiB/s", found, ALIKE)


def first_read(context: Context) -> Line:
    """A study's first read after it was stored: nothing kept, the key not yet released."""
    study_of = fresh_studies(context)

    def turn(archive: Archive, number: int) -> float:
        study = study_of(number)
        store(archive, study)
        context.quiet.settled()
        answers, seconds = context.drive(archive.http, [whole(archive, study)])
        require_whole(archive, study, answers[0])
        return sum(len(one.content) for one in study.instances) / MIB / seconds

    found = in_turn(context.size.rounds, context.turns(turn), context.quiet.idle)
    notes = (
        "the key's release is in it; Segel's packs are not in the page cache, Orthanc's files are"
    )
    return Line("study-first", "WADO-RS, its first read", "MiB/s", found, notes=notes)


def frames(context: Context) -> Line:
    """Single frames of all studies, in no order; each round as many as a study has instances.

    Each study is opened on the connection before, by a frame that is not counted: a reading session
    opens a study once and then shows hundreds of frames. What the opening costs are the releases.
    """
    library = stored_library(context)
    slices = [one for study in library for one in study.instances]

    def turn(archive: Archive, number: int) -> float:
        chosen = random.Random(number).sample(slices, context.size.instances)
        asked = [frame(archive, one) for one in chosen]
        opening = [frame(archive, study.instances[0]) for study in library]
        answers, seconds = context.drive(archive.http, asked, opening)
        for one, answer in zip(chosen, answers, strict=True):
            if answer.parts() != [one.pixels]:
                raise BenchFailed(f"{archive.name} does not give the frame that was sent")
        return len(chosen) / seconds

    asked = [_raw(context, 1, len(slices[0].pixels)) for _ in range(context.size.instances)]
    turns = context.turns(turn, _raw_turn(context, asked, len(asked)))
    found = in_turn(context.size.rounds, turns, context.quiet.idle)
    return Line("frame", "WADO-RS, single frames", "frames/s", found, THREE_TIMES)


def frames_of_one(context: Context) -> Line:
    """Single frames of one instance of as many frames as a study has instances, in no order."""
    study = context.scanner.film(context.size.instances)
    (film,) = study.instances
    for archive in context.archives:
        store(archive, study)
        context.drive(archive.http, [whole(archive, study)])
    context.quiet.settled()
    size = len(film.pixels) // context.size.instances
    # A fifth of them: where the whole instance is read for each, all would take minutes.
    count = max(1, context.size.instances // 5)

    def turn(archive: Archive, number: int) -> float:
        chosen = random.Random(number).sample(range(1, context.size.instances + 1), count)
        asked = [frame(archive, film, at) for at in chosen]
        answers, seconds = context.drive(archive.http, asked, [frame(archive, film)])
        for at, answer in zip(chosen, answers, strict=True):
            if answer.parts() != [film.pixels[(at - 1) * size : at * size]]:
                raise BenchFailed(f"{archive.name} does not give the frame that was sent")
        return len(chosen) / seconds

    asked = [_raw(context, 1, size) for _ in range(count)]
    turns = context.turns(turn, _raw_turn(context, asked, len(asked)))
    found = in_turn(context.size.rounds, turns, context.quiet.idle)
    title = f"WADO-RS, single frames of one instance of {context.size.instances}"
    return Line("frame-multi", title, "frames/s", found, THREE_TIMES)


def metadata(context: Context) -> Line:
    """The metadata of whole studies as JSON; each round each of them some times."""
    library = stored_library(context)
    answered: dict[str, int] = {}

    def turn(archive: Archive, _: int) -> float:
        headers = {"Accept": JSON, **archive.reading}
        asked = [
            request("GET", archive.http, f"{archive.root}/studies/{study.uid}/metadata", headers)
            for study in library
        ] * METADATA_REPEATS
        answers, seconds = context.drive(archive.http, asked)
        for study, answer in zip(library * METADATA_REPEATS, answers, strict=True):
            require_metadata(archive, study, answer)
        answered[archive.name] = len(answers[0].body)
        return len(asked) / seconds

    def raw_turn(number: int) -> float:
        size = answered.get(SEGEL, MIB)
        asked = [_raw(context, 1, size)] * (len(library) * METADATA_REPEATS)
        return _raw_turn(context, asked, len(asked))(number)

    found = in_turn(context.size.rounds, context.turns(turn, raw_turn), context.quiet.idle)
    title = f"WADO-RS, metadata of {len(library[0].instances)} instances"
    sizes = ", ".join(f"{name} {size // 1024} KiB" for name, size in answered.items())
    return Line("metadata", title, "studies/s", found, THREE_TIMES, notes=f"documents: {sizes}")


def stored_library(context: Context) -> list[Study]:
    """The studies to be read, in all archives; stored, and read once, once a run."""
    if not context.library:
        for _ in range(context.size.studies):
            study = context.scanner.study(context.size.instances)
            for archive in context.archives:
                store(archive, study)
                context.drive(archive.http, [whole(archive, study)])
            context.library.append(study)
        context.quiet.settled()
    return context.library


def whole(archive: Archive, study: Study) -> Request:
    """Asks for a study as it was sent."""
    path = f"{archive.root}/studies/{study.uid}"
    return request("GET", archive.http, path, {"Accept": ORIGINAL, **archive.reading})


def frame(archive: Archive, one: Instance, number: int = 1) -> Request:
    """Asks for a frame of an instance."""
    path = (
        f"{archive.root}/studies/{one.study_uid}/series/{one.series_uid}"
        f"/instances/{one.instance_uid}/frames/{number}"
    )
    return request("GET", archive.http, path, {"Accept": FRAME, **archive.reading})


def require_whole(archive: Archive, study: Study, answer: Answer) -> None:
    """Every file of the study, byte for byte. Raises BenchFailed."""
    digests = sorted(hashlib.sha256(part).hexdigest() for part in answer.parts())
    if digests != sorted(one.digest for one in study.instances):
        raise BenchFailed(f"{archive.name} does not give back the study that was sent")


def require_metadata(archive: Archive, study: Study, answer: Answer) -> None:
    """Every instance of the study is described. Raises BenchFailed."""
    documents = json.loads(answer.body)
    uids = {one[INSTANCE_UID]["Value"][0] for one in documents}
    whole = uids == {one.instance_uid for one in study.instances}
    if not whole or any(one["00180050"]["Value"] != [1.0] for one in documents):  # SliceThickness
        raise BenchFailed(f"{archive.name} does not describe the study that was sent")


def _raw(context: Context, count: int, size: int) -> Request:
    return request("GET", context.raw, f"/{count}/{size}", {})


def _raw_turn(context: Context, asked: Sequence[Request], work: float) -> Turn:
    def turn(_: int) -> float:
        return work / context.drive(context.raw, asked)[1]

    return turn
