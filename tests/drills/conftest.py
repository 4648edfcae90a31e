"""The broker's own fixtures, for drills that need one broker and no more of Segel."""

from broker.conftest import arrival, estate_of

__all__ = ["arrival", "estate_of"]
