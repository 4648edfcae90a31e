"""The walls of the quarantine: what a reader takes from itself before it sees a byte of a sample.

``raising`` puts them up in their order and tries each; ``landlock`` and ``seccomp`` are the
kernel's own words for two of them.
"""
