"""What a scan leaves unread it says; what it finds it tells without telling the terms."""

import contextlib
import gzip
import json
import os
import random
import socket
import zlib
from pathlib import Path

import pytest
import zstandard

from segel.accountability.scan_copy import Limits, TermsUnusable, cli, parse_terms

NAME, NIK = "SITI AMINAH", "3174014407850001"
SMALL = Limits(window_bytes=16 * 1024, overlap_bytes=4 * 1024, part_bytes=64 * 1024)


def test_a_clean_folder_gives_nothing(home: Path, scan) -> None:
    noise = random.Random(1)
    for number in range(5):
        (home / f"{number}").write_bytes(noise.randbytes(200_000))
    (home / "log").write_text("started\nstopped\n" * 5000)
    report = scan(NAME, NIK, "20210704", "1.2.826.0.1.3680043.8.1055")
    assert report.hits == ()
    assert report.exit_status == 0
    assert report.files == 6
    assert report.bytes == sum(file.stat().st_size for file in home.iterdir())
    assert report.chance_in_all < 1e-6


def test_noise_that_begins_as_zstd_does_is_no_frame_left_unread(home: Path, scan) -> None:
    """A header by chance asks for a dictionary two times in five: a sealed archive has many."""
    noise = random.Random(3)
    magic = zstandard.FRAME_HEADER
    (home / "sealed").write_bytes(
        b"".join(magic + b"\x01" + noise.randbytes(2_000) for _ in range(100))
    )
    assert scan(NAME).skipped == ()


@pytest.mark.parametrize("level", [1, 3, 19])
def test_a_frame_that_needs_a_dictionary_is_told(home: Path, scan, level: int) -> None:
    lines: list[bytes | bytearray | memoryview[int]] = [
        f"{NAME} {number} came to the clinic\n".encode() for number in range(2_000)
    ]
    dictionary = zstandard.train_dictionary(2_048, lines)
    compressor = zstandard.ZstdCompressor(level=level, dict_data=dictionary)
    (home / "frame").write_bytes(b"before " + compressor.compress(b"".join(lines)))
    report = scan(NAME)
    assert [one.why for one in report.skipped] == [
        "a stream needs too much memory, or a dictionary"
    ]
    assert report.exit_status == 2


def test_a_bomb_is_given_up_and_told(home: Path, scan) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    (home / "bomb").write_bytes(bomb)
    limits = Limits(stream_bytes_max=1_000_000, stream_ratio_max=10)
    report = scan(NAME, limits=limits)
    assert report.bytes_unfolded < 3_000_000
    assert [(one.path, one.may_hide) for one in report.skipped] == [("bomb", True)]
    assert report.exit_status == 2


def test_many_little_bombs_are_bounded_together(home: Path, scan) -> None:
    (home / "bombs").write_bytes(zlib.compress(bytes(900_000)) * 40)
    limits = Limits(file_bytes_max=5_000_000, file_ratio_max=1)
    report = scan(NAME, limits=limits)
    assert report.bytes_unfolded < 20_000_000
    assert report.exit_status == 2


def test_a_bomb_of_bombs_stops_at_the_depth_cap(home: Path, scan) -> None:
    data = NAME.encode()
    for _ in range(8):
        data = gzip.compress(b"a" * 3000 + data + b"a" * 3000)
    (home / "nested").write_bytes(data)
    report = scan(NAME)
    assert report.hits == ()
    assert [one.why for one in report.skipped] == ["containers are nested too deeply"]
    assert report.exit_status == 2


def test_names_links_and_attributes_are_read_and_not_repeated(home: Path, scan) -> None:
    folder = home / "Siti_Aminah"
    folder.mkdir()
    (folder / f"scan-{NIK}.txt").write_text(NAME)
    (home / "link").symlink_to(f"/gone/{NIK}")
    with contextlib.suppress(OSError):
        os.setxattr(home / "link", "user.x", b"", follow_symlinks=False)
    plain = home / "plain"
    plain.write_text("nothing")
    attributed = True
    try:
        os.setxattr(plain, "user.patient", NAME.encode())
    except OSError:
        attributed = False
    report = scan(NAME, NIK)
    places = {(hit.place, hit.term) for hit in report.hits}
    assert places >= {("name", 1), ("name", 2), ("link target", 2), ("", 1)}
    assert not attributed or ("extended attribute", 1) in places
    assert len([hit for hit in report.hits if hit.place == "name"]) == 2
    assert "aminah" not in repr(report).lower()
    assert NIK not in repr(report)


def test_days_in_nested_folders_are_a_name_too(home: Path, scan) -> None:
    day = home / "2021" / "07" / "04"
    day.mkdir(parents=True)
    (day / "x").write_bytes(b"")
    report = scan("20210704")
    assert [hit.form for hit in report.hits] == ["date yyyy/mm/dd"]


def test_sockets_are_passed_over_and_hard_links_read_once(home: Path, scan) -> None:
    (home / "a").write_text(NAME)
    os.link(home / "a", home / "b")
    with socket.socket(socket.AF_UNIX) as door:
        here = Path.cwd()
        os.chdir(home)  # a socket's whole path may have 107 bytes only
        try:
            door.bind("door")
        finally:
            os.chdir(here)
    report = scan(NAME)
    assert len(report.hits) == 1
    assert report.is_complete


def test_what_cannot_be_read_is_told(home: Path, scan, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "closed").write_text("x" * 100)
    (home / "open").write_text("x" * 100)
    opened = os.open

    def refusing(path, *rest):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest)

    monkeypatch.setattr("segel.accountability.scan_copy.parts.os.open", refusing)
    report = scan(NAME)
    assert [(one.path, one.may_hide) for one in report.skipped] == [("closed", True)]
    assert report.exit_status == 2


def test_nothing_is_changed_in_the_home(home: Path, scan) -> None:
    (home / "sub").mkdir()
    (home / "sub" / "file").write_bytes(gzip.compress(NAME.encode()))
    home.chmod(0o500)

    def state() -> list[tuple[str, int, int, int]]:
        listed = [home, *sorted(home.rglob("*"))]
        return [
            (str(p), p.stat().st_mtime_ns, p.stat().st_ctime_ns, p.stat().st_size) for p in listed
        ]

    before = state()
    assert scan(NAME).hits
    assert state() == before
    home.chmod(0o700)


def test_several_processes_find_what_one_finds(home: Path) -> None:
    from segel.accountability.scan_copy import scan_copy

    noise = random.Random(3)
    for number in range(4):
        content = noise.randbytes(100_000) + NAME.encode() + noise.randbytes(70_000)
        (home / f"{number}").write_bytes(content)
    seen = []
    reports = [
        scan_copy(
            home,
            parse_terms([NAME]),
            workers=workers,
            limits=SMALL,
            progress=lambda done, total: seen.append((done, total)),
        )
        for workers in (1, 2)
    ]
    assert reports[0].hits == reports[1].hits
    assert len(reports[0].hits) == 4
    assert seen[-1] == (680_044, 680_044)


def test_terms_are_read_with_labels_and_short_ones_told(scan, home: Path) -> None:
    terms = parse_terms(["# people", "", "mother\tSiti  Aminah", "CT", "12345", NIK])
    assert [(term.number, term.label, term.text) for term in terms] == [
        (1, "mother", "Siti  Aminah"), (2, "", "CT"), (3, "", "12345"), (4, "", NIK),
    ]  # fmt: skip
    (home / "file").write_text("ct 12345")
    report = scan(*("Siti Aminah", "CT", "12345"))
    assert (report.hits, report.short, report.terms) == ((), (2, 3), 1)
    assert {hit.term for hit in scan("Siti Aminah", "CT", "12345", short=True).hits} == {2, 3}
    with pytest.raises(TermsUnusable):
        parse_terms(["# nothing"])


def test_chance_is_reckoned(home: Path, scan) -> None:
    (home / "file").write_bytes(random.Random(3).randbytes(1_000_000))
    report = scan("20210704", "abcd", NIK)
    (chance,) = report.chances
    assert chance.term == 2
    assert 1e6 * 2**4 / 256**4 <= chance.expected < 1.2e6 * 2**4 / 256**4


def test_the_command_speaks_json_and_exit_statuses(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = tmp_path / "terms"
    terms.write_text(f"the name\t{NAME}\n{NIK}\n")
    arguments = [f"--home={home}", f"--terms={terms}", "--json", "--workers=1"]
    assert cli.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["hits"] == []
    (home / "file").write_bytes(b"x" * 10 + NAME.encode())
    assert cli.main(arguments) == 1
    out = capsys.readouterr().out
    (hit,) = json.loads(out)["hits"]
    assert (hit["term"], hit["label"], hit["offset"], hit["path"]) == (1, "the name", 10, "file")
    assert NAME not in out
    assert cli.main([*arguments, "--show-terms"]) == 1
    assert NAME in capsys.readouterr().out
    assert cli.main(arguments[:2]) == 1
    shown = capsys.readouterr().out
    assert "the name" in shown
    assert NAME not in shown


@pytest.mark.parametrize(
    "arguments",
    [[], ["--home=."], ["--home=.", "--terms=/no/such"], ["--nonsense"]],
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err
