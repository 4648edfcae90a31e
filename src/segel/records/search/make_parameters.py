"""Writes parameters.json out of FHIR's own definitions; run by hand when they change.

    python -m segel.records.search.make_parameters SEARCH_PARAMETERS_JSON OUT

Beside search-parameters.json lie, in the same release, compartmentdefinition-patient.json,
profiles-resources.json, profiles-types.json and valuesets.json. Facts are taken, no descriptions:
which parameters there are, what they look at, and which elements a summary has.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from segel.records.search.paths import Element, terms, walked

SOURCE: Final = "HL7 FHIR R4 4.0.1, https://hl7.org/fhir/R4, CC0 1.0"

TYPES: Final = (
    "AuditEvent Binary Consent DiagnosticReport DocumentReference Encounter ImagingStudy "
    "Immunization Observation Organization Patient Practitioner PractitionerRole Provenance "
    "ServiceRequest Specimen Subscription"
).split()

COMMON: Final = ("_id", "_lastUpdated", "_profile", "_security", "_tag")
"""Of the parameters that every resource has, those that are answered."""

NOT_R4: Final = frozenset({("ServiceRequest", "order-detail")})
"""Stands among the definitions that were read, but not in the published R4."""

NOT_R4_ELEMENTS: Final = frozenset({"Binary.url"})

CORRECTED: Final = {
    "http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto": "target",
    "http://hl7.org/fhir/SearchParameter/DocumentReference-relation": "code",
}
"""Components of ``relationship``: R4 has their expressions the wrong way round."""

CHARACTERS: Final = "http://hl7.org/fhirpath/System.String"
"""How the definitions write the type of an id."""

Json = dict[str, Any]


def main(search_parameters: Path, out: Path) -> None:
    """Read the definitions beside ``search_parameters`` and write ``out``."""
    folder = search_parameters.parent
    systems = _systems(_resources(folder / "valuesets.json"))
    structures = {
        item["id"]: item["snapshot"]["element"]
        for name in ("profiles-resources.json", "profiles-types.json")
        for item in _resources(folder / name)
        if item["resourceType"] == "StructureDefinition"
    }
    elements = {
        element["path"]: _element(element, systems)
        for structure in structures.values()
        for element in structure
        if element.get("type") and element["path"] not in NOT_R4_ELEMENTS
    }
    definitions = [item for item in _resources(search_parameters) if item["xpathUsage"] == "normal"]
    parameters = sorted(_parameters(definitions), key=lambda item: (item["on"], item["code"]))
    used = {path for parameter in parameters for path in _walked(parameter, elements)}
    compartment = json.loads((folder / "compartmentdefinition-patient.json").read_bytes())
    sections = {
        "parameters": map(_line, parameters),
        "elements": (
            _line({"path": path, **_without_empty(elements[path]._asdict())})
            for path in sorted(used)
        ),
        "compartment": (
            _line({"on": item["code"], "by": item["param"]})
            for item in compartment["resource"]
            if item["code"] in TYPES and "param" in item
        ),
        "resources": (_line(_resource(name, structures)) for name in TYPES),
    }
    body = ",\n".join(
        f'"{name}": [\n' + ",\n".join(lines) + "\n]" for name, lines in sections.items()
    )
    out.write_text(f'{{\n"source": {json.dumps(SOURCE)},\n{body}\n}}\n')


def _resources(path: Path) -> list[Json]:
    return [entry["resource"] for entry in json.loads(path.read_bytes())["entry"]]


def _line(item: Json) -> str:
    return json.dumps(item, separators=(",", ":"))


def _without_empty(item: Json) -> Json:
    return {key: value for key, value in item.items() if value}


def _systems(valuesets: list[Json]) -> dict[str, tuple[str, ...]]:
    """Code systems by value set: what a code means that comes without its system."""
    return {
        item["url"]: tuple(
            include["system"] for include in item["compose"]["include"] if "system" in include
        )
        for item in valuesets
        if item["resourceType"] == "ValueSet" and "compose" in item
    }


def _element(element: Json, systems: dict[str, tuple[str, ...]]) -> Element:
    types = tuple("id" if item["code"] == CHARACTERS else item["code"] for item in element["type"])
    binding = element.get("binding", {})
    if types != ("code",) or binding.get("strength") != "required":
        return Element(types)
    return Element(types, systems.get(binding["valueSet"].split("|")[0], ()))


def _parameters(definitions: list[Json]) -> Iterator[Json]:
    by_url = {item["url"]: item for item in definitions}
    for item in definitions:
        expression = item.get("expression")
        for base in item["base"]:
            common = base == "Resource" and item["code"] in COMMON
            if not expression or not (common or base in TYPES) or (base, item["code"]) in NOT_R4:
                continue
            components = [
                {
                    "type": by_url[part["definition"]]["type"],
                    "path": CORRECTED.get(part["definition"], part["expression"]),
                }
                for part in item.get("component", ())
            ]
            targets = item.get("target", [])
            yield {
                "on": base,
                "code": item["code"],
                "type": item["type"],
                "path": " | ".join(_own(expression, base)),
                **({"to": sorted(t for t in targets if t in TYPES)} if targets else {}),
                **({"parts": components} if components else {}),
            }


def _own(expression: str, base: str) -> Iterator[str]:
    """The terms about ``base``; one parameter is defined for many types at once."""
    for term in terms(expression):
        if term.lstrip("(").split(".")[0] == base:
            yield term


def _walked(parameter: Json, elements: dict[str, Element]) -> set[str]:
    seen = walked(parameter["path"], elements)
    for term in terms(parameter["path"]):
        for part in parameter.get("parts", ()):
            seen |= walked(part["path"], elements, base=term)
    return seen


def _resource(name: str, structures: dict[str, list[Json]]) -> Json:
    own = [e for e in structures[name] if e["path"] not in NOT_R4_ELEMENTS]
    top = [element for element in own if element["path"].count(".") == 1]
    kept = [e for e in top if e["min"] or e.get("isModifier")]
    return {
        "on": name,
        "summary": sorted(_summary(name, own, structures)),
        "mandatory": sorted(key for element in kept for key in _keys(element)),
    }


def _summary(name: str, own: list[Json], structures: dict[str, list[Json]]) -> Iterator[str]:
    """Paths of the summary elements, down to where all that is below belongs to it."""
    for element in own:
        if not element.get("isSummary") or element["path"] == name:
            continue
        inner = [e for e in own if e["path"].startswith(element["path"] + ".")]
        parent = element["path"].partition(".")[2].rpartition(".")[0]
        if not inner:
            for key, datatype in zip(_keys(element), element["type"], strict=False):
                path = f"{parent}.{key}" if parent else key
                yield from _datatype(path, datatype["code"], structures)


def _datatype(path: str, datatype: str, structures: dict[str, list[Json]]) -> Iterator[str]:
    """``path``, or its parts if the type has some that are large and no part of a summary."""
    parts = [
        element
        for element in structures.get(datatype if datatype != "Extension" else "", ())
        if element["path"].count(".") == 1 and not element["path"].endswith((".id", ".extension"))
    ]
    if any(_large(element) for element in parts):
        yield from (f"{path}.{key}" for e in parts if not _large(e) for key in _keys(e))
    else:
        yield path


def _large(element: Json) -> bool:
    return any(item["code"] == "base64Binary" for item in element["type"])


def _keys(element: Json) -> Iterable[str]:
    """The names that an element has in JSON: of a choice one for each type."""
    name = element["path"].rpartition(".")[2]
    if not name.endswith("[x]"):
        return [name]
    codes = [item["code"] for item in element["type"]]
    return [f"{name[:-3]}{code[0].upper()}{code[1:]}" for code in codes]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
