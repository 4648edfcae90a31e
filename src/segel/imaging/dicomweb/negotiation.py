"""What a client accepts (PS3.18 § 8.7): media types with their transfer syntaxes."""

from dataclasses import dataclass
from typing import Final

from segel.imaging.dicom import XML, NotAcceptable, parse_content_type
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE

ANY: Final = "*"
ACCEPT_LENGTH_MAX: Final = 4_096
MULTIPART: Final = "multipart/related"
DICOM: Final = "application/dicom"
DICOM_JSON: Final = "application/dicom+json"
OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry: the media type (of a multipart's parts), whether in multipart, the syntax asked.

    ``transfer_syntax`` is '' where the client names none, ``*`` where it takes any.
    """

    media_type: str
    multipart: bool
    transfer_syntax: str = ""
    quality: float = 1.0

    def takes(self, media_type: str) -> bool:
        """Whether this entry covers a media type."""
        kind = media_type.partition("/")[0]
        return self.media_type in (media_type, f"{kind}/*", "*/*")


def parse_accept(header: str, query: str = "") -> list[Accepted]:
    """The entries of an Accept header, or of the ``accept`` query parameter, best first.

    Raises NotAcceptable for one of absurd length.
    """
    text = query or header or "*/*"
    if len(text) > ACCEPT_LENGTH_MAX:
        raise NotAcceptable("The Accept header is too long.", field="Accept")
    entries = []
    for piece in _split(text):
        media_type, parameters = parse_content_type(piece)
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            quality = 1.0
        multipart = media_type == MULTIPART
        inner = parameters.get("type", DICOM).lower() if multipart else media_type
        entries.append(Accepted(inner, multipart, parameters.get("transfer-syntax", ""), quality))
    return sorted(entries, key=lambda entry: -entry.quality)


def _split(text: str) -> list[str]:
    """Split at commas outside of quotes."""
    pieces, start, quoted = [], 0, False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            pieces.append(text[start:at])
            start = at + 1
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def choose_file(entries: list[Accepted]) -> Accepted:
    """How files are to be sent. Raises NotAcceptable."""
    for entry in entries:
        if entry.takes(DICOM):
            everything = entry.media_type == "*/*"
            return Accepted(DICOM, entry.multipart or everything, entry.transfer_syntax)
    raise _unacceptable(f'multipart/related; type="{DICOM}"; transfer-syntax=*')


def choose_frame(entries: list[Accepted], stored: str, stored_type: str) -> tuple[Accepted, bool]:
    """How a frame is to be sent, and whether it has to be decompressed. Raises NotAcceptable.

    ``stored`` is the transfer syntax in the archive, ``stored_type`` the frame's media type in it.
    Octets without a transfer syntax mean uncompressed ones (PS3.18 § 8.7.3.3.2).
    """
    for entry in entries:
        everything = entry.media_type == "*/*"
        asked = entry.transfer_syntax
        compressed = entry.takes(stored_type) and stored_type != OCTETS
        if (everything or compressed) and asked in ("", ANY, stored):
            return Accepted(stored_type, entry.multipart or everything, stored), False
        if entry.takes(OCTETS):
            if stored_type == OCTETS and asked in ("", ANY, stored, EXPLICIT_LITTLE):
                return Accepted(OCTETS, entry.multipart, stored), False
            if asked in (ANY, stored):
                return Accepted(stored_type, entry.multipart, stored), False
            if asked in ("", EXPLICIT_LITTLE):
                return Accepted(OCTETS, entry.multipart, EXPLICIT_LITTLE), True
    raise _unacceptable(f'multipart/related; type="{OCTETS}"; transfer-syntax=*')


def require_json(entries: list[Accepted]) -> None:
    """What is told of a store comes as JSON. Raises NotAcceptable."""
    for entry in entries:
        if _is_json(entry):
            return
    raise _unacceptable(DICOM_JSON)


def choose_document(entries: list[Accepted]) -> Accepted:
    """How data sets are to be sent (PS3.18 § 8.7.3.1): as one JSON array, or in multipart, each
    data set a part, of JSON or XML. Raises NotAcceptable.
    """
    for entry in entries:
        if entry.multipart and entry.media_type in (DICOM_JSON, XML):
            return entry
        if _is_json(entry):
            return Accepted(DICOM_JSON, multipart=False)
    raise _unacceptable(f'{DICOM_JSON} or multipart/related; type="{XML}"')


def _is_json(entry: Accepted) -> bool:
    return entry.takes(DICOM_JSON) or entry.takes("application/json")


def choose_picture(entries: list[Accepted]) -> str:
    """PNG or JPEG. Raises NotAcceptable."""
    for entry in entries:
        if entry.media_type in ("image/jpeg", "*/*", "image/*"):
            return "image/jpeg"
        if entry.media_type == "image/png":
            return "image/png"
    raise _unacceptable("image/jpeg or image/png")


def _unacceptable(offer: str) -> NotAcceptable:
    return NotAcceptable(
        "None of the accepted media types can be had here.",
        field="Accept",
        remedy=f"Ask for {offer}.",
    )
