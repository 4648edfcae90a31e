"""Why a report is not saved, signed or amended. ``field`` is that of the page."""

from segel.records.errors import RecordsError


class ReportError(RecordsError):
    """Nothing was written."""

    code = "report-error"


class ReportIncomplete(ReportError):
    """A report is not signed without an impression: it is what is read first, and often alone."""

    code = "report-incomplete"


class ReportTooLong(ReportError):
    """A section that no report has: something was pasted by mistake."""

    code = "report-too-long"


class ReportSigned(ReportError):
    """It was signed, perhaps meanwhile: from then on it is amended only."""

    code = "report-signed"


class ReportNotSigned(ReportError):
    """An amendment of what nobody has signed: a draft is simply changed."""

    code = "report-not-signed"


class ReportMissing(ReportError):
    """There is no such report or document, or none that this account may know of."""

    code = "report-missing"


class ReasonUnsaid(ReportError):
    """An amendment says why it is made, in some words and not in an essay."""

    code = "report-reason-unsaid"


class AmendmentEmpty(ReportError):
    """An amendment that changes nothing and adds nothing."""

    code = "report-amendment-empty"
