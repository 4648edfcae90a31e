"""What can go wrong with a KMS. No message carries a key, a context or what a KEK protects."""

from segel.domain.errors import SegelError


class KmsError(SegelError):
    """Root of this package's errors. Whoever meets one releases nothing."""

    code = "kms-error"


class KmsUnavailable(KmsError):
    """The KMS does not answer, or its storage fails. Worth another try."""

    code = "kms-unavailable"


class KmsSealed(KmsUnavailable):
    """The KMS runs, but its root key has not been unlocked."""

    code = "kms-sealed"

    def __init__(self) -> None:
        super().__init__("The KMS is sealed.", remedy="Unseal it; nothing opens until then.")


class KekUnknown(KmsError):
    """No KEK has that name."""

    code = "kek-unknown"

    def __init__(self) -> None:
        super().__init__(
            "The key-encryption key does not exist in this KMS.",
            remedy="Create it, or point to the KMS that holds it.",
        )


class KekDestroyed(KekUnknown):
    """The KEK was destroyed on purpose; its name is never given out again."""

    code = "kek-destroyed"

    def __init__(self) -> None:
        KmsError.__init__(
            self,
            "The key-encryption key was destroyed; what it wrapped is gone.",
            remedy="Use another name for a new one.",
        )


class KekIdMalformed(KmsError):
    """A KEK's name outside of what every adapter can carry."""

    code = "kek-id-malformed"

    def __init__(self) -> None:
        super().__init__(
            "A KEK's name has 1 to 128 of a-z, 0-9, dot, dash and underscore,"
            " and begins with a letter or digit."
        )


class KeyMalformed(KmsError):
    """Something else than a key was given to be wrapped."""

    code = "key-malformed"

    def __init__(self) -> None:
        super().__init__("Only keys of 16 to 64 bytes are wrapped.")


class WrapBroken(KmsError):
    """The wrapped key was not made by this KEK for this context, or was altered.

    One error for every cause, so that nobody learns from the difference.
    """

    code = "wrap-broken"

    def __init__(self) -> None:
        super().__init__(
            "The wrapped key does not verify.",
            remedy="Restore it from a replica or backup that belongs to this KMS.",
        )


class KmsMissing(KmsError):
    """There is no KMS where one was to be opened."""

    code = "kms-missing"


class KmsExists(KmsError):
    """There is something already where a KMS was to be created."""

    code = "kms-exists"


class KmsDamaged(KmsError):
    """The KMS's own files do not verify."""

    code = "kms-damaged"


class PermissionsTooWide(KmsError):
    """Others than the owner could read the KMS's files."""

    code = "kms-permissions-too-wide"


class NotForProduction(KmsError):
    """An adapter meant for development was asked to serve in production."""

    code = "kms-not-for-production"
