"""What is kept of rows that stream by: exact counts, a fair draw, who was recognised once."""

import random

from segel.leaks.examining import gathering
from segel.leaks.examining.gathering import Gathering
from segel.leaks.model import MatchLevel, PersonRow, RowMatch


def row(
    at: int, patient: int = 0, nik: str = "", accession: str = ""
) -> tuple[PersonRow, RowMatch]:
    """A row, of a patient's pseudonym where one is given."""
    pseudonym = patient.to_bytes(16, "big") if patient else b""
    level = MatchLevel.IDENTIFIER if patient else MatchLevel.NONE
    match = RowMatch(0, at, pseudonym, level, 40.0 if patient else 0.0)
    return PersonRow(0, at, nik=nik, accession=accession), match


def test_rows_people_and_patients_are_counted_once_each() -> None:
    made = Gathering()
    made.take([row(0, 7, nik="9701010101700001"), row(1, 7, nik="9701010101700001")])
    made.take([row(2, 9, nik="9701010101700002"), row(3, nik="9701010101700003"), row(4)])
    found = made.counts(files=2)
    assert (found.files, found.rows, found.empty) == (2, 5, 1)
    assert (found.unique_rows, found.people, found.ours) == (3, 3, 2)
    assert made.ours() == (7).to_bytes(16, "big") + (9).to_bytes(16, "big")


def test_counts_hold_however_often_doubles_are_taken_out(monkeypatch) -> None:
    monkeypatch.setattr(gathering, "SETTLED", 10)
    made = Gathering()
    for at in range(1_000):
        made.take([row(at, at % 50 + 1, nik=f"97{at % 50:014}")])
    found = made.counts(files=1)
    assert (found.rows, found.unique_rows, found.people, found.ours) == (1_000, 50, 50, 50)


def test_the_draw_is_even_and_keeps_what_cannot_be_compared(monkeypatch) -> None:
    monkeypatch.setattr(gathering, "DRAWN_MAX", 200)
    made = Gathering(random.Random(5))
    made.take(row(at, nik=f"97{at:014}") for at in range(2_000))
    made.take(row(at, accession=f"A{at}") for at in range(2_000, 4_000))
    drawn = [one.row for one, _ in made.drawn]
    assert len(drawn) == 200
    assert 70 < sum(at >= 2_000 for at in drawn) < 130
    assert made.counts(files=1).empty == 2_000
