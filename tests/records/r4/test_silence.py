"""No issue quotes the resource, whatever is wrong with it; and nothing raises anything else."""

import contextlib
import copy
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segel.records.r4 import (
    TYPES,
    ResourceInvalid,
    ResourceUnreadable,
    decode,
    definitions,
    encode,
    validate,
)
from support.fhir_breaking import WAYS, broken, places
from support.fhir_generator import resources

SECRETS = ("9771014107870001", "Siti-Rahayu 1987", "rahasia_pasien", "+62 811-0000", "é̱影秘")

NAMES = st.sampled_from(
    sorted({key for shape in definitions().shapes.values() for key in shape.slots})
)
KEYS = NAMES | NAMES.map(lambda name: f"_{name}") | st.just("resourceType") | st.text(max_size=5)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=8)
    | st.sampled_from(sorted(TYPES)) | st.sampled_from(["#", "#a", "Patient/1", "2026-02-30"])
)  # fmt: skip
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(sorted(TYPES)))
def test_what_is_planted_is_in_no_issue(seed: int, name: str) -> None:
    chance = random.Random(seed)
    resource = copy.deepcopy(next(resources(name, 1, seed)))
    for _ in range(chance.randint(1, 6)):
        sites = list(places(resource, definitions().shapes[name], name))
        if not sites:
            break
        site, secret = chance.choice(sites), chance.choice(SECRETS)
        wrong: Any = chance.choice((secret, [secret], {secret: secret}, {"id": secret}, [None]))
        if chance.random() < 0.3:
            site.node[secret] = secret
        elif chance.random() < 0.2:
            site.node[f"_{site.key}"] = wrong
        else:
            site.node[site.key] = wrong
    if chance.random() < 0.1:
        resource["resourceType"] = chance.choice(SECRETS)
    try:
        validate(resource)
    except ResourceInvalid as error:
        told = str(error) + repr(error) + "".join(map(str, error.issues))
        assert not [secret for secret in SECRETS if secret in told]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TYPES)), JUNK, st.dictionaries(KEYS, JUNK, max_size=6))
def test_no_object_raises_anything_but_invalid(name: str, junk: Any, content: Any) -> None:
    for resource in (junk, content, {"resourceType": name, **content}):
        with contextlib.suppress(ResourceInvalid):
            validate(resource)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(sorted(TYPES)), JUNK)
def test_junk_in_a_valid_resource_raises_nothing_but_invalid(seed: int, name: str, junk) -> None:
    chance = random.Random(seed)
    resource = copy.deepcopy(next(resources(name, 1, seed)))
    sites = list(places(resource, definitions().shapes[name], name))
    if sites:
        site = chance.choice(sites)
        site.node[chance.choice((site.key, f"_{site.key}"))] = junk
        with contextlib.suppress(ResourceInvalid):
            validate(resource)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(sorted(TYPES)), st.data())
def test_cut_and_turned_bytes_raise_nothing_else(seed: int, name: str, data) -> None:
    body = bytearray(encode(next(resources(name, 1, seed))))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ResourceInvalid, ResourceUnreadable):
        validate(decode(bytes(body)))


def test_what_is_generated_is_valid_and_comes_again_from_its_seed() -> None:
    for name in TYPES:
        made = list(resources(name, 40, 3))
        assert made == list(resources(name, 40, 3))
        for resource in made:
            validate(resource)
            assert decode(encode(resource)) == json.loads(encode(resource), parse_float=_exact)


def _exact(text: str) -> Any:
    return decode(b'{"a":%s}' % text.encode())["a"]


def test_what_is_broken_is_refused_where_it_was_broken() -> None:
    ways = set()
    for name in TYPES:
        for case in broken(name, len(WAYS) * 2, 3):
            ways.add(case.way)
            try:
                validate(case.resource)
            except ResourceInvalid as error:
                found = [issue.expression for issue in error.issues]
                assert any(_is_at(case.path, where) for where in found), (case, found)
            else:
                raise AssertionError(f"{case.way} of {case.path} was accepted")
    assert ways == set(WAYS)


def _is_at(path: str, expression: str) -> bool:
    """At the place, or at an element within what was put there."""
    return expression == path or expression.startswith((f"{path}.", f"{path}["))
