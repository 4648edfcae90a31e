"""Covid-19 tests: results as one of three SNOMED CT codes, where the message says it clearly.

Cards are made from these, so that nothing is guessed: a code or word that is not known, or a code
and a word that contradict each other, stay what they are.
"""

import re
from collections.abc import Mapping
from typing import Final

from segel.domain import result_words
from segel.records.hl7.coding import LOINC, SNOMED, V2, Json

TESTS: Final = frozenset({"94558-4", "95209-3", "94500-6", "94309-2", "94845-5"})
"""LOINC: two of antigen; RNA in respiratory specimens, in any specimen, and in saliva."""

POSITIVE: Final[Json] = {"system": SNOMED, "code": "10828004", "display": "Positive"}
NEGATIVE: Final[Json] = {"system": SNOMED, "code": "260385009", "display": "Negative"}
INCONCLUSIVE: Final[Json] = {"system": SNOMED, "code": "419984006", "display": "Inconclusive"}

MEANINGS: Final[Mapping[str, str]] = {
    "10828004": "positive",
    "260385009": "negative",
    "419984006": "inconclusive",
}
"""The three, by their codes."""

_CODES: Final[Mapping[tuple[str, str], Json]] = {
    (SNOMED, "10828004"): POSITIVE,
    (SNOMED, "260373001"): POSITIVE,  # detected
    (SNOMED, "260385009"): NEGATIVE,
    (SNOMED, "260415000"): NEGATIVE,  # not detected
    (SNOMED, "419984006"): INCONCLUSIVE,
    (SNOMED, "82334004"): INCONCLUSIVE,  # indeterminate
    (LOINC, "LA6576-8"): POSITIVE,
    (LOINC, "LA11882-0"): POSITIVE,  # detected
    (LOINC, "LA6577-6"): NEGATIVE,
    (LOINC, "LA11883-8"): NEGATIVE,  # not detected
    (LOINC, "LA9663-1"): INCONCLUSIVE,
    (V2 + "0078", "POS"): POSITIVE,
    (V2 + "0078", "NEG"): NEGATIVE,
    (V2 + "0078", "IND"): INCONCLUSIVE,
}
_CODINGS: Final[Mapping[str, Json]] = {
    result_words.POSITIVE: POSITIVE,
    result_words.NEGATIVE: NEGATIVE,
    result_words.INCONCLUSIVE: INCONCLUSIVE,
}
_WORDS: Final[Mapping[str, Json]] = {
    word: _CODINGS[meaning] for word, meaning in result_words.MEANINGS.items()
}
_WORDS_LENGTH_MAX: Final = 64
"""Longer is a sentence, and a pattern's time must not be the sender's to choose."""

_SIGNS: Final = {"+": POSITIVE, "-": NEGATIVE}
_SIGNED: Final = re.compile(r"(.*?)\s*\(\s*([+-])\s*\)\Z", re.DOTALL)


def is_covid_test(code: Json) -> bool:
    """Whether an Observation's code is a test for SARS-CoV-2 with such a result."""
    return any(
        coding.get("system") == LOINC and coding["code"] in TESTS
        for coding in code.get("coding", ())
    )


def meaning_of(code: Json, value: Json) -> str:
    """What a test for SARS-CoV-2 found, as ``MEANINGS`` has it; '' where it is another test, or
    where that is not clearly said."""
    coded = [one for one in value.get("coding", ()) if "code" in one]
    tested = [one for one in code.get("coding", ()) if "code" in one]
    if not is_covid_test({"coding": tested}):
        return ""
    first = with_meaning({**value, "coding": coded}).get("coding", [{}])[:1]
    return next((MEANINGS.get(one.get("code", ""), "") for one in first), "")


def found_in(observation: Json, part: Json) -> str:
    """What a test for SARS-CoV-2 found, as ``MEANINGS`` has it: ``part`` is the Observation itself
    or one of its components. '' where value and interpretation contradict each other."""
    code = part.get("code") or observation.get("code", {})
    # v2 has the same codes for positive and negative as v3-ObservationInterpretation.
    flags = (
        {"coding": [{"system": V2 + "0078", "code": coding.get("code", "")}]}
        for concept in part.get("interpretation", ())
        for coding in concept.get("coding", ())
    )
    said = (part.get("valueCodeableConcept", {}), {"text": part.get("valueString", "")}, *flags)
    found = {meaning_of(code, value) for value in said} - {""}
    return found.pop() if len(found) == 1 else ""


def with_meaning(value: Json) -> Json:
    """A CodeableConcept with the SNOMED CT code of what it says before its own codings.

    Itself where that is not known. Where it contradicts itself only its words are left, so that
    nobody reads one half of it.
    """
    meanings = [
        _CODES[place]
        for coding in value.get("coding", ())
        if (place := (coding.get("system", ""), coding["code"])) in _CODES
    ]
    texts = [coding.get("display", "") for coding in value.get("coding", ())]
    # A code without a system is a word.
    texts += [coding["code"] for coding in value.get("coding", ()) if "system" not in coding]
    meanings += [
        meaning for text in (*texts, value.get("text", "")) if (meaning := _of_words(text))
    ]
    codes = {meaning["code"] for meaning in meanings}
    if len(codes) > 1:
        said = (*texts, *(coding["code"] for coding in value.get("coding", ())), value.get("text"))
        return {"text": " / ".join(dict.fromkeys(part for part in said if part))}
    if not codes:
        return value
    others = [
        coding
        for coding in value.get("coding", ())
        if (coding.get("system"), coding["code"]) != (SNOMED, meanings[0]["code"])
    ]
    return {**value, "coding": [dict(meanings[0]), *others]}


def _of_words(text: str) -> Json | None:
    """What a whole text says; a word within a sentence says nothing."""
    if len(text) > _WORDS_LENGTH_MAX:
        return None
    signed = _SIGNED.match(text)
    sign = _SIGNS[signed[2]] if signed else None
    bare = (signed[1] if signed else text).strip(" .!:;,").casefold()
    meaning = _WORDS.get(" ".join(re.split(r"[\s_\-]+", bare)))
    if sign is not None and meaning is not sign:
        return None
    return meaning
