"""The broker: every message goes to the desk that offers it, if this caller may send it."""

from collections.abc import Iterable
from typing import get_args

from segel.broker import messages as m
from segel.broker.approvals import Approvals
from segel.broker.desks.offers import Caller, Desk, Offer
from segel.broker.errors import Forbidden
from segel.broker.ledger import Ledger
from segel.broker.publisher import Publisher


class Broker:
    """Answers messages. Raises BrokerError; the server turns it into a Failure.

    ``publisher``: the log as others see it, which is made while this runs. ``ledger`` and
    ``approvals``: what actions are made of that no message asks for.
    """

    def __init__(
        self, desks: Iterable[Desk], publisher: Publisher, ledger: Ledger, approvals: Approvals
    ) -> None:
        self.publisher = publisher
        self.ledger = ledger
        self.approvals = approvals
        self._offers: dict[type[m.Message], Offer] = {}
        for offer in (offer for desk in desks for offer in desk.offers()):
            assert offer.message not in self._offers, f"{offer.message} has two desks"
            self._offers[offer.message] = offer
        assert set(self._offers) == set(get_args(m.Request)), "every message has its desk"

    async def answer(self, request: m.Request, caller: Caller) -> m.Reply:
        """The reply to one request. Raises Forbidden where this caller may not send it."""
        offer = self._offers[type(request)]
        if caller not in offer.callers:
            raise Forbidden(
                "This is for the operator.", remedy="Use the command line on the server."
            )
        return await offer.handle(request)
