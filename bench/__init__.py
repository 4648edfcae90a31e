"""Segel beside Orthanc and beside the raw limit: ratios, from one run on one machine.

``python -m bench`` (``make bench``); ``docs/bench.md`` says what is measured and how to read it.
"""
