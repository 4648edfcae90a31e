"""Intake: what a criminal wrote, read in a process without network, keys or disk."""
