"""From a case's sealed evidence to an answer: read in quarantine, compared, judged."""

from segel.leaks.examining.corrections import CORRECTIONS, Corrections
from segel.leaks.examining.errors import CorrectionsBroken
from segel.leaks.examining.examining import Comparing, Evidence, Progress, examine
from segel.leaks.examining.results import (
    EXTENT,
    ORIGIN,
    SAMPLE,
    VERDICT,
    Examination,
    Examined,
    Extent,
    Traced,
)
from segel.leaks.model import Judgement

__all__ = [
    "CORRECTIONS",
    "EXTENT",
    "ORIGIN",
    "SAMPLE",
    "VERDICT",
    "Comparing",
    "Corrections",
    "CorrectionsBroken",
    "Evidence",
    "Examination",
    "Examined",
    "Extent",
    "Judgement",
    "Progress",
    "Traced",
    "examine",
]
