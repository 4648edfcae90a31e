"""Errors cross process pools and logs: they survive pickling, and say what to do."""

import pickle

import pytest

from segel.sealing import (
    KeyMalformed,
    LabelMalformed,
    ObjectTooLarge,
    RangeOutside,
    SealBroken,
    SealingError,
)

ERRORS: list[SealingError] = [
    SealBroken(),
    RangeOutside(),
    KeyMalformed(),
    LabelMalformed("scope"),
    ObjectTooLarge(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_errors_cross_a_process_pool(error: SealingError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert str(again) == str(error) == f"{error.what} {error.remedy}".strip()


def test_every_error_has_its_own_code() -> None:
    classes = SealingError.__subclasses__()
    assert len({error.code for error in classes}) == len(classes) == len(ERRORS)
