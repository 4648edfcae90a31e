"""Why a witness does not cosign: one tree. The web door gives each its status in one table."""

from segel.domain.errors import SegelError


class WitnessError(SegelError):
    """The witness did not cosign."""

    code = "not-cosigned"


class RequestMalformed(WitnessError):
    """The request is not one of the protocol."""

    code = "request-malformed"


class LogUnknown(WitnessError):
    """A log that this witness was not told to watch."""

    code = "log-unknown"


class SignatureRefused(WitnessError):
    """The checkpoint is not signed by the log's key, or the signature does not verify."""

    code = "signature-refused"


class SizeConflict(WitnessError):
    """The proof begins at another size than the one that was cosigned last.

    ``known_size`` is that one: the log shall prove from there.
    """

    code = "size-conflict"

    def __init__(self, known_size: int) -> None:
        super().__init__("The newest cosigned checkpoint has another size.")
        self.known_size = known_size


class ProofRefused(WitnessError):
    """The checkpoint does not continue what was cosigned: a fork, or a wrong proof."""

    code = "proof-refused"


class StateBroken(WitnessError):
    """What the witness remembers cannot be read or kept; it signs nothing without it."""

    code = "witness-state-broken"


class FolderRefused(WitnessError):
    """A folder that is no witness' own, or is in use."""

    code = "witness-folder-refused"
