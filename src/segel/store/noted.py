"""Writing down what subscribers are to be told of, beside what is written of patients."""

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID


class Noted(Protocol):
    """A row of ``subscription_events``, as the broker made it."""

    @property
    def event_id(self) -> UUID:
        """A keyed token of subscription and resource."""

    @property
    def subscription_id(self) -> UUID:
        """Who is to be told."""

    @property
    def whose(self) -> bytes:
        """A keyed token of subscription and patient."""

    @property
    def sealed(self) -> bytes:
        """What only the broker reads."""


INSERT_NOTED: Final = (
    "INSERT INTO subscription_events (event_id, subscription_id, whose, counted, sealed)"
    " SELECT n.event_id, n.subscription_id, n.whose, false, n.sealed"
    " FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::bytea[])"
    " AS n (event_id, subscription_id, whose, sealed)"
    " ON CONFLICT (event_id) DO UPDATE SET counted = false, sealed = excluded.sealed"
)
"""What matches again is told again. Its values: ``columns_of``."""


def columns_of(noted: Sequence[Noted]) -> list[list[object]]:
    """The columns of rows, each row once, in the order that everybody takes their locks in."""
    rows = [one for _, one in sorted({one.event_id: one for one in noted}.items())]
    return [
        [one.event_id for one in rows],
        [one.subscription_id for one in rows],
        [one.whose for one in rows],
        [one.sealed for one in rows],
    ]
