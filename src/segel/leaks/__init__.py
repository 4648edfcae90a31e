"""Leaks: whether an alleged leak is ours, whose data it is, how much, from when, through whom.

A case takes in files in quarantine, compares them under a warrant, and answers with evidence.
Decision 055 has the whole; ``model`` is what its parts hand one another.
"""
