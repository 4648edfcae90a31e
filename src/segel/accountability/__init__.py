"""Accountability: what shows that personal data is processed as promised.

Today it holds one tool, ``scan_copy``: read a stopped or copied home as a thief would, for terms
that must not be there. The register of processing, requests, people and the evidence report
join it with later issues; other capabilities import only what is named here (nothing yet).
"""
