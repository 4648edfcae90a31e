"""What schemathesis needs to speak multipart/related: any bytes as the only part of a body."""

from typing import Any

import schemathesis

BOUNDARY = "segel-test"


@schemathesis.serializer("multipart/related")
def as_one_part(ctx: Any, value: Any) -> bytes:
    """Bytes as one part of DICOM; schemathesis sends the content type without a boundary."""
    body = value if isinstance(value, bytes) else str(value).encode()
    return (
        f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        + body
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Name the boundary that the serializer uses."""
    if case.media_type == "multipart/related":
        case.headers["Content-Type"] = (
            f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
        )
