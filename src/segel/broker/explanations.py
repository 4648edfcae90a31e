"""What explains an access, and how much one that nothing explains deserves a look. Pure.

Names are matched conservatively: a false explanation hides an access, a missed one costs the
officer a glance. So two names are one person's only where all their words sound alike, and a
single word is nobody in particular.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from segel.domain.dicom import JsonDataset, text_value
from segel.domain.names import name_tokens, phonetic_name, sound
from segel.domain.reasons import Explanation, Signal

STUDY_NAMES: Final[Mapping[str, Explanation]] = {
    "00080090": Explanation.REFERRED,  # ReferringPhysicianName
    "00321032": Explanation.REQUESTED,  # RequestingPhysician
    "00081060": Explanation.READ,  # NameOfPhysiciansReadingStudy
}
SERIES_NAMES: Final[Mapping[str, Explanation]] = {
    "00081050": Explanation.PERFORMED,  # PerformingPhysicianName
    "00081070": Explanation.OPERATED,  # OperatorsName
}
PATIENT_NAME: Final = "00100010"
DEPARTMENT: Final = "00081040"
"""InstitutionalDepartmentName: where the images were made."""

WORDS_MIN: Final = 2
FAMILY_WORD_LENGTH_MIN: Final = 4

COMMON_WORDS: Final = frozenset(
    sound(word)
    for word in (
        "SITI NUR NURUL SRI DEWI MUHAMMAD MOHAMMAD MUHAMAD AHMAD ABDUL ABDULLAH AGUS BUDI EKO DWI"
        " TRI ANAK PUTU MADE NYOMAN KETUT WAYAN KADEK KOMANG GEDE LUH MARIA YOHANES INDAH PUTRI"
        " PUTRA RATNA ENDANG SUTRISNO SARI"
    ).split()
)
"""Words that so many people share that having one in common says nothing."""

DAY_BEGINS_H: Final = 6
DAY_ENDS_H: Final = 20
"""Hours of the server's own time between which a ward is awake."""

IN_A_ROW_MIN: Final = 3
IN_A_ROW_MAX: Final = 10
"""Unexplained accesses of one account, one after the other: from how many on they weigh, and from
how many on the officer is told at once."""

WEIGHTS: Final[Mapping[Signal, int]] = {
    Signal.UNEXPLAINED: 40,
    Signal.SAME_NAME: 25,
    Signal.PROTECTED: 25,
    Signal.OTHER_DEPARTMENT: 10,
    Signal.OFF_HOURS: 10,
    Signal.IN_A_ROW: 15,
    Signal.SAMPLED: 0,
}
"""What each signal adds. One that nothing explains outweighs any single other one; a relative's
name counts as much as a record that is protected. They are an order for reading, not a measure."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an access when it is weighed. ``in_a_row``: this one counted in."""

    explained_by: tuple[str, ...]
    same_name: bool = False
    protected: bool = False
    hour: int = 12
    in_a_row: int = 0
    other_department: bool = False
    sampled: bool = False


def is_same_person(one: str, other: str) -> bool:
    """Whether two written names are surely one person's."""
    return len(name_tokens(one)) >= WORDS_MIN and phonetic_name(one) == phonetic_name(other)


def may_be_family(account: str, patient: str) -> bool:
    """Whether two people share a rare word of their names: a relative, or oneself."""
    words = [
        {key for word in name_tokens(name) if len(word) >= FAMILY_WORD_LENGTH_MIN
         and (key := sound(word)) not in COMMON_WORDS}
        for name in (account, patient)
    ]  # fmt: skip
    return bool(words[0] & words[1])


def named_in(
    attributes: JsonDataset, account: str, names: Mapping[str, Explanation]
) -> list[Explanation]:
    """As what a data set names the account's holder."""
    return [
        explanation
        for tag, explanation in names.items()
        if any(is_same_person(account, name) for name in person_names(attributes, tag))
    ]


def person_names(attributes: JsonDataset, tag: str) -> Iterable[str]:
    """All names of an attribute that may have several: family, given and middle name; not the
    titles and degrees that stand in the fourth and fifth component (PS3.5 § 6.2.1.1)."""
    values = attributes.get(tag, {}).get("Value", [])
    for value in values:
        name = value.get("Alphabetic", "") if isinstance(value, dict) else value
        if isinstance(name, str) and name:
            yield "^".join(name.split("=", 1)[0].split("^")[:3])


def is_other_department(own: str, attributes: JsonDataset) -> bool:
    """Whether the images were made in a department that is not the account's; unsaid is not."""
    there = text_value(attributes, DEPARTMENT)
    return bool(own and there) and _plain(own) != _plain(there)


def signals(facts: Facts) -> tuple[Signal, ...]:
    """What is remarkable about an access, the weightiest first."""
    found = {
        Signal.UNEXPLAINED: not facts.explained_by,
        Signal.SAME_NAME: facts.same_name,
        Signal.PROTECTED: facts.protected,
        Signal.OFF_HOURS: not DAY_BEGINS_H <= facts.hour < DAY_ENDS_H,
        Signal.IN_A_ROW: facts.in_a_row >= IN_A_ROW_MIN,
        Signal.OTHER_DEPARTMENT: facts.other_department,
        Signal.SAMPLED: facts.sampled,
    }
    present = [signal for signal, there in found.items() if there]
    return tuple(sorted(present, key=lambda signal: -WEIGHTS[signal]))


def score(found: Iterable[Signal]) -> int:
    """How far up in the list; what nothing explains stands before all that something does."""
    known = set(found)
    total = sum(WEIGHTS[signal] for signal in known)
    return total + UNEXPLAINED_FIRST if Signal.UNEXPLAINED in known else total


UNEXPLAINED_FIRST: Final = sum(WEIGHTS.values())


def is_listed(found: Iterable[Signal]) -> bool:
    """Whether an officer should look at all: unexplained, drawn, or in a relative's record."""
    return bool(
        {Signal.UNEXPLAINED, Signal.SAMPLED, Signal.SAME_NAME, Signal.PROTECTED} & set(found)
    )


def _plain(department: str) -> str:
    return " ".join(name_tokens(department))
