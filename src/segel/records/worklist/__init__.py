"""The modality worklist (PS3.4 Annex K): orders of the charts, as devices ask for them.

``Worklist`` answers queries; ``due_of`` says what a version of an order changes in it.
"""

from segel.records.worklist.service import Worklist, due_of

__all__ = ["Worklist", "due_of"]
