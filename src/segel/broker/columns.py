"""Many rows in one statement: ``INSERT ... SELECT * FROM unnest(%b::uuid[], %b::bytea[])``.

One execution on either side for a batch; a statement for each row takes several times as long.
"""

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[object]]) -> tuple[list[object], ...]:
    """The columns of ``rows``, of which there is at least one."""
    return tuple(map(list, zip(*rows, strict=True)))
