"""Words for what a test found, in Indonesian and English, as laboratories and tables write them."""

from collections.abc import Mapping
from typing import Final

POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"
INCONCLUSIVE: Final = "inconclusive"

MEANINGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("positif", "positive", "reaktif", "reactive", "detected", "terdeteksi"), POSITIVE
    ),
    **dict.fromkeys(
        (
            "negatif", "negative", "non reaktif", "nonreaktif", "non reactive", "nonreactive",
            "not detected", "tidak terdeteksi",
        ),
        NEGATIVE,
    ),
    **dict.fromkeys(
        ("inkonklusif", "inconclusive", "indeterminate", "indeterminat", "equivocal"), INCONCLUSIVE
    ),
}  # fmt: skip
"""By the words, in lower case with single blanks and no hyphens."""
