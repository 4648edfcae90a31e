"""A mixed sample through the quarantine: ``python -m bench.leak_intake [--mib 1000]``.

A tar of a CSV (40 %), dumps of MySQL (25 %) and PostgreSQL (15 %), JSON lines (12 %), DICOM and
JPEG (8 %). What is counted is what the parent got: people as they are compared, pictures decoded.
"""

import argparse
import asyncio
import contextlib
import csv
import io
import json
import resource
import tarfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from PIL import Image
from pydicom.data import get_testdata_file

from segel.leaks.intake.model import FileFound, Limits, PeopleFound, PictureFound
from segel.leaks.intake.quarantine import inspect

MIB = 1 << 20
PEOPLE = 200_000
HEADER = "nik nama tgl_lahir jk no_hp no_rm rs alamat tgl_periksa".split()
WORDS = "Aminah Santoso Wijaya Lestari Kurniawan Hidayat Rahayu Saputra Utami Setiawan".split()
SHARES = {"pasien.csv": 0.40, "my.sql": 0.25, "pg.sql": 0.15, "pasien.json": 0.12}

Row = tuple[str, ...]


def person(number: int) -> Row:
    """A row of somebody who does not exist."""
    chance = Random(number)
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(40, 99)
    is_woman = chance.random() < 0.5
    born = f"{day + 40 * is_woman:02}{month:02}{year:02}"
    return (
        f"97{chance.randint(101, 3030):04}{born}{number % 9999 + 1:04}",
        " ".join(chance.choices(WORDS, k=3)),
        f"{day:02}-{month:02}-19{year}",
        "P" if is_woman else "L",
        f"0812{chance.randint(10**7, 10**8 - 1)}",
        f"{number:08}",
        f"RSUD {chance.choice(WORDS)}",
        f"Jl. {chance.choice(WORDS)} No. {chance.randint(1, 200)}, RT 0{chance.randint(1, 9)}",
        f"2022-01-{day:02} {chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00",
    )


def _csv(people: Iterator[Row]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    while True:
        writer.writerows(islice(people, 1_000))
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _mysql(people: Iterator[Row]) -> Iterator[str]:
    columns = ",\n".join(f"  `{name}` varchar(99)" for name in HEADER)
    yield f"-- MySQL dump\nCREATE TABLE `pasien` (\n{columns}\n);\n"
    while True:
        rows = ",".join("('" + "','".join(one) + "')" for one in islice(people, 2_000))
        yield f"INSERT INTO `pasien` VALUES {rows};\n"  # noqa: S608 - a dump, which nobody runs


def _postgres(people: Iterator[Row]) -> Iterator[str]:
    yield f"COPY public.pasien ({', '.join(HEADER)}) FROM stdin;\n"
    while True:
        yield "".join("\t".join(one) + "\n" for one in islice(people, 1_000))


def _json(people: Iterator[Row]) -> Iterator[str]:
    while True:
        rows = islice(people, 1_000)
        yield "".join(json.dumps(dict(zip(HEADER, one, strict=True))) + "\n" for one in rows)


MAKERS: dict[str, Callable[[Iterator[Row]], Iterator[str]]] = dict(
    zip(SHARES, (_csv, _mysql, _postgres, _json), strict=True)
)


def make(path: Path, size: int) -> None:
    """A sample of about so many bytes."""
    people = [person(number) for number in range(PEOPLE)]
    noise = np.random.default_rng(1)
    ct = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
    with tarfile.open(path, "w") as archive:

        def add(name: str, content: bytes) -> int:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            return len(content)

        for name, share in SHARES.items():
            content = io.BytesIO()
            for piece in MAKERS[name](cycle(people)):
                content.write(piece.encode())
                if content.tell() >= share * size:
                    break
            add(name, content.getvalue())
        left, number = size * (1 - sum(SHARES.values())), 0
        while left > 0:
            number += 1
            picture = noise.normal(128, 30, (1_000, 1_200)).clip(0, 255).astype(np.uint8)
            jpeg = io.BytesIO()
            Image.fromarray(picture).save(jpeg, "JPEG", quality=30)
            left -= add(f"foto/{number}.jpg", jpeg.getvalue())
            for copy in range(3):
                left -= add(f"ct/{number}-{copy}.dcm", ct)


async def read(path: Path, pictures_read: int) -> Counter[str]:
    """What the parent got of it."""

    async def chunks() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(MIB):
                yield piece

    found: Counter[str] = Counter()
    asked = inspect(path.name, chunks(), Limits(ocr_pictures=pictures_read))
    async with contextlib.aclosing(asked) as findings:
        async for one in findings:
            match one:
                case PeopleFound():
                    found["rows"] += len(one.rows)
                case PictureFound():
                    found["pictures"] += 1
                case FileFound():
                    found[one.file.handling] += 1
    return found


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1_000)
    parser.add_argument("--pictures-read", type=int, default=0, help="whose writing is read")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.tar"
        make(path, asked.mib * MIB)
        size = path.stat().st_size
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = perf_counter()
        found = asyncio.run(read(path, asked.pictures_read))
        wall_s = perf_counter() - start
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    child_s = child.ru_utime + child.ru_stime
    own_s = own.ru_utime + own.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({
        "bytes": size, **found, "wall_s": round(wall_s, 1), "child_cpu_s": round(child_s, 1),
        "parent_cpu_s": round(own_s, 1), "child_peak_mib": child.ru_maxrss >> 10,
        "mb_per_cpu_s": round(size / 1e6 / (child_s + own_s), 1),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
