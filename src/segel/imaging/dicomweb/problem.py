"""Segel's errors as problem details (RFC 9457), without personal data."""

from typing import Any, Final

import msgspec
from litestar import Request, Response

from segel.access import headers_of, problem_of, status_of
from segel.domain.errors import SegelError
from segel.imaging import errors as imaging
from segel.imaging.dicom import errors as dicom

STATUS: Final[dict[type[SegelError], int]] = {
    imaging.InstanceUnknown: 404,
    imaging.ObjectDamaged: 500,
    imaging.StudyMismatch: 409,
    imaging.DuplicateInstance: 409,
    imaging.OutOfRoom: 503,
    dicom.NotAcceptable: 406,
    dicom.RenderingInvalid: 400,
    dicom.FrameUnknown: 404,
    dicom.PixelsAbsent: 404,
    dicom.BulkUnknown: 404,
    dicom.MultipartTooLarge: 413,
    dicom.LimitExceeded: 413,
    dicom.MultipartBroken: 400,
    dicom.DicomError: 422,
}
"""Of DICOMweb's own errors; those that any door may run into are in ``segel.access``."""


def problem_response(_: Request[Any, Any, Any] | None, error: SegelError) -> Response[bytes]:
    """The problem details of an error."""
    status = status_of(error, STATUS)
    return Response(
        msgspec.json.encode(problem_of(error, status)),
        status_code=status,
        media_type="application/problem+json",
        headers=headers_of(error, status),
    )
