"""Why a document about a leak is not made."""

from segel.domain.errors import SegelError


class ContentMissing(SegelError):
    """What the law wants in a document is not known yet."""

    code = "leak-content-missing"
