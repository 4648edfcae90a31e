"""The verifier for browsers: plain modules that judge cards offline, as ``segel.cards`` does.

``files`` is everything that is served, by name; ``facts`` what its scripts take from the Python
sources instead of saying it again: reasons with their steps and words, value sets, the page's
texts. What it is made of besides (zlib, CertLogic, a reader of QR codes) are npm packages that
``make web-peers`` installs.
"""

import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from segel.cards.reasons import Outcome, Reason, Remark, Step
from segel.cards.value_sets import (
    CURRENT,
    DEVICE_NUMBER_MAX,
    NUMBER_DIGITS_MAX,
    ORGANISATION_NUMBER_MIN,
)
from segel.cards.verifier.texts import TEXTS
from segel.cards.verifier.warming import card_of_nobody
from segel.cards.words import Language, Words, outcome_of, remark_of, words_of
from segel.domain.errors import SegelError

One = TypeVar("One")

FACTS: Final = "facts.json"
_KINDS: Final = (".html", ".css", ".js", ".svg", ".webmanifest")

_VENDORED: Final = {
    "vendor/pako.js": "pako/dist/pako.mjs",
    "vendor/zxing/reader/index.js": "zxing-wasm/dist/es/reader/index.js",
    "vendor/zxing/share.js": "zxing-wasm/dist/es/share.js",
    "vendor/zxing/zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "vendor/zxing/writer/index.js": "zxing-wasm/dist/es/writer/index.js",
    "vendor/zxing/zxing_writer.wasm": "zxing-wasm/dist/writer/zxing_writer.wasm",
    "vendor/licenses/pako.txt": "pako/LICENSE",
    "vendor/licenses/zxing-wasm.txt": "zxing-wasm/LICENSE",
    "vendor/licenses/certlogic-js.txt": "certlogic-js/LICENSE",
}
_CERTLOGIC: Final = ("typings", "internals", "evaluator")
"""CommonJS, which browsers do not read: wrapped as functions, in the order of who needs whom."""


class PackagesMissing(SegelError):
    """The npm packages that the verifier needs are not there."""

    code = "verifier-packages-missing"


def files(packages: Path) -> dict[str, bytes]:
    """All files of the verifier by name; ``packages`` is the folder ``node_modules`` of
    ``make web-peers``. Raises PackagesMissing."""
    try:
        vendored = {name: (packages / path).read_bytes() for name, path in _VENDORED.items()}
        vendored["vendor/certlogic.js"] = _certlogic(packages / "certlogic-js" / "dist")
    except OSError:
        raise PackagesMissing(
            "The npm packages of the verifier are not where the settings say.",
            remedy="`make web-peers` installs them to .segel-web/node_modules.",
        ) from None
    return {**_own(), **vendored, FACTS: json.dumps(facts(), ensure_ascii=False).encode()}


def facts() -> dict[str, Any]:
    """What the scripts know from Python."""
    return {
        "steps": {step: step.name.lower() for step in Step},
        "reasons": {
            reason: {"step": reason.step or 0, **_said(words_of, reason)} for reason in Reason
        },
        "outcomes": {outcome: _said(outcome_of, outcome) for outcome in Outcome},
        "remarks": {
            remark: {it.value: remark_of(remark, it) for it in Language} for remark in Remark
        },
        "texts": {
            key: {Language.EN: english, Language.ID: indonesian}
            for key, (english, indonesian) in TEXTS.items()
        },
        "valueSets": _value_sets(),
        "cardOfNobody": card_of_nobody(),
    }


def _said(words: Callable[[One, Language], Words], one: One) -> dict[str, list[str]]:
    """What is so and what to do, in each language."""
    return {it.value: [words(one, it).what, words(one, it).remedy] for it in Language}


def _value_sets() -> dict[str, Any]:
    sets = {
        "diseases": CURRENT.diseases,
        "vaccines": CURRENT.vaccines,
        "products": CURRENT.products,
        "manufacturers": CURRENT.manufacturers,
        "testTypes": CURRENT.test_types,
        "results": CURRENT.results,
        "countries": CURRENT.countries,
    }
    return {
        **{name: sorted(codes) for name, codes in sets.items()},
        "deviceNumberMax": DEVICE_NUMBER_MAX,
        "organisationNumberMin": ORGANISATION_NUMBER_MIN,
        "numberDigitsMax": NUMBER_DIGITS_MAX,
    }


def _own() -> dict[str, bytes]:
    root = resources.files(__name__)
    return {name: root.joinpath(name).read_bytes() for name in _names(root)}


def _names(folder: Any, before: str = "") -> Iterator[str]:
    for one in folder.iterdir():
        if one.is_dir() and one.name != "__pycache__":
            yield from _names(one, f"{before}{one.name}/")
        elif one.name.endswith(_KINDS):
            yield before + one.name


def _certlogic(folder: Path) -> bytes:
    parts = ["const made = {};", "const require = (name) => made[name.slice(2)];"]
    for name in _CERTLOGIC:
        source = (folder / f"{name}.js").read_text()
        parts.append(f"made.{name} = ((exports) => {{\n{source}\nreturn exports;\n}})({{}});")
    parts.append("export const evaluate = made.evaluator.evaluate;")
    return "\n".join(parts).encode()
