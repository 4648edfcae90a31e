"""A card of nobody, signed by nobody, by which a device makes everything ready for the first one.

A browser compiles what it is about to run when it runs it the first time. So the page reads and
judges the picture of this card's code before any other; nothing is shown and nothing counted.
"""

import zlib
from typing import Any, Final

import cbor2
import numpy as np
import zxingcpp

from segel.cards import base45
from segel.cards.hcert import ES256, PREFIX

_CERTIFICATE: Final[dict[str, Any]] = {
    "ver": "1.3.0",
    "nam": {"fnt": "NOBODY"},
    "dob": "",
    "t": [
        {
            "tg": "840539006", "tt": "LP6464-4", "sc": "2026-01-01T00:00:00Z", "tr": "260415000",
            "tc": "", "co": "ID", "is": "", "ci": "",
        }
    ],
}  # fmt: skip


def card_of_nobody() -> dict[str, Any]:
    """Its ``text``, and the ``rows`` of its code: a character for each module, ``1`` is black."""
    header = cbor2.dumps({1: ES256, 4: bytes(8)})
    claims = cbor2.dumps({1: "ID", 4: 1, 6: 0, -260: {1: _CERTIFICATE}})
    message = cbor2.dumps(cbor2.CBORTag(18, [header, {}, claims, bytes(64)]))
    text = PREFIX + base45.encode(zlib.compress(message))
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    modules = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    rows = ["".join("0" if white else "1" for white in row) for row in modules]
    return {"text": text, "rows": rows}
