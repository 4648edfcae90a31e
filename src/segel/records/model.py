"""What a resource is here: versions, sealed one by one, in folders of a patient's chart."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from segel.broker import FolderGrant
from segel.domain.records import BINARY, PATIENT
from segel.domain.stored_versions import StoredVersion
from segel.records.r4 import decode, encode
from segel.records.repo import Row
from segel.sealing import ObjectContext, derive_token_key, seal, token, unseal

Json = dict[str, Any]

CREATED: Final = "POST"
CHANGED: Final = "PUT"
TAKEN_OUT: Final = "DELETE"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource. ``resource`` None: it was taken out; ``number`` 0: nobody wrote
    it, it says what is known otherwise; ``at_s``: Unix time, 0 where that is not known."""

    resource_type: str
    resource_id: str
    number: int
    at_s: float
    method: str
    resource: Json | None = field(repr=False)
    kept: bytes = field(default=b"", repr=False)
    """Of a Binary that was read: its content, which ``resource`` is without."""

    @property
    def content(self) -> bytes:
        """What a Binary is."""
        return self.kept or b64decode((self.resource or {}).get("data", ""))

    @property
    def tag(self) -> str:
        """The entity tag (FHIR R4 § 3.1.0.3)."""
        return f'W/"{self.number}"'

    @property
    def place(self) -> str:
        """Below the service's address."""
        return f"{self.resource_type}/{self.resource_id}"

    def told(self) -> Json:
        """The resource with its id and what is known of the version."""
        assert self.resource is not None, "whoever shows it has looked"
        head: Json = {"resourceType": self.resource_type, "id": self.resource_id}
        meta: Json = {**self.resource.get("meta", {}), "versionId": str(self.number)}
        if self.at_s:
            meta["lastUpdated"] = instant(self.at_s)
        told = {**head, "meta": meta, **_without(self.resource, {*head, "meta"})}
        return {**told, "data": b64encode(self.kept).decode()} if self.kept else told


@dataclass(frozen=True, slots=True)
class Folder:
    """A patient's resources of one type, open for one request. ``own``: of the patient's own.

    ``consent_mark``: of the Consent folder, what tells the broker of which state a new decision was
    made.
    """

    patient_id: UUID
    grant: FolderGrant = field(repr=False)
    own: bool = False
    consent_mark: UUID | None = None

    @property
    def resource_type(self) -> str:
        """What lies in it."""
        return self.grant.resource_type

    @property
    def folder_id(self) -> UUID:
        """Where its rows are."""
        return self.grant.folder_id

    def row_id(self, resource_id: UUID) -> UUID:
        """Under which id a resource lies here: a Patient under the folder's own, so that its row
        does not name the patient."""
        return self.folder_id if self.resource_type == PATIENT else resource_id

    def identified(self, system: str, value: str) -> UUID:
        """The id of what is made once for an identifier, the same at any time and at any door."""
        key = derive_token_key(self.grant.key)
        return UUID(bytes=token(key, "identifier", system, value)[:16], version=4)

    def seal(self, row_id: UUID, number: int, at_s: float, method: str, body: Json | None) -> bytes:
        """A version as its row has it."""
        left, content = _parted(body) if self.resource_type == BINARY and body else (body, b"")
        plain = StoredVersion(at_s, method, encode(left) if left is not None else b"", content)
        context = ObjectContext(self.patient_id, row_id, number)
        return bytes(seal(self.grant.key, context, msgspec.msgpack.encode(plain)))

    def open(self, row: Row) -> Version:
        """What ``seal`` made. Raises SealBroken."""
        row_id, number, sealed = row
        context = ObjectContext(self.patient_id, row_id, number)
        plain = unseal(self.grant.key, context, sealed)
        stored = msgspec.msgpack.decode(plain, type=StoredVersion)
        shown = self.patient_id if self.resource_type == PATIENT else row_id
        body = decode(stored.body) if stored.body else None
        return Version(
            self.resource_type,
            str(shown),
            number,
            stored.at_s,
            stored.method,
            body,
            stored.content,
        )


def _parted(body: Json) -> tuple[Json, bytes]:
    """A Binary without its content, and the content; together where it would not come back as it
    was written: base64 with spaces in it."""
    data = body.get("data")
    content = b64decode(data) if isinstance(data, str) else b""
    if not content or b64encode(content).decode() != data:
        return body, b""
    return _without(body, {"data"}), content


_TAG: Final = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')


def version_of(tag: str) -> int | None:
    """The version that an entity tag names, as ``Version.tag`` or without its marks; None for what
    is none of ours."""
    match = _TAG.fullmatch(tag)
    return int(match[1]) if match else None


def instant(at_s: float) -> str:
    """A moment as FHIR's ``instant``, in UTC and to the millisecond."""
    return (
        datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _without(resource: Json, names: set[str]) -> Json:
    return {name: value for name, value in resource.items() if name not in names}
