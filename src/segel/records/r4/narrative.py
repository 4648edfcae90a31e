"""The XHTML of Narrative.div: well-formed, and only what formats text (R4 § 2.31.0.1).

It is read by expat with document type declarations refused, so that there are no entities but
XML's own five. What passes can be shown, but a page that shows it still has a policy of its own.
"""

import re
from typing import Final
from xml.parsers import expat

NARRATIVE_LENGTH_MAX: Final = 1024 * 1024
"""As for any string of R4."""

NARRATIVE_DEPTH_MAX: Final = 64
"""Tables in lists in tables come to a dozen."""

XHTML: Final = "http://www.w3.org/1999/xhtml"
_SEPARATOR: Final = "|"

# HTML 4.0 chapters 7 to 11 without 9.4, chapter 15, links and images.
_TAGS: Final = frozenset(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3"
    " h4 h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th"
    " thead tr tt ul var address bdo".split()
)
_ATTRIBUTES: Final = frozenset(
    "title style class id lang dir accesskey tabindex span width align valign char charoff abbr"
    " axis headers scope rowspan colspan border frame rules cellpadding cellspacing summary start"
    " type value cite".split()
)
_OF_ONE_TAG: Final = {
    "a": frozenset({"href", "name", "charset", "hreflang", "rel", "rev", "shape", "coords"}),
    "img": frozenset({"src", "alt", "longdesc", "height", "usemap", "ismap", "hspace", "vspace"}),
}
_XML_LANG: Final = "http://www.w3.org/XML/1998/namespace|lang"
_ADDRESS: Final = re.compile(
    r"(?:#|https?://|mailto:|tel:|urn:|cid:|data:image/(?:png|jpeg|gif);base64,|[A-Za-z0-9._~/-]+$)",
    re.IGNORECASE,
)
_RUNS: Final = re.compile(r"url\s*\(|expression\s*\(|@import|javascript:|\\", re.IGNORECASE)

_FORM: Final = (
    "A narrative is well-formed XML in one <div xmlns='http://www.w3.org/1999/xhtml'>, without a"
    " document type and without named entities but XML's five."
)
_EMPTY: Final = "A narrative has some text or an image in it."
_ALLOWED: Final = (
    "A narrative has only HTML's formatting elements and their attributes: no scripts, forms,"
    " frames, objects, events, or styles and links that run or load something else."
)


class _NotAllowed(Exception):
    """Carries the reason out of expat's handlers."""


class _Reader:
    def __init__(self) -> None:
        self.depth = 0
        self.has_content = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(_SEPARATOR)
        self.depth += 1
        if self.depth == 1 and (namespace, tag) != (XHTML, "div"):
            raise _NotAllowed(_FORM)
        if namespace != XHTML or tag not in _TAGS or self.depth > NARRATIVE_DEPTH_MAX:
            raise _NotAllowed(_ALLOWED)
        self.has_content |= tag == "img"
        for key, value in attributes.items():
            own = _OF_ONE_TAG.get(tag, frozenset())
            if key not in _ATTRIBUTES and key not in own and key != _XML_LANG:
                raise _NotAllowed(_ALLOWED)
            if key in ("href", "src", "longdesc", "cite") and not _ADDRESS.match(value):
                raise _NotAllowed(_ALLOWED)
            if key == "style" and _RUNS.search(value):
                raise _NotAllowed(_ALLOWED)

    def end(self, _: str) -> None:
        self.depth -= 1

    def text(self, data: str) -> None:
        self.has_content = self.has_content or not data.isspace()

    def refuse(self, *_: object) -> None:
        raise _NotAllowed(_FORM)


def narrative_fault(value: object) -> str | None:
    """What is wrong with this XHTML, in fixed words, or nothing."""
    if not isinstance(value, str) or len(value) > NARRATIVE_LENGTH_MAX:
        return _FORM
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=_SEPARATOR)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    parser.buffer_text = True
    try:
        parser.Parse(value.encode("utf-8"), True)
    except _NotAllowed as found:
        return str(found)
    except (expat.ExpatError, UnicodeEncodeError):
        return _FORM
    return None if reader.has_content else _EMPTY
