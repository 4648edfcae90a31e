"""What responders' machines read: a STIX 2.1 bundle and a MISP event. Pure; no personal data.

In them are counts, kinds of data, times and the hashes of the sample's files, which others can look
for. Not in them: people of ours (the reporter, the contact), who it came from, and the sample.
Made again of the same findings, objects keep their ids, so that whoever imports them updates.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid5

from segel.domain.cases import Language, Tlp
from segel.leaks.telling.facts import CaseFacts
from segel.leaks.telling.findings import Findings, Measure, Words
from segel.leaks.telling.words import KINDS, MEASURES, VERDICTS

EN: Final = Language.ENGLISH

_TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_CREATED: Final = "2022-10-01T00:00:00.000Z"
_TLP_IDS: Final = {
    Tlp.CLEAR: "94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 as OASIS has published it for STIX 2.1 (cti-stix-common-objects)."""

_OWN_ORGANISATION: Final = 0
_COMMUNITY: Final = 1
_CONNECTED: Final = 2
_ALL: Final = 3
_DISTRIBUTIONS: Final = {
    Tlp.RED: _OWN_ORGANISATION,
    Tlp.AMBER_STRICT: _OWN_ORGANISATION,
    Tlp.AMBER: _COMMUNITY,
    Tlp.GREEN: _CONNECTED,
    Tlp.CLEAR: _ALL,
}
"""How far a MISP server passes an event on by itself."""
_THREAT_HIGH: Final = 1
_ANALYSIS_ONGOING: Final = 1


class BundleKind(StrEnum):
    """Which format."""

    STIX = "stix"
    MISP = "misp"


def bundle(kind: BundleKind, findings: Findings, facts: CaseFacts, at_s: float) -> bytes:
    """A bundle as JSON. ``at_s``: when the findings were written."""
    if kind is BundleKind.STIX:
        return stix_bundle(findings, facts, at_s)
    return misp_event(findings, facts, at_s)


def stix_bundle(findings: Findings, facts: CaseFacts, at_s: float) -> bytes:
    """An incident, who reports it, the sample's files with indicators, and a report over them
    (STIX 2.1 §§ 4.5, 4.6, 4.7, 4.16, 6.7)."""
    import stix2  # heavy: only who draws pays for it

    first, last = _time(facts.known_s), _time(max(at_s, facts.known_s))
    mark = stix2.MarkingDefinition(
        id=f"marking-definition--{_TLP_IDS[facts.tlp]}",
        created=_TLP_CREATED,
        name=f"TLP:{facts.tlp.value.upper()}",
        extensions={
            _TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": facts.tlp.value}
        },
        allow_custom=True,
    )

    def id_of(kind: str, what: str) -> str:
        return f"{kind}--{uuid5(facts.case_id, what)}"

    identity = stix2.Identity(
        id=id_of("identity", "organisation"),
        created=first,
        modified=last,
        name=findings.organisation or facts.number,
        identity_class="organization",
        sectors=["healthcare"],
        object_marking_refs=[mark.id],
    )
    common = {
        "created": first,
        "modified": last,
        "created_by_ref": identity.id,
        "object_marking_refs": [mark.id],
    }
    incident = stix2.Incident(
        id=id_of("incident", "incident"),
        name=f"Alleged data leak {facts.number}",
        description="\n".join(_lines(findings)),
        **common,
    )
    made: list[Any] = []
    for piece in facts.pieces:
        file = stix2.File(
            size=piece.length, hashes={"SHA-256": piece.sha256}, object_marking_refs=[mark.id]
        )
        indicator = stix2.Indicator(
            id=id_of("indicator", piece.sha256),
            name=f"File of the sample {piece.label}",
            pattern=f"[file:hashes.'SHA-256' = '{piece.sha256}']",
            pattern_type="stix",
            valid_from=first,
            indicator_types=["compromised"],
            **common,
        )
        made += [file, indicator]
    report = stix2.Report(
        id=id_of("report", "report"),
        name=f"Alleged data leak {facts.number}",
        published=last,
        report_types=["threat-report"],
        object_refs=[identity.id, incident.id, *(one.id for one in made)],
        **common,
    )
    whole = stix2.Bundle(
        mark, identity, incident, *made, report, id=id_of("bundle", "bundle"), allow_custom=True
    )
    return str(whole.serialize(pretty=True)).encode()


def misp_event(findings: Findings, facts: CaseFacts, at_s: float) -> bytes:
    """A MISP event in the core format: hashes to look for, the rest as text, tagged by TLP."""
    from pymisp import MISPEvent

    event: Any = MISPEvent()
    event.from_dict(
        uuid=str(uuid5(facts.case_id, "misp")),
        info=f"Alleged data leak {facts.number}",
        date=_time(facts.known_s).date().isoformat(),
        timestamp=int(max(at_s, facts.known_s)),
        published=False,
        distribution=_DISTRIBUTIONS[facts.tlp],
        threat_level_id=_THREAT_HIGH,
        analysis=_ANALYSIS_ONGOING,
    )
    event.add_tag(f"tlp:{facts.tlp.value}")
    for piece in facts.pieces:
        event.add_attribute(
            "sha256",
            piece.sha256,
            uuid=_attribute(facts, piece.sha256),
            timestamp=int(at_s),
            category="External analysis",
            to_ids=True,
            comment=f"File of the sample {piece.label}, {piece.length} bytes",
        )
    for place, line in enumerate(_lines(findings)):
        event.add_attribute(
            "text",
            line,
            uuid=_attribute(facts, str(place)),
            timestamp=int(at_s),
            category="Other",
            to_ids=False,
        )
    return str(event.to_json(indent=1, sort_keys=True)).encode()


def _lines(findings: Findings) -> Iterator[str]:
    """What is known, a line for each thing."""
    yield f"{VERDICTS[findings.verdict][EN]}."
    if findings.kinds:
        yield f"Data: {', '.join(KINDS[one][1] for one in findings.kinds)}."
    for measure in Measure:
        figure = findings.count(measure)
        if figure is not None:
            about = f" ({figure.low} to {figure.high})" if figure.low >= 0 else ""
            yield f"{MEASURES[measure][EN]}: {figure.value}{about}."
    for name, at_s in (
        ("Disclosed", findings.disclosed_s),
        ("State of the data from", findings.earliest_s),
        ("State of the data until", findings.latest_s),
    ):
        if at_s:
            yield f"{name}: {_time(at_s):%Y-%m-%dT%H:%MZ}."
    for words in (findings.how, findings.handling):
        yield from _said(words)


def _said(words: Words) -> Iterator[str]:
    said = words.get(EN, "").strip()
    if said:
        yield said


def _attribute(facts: CaseFacts, what: str) -> str:
    return str(uuid5(facts.case_id, f"misp {what}"))


def _time(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
