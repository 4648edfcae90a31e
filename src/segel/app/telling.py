"""Times as the command line tells them: UTC, as everything in the archive."""

from datetime import UTC, datetime


def day(at_s: float) -> str:
    """The day of a Unix time."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def minute(at_s: float) -> str:
    """Day and minute of a Unix time."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"
