"""Who witnesses the log, and proofs of its entries. Public: the tiles tell the same."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.errors import EntryUnknown
from segel.broker.publisher import Publisher
from segel.broker.witnessing import Witnessing
from segel.tlog import IndexOutside


class WitnessDesk:
    """Answers the command line, the console and readers of proofs."""

    def __init__(self, publisher: Publisher, witnessing: Witnessing) -> None:
        self._publisher = publisher
        self._witnessing = witnessing

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [Offer(m.ReportWitnesses, self._report), Offer(m.ProveEntry, self._prove)]

    async def _report(self, _: m.ReportWitnesses) -> m.Reply:
        log_size = await self._publisher.log_size()
        self._witnessing.look(log_size)
        newest = self._witnessing.newest
        return m.WitnessReport(
            log_size=log_size,
            log_vkey=self._publisher.vkey,
            quorum=self._witnessing.policy.quorum,
            witnesses=[
                m.WitnessState(
                    label=seat.address.label,
                    name=seat.address.verifier.name,
                    url=seat.address.url,
                    vkey=seat.address.verifier.vkey(),
                    state=seat.state,
                    trouble=seat.trouble,
                    size=seat.size,
                    cosigned_s=seat.cosigned_s,
                )
                for seat in self._witnessing.seats
            ],
            cosigned_size=newest.size if newest else 0,
            cosigned_s=newest.cosigned_s if newest else 0,
            cosigners=newest.cosigners if newest else 0,
        )

    async def _prove(self, asked: m.ProveEntry) -> m.Reply:
        try:
            return m.EntryReceipt(await self._publisher.receipt_of(asked.leaf_index))
        except IndexOutside:
            raise EntryUnknown(
                "The log has no such entry, or has not yet been witnessed so far.",
                remedy="Try again in a moment.",
                field="leaf_index",
            ) from None
