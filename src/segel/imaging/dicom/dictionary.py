"""What the data dictionaries say of a tag (PS3.6; private ones as pydicom collected them)."""

from functools import lru_cache

from pydicom.datadict import dictionary_keyword, dictionary_VR, private_dictionary_VR


@lru_cache(maxsize=8192)
def public_vr(tag: int) -> str:
    """The VR of a standard tag, '' where the dictionary has none; may be ambiguous ('US or SS')."""
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return "UL" if not tag & 0xFFFF and not tag & 0x10000 else ""


@lru_cache(maxsize=8192)
def private_vr(tag: int, creator: str) -> str:
    """The VR of a private tag in the block that ``creator`` reserved, 'UN' where unknown."""
    try:
        return str(private_dictionary_VR(tag, creator))
    except KeyError:
        return "UN"


def keyword(tag: int) -> str:
    """What to call a tag in an error: its keyword, or its number where it has none."""
    try:
        return dictionary_keyword(tag) or f"{tag:08X}"
    except KeyError:
        return f"{tag:08X}"
