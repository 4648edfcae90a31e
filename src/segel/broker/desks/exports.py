"""The desk for bulk exports."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.exporting import Exporting
from segel.broker.live import Sessions


class ExportsDesk:
    """Answers what the door of records asks for."""

    def __init__(self, sessions: Sessions, exporting: Exporting) -> None:
        self._sessions = sessions
        self._exporting = exporting

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.AskExport, self._ask),
            Offer(m.ShowExport, self._show),
            Offer(m.EndExport, self._end),
            Offer(m.OpenExported, self._open),
            Offer(m.LogExportFile, self._log_file),
        ]

    async def _ask(self, asked: m.AskExport) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._exporting.ask(session, asked)

    async def _show(self, asked: m.ShowExport) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._exporting.show(session, asked.export_id)

    async def _end(self, asked: m.EndExport) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._exporting.end(session, asked.requester, asked.export_id)
        return m.Done()

    async def _open(self, asked: m.OpenExported) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._exporting.open(session, asked)

    async def _log_file(self, asked: m.LogExportFile) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._exporting.log_file(session, asked)
        return m.Done()
