"""Imaging: store, find, read DICOM instances that are sealed at rest.

``Archive`` is what the doors (``dicomweb``, ``dimse``) and the importer use: ``store`` returns when
an instance is durable, ``search`` answers queries at every level, ``open_study`` gives what one
released key opens. Errors: ``StoreRefused`` and its kin here, the broker's, and ``DicomError``.
"""

from segel.imaging.archive import Archive, opened_archive
from segel.imaging.errors import (
    DuplicateInstance,
    InstanceUnknown,
    ObjectDamaged,
    OutOfRoom,
    StoreRefused,
    StudyMismatch,
)
from segel.imaging.model import Found, InstanceEntry, Level, Outcome, Query, Stored, WorklistQuery
from segel.imaging.reading import BULK_BASE, OpenStudy

__all__ = [
    "BULK_BASE",
    "Archive",
    "DuplicateInstance",
    "Found",
    "InstanceEntry",
    "InstanceUnknown",
    "Level",
    "ObjectDamaged",
    "OpenStudy",
    "OutOfRoom",
    "Outcome",
    "Query",
    "StoreRefused",
    "Stored",
    "StudyMismatch",
    "WorklistQuery",
    "opened_archive",
]
