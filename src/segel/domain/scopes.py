"""SMART on FHIR scopes, version 2: what a session is narrowed to.

``system/ImagingStudy.rs`` is a context, a resource type and interactions out of *cruds*. Parsed
once into a form in which the same permission is always the same value; a scope only ever takes
away from what the role may do (SMART App Launch 2.2, § Scopes for requesting FHIR resources).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segel.domain.errors import SegelError

TEXT_LENGTH_MAX: Final = 4_096
SCOPES_MAX: Final = 64
"""An app that asks for each of FHIR's types it knows asks for fewer."""

INTERACTIONS: Final = "cruds"
"""Create, read, update, delete, search: in this order, each at most once."""

LAUNCH: Final = frozenset(
    {
        "openid", "profile", "fhirUser", "launch", "launch/patient", "launch/encounter",
        "online_access", "offline_access",
    }
)  # fmt: skip
"""Scopes that ask for an identity, a context or a lifetime and permit nothing by themselves."""

IMAGING: Final = "ImagingStudy"
"""The resource type that DICOMweb's studies are: searched s, read r, stored c."""

_CLINICAL: Final = re.compile(
    r"(?P<context>patient|user|system)/(?P<resource>[A-Z][A-Za-z]{1,63}|\*)"
    r"\.(?P<interactions>c?r?u?d?s?)(?:\?(?P<query>[A-Za-z0-9_.:|/=&%,-]{1,256}))?"
)


class ScopeInvalid(SegelError):
    """Not a scope, or not one that can be had here."""

    code = "scope-invalid"


class Context(StrEnum):
    """Whose access it is: one patient's records, a person's, a system's own."""

    PATIENT = "patient"
    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Interactions with the resources of a type. ``query``: only those that it finds, or ''."""

    context: Context
    resource: str
    query: str
    interactions: str

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.context}/{self.resource}.{self.interactions}{query}"

    def includes(self, other: "Scope") -> bool:
        """Whether the other's resources are all among this one's, whatever is done with them."""
        return (
            self.context is other.context
            and self.resource in ("*", other.resource)
            and self.query in ("", other.query)
        )


@dataclass(frozen=True, slots=True)
class Scopes:
    """A set of scopes in its one form: no two of them differ in their interactions alone."""

    clinical: tuple[Scope, ...]
    launch: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([*self.launch, *map(str, self.clinical)])

    def beyond(self, granted: "Scopes") -> "Scopes":
        """What of this is not in ``granted``."""
        return Scopes(
            tuple(
                scope
                for scope in self.clinical
                if not set(scope.interactions)
                <= {
                    letter
                    for other in granted.clinical
                    if other.includes(scope)
                    for letter in other.interactions
                }
            ),
            tuple(name for name in self.launch if name not in granted.launch),
        )

    def __bool__(self) -> bool:
        return bool(self.clinical or self.launch)


def parse(text: str) -> Scopes:
    """The scopes of a space-separated list (RFC 6749 § 3.3). Raises ScopeInvalid."""
    if len(text) > TEXT_LENGTH_MAX:
        raise ScopeInvalid("The list of scopes is too long.", field="scope")
    words = [word for word in text.split(" ") if word]
    if not 1 <= len(words) <= SCOPES_MAX:
        raise ScopeInvalid(
            f"A list of scopes has 1 to {SCOPES_MAX} of them.",
            field="scope",
            remedy="Write for example system/ImagingStudy.rs.",
        )
    return _in_one_form(
        (_clinical(word) for word in words if word not in LAUNCH),
        (word for word in words if word in LAUNCH),
    )


def _clinical(word: str) -> Scope:
    match = _CLINICAL.fullmatch(word)
    if match is None or not match["interactions"]:
        raise ScopeInvalid(
            "This is not a SMART scope of version 2.",
            field="scope",
            remedy="Write context/Resource.cruds, for example system/ImagingStudy.rs.",
        )
    return Scope(
        Context(match["context"]), match["resource"], match["query"] or "", match["interactions"]
    )


def _in_one_form(clinical: Iterable[Scope], launch: Iterable[str]) -> Scopes:
    letters: dict[tuple[Context, str, str], set[str]] = {}
    for scope in clinical:
        place = (scope.context, scope.resource, scope.query)
        letters.setdefault(place, set()).update(scope.interactions)
    return Scopes(
        tuple(
            Scope(*place, "".join(letter for letter in INTERACTIONS if letter in found))
            for place, found in sorted(letters.items())
        ),
        tuple(sorted(set(launch))),
    )


def letters_by_type(text: str | None) -> frozenset[str] | None:
    """What may be done under the scopes of a session, as ``Observation.r`` or ``*.s``; None: they
    narrow nothing.

    A scope with a query is not counted: what cannot be narrowed as it says is not permitted. Nor
    is one of a single patient's records, as no session has a patient chosen for it yet.
    """
    if text is None:
        return None
    return frozenset(
        f"{scope.resource}.{letter}"
        for scope in (parse(text).clinical if text else ())
        if not scope.query and scope.context is not Context.PATIENT
        for letter in scope.interactions
    )


def letters_of(letters: frozenset[str], resource: str) -> frozenset[str]:
    """Of ``letters_by_type``, the interactions with resources of one type."""
    return frozenset(
        letter
        for known, _, letter in (one.partition(".") for one in letters)
        if known in ("*", resource)
    )
