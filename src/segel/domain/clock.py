"""Time as a port, so that a run can be replayed."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Unix time in seconds."""
