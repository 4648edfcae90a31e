"""Wildcards of matching values: * for any letters, ? for one (PS3.4 § C.2.2.2.4)."""


def is_universal(value: str) -> bool:
    """Whether a matching value matches everything (PS3.4 § C.2.2.2.3 and .4)."""
    return not value.strip("* ")


def has_wildcard(value: str) -> bool:
    return "*" in value or "?" in value


def wildcard_match(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern`` with * and ? filled in; in time len(pattern) * len(text).

    Going back to the last star only is enough, and cannot be made slow as a regular expression
    can.
    """
    at = star = 0
    kept = -1
    index = 0
    while index < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, kept = at, index
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[index]):
            at += 1
            index += 1
        elif kept >= 0:
            kept += 1
            at, index = star + 1, kept
        else:
            return False
    return all(letter == "*" for letter in pattern[at:])
