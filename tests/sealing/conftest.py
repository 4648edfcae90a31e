"""Contexts and replayable randomness for the sealing tests."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from segel.sealing import ObjectContext
from support.sealed import CONTEXT, KEY

WYCHEPROOF = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "wycheproof"


@pytest.fixture
def wycheproof() -> Path:
    if not WYCHEPROOF.is_dir():
        pytest.skip("the Wycheproof vectors are not beside this checkout")
    return WYCHEPROOF


@pytest.fixture
def seeded() -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""
    return random.Random(20210831).randbytes


@pytest.fixture
def scope_key() -> bytes:
    return KEY


@pytest.fixture
def context() -> ObjectContext:
    return CONTEXT
