"""Rows of a dump against everybody's records: ``python -m bench.leak_rows``.

Half of the dump's rows are of patients, with errors; half of people who are nobody's patient:
strangers, twins, namesakes born the same day, relatives with the same telephone. Who a row really
is stands beside it. An invented NIK is now and then that of a patient, as no two people's is: rows
that are linked by such a one are counted apart, as ``taken``.
"""

import argparse
import json
import os
import resource
import sys
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.leak_people import SHARD, Person, dump, people
from segel.leaks.matching.matching import NOBODY, exact_pairs, match
from segel.leaks.matching.register import PATIENT_ID, Register
from segel.leaks.matching.tokens import COLUMNS, RECORD_TYPE, Records, Tokeniser
from segel.sealing.short_tokens import ShortTokens

RECALL_CLEAN_MIN = 0.99
RECALL_WRONG_MIN = 0.95
FALSE_MAX = 1e-6

_KEY = bytes(range(32))
_register: Register | None = None


@dataclass
class Tally:
    """Counts of rows, and seconds of one core."""

    rows: int = 0
    exact_s: float = 0.0
    all_s: float = 0.0
    clean: int = 0
    clean_found: int = 0
    wrong: int = 0
    wrong_found: int = 0
    little: int = 0
    little_found: int = 0
    linked: int = 0
    false: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    ambiguous: int = 0
    strangers: int = 0
    strangers_alike: int = 0
    levels: Counter[int] = field(default_factory=Counter)
    worst_bits: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def records_of(shard: tuple[int, int, int]) -> tuple[int, Records, NDArray[np.uint16]]:
    """The records of a shard's patients, by their numbers."""
    first, count, seed = shard
    made = list(people(first, count, seed))
    tokeniser = Tokeniser(ShortTokens(_KEY))
    return (
        first,
        tokeniser.people(one.said for one in made),
        np.array([one.hospital for one in made], np.uint16),
    )


def matched(task: tuple[int, int, int, int]) -> Tally:
    """Match the rows of a shard."""
    first, count, rows, seed = task
    assert _register is not None
    patients: list[Person] = list(people(first, count, seed))
    made = dump(first, patients, rows, seed)
    listed = [row for row, _ in made]
    truth = np.array([one.patient for _, one in made])
    hospitals = np.array([int(row.hospital or -1) for row in listed], np.int32)
    tokeniser = Tokeniser(ShortTokens(_KEY))
    began_s = perf_counter()
    records = tokeniser.numbers(lambda name: COLUMNS[name](listed), len(listed))
    exact_pairs(records, hospitals, _register)
    exact_s = perf_counter() - began_s
    tokeniser.names(records, COLUMNS["name"](listed))
    found = match(records, hospitals, _register)
    all_s = perf_counter() - began_s
    tally = Tally(rows=len(made), exact_s=exact_s, all_s=all_s)
    right = found.patient == truth
    is_linked = found.patient != NOBODY
    for at, (_, one) in enumerate(made):
        if one.patient >= 0:
            kind = "little" if not one.enough else "wrong" if one.errors else "clean"
            setattr(tally, kind, getattr(tally, kind) + 1)
            if right[at] and is_linked[at]:
                name = f"{kind}_found"
                setattr(tally, name, getattr(tally, name) + 1)
        else:
            tally.strangers += 1
            tally.strangers_alike += bool(found.alike[at] != NOBODY)
        if is_linked[at] and not right[at]:
            linked_nik = _register.records["nik"][found.patient[at]]
            if one.patient < 0 and linked_nik and linked_nik == records["nik"][at]:
                tally.taken[one.sort] += 1
                continue
            tally.false[one.sort] += 1
            tally.worst_bits.append(round(float(found.bits[at]), 1))
    tally.linked = int(is_linked.sum())
    tally.ambiguous = int(found.ambiguous.sum())
    tally.levels.update(found.level.tolist())
    return tally


def main() -> int:
    """0 where recall and false links are as wanted."""
    global _register
    parser = argparse.ArgumentParser(prog="bench.leak_rows", description=__doc__)
    parser.add_argument("--patients", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    shards = [
        (first, min(SHARD, said.patients - first), said.seed)
        for first in range(0, said.patients, SHARD)
    ]
    context = get_context("fork")
    records = np.zeros(said.patients, RECORD_TYPE)
    hospitals = np.zeros(said.patients, np.uint16)
    with context.Pool(said.workers) as pool:
        for first, some, where in pool.imap_unordered(records_of, shards):
            records[first : first + len(some)] = some
            hospitals[first : first + len(some)] = where
            print(f"\rregister {first:,}", end="", file=sys.stderr)
    ids = np.arange(2 * said.patients, dtype="<u8").view(PATIENT_ID)
    began_s = perf_counter()
    _register = Register(records, ids, hospitals, Tokeniser(ShortTokens(_KEY)).first)
    _register.prepare()
    prepared_s = perf_counter() - began_s
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    per_shard = said.rows // len(shards)
    total = Tally()
    with context.Pool(said.workers) as pool:
        tasks = [(first, count, per_shard, seed) for first, count, seed in shards]
        for done, tally in enumerate(pool.imap_unordered(matched, tasks), 1):
            total.add(tally)
            print(f"\rmatched {done}/{len(tasks)} {dict(total.false)}", end="", file=sys.stderr)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    false = sum(total.false.values())
    result: dict[str, Any] = {
        **vars(total),
        "worst_bits": sorted(total.worst_bits)[-20:],
        "recall_clean": total.clean_found / max(1, total.clean),
        "recall_wrong": total.wrong_found / max(1, total.wrong),
        "recall_little": total.little_found / max(1, total.little),
        "false_per_row": false / max(1, total.rows),
        "prepared_s": prepared_s,
        "exact_two_cores_s": total.exact_s / 2,
        "all_two_cores_s": total.all_s / 2,
        "register_mib": resident,
        "worker_mib": worker,
        "load": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=None if said.json else 1), file=sys.stdout)
    reached = (
        result["recall_clean"] >= RECALL_CLEAN_MIN
        and result["recall_wrong"] >= RECALL_WRONG_MIN
        and result["false_per_row"] <= FALSE_MAX
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
