# ruff: noqa: E501 - bytes are plainer in one line
"""Tables, dumps and databases: what they would have done, and what would never end."""

import json
import sqlite3
import struct

from segel.leaks.intake.reasons import Reason
from support.hostile.archives import ROWS, patched
from support.hostile.model import Collected

MIB = 1024 * 1024

hostile = Collected()

hostile.plain("formulas.csv", 'NIK,NAMA\n9701010107900004,"=cmd|\' /C calc\'!A0"\n'
              '9701010107900005,"@SUM(1+1)*cmd|x"\n9701010107900006,=HYPERLINK("http://127.0.0.1:{port}/")\n')  # fmt: skip
hostile.plain("nuls.csv", b"NIK,NAMA\n9701\x000101\x0007900004,BU\x00DI\n" * 99)
hostile.plain(
    "encodings.csv", b"NIK,NAMA\n9701010107900004,BUDI \xff\xfe\xc3\x28\xa0\xe2\x82\n" * 50
)
hostile.plain("utf-7.csv", b"NIK,NAMA\n+AD0-cmd,+ADw-script+AD4-\n" * 20)
hostile.plain("half-utf-16.csv", "NIK,NAMA\n9701010107900004,BUDI\n".encode("utf-16") + b"\xd8")
hostile.plain("half-utf-32.csv", b"\xff\xfe\x00\x00" + b"\xff\xff\xff\xff" * 50)
hostile.plain("terminal.csv", "NIK,NAMA\n9701010107900004,\x1b]0;pwned\x07\x1b[2J\u202eIDUB\n" * 9)
hostile.plain(
    "only-commas.csv",
    b"NIK,NAMA\n1,2\n" * 20 + b"," * 100_000 + b"\n" + b"," * 100_000,
    Reason.COLUMNS,
)
hostile.plain("separator.csv", b"sep=\x00\nNIK\x00NAMA\n")
hostile.plain("quotes.csv", ROWS + b'"' + b"9701010107900004,BUDI\n" * 90_000, Reason.QUOTES)
hostile.plain("quote-storm.csv", b"a,b\n" + b'"""",""\n' * 50_000)
hostile.plain("long-cell.csv", ROWS + b"9701010107900004," + b"A" * 900_000 + b"\n", Reason.CELLS)
hostile.plain("long-line.csv", ROWS + b"A" * (9 * MIB) + b",B\n", Reason.LINES)
hostile.plain(
    "many-columns.csv",
    ROWS + b",".join(b"c%d" % one for one in range(9_000)) + b"\n",
    Reason.COLUMNS,
)
hostile.plain("returns.csv", b"NIK,NAMA\r9701010107900004,BUDI\r\r\r" * 999)

hostile.plain("deep.json", b"[" * 100_000)
hostile.plain("deep-closed.json", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NESTING)
hostile.plain("deep-objects.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Reason.NESTING)
hostile.plain("long-number.json", b'[{"nik": ' + b"9" * MIB + b"}]", Reason.CELLS)
hostile.plain("endless-text.json", b'[{"nik": "' + b"9" * (5 * MIB))
hostile.plain(
    "half-letters.json", b'[{"nama": "\\ud800", "\\udfff": "\\u0000\\ud83d"}, {"nama": 1}]'
)
hostile.plain("same-keys.json", b'{"a": 1, "a": NaN, "a": Infinity, "__proto__": {"x": 1}}\n' * 99)
hostile.plain("broken-lines.json", b'{"nik": "9701010107900004"}\n{"nik": \n}{]\n' * 999)
hostile.plain("mongo.json", b'{"_id": {"$oid": {"$oid": {"$where": "while(1){}"}}}}\n' * 99)
hostile.plain("length.bson", b"\xff\xff\xff\x02\x02a\x00")


@hostile("many-keys.json", Reason.COLUMNS)
def _() -> bytes:
    return json.dumps({f"key{number}": number for number in range(50_000)}).encode()


@hostile("new-keys.json", Reason.COLUMNS)
def _() -> bytes:
    return b"\n".join(b'{"k%d": 1}' % number for number in range(5_000))


@hostile("many-tables.json", Reason.TABLES)
def _() -> bytes:
    return b"\n".join(b'{"_index": "i%d", "_source": {"a": "1"}}' % number for number in range(400))


@hostile("deep.bson")
def _() -> bytes:
    made = b"\x05\x00\x00\x00\x00"
    for _ in range(5_000):
        made = struct.pack("<i", len(made) + 8) + b"\x03a\x00" + made + b"\x00"
    return made


@hostile("wrong-types.bson")
def _() -> bytes:
    return (struct.pack("<i", 16) + b"\x99a\x00" + bytes(9)) * 50


hostile.plain(
    "shell.sql", b"\\! curl http://127.0.0.1:{port}/\nsystem id\nINSERT INTO t VALUES ('1','2');\n"
)
hostile.plain("files.sql", "INSERT INTO t VALUES (LOAD_FILE('/etc/passwd'), 1);\n"
              "SELECT * INTO OUTFILE '/tmp/x' FROM t;\nEXEC xp_cmdshell 'curl http://127.0.0.1:{port}/';\n")  # fmt: skip
hostile.plain("program.sql", b"COPY t (a) FROM PROGRAM 'curl http://127.0.0.1:{port}/';\n"
              b"COPY t (a) FROM stdin;\n1\n\\.\n\\copy t from '/etc/passwd'\n")  # fmt: skip
hostile.plain(
    "endless-insert.sql", b"INSERT INTO t VALUES ('" + b"A" * (9 * MIB), Reason.STATEMENTS
)
hostile.plain("endless-copy.sql", b"COPY t (a, b) FROM stdin;\n" + b"1\t2\n" * 50_000)
hostile.plain("endless-line.sql", b"COPY t (a, b) FROM stdin;\n" + b"1" * (9 * MIB), Reason.LINES)
hostile.plain("brackets.sql", b"INSERT INTO t VALUES " + b"(" * 500_000)
hostile.plain("backslashes.sql", b"INSERT INTO `t` VALUES ('" + b"\\'" * 400_000 + b"');")
hostile.plain("blanks.sql", b"INSERT" + b" " * (2 * MIB) + b"INTO t VALUES (1);")
hostile.plain("names.sql", b"INSERT INTO " + b"a.b" * 300_000 + b" VALUES (1);")
hostile.plain(
    "casts.sql", b"INSERT INTO t VALUES (" + b"CAST(" * 2_000 + b"1" + b")" * 2_000 + b");"
)
hostile.plain(
    "create.sql", b"CREATE TABLE t (" + b"a int, " * 200_000 + b"); INSERT INTO t VALUES (1);"
)


def database(*statements: str) -> bytes:
    """An SQLite database after these."""
    base = sqlite3.connect(":memory:")
    for statement in statements:
        base.execute(statement)
    base.commit()
    return base.serialize()


_TABLE = ("CREATE TABLE pasien (nik TEXT, nama TEXT)",
          "INSERT INTO pasien VALUES ('9701010107900004', 'BUDI')")  # fmt: skip


@hostile("views.sqlite", Reason.ACTIVE)
def _() -> bytes:
    return database(
        *_TABLE,
        "CREATE VIEW forever AS WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a FROM n) "
        "SELECT * FROM n",
        "CREATE VIEW loaded AS SELECT load_extension('/tmp/x.so')",
        "CREATE TRIGGER t AFTER INSERT ON pasien BEGIN DELETE FROM pasien; END",
    )


@hostile("instead.sqlite")
def _() -> bytes:
    """A table that its schema says is a view that never ends."""
    view = "CREATE VIEW pasien AS WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a FROM n) SELECT * FROM n"
    base = sqlite3.connect(":memory:")
    for statement in _TABLE:
        base.execute(statement)
    base.execute("PRAGMA writable_schema = ON")
    base.execute("UPDATE sqlite_master SET sql = ?", (view,))
    base.commit()
    return base.serialize()


@hostile("generated.sqlite")
def _() -> bytes:
    return database(
        "CREATE TABLE t (a, b AS (hex(zeroblob(100000000))))", "INSERT INTO t(a) VALUES (1)"
    )


@hostile("claims.sqlite")
def _() -> bytes:
    return patched(database(*_TABLE), 28, b"\xff\xff\xff\xff")


@hostile("page-loop.sqlite")
def _() -> bytes:
    whole = database(
        *_TABLE, *(f"INSERT INTO pasien VALUES ('{n}', '{'x' * 900}')" for n in range(99))
    )
    return whole[:4096] + patched(whole[4096:8192], 8, b"\x00\x00\x00\x02") * (
        len(whole) // 4096 - 1
    )


@hostile("truncated.sqlite")
def _() -> bytes:
    return database(*_TABLE)[:5000]


hostile.plain("garbage.sqlite", b"SQLite format 3\x00" + bytes(range(256)) * 40)
hostile.plain("rows-in-text.txt", ROWS.replace(b",", b" "))

FILES = tuple(hostile.files)
