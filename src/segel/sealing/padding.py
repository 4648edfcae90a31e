"""Padmé: lengths that tell O(log log n) bits instead of log n.

Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files
and Communication with PURBs", PoPETs 2019, § 4.
"""

PADDED_BYTES_MIN = 256
"""Floor of a padded object: below it Padmé's steps are under 16 bytes, and the length of a short
row would nearly tell the length of the name in it."""


def padme(length: int) -> int:
    """The padded length of ``length`` bytes: monotone, idempotent, at most 12 % more.

    Of the length's binary digits only about the leading log2(log2(length)) stay; the rest round up.
    """
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()
    step = 1 << (exponent - kept)
    return (length + step - 1) & -step


def padded_length(length: int) -> int:
    """What ``length`` bytes of plaintext are padded to inside an object."""
    return padme(max(length, PADDED_BYTES_MIN))
