"""What coming in is refused for before anything was looked at."""

from segel.domain.errors import SegelError


class TooManyAttempts(SegelError):
    """One place tries more often than people and systems do. ``retry_after_s``: whole seconds."""

    code = "too-many-attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "There were too many attempts from your network.",
            remedy=f"Try again in {retry_after_s} seconds.",
        )
        self.retry_after_s = retry_after_s


class RequestBroken(SegelError):
    """A parameter or header that cannot be used."""

    code = "request-broken"


class MediaTypeUnsupported(SegelError):
    """A body of a kind that this resource does not take."""

    code = "media-type-unsupported"


class RequestInvalid(SegelError):
    """A token request that is not one. ``code`` is OAuth's own word (RFC 6749 § 5.2)."""

    code = "invalid_request"

    def __init__(self, what: str, *, field: str, code: str = "invalid_request") -> None:
        super().__init__(what, field=field)
        self.code = code
