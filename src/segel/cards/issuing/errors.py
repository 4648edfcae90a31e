"""Why a card is not made."""

from enum import StrEnum

from segel.domain.errors import SegelError


class CardFault(StrEnum):
    """What stands against it."""

    NAME_MISSING = "card-name-missing"
    NAME_SCRIPT = "card-name-script"
    BIRTH = "card-birth"
    TOO_OLD = "card-test-too-old"
    IN_FUTURE = "card-test-in-future"
    TOO_LARGE = "card-too-large"
    AUTHORITY = "card-authority"
    HOLDER_KEYS = "card-holder-keys"


class CardNotMade(SegelError):
    """A card is not made, for ``fault``. Nothing was signed."""

    def __init__(
        self, fault: CardFault, what: str, *, remedy: str, field: str | None = None
    ) -> None:
        super().__init__(what, remedy=remedy, field=field)
        self.fault = fault
        self.code = fault.value
