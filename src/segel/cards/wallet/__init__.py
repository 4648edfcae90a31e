"""The holder's app: venue passes in the browser's own key store, shown to gates without a network.

``files`` is everything that is served, by name: its own modules, and what it shares with the
verifier for browsers: the camera and reader of QR codes, base45, the look, the service worker.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Final

from segel.cards import verifier
from segel.cards.verifier import PackagesMissing
from segel.cards.wallet.texts import TEXTS
from segel.cards.words import Language

_OWN: Final = (
    "index.html", "app.webmanifest", "wallet.css", "page/wallet.js", "page/held_passes.js",
    "page/answers.js", "page/drawing.js",
)  # fmt: skip
_SHARED: Final = (
    "style.css", "icon.svg", "card/base45.js", "card/bytes.js", "card/refused.js",
    "page/camera.js", "page/reader.js", "page/scan_worker.js", "page/updates.js", "page/words.js",
    "vendor/zxing/reader/index.js", "vendor/zxing/share.js", "vendor/zxing/zxing_reader.wasm",
    "vendor/licenses/zxing-wasm.txt",
)  # fmt: skip
_VENDORED: Final = {
    "vendor/zxing/writer/index.js": "zxing-wasm/dist/es/writer/index.js",
    "vendor/zxing/zxing_writer.wasm": "zxing-wasm/dist/writer/zxing_writer.wasm",
}
_WORKER: Final = "sw.js"
_CACHES: Final = (b"segel-verifier-", b"segel-passes-")
"""How the service worker calls what it keeps: the two apps must not throw out each other's."""


def files(packages: Path) -> dict[str, bytes]:
    """All files of the app by name; ``packages`` is the folder ``node_modules`` of
    ``make web-peers``. Raises PackagesMissing."""
    shared = verifier.files(packages)
    try:
        vendored = {name: (packages / path).read_bytes() for name, path in _VENDORED.items()}
    except OSError:
        raise PackagesMissing(
            "The npm packages of the app for passes are not where the settings say.",
            remedy="`make web-peers` installs them to .segel-web/node_modules.",
        ) from None
    root = resources.files(__name__)
    texts = {
        key: {Language.EN: english, Language.ID: indonesian}
        for key, (english, indonesian) in TEXTS.items()
    }
    assert _CACHES[0] in shared[_WORKER]
    return {
        **{name: shared[name] for name in _SHARED},
        **{name: root.joinpath(name).read_bytes() for name in _OWN},
        **vendored,
        _WORKER: shared[_WORKER].replace(*_CACHES),
        "facts.json": json.dumps({"texts": texts}, ensure_ascii=False).encode(),
    }
