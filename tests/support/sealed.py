"""Whose objects the sealing tests seal: one key, one patient, one object."""

from uuid import UUID

from segel.sealing import ObjectContext

KEY = bytes(range(32))
PATIENT, OBJECT = UUID(int=0xA1 << 120 | 1), UUID(int=0xB2 << 120 | 2)
CONTEXT = ObjectContext(PATIENT, OBJECT, 3)
