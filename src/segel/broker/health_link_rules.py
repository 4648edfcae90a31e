"""A SMART Health Link as a value: what it says, and whether it opens. Pure.

The passcode stands here as a digest (scrypt), in a row that only the broker opens: a passcode of
six digits is no match for whoever has both the row and the broker's secrets, and nobody has.
"""

import hmac
import itertools
import os
import re
from typing import Final, Self
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from segel.broker.errors import HealthLinkUnclear
from segel.broker.messages import LINK_TRIES, LinkOpening

LABEL_MAX: Final = 80
"""Characters; SMART Health Links § Payload."""

PASSCODE_MIN: Final = 6
PASSCODE_MAX: Final = 64

HOUR_S: Final = 3_600
LIFETIME_MAX_S: Final = 30 * 86_400
"""A referral takes weeks. Who needs longer makes another one."""

OPENINGS_MAX: Final = 50
RECIPIENT_MAX: Final = 100
LINKS_MAX: Final = 20
"""Links of one patient that can be opened at a time."""

OPENINGS_SHOWN: Final = OPENINGS_MAX

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SALT_BYTES: Final = 16
_SCRYPT: Final = {"length": 32, "n": 2**14, "r": 8, "p": 1}
"""About 50 ms and 16 MiB, OWASP's floor: the tries are counted anyway."""


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker keeps of a link, sealed under its own key. ``until_s``: Unix seconds."""

    patient_id: UUID
    account_id: UUID
    hospital_id: UUID
    salt: bytes
    passcode: bytes
    made_s: float
    until_s: int
    openings_left: int
    tries_left: int = LINK_TRIES
    ended: bool = False

    def __repr__(self) -> str:
        return "LinkRecord(...)"

    def over(self, now_s: float) -> str:
        """Why nobody opens it any more, in a word; '' while it can be opened."""
        if self.ended:
            return "ended"
        if self.until_s <= now_s:
            return "expired"
        if self.tries_left < 1:
            return "guessed-at"
        return "used-up" if self.openings_left < 1 else ""

    def opened(self) -> Self:
        """After it was opened once more."""
        return msgspec.structs.replace(self, openings_left=self.openings_left - 1)

    def tried(self) -> Self:
        """After a wrong passcode."""
        return msgspec.structs.replace(self, tries_left=self.tries_left - 1)

    def is_passcode(self, stated: str) -> bool:
        """Whether somebody knows the passcode. Takes as long for a wrong one; 50 ms of a core."""
        return hmac.compare_digest(_digest(stated, self.salt), self.passcode)


class LinkAbout(msgspec.Struct, frozen=True):
    """What a link is called and who said to have opened it: sealed under the patient's key."""

    label: str
    openings: tuple[LinkOpening, ...] = ()

    def __repr__(self) -> str:
        return "LinkAbout(...)"

    def opened(self, at_s: float, recipient: str) -> "LinkAbout":
        """After it was opened once more."""
        kept = (*self.openings, LinkOpening(at_s, recipient))[-OPENINGS_SHOWN:]
        return LinkAbout(self.label, kept)


def made(
    patient_id: UUID,
    account_id: UUID,
    hospital_id: UUID,
    passcode: str,
    lifetime_s: int,
    openings: int,
    now_s: float,
) -> LinkRecord:
    """A new link. Raises HealthLinkUnclear. Takes 50 ms of a core."""
    if not HOUR_S <= lifetime_s <= LIFETIME_MAX_S:
        raise HealthLinkUnclear(
            "A link lasts between an hour and 30 days.",
            field="days",
            remedy="Choose a shorter time.",
        )
    if not 1 <= openings <= OPENINGS_MAX:
        raise HealthLinkUnclear(
            f"A link is opened between once and {OPENINGS_MAX} times.", field="openings"
        )
    require_passcode(passcode)
    salt = os.urandom(_SALT_BYTES)
    return LinkRecord(
        patient_id=patient_id,
        account_id=account_id,
        hospital_id=hospital_id,
        salt=salt,
        passcode=_digest(passcode, salt),
        made_s=now_s,
        until_s=int(now_s) + lifetime_s,
        openings_left=openings,
    )


def require_passcode(passcode: str) -> None:
    """Return for what is no child's play to guess. Raises HealthLinkUnclear."""
    if not PASSCODE_MIN <= len(passcode) <= PASSCODE_MAX:
        raise HealthLinkUnclear(
            f"A passcode has {PASSCODE_MIN} to {PASSCODE_MAX} characters.",
            field="passcode",
            remedy="Choose one that is neither a birthday nor a row of digits.",
        )
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(passcode)}
    if steps <= {0} or steps <= {1} or steps <= {-1}:
        raise HealthLinkUnclear(
            "Such a passcode is guessed first.",
            field="passcode",
            remedy="Choose one that is neither a birthday nor a row of digits.",
        )


def checked_label(label: str) -> str:
    """What a link is called. Raises HealthLinkUnclear."""
    label = " ".join(label.split())
    if not 1 <= len(label) <= LABEL_MAX or _CONTROL.search(label):
        raise HealthLinkUnclear(f"A link has a name of 1 to {LABEL_MAX} characters.", field="label")
    return label


def checked_recipient(recipient: str) -> str:
    """Who somebody says to be. Raises HealthLinkUnclear."""
    recipient = " ".join(recipient.split())
    if not 1 <= len(recipient) <= RECIPIENT_MAX or _CONTROL.search(recipient):
        raise HealthLinkUnclear(
            f"Whoever opens a link says who they are, in 1 to {RECIPIENT_MAX} characters.",
            field="recipient",
            remedy="Give your name and where you work.",
        )
    return recipient


def _digest(passcode: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, **_SCRYPT).derive(passcode.encode())
