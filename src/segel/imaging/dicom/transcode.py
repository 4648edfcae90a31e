"""Give an instance in another transfer syntax. Only one other is made: plain, uncompressed.

Explicit VR Little Endian is what every client reads. Lossy pixels stay marked as such; what the
archive keeps is never touched. Runs for milliseconds to seconds: call it in a thread.
"""

from io import BytesIO
from typing import Final

from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from segel.imaging.dicom.codestreams import check_size
from segel.imaging.dicom.decodable import decodable
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import DicomError, NotAcceptable, PixelsBroken
from segel.imaging.dicom.frames import frame_table, read_frame
from segel.imaging.dicom.header import Header, read_header
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE, is_native, is_video

DECOMPRESSED_BYTES_MAX: Final = 1 << 31
"""What an instance may grow to in memory: 2 GiB."""

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
            _check_frames(header, file, dataset)
            dataset.decompress(generate_instance_uid=False)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        out = BytesIO()
        dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except DicomError:
        raise
    except Exception:  # decoders raise all kinds, and quote values
        raise PixelsBroken(
            "The instance cannot be decompressed.",
            field="PixelData",
            remedy="Ask for it as it is stored.",
        ) from None
    return out.getvalue()


def _check_frames(header: Header, file: Buffer, dataset: Dataset) -> None:
    """Refuse what would take far more memory than the instance says."""
    table = frame_table(header, file)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    samples = int(dataset.SamplesPerPixel) * int(dataset.BitsAllocated) // 8
    if rows * columns * samples * table.count > DECOMPRESSED_BYTES_MAX:
        raise NotAcceptable(
            f"The instance grows beyond {DECOMPRESSED_BYTES_MAX} bytes when it is decompressed.",
            field="transfer-syntax",
            remedy="Ask for single frames, or for * to have it as it is stored.",
        )
    for number in range(1, table.count + 1):
        frame = read_frame(table, number, lambda at, size: file[at : at + size])
        check_size(frame, rows, columns)
