"""The broker's own fixtures, for drills that need one broker and no more of Segel."""

from pathlib import Path

import pytest

from broker.conftest import arrival, estate_of
from segel.keys import KmsPlace
from support.kms import CHOSEN, new_place

__all__ = ["arrival", "estate_of", "kms_place"]


@pytest.fixture
def kms_place(tmp_path: Path) -> KmsPlace:
    """An empty KMS, of the kind that the tests run on."""
    return new_place(CHOSEN, tmp_path)
