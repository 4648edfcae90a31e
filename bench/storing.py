"""STOW-RS (PS3.18 § 10.5): a study a round, in requests of several sizes."""

from typing import Final

from bench.archives import Archive
from bench.checking import BOUNDARY, JSON, RELATED, require_acknowledged, require_stored
from bench.context import Context, fresh_studies
from bench.images import Study
from bench.results import Against, Line, Target
from bench.rounds import in_turn
from bench.wire import multipart, request

TARGETS: Final = (Target(Against.ORTHANC, 1.5), Target(Against.RAW, 0.5))


def stow(context: Context, per_request: int) -> Line:
    """A study a round, ``per_request`` instances in each request."""
    study_of = fresh_studies(context)

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
        answers, seconds = context.drive(archive.http, asked)
        require_acknowledged(archive, study, answers)
        require_stored(archive, study)
        return len(study.instances) / seconds

    def raw_turn(number: int) -> float:
        study = study_of(number)
        asked = [
            request("POST", context.raw, "/", {"Content-Type": RELATED}, body)
            for body in bodies_of(study)
        ]
        _, seconds = context.drive(context.raw, asked)
        return len(study.instances) / seconds

    turns = context.turns(archive_turn, raw_turn)
    found = in_turn(context.size.rounds, turns, context.quiet.settled)
    return Line(
        f"stow-{per_request}",
        f"STOW-RS, {per_request} per request",
        "instances/s",
        found,
        TARGETS,
    )
