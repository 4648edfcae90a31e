"""What the matching of images raises."""

from segel.domain.errors import SegelError


class UnusablePicture(SegelError):
    """Pixels that no fingerprint can be made of."""

    code = "unusable-picture"

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(f"The picture {what}.", remedy=f"Please {remedy}.", field=field)


class DamagedFingerprint(SegelError):
    """Bytes that are not a fingerprint of this version, or a shard that is not one."""

    code = "damaged-fingerprint"

    def __init__(self, what: str) -> None:
        super().__init__(f"A fingerprint cannot be read: {what}.", remedy="Make it again.")
