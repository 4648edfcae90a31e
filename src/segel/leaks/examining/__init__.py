"""From a case's sealed evidence to an answer: read in quarantine, compared, judged."""

from segel.leaks.examining.examining import Comparing, Evidence, Progress, examine
from segel.leaks.examining.results import Examination, Examined

__all__ = ["Comparing", "Evidence", "Examination", "Examined", "Progress", "examine"]
