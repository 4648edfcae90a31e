"""The files of a case: sealed piece by piece as they come, read again in parts."""

from segel.leaks.cases.store import CaseStore, ObjectWriter, OpenedObject

__all__ = ["CaseStore", "ObjectWriter", "OpenedObject"]
