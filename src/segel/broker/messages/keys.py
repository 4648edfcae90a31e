"""The life of keys, on the operator's socket only: status, rotation, escrow."""

import msgspec

from segel.broker.messages.base import Message


class KeyWork(Message, frozen=True):
    """What the broker is doing to its keys. ``state`` is ``idle`` when all is where it belongs.

    ``total`` and ``done`` count patients' keys, ``seconds`` is how long it takes so far;
    ``trouble`` says why it waits. ``begun``: False where a rotation was asked for and something
    else was under way: that goes on, and the rotation has to be asked for again.
    """

    state: str
    total: int = 0
    done: int = 0
    seconds: float = 0.0
    trouble: str = ""
    begun: bool = True


class KeksVersion(msgspec.Struct, frozen=True):
    """One version of a KEK: how many patients' keys are under it."""

    generation: int
    version: int
    patients: int


class KekReport(msgspec.Struct, frozen=True):
    """One KEK. ``hospital`` is a code, or "" for the broker's own secrets.

    ``rewrap``: keys that are still to be wrapped under ``newest``. ``rotated_s``: Unix time of the
    newest version, 0 where it is the first.
    """

    hospital: str
    oldest: int
    newest: int
    rewrap: int
    rotated_s: float
    in_use: list[KeksVersion] = []


class EscrowReport(msgspec.Struct, frozen=True):
    """The escrow of the keys: Unix times, 0 for never. ``test`` is sealed to its key."""

    split_s: float = 0.0
    fingerprint: str = ""
    shares: int = 0
    threshold: int = 0
    rehearsed_s: float = 0.0
    test: bytes = b""


class KeysReport(Message, frozen=True):
    """Everything that ``segel keys status`` shows. ``backup_s``: when the wrapped keys were last
    written beside the home; 0 for never. ``moving_from``: the KMSs that are not emptied yet."""

    adapter: str
    sealed: bool
    generation: int
    keks: list[KekReport]
    work: KeyWork
    escrow: EscrowReport
    backup_s: float
    now_s: float
    moving_from: tuple[str, ...] = ()


class ReportKeys(Message, frozen=True):
    """Operator's socket only."""


class FollowKeys(Message, frozen=True):
    """Operator's socket only: how far the work is."""


class RotateKeys(Message, frozen=True):
    """Operator's socket only: a new version of one hospital's KEK, or of every KEK (code "").

    Where keys are still being wrapped anew, that is gone on with and no version is added.
    """

    hospital_code: str = ""


class SplitEscrow(Message, frozen=True):
    """Operator's socket only: seal every key to this public key, too, from now on.

    ``test`` is sealed to it, ``test_digest`` the SHA-256 of what is in it.
    """

    public: bytes
    test: bytes
    test_digest: bytes
    shares: int
    threshold: int


class RehearseEscrow(Message, frozen=True):
    """Operator's socket only: the key was put together, and opened this in its test."""

    fingerprint: str
    test: bytes


Request = ReportKeys | FollowKeys | RotateKeys | SplitEscrow | RehearseEscrow
Reply = KeyWork | KeysReport
