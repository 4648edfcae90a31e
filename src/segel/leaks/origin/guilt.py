"""The guilt model of Papadimitriou and Garcia-Molina (Data Leakage Detection, IEEE TKDE 23, 2011).

Each leaked object came from one of those who hold it, all as likely, or was guessed. An agent is
guilty if it gave at least one. Published for a few agents that hold little in common; where
everybody opens thousands of records it calls most of them guilty. It is shown beside the likelihood
because it answers another question: may this account be left out?
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

GUESSED: Final = 0.5
"""That an object came from none of the holders: no log knows every way out."""


def guilt(gives: NDArray[np.bool_], holders: NDArray[np.int64], guessed: float = GUESSED) -> float:
    """Equation 7: 1 minus the product over the agent's leaked objects of 1 - (1 - p) / holders.

    ``gives``: which of the records the agent held. ``holders``: how many agents held each.
    """
    held = holders[gives]
    return float(1 - np.prod(1 - (1 - guessed) / np.maximum(held, 1)))
