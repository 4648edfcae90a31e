"""Why a document about a leak is not made."""

from segel.domain.errors import SegelError


class TellingError(SegelError):
    """What is wrong with findings or a document."""


class ContentMissing(TellingError):
    """What the law wants in a document is not known yet."""

    code = "leak-content-missing"


class FindingsBroken(TellingError):
    """Findings that say what cannot be."""

    code = "leak-findings-broken"


class DraftChanged(TellingError):
    """What is to be signed is not what was looked at."""

    code = "leak-draft-changed"


class ListBroken(TellingError):
    """A list of addressees that cannot be read."""

    code = "leak-list-broken"


class GatewayDown(TellingError):
    """What carries letters cannot be used: it is not there, not safe, or does not know us."""

    code = "leak-gateway-down"
