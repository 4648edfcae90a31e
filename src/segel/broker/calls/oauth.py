"""What is asked of the broker about systems' tokens and about OpenID providers."""

from typing import TYPE_CHECKING

from segel.broker import messages as m
from segel.domain.roles import Role

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class OAuthCalls:
    """``BrokerClient.oauth``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def token(
        self, assertion: str, scope: str = "", proof: m.Proof | None = None
    ) -> m.ClientToken:
        """A system's access token. Raises ClientInvalid, ScopeRefused, ProofInvalid."""
        return await self._client.call(m.AskToken(assertion, scope, proof), m.ClientToken)

    # --- providers ----------------------------------------------------------------------------

    async def providers(self) -> list[tuple[str, str]]:
        """Name and label of each OpenID provider."""
        reply = await self._client.call(m.ListProviders(), m.ProviderNames)
        return list(zip(reply.names, reply.labels, strict=True))

    async def begin(self, provider: str, requester: m.Requester | None = None) -> m.OpenIdBegun:
        """Where to send the browser: to sign in, or to link the requester's account."""
        return await self._client.call(m.OpenIdBegin(provider, requester), m.OpenIdBegun)

    async def finish(
        self, provider: str, handle: str, state: str, code: str, issuer: str
    ) -> m.Token | None:
        """A session by the provider's answer; None where it linked an account.

        Raises SignInFailed; where nobody is linked, its field is "unlinked".
        """
        asked = m.OpenIdFinish(provider, handle, state, code, issuer)
        return (await self._client.call(asked, m.OpenIdDone)).token

    async def leave(self, provider: str) -> m.OpenIdAddress:
        """Where to sign out at the provider."""
        return await self._client.call(m.OpenIdLeave(provider), m.OpenIdAddress)

    # --- operator's socket only ---------------------------------------------------------------

    async def link(self, name: str, provider: str, subject: str) -> None:
        """An account is this person at a provider. Raises AccountUnknown, AlreadyExists."""
        await self._client.call(m.LinkIdentity(name, provider, subject), m.Done)

    async def add_client(
        self,
        name: str,
        hospital_code: str,
        role: Role,
        keys: bytes,
        scopes: str,
        *,
        bound: bool,
        token_s: int,
    ) -> str:
        """Enrol a system; its client id. Raises Forbidden, ScopeRefused, AlreadyExists."""
        asked = m.AddClient(name, hospital_code, role, keys, scopes, bound, token_s)
        return str((await self._client.call(asked, m.Done)).identifier)

    async def change_client_keys(self, name: str, keys: bytes) -> None:
        """These keys from now on. Raises AccountUnknown, Forbidden."""
        await self._client.call(m.ChangeClientKeys(name, keys), m.Done)

    async def clients(self) -> list[m.ClientLine]:
        """Every system."""
        return (await self._client.call(m.ListClients(), m.ClientList)).clients
