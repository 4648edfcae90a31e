"""PDF: the text of its pages, and those that are pictures drawn. PDFium is built without
JavaScript; no form is filled, no action taken, no link followed."""

import ctypes
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pypdfium2

from segel.leaks.intake.reading import free_text, pictures
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow, Stopped
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_ACTIVE: Final = (
    b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/EmbeddedFile", b"/SubmitForm",
    b"/RichMedia", b"/AA",
)  # fmt: skip
_WRITTEN_CHARS: Final = 40
"""A page with less is taken for a picture."""
_DRAWN_SIDE: Final = 1_600


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The pages of a document."""
    data = flow.whole()
    if any(mark in data for mark in _ACTIVE):
        notes.note(Reason.ACTIVE)
    document = _opened(case, data)
    try:
        free_text.say(case, notes, _pages(case, document, notes))
    finally:
        document.close()


def _opened(case: "Opening", data: bytes) -> Any:
    for password in (None, *case.passwords):
        try:
            return pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as error:
            if "password" not in str(error).lower():
                raise
    raise Stopped(Reason.ENCRYPTED)


def _pages(case: "Opening", document: Any, notes: FileNotes) -> Iterator[str]:
    count = len(document)
    if count > case.limits.pages:
        notes.cut(Reason.PAGES)
    for number in range(min(count, case.limits.pages)):
        case.budget.beat()
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
        except (pypdfium2.PdfiumError, ctypes.ArgumentError):
            notes.cut(Reason.BROKEN)
            continue
        yield text.replace("\r\n", "\n") + "\n\n"
        if len(text.strip()) < _WRITTEN_CHARS and number < case.limits.frames:
            _draw(case, page, notes, number)
        page.close()


def _draw(case: "Opening", page: Any, notes: FileNotes, number: int) -> None:
    longer = max(page.get_size())
    if not 0 < longer < 1e6:
        notes.cut(Reason.CLAIMS)
        return
    drawn = page.render(scale=_DRAWN_SIDE / longer, may_draw_forms=False, grayscale=True)
    pixels = np.squeeze(np.array(drawn.to_numpy()))
    if pixels.ndim == 2:
        pictures.say(case, notes, pixels, number, "pdf")
