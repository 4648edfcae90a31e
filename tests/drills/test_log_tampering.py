"""Every way to tamper with the log that we could think of, on a real one, each found.

A broker on PostgreSQL writes the log, two witnesses' own processes cosign it. The operator of the
catalogue has everything: the files, the database and the log's own key. A reader has the public
keys of log and witnesses and the checkpoint of an earlier visit. Each case says which error finds
it, at the reader, at the reader of a receipt, at a witness, or at a broker that goes on from the
tampered database; none needs more than the next two checkpoints.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from segel.broker import witnessing
from segel.broker.errors import Unwitnessed
from segel.tlog import (
    TlogError,
    verify_log,
)
from support.tampering.case import BrokerClosed, Case, WitnessRefused
from support.tampering.databases import databases
from support.tampering.estate import (
    SIZE,
    Estate,
    broker_of,
    grow,
    needed,
    published,
    real_log,
)
from support.tampering.files import files_changed, files_exchanged
from support.tampering.histories import forks, rollbacks
from support.tampering.notes import cosignatures, keys_and_origins
from support.tampering.receipts import receipts

CASES_MIN = 200
MORE = 20
"""Entries that the honest log appends at the end."""


@pytest.fixture(scope="module")
def estate(cluster: Any) -> Iterator[Estate]:
    """The log that everything is done to."""
    with real_log(cluster.owner, cluster.broker) as log:
        yield log


KINDS: tuple[Callable[[Estate], Iterable[Case]], ...] = (
    files_changed,
    files_exchanged,
    forks,
    rollbacks,
    keys_and_origins,
    cosignatures,
    receipts,
    databases,
)


def test_every_tampering_is_found_and_the_honest_log_passes_before_and_after(
    estate: Estate, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "WAIT_S", 0.5)
    estate.read(estate.files)
    found: Counter[tuple[str, str, str]] = Counter()
    names: set[tuple[str, str]] = set()
    missed, misnamed = [], []
    for case in (case for kind in KINDS for case in kind(estate)):
        assert (case.kind, case.name) not in names, f"twice in the catalogue: {case}"
        names.add((case.kind, case.name))
        try:
            case.meet()
        except (TlogError, WitnessRefused, BrokerClosed, Unwitnessed) as error:
            if not isinstance(error, case.expected):
                misnamed.append(f"{case.kind}, {case.name}: {error!r}")
            found[case.kind, case.finder, _told(error)] += 1
        else:
            missed.append(f"{case.kind}, {case.name}")
    with capsys.disabled():
        print(f"\n{len(names)} tamperings of a log of {SIZE} entries")
        for (kind, finder, told), count in sorted(found.items()):
            print(f"  {kind:<14}{count:>4}  {finder:<17}{told}")
    assert missed == []
    assert misnamed == []
    assert len(names) >= CASES_MIN
    asyncio.run(_honest_log_goes_on(estate))


def _told(error: Exception) -> str:
    if isinstance(error, WitnessRefused):
        return f"refused with {error.status}"
    if isinstance(error, BrokerClosed):
        return f"closed: {', '.join(sorted(error.states))}"
    return type(error).__name__


async def _honest_log_goes_on(estate: Estate) -> None:
    async with broker_of(estate.settings) as broker:
        await grow(broker, SIZE + MORE)
        await published(broker, SIZE + MORE)
    files = needed(estate.settings.objects / "audit", SIZE + MORE)
    verified = verify_log(
        files.__getitem__,
        estate.key,
        previous=estate.now,
        witnesses=estate.cosigners,
        threshold=2,
    )
    assert verified.checkpoint.size == SIZE + MORE
