"""Signed notes, checkpoints and cosignatures, against published examples."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    Checkpoint,
    CheckpointMalformed,
    CosignSigner,
    CosignVerifier,
    KeyMalformed,
    NoteMalformed,
    NoteSigner,
    NoteVerifier,
    QuorumMissing,
    SignatureBroken,
    SignatureMissing,
    VerifierAmbiguous,
    add_signatures,
    open_note,
    require_quorum,
    sign_note,
)

# The example and test keys of golang.org/x/mod/sumdb/note and of the signed-note specification.
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)
FOO_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi"
    "2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The checkpoint of the tlog-checkpoint and tlog-cosignature specifications; its keys are not given.
SPECIFIED_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)

ORIGIN = "hospital.example/audit"


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG = NoteSigner(ORIGIN, key(1))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
WITNESSES = [
    CosignSigner(f"witness.example/w{n}", key(10 + n), 1_700_000_000 + n) for n in range(3)
]
NOTE = sign_note(CHECKPOINT.text(), LOG)


def test_the_example_key_signs_the_example_note_byte_for_byte() -> None:
    signer = NoteSigner("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert signer.verifier().vkey() == PETER
    assert sign_note(TEXT, signer) == f"{TEXT}\n{PETER_LINE}"


@pytest.mark.parametrize("vkey", [PETER, ENOCH, SUMDB, FOO])
def test_published_keys_survive_parsing(vkey: str) -> None:
    assert NoteVerifier.parse(vkey).vkey() == vkey


def test_a_key_is_shown_to_people_as_a_fingerprint() -> None:
    digits = hashlib.sha256(base64.b64decode(PETER.split("+")[2])[1:]).hexdigest()
    shown = NoteVerifier.parse(PETER).fingerprint
    assert shown.replace(" ", "") == digits[:32]
    assert [len(group) for group in shown.split(" ")] == [4] * 8


def test_published_notes_open() -> None:
    assert open_note(FOO_NOTE, [NoteVerifier.parse(FOO)]).text == "This is an example message.\n"
    peter, enoch = NoteVerifier.parse(PETER), NoteVerifier.parse(ENOCH)
    note = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    names = [each.name for each in open_note(note, [peter, enoch]).signatures]
    assert names == ["PeterNeumann", "EnochRoot"]
    assert [each.name for each in open_note(note, [peter]).signatures] == ["PeterNeumann"]


def test_every_other_spelling_of_a_key_is_refused() -> None:
    spellings = {PETER[i:j] for i in range(len(PETER)) for j in range(i + 1, len(PETER) + 1)}
    spellings |= {PETER[:i] + chr(ord(PETER[i]) + 1) + PETER[i + 1 :] for i in range(len(PETER))}
    spellings |= {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER.replace("c74f20a3", "C74F20A3"),
        "",
    }
    for spelling in spellings - {PETER}:
        with pytest.raises(KeyMalformed):
            NoteVerifier.parse(spelling)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n{PETER_LINE[:-1]}",
        f"\x01{TEXT}\n{PETER_LINE}",
        f"{TEXT}\r\n\n{PETER_LINE}",
        f"\ud800{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad Name')}",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad+Name')}",
        f"{TEXT}\n{PETER_LINE.replace('—', '-')}",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n{PETER_LINE}" + "\n",
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n{PETER_LINE.replace('AM=', 'AN=')}",
        f"{TEXT}\n{PETER_LINE * 101}",
        "a" * 1_000_001,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteMalformed):
        open_note(note, [NoteVerifier.parse(PETER)])


def test_unknown_signatures_are_ignored_and_broken_known_ones_are_not() -> None:
    peter, enoch = NoteVerifier.parse(PETER), NoteVerifier.parse(ENOCH)
    broken = ENOCH_LINE.replace("HmZa", "HmZb").replace("zmZa", "zmZb")
    assert broken != ENOCH_LINE
    note = f"{TEXT}\n{PETER_LINE}{broken}"
    assert open_note(note, [peter]).text == TEXT
    with pytest.raises(SignatureBroken):
        open_note(note, [peter, enoch])
    with pytest.raises(SignatureMissing):
        open_note(f"{TEXT}\n{PETER_LINE}", [enoch])
    with pytest.raises(SignatureMissing):
        open_note(f"{TEXT}\n{PETER_LINE}", [])
    with pytest.raises(SignatureBroken):
        open_note(f"{TEXT}x\n\n{PETER_LINE}", [peter])


def test_a_repeated_signature_counts_once_and_must_hold_each_time() -> None:
    peter = NoteVerifier.parse(PETER)
    assert len(open_note(f"{TEXT}\n{PETER_LINE}{PETER_LINE}", [peter]).signatures) == 1
    with pytest.raises(SignatureBroken):
        open_note(f"{TEXT}\n{PETER_LINE}{PETER_LINE.replace('ZJku', 'ZJkv')}", [peter])


def test_two_keys_under_one_name_and_id_are_refused() -> None:
    class Colliding(NoteVerifier):
        key_id = NoteVerifier.parse(PETER).key_id

    other = Colliding("PeterNeumann", bytes(32))
    with pytest.raises(VerifierAmbiguous):
        open_note(f"{TEXT}\n{PETER_LINE}", [NoteVerifier.parse(PETER), other])
    open_note(f"{TEXT}\n{PETER_LINE}", [NoteVerifier.parse(PETER), NoteVerifier.parse(PETER)])


@pytest.mark.parametrize("text", ["no newline", "", "tab\t\n"])
def test_what_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(NoteMalformed):
        sign_note(text, LOG)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x01", "\ud800"])
def test_names_that_would_break_a_line_are_refused(name: str) -> None:
    with pytest.raises(KeyMalformed):
        NoteSigner(name, key(1))
    with pytest.raises(KeyMalformed):
        CosignVerifier(name, bytes(32))


def test_keys_do_not_show_their_private_half() -> None:
    assert "rivate" not in repr(LOG)
    assert "rivate" not in repr(WITNESSES[0])


def test_the_specified_checkpoint_survives_parsing() -> None:
    parsed = Checkpoint.parse(SPECIFIED_CHECKPOINT)
    assert (parsed.origin, parsed.size) == ("example.com/behind-the-sofa", 20852163)
    assert parsed.text() == SPECIFIED_CHECKPOINT
    extended = Checkpoint(ORIGIN, 0, bytes(32), ("one", "two"))
    assert Checkpoint.parse(extended.text()) == extended


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n7\n{ROOT}",
        f"\n7\n{ROOT}\n",
        "o\n7\n",
        f"o\n07\n{ROOT}\n",
        f"o\n-7\n{ROOT}\n",
        f"o\n+7\n{ROOT}\n",
        f"o\n7 \n{ROOT}\n",
        f"o\n٧\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n{10**30}\n{ROOT}\n",
        "o\n7\nAAAA\n",
        f"o\n7\n{ROOT[:-2]}B=\n",
        f"o\n7\n{ROOT}\n\n",
        f"o\n7\n{ROOT}\n\nextension\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointMalformed):
        Checkpoint.parse(text)


def test_a_cosignature_is_laid_out_as_specified() -> None:
    witness = WITNESSES[0]
    line = add_signatures(NOTE, witness).splitlines()[-1]
    blob = base64.b64decode(line.split(" ")[2])
    assert blob[:4] == witness.key_id == witness.verifier().key_id
    assert int.from_bytes(blob[4:12], "big") == 1_700_000_000
    message = b"cosignature/v1\ntime 1700000000\n" + CHECKPOINT.text().encode()
    witness.private_key.public_key().verify(blob[12:], message)
    assert CosignVerifier.parse(witness.verifier().vkey()) == witness.verifier()


def test_a_key_of_one_kind_is_none_of_the_other() -> None:
    with pytest.raises(KeyMalformed):
        NoteVerifier.parse(WITNESSES[0].verifier().vkey())
    with pytest.raises(KeyMalformed):
        CosignVerifier.parse(PETER)


def test_a_witness_signs_checkpoints_only_and_its_last_word_replaces_the_one_before() -> None:
    with pytest.raises(CheckpointMalformed):
        sign_note(TEXT, WITNESSES[0])
    later = CosignSigner(WITNESSES[0].name, WITNESSES[0].private_key, 1_700_000_999)
    note = add_signatures(add_signatures(NOTE, WITNESSES[0]), later)
    opened = require_quorum(note, LOG.verifier(), [later.verifier()], 1)
    assert [each.timestamp_s for each in opened.signatures] == [None, 1_700_000_999]


@pytest.mark.parametrize("signing", range(4))
@pytest.mark.parametrize("threshold", range(4))
def test_a_quorum_is_that_many_witnesses(signing: int, threshold: int) -> None:
    note = add_signatures(NOTE, *WITNESSES[:signing])
    verifiers = [each.verifier() for each in WITNESSES]
    if signing >= threshold:
        assert require_quorum(note, LOG.verifier(), verifiers, threshold).text == CHECKPOINT.text()
    else:
        with pytest.raises(QuorumMissing):
            require_quorum(note, LOG.verifier(), verifiers, threshold)


def test_one_witness_under_two_names_is_one_and_the_log_is_none() -> None:
    twin = CosignSigner("witness.example/twin", WITNESSES[0].private_key, 1)
    itself = CosignSigner("witness.example/self", LOG.private_key, 1)
    for other in (twin, itself):
        note = add_signatures(NOTE, WITNESSES[0], other)
        verifiers = [WITNESSES[0].verifier(), other.verifier()]
        with pytest.raises(QuorumMissing):
            require_quorum(note, LOG.verifier(), verifiers, 2)


def test_witnesses_cannot_stand_in_for_the_log() -> None:
    note = sign_note(CHECKPOINT.text(), *WITNESSES)
    with pytest.raises(SignatureMissing):
        require_quorum(note, LOG.verifier(), [each.verifier() for each in WITNESSES], 3)


def test_a_witness_time_cannot_be_changed() -> None:
    note = add_signatures(NOTE, WITNESSES[0])
    head, _, encoded = note.rstrip("\n").rpartition(" ")
    blob = bytearray(base64.b64decode(encoded))
    blob[11] ^= 1
    changed = f"{head} {base64.b64encode(blob).decode()}\n"
    with pytest.raises(SignatureBroken):
        require_quorum(changed, LOG.verifier(), [WITNESSES[0].verifier()], 1)


def test_a_time_beyond_what_the_format_allows_is_refused_however_well_signed() -> None:
    witness = WITNESSES[0]
    with pytest.raises(KeyMalformed):
        CosignSigner(witness.name, witness.private_key, 2**63)
    message = f"cosignature/v1\ntime {2**63}\n{CHECKPOINT.text()}".encode()
    blob = witness.key_id + (2**63).to_bytes(8, "big") + witness.private_key.sign(message)
    note = f"{NOTE}— {witness.name} {base64.b64encode(blob).decode()}\n"
    with pytest.raises(SignatureBroken):
        require_quorum(note, LOG.verifier(), [witness.verifier()], 1)
