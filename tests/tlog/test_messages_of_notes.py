"""Refused keys, notes, checkpoints and cosignatures: what is said, about what and why."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    Checkpoint,
    CheckpointMalformed,
    CosignatureFuture,
    CosignSigner,
    CosignVerifier,
    FrontierMalformed,
    HashMalformed,
    KeyMalformed,
    NoteMalformed,
    NoteVerifier,
    QuorumMissing,
    SignatureBroken,
    SignatureMissing,
    TlogError,
    VerifierAmbiguous,
    add_lines,
    add_signatures,
    open_note,
    require_key_name,
    require_quorum,
    sign_note,
    split_note,
    take_cosignature,
)
from support.refusals import (
    B64,
    HASH,
    LOG,
    ORIGIN,
    SIZE_LIMIT,
    Refusals,
    assert_refused,
    every,
)

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
WITNESS = CosignSigner("w.example", OTHER_KEY, 1_000)
KEY, WITNESS_KEY = LOG.verifier(), WITNESS.verifier()

NOTE = sign_note(Checkpoint(ORIGIN, 3, HASH).text(), LOG)
COSIGNED = add_signatures(NOTE, WITNESS)
TEXT, (LINE,) = split_note(NOTE)


class SameId(NoteVerifier):
    """Another key that pretends to the log's name and ID."""

    key_id = KEY.key_id


CHECKPOINTS: Refusals = {
    "a negative size": (lambda: Checkpoint("o", -1, HASH), CheckpointMalformed("size")),
    "too large a size": (lambda: Checkpoint("o", SIZE_LIMIT, HASH), CheckpointMalformed("size")),
    "a short root": (lambda: Checkpoint("o", 1, HASH[1:]), CheckpointMalformed("root")),
    "a long root": (lambda: Checkpoint("o", 1, HASH + b"\0"), CheckpointMalformed("root")),
    "no origin": (lambda: Checkpoint("", 1, HASH), CheckpointMalformed("origin")),
    "a control character in the origin": (
        lambda: Checkpoint("o\x1f", 1, HASH),
        CheckpointMalformed("origin"),
    ),
    "an empty extension": (
        lambda: Checkpoint("o", 1, HASH, ("fine", "")),
        CheckpointMalformed("extension"),
    ),
    "a control character in an extension": (
        lambda: Checkpoint("o", 1, HASH, ("\x1fx",)),
        CheckpointMalformed("extension"),
    ),
    "two lines": (
        lambda: Checkpoint.parse("o\n7\n"),
        CheckpointMalformed("text", "It has three lines and ends in a newline."),
    ),
    "no newline at the end": (
        lambda: Checkpoint.parse(f"o\n7\n{B64}\nextension"),
        CheckpointMalformed("text", "It has three lines and ends in a newline."),
    ),
    "a size with a leading zero": (
        lambda: Checkpoint.parse(f"o\n07\n{B64}\n"),
        CheckpointMalformed("size"),
    ),
    "a root that is no base64": (
        lambda: Checkpoint.parse(f"o\n7\n{B64[:-1]}\n"),
        CheckpointMalformed("root"),
    ),
    "a root beyond ASCII": (
        lambda: Checkpoint.parse(f"o\n7\n{B64[:-1]}٧\n"),
        CheckpointMalformed("root"),
    ),
}

KEYS: Refusals = {
    "an empty name": (lambda: require_key_name(""), KeyMalformed("key name")),
    "a plus": (lambda: require_key_name("a+b"), KeyMalformed("key name")),
    "a space": (lambda: require_key_name("a b"), KeyMalformed("key name")),
    "a control character": (lambda: require_key_name("a\x01"), KeyMalformed("key name")),
    "half a character": (lambda: require_key_name("a\ud800"), KeyMalformed("key name")),
    "a short public key": (lambda: NoteVerifier("a", HASH[1:]), KeyMalformed("public key")),
    "a long public key": (lambda: CosignVerifier("a", HASH * 2), KeyMalformed("public key")),
    "a vkey of two parts": (
        lambda: NoteVerifier.parse("a+00000000"),
        KeyMalformed("vkey"),
    ),
    "a vkey with a long ID": (
        lambda: NoteVerifier.parse(f"a+000000000+{B64}"),
        KeyMalformed("vkey"),
    ),
    "a vkey that is no base64": (
        lambda: NoteVerifier.parse("a+00000000+?"),
        KeyMalformed("vkey"),
    ),
    "a witness' vkey for a log's": (
        lambda: NoteVerifier.parse(WITNESS_KEY.vkey()),
        KeyMalformed("vkey", "It is of another type."),
    ),
    "a log's vkey for a witness'": (
        lambda: CosignVerifier.parse(KEY.vkey()),
        KeyMalformed("vkey", "It is of another type."),
    ),
    "an empty vkey": (
        lambda: NoteVerifier.parse("a+00000000+"),
        KeyMalformed("vkey", "It is of another type."),
    ),
    "a vkey with another's ID": (
        lambda: NoteVerifier.parse(KEY.vkey().replace(KEY.key_id.hex(), "00000000")),
        KeyMalformed("vkey", "Its ID does not match its name and key."),
    ),
    "a time before 1970": (
        lambda: CosignSigner("a", OTHER_KEY, -1),
        KeyMalformed("timestamp"),
    ),
    "a time beyond 63 bits": (
        lambda: CosignSigner("a", OTHER_KEY, SIZE_LIMIT),
        KeyMalformed("timestamp"),
    ),
    "a signature for another text": (
        lambda: KEY.check("another\n", LOG.sign("text\n")),
        SignatureBroken(ORIGIN),
    ),
    "a key that is no point": (
        lambda: NoteVerifier("a", b"\xff" * 32).check("text\n", bytes(64)),
        SignatureBroken("a"),
    ),
}

NOTES: Refusals = {
    "a text without a newline": (
        lambda: sign_note("text", LOG),
        NoteMalformed("text", "It ends in a newline and has a signature."),
    ),
    "no signers": (
        lambda: sign_note("text\n"),
        NoteMalformed("text", "It ends in a newline and has a signature."),
    ),
    "half a character": (
        lambda: sign_note("\ud800\n", LOG),
        NoteMalformed("note", "It is not valid Unicode."),
    ),
    "a control character": (
        lambda: sign_note("a\x1f\n", LOG),
        NoteMalformed("note", "It holds control characters."),
    ),
    "too long a text": (
        lambda: sign_note("a" * 1_000_000 + "\n", LOG),
        NoteMalformed("note", "It is longer than 1000000 bytes."),
    ),
    "no empty line": (
        lambda: split_note("text\n— a AAAAAAA=\n"),
        NoteMalformed("note", "It has no signatures after an empty line."),
    ),
    "a last line that does not end": (
        lambda: split_note(NOTE[:-1]),
        NoteMalformed("note", "It has no signatures after an empty line."),
    ),
    "101 signatures": (
        lambda: split_note(f"{TEXT}\n{LINE}" + str(LINE) * 100),
        NoteMalformed("note", "It has more than 100 signatures."),
    ),
    "another dash": (
        lambda: split_note(f"{TEXT}\n- a AAAAAAA=\n"),
        NoteMalformed("signature line"),
    ),
    "a name alone": (lambda: split_note(f"{TEXT}\n— a\n"), NoteMalformed("signature line")),
    "no name": (
        lambda: split_note(f"{TEXT}\n—  AAAAAAA=\n"),
        NoteMalformed("signature line", "It begins with a key name."),
    ),
    "a name with a plus": (
        lambda: split_note(f"{TEXT}\n— a+b AAAAAAA=\n"),
        NoteMalformed("signature line", "It begins with a key name."),
    ),
    "no base64": (
        lambda: split_note(f"{TEXT}\n— a AAAAAAA\n"),
        NoteMalformed("signature line", "It ends in base64."),
    ),
    "base64 after a second space": (
        lambda: split_note(f"{TEXT}\n— a b AAAAAAA=\n"),
        NoteMalformed("signature line", "It ends in base64."),
    ),
    "a key ID alone": (
        lambda: split_note(f"{TEXT}\n— a AAAAAA==\n"),
        NoteMalformed("signature line", "It is too short."),
    ),
    "lines for what is no note": (
        lambda: add_lines(TEXT, [LINE]),
        NoteMalformed("note", "It has no signatures after an empty line."),
    ),
    "signatures for what is no note": (
        lambda: add_signatures(TEXT, LOG),
        NoteMalformed("note", "It has no signatures after an empty line."),
    ),
    "two keys of one name and ID": (
        lambda: open_note(NOTE, [KEY, SameId(ORIGIN, HASH)]),
        VerifierAmbiguous(ORIGIN),
    ),
    "nobody known has signed": (
        lambda: open_note(NOTE, [WITNESS_KEY]),
        SignatureMissing("note"),
    ),
    "a broken signature": (
        lambda: open_note(f"another\n\n{LINE}", [KEY]),
        SignatureBroken(ORIGIN),
    ),
}

COSIGNATURES: Refusals = {
    "a cosignature of another text": (
        lambda: WITNESS_KEY.check("another\n", WITNESS.sign(TEXT)),
        SignatureBroken("w.example"),
    ),
    "a time and no signature": (
        lambda: WITNESS_KEY.check(TEXT, bytes(8)),
        SignatureBroken("w.example"),
    ),
    "nothing": (lambda: WITNESS_KEY.check(TEXT, b""), SignatureBroken("w.example")),
    "less than a time": (
        lambda: WITNESS_KEY.check(TEXT, bytes(7)),
        SignatureBroken("w.example"),
    ),
    "a time beyond 63 bits": (
        lambda: WITNESS_KEY.check(TEXT, b"\x80" + bytes(71)),
        SignatureBroken("w.example"),
    ),
    "witnesses without the log": (
        lambda: require_quorum(sign_note(TEXT, WITNESS), KEY, [WITNESS_KEY]),
        SignatureMissing(ORIGIN),
    ),
    "a cosignature of the future": (
        lambda: require_quorum(COSIGNED, KEY, [WITNESS_KEY], until_s=999),
        CosignatureFuture("checkpoint"),
    ),
    "nobody cosigned": (
        lambda: require_quorum(NOTE, KEY, [WITNESS_KEY], 2),
        QuorumMissing("checkpoint", "0 of 2 are there."),
    ),
    "one of two cosigned": (
        lambda: require_quorum(COSIGNED, KEY, [WITNESS_KEY], 2),
        QuorumMissing("checkpoint", "1 of 2 are there."),
    ),
    "one cosigned long ago": (
        lambda: require_quorum(COSIGNED, KEY, [WITNESS_KEY], 1, since_s=1_001),
        QuorumMissing("checkpoint", "0 of 1 are there, 1 are too old."),
    ),
    "an answer without the witness": (
        lambda: take_cosignature(NOTE, str(LINE), WITNESS_KEY),
        SignatureMissing("w.example"),
    ),
    "an answer that is no lines": (
        lambda: take_cosignature(NOTE, "?\n", WITNESS_KEY),
        NoteMalformed("signature line"),
    ),
    "an answer on what is no note": (
        lambda: take_cosignature("?", str(LINE), WITNESS_KEY),
        NoteMalformed("note", "It has no signatures after an empty line."),
    ),
}


@every(CHECKPOINTS)
def test_what_is_no_checkpoint(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(KEYS)
def test_what_is_no_key(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(NOTES)
def test_what_is_no_note(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(COSIGNATURES)
def test_what_is_no_cosignature(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


def test_the_same_notes_unaltered_are_taken() -> None:
    """So that the refusals above are for what they say."""
    assert open_note(NOTE, [KEY]).text == TEXT
    assert require_quorum(NOTE, KEY).text == TEXT, "no witnesses are asked for unless said"
    assert (
        require_quorum(COSIGNED, KEY, [WITNESS_KEY], 1, since_s=1_000, until_s=1_000).text == TEXT
    )
    assert NoteVerifier.parse(KEY.vkey()) == KEY
    assert CosignVerifier.parse(WITNESS_KEY.vkey()) == WITNESS_KEY


def test_errors_read_as_sentences_with_and_without_a_place_or_a_remedy() -> None:
    assert str(HashMalformed("leaf hash")) == "leaf hash: A hash of the tree is 32 bytes long."
    assert str(HashMalformed()) == "A hash of the tree is 32 bytes long."
    assert str(FrontierMalformed("level", "No subtree of level 1 begins here.")) == (
        "level: This is not a compact range of a tree. No subtree of level 1 begins here. "
        "Make it again from the tiles."
    )
    assert HashMalformed("leaf hash", "Why.").args == ("leaf hash", "Why.")
