"""What can go wrong with a KMS. No message carries a key, a context or what a KEK protects."""

from segel.domain.errors import SegelError


class KmsError(SegelError):
    """Root of this package's errors. Whoever meets one releases nothing.

    Each class knows its usual words; an adapter that knows better ones says those.
    """

    code = "kms-error"
    usual_what = "The KMS failed."
    usual_remedy = ""

    def __init__(self, what: str = "", *, remedy: str = "", field: str | None = None) -> None:
        super().__init__(what or self.usual_what, remedy=remedy or self.usual_remedy, field=field)


class KmsUnavailable(KmsError):
    """The KMS does not answer, or its storage fails. Worth another try."""

    code = "kms-unavailable"
    usual_what = "The KMS does not answer."
    usual_remedy = "Nothing opens until it does; see to its service and the way to it."


class KmsSealed(KmsUnavailable):
    """The KMS runs, but its root key has not been unlocked."""

    code = "kms-sealed"
    usual_what = "The KMS is sealed."
    usual_remedy = "Unseal it; nothing opens until then."


class KmsBusy(KmsUnavailable):
    """The KMS answers, but not so often: its own rate quota on unwrapping."""

    code = "kms-busy"
    usual_what = "The KMS lets no more keys be unwrapped for now: its rate quota is used up."
    usual_remedy = (
        "It goes on by itself. If the archive is not that busy, find out who asks; else raise"
        " the quota."
    )


class KmsDenied(KmsUnavailable):
    """The KMS refuses Segel's own credential, or its policy does not allow what was asked."""

    code = "kms-denied"
    usual_what = "The KMS does not let Segel do this."
    usual_remedy = "See to Segel's credential and policy there; docs/guide/kms.md has both."


class KmsAnswerBroken(KmsUnavailable):
    """The KMS gave an answer that is none: another program's, or cut."""

    code = "kms-answer-broken"
    usual_what = "What answers is not the KMS that Segel expects."
    usual_remedy = "Check its address, and what stands between."


class KekUnknown(KmsError):
    """No KEK has that name."""

    code = "kek-unknown"
    usual_what = "The key-encryption key does not exist in this KMS."
    usual_remedy = "Create it, or point to the KMS that holds it."


class KekDestroyed(KekUnknown):
    """The KEK was destroyed on purpose; its name is never given out again."""

    code = "kek-destroyed"
    usual_what = "The key-encryption key was destroyed; what it wrapped is gone."
    usual_remedy = "Use another name for a new one."


class SignerUnknown(KmsError):
    """No signer's key has that name, or it was destroyed."""

    code = "signer-unknown"
    usual_what = "The signer's key does not exist in this KMS."
    usual_remedy = "Make a new signer, or point to the KMS that holds this one."


class KekIdMalformed(KmsError):
    """A KEK's name outside of what every adapter can carry."""

    code = "kek-id-malformed"
    usual_what = "The name of the key-encryption key is malformed."
    usual_remedy = "Use 1 to 128 of a-z, 0-9, dot, dash, underscore; a letter or digit first."


class KeyMalformed(KmsError):
    """Something else than a key was given to be wrapped."""

    code = "key-malformed"
    usual_what = "Only keys of 16 to 64 bytes are wrapped."


class WrapBroken(KmsError):
    """The wrapped key was not made by this KEK for this context, or was altered.

    One error for every cause, so that nobody learns from the difference.
    """

    code = "wrap-broken"
    usual_what = "The wrapped key does not verify."
    usual_remedy = "Restore it from a replica or backup that belongs to this KMS."


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
