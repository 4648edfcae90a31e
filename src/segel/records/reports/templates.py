"""What a report begins with, chosen by modality and region. The texts are data, in ``templates/``.

A template asks and never answers: it has headings to be filled in, and no findings. What nobody
has dictated is not there to be signed unread.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from segel.records.reports.model import SECTIONS, Examination

GENERAL: Final = "general"
"""The template of whatever has none of its own."""

STUDY: Final = ("18748-4", "Diagnostic imaging study")
"""LOINC of an imaging report that no narrower code is known to fit."""


@dataclass(frozen=True, slots=True)
class Code:
    """A LOINC code, for examinations of so many ``images`` (0: any) named by one of ``words``
    (none: by any)."""

    code: str
    display: str
    images: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template. ``texts``: language, then section."""

    key: str
    titles: Mapping[str, str]
    modalities: tuple[str, ...]
    words: tuple[str, ...]
    codes: tuple[Code, ...]
    texts: Mapping[str, Mapping[str, str]]

    def fits(self, examination: Examination) -> bool:
        """Whether it is made for such an examination."""
        return not self._modalities.isdisjoint(examination.modalities) and _names(
            self.words, examination.words
        )

    @property
    def _modalities(self) -> frozenset[str]:
        return frozenset(self.modalities)


@lru_cache
def templates() -> Mapping[str, Template]:
    """All templates by their keys, the general one last."""
    folder = files("segel.records.reports") / "templates"
    found = [
        _template(one.name.removesuffix(".toml"), tomllib.loads(one.read_text("utf-8")))
        for one in folder.iterdir()
        if one.name.endswith(".toml")
    ]
    found.sort(key=lambda one: (one.key == GENERAL, one.key))
    return {one.key: one for one in found}


def template_for(examination: Examination) -> Template:
    """The template that an examination's report begins with."""
    return next(
        (one for one in templates().values() if one.key != GENERAL and one.fits(examination)),
        templates()[GENERAL],
    )


def code_of(examination: Examination) -> tuple[str, str]:
    """LOINC code and display of an examination's report: a narrow one where it surely fits."""
    for code in template_for(examination).codes:
        fits = code.images in (0, examination.images)
        if fits and (not code.words or _names(code.words, examination.words)):
            return code.code, code.display
    return STUDY


def _template(key: str, said: Mapping[str, Any]) -> Template:
    texts = {language: said[language] for language in ("id", "en")}
    assert all(set(one) <= set(SECTIONS) for one in texts.values()), key
    return Template(
        key,
        said["title"],
        tuple(said.get("modalities", ())),
        tuple(said.get("words", ())),
        tuple(
            Code(one["code"], one["display"], one.get("images", 0), tuple(one.get("words", ())))
            for one in said.get("codes", ())
        ),
        {language: {name: text.strip() for name, text in one.items()}
         for language, one in texts.items()},
    )  # fmt: skip


def _names(wanted: tuple[str, ...], words: str) -> bool:
    """Whether one of the words stands in a text, as a word."""
    said = set(re.findall(r"\w+", words.casefold()))
    return any(word in said for word in wanted)
