"""Synthetic patients by the million: an archive of the size that it was made for, of nobody.

``population`` draws people with true background statistics, ``plan`` says who is registered where
and what was imaged when, ``filling`` seals and writes them with the broker's own code, ``running``
has the processes for it, and ``command`` is ``segel synth``.
"""
