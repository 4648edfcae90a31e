"""``Telling`` over the broker and the object store, with entries of the log that were verified."""

import time

from segel.broker import BrokerClient
from segel.broker.case_proofs import verify_case
from segel.broker.messages import CaseDocument
from segel.leaks.telling import Telling
from segel.store.objects import ObjectStore


def telling_over(broker: BrokerClient, objects: ObjectStore) -> Telling:
    """What writes and signs documents of cases."""
    return Telling(broker.cases, objects, proved_entries, time.time)


def proved_entries(document: CaseDocument) -> list[tuple[int, str]]:
    """The leaf of each entry and what it says. Raises CaseProofsBroken."""
    events = verify_case(document, document.log)
    leaves = [one.leaf for one in document.entries]
    return [(leaf, event.detail) for leaf, event in zip(leaves, events, strict=True)]
