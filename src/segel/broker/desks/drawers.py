"""The drawers of laboratories: where a table of results lies while it is being imported.

Its keys are of no patient. They are derived of the system's key, each for one account or hospital,
and released like any other: under the policy, and logged before.
"""

from typing import Final

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.desks.offers import Offer
from segel.broker.ledger import Intent
from segel.broker.live import Sessions
from segel.broker.policy import Permission
from segel.broker.releases import Releases, event_for
from segel.broker.secrets import BrokerSecrets
from segel.sealing import derive_scope_key

ASKED: Final = "laboratory-sheets"
"""What the log says was asked for."""
RESOURCE: Final = "DiagnosticReport"
"""What an import makes: scopes that leave its creation out leave out imports."""


class DrawersDesk:
    """Opens drawers."""

    def __init__(self, sessions: Sessions, secrets: BrokerSecrets, releases: Releases) -> None:
        self._sessions = sessions
        self._secrets = secrets
        self._releases = releases

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [Offer(m.OpenDrawer, self._open)]

    async def _open(self, asked: m.OpenDrawer) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        asker = await self._releases.admit(
            session, asked.requester, Permission.SHEET_IMPORT, Kind.QUERY, resource=RESOURCE
        )
        event = event_for(asker, Kind.QUERY, asked=(ASKED,), detail=RESOURCE)
        await self._releases.commit(session, asked.requester, Intent(event))
        hospital_id = asker.hospital_id
        account_id = session.claims.account_id
        return m.DrawerGrant(
            hospital_id,
            asker.hospital.name,
            derive_scope_key(self._secrets.system, f"drawer/{hospital_id}/{account_id}"),
            derive_scope_key(self._secrets.system, f"drawer/{hospital_id}"),
        )
