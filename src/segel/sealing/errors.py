"""What can go wrong with a seal. No message carries content, keys or identifiers."""


class SealingError(Exception):
    """Root of this package's errors; ``code`` is stable and kebab-case, ``remedy`` may be empty."""

    code = "sealing-error"

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".rstrip())
        self.what = what
        self.remedy = remedy


class SealBroken(SealingError):
    """The bytes are not what was sealed under this key for this patient, object and version.

    Deliberately one error for every cause: damage, truncation, a wrong key and a wrong context
    look alike, so that nobody learns from the difference.
    """

    code = "seal-broken"

    def __init__(self) -> None:
        super().__init__(
            "The sealed object does not verify.",
            remedy="Restore it from a replica or backup; if many fail, check the KMS first.",
        )


class RangeOutside(SealingError):
    """A range with a negative offset or length was asked for."""

    code = "range-outside"

    def __init__(self) -> None:
        super().__init__("A range needs an offset and a length of zero or more bytes.")


class KeyMalformed(SealingError):
    """A key of another length than 32 bytes was given."""

    code = "key-malformed"

    def __init__(self) -> None:
        super().__init__("Sealing keys are 32 bytes long.")


class LabelMalformed(SealingError):
    """A scope, a token kind or a version outside of what its encoding can carry."""

    code = "label-malformed"

    def __init__(self, which: str) -> None:
        super().__init__(f"The {which} is empty, too long or out of range.")


class ObjectTooLarge(SealingError):
    """More plaintext than one sealed object may hold."""

    code = "object-too-large"

    def __init__(self) -> None:
        super().__init__(
            "One sealed object holds at most 1 TiB.", remedy="Store the content as several objects."
        )
