"""Valid resources of R4, made from the definitions: every required element, and some of the rest.

What the definitions say in FHIRPath is mended afterwards, by ``support.fhir_mending``. The people
are invented, and the NIKs are of provinces that there are not (97 to 99).
"""

import functools
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from segel.records.r4 import TYPES, Element, Shape, Slot, definitions
from support.fhir_mending import MENDS

DEPTH_FULL = 3
"""Below this only what is required is filled in."""

WORDS = (
    "Siti Rahayu Wijaya Putri Budi Santoso Ayu Lestari Agus Pratama Dewi Nugroho Jakarta Bandung"
    " Surabaya Kadar hasil rontgen dada tampak bersih kontrol ulang é 影像 rāga"
).split()

PLAIN_CODES = {
    "contentType": ("application/pdf", "text/plain", "image/png"),
    "language": ("id", "en", "id-ID"),
    "currency": ("IDR", "USD"),
    "payload": ("application/fhir+json",),
}

SIMPLE = frozenset({"string", "boolean", "integer", "decimal", "code", "dateTime", "uri", "date"})

INNER = ("Patient", "Practitioner", "Organization", "Observation")

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">%s <b>%s</b></p></div>'


def resources(name: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` valid resources of this type, the same for the same seed."""
    assert name in TYPES
    for number in range(count):
        yield Maker(random.Random(f"{name} {seed} {number}")).resource(name)


class Maker:
    """Makes what shapes ask for, with the chances of one seed."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def resource(self, name: str, depth: int = 0) -> dict[str, Any]:
        shape = definitions().shapes[name]
        made = {"resourceType": name} | self.object(shape, depth)
        if depth == 0 and self.chance.random() < 0.2:
            self._contain(made, shape)
        return made

    def object(self, shape: Shape, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for element in shape.elements:
            if element.max != 0 and (element.min or self._wants(element, depth)):
                self._fill(made, element, self._slot(element, depth), depth)
        if shape.path in MENDS:
            MENDS[shape.path](made, self)
        if not made.keys() - {"id"} and "." in shape.path:
            made["extension"] = [self.extension()]
        elif not made.keys() - {"id"} and shape.path not in TYPES:
            self._fill_something(made, shape, depth)
        return made

    def _fill_something(self, made: dict[str, Any], shape: Shape, depth: int) -> None:
        plain = [slot for slot in shape.slots.values() if slot.type in SIMPLE]
        slot = self.chance.choice([s for s in plain if s.element.name != "id"] or plain)
        if not plain or slot.element.name == "id" or shape.path in MENDS:
            made["extension"] = [self.extension()]
        else:
            self._fill(made, slot.element, slot, depth)

    def _wants(self, element: Element, depth: int) -> bool:
        if element.name in ("contained", "implicitRules"):
            return False
        if element.name in ("extension", "modifierExtension", "id", "text", "language"):
            return depth <= DEPTH_FULL and self.chance.random() < 0.06
        if depth > DEPTH_FULL:
            return False
        if element.path in ("Bundle.entry", "Parameters.parameter"):
            return True
        return self.chance.random() < (0.45, 0.35, 0.25, 0.15)[depth]

    def _slot(self, element: Element, depth: int) -> Slot:
        slots = [slot for _, slot in slots_of(element.path)]
        simple = [slot for slot in slots if slot.type in SIMPLE]
        return self.chance.choice(simple if simple and depth >= DEPTH_FULL else slots)

    def _fill(self, made: dict[str, Any], element: Element, slot: Slot, depth: int) -> None:
        name = next(key for key, of in slots_of(element.path) if of.type == slot.type)
        many = self.chance.choice((1, 1, 2)) if element.is_list else 1
        values = [self.value(slot, depth) for _ in range(min(many, element.max or many))]
        if slot.shape is None and slot.type not in ("Resource", "xhtml") and name != "id":
            self._extend(made, name, values, element, slot)
        made[name] = values if element.is_list else values[0]

    def _extend(
        self, made: dict[str, Any], name: str, values: list[Any], element: Element, slot: Slot
    ) -> None:
        """Now and then, put an extension beside a primitive, or in place of one of a list."""
        if element.path == "Extension.url" or self.chance.random() > 0.03:
            return
        beside: list[Any] = [{"extension": [self.extension()]} for _ in values]
        if element.is_list and len(values) > 1:
            if self.chance.random() < 0.5:
                values[0] = None
            beside[1] = None
        made[f"_{name}"] = beside if element.is_list else beside[0]

    def extension(self) -> dict[str, Any]:
        name = self.chance.choice(("valueString", "valueBoolean", "valueCode", "valueDateTime"))
        slot = definitions().shapes["Extension"].slots[name]
        return {"url": "https://rs.example/fhir/catatan", name: self.value(slot, 9)}

    def value(self, slot: Slot, depth: int) -> Any:
        if slot.type == "Resource":
            return self.resource(self.chance.choice(INNER), depth + 2)
        if slot.type == "Reference":
            return self.reference(slot.element)
        if slot.shape is not None:
            return self.object(slot.shape, depth + 1)
        if slot.element.codes is not None:
            return self.chance.choice(sorted(slot.element.codes))
        return self.primitive(slot.type, slot.element.name)

    def reference(self, element: Element) -> dict[str, Any]:
        name = self.chance.choice(sorted(element.targets or definitions().resource_types))
        forms = {
            f"{name}/{self.primitive('id')}": 6,
            f"{name}/{self.primitive('id')}/_history/2": 1,
            f"https://rs.example/fhir/{name}/{self.primitive('id')}": 1,
            self.primitive("uuid"): 1,
            "": 1,
        }
        text = self.chance.choices(list(forms), list(forms.values()))[0]
        made: dict[str, Any] = {"reference": text} if text else {"display": self.words()}
        return made | ({"type": name} if self.chance.random() < 0.1 else {})

    def _contain(self, made: dict[str, Any], shape: Shape) -> None:
        """Contain an organization, and refer to it from the first element that may."""
        if "contained" not in shape.slots:
            return
        for name, slot in shape.slots.items():
            allowed = not slot.element.targets or "Organization" in slot.element.targets
            if slot.type == "Reference" and allowed and "[x]" not in slot.element.name:
                inner = self.object(definitions().shapes["Organization"], 2)
                kept = {key: inner[key] for key in inner if key not in ("meta", "contained")}
                made["contained"] = [{"resourceType": "Organization"} | kept | {"id": "dalam-1"}]
                to = {"reference": "#dalam-1"}
                made[name] = [to] if slot.element.is_list else to
                made.pop(f"_{name}", None)
                return

    def words(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 4)))

    def day(self) -> str:
        chance = self.chance
        return f"{chance.randint(1930, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"

    def clock(self) -> str:
        second = self.chance.randrange(24 * 60 * 60)
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"

    def moment(self) -> str:
        zone = self.chance.choice(("Z", "+07:00", ".123+08:00", ".5-03:30"))
        return f"{self.day()}T{self.clock()}{zone}"

    def primitive(self, name: str, element: str = "") -> Any:
        chance = self.chance
        digits = f"{chance.getrandbits(128):032x}"
        match name:
            case "boolean":
                return chance.random() < 0.5
            case "code":
                return chance.choice(PLAIN_CODES.get(element, ("aktif", "final", "a b")))
            case "date":
                return self.day()[: chance.choice((10, 7, 4))]
            case "dateTime":
                return chance.choice((self.moment(), self.day(), self.day()[:7]))
            case "instant":
                return self.moment()
            case "time":
                return self.clock()
            case "decimal":
                return Decimal(chance.randint(1, 9_999)).scaleb(-chance.randint(0, 3))
            case "integer" | "positiveInt":
                return chance.randint(1, 2**31 - 1)
            case "unsignedInt":
                return chance.randint(0, 2**31 - 1)
            case "base64Binary":
                return chance.choice(("UGVyaWtzYQ==", "YWJj", "YWI="))
            case "xhtml":
                return XHTML % (self.words(), self.words())
            case "id":
                return digits[: chance.randint(1, 32)]
            case "uuid":
                return f"urn:uuid:{UUID(hex=digits)}"
            case "oid":
                return f"urn:oid:1.2.{chance.randint(0, 9_999)}.0"
            case "uri" | "url" | "canonical":
                return f"https://rs.example/{digits[:6]}"
            case _:
                return chance.choice((self.words(), f"97{chance.randint(10**13, 10**14 - 1)}0"))


@functools.cache
def slots_of(path: str) -> tuple[tuple[str, Slot], ...]:
    """The names that an element has in JSON, each with its slot."""
    shape = definitions().shapes[path.rpartition(".")[0]]
    return tuple((key, slot) for key, slot in shape.slots.items() if slot.element.path == path)
