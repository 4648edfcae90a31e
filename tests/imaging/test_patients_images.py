"""A patient's own images: let in to OHIF, and taken along; and nobody else's, by no way."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from pydicom.uid import generate_uid

from segel.access import seal_handle
from segel.broker import Requester
from segel.broker.errors import Forbidden, StudyUnknown
from segel.console.http.viewer_door import LAUNCH, VIEWER_COOKIE, dicomweb_door
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.imaging.dicomweb import router


def test_a_patient_is_let_in_to_ohif_for_their_own_study_and_takes_only_that_along(
    place_of: Any, dicom_file: Callable[..., bytes]
) -> None:
    async def run() -> None:
        async with place_of() as place:
            sender = await place.requester(Role.RADIOGRAPHER)
            mine, theirs = str(generate_uid(prefix=None)), str(generate_uid(prefix=None))
            files = [
                dicom_file(PatientID="RM-1", StudyInstanceUID=mine, InstanceNumber=number)
                for number in (1, 2)
            ]
            other = dicom_file(PatientID="RM-2", StudyInstanceUID=theirs, PatientName="SRI WAHYUNI")
            for file in (*files, other):
                await place.archive.store(sender, file)
            account = await place.operator.record.enrol("H1", "RM-1", demo=True)
            token = (await place.operator.issue_token(account, 3_600)).token
            patient = Requester(token, Purpose.PATIENT_REQUEST, "console")
            broker = place.archive.broker

            viewers, found = {}, {}
            door = dicomweb_door(cast("Any", Litestar([router(place.archive)])))
            transport = httpx.ASGITransport(app=cast("Any", door))
            async with httpx.AsyncClient(transport=transport, base_url="http://v.test") as ohif:
                for uid in (mine, theirs):
                    code = await broker.viewer_code(patient, uid)
                    viewers[uid] = (await broker.viewer_sign_in(code)).token
                    launch = seal_handle(viewers[uid], LAUNCH, uid)
                    ohif.headers["Cookie"] = f"{VIEWER_COOKIE}={viewers[uid]}"
                    found[uid] = [
                        (await ohif.get(f"/dicomweb/{launch}/{path}")).status_code
                        for path in ("studies", f"studies/{uid}/metadata", f"studies/{uid}")
                    ]
                launch = seal_handle(viewers[mine], LAUNCH, mine)
                ohif.headers["Cookie"] = f"{VIEWER_COOKIE}={viewers[mine]}"
                across = await ohif.get(f"/dicomweb/{launch}/studies/{theirs}/metadata")
            assert found == {mine: [200, 200, 200], theirs: [404, 404, 404]}
            assert across.status_code == 403

            copy = await place.archive.open_copy(patient, mine)
            taken = [await copy.read(entry) for entry in await copy.instances()]
            assert sorted(taken) == sorted(files)  # each has a series of its own
            with pytest.raises(StudyUnknown):
                await place.archive.open_copy(patient, theirs)
            doctor = await place.token(Role.CLINICIAN)
            for asked in (
                Requester(doctor),
                Requester(doctor, Purpose.PATIENT_REQUEST),
                Requester(token, Purpose.TREATMENT),
                Requester(viewers[mine], Purpose.PATIENT_REQUEST),
            ):
                with pytest.raises(Forbidden):
                    await place.archive.open_copy(asked, mine)
            with pytest.raises(Forbidden):
                await broker.viewer_code(Requester(token, Purpose.TREATMENT), mine)

    asyncio.run(run())
