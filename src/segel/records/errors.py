"""Why a resource is not read, found or written, as one tree. No error quotes what was sent."""

from segel.domain.errors import SegelError


class RecordsError(SegelError):
    """Nothing was read or written."""

    code = "records-error"


class ResourceUnknown(RecordsError):
    """No such resource for this account: absent, or another hospital's. The two look the same."""

    code = "resource-unknown"


class ResourceGone(RecordsError):
    """It was taken out; its earlier versions are still there."""

    code = "resource-gone"


class VersionUnknown(RecordsError):
    """The resource has no such version."""

    code = "version-unknown"


class VersionConflict(RecordsError):
    """Somebody else changed the resource meanwhile, or it is not the version that was named."""

    code = "version-conflict"


class SubjectMissing(RecordsError):
    """A resource of a patient's chart that does not say whose it is."""

    code = "subject-missing"


class SubjectChanged(RecordsError):
    """A change that would move a resource to another patient's chart."""

    code = "subject-changed"


class ResourceSigned(RecordsError):
    """Somebody answered for it at the reporting page: no other door changes it."""

    code = "resource-signed"


class SearchUnanswerable(RecordsError):
    """A search that names no patient: there is nothing sealed that it could be answered by."""

    code = "search-unanswerable"


class ManyMatches(RecordsError):
    """A conditional interaction whose condition more than one resource meets."""

    code = "many-matches"


class TypeUnsupported(RecordsError):
    """A type of resource, or an interaction with it, that is not offered here."""

    code = "type-unsupported"


class ChartFull(RecordsError):
    """One patient's folder holds as much as is opened at once."""

    code = "chart-full"


class LinkTooLarge(RecordsError):
    """More than one link leads to."""

    code = "link-too-large"


class PageUnknown(RecordsError):
    """A page's address that this session was not given, or that is of another archive."""

    code = "page-unknown"


def no_such_resource() -> ResourceUnknown:
    """One answer for whatever is absent and whatever may not be known of."""
    return ResourceUnknown(
        "There is no such resource, or it is not one that this account may know of."
    )
