"""What can end an association or spoil a message on it. No message carries what a peer sent."""

from segel.domain.errors import SegelError


class DimseError(SegelError):
    """Something went wrong between us and a DICOM peer."""

    code = "dimse-error"


class PeerGone(DimseError):
    """The connection ended, or the peer aborted the association."""

    code = "dimse-peer-gone"


class ProtocolBroken(DimseError):
    """Bytes that PS3.7 or PS3.8 do not allow; the association is aborted.

    ``reason`` is the A-P-ABORT reason of PS3.8 Table 9-26.
    """

    code = "dimse-protocol-broken"

    def __init__(self, what: str, *, reason: int = 0) -> None:
        super().__init__(what)
        self.reason = reason


class AssociationRejected(DimseError):
    """The peer did not take the association that we asked for."""

    code = "dimse-association-rejected"


class DestinationUnreachable(DimseError):
    """Where a C-MOVE is to go takes TLS only, and we have none."""

    code = "dimse-destination-unreachable"


class IdentifierBroken(DimseError):
    """The identifier of a query or retrieval does not fit its SOP class (PS3.4 § C.4)."""

    code = "dimse-identifier-broken"


class DatasetTooLarge(DimseError):
    """A data set passes the limit of one, or of all that are on their way in."""

    code = "dimse-dataset-too-large"
