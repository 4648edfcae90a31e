"""Files that a criminal made: each is accounted for, nothing runs, nothing leaves, nobody dies.

Those that do not end the reading of what comes with them are handed in together, in tars, so that
one child reads many.
"""

import contextlib
import multiprocessing
import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import pytest

from segel.leaks.intake.reasons import Reason
from segel.leaks.model import Handling
from support.hostile import HOSTILE, Hostile
from support.hostile.archives import FILES as ARCHIVES
from support.hostile.archives import info, tarred
from support.quarantine import NARROW, Found, children_peak, inspected

TOGETHER = 30
MEMORY_MAX = NARROW.memory_bytes + NARROW.held_bytes


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """What would see whoever fetches something."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@cache
def _parent() -> ProcessPoolExecutor:
    """A process whose only children are those of the quarantine: it knows how large they grew."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module", autouse=True)
def parent_ends() -> Iterator[None]:
    yield
    _parent().shutdown()


def _read(name: str, data: bytes) -> Found:
    return _parent().submit(inspected, name, data).result()


def _is_alone(hostile: Hostile) -> bool:
    return hostile.is_alone or hostile in ARCHIVES


@cache
def _group(first: int, port: int) -> Found:
    together = [one for one in HOSTILE if not _is_alone(one)][first : first + TOGETHER]
    return _read("all.tar", tarred(*((info(one.name), one.make(port)) for one in together)))


def _found(hostile: Hostile, port: int) -> Found:
    if _is_alone(hostile):
        return _read(hostile.name, hostile.make(port))
    at = [one for one in HOSTILE if not _is_alone(one)].index(hostile)
    return _group(at - at % TOGETHER, port)


def test_the_set_is_of_at_least_a_hundred() -> None:
    assert len(HOSTILE) >= 200
    assert len({one.name for one in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_file_is_accounted_for(hostile: Hostile, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    found = _found(hostile, port)
    own = [file for file in found.files.values() if file.path[-1] == hostile.name]
    assert len(own) == 1
    assert (own[0].handling is Handling.READ) or own[0].reason
    assert {reason.value for reason in hostile.reasons} <= found.reasons(hostile.name)
    assert not {Reason.LIED, Reason.TIME, Reason.UNSTARTED} & found.reasons(hostile.name)
    for file in found.files.values():
        for step in file.path:
            assert not step.startswith("/")
            assert ".." not in step.split("/")
    with contextlib.suppress(BlockingIOError):
        listener.accept()
        pytest.fail("somebody fetched something")
    assert _parent().submit(children_peak).result() <= MEMORY_MAX
