"""Attacks on a throwaway Segel of one's own: each says how many patients it took.

A drill stages an empty Segel in a temporary folder, fills it with invented patients, attacks it
through the doors that an attacker has, and holds what was taken against what the budgets allow.
``--without-budgets`` turns them off: then the attack has to succeed, or the drill proves nothing.
"""
