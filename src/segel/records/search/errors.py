"""The one error of a search: the query cannot be answered as it was asked."""

import re
from typing import Final

from segel.domain.errors import SegelError

_NAME: Final = re.compile(r"[A-Za-z_:.-]{1,64}")
"""What a parameter's name looks like. Anything else might be a value in the wrong place."""


class QueryInvalid(SegelError):
    """A search query with a parameter that does not exist, is malformed or is not supported.

    ``field`` is the parameter's name where it looks like one. A value is never quoted: people are
    searched by their names and numbers.
    """

    code = "query-invalid"

    def __init__(self, what: str, *, remedy: str, name: str = "") -> None:
        super().__init__(what, remedy=remedy, field=name if looks_like_a_name(name) else None)


def looks_like_a_name(name: str) -> bool:
    """Whether a parameter's name, as it was sent, may be said again."""
    return _NAME.fullmatch(name) is not None
