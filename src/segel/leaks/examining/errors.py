"""What can be wrong with what an examination is told."""

from segel.domain.errors import SegelError


class CorrectionsBroken(SegelError):
    """Corrections that correct nothing, or more than there can be."""

    code = "leak-corrections-broken"
