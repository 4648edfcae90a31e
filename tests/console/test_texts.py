"""Every word is in the catalogue, in both languages, and is used."""

import re
import string
from pathlib import Path

import pytest

import segel.console
from segel.console.texts import LANGUAGES, TEXTS, text
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

FOLDER = Path(segel.console.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))

_KEY = re.compile(r"""\bt\(\s*["']([a-z_A-Z0-9.\-]+)["']""")
_PREFIX = re.compile(r"""["']([a-z_]+(?:\.[a-z_]+)*\.)["']\s*~""")
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_MARKUP = re.compile(r"<script.*?</script>|<style.*?</style>|<[^>]*>", re.DOTALL)
_SPEAKING = re.compile(r"""\b(?:title|alt|placeholder|aria-label|value)="([^"]*)\"""")


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_both_languages_with_the_same_gaps(key: str) -> None:
    both = TEXTS[key]
    assert len(both) == len(LANGUAGES)
    assert all(one.strip() == one and one for one in both)
    assert fields_of(both[0]) == fields_of(both[1])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_bare_words(template: Path) -> None:
    source = _JINJA.sub("", template.read_text())
    outside = _MARKUP.sub("", source)
    assert not re.search(r"[A-Za-z]{2,}", outside.replace("&nbsp;", ""))
    for spoken in _SPEAKING.findall(source):
        assert not re.search(r"[A-Za-z]{2,}.*\s", spoken), spoken


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_names_only_texts_that_are_there(template: Path) -> None:
    source = template.read_text()
    for key in _KEY.findall(source):
        assert key in TEXTS or any(known.startswith(key) for known in TEXTS), key


def test_no_text_is_left_over() -> None:
    source = "".join(template.read_text() for template in TEMPLATES)
    named = set(_KEY.findall(source))
    prefixes = set(_PREFIX.findall(source))
    unused = [
        key
        for key in TEXTS
        if key not in named and not any(key.startswith(prefix) for prefix in prefixes)
    ]
    assert not unused


def test_every_role_and_purpose_has_a_name() -> None:
    for language in LANGUAGES:
        assert all(text(language, f"role.{role.value}") for role in Role)
        assert all(text(language, f"purpose.{purpose.value}") for purpose in Purpose)


def test_every_error_that_has_a_title_has_a_text() -> None:
    kinds = {key.rsplit(".", 1)[0] for key in TEXTS if key.startswith("error.") and "." in key[6:]}
    for kind in kinds:
        assert f"{kind}.title" in TEXTS
        assert f"{kind}.text" in TEXTS
