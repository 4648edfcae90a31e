"""Give an instance in another transfer syntax. Only one other is made: plain, uncompressed.

Explicit VR Little Endian is what every client reads. Lossy pixels stay marked as such; what the
archive keeps is never touched. Runs for milliseconds to seconds: call it in a thread.
"""

from io import BytesIO
from typing import Final

from pydicom.uid import ExplicitVRLittleEndian

from segel.imaging.dicom.decodable import decodable
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import NotAcceptable, PixelsBroken
from segel.imaging.dicom.header import read_header
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE, is_native, is_video

ANY: Final = "*"
"""What a client asks for that takes the instance as it is stored (PS3.18 § 8.7.3.5.2)."""


def transcode(file: Buffer, transfer_syntax_uid: str) -> Buffer:
    """The file in that transfer syntax; the very same bytes where it is in it already.

    Raises NotAcceptable where it cannot be had so, PixelsBroken where the pixels do not decode,
    and what ``read_header`` raises.
    """
    header = read_header(file, accept_no_meta=True)
    source = header.transfer_syntax_uid
    if transfer_syntax_uid in (ANY, source):
        return file
    if transfer_syntax_uid != EXPLICIT_LITTLE or is_video(source):
        raise NotAcceptable(
            "The instance cannot be given in this transfer syntax.",
            field="transfer-syntax",
            remedy=f"Ask for {EXPLICIT_LITTLE}, or for * to have it as it is stored.",
        )
    try:
        dataset = decodable(file, header)
        for _ in dataset.iterall():
            pass  # decodes every element, for the writer cannot write those that name no VR
        if not is_native(source) and header.pixel is not None:
            dataset.decompress(generate_instance_uid=False)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        out = BytesIO()
        dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except Exception:  # decoders raise all kinds, and quote values
        raise PixelsBroken(
            "The instance cannot be decompressed.",
            field="PixelData",
            remedy="Ask for it as it is stored.",
        ) from None
    return out.getvalue()
