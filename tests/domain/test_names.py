"""Names as Indonesian hospitals write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.names import name_tokens, phonetic_name, sound


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SOEKARDJO", "Sukarjo"),
        ("TJOKRO^BUDI", "Budi Cokro"),
        ("Hj. Siti AMINAH, S.Pd", "SITI AMINAH"),
        ("Achmad bin Yoesoef", "AHMAD YUSUF"),
        ("Muhammad", "MUHAMAD"),
        ("Djoko", "Joko"),
        ("Yanti", "Janti"),
        ("José", "JOSE"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert phonetic_name(one) == phonetic_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("BUDI", "BUDIMAN"), ("SITI", "SATI"), ("RINA", "RANI")]
)
def test_different_names_do_not(one: str, other: str) -> None:
    assert phonetic_name(one) != phonetic_name(other)


def test_order_and_component_boundaries_do_not_matter() -> None:
    assert phonetic_name("DEWI^LESTARI") == phonetic_name("Lestari Dewi")


def test_a_name_of_titles_only_is_kept() -> None:
    assert name_tokens("HAJI") == ("HAJI",)


@given(st.text(max_size=64))
def test_any_text_has_tokens_and_sounds(text: str) -> None:
    assert all(sound(word) for word in name_tokens(text))
