"""What is sealed of one version of a resource."""

import msgspec


class StoredVersion(msgspec.Struct, frozen=True, array_like=True):
    """``at_s``: when it was written, Unix time. ``method``: the HTTP method that wrote it.
    ``body``: the resource as JSON, or '' where it was taken out."""

    at_s: float
    method: str
    body: bytes
    content: bytes = b""
    """Of a Binary, what it is: a third smaller than as base64 within the JSON."""

    def __repr__(self) -> str:
        return f"StoredVersion({self.method})"
