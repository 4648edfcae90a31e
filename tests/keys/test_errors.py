"""The KMS's errors cross process pools, and each has its code and words."""

import pickle

import pytest

from segel.keys import KmsError


def _tree(root: type[KmsError]) -> list[type[KmsError]]:
    return [root, *(found for child in root.__subclasses__() for found in _tree(child))]


@pytest.mark.parametrize("kind", _tree(KmsError))
def test_errors_cross_a_process_pool(kind: type[KmsError]) -> None:
    for error in (kind(), kind("It broke.", remedy="Mend it.")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert type(again) is kind
        assert (again.code, again.what, again.remedy) == (error.code, error.what, error.remedy)
        assert str(again)


def test_every_error_has_its_own_code() -> None:
    tree = _tree(KmsError)
    assert len({kind.code for kind in tree}) == len(tree) >= 13
