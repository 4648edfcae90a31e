"""What can be wrong with DICOM bytes. No message carries a value of the file, only tag keywords."""

from segel.domain.errors import SegelError


class DicomError(SegelError):
    """Some bytes, or a request about them, are not what DICOM says they must be."""

    code = "dicom-error"


class NotDicom(DicomError):
    """The bytes do not begin as a DICOM file (PS3.10 § 7.1)."""

    code = "not-dicom"


class HeaderBroken(DicomError):
    """The elements before the pixel data cannot be read whole."""

    code = "dicom-header-broken"


class LimitExceeded(HeaderBroken):
    """The header is larger or deeper than any real one; see the limits in ``elements``."""

    code = "dicom-limit-exceeded"


class TransferSyntaxUnknown(DicomError):
    """The transfer syntax is missing, private or not in the standard."""

    code = "dicom-transfer-syntax-unknown"


class UidMissing(DicomError):
    """One of the four UIDs that place an instance is absent or empty."""

    code = "dicom-uid-missing"


class UidInvalid(DicomError):
    """A UID is not digits and dots of at most 64 characters (PS3.5 § 9.1)."""

    code = "dicom-uid-invalid"


class UidMismatch(DicomError):
    """File meta group and data set name different instances."""

    code = "dicom-uid-mismatch"


class BulkUnknown(DicomError):
    """A bulk data path leads to nothing in this instance."""

    code = "dicom-bulk-unknown"


class PixelsAbsent(DicomError):
    """The instance has no pixel data."""

    code = "dicom-pixels-absent"


class PixelsBroken(DicomError):
    """There is pixel data, but it cannot be cut into frames or decoded."""

    code = "dicom-pixels-broken"


class FrameUnknown(DicomError):
    """The frame number lies outside the instance."""

    code = "dicom-frame-unknown"


class NotAcceptable(DicomError):
    """The instance cannot be given in the form that was asked for."""

    code = "dicom-not-acceptable"


class RenderingInvalid(DicomError):
    """A window or viewport that is none, or out of bounds (PS3.18 § 8.3.5.1)."""

    code = "dicom-rendering-invalid"


class MultipartBroken(DicomError):
    """A multipart body or its Content-Type cannot be read (RFC 2046 § 5.1, RFC 2387)."""

    code = "multipart-broken"


class MultipartTooLarge(MultipartBroken):
    """A multipart body passes one of the named limits."""

    code = "multipart-too-large"
