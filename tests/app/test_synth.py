"""Synthetic patients: the same of the same plan, of nobody, and never among real ones."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest

from segel.app import settings as settings_module
from segel.app.home import Home
from segel.app.production import NotForProduction, require_nobody_synthetic
from segel.app.settings import Settings
from segel.app.synth.command import PlanRefused, agreed, plan_of, refuse_production
from segel.app.synth.plan import SHARD, Plan, SynthPerson, hospitals, people
from segel.domain.dicom import text_value
from segel.domain.identifiers import parse_nik

PLAN = Plan(
    patients=SHARD + 10, hospitals=12, studies_per_patient=1.2, seed=3, until=date(2026, 1, 5),
    compare=False,
)  # fmt: skip
FIT = Settings(production=True, kms="openbao")


@pytest.fixture(scope="module")
def everybody() -> list[SynthPerson]:
    return [one for shard in range(PLAN.shards) for one in people(PLAN, shard)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.run.mkdir(parents=True)
    made.keys.mkdir()
    return made


def test_a_larger_archive_has_everybody_of_a_smaller_one(everybody: list[SynthPerson]) -> None:
    smaller = msgspec.structs.replace(PLAN, patients=SHARD + 3)
    assert [*people(smaller, 1)] == everybody[SHARD : SHARD + 3]


def test_nobody_has_anothers_number_or_one_of_a_living_person(
    everybody: list[SynthPerson],
) -> None:
    niks = {one.identity.nik for one in everybody}
    assert len(niks) == len(everybody) == PLAN.patients
    assert all(parse_nik(nik) and nik[:2] in ("97", "98", "99") for nik in niks)
    assert len({(one.hospital, one.identity.patient_id) for one in everybody}) == len(everybody)
    uids = [study.uid for one in everybody for study in one.studies]
    assert len(set(uids)) == len(uids)


def test_sizes_and_names_are_as_skewed_as_in_life(everybody: list[SynthPerson]) -> None:
    of = Counter(one.hospital for one in everybody)
    assert of[0] > 3 * of[11] > 0
    assert abs(sum(one.share for one in hospitals(12)) - 1) < 1e-9
    words = Counter(len(one.identity.name.split()) for one in everybody)
    assert words[1] > len(everybody) / 20  # a single name
    studies = [len(one.studies) for one in everybody]
    assert min(studies) == 1
    assert abs(sum(studies) / len(studies) - PLAN.studies_per_patient) < 0.05


def test_studies_are_of_their_patient_and_after_their_birth(everybody: list[SynthPerson]) -> None:
    for one in everybody[:500]:
        assert [study.day for study in one.studies] == sorted(study.day for study in one.studies)
        for study in one.studies:
            assert text_value(study.attributes, "00100010") == one.identity.name
            assert text_value(study.attributes, "0020000D") == study.uid
            assert one.identity.birth_date <= f"{study.day:%Y%m%d}" <= f"{PLAN.until:%Y%m%d}"


def test_a_run_may_ask_for_more_of_the_same_and_for_nothing_else() -> None:
    assert agreed(PLAN, 2 * PLAN.patients, {}).patients == 2 * PLAN.patients
    assert agreed(PLAN, 5, {}) == PLAN
    with pytest.raises(PlanRefused, match="hospitals"):
        agreed(PLAN, PLAN.patients, {"hospitals": 13})
    with pytest.raises(PlanRefused, match="hospitals"):
        agreed(None, 100, {"hospitals": 10_000})


def test_they_do_not_come_into_an_archive_for_real_patients(home: Home) -> None:
    refuse_production(home, Settings())
    with pytest.raises(NotForProduction):
        refuse_production(home, FIT)
    home.settings.write_bytes(settings_module.encode(FIT))  # as it ran before
    with pytest.raises(NotForProduction):
        refuse_production(home, Settings())


def test_their_archive_does_not_become_one_for_real_patients(home: Home) -> None:
    require_nobody_synthetic(FIT, home)
    home.synthetic.write_bytes(msgspec.json.encode(PLAN))
    assert plan_of(home) == PLAN
    require_nobody_synthetic(Settings(), home)
    with pytest.raises(NotForProduction):
        require_nobody_synthetic(FIT, home)
