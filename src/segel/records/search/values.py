"""What the elements of a resource are to a search: tokens, strings, references and uris.

Spans of time are in ``moments``, numbers and quantities in ``amounts``. Nothing here raises: what
is malformed in a resource has no value, and is not found by it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from segel.records.search.paths import Found

SPECIAL_VALUES: Final = "http://terminology.hl7.org/CodeSystem/special-values"
"""The implicit system of true and false (FHIR R4 § 3.1.1.4.10)."""

ACCENTS_FROM: Final = 200
"""Canonical combining classes of marks above and below letters. Smaller ones are the vowel and
voicing signs of other scripts, which tell words apart."""

_LOCAL: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9.-]{1,64})", re.ASCII)
_NAME_PARTS: Final = ("family", "given", "prefix", "suffix", "text")
_ADDRESS_PARTS: Final = ("text", "line", "city", "district", "state", "postalCode", "country")


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A code in the systems that it may be of; None among them: it says no system."""

    systems: tuple[str | None, ...]
    code: str | None
    plain: str | None = field(init=False)
    """The code as it is compared: in any case."""

    def __post_init__(self) -> None:
        plain = None if self.code is None else self.code.casefold()
        object.__setattr__(self, "plain", plain)


@dataclass(frozen=True, slots=True, repr=False)
class Reference:
    """Where a reference leads: to one of our resources by type and id, or else by its address.

    Of one that is asked for by its id alone the type is None.
    """

    type: str | None = None
    id: str | None = None
    url: str | None = None


def folded(text: str) -> str:
    """A text as strings are compared: without accents, case and idle blanks (R4 § 3.1.1.4.8)."""
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.combining(letter) < ACCENTS_FROM
    )
    return " ".join(unicodedata.normalize("NFC", letters).casefold().split())


def tokens(found: Found) -> Iterator[Token]:
    """The tokens of a value by its data type (the table of R4 § 3.1.1.4.10)."""
    value = found.value
    if isinstance(value, bool):
        yield Token((None, SPECIAL_VALUES), "true" if value else "false")
    elif isinstance(value, str):
        yield Token((None, *found.systems), value)
    elif not isinstance(value, Mapping):
        return
    elif found.datatype == "CodeableConcept":
        for coding in _objects(value.get("coding")):
            yield Token((_text(coding.get("system")),), _text(coding.get("code")))
    elif found.datatype == "Coding":
        yield Token((_text(value.get("system")),), _text(value.get("code")))
    elif found.datatype == "Identifier":
        yield Token((_text(value.get("system")),), _text(value.get("value")))
    elif found.datatype == "ContactPoint":  # its system is phone or email, and no code system
        yield Token((None,), _text(value.get("value")))


def token_texts(found: Found) -> Iterator[str]:
    """What ``:text`` searches: the words that stand beside a code."""
    value = found.value
    if not isinstance(value, Mapping):
        return
    if found.datatype == "CodeableConcept":
        yield from _texts(value, "text")
        for coding in _objects(value.get("coding")):
            yield from _texts(coding, "display")
    elif found.datatype == "Coding":
        yield from _texts(value, "display")
    elif found.datatype == "Identifier":
        for concept in _objects(value.get("type")):
            yield from _texts(concept, "text")


def strings(found: Found) -> Iterator[str]:
    """The strings of a value: of a name and an address each of their parts."""
    if isinstance(found.value, str):
        yield found.value
    elif isinstance(found.value, Mapping):
        parts = _ADDRESS_PARTS if found.datatype == "Address" else _NAME_PARTS
        for part in parts:
            yield from _texts(found.value, part)


def beginnings(found: Found) -> Iterator[str]:
    """What a string search may begin with: the strings, and each further word of a whole name.

    Many Indonesian names are not parted into given and family, and stand in ``text`` alone.
    """
    yield from strings(found)
    if found.datatype == "HumanName" and isinstance(found.value, Mapping):
        for text in _texts(found.value, "text"):
            words = text.split()
            yield from (" ".join(words[start:]) for start in range(1, len(words)))


def reference(found: Found, base: str) -> Reference | None:
    """Where a Reference, canonical or uri leads; None if by an identifier or nowhere."""
    value = found.value
    if isinstance(value, Mapping):
        value = value.get("reference")
    if not isinstance(value, str) or not value or value.startswith("#"):
        return None
    return parse_reference(value, base)


def reference_identifiers(found: Found) -> Iterator[Token]:
    """What ``:identifier`` searches: the identifier by which a Reference names its target."""
    if isinstance(found.value, Mapping):
        for identifier in _objects(found.value.get("identifier")):
            yield Token((_text(identifier.get("system")),), _text(identifier.get("value")))


def parse_reference(text: str, base: str) -> Reference:
    """A reference as it is compared: without version, and of our own address relative."""
    text = text.split("/_history/", 1)[0]
    if base and text.startswith(base.rstrip("/") + "/"):
        text = text[len(base.rstrip("/")) + 1 :]
    if match := _LOCAL.fullmatch(text):
        return Reference(match["type"], match["id"])
    return Reference(url=text)


def uris(found: Found) -> Iterator[str]:
    """The uri that a value is."""
    if isinstance(found.value, str):
        yield found.value


def _objects(value: Any) -> list[Mapping[str, Any]]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, Mapping)]


def _texts(owner: Mapping[str, Any], name: str) -> Iterator[str]:
    value = owner.get(name)
    for member in value if isinstance(value, list) else [value]:
        if isinstance(member, str):
            yield member


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
