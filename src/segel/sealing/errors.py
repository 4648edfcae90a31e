"""What can go wrong with a seal. No message carries content, keys or identifiers."""


class SealingError(Exception):
    """Root of this package's errors: what happened and what to do about it (may be empty).

    ``code`` is the machine's word for it, stable and kebab-case.
    """

    code = "sealing-error"
    what = "Sealing failed."
    remedy = ""

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".rstrip()


class SealBroken(SealingError):
    """The bytes are not what was sealed under this key for this patient, object and version.

    Deliberately one error for every cause: damage, truncation, a wrong key and a wrong context
    look alike, so that nobody learns from the difference.
    """

    code = "seal-broken"
    what = "The sealed object does not verify."
    remedy = "Restore it from a replica or backup; if many fail, check the KMS first."


class RangeOutside(SealingError):
    """A range with a negative offset or length was asked for."""

    code = "range-outside"
    what = "A range needs an offset and a length of zero or more bytes."


class KeyMalformed(SealingError):
    """A key of another length than 32 bytes was given."""

    code = "key-malformed"
    what = "Sealing keys are 32 bytes long."


class LabelMalformed(SealingError):
    """A scope, a token kind or a version outside of what its encoding can carry."""

    code = "label-malformed"

    def __init__(self, which: str) -> None:
        super().__init__(which)
        self.what = f"The {which} is empty, too long or out of range."


class ObjectTooLarge(SealingError):
    """More plaintext than one sealed object may hold."""

    code = "object-too-large"
    what = "One sealed object holds at most 1 TiB."
    remedy = "Store the content as several objects."
