"""A picture is known again after what leaks do to pictures, and nobody is taken for another."""

from io import BytesIO
from itertools import islice
from typing import Any

import cv2
import msgspec
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from segel.app.decoys.pixels import remake
from segel.leaks.images.errors import DamagedFingerprint, UnusablePicture
from segel.leaks.images.fingerprint import decoded, encoded, fingerprint, shown
from segel.leaks.model import ImageMatch
from support.known_pictures import Archive, Stored
from support.picture_attacks import GRAY_ATTACKS, jpeg
from support.radiograph_files import dicom_of
from support.radiographs import Picture, radiograph

OURS = 24


def _id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _stored(number: int, picture: NDArray[Any], *, series: int | None = None) -> Stored:
    made = fingerprint(picture)
    kept = decoded(encoded(made), made.pixel_hash)
    own = number if series is None else series
    return Stored(_id(own), _id(100 + own), _id(200 + number), kept)


def _asked(archive: Archive, picture: NDArray[Any]) -> ImageMatch | None:
    return archive.matched(0, picture)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """Half of them have the proportions of another."""
    return [radiograph(n, proportions=n // 2 if n % 2 else None) for n in range(OURS)]


@pytest.fixture(scope="module")
def archive(pictures: list[Picture]) -> Archive:
    return Archive([[_stored(n, picture) for n, picture in enumerate(pictures)]])


@pytest.mark.parametrize("name", GRAY_ATTACKS)
def test_a_picture_is_known_again(name: str, archive: Archive, pictures: list[Picture]) -> None:
    attack, least = GRAY_ATTACKS[name]
    asked = range(0, OURS, 12)
    found = [_asked(archive, attack(pictures[n], np.random.default_rng(n))) for n in asked]
    for number, one in zip(asked, found, strict=True):
        assert one is None or one.pseudonym == _id(number)
    # Of two, one may be missed where nine of ten are promised; the measure has the true figures.
    assert sum(one is not None for one in found) >= len(asked) - (least <= 0.95)


def test_the_same_pixels_are_one_instance(archive: Archive, pictures: list[Picture]) -> None:
    found = archive.matched(7, pictures[3])
    assert found is not None
    assert (found.file, found.how, found.instance) == (7, "pixel-hash", _id(203))


def test_an_instance_is_known_by_its_uid_whatever_it_shows() -> None:
    uid = b"the UID's token."
    stored = msgspec.structs.replace(_stored(1, radiograph(1)), uid_token=uid)
    found = Archive([[stored]]).matched(0, radiograph(2), uid_token=uid)
    assert found is not None
    assert (found.pseudonym, found.how) == (_id(1), "uid")


@pytest.mark.parametrize("like", range(4))
def test_a_stranger_with_the_same_proportions_is_nobody(like: int) -> None:
    """Each against one alone: where several are as like, nobody is named anyway."""
    alone = Archive([[_stored(like, radiograph(like))]])
    picture = radiograph(500_000 + like, proportions=like)
    assert _asked(alone, jpeg(picture, 80)) is None
    assert _asked(alone, cv2.resize(picture, None, fx=0.5, fy=0.5)) is None


def test_the_hospitals_texts_alone_make_nobody_alike(archive: Archive) -> None:
    page = np.full((420, 512), 40, np.uint8)
    for line in range(20):
        said = f"RSUD CONTOH  CHEST PA  AP ERECT  120 kV  2.5 mAs {line}"
        cv2.putText(page, said, (8, 18 + line * 20), 0, 0.45, 255, 1, cv2.LINE_AA)
    assert _asked(archive, page) is None


def test_neighbouring_slices_claim_their_series_and_no_instance() -> None:
    still, chance = radiograph(5).astype(np.float32), np.random.default_rng(0)
    slices = [
        np.clip(still + chance.normal(0, 3, still.shape), 0, 255).astype(np.uint8) for _ in range(4)
    ]
    archive = Archive([[_stored(n, one, series=9) for n, one in enumerate(slices)]])
    found = _asked(archive, jpeg(slices[2], 50))
    assert found is not None
    assert (found.pseudonym, found.series, found.instance) == (_id(9), _id(109), b"")


def test_pixels_that_two_people_have_are_nobodys() -> None:
    picture = radiograph(3)
    both = [_stored(1, picture), _stored(2, picture)]
    assert _asked(Archive([both]), picture) is None
    assert _asked(Archive([both]), jpeg(picture, 60)) is None


@pytest.mark.parametrize("body", range(3))
def test_a_decoy_made_of_a_picture_does_not_hide_whose_it_is(body: int) -> None:
    """And the decoy's own picture, where that leaks, is the decoy's."""
    picture = radiograph(40 + body)
    dataset = pydicom.dcmread(BytesIO(dicom_of(picture, body)))
    remake(dataset, 7 + body)
    decoy = dataset.pixel_array
    archive = Archive([[_stored(1, picture), _stored(2, decoy)]])
    for leaked, patient in ((picture, _id(1)), (decoy, _id(2))):
        found = _asked(archive, jpeg(leaked, 60))
        assert found is not None
        assert found.pseudonym == patient


def test_shards_are_one_archive(pictures: list[Picture]) -> None:
    shards = [[_stored(n, picture)] for n, picture in enumerate(islice(pictures, 3))]
    whole = Archive(shards)
    sample = (jpeg(pictures[2], 50), radiograph(77), jpeg(pictures[0], 50))
    found = [whole.matched(n, one) for n, one in enumerate(sample)]
    named = [(one.file, one.pseudonym) for one in found if one is not None]
    assert named == [(0, _id(2)), (2, _id(0))]


def test_a_picture_without_anything_in_it_is_kept_and_matches_nothing() -> None:
    """Not even by its pixels: everybody's black picture is the same."""
    blank = np.zeros((64, 64), np.uint8)
    archive = Archive([[_stored(1, blank), _stored(2, radiograph(1))]])
    assert _asked(archive, np.full((64, 64), 9, np.uint8)) is None
    assert _asked(archive, blank) is None


def test_twelve_bits_and_colours_are_known_again(pictures: list[Picture]) -> None:
    wide = pictures[0].astype(np.uint16) * 16
    archive = Archive([[_stored(0, wide)]])
    coloured = np.repeat(jpeg(pictures[0], 70)[:, :, None], 3, axis=2)
    found = _asked(archive, coloured)
    assert found is not None
    assert found.pseudonym == _id(0)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.zeros((8, 400), np.uint8), id="too-few-rows"),
        pytest.param(np.zeros((3, 64, 64), np.uint8), id="several-frames"),
        pytest.param(np.zeros((9000, 9000), np.uint8), id="too-many-pixels"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_field(pixels: Picture, archive: Archive) -> None:
    with pytest.raises(UnusablePicture) as refused:
        _asked(archive, pixels)
    assert refused.value.field == "pixels"


@pytest.mark.parametrize("cut", [0, 30, -1], ids=["empty", "no-head", "one-byte-less"])
def test_a_damaged_fingerprint_is_refused(cut: int) -> None:
    made = fingerprint(radiograph(0))
    with pytest.raises(DamagedFingerprint):
        decoded(encoded(made)[:cut], made.pixel_hash)


def test_every_fingerprint_has_one_length() -> None:
    blank = np.zeros((64, 64), np.uint8)
    assert len(encoded(fingerprint(blank))) == len(encoded(fingerprint(radiograph(0))))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xff\xff\xff" + bytes(64), id="sides-that-it-has-not"),
        pytest.param(b"\x80\x02\x00\x00", id="a-side-of-nothing"),
    ],
)
def test_what_is_asked_for_is_believed_nothing(written: bytes) -> None:
    with pytest.raises(UnusablePicture):
        shown(written)
