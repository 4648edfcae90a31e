"""The attacker's own program: ``python -m`` this as the gateway's user, its bag on stdin.

It uses the gateway's code where that serves it, and counts a patient as taken only when it has a
whole file of theirs in the clear.
"""

import asyncio
import base64
import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.app import hardening
from segel.app.drills.rooted_gateway import Attempt, Bag, Loot
from segel.broker import BrokerClient, Requester, StudyQuery
from segel.broker.errors import BrokerError
from segel.broker.messages import EnrolAccount, IssueToken, Message, RotateKeys
from segel.domain.roles import Role
from segel.imaging import Archive, opened_archive

IN_FLIGHT: Final = 32
PTRACE_ATTACH: Final = 16
TABLES: Final = (
    "broker_secrets", "accounts", "sessions", "patients", "unique_tokens", "budget_touches",
    "audit_entries", "log_head",
)  # fmt: skip
"""What only the broker's database role may touch."""


async def intrude(bag: Bag) -> Loot:
    """Everything, one way after another."""
    attempts = [
        await _operators_messages(bag),
        await _forged_tokens(bag),
        await _the_brokers_tables(bag),
        _the_operators_socket(bag),
        _the_kms(bag),
        _the_brokers_memory(bag),
    ]
    async with opened_archive(Path(bag.broker), bag.database, Path(bag.objects)) as archive:
        taken: set[str] = set()
        for token in bag.tokens:
            before = len(taken)
            # Those first whom no other token has given yet.
            wanted = sorted(bag.studies, key=taken.__contains__)
            taken |= await _drain(archive, token, wanted)
            attempts.append(Attempt(
                "every study, with a token that passed through", f"{len(taken) - before} patients",
                is_held=True,  # the sum is what counts
            ))  # fmt: skip
        listed = await _list(bag)
    attempts.append(
        Attempt("searching on with those tokens", f"{listed} more listed", is_held=listed == 0)
    )
    return Loot(len(taken), attempts)


async def _drain(archive: Archive, token: str, studies: list[str]) -> set[str]:
    room = asyncio.Semaphore(IN_FLIGHT)
    taken: set[str] = set()

    async def one(uid: str) -> None:
        async with room:
            try:
                study = await archive.open_study(Requester(token, route="intruder"), uid)
            except BrokerError:
                return
            entry, *_ = await study.instances()
            if b"DICM" in (await study.read(entry))[:200]:
                taken.add(uid)

    await asyncio.gather(*(one(uid) for uid in studies))
    return taken


async def _list(bag: Bag) -> int:
    """Patients that searches still show, once the budgets are used up."""
    listed: set[UUID] = set()
    client = await BrokerClient.connect(Path(bag.broker))
    try:
        for token in bag.tokens:
            try:
                found = await client.search(
                    Requester(token, route="intruder"), StudyQuery(limit=200)
                )
            except BrokerError:
                continue
            listed |= {match.patient_id for match in found.matches}
    finally:
        await client.close()
    return len(listed)


async def _operators_messages(bag: Bag) -> Attempt:
    what = "enrolling itself, issuing itself tokens, by the broker's socket"
    refused = 0
    wanted: tuple[Message, ...] = (
        EnrolAccount("Penyusup", Role.RADIOLOGIST, "DRILL", demo=True),
        IssueToken(uuid4(), 3_600),
        RotateKeys(),
    )
    client = await BrokerClient.connect(Path(bag.broker))
    try:
        for message in wanted:
            try:
                await client.call(message, Message)  # type: ignore[arg-type]
            except BrokerError as refusal:
                refused += refusal.code == "forbidden"
    finally:
        await client.close()
    return Attempt(what, f"{refused} of {len(wanted)} refused", is_held=refused == len(wanted))


async def _forged_tokens(bag: Bag) -> Attempt:
    head, claims, signature = bag.tokens[0].split(".")
    later = _decoded(claims) | {"exp": int(time.time()) + 10**8}
    other = _decoded(claims) | {"sub": uuid4().hex}
    forged = [
        f"{_encoded({'alg': 'none'})}.{claims}.",
        f"{_encoded({'alg': 'HS256'})}.{claims}.{signature}",
        f"{head}.{_encoded(later)}.{signature}",
        f"{head}.{_encoded(other)}.{signature}",
        f"{head}.{claims}.{signature[:-4]}AAAA",
    ]
    client = await BrokerClient.connect(Path(bag.broker))
    accepted = 0
    try:
        for token in forged:
            try:
                await client.session(token)
                accepted += 1
            except BrokerError:
                continue
    finally:
        await client.close()
    return Attempt("forging tokens", f"{accepted} of {len(forged)} accepted", accepted == 0)


async def _the_brokers_tables(bag: Bag) -> Attempt:
    got = []
    tries = [f"SELECT * FROM {table} LIMIT 1" for table in TABLES]  # noqa: S608
    tries += ["DELETE FROM budget_touches", "UPDATE budget_accounts SET version = 0"]
    tries += ["SET ROLE segel_broker", "SET ROLE segel_owner"]
    async with await psycopg.AsyncConnection.connect(bag.database, autocommit=True) as connection:
        for statement in tries:
            try:
                await connection.execute(statement.encode())
                got.append(statement)
            except psycopg.Error:
                continue
    told = "; ".join(got) or f"0 of {len(tries)} statements"
    return Attempt("the broker's tables, with the gateway's role", told, is_held=not got)


def _tried(what: str, way: Callable[[], object]) -> Attempt:
    try:
        way()
    except OSError as refused:
        return Attempt(what, f"refused: {refused.strerror}", is_held=True)
    return Attempt(what, "it opens", is_held=False)


def _the_operators_socket(bag: Bag) -> Attempt:
    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(bag.operator)

    return _tried("the operator's socket", connect)


def _the_kms(bag: Bag) -> Attempt:
    return _tried("the KMS' folder", lambda: os.listdir(bag.kms))  # noqa: PTH208


def _the_brokers_memory(bag: Bag) -> Attempt:
    def look() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(PTRACE_ATTACH, bag.broker_pid, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    return _tried("the broker's memory", look)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return decoded


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def main() -> None:
    """Read the bag, become the gateway's user, attack, and tell on stdout."""
    bag = msgspec.json.decode(sys.stdin.buffer.read(), type=Bag)
    hardening.become(hardening.DOORS)
    loot = asyncio.run(intrude(bag))
    sys.stdout.buffer.write(msgspec.json.encode(loot))


if __name__ == "__main__":
    main()
