"""What a lost race is called."""


class ChangedMeanwhile(Exception):
    """Somebody else made or changed it since it was looked for: look again."""
