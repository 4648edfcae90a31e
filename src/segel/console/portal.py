"""The parts of a patient's own pages, in the order of their navigation."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name is a key of texts (``portal.nav.``) and of an icon."""

    name: str
    address: str


PARTS: Final = (
    Part("home", "/my"),
    Part("records", "/my/records"),
    Part("images", "/my/images"),
    Part("looked", "/record"),
    Part("consents", "/my/consents"),
    Part("download", "/my/download"),
)
"""What a patient finds; six have room on a phone."""
