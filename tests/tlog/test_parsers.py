"""Every parser meets arbitrary and nearly right input: a value that writes back, or a TlogError."""

import contextlib
import json
import pickle

from hypothesis import example, given
from hypothesis import strategies as st

from segel.tlog import (
    Checkpoint,
    CosignVerifier,
    NoteVerifier,
    Receipt,
    TlogError,
    decode_entries,
    encode_entries,
    errors,
    open_note,
    parse_tile_path,
    verify_receipt,
)

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER = NoteVerifier.parse(VKEY)

anything = st.text(st.characters(exclude_categories=()), max_size=80)
lines = st.lists(
    st.one_of(
        anything,
        st.just(""),
        st.integers(-1, 2**70).map(str),
        st.just("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        st.binary(max_size=80).map(lambda raw: "— PeterNeumann " + raw.hex()),
        st.just("— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8"),
        st.just("— other x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8"),
    ),
    max_size=8,
).map("\n".join)
notes = st.one_of(anything, lines, lines.map(lambda text: text + "\n"))


@given(notes)
def test_notes(note: str) -> None:
    with contextlib.suppress(TlogError):
        open_note(note, [PETER])


@given(notes)
def test_checkpoints(text: str) -> None:
    with contextlib.suppress(TlogError):
        assert Checkpoint.parse(text).text() == text


@given(st.one_of(anything, st.from_regex(r"tile/(entries|\d+)/(x?\d{1,4}/){0,3}\d{1,4}(\.p/\d+)?")))
@example("tile/0/000.p/" + "9" * 5000)
def test_tile_paths(path: str) -> None:
    with contextlib.suppress(TlogError):
        parsed = parse_tile_path(path)
        tile = parsed.tile
        assert path == (tile.entries_path() if parsed.holds_entries else tile.path())


@given(st.binary(max_size=400))
def test_entry_bundles(bundle: bytes) -> None:
    with contextlib.suppress(TlogError):
        assert encode_entries(decode_entries(bundle)) == bundle


@given(st.one_of(anything, st.from_regex(r"[a-z+]*\+[0-9a-f]{8}\+[A-Za-z0-9+/]*=?")))
@example("\ud800+00000000+AAAA")
def test_verifier_keys(vkey: str) -> None:
    for kind in (NoteVerifier, CosignVerifier):
        with contextlib.suppress(TlogError):
            assert kind.parse(vkey).vkey() == vkey


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=6,
)
receipts = st.fixed_dictionaries(
    {},
    optional={
        "leaf_index": st.integers(-1, 5) | json_values,
        "tree_size": st.integers(-1, 5) | json_values,
        "proof": st.just([]) | st.just(["A" * 43 + "="]) | json_values,
        "checkpoint": notes | json_values,
        "more": json_values,
    },
)


@given(st.binary(max_size=200) | receipts.map(lambda v: json.dumps(v).encode()))
def test_receipts(encoded: bytes) -> None:
    with contextlib.suppress(TlogError):
        receipt = Receipt.from_json(encoded)
        assert Receipt.from_json(receipt.to_json()) == receipt
        verify_receipt(receipt, b"entry", PETER)


def test_every_error_has_its_own_code_and_words_and_crosses_processes() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, TlogError)
    ]
    assert len(kinds) > 25
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        error = kind("tile/0/000", "It is entry 5.")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        assert type(again) is kind
        assert str(again) == str(error)
        assert str(error).startswith("tile/0/000: ")
        assert kind.what in str(error)
