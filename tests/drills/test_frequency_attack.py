"""The frequency drill: a stolen dump with true background statistics, and who knows them.

The thief has every row, is even told of which kind each token is, and knows the population from
four times as many other people. ``SEGEL_FREQUENCY_PATIENTS`` makes it larger.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from segel.app.synth.population import Population, population
from segel.broker.index import HOMOPHONES, PATIENT_TOKENS, STUDY_TOKENS, Index
from segel.broker.secrets import load_secrets
from segel.broker.shared_numbers import SHARED_TOKENS
from segel.domain.names import name_tokens, sound
from segel.domain.roles import Role
from segel.keys import FileKms
from segel.sealing import token
from support.filling import Hospital, dumped, fill
from support.frequency import Integers, Sight, assign
from support.keeping import only

PATIENTS: Final = int(os.environ.get("SEGEL_FREQUENCY_PATIENTS", "40000"))
KNOWN_TIMES: Final = 4
ONE_HOSPITAL: Final = (1.0,)
"""The thief's best case: tokens are bound to the hospital, so that counts grow with its size."""

RECOVERED_MAX: Final = 0.001
WEAK_RECOVERED_MIN: Final = 0.20


class Words:
    """Words and whole names as numbers, and how each name of a population is made of them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def of(self, people: Population) -> tuple[Integers, list[tuple[int, ...]]]:
        """The whole name's number and the words' numbers of everybody."""
        sounds = [[sound(word) for word in name_tokens(name)] for name in people.names]
        whole = np.array([self.number("=" + " ".join(sorted(one))) for one in sounds])
        words = [tuple(self.number(word) for word in one) for one in sounds]
        return whole[people.name], [words[at] for at in people.name.tolist()]


Values = dict[str, tuple[Integers, Integers, Integers]]
"""By kind: person, value, and the word or whole name that the value tells."""


def values_of_the_index(people: Population, words: Words, seed: int) -> Values:
    """What the real tokens stand for, as far as counts go: each homophone is a value."""
    chance = np.random.default_rng(seed)
    whole, each = words.of(people)
    me = np.arange(len(people))
    day = people.born.astype(np.int64) + 40_000
    year = people.born.astype("datetime64[Y]").astype(np.int64) + 100
    first = np.array([one[0] for one in each])
    last = np.array([one[-1] for one in each])
    two = first != last
    word, by = np.r_[first, last[two]], np.r_[me, me[two]]

    def spread(value: Integers) -> Integers:
        return value * HOMOPHONES + chance.integers(0, HOMOPHONES, len(value))

    return {
        "name": (me, (whole * 100_000 + day) * 2 + people.women, whole),
        "year": (me, spread(whole * 1_000 + year), whole),
        "word": (by, spread(word * 100_000 + day[by]), word),
    }


def values_of_single_names(people: Population, words: Words) -> Values:
    """What the weak tokens stand for: the words of names, and nothing else."""
    _, each = words.of(people)
    person = np.repeat(np.arange(len(people)), [len(one) for one in each])
    word = np.array([number for one in each for number in one])
    return {"word": (person, word, word)}


def recovered(
    dump: dict[str, Sight], known: Values, people: Population, words: Words
) -> dict[str, float]:
    """The share of patients whose name the attack states, by the kind of token it goes by."""
    sights, told = {}, {}
    for kind, (person, value, tells) in known.items():
        distinct, first, what = np.unique(value, return_index=True, return_inverse=True)
        sights[kind], told[kind] = Sight(person, what), tells[first]
        assert len(distinct) == len(first)
    guess = assign(dump, sights, 1 / KNOWN_TIMES, seed=3)
    whole, each = words.of(people)
    shares = {}
    for kind, sight in dump.items():
        taken_for = guess[kind][sight.what]
        said = np.where(taken_for >= 0, told[kind][taken_for], -1)
        if kind == "word":
            stated: dict[int, set[int]] = {}
            for person, word in zip(sight.person.tolist(), said.tolist(), strict=True):
                stated.setdefault(person, set()).add(word)
            right = sum(words_said == set(each[who]) for who, words_said in stated.items())
        else:
            right = int((said == whole[sight.person]).sum())
        shares[kind] = right / len(people)
    return shares


def numbered(values: list[bytes]) -> Integers:
    """Tokens as numbers that tell nothing."""
    numbers: NDArray[np.int64] = np.unique(np.array(values), return_inverse=True)[1]
    return numbers


@pytest.fixture(scope="module")
def people() -> Population:
    return population(PATIENTS, 1, ONE_HOSPITAL)


@pytest.fixture(scope="module")
def known() -> Population:
    return population(PATIENTS * KNOWN_TIMES, 2, ONE_HOSPITAL)


def blind(people: Population, words: Words) -> float:
    """What a thief without any dump gets, who says the commonest name of everybody."""
    return float(np.bincount(words.of(people)[0]).max() / len(people))


def test_a_frequency_attack_recovers_no_names_from_the_index(
    estate_of: Callable[[], Any],
    database: Any,
    tmp_path: Any,
    people: Population,
    known: Population,
) -> None:
    words = Words()

    async def run() -> tuple[Index, Hospital, list[Any]]:
        async with estate_of() as estate:
            await estate.token(Role.CLINICIAN)
            kms = FileKms.open(tmp_path / "kms", production=False)
            async with await psycopg.AsyncConnection.connect(database.broker) as connection:
                keyring, secrets = await load_secrets(connection, only(kms, tmp_path))
                row = await (
                    await connection.execute("SELECT hospital_id FROM hospitals")
                ).fetchone()
            assert row is not None
            hospital = Hospital(row[0], f"hospital-{row[0]}")
            index = Index(secrets.index)
            filled = fill(database.owner, index, keyring, [hospital], people)
            # The search still works on what is attacked.
            token_ = await estate.token(Role.CLINICIAN)
            person = people.person(7)
            for filters in (
                {"t00100010": person.name, "t00100030": person.birth_date},
                {"t00100010": person.name, "t00100030": f"{person.birth_date[:4]}0101-"
                 f"{person.birth_date[:4]}1231"},
            ):  # fmt: skip
                found = await estate.search(token_, **filters)
                assert filled.patient_ids[7] in {match.patient_id for match in found.matches}
            return index, hospital, filled.patient_ids

    index, hospital, patient_ids = asyncio.run(run())
    number = {patient_id: at for at, patient_id in enumerate(patient_ids)}
    kinds = kinds_of_tokens(index, hospital, people, patient_ids)
    seen: dict[str, tuple[list[int], list[bytes]]] = {}
    for stolen, target, *_ in dumped(database.owner, "index_tokens"):
        if target in number:
            kind = kinds.get(bytes(stolen), "chaff")
            person_list, token_list = seen.setdefault(kind, ([], []))
            person_list.append(number[target])
            token_list.append(bytes(stolen))
    del seen["chaff"]
    dump = {kind: Sight(np.array(who), numbered(what)) for kind, (who, what) in seen.items()}
    shares = recovered(dump, values_of_the_index(known, words, 4), people, words)
    print(f"\nreal index: {_said(shares, people, words)}")
    assert max(shares.values()) <= RECOVERED_MAX


def kinds_of_tokens(
    index: Index, hospital: Hospital, people: Population, patient_ids: list[Any]
) -> dict[bytes, str]:
    """Of which kind each token is: more than a thief knows."""
    kinds: dict[bytes, str] = {}
    for patient_id, person in zip(patient_ids, people.people(), strict=True):
        name, year, *words = index._names(hospital.hospital_id, patient_id, person)
        kinds |= {name: "name", year: "year"} | dict.fromkeys(words, "word")
    return kinds


def test_the_same_attack_recovers_names_from_tokens_of_single_names(
    people: Population, known: Population
) -> None:
    words, key = Words(), b"k" * 32
    tokens: dict[str, bytes] = {}
    who, what = [], []
    for number, person in enumerate(people.people()):
        for word in map(sound, name_tokens(person.name)):
            who.append(number)
            what.append(tokens.setdefault(word, token(key, "weak", word)))
    dump = {"word": Sight(np.array(who), numbered(what))}
    shares = recovered(dump, values_of_single_names(known, words), people, words)
    print(f"\nweak index: {_said(shares, people, words)}")
    assert max(shares.values()) > WEAK_RECOVERED_MIN


def test_every_patient_and_every_study_has_as_many_tokens(
    estate_of: Callable[[], Any], database: Any, arrival: Any
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            await estate.store(device, arrival(1, name="SLAMET"))
            await estate.store(device, arrival(2, name="SITI NUR AMINAH"))
            await estate.store(device, arrival(3, birth_date="", accession="", study_date=""))

    asyncio.run(run())
    counts: dict[Any, int] = {}
    for _, target, *_ in dumped(database.owner, "index_tokens"):
        counts[target] = counts.get(target, 0) + 1
    of_patient = PATIENT_TOKENS + SHARED_TOKENS
    assert sorted(counts.values()) == [*[STUDY_TOKENS] * 3, *[of_patient] * 3]


def _said(shares: dict[str, float], people: Population, words: Words) -> str:
    by_kind = ", ".join(f"{share:.3%} by {kind}" for kind, share in shares.items())
    return f"{len(people):,} patients: {by_kind}; without a dump {blind(people, words):.3%}"
