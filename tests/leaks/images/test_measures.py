"""``SEGEL_IMAGES=20000``: every attack on real pictures, among so many drawn look-alikes.

The real ones are the radiographs that lie outside the project, read in place, and what
``pydicom-data`` has. ``SEGEL_IMPOSTORS=1000``: so many pictures of strangers are asked for, too.
docs/reference/image-matching.md has what came of it.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from time import process_time

import cv2
import data_store
import numpy as np
import pydicom
import pytest
from PIL import Image

from leaks.images.look_alikes import look_alike, look_alikes
from segel.leaks.images.fingerprint import Fingerprint, decoded, encoded, fingerprint
from segel.leaks.images.picture import gray
from support.known_pictures import Archive, Stored
from support.picture_attacks import GRAY_ATTACKS, Picture
from support.radiographs import radiograph

LOOK_ALIKES = int(os.environ.get("SEGEL_IMAGES", "0"))
IMPOSTORS = int(os.environ.get("SEGEL_IMPOSTORS", "0"))
EVERY = int(os.environ.get("SEGEL_IMAGES_EVERY", "1"))
RADIOGRAPHS = Path(__file__).parents[4] / "shared/images/chest-xray"
SIDE_MIN = 256
FOLDER = Path("artifacts/look-alikes-128")

pytestmark = [
    pytest.mark.skipif(not LOOK_ALIKES, reason="SEGEL_IMAGES says among how many look-alikes"),
    pytest.mark.timeout(0),
]

Known = list[tuple[str, Picture]]
"""Patient and picture."""


def _id(said: str) -> bytes:
    return said.encode().ljust(16, b"\0")[:16]


@cache
def _radiographs() -> Known:
    if not RADIOGRAPHS.exists():
        return []
    with (RADIOGRAPHS / "data.csv").open() as table:
        patients = {row["image_id"]: row["patient_id"] for row in csv.DictReader(table)}
    return [
        (patients[path.stem], np.asarray(Image.open(path).convert("L")))
        for path in sorted(RADIOGRAPHS.glob("*.png"))
    ]


@cache
def _dicom_files() -> Known:
    """The middle frame of each file of at least SIDE_MIN pixels a side, gray; files of one study,
    and the same picture in several encodings, are one patient's."""
    folders = (Path(data_store.__file__).parent, Path(pydicom.__file__).parent / "data")
    found: Known = []
    studies: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*.dcm")):
        try:
            image = pydicom.dcmread(path)
            pixels = image.pixel_array
            frame = pixels[len(pixels) // 2] if int(image.get("NumberOfFrames", 1)) > 1 else pixels
            made = gray(frame)
        except Exception:  # noqa: S112
            # Some of these files are broken on purpose.
            continue
        if min(made.shape) >= SIDE_MIN and not path.stem.startswith("SC_"):  # colour bars
            same = (patient for patient, other in found if _same(other, made))
            patient = studies.get(str(image.get("StudyInstanceUID", ""))) or next(same, path.stem)
            studies.setdefault(str(image.get("StudyInstanceUID") or path), patient)
            found.append((patient, made))
    return found


def _same(one: Picture, other: Picture) -> bool:
    if one.shape != other.shape:
        return False
    small = [cv2.resize(p, (32, 32), interpolation=cv2.INTER_AREA).ravel() for p in (one, other)]
    return bool(abs(np.atleast_2d(np.corrcoef(small))[0, 1]) > 0.9)  # one of them is inverted


@cache
def _matcher() -> Archive:
    known = [
        Stored(_id(patient), _id(patient), number.to_bytes(16, "big"), _kept(picture))
        for number, (patient, picture) in enumerate([*_radiographs(), *_dicom_files()])
    ]
    drawn = (
        Stored(_id(f"drawn {body}"), _id(f"drawn {body}"), _id(f"drawn {body}"), made)
        for body, made in enumerate(look_alikes(LOOK_ALIKES, FOLDER))
    )
    return Archive(chain([known], ([one] for one in drawn)))


def _kept(picture: Picture) -> Fingerprint:
    made = fingerprint(picture)
    return decoded(encoded(made), made.pixel_hash)


def _table(title: str, known: Known) -> Iterator[tuple[str, float, float, int]]:
    print(
        f"\n{title}: {len(known)}\n\n| after | known again | instance | wrong patient |", flush=True
    )
    print("| --- | --- | --- | --- |")
    for name, (attack, least) in GRAY_ATTACKS.items():
        right = instance = wrong = 0
        missed = []
        for number, (patient, picture) in enumerate(known):
            asked = attack(picture, np.random.default_rng(number))
            found = _matcher().matched(number, asked)
            right += found is not None and found.pseudonym == _id(patient)
            instance += found is not None and bool(found.instance)
            wrong += found is not None and found.pseudonym != _id(patient)
            if found is None:
                missed.append(number)
        share = right / len(known)
        print(f"| {name} | {right} ({share:.1%}) | {instance} | {wrong} |", flush=True)
        if missed:
            print(f"<!-- missed: {missed[:20]} -->", flush=True)
        yield name, share, least, wrong


def _held(results: list[tuple[str, float, float, int]]) -> None:
    assert not sum(wrong for *_, wrong in results)
    assert not [(name, share) for name, share, least, _ in results if share < least]


def test_fingerprints_are_made_as_fast_as_pictures_come() -> None:
    pictures = [picture for _, picture in (_radiographs() or _dicom_files())[:60]]
    started_s = process_time()
    lengths = {len(encoded(fingerprint(picture))) for picture in pictures}
    took_s = process_time() - started_s
    print(f"\n{len(pictures) / took_s:.1f} pictures/s of one core, at most {max(lengths)} bytes")
    assert len(pictures) / took_s >= 20


def test_real_radiographs_are_known_again() -> None:
    if not RADIOGRAPHS.exists():
        pytest.skip("the real radiographs lie outside the project, and not here")
    _held(list(_table("Real radiographs", _radiographs()[::EVERY])))


def test_pydicoms_pictures_are_known_again() -> None:
    once = list({patient: (patient, picture) for patient, picture in _dicom_files()}.values())
    _held(list(_table("pydicom-data", once[::EVERY])))


def test_drawn_radiographs_are_known_again() -> None:
    every = max(1, LOOK_ALIKES // 160)
    known = [(f"drawn {body}", look_alike(body)) for body in range(0, LOOK_ALIKES, every)]
    _held(list(_table("Drawn radiographs", known[::EVERY])))


def _stranger(number: int) -> str:
    """Nobody of the index; with the proportions of one that is in it."""
    chance = np.random.default_rng(number)
    body = 10_000_000 + number
    like = int(chance.integers(LOOK_ALIKES // 8)) if number % 2 else None
    names = list(GRAY_ATTACKS)
    attack, _ = GRAY_ATTACKS[names[number % len(names)]]
    asked = attack(radiograph(body, proportions=like), chance)
    proofs = _matcher().proofs(asked)
    return f"{proofs[0].strength:.1f}" if proofs else "none"


@pytest.mark.skipif(not IMPOSTORS, reason="SEGEL_IMPOSTORS says how many strangers are asked for")
def test_strangers_are_nobody() -> None:
    _matcher()
    started = process_time()
    found = Counter(map(_stranger, range(IMPOSTORS)))
    print(f"\n{IMPOSTORS} strangers, {process_time() - started:.0f} s: {dict(found)}")
    assert set(found) == {"none"}
