"""The numbers that an order goes by: the placer's and the filler's (HL7 v2.5.1 § 4.5.1.2, 4.5.1.3).

Everything that a message says again and again (a result, its report) is found by them, so that they
have to be there, and ORC and OBR have to agree about them.
"""

from dataclasses import dataclass
from urllib.parse import quote

from segel.records.hl7.coding import Json, number_of, typed
from segel.records.hl7.errors import missing, wrong_type
from segel.records.hl7.groups import Order
from segel.records.hl7.sender import Sender


@dataclass(frozen=True, slots=True)
class OrderNumbers:
    """Identifiers; empty where one is not said. At least one is."""

    placer: Json
    filler: Json

    @property
    def of_order(self) -> Json:
        """What the order is found by: who placed it gave the first number."""
        return self.placer or self.filler

    @property
    def request(self) -> Json:
        """A reference to the ServiceRequest, by number: it may be known here or not."""
        number = typed(self.placer, "PLAC") if self.placer else typed(self.filler, "FILL")
        return {"type": "ServiceRequest", "identifier": number}

    def all(self) -> list[Json]:
        """Both, with their types (table 0203)."""
        pairs = ((self.placer, "PLAC"), (self.filler, "FILL"))
        return [typed(number, code) for number, code in pairs if number]

    def key(self, sender: Sender, *more: str) -> str:
        """What a result of this order is told from all others by: who fills it gave the number."""
        number, what = (self.filler, "filler") if self.filler else (self.placer, "placer")
        is_plain = number["system"] == sender.system(what)
        parts = (number["value"],) if is_plain else (number["system"], number["value"])
        return joined(*parts, *more)


def joined(*parts: str) -> str:
    """Parts as one value that no other parts make."""
    return "/".join(quote(part, safe="") for part in parts)


def numbers_of(order: Order, sender: Sender) -> OrderNumbers:
    """Read ORC-2, ORC-3, OBR-2 and OBR-3. Raises MessageRefused."""
    numbers = []
    for field, what in ((2, "placer"), (3, "filler")):
        segments = [order.obr.segment] if order.obr else []
        segments += [order.orc] if order.orc else []
        found = [
            made for segment in segments if (made := number_of(segment.value(field), what, sender))
        ]
        if len({one["value"] for one in found}) > 1:
            raise wrong_type(
                segments[0].at(field),
                "ORC and OBR have two different numbers for one order.",
                "Give both the same.",
            )
        numbers.append(found[0] if found else {})
    if not any(numbers):
        raise missing(
            order.first.at(3),
            "The order has neither a placer's nor a filler's number.",
            "Give the one of your own system.",
        )
    return OrderNumbers(*numbers)
