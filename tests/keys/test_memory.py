"""The fake can be sealed, so that whoever depends on a KMS can be seen to fail closed."""

from collections.abc import Callable

import pytest

from segel.keys import KmsSealed, KmsUnavailable, MemoryKms

KEY = bytes(32)


def test_a_sealed_kms_does_nothing_but_say_so() -> None:
    kms = MemoryKms()
    kms.create_kek("a")
    wrapped = kms.wrap("a", KEY, b"")
    kms.sealed = True
    attempts: list[Callable[[], object]] = [
        lambda: kms.create_kek("b"),
        lambda: kms.wrap("a", KEY, b""),
        lambda: kms.unwrap("a", wrapped, b""),
        lambda: kms.rewrap("a", wrapped, b""),
        lambda: kms.rotate("a"),
        lambda: kms.destroy_kek("a"),
    ]
    for attempt in attempts:
        with pytest.raises(KmsSealed) as caught:
            attempt()
        assert isinstance(caught.value, KmsUnavailable)
    assert kms.status().sealed
    kms.sealed = False
    assert kms.unwrap("a", wrapped, b"") == KEY
