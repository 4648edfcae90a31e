"""The addresses of DICOMweb, and which function answers each."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Stream

from segel.domain.errors import SegelError
from segel.imaging.archive import Archive
from segel.imaging.dicomweb import qido, stow, wado
from segel.imaging.dicomweb.asking import AnyRequest
from segel.imaging.dicomweb.problem import problem_response
from segel.imaging.finding import SERIES_UID, STUDY_UID

STUDY = "/studies/{study_uid:str}"
SERIES = STUDY + "/series/{series_uid:str}"
INSTANCE = SERIES + "/instances/{instance_uid:str}"
FRAMES = INSTANCE + "/frames/{numbers:str}"

File = Response[Any] | Stream


def router(archive: Archive) -> Router:
    """DICOMweb below ``/dicomweb`` and WADO-URI at ``/wado``, over one archive."""
    return Router(
        path="/",
        route_handlers=[*_store(archive), *_search(archive), *_files(archive), *_parts(archive)],
        exception_handlers={SegelError: problem_response},
        include_in_schema=False,
    )


def _store(archive: Archive) -> list[Any]:
    @post(["/dicomweb/studies", "/dicomweb" + STUDY])
    async def store(request: AnyRequest, study_uid: str | None = None) -> Response[bytes]:
        return await stow.store_instances(archive, request, study_uid)

    return [store]


def _search(archive: Archive) -> list[Any]:
    @get("/dicomweb/studies")
    async def studies(request: AnyRequest) -> Response[bytes]:
        return await qido.search(archive, request, "study", {})

    @get(["/dicomweb/series", f"/dicomweb{STUDY}/series"])
    async def series(request: AnyRequest, study_uid: str | None = None) -> Response[bytes]:
        return await qido.search(archive, request, "series", _path(study_uid))

    @get(
        [
            "/dicomweb/instances",
            f"/dicomweb{STUDY}/instances",
            f"/dicomweb{SERIES}/instances",
        ]
    )
    async def instances(
        request: AnyRequest, study_uid: str | None = None, series_uid: str | None = None
    ) -> Response[bytes]:
        return await qido.search(archive, request, "instance", _path(study_uid, series_uid))

    return [studies, series, instances]


def _path(study_uid: str | None, series_uid: str | None = None) -> dict[str, str]:
    named = {STUDY_UID: study_uid, SERIES_UID: series_uid}
    return {tag: uid for tag, uid in named.items() if uid is not None}


def _files(archive: Archive) -> list[Any]:
    places = [f"/dicomweb{place}" for place in (STUDY, SERIES, INSTANCE)]

    @get(places)
    async def retrieve(
        request: AnyRequest,
        study_uid: str,
        series_uid: str | None = None,
        instance_uid: str | None = None,
    ) -> File:
        return await wado.retrieve(archive, request, study_uid, series_uid, instance_uid)

    @get([f"{place}/metadata" for place in places])
    async def metadata(
        request: AnyRequest,
        study_uid: str,
        series_uid: str | None = None,
        instance_uid: str | None = None,
    ) -> Response[bytes]:
        return await wado.metadata(archive, request, study_uid, series_uid, instance_uid)

    @get("/wado")
    async def wado_uri(request: AnyRequest) -> File:
        return await wado.wado_uri(archive, request)

    return [retrieve, metadata, wado_uri]


def _parts(archive: Archive) -> list[Any]:
    pictured = [f"/dicomweb{place}" for place in (STUDY, SERIES, INSTANCE, FRAMES)]

    @get(f"/dicomweb{FRAMES}")
    async def frames(
        request: AnyRequest, study_uid: str, series_uid: str, instance_uid: str, numbers: str
    ) -> Response[bytes]:
        return await wado.frames(archive, request, study_uid, series_uid, instance_uid, numbers)

    @get(f"/dicomweb{INSTANCE}/bulkdata/{{path:path}}")
    async def bulk_data(
        request: AnyRequest, study_uid: str, series_uid: str, instance_uid: str, path: str
    ) -> Response[bytes]:
        return await wado.bulk_data(archive, request, study_uid, series_uid, instance_uid, path)

    @get([f"{place}/rendered" for place in pictured])
    async def rendered(
        request: AnyRequest,
        study_uid: str,
        series_uid: str | None = None,
        instance_uid: str | None = None,
        numbers: str = "1",
    ) -> Response[bytes]:
        return await wado.rendered(archive, request, study_uid, series_uid, instance_uid, numbers)

    @get([f"{place}/thumbnail" for place in pictured])
    async def thumbnail(
        request: AnyRequest,
        study_uid: str,
        series_uid: str | None = None,
        instance_uid: str | None = None,
        numbers: str = "1",
    ) -> Response[bytes]:
        return await wado.rendered(
            archive, request, study_uid, series_uid, instance_uid, numbers, small=True
        )

    return [frames, bulk_data, rendered, thumbnail]
