"""What can go wrong on a page besides what the broker refuses."""

from segel.domain.errors import SegelError


class ConsoleError(SegelError):
    """Something the console itself has to say."""

    code = "console-error"


class PictureMissing(ConsoleError):
    """The instance or frame is not there, or holds nothing to be shown."""

    code = "picture-missing"


class ChartMissing(ConsoleError):
    """No such patient or document, or none that this account may know of."""

    code = "chart-missing"


class OwnRecordGone(ConsoleError):
    """The asking patient's own record is not there: its key was destroyed."""

    code = "own-record-gone"


class FormBroken(ConsoleError):
    """A form field that is missing or cannot be used."""

    code = "form-broken"


class ChangedMeanwhile(ConsoleError):
    """Somebody else was there before; nothing was written over."""

    code = "changed-meanwhile"


class PageMissing(ConsoleError):
    """No page has this address."""

    code = "not-found"
