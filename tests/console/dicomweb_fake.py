"""A DICOMweb server of one screen, over pydicom's files: enough for OHIF to show a study."""

import json
from typing import Any
from uuid import uuid4

import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from segel.domain.dicom import JsonDataset


class FakeDicomweb:
    """``tokens``: bearer token to the study UID that it opens. ``asked``: paths and tokens seen."""

    def __init__(
        self, studies: dict[str, tuple[JsonDataset, JsonDataset, pydicom.Dataset]]
    ) -> None:
        self._studies = studies
        self.tokens: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.searches_refused = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        self.asked.append((scope["path"], token))
        status, media_type, body = self._answer(scope["path"], token)
        content = [(b"content-type", media_type.encode()), (b"set-cookie", b"nothing=1")]
        await send({"type": "http.response.start", "status": status, "headers": content})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _answer(self, path: str, token: str) -> tuple[int, str, bytes]:
        study_uid = self.tokens.get(token)
        if study_uid is None:
            return 401, "text/plain", b""
        about, series, dataset = self._studies[study_uid]
        uids = (study_uid, f"{study_uid}.1", f"{study_uid}.1.1")
        at = path.removeprefix("/dicomweb/").split("/")
        for place, uid in zip((1, 3, 5), uids, strict=True):
            if len(at) > place and at[place] != uid:
                return 404, "text/plain", b""
        kinds = tuple(at[::2]) if at[-1] != "metadata" else (*at[:-1:2], "metadata")
        match kinds:
            case ("studies",):
                return 403 if self.searches_refused else 200, *_json([about])
            case ("studies", "series"):
                return 200, *_json([{**about, **series}])
            case ("studies", "series", "instances"):
                return 200, *_json([_metadata(dataset, about, series, uids)])
            case ("studies", "series", "metadata") | ("studies", "series", "instances", "metadata"):
                return 200, *_json([_metadata(dataset, about, series, uids)])
            case ("studies", "series", "instances", "frames"):
                return 200, *_parts(dataset)
        return 404, "text/plain", b""


def _json(content: list[JsonDataset]) -> tuple[str, bytes]:
    return "application/dicom+json", json.dumps(content).encode()


def _metadata(
    dataset: pydicom.Dataset, about: JsonDataset, series: JsonDataset, uids: tuple[str, str, str]
) -> JsonDataset:
    described = pydicom.Dataset()
    for element in dataset:
        if element.tag != 0x7FE00010 and not element.tag.is_private:
            described.add(element)
    content: JsonDataset = described.to_json_dict()
    content |= about | series
    content["00080018"] = {"vr": "UI", "Value": [uids[2]]}
    content["00083002"] = {"vr": "UI", "Value": [ExplicitVRLittleEndian]}
    return content


def _parts(dataset: pydicom.Dataset) -> tuple[str, bytes]:
    boundary = uuid4().hex
    media_type = f"multipart/related; type=application/octet-stream; boundary={boundary}"
    head = (
        f"--{boundary}\r\nContent-Type: application/octet-stream;"
        f" transfer-syntax={ExplicitVRLittleEndian}\r\n\r\n"
    )
    return media_type, head.encode() + dataset.PixelData + f"\r\n--{boundary}--\r\n".encode()
