"""What a sealed object is bound to."""

from dataclasses import dataclass
from uuid import UUID

from segel.sealing.errors import LabelMalformed

_LABEL = b"segel/object/v1\0"
VERSION_MAX = 2**63 - 1  # fits PostgreSQL's bigint


@dataclass(frozen=True, slots=True)
class ObjectContext:
    """Whose object it is, which one, and which version of it.

    A sealed object opens only under the context it was sealed with. Seal different content only
    under a new ``version``: between two seals of one and the same context nobody can tell which
    is the later.
    """

    patient_id: UUID
    object_id: UUID
    version: int

    def __post_init__(self) -> None:
        if not 0 <= self.version <= VERSION_MAX:
            raise LabelMalformed("version")

    def aad(self) -> bytes:
        """The 56 bytes that the seal authenticates: label, patient, object, version; fixed width,
        so no two contexts encode alike."""
        return (
            _LABEL + self.patient_id.bytes + self.object_id.bytes + self.version.to_bytes(8, "big")
        )
