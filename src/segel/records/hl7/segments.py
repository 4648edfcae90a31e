"""A message as it was parsed: segments of fields of repetitions of components of subcomponents.

Everything is counted from 1, as the standard counts; what is not there is ''. Text is unescaped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from segel.records.hl7.errors import Location

Component = tuple[str, ...]
Repetition = tuple[Component, ...]
Field = tuple[Repetition, ...]

NULL: Final = '""'
"""What says "delete this" (§ 2.5.3). Nothing here is deleted by it: it reads as no value."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2 (§ 2.5.4)."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


@dataclass(frozen=True, slots=True)
class Value:
    """One repetition of a field, and where it stands."""

    components: Repetition
    location: Location
    delimiters: Delimiters

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """A subcomponent, '' where it is absent; blanks around it carry nothing (§ 2.5.3)."""
        try:
            found = self.components[component - 1][subcomponent - 1].strip()
        except IndexError:
            return ""
        return "" if found == NULL else found

    def sub(self, component: int) -> Self:
        """A component as a value of its own: its subcomponents are the components of its type."""
        parts = self.components[component - 1] if component <= len(self.components) else ()
        inner = tuple((part,) for part in parts)
        return type(self)(inner, self.at(component), self.delimiters)

    def whole(self) -> str:
        """A value of a type without components, put together again where the sender did not
        escape its delimiters: text is not cut short for that."""
        return self.laid_out().strip()

    def laid_out(self) -> str:
        """As ``whole``, with the blanks before it, which TX and FT have for a reason (§ 2.A.78)."""
        joined = self.delimiters.component.join(
            self.delimiters.subcomponent.join(component) for component in self.components
        ).rstrip()
        return "" if joined.strip() == NULL else joined

    def at(self, component: int) -> Location:
        """Where one of its components is."""
        place = self.location
        return Location(place.segment, place.sequence, place.field, place.repetition, component)

    def __bool__(self) -> bool:
        return bool(self.whole().strip(self.delimiters.component + self.delimiters.subcomponent))


@dataclass(frozen=True, slots=True)
class Segment:
    """``sequence`` counts the segments of this name in the message, from 1."""

    name: str
    sequence: int
    fields: tuple[Field, ...]
    delimiters: Delimiters

    def values(self, field: int) -> Iterator[Value]:
        """The repetitions of a field that say something."""
        if field < len(self.fields):
            for number, repetition in enumerate(self.fields[field], 1):
                value = Value(repetition, self.at(field, number), self.delimiters)
                if value:
                    yield value

    def value(self, field: int) -> Value:
        """The first repetition; it may say nothing."""
        repetitions = self.fields[field] if field < len(self.fields) else ()
        first = repetitions[0] if repetitions else ()
        return Value(first, self.at(field), self.delimiters)

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """One part of the first repetition."""
        return self.value(field).text(component, subcomponent)

    def at(self, field: int = 0, repetition: int = 0) -> Location:
        """Where this segment, or a field of it, is."""
        return Location(self.name, self.sequence, field, repetition)


@dataclass(frozen=True, slots=True)
class Header:
    """MSH (§ 2.15.9), as far as somebody needs it.

    ``kind`` is MSH-9 as ``ORU^R01``. ``accept_ack`` and ``application_ack`` are MSH-15 and 16.
    """

    delimiters: Delimiters
    sending: tuple[Component, Component]
    receiving: tuple[Component, Component]
    sent_at: str
    kind: str
    control_id: str
    processing_id: str
    version: str
    accept_ack: str
    application_ack: str
    charset: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose header is sound; ``segments`` begins with MSH."""

    header: Header
    segments: tuple[Segment, ...]

    def all(self, name: str) -> Iterator[Segment]:
        """The segments of one name."""
        return (segment for segment in self.segments if segment.name == name)
