"""The witnesses of our log: who they are, and how one is asked (C2SP tlog-witness).

What a witness answers is believed only as far as its signature reaches. An answer is read up to a
limit, redirects are not followed, and nothing but a checkpoint leaves.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

from segel.domain.errors import SegelError
from segel.tlog import CosignVerifier, Submission, TlogError

if TYPE_CHECKING:  # commands that read a list of witnesses need not wait for it
    import httpx

ASK_S: Final = 3.0
"""For one answer. A witness on another continent takes a third of a second."""

ANSWER_BYTES_MAX: Final = 16 * 1024
"""A signature line is 150 bytes; several keys may answer."""

WITNESSES_MAX: Final = 32

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


class WitnessListBroken(SegelError):
    """A witness or a quorum in the settings that cannot be."""

    code = "witness-list-broken"


class WitnessTrouble(Exception):
    """A witness did not cosign; ``state`` and ``what`` are shown to the operator."""

    state = "away"
    what = "It does not answer."

    def __init__(self, what: str = "") -> None:
        super().__init__(what or self.what)
        self.what = what or self.what


class Away(WitnessTrouble):
    """No answer, or one that is not of the protocol."""


class Refuses(WitnessTrouble):
    """It does not know our log or our key."""

    state = "refuses"


class Disputes(WitnessTrouble):
    """It says that our log does not continue what it cosigned."""

    state = "forked"
    what = (
        "It cosigned another past of this log: the database was rewritten, or another log runs"
        " under this key."
    )


class Ahead(WitnessTrouble):
    """It cosigned more entries than there are."""

    state = "rolled-back"

    def __init__(self, known: int, size: int) -> None:
        super().__init__(
            f"It cosigned {known} entries and the database has {size}: newer entries were lost."
        )


class Knows(WitnessTrouble):
    """It wants the proof to begin at another size."""

    state = "behind"

    def __init__(self, size: int) -> None:
        super().__init__("It wants a proof from another size.")
        self.size = size


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness as the settings name it: our label for it, where it answers, its public key."""

    label: str
    url: str
    verifier: CosignVerifier

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of ``NAME URL VKEY``. Raises WitnessListBroken."""
        parts = text.split()
        if len(parts) != 3 or not _LABEL.fullmatch(parts[0]):
            raise _broken("A witness is written as NAME URL VKEY.")
        label, url, vkey = parts
        import httpx

        try:
            address = httpx.URL(url)
            verifier = CosignVerifier.parse(vkey)
        except httpx.InvalidURL:
            raise _broken(f"The URL of witness {label} is not one.") from None
        except TlogError as malformed:
            raise _broken(f"Witness {label}: {malformed}") from None
        if address.scheme not in ("http", "https") or not address.host or address.userinfo:
            raise _broken(f"The URL of witness {label} is not one.")
        return cls(label, url.rstrip("/"), verifier)


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Who witnesses, and how many of them have to."""

    witnesses: tuple[WitnessAddress, ...] = ()
    quorum: int = 0

    @classmethod
    def parse(cls, texts: tuple[str, ...], quorum: int) -> Self:
        """Of the settings. ``quorum`` 0: more than half. Raises WitnessListBroken.

        Never half or less: two halves could be shown two logs.
        """
        witnesses = tuple(map(WitnessAddress.parse, texts))
        if len(witnesses) > WITNESSES_MAX:
            raise _broken(f"There are more than {WITNESSES_MAX} witnesses.")
        if len({each.verifier.public_key for each in witnesses}) < len(witnesses):
            raise _broken("Two witnesses have the same key: they are one.")
        if len({each.label for each in witnesses}) < len(witnesses):
            raise _broken("Two witnesses have the same name.")
        least = len(witnesses) // 2 + 1 if witnesses else 0
        if quorum and not least <= quorum <= len(witnesses):
            raise WitnessListBroken(
                "The quorum is not more than half of the witnesses and at most all.",
                field="witness_quorum",
                remedy="Leave it at 0, which takes more than half.",
            )
        return cls(witnesses, quorum or least)


async def ask(http: "httpx.AsyncClient", address: WitnessAddress, submission: Submission) -> str:
    """The witness' signature lines, not yet verified. Raises WitnessTrouble."""
    import httpx

    try:
        async with http.stream(
            "POST", f"{address.url}/add-checkpoint", content=submission.encode()
        ) as response:
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise Away("Its answer is longer than any of the protocol.")
            text = body.decode()
    except (httpx.HTTPError, OSError):
        raise Away from None
    except UnicodeDecodeError:
        raise Away("Its answer is not one of the protocol.") from None
    status = response.status_code
    if status == HTTPStatus.OK:
        return text
    if status == HTTPStatus.CONFLICT and (size := _SIZE.fullmatch(text)) is not None:
        raise Knows(int(size[1]))
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise Disputes
    if status == HTTPStatus.NOT_FOUND:
        raise Refuses("It does not watch this log: its operator has to add the log's key.")
    if status == HTTPStatus.FORBIDDEN:
        raise Refuses("It watches this log under another key.")
    raise Away(f"It answers with status {status}.")


def http_client() -> "httpx.AsyncClient":
    """A client for witnesses: no proxies from the environment, no redirects, kept connections."""
    import httpx

    return httpx.AsyncClient(
        timeout=ASK_S,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": "segel"},
        limits=httpx.Limits(keepalive_expiry=60.0),
    )


def _broken(what: str) -> WitnessListBroken:
    return WitnessListBroken(
        what,
        field="witnesses",
        remedy="docs/guide/witness.md shows the form; `segel witness vkey` prints the VKEY.",
    )
