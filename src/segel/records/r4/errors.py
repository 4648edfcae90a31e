"""What can be wrong with a resource, said without a word of it."""

from dataclasses import dataclass

from segel.domain.errors import SegelError


class ResourceUnreadable(SegelError):
    """The body is not JSON that FHIR can be in. ``position`` is a byte or character, if known."""

    code = "resource-unreadable"

    def __init__(self, what: str, *, remedy: str = "", position: int | None = None) -> None:
        field = None if position is None else f"position {position}"
        super().__init__(what, remedy=remedy, field=field)
        self.position = position


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault, in the words of OperationOutcome.issue.

    ``code`` is out of IssueType, ``expression`` says where as a FHIRPath, and ``reason`` names the
    rule and the remedy. None of the three quotes a value: a resource is personal data.
    """

    severity: str
    code: str
    expression: str
    reason: str


class ResourceInvalid(SegelError):
    """The resource is not one of R4. ``issues`` are in the order of the resource."""

    code = "resource-invalid"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        assert issues
        first = issues[0]
        super().__init__(first.reason, field=first.expression)
        self.issues = issues

    @classmethod
    def of(cls, expression: str, code: str, reason: str) -> "ResourceInvalid":
        """That one thing is wrong with it."""
        return cls((Issue("error", code, expression, reason),))
