"""The addresses of DICOMweb, and which function answers each."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Response, Router, get, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import Method

from segel.access import AnyRequest
from segel.domain.errors import SegelError
from segel.imaging.archive import Archive
from segel.imaging.dicomweb import break_glass, qido, stow, wado
from segel.imaging.dicomweb.problem import problem_response
from segel.imaging.finding import SERIES_UID, STUDY_UID

STUDY = "/dicomweb/studies/{study_uid:str}"
SERIES = STUDY + "/series/{series_uid:str}"
INSTANCE = SERIES + "/instances/{instance_uid:str}"
FRAMES = INSTANCE + "/frames/{numbers:str}"

Answer = Response[Any] | Stream
Door = Callable[[Archive, AnyRequest], Awaitable[Answer]]

# Parameters are taken from ``request.path_params``: one function answers at several levels.


def router(archive: Archive) -> Router:
    """DICOMweb below ``/dicomweb``, WADO-URI at ``/wado``, and break-glass, over one archive."""
    levels = [STUDY, SERIES, INSTANCE]
    return Router(
        path="/",
        route_handlers=[
            _get_or_store(archive, "/dicomweb/studies", _studies),
            _get_or_store(archive, STUDY, _retrieve),
            _get(archive, ["/dicomweb/series", f"{STUDY}/series"], _series),
            _get(
                archive,
                ["/dicomweb/instances", f"{STUDY}/instances", f"{SERIES}/instances"],
                _instances,
            ),
            _get(archive, levels[1:], _retrieve),
            _get(archive, [f"{level}/metadata" for level in levels], _metadata),
            _get(archive, [f"{level}/rendered" for level in [*levels, FRAMES]], _rendered),
            _get(archive, [f"{level}/thumbnail" for level in [*levels, FRAMES]], _thumbnail),
            _get(archive, [FRAMES], _frames),
            _get(archive, [INSTANCE + "/bulkdata/{path:path}"], _bulk_data),
            _get(archive, ["/wado"], wado.wado_uri),
            _break_glass(archive),
        ],
        exception_handlers={SegelError: problem_response},
        include_in_schema=False,
    )


def _get(archive: Archive, paths: Sequence[str], door: Door) -> HTTPRouteHandler:
    async def answer(request: AnyRequest) -> Answer:
        return await door(archive, request)

    return get(list(paths))(answer)


def _get_or_store(archive: Archive, path: str, door: Door) -> HTTPRouteHandler:
    """One handler for both methods: of two, OPTIONS would tell only of the one."""

    async def answer(request: AnyRequest) -> Answer:
        return await (_store if request.method == "POST" else door)(archive, request)

    return route(path, http_method=["GET", "POST"], status_code=200)(answer)


def _break_glass(archive: Archive) -> HTTPRouteHandler:
    async def answer(request: AnyRequest) -> Answer:
        return await break_glass.answer(archive, request)

    methods: list[Method] = ["GET", "POST", "DELETE"]
    return route(break_glass.PATH, http_method=methods, status_code=200)(answer)


def _named(request: AnyRequest, *names: str) -> tuple[Any, ...]:
    return tuple(request.path_params.get(name) for name in names)


def _level(request: AnyRequest) -> tuple[Any, ...]:
    return _named(request, "study_uid", "series_uid", "instance_uid")


def _path_filters(request: AnyRequest) -> dict[str, str]:
    study_uid, series_uid = _named(request, "study_uid", "series_uid")
    return {tag: uid for tag, uid in ((STUDY_UID, study_uid), (SERIES_UID, series_uid)) if uid}


async def _store(archive: Archive, request: AnyRequest) -> Answer:
    return await stow.store_instances(archive, request, *_named(request, "study_uid"))


async def _studies(archive: Archive, request: AnyRequest) -> Answer:
    return await qido.search(archive, request, "study", {})


async def _series(archive: Archive, request: AnyRequest) -> Answer:
    return await qido.search(archive, request, "series", _path_filters(request))


async def _instances(archive: Archive, request: AnyRequest) -> Answer:
    return await qido.search(archive, request, "instance", _path_filters(request))


async def _retrieve(archive: Archive, request: AnyRequest) -> Answer:
    return await wado.retrieve(archive, request, *_level(request))


async def _metadata(archive: Archive, request: AnyRequest) -> Answer:
    return await wado.metadata(archive, request, *_level(request))


async def _frames(archive: Archive, request: AnyRequest) -> Answer:
    return await wado.frames(archive, request, *_level(request), *_named(request, "numbers"))


async def _bulk_data(archive: Archive, request: AnyRequest) -> Answer:
    return await wado.bulk_data(archive, request, *_level(request), *_named(request, "path"))


async def _rendered(archive: Archive, request: AnyRequest) -> Answer:
    study, series, instance = _level(request)
    number = request.path_params.get("numbers", "1")
    return await wado.rendered(archive, request, study, series, instance, number)


async def _thumbnail(archive: Archive, request: AnyRequest) -> Answer:
    study, series, instance = _level(request)
    number = request.path_params.get("numbers", "1")
    return await wado.rendered(archive, request, study, series, instance, number, small=True)
