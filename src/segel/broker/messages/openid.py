"""Signing in through an OpenID provider: the broker asks and verifies, the gateway carries."""

from uuid import UUID

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.sign_in import Token


class ListProviders(Message, frozen=True):
    """The providers that are set up, by the names of their settings."""


class ProviderNames(Message, frozen=True):
    """Names, and the words on their buttons."""

    names: list[str]
    labels: list[str]


class OpenIdBegin(Message, frozen=True):
    """Where to send the browser. ``requester``: who wants to link their account; None: sign in."""

    provider: str
    requester: Requester | None = None


class OpenIdBegun(Message, frozen=True):
    """``handle`` stays in the browser's cookie and comes back with the provider's answer."""

    address: str
    handle: str

    def __repr__(self) -> str:
        return "OpenIdBegun(...)"


class OpenIdFinish(Message, frozen=True):
    """The parameters that the provider sent the browser back with."""

    provider: str
    handle: str
    state: str
    code: str
    issuer: str = ""


class OpenIdDone(Message, frozen=True):
    """A session by the provider's answer; None: an account was linked, nobody signed in."""

    token: Token | None = None


class OpenIdLeave(Message, frozen=True):
    """Where to sign out at the provider by which a session began."""

    provider: str


class OpenIdAddress(Message, frozen=True):
    """An address at a provider, or '' where it offers none."""

    address: str
    label: str


class LinkIdentity(Message, frozen=True):
    """Operator's socket only: an account is this person at a provider."""

    name: str
    provider: str
    subject: str


class Unlink(Message, frozen=True):
    """Forget an identity of the asking account."""

    requester: Requester
    identity_id: UUID


Request = ListProviders | OpenIdBegin | OpenIdFinish | OpenIdLeave | LinkIdentity | Unlink
Reply = ProviderNames | OpenIdBegun | OpenIdDone | OpenIdAddress
