"""What responders' machines read, read again by the libraries of those formats."""

import json

import msgspec
import pytest
import stix2
from pymisp import MISPEvent

from leaks.telling.whole import FACTS, FINDINGS
from segel.domain.cases import Tlp
from segel.leaks.telling.bundles import BundleKind, bundle
from segel.leaks.telling.facts import CaseFacts

AT_S = 1_796_010_000.0
PERSONAL = (FINDINGS.reporter, FINDINGS.contact, "Dewi", "decoys")


def marked(tlp: Tlp) -> CaseFacts:
    return CaseFacts(
        FACTS.case_id, FACTS.number, tlp, FACTS.known_s, FACTS.pieces, FACTS.findings_leaf,
        FACTS.log,
    )  # fmt: skip


@pytest.mark.parametrize("tlp", list(Tlp))
def test_stix_bundle_is_valid_and_each_object_carries_the_marking(tlp: Tlp) -> None:
    made = bundle(BundleKind.STIX, FINDINGS, marked(tlp), AT_S)
    read = stix2.parse(made, version="2.1", allow_custom=False)
    marks = [one for one in read.objects if one.type == "marking-definition"]
    assert [one.name for one in marks] == [f"TLP:{tlp.value.upper()}"]
    for one in read.objects:
        if one.type != "marking-definition":
            assert one.object_marking_refs == [marks[0].id], one.type
    (report,) = [one for one in read.objects if one.type == "report"]
    others = {one.id for one in read.objects} - {marks[0].id, report.id}
    assert set(report.object_refs) == others
    patterns = [one.pattern for one in read.objects if one.type == "indicator"]
    assert [one for one in patterns if FACTS.pieces[0].sha256 in one]


@pytest.mark.parametrize(
    ("tlp", "distribution"),
    [(Tlp.RED, 0), (Tlp.AMBER_STRICT, 0), (Tlp.AMBER, 1), (Tlp.GREEN, 2), (Tlp.CLEAR, 3)],
)
def test_misp_event_is_read_again_and_goes_no_further_than_its_marking(
    tlp: Tlp, distribution: int
) -> None:
    event = MISPEvent()
    event.load(bundle(BundleKind.MISP, FINDINGS, marked(tlp), AT_S).decode())
    assert event.distribution == distribution
    assert not event.published
    assert [one.name for one in event.tags] == [f"tlp:{tlp.value}"]
    hashes = [one.value for one in event.attributes if one.to_ids]
    assert hashes == [one.sha256 for one in FACTS.pieces]
    assert any("100002" in one.value for one in event.attributes)


@pytest.mark.parametrize("kind", list(BundleKind))
def test_a_bundle_names_nobody_and_nothing_of_where_it_came_from(kind: BundleKind) -> None:
    made = bundle(kind, FINDINGS, FACTS, AT_S).decode()
    assert not [one for one in PERSONAL if one in made]


@pytest.mark.parametrize("kind", list(BundleKind))
def test_made_again_of_later_findings_its_objects_keep_their_ids(kind: BundleKind) -> None:
    later = msgspec.structs.replace(FINDINGS, figures=())
    before, after = (
        json.loads(bundle(kind, findings, FACTS, at_s))
        for findings, at_s in ((FINDINGS, AT_S), (later, AT_S + 60))
    )

    def ids(made: dict[str, object]) -> set[object]:
        if kind is BundleKind.MISP:
            return {made.get("uuid")}
        objects = made["objects"]
        assert isinstance(objects, list)
        return {one["id"] for one in objects}

    assert ids(before) == ids(after) != {None}
    assert before != after
