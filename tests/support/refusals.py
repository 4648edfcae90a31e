"""Tables of what is refused, and in which words: what, where and why of each error."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import NoteSigner, TlogError

HASH = bytes(range(32))
B64 = base64.b64encode(HASH).decode()
SIZE_LIMIT = 2**63
ORIGIN = "hospital.example/audit"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))

Refusals = dict[str, tuple[Callable[[], object], TlogError]]
"""In words what is wrong → what is tried, and the error that it must end in."""


def every(refusals: Refusals) -> pytest.MarkDecorator:
    """One test for each row."""
    return pytest.mark.parametrize(("refused", "said"), refusals.values(), ids=refusals.keys())


def assert_refused(refused: Callable[[], object], said: TlogError) -> None:
    """It raises this very class, about this place, with this detail."""
    with pytest.raises(TlogError) as raised:
        refused()
    error = raised.value
    assert (type(error), error.where, error.detail) == (type(said), said.where, said.detail)
