"""QR codes on pages: drawn here, as part of the page."""

from typing import Final

import segno
from markupsafe import Markup

QUIET_ZONE: Final = 4
"""Modules (ISO/IEC 18004 § 6.3.8)."""


def qr_svg(text: str, label: str) -> Markup:
    """A QR code of level Q as an SVG element, named ``label`` for those who cannot see it."""
    code = segno.make_qr(text, error="q", boost_error=False)
    drawn = code.svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", svgclass=None)
    opening = Markup('<svg role="img" aria-label="{}" class="qr" ').format(label)
    return opening + Markup(drawn.removeprefix("<svg "))  # noqa: S704 - segno's own numbers
