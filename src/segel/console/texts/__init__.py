"""Every word the console shows, once, in Indonesian and English; a file for each area.

Templates name a text by its key; a test holds that both languages have every key, that a template
has no bare words, and that no text is left over.
"""

from typing import Final

from segel.console.texts import (
    accesses,
    account,
    alerts,
    arrivals,
    break_glass,
    card_oversight,
    cards,
    chart,
    common,
    containing,
    declarations,
    duplicates,
    errors,
    laboratory,
    leak_answer,
    leak_columns,
    leak_documents,
    leaks,
    links,
    onboarding,
    oversight,
    passes,
    people,
    portal,
    record,
    report,
    requests,
    retention,
    reviews,
    sign_in,
    study,
    viewer,
    warrants,
    ways_in,
    worklist,
)

LANGUAGES: Final = ("id", "en")

_AREAS: Final = (
    accesses,
    account,
    alerts,
    arrivals,
    break_glass,
    card_oversight,
    cards,
    chart,
    common,
    containing,
    declarations,
    duplicates,
    errors,
    laboratory,
    leak_answer,
    leak_columns,
    leak_documents,
    leaks,
    links,
    onboarding,
    oversight,
    passes,
    people,
    portal,
    record,
    report,
    requests,
    retention,
    reviews,
    sign_in,
    study,
    viewer,
    warrants,
    ways_in,
    worklist,
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    key: both for area in _AREAS for key, both in area.TEXTS.items()
}
assert len(TEXTS) == sum(len(area.TEXTS) for area in _AREAS), "a key belongs to one area"


def text(language: str, key: str, **values: object) -> str:
    """The text of ``key``, filled in. Raises KeyError for a key that is not here."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def has_text(key: str) -> bool:
    """Whether there is a text of this key."""
    return key in TEXTS


def keys_of(prefix: str) -> list[str]:
    """What follows ``prefix`` in the keys that begin with it: a script chooses among them."""
    return [key.removeprefix(prefix) for key in TEXTS if key.startswith(prefix)]
