"""What is wrong with a table, or with one row of it: a word for it, and what it means.

Nothing here quotes a cell. A page says the same in its reader's language by the word; programs and
logs have the English.
"""

from dataclasses import dataclass
from enum import Enum

from segel.domain.errors import SegelError


class Wrong(Enum):
    """What can be wrong with a row: a word, what happened, and the remedy."""

    MISSING = ("missing", "The cell is empty.", "Fill it in.")
    NO_NUMBER = (
        "no-number",
        "The patient has no number.",
        "Give the NIK, the medical record number or the passport's number.",
    )
    SCIENTIFIC = (
        "scientific",
        "The number was shortened by the spreadsheet (as 3,2E+15); its last digits are lost.",
        "Format the column as text, enter the number again, and save the file anew.",
    )
    DIGITS_LOST = (
        "digits-lost",
        "The spreadsheet keeps this as a number, of which it keeps 15 digits; the last are lost.",
        "Format the column as text, enter the number again, and save the file anew.",
    )
    IDENTIFIER = ("identifier", "This is no such number.", "Copy it from the card.")
    DATE = (
        "date",
        "This is no date that can be read.",
        "Write day, month and year with four digits: 05/01/2022 or 2022-01-05.",
    )
    DATE_FUTURE = ("date-future", "The date lies in the future.", "Correct it.")
    TIME = ("time", "This is no time of day.", "Write it as 08:30.")
    SEX = ("sex", "This is no sex that can be read.", "Write L or P, or leave it empty.")
    NUMBER = (
        "number",
        "This is no number.",
        "Write digits with a decimal comma, without a unit; words belong into the result's column.",
    )
    AMBIGUOUS = (
        "ambiguous",
        "Nobody can say whether the sign before the last three digits is a decimal sign.",
        "Say which sign the file has for decimals, or write the number without it.",
    )
    RESULT = (
        "result",
        "A Covid-19 test has no such result.",
        "Write positif, negatif, inkonklusif or invalid.",
    )
    BOTH = (
        "both",
        "A Covid-19 test has a word as its result, and here is a number, too.",
        "Put a Ct value into a column of its own, and leave this one out.",
    )
    CODE = ("code", "This is no LOINC code.", "Write it as 94500-6, or leave it empty.")
    FORMULA = (
        "formula",
        "The cell holds an error or a formula that was never computed.",
        "Open the file in the spreadsheet, correct the cell, and save it.",
    )
    TWICE = (
        "twice",
        "An earlier row has another result of the same test of the same specimen.",
        "Give each its own specimen number, or leave one out.",
    )
    OTHER_PERSON = (
        "other-person",
        "The numbers are of more than one registered patient.",
        "Correct them; else the medical records officer finds out who it is.",
    )
    ERASED = ("erased", "The patient's record was erased.", "Ask the data protection officer.")
    UNREADABLE = ("unreadable", "The row cannot be taken as it is.", "Correct the cell.")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def what(self) -> str:
        return self.value[1]

    @property
    def remedy(self) -> str:
        return self.value[2]


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is not taken. ``row`` as the spreadsheet counts it; ``column``: its header, which
    may be empty; ``field``: what it was taken for."""

    row: int
    column: str
    field: str
    wrong: Wrong


class SheetProblem(Enum):
    """What can be wrong with a whole file: a word, what happened, and the remedy."""

    EMPTY = ("empty", "The file has no rows.", "Choose the file that has the results.")
    OLD = (
        "old",
        "This is a workbook of the old form (.xls) or of another program.",
        "Save it as .xlsx or as CSV.",
    )
    LOCKED = ("locked", "The workbook is protected by a password.", "Save it without one.")
    BROKEN = ("broken", "The workbook cannot be read.", "Save it anew as .xlsx or as CSV.")
    ENCODING = (
        "encoding",
        "The file's characters cannot be read.",
        "Save it as “CSV UTF-8” or as .xlsx.",
    )
    QUOTES = (
        "quotes",
        "A quotation mark is never closed.",
        "Save the file from the spreadsheet anew, or as .xlsx.",
    )
    BYTES = ("bytes", "The file is larger than 8 MiB.", "Send it in several files.")
    UNPACKED = ("unpacked", "The workbook unpacks to more than is read.", "Save it as CSV.")
    ROWS = ("rows", "The table has more than 5,000 rows.", "Send it in several files.")
    COLUMNS = ("columns", "The table has more than 100 columns.", "Leave out empty columns.")
    CELL = ("cell", "A cell has more than 1,000 characters.", "Shorten it.")
    MAPPING = (
        "mapping",
        "It is not said of every column that is needed which one it is.",
        "Say it of the name, a number of the patient, the sampling date, the test and the result.",
    )

    @property
    def word(self) -> str:
        return self.value[0]


class SheetRefused(SegelError):
    """A file that is not read at all, or a mapping that leaves out what is needed."""

    code = "sheet-refused"

    def __init__(self, problem: SheetProblem, field: str | None = None) -> None:
        super().__init__(problem.value[1], remedy=problem.value[2], field=field)
        self.problem = problem


class SheetUnknown(SegelError):
    """No such import of this account, or one that is over."""

    code = "sheet-unknown"
