"""From a stored image to its fingerprint, and from a picture to whose it is, under a warrant."""

import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from PIL import Image

from broker.test_cases import CLAIM, in_a_loop
from imaging.conftest import Place
from segel.app.leak_examining import examine_case
from segel.app.matching import ProcessMatching
from segel.broker import messages as m
from segel.broker.calls.warrants import KnownPicture, known_of
from segel.domain.cases import HOUR_S, ObjectKind, Tlp
from segel.domain.picture_records import AskedPicture
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.leaks.cases import CaseStore
from segel.leaks.examining import Examined, Progress
from segel.leaks.images.fingerprint import asked
from segel.leaks.images.picture import gray
from segel.leaks.model import Step, Verdict
from segel.store.local import LocalDirectory
from support.matching import LocalMatching
from support.picture_attacks import crop, jpeg
from support.radiograph_files import dicom_of
from support.radiographs import radiograph

RADIOGRAPHS = Path(__file__).parents[3] / "shared/images/chest-xray"


class Asks:
    """Asks whose pictures are, under one warrant."""

    def __init__(self, place: Place, who: m.Requester, case_id: UUID, warrant_id: UUID) -> None:
        self.who, self.case_id, self.warrant_id = who, case_id, warrant_id
        self._warrants = place.operator.warrants

    async def __call__(self, *pictures: AskedPicture) -> list[KnownPicture | None]:
        answer = await self._warrants.match_pictures(self.who, self.warrant_id, pictures)
        return known_of(answer)

    async def line(self) -> m.WarrantLine:
        return await self._warrants.show(self.who, self.warrant_id)

    async def listed(self) -> m.WarrantList:
        return await self._warrants.listed(self.who, self.case_id)


def counted(place: Place, table: str) -> int:
    with psycopg.connect(place.database.owner) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


async def store(place: Place, *files: bytes) -> None:
    who = await place.requester(Role.RADIOGRAPHER)
    for file in files:
        await place.archive.store(who, file)


def leaked(picture: NDArray[Any], *, uid: str = "", pixels: bytes = b"") -> AskedPicture:
    return AskedPicture(sha256(pixels).digest(), uid, asked(gray(picture)))


@asynccontextmanager
async def warranted(place: Place, **terms: Any) -> AsyncIterator[Asks]:
    """A warrant that two approved."""
    who = m.Requester(await place.token(Role.INCIDENT_OFFICER), Purpose.OPERATIONS, "console")
    case_id = await place.operator.cases.open(
        who, CLAIM, tlp=Tlp.AMBER, known_s=1_790_000_000.0 - HOUR_S, vital=False
    )
    usual: dict[str, Any] = {"rows": 100, "people": 100, "hours": 4}
    warrant_id = await place.operator.warrants.ask(
        who, case_id, reason="Sampel gambar.", **(usual | terms)
    )
    for role in (Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR):
        approver = m.Requester(await place.token(role))
        decided = m.DecideApproval(approver, warrant_id, True, "Gambar dilihat.")
        await place.operator.call(decided, m.ApprovalLine)

    yield Asks(place, who, case_id, warrant_id)
    await place.operator.warrants.close(who, warrant_id)


@in_a_loop
async def test_a_fingerprint_is_made_after_the_store_and_names_the_patient_under_a_warrant(
    place_of: Any,
) -> None:
    pictures = [radiograph(number) for number in range(3)]
    async with place_of(ProcessMatching()) as place:
        await store(place, *(dicom_of(one, at) for at, one in enumerate(pictures)))
        assert (counted(place, "unfingerprinted"), counted(place, "matching_pictures")) == (3, 0)
        assert await place.fingerprinter.round() == 3
        assert (counted(place, "unfingerprinted"), counted(place, "matching_pictures")) == (0, 3)
        chance = np.random.default_rng(1)
        async with warranted(place) as ask:
            found = await ask(
                leaked(jpeg(crop(pictures[1], 0.2, chance), 50)),
                leaked(radiograph(900)),
                leaked(jpeg(pictures[2], 60)),
                leaked(255 - pictures[1]),
            )
            assert [one is not None for one in found] == [True, False, True, True]
            people = [one.pseudonym for one in found if one]
            assert people[0] == people[2] != people[1]
            assert {one.how for one in found if one} == {"local-features"}
            line = await ask.line()
            assert (line.rows, line.people, line.batches) == (4, 2, 1)


@in_a_loop
async def test_an_instance_is_known_by_its_very_pixels_and_by_its_uid(place_of: Any) -> None:
    picture, uid = radiograph(4), "2.25.4004"
    async with place_of(LocalMatching()) as place:
        await store(place, dicom_of(picture, 4, SOPInstanceUID=uid), dicom_of(radiograph(5), 5))
        await place.fingerprinter.round()
        async with warranted(place) as ask:
            found = await ask(
                AskedPicture(sha256(picture.tobytes()).digest()),
                AskedPicture(bytes(32), uid),
                AskedPicture(bytes(32), "2.25.4005"),
            )
        assert [one and one.how for one in found] == ["pixel-hash", "uid", None]
        assert len({one.instance for one in found if one}) == 1


@in_a_loop
async def test_what_is_stored_while_nobody_makes_fingerprints_waits_for_them(
    place_of: Any,
) -> None:
    """The one who made them died in between, before it could say what it made."""
    async with place_of(LocalMatching()) as place:
        await store(place, dicom_of(radiograph(1), 1))
        taken = await place.fingerprinter._broker.pictures.take()
        assert [len(study.instances) for study in taken] == [1]
    async with place_of(LocalMatching()) as place:
        assert counted(place, "unfingerprinted") == 1
        async with warranted(place) as ask:
            listed = await ask.listed()
            assert (listed.unfingerprinted, listed.given_up) == (1, 0)
        assert await place.fingerprinter.round() == 1
        assert await place.fingerprinter.round() == 0
        assert counted(place, "matching_pictures") == 1


@in_a_loop
async def test_what_was_settled_once_is_not_kept_twice(place_of: Any) -> None:
    async with place_of() as place:
        await store(place, dicom_of(radiograph(1), 1))
        taken = await place.fingerprinter._broker.pictures.take()
        object_id = taken[0].instances[0].object_id
        settled = [m.SettledInstance(object_id, "2.25.1", [])]
        for _ in range(2):
            await place.fingerprinter._broker.pictures.settle(settled)
        assert counted(place, "matching_pictures") == 1


@in_a_loop
async def test_what_cannot_be_decoded_is_kept_by_its_uid_alone(
    place_of: Any, dicom_file: Any
) -> None:
    whole = dicom_of(radiograph(1), 1, SOPInstanceUID="2.25.71")
    broken = dicom_file(PatientID="RM00009", SOPInstanceUID="2.25.72", BitsAllocated=7)
    async with place_of(LocalMatching()) as place:
        await store(place, whole, broken)
        assert await place.fingerprinter.round() == 2
        async with warranted(place) as ask:
            found = await ask(
                AskedPicture(bytes(32), "2.25.71"), AskedPicture(bytes(32), "2.25.72")
            )
        assert [one and one.how for one in found] == ["uid", "uid"]


@in_a_loop
async def test_an_instance_that_somebody_dies_of_is_given_up_and_said(place_of: Any) -> None:
    async with place_of(LocalMatching()) as place:
        await store(place, dicom_of(radiograph(1), 1))
        for _ in range(5):
            assert await place.fingerprinter._broker.pictures.take()
        assert await place.fingerprinter._broker.pictures.take() == []
        async with warranted(place) as ask:
            listed = await ask.listed()
        assert (listed.unfingerprinted, listed.given_up) == (1, 1)


@in_a_loop
async def test_every_release_for_a_fingerprint_is_in_the_patients_trail(place_of: Any) -> None:
    async with place_of() as place:
        await store(place, dicom_of(radiograph(1), 1), dicom_of(radiograph(2), 2))
        before = counted(place, "audit_entries WHERE patient_id IS NOT NULL")
        await place.fingerprinter.round()
        after = counted(place, "audit_entries WHERE patient_id IS NOT NULL")
        assert after - before == 2


@in_a_loop
async def test_of_the_table_nothing_is_read_and_all_rows_are_alike(place_of: Any) -> None:
    pictures = [radiograph(1), np.zeros((300, 300), np.uint8)]
    async with place_of() as place:
        await store(place, *(dicom_of(one, at) for at, one in enumerate(pictures)))
        await place.fingerprinter.round()
        with psycopg.connect(place.database.owner) as connection:
            rows = connection.execute(
                "SELECT DISTINCT length(sealed_place), length(sealed_look) FROM matching_pictures"
            ).fetchall()
        assert len(rows) == 1
        assert counted(place, "matching_pictures") == 2


@in_a_loop
async def test_nobody_but_the_fingerprinter_is_handed_keys_for_fingerprints(place_of: Any) -> None:
    from segel.broker.errors import Forbidden

    async with place_of() as place:
        await store(place, dicom_of(radiograph(1), 1))
        for asking in (place.operator, place.archive.broker):
            with pytest.raises(Forbidden):
                await asking.pictures.take()


@in_a_loop
async def test_people_known_by_pictures_are_bounded_as_by_rows(place_of: Any) -> None:
    from segel.broker.errors import WarrantOver

    async with place_of(LocalMatching()) as place:
        pictures = [radiograph(number) for number in range(3)]
        await store(place, *(dicom_of(one, at) for at, one in enumerate(pictures)))
        await place.fingerprinter.round()
        exact = [AskedPicture(sha256(one.tobytes()).digest()) for one in pictures]
        async with warranted(place, people=2) as ask:
            assert len(await ask(*exact)) == 2
            with pytest.raises(WarrantOver):
                await ask(*exact)
            assert (await ask.line()).people == 2


async def examined(place: Place, files: dict[str, bytes], **terms: Any) -> Examined:
    """A case's evidence, sealed and examined."""
    async with warranted(place, **terms) as ask:
        objects = LocalDirectory(place.objects)
        store = CaseStore(place.operator.cases, objects)
        for name, content in files.items():
            await store.put(
                ask.who, ask.case_id, ObjectKind.EVIDENCE, name, once(content), source="forum"
            )
        return await examine_case(
            place.operator, objects, ask.who, ask.case_id, ask.warrant_id, Progress()
        )


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def jpeg_file(picture: NDArray[Any], quality: int) -> bytes:
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()


@in_a_loop
async def test_in_a_case_a_leaked_radiograph_names_its_patient_and_a_strangers_nobody(
    place_of: Any,
) -> None:
    """Real radiographs: cropped and encoded anew, in a zip, among one that we do not hold."""
    if not RADIOGRAPHS.exists():
        pytest.skip("the real radiographs lie outside the project, and not here")
    paths = sorted(RADIOGRAPHS.glob("*.png"))[:6]
    real = [np.asarray(Image.open(path).convert("L")) for path in paths]
    held, stranger = real[:4], real[5]
    chance = np.random.default_rng(7)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as sample:
        for at in range(3):
            cropped = crop(held[at], 0.3, chance)
            sample.writestr(f"foto/{at}.jpg", jpeg_file(cropped, 50))
            sample.writestr(f"foto/lagi-{at}.jpg", jpeg_file(cropped, 50))
        sample.writestr("foto/lain.jpg", jpeg_file(stranger, 80))
    file = dicom_of(held[3], 3, SOPInstanceUID="2.25.33")
    async with place_of(ProcessMatching()) as place:
        await store(place, *(dicom_of(one, at) for at, one in enumerate(held[:3])), file)
        while await place.fingerprinter.round():
            pass
        found = await examined(place, {"sampel.zip": packed.getvalue(), "satu.dcm": file})
    one = found.examination
    assert (one.pictures, one.pictures_compared, one.pictures_known) == (8, 5, 4)
    names = [found.examination.files[match.file].path[-1] for match in found.drawn.images]
    assert sorted(names) == ["foto/0.jpg", "foto/1.jpg", "foto/2.jpg", "satu.dcm"]
    assert len({match.pseudonym for match in found.drawn.images}) == 4
    assert one.counts.ours == 4
    images = next(step for step in found.judgement.steps if step.step is Step.IMAGES)
    assert images.figures == {"compared": 5, "recognised": 4}
    assert images.says is Verdict.MIXED


@in_a_loop
async def test_pictures_beyond_the_warrant_are_counted_and_not_compared(place_of: Any) -> None:
    pictures = [radiograph(number) for number in range(3)]
    files = {f"{at}.png": png_file(one) for at, one in enumerate(pictures)}
    async with place_of(LocalMatching()) as place:
        await store(place, *(dicom_of(one, at) for at, one in enumerate(pictures)))
        await place.fingerprinter.round()
        found = await examined(place, files, rows=2, people=2)
    one = found.examination
    assert (one.pictures_compared, one.pictures_known, one.pictures_over) == (2, 2, 1)


def png_file(picture: NDArray[Any]) -> bytes:
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
