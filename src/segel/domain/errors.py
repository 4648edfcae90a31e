"""The root of every error that Segel shows to somebody.

A message names the field, the reason and the remedy, and never carries personal data: what was
sent stays with the sender, what is stored stays sealed.
"""


class SegelError(Exception):
    """Something that a person or a peer has to be told.

    ``code`` is the machine's word (kebab-case, stable), ``what`` says what happened, ``field`` to
    which part of the request, ``remedy`` what to do about it.
    """

    code = "internal-error"

    def __init__(self, what: str, *, remedy: str = "", field: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.field = field

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"
