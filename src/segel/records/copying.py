"""A patient's own record as one document: a FHIR Bundle, written as it is read."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from segel.records.model import instant
from segel.records.r4 import encode

Json = Mapping[str, Any]

_END: Final = b"]}"


async def bundle(resources: AsyncIterator[Json], base: str, at_s: float) -> AsyncIterator[bytes]:
    """A ``collection`` (R4 § 2.36.4) of everything, in pieces; ``at_s``: Unix time, when it was
    put together. ``base``: FHIR's address, under which each resource is known."""
    head = encode({"resourceType": "Bundle", "type": "collection", "timestamp": instant(at_s)})
    before = head[:-1] + b',"entry":['
    async for resource in resources:
        address = f"{base}/{resource['resourceType']}/{resource['id']}"
        yield before + encode({"fullUrl": address, "resource": resource})
        before = b","
    # Whose record it is stands in it always: there is one entry at least.
    assert before == b",", "a record has its patient"
    yield _END
