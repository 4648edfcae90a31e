"""Behind its walls a reader can only read and speak; its parent believes nothing of it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from segel.leaks.intake import quarantine
from segel.leaks.intake.model import Limits
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import Handling
from support.hostile.archives import ROWS, info, tarred, zipped
from support.quarantine import MIB, NARROW, inspected

ATTEMPTS = """
import json, os, socket, subprocess, sys, threading
from segel.leaks.intake.model import Limits
from segel.leaks.intake.walls.raising import raise_walls

port, outside, parent = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
raised = raise_walls(Limits(memory_bytes=1 << 30), os.getppid())

def write(path):
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), b"x")

attempts = {
    "connect": lambda: socket.create_connection(("127.0.0.1", port), 2),
    "socket": lambda: socket.socket(socket.AF_UNIX),
    "resolve": lambda: socket.getaddrinfo("example.com", 80)[0][4][0] and socket.socket(),
    "write outside": lambda: write(outside + "/written"),
    "write /tmp": lambda: write("/tmp/segel-written"),
    "write /dev/shm": lambda: write("/dev/shm/segel-written"),
    "write beside": lambda: write("written"),
    "read passwords": lambda: open("/etc/passwd").read(),
    "read outside": lambda: open(outside + "/secret").read(),
    "list outside": lambda: os.listdir(outside),
    "remove": lambda: os.unlink(outside + "/secret"),
    "rename": lambda: os.rename(outside + "/secret", outside + "/other"),
    "link": lambda: os.symlink("/etc/passwd", outside + "/link"),
    "make a folder": lambda: os.mkdir(outside + "/folder"),
    "run": lambda: subprocess.run(["/bin/true"]),
    "become": lambda: os.execv("/bin/true", ["true"]),
    "fork": os.fork,
    "kill": lambda: os.kill(parent, 0),
    "see its memory": lambda: open(f"/proc/{parent}/mem", "rb"),
    "own memory file": lambda: os.memfd_create("x"),
    "become root": lambda: os.setuid(0),
    "memory": lambda: bytearray(2 << 30),
}
said = {"stand": raised.stand, "missing": raised.missing}
for name, attempt in attempts.items():
    try:
        attempt()
        said[name] = "done"
    except (OSError, MemoryError, subprocess.SubprocessError):
        said[name] = "refused"
thread = threading.Thread(target=lambda: said.update(thread="runs"))
thread.start()
thread.join()
print(json.dumps(said), flush=True)
os._exit(0)
"""


def test_no_network_no_program_no_write_no_read_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    tmp_path.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-I", "-c", ATTEMPTS, str(port), str(tmp_path), str(os.getpid())],
            capture_output=True, cwd=tmp_path, check=False, text=True,
        )  # fmt: skip
        with pytest.raises(BlockingIOError):
            server.accept()
    said = json.loads(ran.stdout)
    assert {"resource-limits", "seccomp", "no-new-privileges"} <= set(said.pop("stand"))
    said.pop("missing")
    assert said.pop("thread") == "runs"
    assert {name for name, end in said.items() if end != "refused"} == set()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret"]
    assert not Path("/tmp/segel-written").exists()
    assert not Path("/dev/shm/segel-written").exists()


def test_walls_stand_before_a_byte_is_read_and_are_reported() -> None:
    found = inspected("x.csv", ROWS)
    assert len(found.walls) == 1
    stand = set(found.walls[0].stand)
    assert {"resource-limits", "seccomp"} <= stand
    assert not stand & set(found.walls[0].missing)


# --- a reader that was taken over

LIE = """
import os, struct, sys, time
import msgspec
from segel.leaks.intake.model import *
from segel.leaks.model import ColumnKind, Handling
def say(*parcels):
    for one in parcels:
        packed = one if isinstance(one, bytes) else msgspec.msgpack.encode(one)
        os.write(1, struct.pack("!I", len(packed)) + packed)
sys.stdin.buffer.read()
O = Opened(0, ("x",))
C = Closed(0, 1, b"", "text", Handling.READ, ())
T = TableFound(0, 0, "t", (ColumnFound("a", ColumnKind.NIK, 1.0),), 0, False)
"""

LIES: dict[str, tuple[str, Reason]] = {
    "garbage": ("os.write(1, os.urandom(5000))", Reason.LIED),
    "no-parcel": ("say(b'\\xc1' * 10)", Reason.LIED),
    "too-long": ("os.write(1, b'\\xff\\xff\\xff\\xff' * 9)", Reason.LIED),
    "cut-short": ("os.write(1, b'\\0\\0\\1\\0abc')", Reason.CRASHED),
    "nothing": ("pass", Reason.CRASHED),
    "silence": ("time.sleep(60)", Reason.TIME),
    "chatter": ("[say(Beat(1)) for _ in range(99999)]", Reason.FINDINGS),
    "drip": ("[(say(Beat(1)), time.sleep(0.2)) for _ in range(99)]", Reason.TIME),
    "elsewhere": ("say(Opened(0, ('y',)))", Reason.LIED),
    "out-of-order": ("say(O, Opened(7, ('x', 'y')))", Reason.LIED),
    "never-closed": (
        "say(O, *[Opened(n, ('x',) + ('y',) * n) for n in range(1, 40)])",
        Reason.LIED,
    ),
    "of-a-closed-file": (
        "say(O, Opened(1, ('x', 'y')), Closed(1, 1, b'', 'a', Handling.READ, ()),"
        " Opened(2, ('x', 'y', 'z')))",
        Reason.LIED,
    ),
    "endless-names": (
        "say(O, *[one for n in range(1, 99) for one in (Opened(n, ('x', 'y' * 900)),"
        " Closed(n, 1, b'', 'a', Handling.READ, ()))])",
        Reason.FINDINGS,
    ),
    "no-walls": (
        "say(Raised(('landlock', 'own-user'), ('seccomp',)), O, C, Done(1))",
        Reason.UNSTARTED,
    ),
    "deep-path": ("say(Opened(0, ('x',) * 99))", Reason.LIED),
    "long-name": ("say(O, Opened(1, ('x', 'y' * 9999)))", Reason.LIED),
    "closed-unopened": ("say(O, Closed(3, 1, b'', 'text', Handling.READ, ()))", Reason.LIED),
    "odd-hash": ("say(O, Closed(0, 1, b'abc', 'text', Handling.READ, ()))", Reason.LIED),
    "script-format": ("say(O, Closed(0, 1, b'', '<script>', Handling.READ, ()))", Reason.LIED),
    "own-reason": ("say(O, Closed(0, 1, b'', 'a', Handling.READ, ('ours',)))", Reason.LIED),
    "negative": ("say(O, Closed(0, -1, b'', 'a', Handling.READ, ()))", Reason.LIED),
    "rows-of-nothing": ("say(O, RowsFound(0, 1, (ColumnKind.NIK,), (('1',),)))", Reason.LIED),
    "ragged": ("say(O, T, RowsFound(0, 2, (ColumnKind.NIK,), (('1',),)))", Reason.LIED),
    "long-value": ("say(O, T, RowsFound(0, 1, (ColumnKind.NIK,), (('1' * 9999,),)))", Reason.LIED),
    "two-of-a-kind": (
        "say(O, T, RowsFound(0, 1, (ColumnKind.NIK,) * 2, (('1',), ('2',))))", Reason.LIED,
    ),
    "counts-more": ("say(O, T, TableFound(0, 0, 't', T.columns, 999, True))", Reason.LIED),
    "another-table": ("say(O, T, TableFound(0, 0, 'u', T.columns, 0, False))", Reason.LIED),
    "table-of-nothing": ("say(T)", Reason.LIED),
    "sure-of-all": (
        "say(O, TableFound(0, 0, 't', (ColumnFound('a', ColumnKind.NIK, 99.0),), 0, False))",
        Reason.LIED,
    ),
    "small-picture": (
        "say(O, PictureFound(0, 0, 'png', 9, 9, 9, 9, b'x', bytes(32)))", Reason.LIED,
    ),
    "huge-picture": (
        "say(O, PictureFound(0, 0, 'png', 9, 9, 10**6, 10**6, b'x', bytes(32)))", Reason.LIED,
    ),
    "uid-that-is-none": (
        "say(O, PictureFound(0, 0, 'png', 1, 1, 1, 1, b'x', bytes(32), '<b>'))", Reason.LIED,
    ),
    "text-of-nothing": ("say(TextFound(0, 0, 'x'))", Reason.LIED),
    "endless-text": (
        "say(O, *[TextFound(0, n, 'x' * 1000000) for n in range(20)])", Reason.LIED,
    ),
    "done-too-early": ("say(O, Done(1))", Reason.LIED),
    "done-with-more": ("say(O, C, Done(9))", Reason.LIED),
    "goes-on": ("say(O, C, T, C)", Reason.LIED),
    "never-done": ("say(O, C)", Reason.CRASHED),
    "killed": ("say(O); os.kill(os.getpid(), 9)", Reason.CRASHED),
    "aborted": ("say(O); os.abort()", Reason.CRASHED),
    "raised": ("say(O); raise ValueError", Reason.CRASHED),
    "closed-output": ("say(O); os.close(1); time.sleep(60)", Reason.TIME),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_reader_that_lies_hangs_or_dies_is_a_finding(
    lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, reason = LIES[lie]
    monkeypatch.setattr(quarantine, "_CHILD", ("-I", "-c", LIE + code))
    monkeypatch.setattr(quarantine, "_ENDED_S", 0.5)
    limits = msgspec.structs.replace(
        NARROW, stall_s=1.5, seconds=3, findings=500, names_chars=50_000, crashes=1
    )
    found = inspected("x", b"sample", limits)
    file = found.files[0]
    assert file.reason == reason.value
    assert file.handling is not Handling.READ
    assert file.length == len(b"sample")


def test_a_child_that_dies_costs_one_file_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = textwrap.dedent("""
        import os, sys
        from segel.leaks.intake import child
        from segel.leaks.intake.reading import opening
        told = opening.sniffed
        def sniffed(head, name):
            if name.startswith("die"):
                os.abort()
            return told(head, name)
        opening.sniffed = sniffed
        child.main()
    """)
    monkeypatch.setattr(quarantine, "_CHILD", ("-I", "-c", dying))
    inner = zipped({"a.csv": ROWS, "die.csv": ROWS, "b.csv": ROWS})
    found = inspected(
        "all.tar",
        tarred(
            (info("die1"), ROWS),
            (info("in.zip"), inner),
            (info("die2"), b"x"),
            (info("c.csv"), ROWS),
        ),
    )
    by_name = {"/".join(file.path): file for file in found.files.values()}
    assert {name for name, file in by_name.items() if file.reason == Reason.CRASHED} == {
        "all.tar/die1", "all.tar/in.zip/die.csv", "all.tar/die2",
    }  # fmt: skip
    for name in ("all.tar/in.zip/a.csv", "all.tar/in.zip/b.csv", "all.tar/c.csv"):
        assert by_name[name].handling is Handling.READ
    assert by_name["all.tar"].handling is Handling.READ
    assert len(found.rows) == 3 * 20
    assert sorted(found.tables) == [0, 1, 2]
    assert all(table.rows == 20 for table in found.tables.values())


def test_deaths_are_counted_and_the_rest_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = "import os, sys; from segel.leaks.intake import child; from segel.leaks.intake.reading import opening; opening.sniffed = lambda head, name: os.abort() if name != 'all.tar' else 'tar'; child.main()"  # noqa: E501
    monkeypatch.setattr(quarantine, "_CHILD", ("-I", "-c", dying))
    data = tarred(*((info(f"{number}"), ROWS) for number in range(9)))
    found = inspected("all.tar", data, msgspec.structs.replace(NARROW, crashes=3))
    assert len(found.files) == 5
    assert found.files[0].handling is Handling.PARTLY
    assert found.files[0].reason == Reason.CRASHED


def test_memory_over_the_cap_is_a_finding() -> None:
    limits = msgspec.structs.replace(NARROW, memory_bytes=160 * MIB, held_bytes=900 * MIB)
    found = inspected("big.json", b'[{"a": "' + b"x" * (90 * MIB) + b'"}]', msgspec.structs.replace(
        limits, statement_chars=900 * MIB))  # fmt: skip
    assert found.files[0].reason in (Reason.MEMORY, Reason.CRASHED)
    assert found.files[0].handling is not Handling.READ


def test_a_file_over_the_cap_is_hashed_and_not_kept() -> None:
    found = inspected("big.csv", ROWS * 9_000, msgspec.structs.replace(NARROW, file_bytes=MIB))
    assert found.files[0].reason == Reason.HELD
    assert found.files[0].length == len(ROWS) * 9_000
    assert len(found.files[0].sha256) == 32
    assert not found.walls


def test_a_sample_is_never_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child is given is memory that nobody can change, and no path leads to it."""
    code = """
import fcntl, os, sys
seals = fcntl.fcntl(int(sys.argv[2]), fcntl.F_GET_SEALS)
name = os.readlink(f"/proc/self/fd/{sys.argv[2]}")
say(Opened(0, ("x",)), TextFound(0, 0, f"{name} {seals}"), C, Done(1))
"""
    monkeypatch.setattr(quarantine, "_CHILD", ("-I", "-c", LIE + code))
    found = inspected("x", b"sample", Limits())
    assert found.texts[0].text == "/memfd:sample (deleted) 15"


def test_without_enough_walls_nothing_is_read() -> None:
    code = """
import sys
from segel.leaks.intake import child
from segel.leaks.intake.walls import raising
def none(*_): raise OSError
raising.seccomp.confine = none
raising.landlock.confine = none
child.main()
"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quarantine, "_CHILD", ("-I", "-c", code))
        found = inspected("x.csv", ROWS)
    assert {"seccomp", "landlock"} <= set(found.walls[0].missing)
    assert found.files[0].reason == Reason.UNSTARTED
    assert not found.rows


def test_no_room_for_a_process_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert inspected("x.csv", ROWS).files[0].reason == Reason.UNSTARTED


def test_who_stops_listening_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "say(O, TextFound(0, 0, str(os.getpid()))); time.sleep(60)"
    monkeypatch.setattr(quarantine, "_CHILD", ("-I", "-c", LIE + code))

    async def first() -> int:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"x"

        async with contextlib.aclosing(quarantine.inspect("x", chunks())) as findings:
            async for one in findings:
                return int(one.text)  # type: ignore[union-attr]
        raise AssertionError

    child = asyncio.run(first())
    with pytest.raises(ProcessLookupError):
        os.kill(child, signal.SIGCONT)
