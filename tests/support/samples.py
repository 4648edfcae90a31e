"""A small table of people in each format that the quarantine reads."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
from collections.abc import Callable

import bson
import openpyxl
import zstandard

from segel.leaks.model import ColumnKind
from support.hostile.archives import info, sevenzip, tarred, zipped

PEOPLE = (
    ("9701014107900003", "SITI AMINAH", "1990-07-01", "P", "081234567890", "00-12-34"),
    ("9701010107900004", "BUDI SANTOSO", "1990-07-01", "L", "081234567891", "00-12-35"),
    ("9801020203850007", "AGUS WIJAYA", "1985-03-02", "L", "+62 812 3456 7892", "00-12-36"),
)
HEADER = ("nik", "nama_pasien", "tgl_lahir", "jenis_kelamin", "no_hp", "no_rm")
KINDS = [
    ColumnKind.NIK, ColumnKind.NAME, ColumnKind.BIRTH_DATE, ColumnKind.SEX, ColumnKind.PHONE,
    ColumnKind.MEDICAL_RECORD,
]  # fmt: skip


def delimited(sign: str = ",", *, header: bool = True, quote: str = "") -> str:
    lines = [HEADER, *PEOPLE] if header else list(PEOPLE)
    return "".join(sign.join(f"{quote}{cell}{quote}" for cell in line) + "\n" for line in lines)


def values(sign: str = "'") -> str:
    return ",\n".join("(" + ", ".join(f"{sign}{cell}'" for cell in one) + ")" for one in PEOPLE)


MYSQL = f"""-- MySQL dump 10.13
CREATE TABLE `pasien` (
  `nik` varchar(16), `x` int
) ENGINE=InnoDB;
CREATE TABLE `p` (
{",".join(f"`{one}` varchar(99)" for one in HEADER)}
);
INSERT INTO `p` VALUES {values()};
"""
POSTGRES = f"""--
-- PostgreSQL database dump
--
COPY public.p ({", ".join(HEADER)}) FROM stdin;
{chr(10).join(chr(9).join(one) for one in PEOPLE)}
\\.
"""
NAMED = ", ".join(f"[{one}]" for one in HEADER)
MSSQL = f"INSERT [dbo].[p] ({NAMED}) VALUES {values('N' + chr(39))}\nGO\n"


def documents() -> list[dict[str, str]]:
    return [dict(zip(HEADER, one, strict=True)) for one in PEOPLE]


def workbook() -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in (HEADER, *PEOPLE):
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def database() -> bytes:
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE p ({', '.join(HEADER)})")
    base.executemany("INSERT INTO p VALUES (?,?,?,?,?,?)", PEOPLE)
    base.commit()
    return base.serialize()


FILES: dict[str, Callable[[], bytes]] = {
    "comma.csv": lambda: delimited().encode(),
    "semicolon.csv": lambda: delimited(";").encode("cp1252"),
    "tab.tsv": lambda: delimited("\t").encode("utf-16"),
    "bar.txt": lambda: delimited("|", quote='"').encode("utf-8-sig"),
    "stated.csv": lambda: b"sep=^\n" + delimited("^").encode(),
    "mysql.sql": lambda: MYSQL.encode(),
    "postgres.sql": lambda: POSTGRES.encode(),
    "mssql.sql": lambda: MSSQL.encode("utf-16"),
    "array.json": lambda: json.dumps(documents()).encode(),
    "wrapped.json": lambda: json.dumps({"RECORDS": documents()}).encode(),
    "lines.json": lambda: "\n".join(map(json.dumps, documents())).encode(),
    "elastic.json": lambda: "\n".join(
        json.dumps({"_index": "pasien", "_source": one}) for one in documents()
    ).encode(),
    "mongo.json": lambda: "\n".join(
        json.dumps({"_id": {"$oid": "0" * 24}} | one) for one in documents()
    ).encode(),
    "mongo.bson": lambda: b"".join(map(bson.encode, documents())),
    "book.xlsx": workbook,
    "base.sqlite": database,
    "rows.csv.gz": lambda: gzip.compress(delimited().encode()),
    "rows.csv.bz2": lambda: bz2.compress(delimited().encode()),
    "rows.csv.xz": lambda: lzma.compress(delimited().encode()),
    "rows.csv.zst": lambda: zstandard.compress(delimited().encode()),
    "rows.zip": lambda: zipped({"a/rows.csv": delimited().encode()}),
    "rows.7z": lambda: sevenzip("a/rows.csv", delimited().encode()),
    "rows.tgz": lambda: gzip.compress(tarred((info("rows.csv"), delimited().encode()))),
    "nested.zip": lambda: zipped({"in.tar": tarred((info("in.zip"), zipped({"x": workbook()})))}),
}
