"""A patient's key, and the scope keys that were carried over from the keys before it.

Scope keys are derived from the patient's key. To erase one scope alone (a study), the patient gets
a new key, under which the keys of every *other* scope are kept as they are: no object is rewritten,
and the erased scope's key, which only the old patient key could derive, is nowhere any more
(decision 013).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from segel.domain.records import CARDS, CHART_TYPES, LINKED, SENT
from segel.sealing import ObjectContext, derive_scope_key, new_patient_key, seal, unseal


def folder_scope(resource_type: str) -> str:
    """The scope's name of a patient's resources of one type."""
    return f"records/{resource_type}"


AUDIT_SCOPE: Final = "audit"
CONSENT_SCOPE: Final = "consents"
IDENTITY_SCOPE: Final = "identity"
REQUESTS_SCOPE: Final = "subject requests"
PATIENT_SCOPES: Final = (
    AUDIT_SCOPE,
    CONSENT_SCOPE,
    IDENTITY_SCOPE,
    REQUESTS_SCOPE,
    "photo",
    *map(folder_scope, (*CHART_TYPES, SENT, LINKED, CARDS)),
)
"""The scopes of a patient that are no study: they outlive the erasure of one."""

_KEPT_SCOPE: Final = "kept scope keys"
_KEPT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PatientKeys:
    """What opens a patient's record. ``sealed_kept`` is the row's own: it changes with the key."""

    key: bytes = field(repr=False)
    kept: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    sealed_kept: bytes | None = field(default=None, repr=False)

    def scope(self, name: str) -> bytes:
        """The key of one scope."""
        known = self.kept.get(name)
        return known if known is not None else derive_scope_key(self.key, name)

    def renewed(self, patient_id: UUID, scopes: Iterable[str]) -> "PatientKeys":
        """A new key that opens ``scopes`` as before, and nothing else of what was."""
        key = new_patient_key()
        kept = {name: self.scope(name) for name in scopes}
        sealed = seal(
            derive_scope_key(key, _KEPT_SCOPE),
            ObjectContext(patient_id, patient_id, _KEPT_VERSION),
            msgspec.msgpack.encode(kept),
        )
        return PatientKeys(key, kept, bytes(sealed))


def patient_keys(patient_id: UUID, key: bytes, sealed_kept: bytes | None) -> PatientKeys:
    """The keys of a row. Raises SealBroken."""
    if sealed_kept is None:
        return PatientKeys(key)
    plain = unseal(
        derive_scope_key(key, _KEPT_SCOPE),
        ObjectContext(patient_id, patient_id, _KEPT_VERSION),
        sealed_kept,
    )
    return PatientKeys(key, msgspec.msgpack.decode(plain, type=dict[str, bytes]), sealed_kept)
