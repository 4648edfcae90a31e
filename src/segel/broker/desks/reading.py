"""Studies: opened for storing and reading, searched for, sent on."""

import msgspec

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory
from segel.broker.dpop import require_named
from segel.broker.errors import AeTitleUnknown
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.releases import Releases


class ReadingDesk:
    """Answers what DICOM's doors ask for."""

    def __init__(self, sessions: Sessions, releases: Releases, directory: Directory) -> None:
        self._sessions = sessions
        self._releases = releases
        self._directory = directory

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OpenForStore, self._open_for_store),
            Offer(m.OpenStudy, self._open_study),
            Offer(m.Search, self._search),
            Offer(m.PeerAddress, self._peer_address),
        ]

    async def _open_for_store(self, asked: m.OpenForStore) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._releases.open_for_store(session, asked.requester, asked.arrival)

    async def _open_study(self, asked: m.OpenStudy) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        require_named(asked.requester.proof, asked.study_uid)
        requester = asked.requester
        if session.record.purpose is not None:  # a viewer's: what it was let in for
            requester = msgspec.structs.replace(requester, purpose=session.record.purpose)
        return await self._releases.open_study(
            session, requester, asked.study_uid, copy=asked.copy, pictures=asked.pictures
        )

    async def _search(self, asked: m.Search) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._releases.search(session, asked.requester, asked.query)

    async def _peer_address(self, asked: m.PeerAddress) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        authorise(
            session.principal, Permission.STUDY_READ, asked.requester.purpose, session.hospital_id
        )
        peer = await self._directory.peer(asked.ae_title)
        if peer.hospital_id != session.hospital_id or not peer.port:
            raise AeTitleUnknown(
                "The move destination is not enrolled with an address.",
                remedy="Ask the operator to enrol its host and port.",
                field="destination",
            )
        return m.Address(peer.host, peer.port, peer.keys)
