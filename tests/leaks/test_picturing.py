"""Which pictures of a sample are compared, and what is counted of them."""

import pytest

from segel.leaks.examining.picturing import NOBODYS, Picturing
from segel.leaks.intake.model import PictureFound
from segel.leaks.model import ImageMatch, PersonRow, RowMatch, Verdict
from segel.leaks.verdict.ladder import Sample, is_ours, judge

OURS = ImageMatch(0, b"p" * 16, b"", b"", "local-features", inliers=40, bits=90.0)


def picture(number: int, *, file: int = 0, made: bytes = b"gray", uid: str = "") -> PictureFound:
    digest = number.to_bytes(32, "big")
    return PictureFound(file, 0, "jpeg", 9, 9, 9, 9, b"", digest, instance_uid=uid, made=made)


def test_a_picture_that_is_there_twice_is_compared_once_and_an_icon_never() -> None:
    pictures = Picturing(2)
    assert not pictures.take(picture(1))
    assert not pictures.take(picture(1))
    assert not pictures.take(picture(2, made=b""))
    assert pictures.take(picture(3, made=b"", uid="2.25.3"))
    assert pictures.found == 4
    assert [one.instance_uid for _, one in pictures.batch()] == ["", "2.25.3"]
    assert not pictures.waiting


def test_what_is_beyond_the_warrant_is_counted() -> None:
    pictures = Picturing(3)
    for number in range(3):
        pictures.take(picture(number))
    assert pictures.answered(pictures.batch(), [OURS]) == [OURS.pseudonym]
    pictures.take(picture(7))
    pictures.pass_over(pictures.batch())
    assert (pictures.compared, pictures.known, pictures.over) == (1, 1, 3)


def test_files_of_several_that_were_handed_in_are_numbered_through() -> None:
    pictures = Picturing(1)
    for first in (0, 5):
        pictures.take(picture(first, file=2))
        pictures.answered(pictures.batch(), [OURS])
        pictures.place({0: first, 2: first + 1})
    assert [one.file for one in pictures.matches] == [1, 6]


@pytest.mark.parametrize(
    ("known", "of", "verdict"),
    [
        pytest.param(5, 5, Verdict.OURS, id="all-of-them"),
        pytest.param(3, 6, Verdict.MIXED, id="half"),
        pytest.param(2, 40, Verdict.UNDETERMINED, id="too-few-to-say"),
    ],
)
def test_pictures_alone_are_answered_though_no_series_is_certain(
    known: int, of: int, verdict: Verdict
) -> None:
    assert is_ours(OURS)
    assert not is_ours(NOBODYS)
    rows: tuple[tuple[PersonRow, RowMatch], ...] = ()
    sample = Sample((), rows, (OURS,) * known + (NOBODYS,) * (of - known))
    assert judge(sample).verdict is verdict
