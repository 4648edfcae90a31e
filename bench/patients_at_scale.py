"""How finding people depends on how many there are: ``python -m bench.patients_at_scale``.

On a home that ``segel synth`` filled, or one that is made for it. Asked through HTTP, the gateway
and the broker, as a clinic's program asks: for somebody by NIK, for somebody by name and birth
date, for a hospital's day. Every question is about other people. Each is asked cold (Segel just
started, no page of its database in memory) and then warm; beside it the raw limit, a SELECT of the
same shape.

Budgets stand: there are as many accounts as their roles' limits need. Only what hospitals and the
estate may open together is raised, by a budgets file, as an operator would for such a day.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlencode

import psycopg

from bench import host, table
from bench.archives import RAW, SEGEL, BenchFailed
from bench.quiet import Quiet
from bench.releasing import percentile
from bench.results import P50, P99, Against, Line, Target
from bench.rounds import Figures
from bench.segel_up import segel
from bench.wire import Connection, Request, request
from segel.app.home import Home, at
from segel.app.memory import descendants, resident_bytes
from segel.app.synth.command import plan_of
from segel.app.synth.plan import Plan, SynthPerson, hospitals, people
from segel.app.synth.sizes import sizes
from segel.broker import BrokerClient
from segel.domain.identifiers import NIK_SYSTEM
from segel.domain.roles import Role
from segel.store import postgres

QUERIES: Final = 500
ROUNDS: Final = 3
"""Warm rounds, after the cold one."""

SHARDS: Final = 10
"""Parts of the population that people are taken from, spread over all of it."""

PAGE: Final = 25
"""Studies on a page of a day, as the worklist asks for them."""

LISTED_MAX: Final = 100
"""Patients listed by one account: a third of what a radiologist's hour lets."""

TOKEN_S: Final = 86_400
GROWTH_MAX: Final = 1.5
LIMITS_MS: Final = {"nik": 20.0, "name": 50.0, "day": 200.0}
TITLES: Final = {
    "nik": "somebody by NIK (FHIR)",
    "name": "somebody by name and birth date (FHIR)",
    "day": f"a hospital's day, {PAGE} of its studies (QIDO-RS)",
}

_RAW_ONE: Final = (
    "SELECT p.wrapped_key, p.kept_keys, p.sealed FROM unique_tokens t, patients p"
    " WHERE t.token = %s AND p.patient_id = t.patient_id"
)
_RAW_NAME: Final = (
    "SELECT p.wrapped_key, p.kept_keys, p.sealed FROM index_tokens t, patients p"
    " WHERE t.token = %s AND p.patient_id = t.patient_id"
)
_RAW_DAY: Final = (
    "SELECT s.sealed_summary, p.wrapped_key, p.kept_keys FROM index_tokens t, studies s, patients p"
    " WHERE t.token = %s AND s.patient_id = t.patient_id AND s.study_id = t.target"
    " AND p.patient_id = t.patient_id"
)


@dataclass(frozen=True, slots=True)
class Up:
    """Segel on the home, now."""

    http: tuple[str, int]
    processes: dict[str, int]
    owner: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. ``expects``: what the answer has to have in it, or it means nothing."""

    hospital: int
    path: str
    body: bytes
    expects: str
    cost: int
    """Patients that its answer may list."""


@dataclass(slots=True)
class Times:
    """Milliseconds of each query."""

    cold: list[float] = field(default_factory=list)
    warm: list[list[float]] = field(default_factory=list)
    raw_cold: list[float] = field(default_factory=list)
    raw_warm: list[float] = field(default_factory=list)
    spent_s: dict[str, float] = field(default_factory=dict)
    """Processor time of the warm rounds, by process."""

    def add_spent(self, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        """Count what was spent between two looks."""
        for name, seconds in after.items():
            self.spent_s[name] = self.spent_s.get(name, 0.0) + seconds - before[name]


def main() -> int:
    """0: measured; 1: something did not do its work."""
    said = _arguments()
    # Asked to stop, it stops what it started first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with _home(said) as home:
            lines, facts = _measured(home, said)
    except BenchFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    if said.json:
        print(json.dumps({"facts": facts, "lines": [line.as_json() for line in lines]}, indent=1))
    else:
        table.shown(lines, facts)
    if said.write:
        said.write.write_text(table.markdown(lines, facts))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.patients_at_scale", description=__doc__)
    parser.add_argument("--home", type=Path, help="a stopped home that segel synth filled")
    parser.add_argument(
        "--patients", type=int, default=60_000, help="without --home: how many to make"
    )
    parser.add_argument("--queries", type=int, default=QUERIES, help="of each kind")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="warm rounds")
    parser.add_argument("--settings", type=Path, help="settings of the home (TOML), e.g. its KMS")
    parser.add_argument("--against", type=Path, help="--json of a smaller home: tells the growth")
    parser.add_argument(
        "--hurried", action="store_true", help="do not wait for an idle machine: it will not be one"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE.md")
    return parser.parse_args()


@contextlib.contextmanager
def _home(said: argparse.Namespace) -> Iterator[Home]:
    if said.home:
        yield at(said.home)
        return
    folder = Path(tempfile.mkdtemp(prefix="segel-bench-"))
    folder.chmod(0o755)  # Segel's processes are other users where root starts them
    try:
        segel("synth", f"--patients={said.patients}", f"--home={folder / 'home'}")
        yield at(folder / "home")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(home: Home, said: argparse.Namespace) -> tuple[list[Line], list[str]]:
    plan = plan_of(home)
    if plan is None:
        raise BenchFailed("The home was not filled by segel synth.")
    quiet = Quiet.hurried() if said.hurried else Quiet()
    facts = [host.machine()]
    say = partial(print, file=sys.stderr, flush=True)
    say("drawing people")
    asked = _questions(plan, said.queries)
    say("starting Segel, for accounts")
    with _up(home, said.settings) as up:
        raw = _raw_tokens(up, said.queries)
        tokens = asyncio.run(_tokens(home, plan, asked))
    say("starting Segel, cold")
    _forget(home.database)
    times: dict[str, Times] = {}
    with _up(home, said.settings) as up:
        for kind, some in asked.items():
            quiet.idle()
            say(f"{kind}, cold")
            times[kind] = Times(cold=_ask(up, some, tokens[kind]))
            times[kind].raw_cold = _select(up, kind, raw[kind])
        for number in range(said.rounds):
            for kind, some in asked.items():
                quiet.idle()
                say(f"{kind}, warm")
                order = list(range(len(some)))
                Random(number).shuffle(order)
                again = [some[one] for one in order]
                before = _spent(up.processes)
                times[kind].warm.append(_ask(up, again, [tokens[kind][one] for one in order]))
                times[kind].add_spent(before, _spent(up.processes))
                times[kind].raw_warm += _select(up, kind, raw[kind])
        tables = sizes(up.owner)
        held = resident_bytes(up.processes.values())
    disk = sum(one.bytes for one in tables)
    studies = next(one.rows for one in tables if one.name == "studies")
    facts += [
        f"{plan.patients:,} patients, {studies:,} studies, {plan.hospitals} hospitals:"
        f" {disk / 1e9:.2f} GB of tables and indexes, {disk / plan.patients:,.0f} bytes a patient",
        f"memory held by all of Segel's processes with PostgreSQL: {held / 1e6:,.0f} MB",
        f"{said.queries} questions of a kind, each about other people; cold, then"
        f" {said.rounds} times warm; one after the other",
        quiet.words,
    ]
    smaller = json.loads(said.against.read_text())["lines"] if said.against else []
    return [_line(kind, one, smaller) for kind, one in times.items()], facts


# --- what is asked --------------------------------------------------------------------------------


def _questions(plan: Plan, count: int) -> dict[str, list[Asked]]:
    """Of each kind ``count`` questions; a day of a hospital is asked for once."""
    chance = Random(plan.seed)
    shards = sorted(chance.sample(range(plan.shards), min(SHARDS, plan.shards)))
    pool = [one for shard in shards for one in people(plan, shard)]
    if len(pool) < 2 * count:
        raise BenchFailed("There are too few people to ask for.")
    chosen = chance.sample(pool, 2 * count)
    chance.shuffle(pool)
    days = dict.fromkeys((one.hospital, one.studies[-1].day) for one in pool)
    return {
        "nik": [_by_nik(one) for one in chosen[:count]],
        "name": [_by_name(one) for one in chosen[count:]],
        "day": [
            Asked(
                hospital,
                f"/dicomweb/studies?StudyDate={day:%Y%m%d}&limit={PAGE}",
                b"",
                f"{day:%Y%m%d}",
                PAGE,
            )
            for hospital, day in list(days)[:count]
        ],
    }


def _by_nik(one: SynthPerson) -> Asked:
    body = urlencode({"identifier": f"{NIK_SYSTEM}|{one.identity.nik}"})
    return Asked(one.hospital, "/fhir/Patient/_search", body.encode(), one.identity.nik, 1)


def _by_name(one: SynthPerson) -> Asked:
    born = one.identity.birth_date
    body = urlencode({"name": one.identity.name, "birthdate": f"{born[:4]}-{born[4:6]}-{born[6:]}"})
    return Asked(one.hospital, "/fhir/Patient/_search", body.encode(), one.identity.nik, 3)


async def _tokens(home: Home, plan: Plan, asked: dict[str, list[Asked]]) -> dict[str, list[str]]:
    """Whose token each question goes with: so many accounts that none nears its limit."""
    listed: dict[int, int] = defaultdict(int)
    known: dict[tuple[int, int], str] = {}
    codes = [one.code for one in hospitals(plan.hospitals)]
    operator = await BrokerClient.connect(home.operator_socket)
    found: dict[str, list[str]] = {}
    try:
        for kind, some in asked.items():
            found[kind] = []
            for one in some:
                place = one.hospital, listed[one.hospital] // LISTED_MAX
                listed[one.hospital] += one.cost
                if place not in known:
                    code = codes[one.hospital]
                    account = await operator.enrol_account(
                        f"bench {code} {place[1]}", Role.RADIOLOGIST, code, demo=True
                    )
                    known[place] = (await operator.issue_token(account, TOKEN_S)).token
                found[kind].append(known[place])
    finally:
        await operator.close()
    return found


def _ask(up: Up, asked: Sequence[Asked], tokens: Sequence[str]) -> list[float]:
    """Milliseconds of each. Raises BenchFailed unless every answer has what it should."""
    line = Connection(up.http)
    took = []
    try:
        for one, token in zip(asked, tokens, strict=True):
            answer = line.ask(_request(up, one, token))
            text = answer.body.decode()
            if answer.status != 200 or one.expects not in text:
                raise BenchFailed(f"an answer of {answer.status}: {text[:500]}")
            took.append(answer.seconds * 1e3)
    finally:
        line.close()
    return took


def _request(up: Up, one: Asked, token: str) -> Request:
    headers = {"Authorization": f"Bearer {token}"}
    if not one.body:
        return request("GET", up.http, one.path, {**headers, "Accept": "application/dicom+json"})
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return request("POST", up.http, one.path, headers, one.body)


# --- the raw limit --------------------------------------------------------------------------------


def _raw_tokens(up: Up, count: int) -> dict[str, list[bytes]]:
    """Tokens to look for: of patients any, of days the commonest that the planner knows."""
    with psycopg.connect(up.owner, autocommit=True) as connection:

        def some(name: str) -> list[bytes]:
            found = []
            for number in range(count):
                row = connection.execute(
                    f"SELECT token FROM {name}_{number % 16:02d}"  # noqa: S608
                    " WHERE token > %s AND target = patient_id ORDER BY token LIMIT 1",
                    (os.urandom(32),),
                ).fetchone()
                found += [row[0]] if row else []
            return found

        days = [
            row[0]
            for row in connection.execute(
                "SELECT unnest(most_common_vals::text::bytea[]) FROM pg_stats"
                " WHERE tablename LIKE 'index_tokens\\___' AND attname = 'token'"
            )
        ]
        return {"nik": some("unique_tokens"), "name": some("index_tokens"), "day": days[:count]}


def _select(up: Up, kind: str, tokens: Sequence[bytes]) -> list[float]:
    """Milliseconds of a SELECT each, prepared, on a kept connection."""
    statement = {"nik": _RAW_ONE, "name": _RAW_NAME, "day": _RAW_DAY}[kind].encode()
    took = []
    with psycopg.connect(
        up.owner, autocommit=True, options="-c plan_cache_mode=force_generic_plan"
    ) as connection:
        connection.execute(statement, (b"",), prepare=True).fetchall()
        for token in tokens:
            began_s = perf_counter()
            connection.execute(statement, (token,), prepare=True).fetchall()
            took.append((perf_counter() - began_s) * 1e3)
    return took


# --- the archive ----------------------------------------------------------------------------------


@contextlib.contextmanager
def _up(home: Home, settings: Path | None) -> Iterator[Up]:
    """Segel on the home, with hospitals' and the estate's budgets raised."""
    with tempfile.TemporaryDirectory() as folder:
        budgets, file = Path(folder) / "budgets.toml", Path(folder) / "segel.toml"
        row = "hour = 1000000\nday = 1000000\nmonth = 1000000\n"
        budgets.write_text(f"[hospital]\n{row}[estate]\n{row}")
        own = settings.read_text() if settings else ""
        file.write_text(f"budgets = {json.dumps(str(budgets))}\n{own}")
        doors = [f"--{door}=127.0.0.1:0" for door in ("http", "dimse", "mllp", "viewer")]
        segel("up", f"--home={home.root}", "--demo", "--detach", f"--settings={file}", *doors)
        try:
            status: dict[str, Any] = json.loads(segel("status", f"--home={home.root}", "--json"))
            name, port = status["http"].removeprefix("http://").rsplit(":", 1)
            cluster = postgres.EmbeddedPostgres(home.database, home.database_socket)
            passwords = postgres.load_passwords(home.passwords)
            yield Up(
                (name, int(port)),
                {one["name"]: one["pid"] for one in status["processes"]},
                cluster.dsn(postgres.OWNER, passwords[postgres.OWNER]),
            )
        finally:
            segel("down", f"--home={home.root}")


def _spent(processes: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor time so far (proc(5), ``/proc/PID/stat``): of the doors, the broker, and
    the database with its connections' processes. What else the machine does is not in it."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {"gateway": 0.0, "broker": 0.0, "postgres": 0.0}
    for name, process in processes.items():
        kind = name.partition("-")[0]
        if kind in found:
            for one in descendants([process]):
                with contextlib.suppress(OSError):
                    fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
                    found[kind] += sum(map(int, fields[11:15])) / ticks
    return found


def _forget(folder: Path) -> None:
    """Have the system drop what it holds of the files below a folder (posix_fadvise(2))."""
    os.sync()
    for file in folder.rglob("*"):
        if file.is_file():
            opened = os.open(file, os.O_RDONLY)
            try:
                os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(opened)


# --- what came of it ------------------------------------------------------------------------------


def _line(kind: str, times: Times, smaller: Sequence[dict[str, Any]]) -> Line:
    name = f"patients-{kind}"
    every = [one for took in times.warm for one in took]
    extra = {
        P50: percentile(every, 50),
        P99: percentile(every, 99),
        "cold_p50_ms": percentile(times.cold, 50),
        "cold_p99_ms": percentile(times.cold, 99),
        "max_ms": max(every),
        "raw_p50_ms": percentile(times.raw_warm, 50),
        "raw_p99_ms": percentile(times.raw_warm, 99),
        "raw_cold_p50_ms": percentile(times.raw_cold, 50),
        "raw_cold_p99_ms": percentile(times.raw_cold, 99),
    }
    spent = {name: 1e3 * one / len(every) for name, one in times.spent_s.items()}
    extra |= {f"{name}_cpu_ms": one for name, one in spent.items()}
    notes = [
        f"cold p50 {extra['cold_p50_ms']:.1f}, p99 {extra['cold_p99_ms']:.1f} ms",
        f"raw SELECT p50 {extra['raw_p50_ms']:.2f}, p99 {extra['raw_p99_ms']:.2f} ms"
        f" (cold {extra['raw_cold_p50_ms']:.2f}, {extra['raw_cold_p99_ms']:.2f})",
        f"p50 {extra[P50] / extra['raw_p50_ms']:.1f} × raw",
        "processor time of one "
        + ", ".join(f"{name} {one:.1f}" for name, one in spent.items())
        + " ms",
    ]
    before = next((one["extra"] for one in smaller if one["name"] == name), None)
    if before is not None:
        growth = extra[P50] / before[P50], extra[P99] / before[P99]
        extra["growth_p50"], extra["growth_p99"] = growth
        met = "met" if max(growth) <= GROWTH_MAX else "missed"
        notes.append(
            f"against the smaller home p50 × {growth[0]:.2f}, p99 × {growth[1]:.2f}"
            f" (at most {GROWTH_MAX}: {met})"
        )
    return Line(
        name,
        TITLES[kind],
        "ms",
        {
            SEGEL: Figures([percentile(took, 99) for took in times.warm]),
            RAW: Figures([percentile(times.raw_warm, 99)]),
        },
        (Target(Against.MILLISECONDS, LIMITS_MS[kind]),),
        notes="; ".join(notes),
        extra=extra,
    )


if __name__ == "__main__":
    sys.exit(main())
