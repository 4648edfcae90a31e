"""``segel card``: one judgement a line, and an exit status that can be relied on."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from typer.testing import CliRunner, Result

from segel.app import card_commands
from segel.app.card_commands import OptionWrong
from segel.app.card_input import InputUnusable
from segel.cards import TrustBroken
from segel.cards.numeric import texts_of
from support.cards import (
    ADDRESS,
    IMMUNIZATION,
    NOW,
    PATIENT,
    TEST,
    HealthCardMaker,
    Maker,
    bundle,
    payload,
)

AT = ["--at", NOW.isoformat()]


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture(scope="module")
def issuer() -> HealthCardMaker:
    return HealthCardMaker()


@pytest.fixture
def signer(maker: Maker, tmp_path: Path) -> list[str]:
    path = tmp_path / "signer.pem"
    path.write_bytes(maker.pem)
    return ["--certificate", str(path)]


def run(*arguments: str, said: str | bytes = "") -> Result:
    return CliRunner().invoke(card_commands.app, arguments, input=said)


def judged(*arguments: str, said: str | bytes = "") -> list[tuple[int, str]]:
    done = run("verify", "--json", *arguments, said=said)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == (0 if all(one["valid"] for one in told) else 1), done.stderr
    return [(one["line"], one["reason"]) for one in told]


def picture(*texts: str) -> bytes:
    """A PNG with those QR codes under each other."""
    codes = [
        Image.fromarray(
            zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4)
        )
        for text in texts
    ]
    sheet = Image.new("L", (max(one.width for one in codes), sum(one.height for one in codes)), 255)
    top = 0
    for one in codes:
        sheet.paste(one, (0, top))
        top += one.height
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def test_a_judgement_a_line_in_both_languages(maker: Maker, signer: list[str]) -> None:
    text = maker.text()
    done = run("verify", *signer, *AT, said=f"{text}\n\n{text[:-3]}\n")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("1: valid: The card is genuine. test, sampled 2026-11-28 08:30")
    assert "Sri Wulandari, born 1987-04-11" in first
    assert second.startswith("3: ")
    assert "Wulandari" not in second
    done = run("verify", *signer, *AT, "--language", "id", said=text)
    assert (done.exit_code, done.stdout[:25]) == (0, "1: valid: Kartu ini asli.")


def test_lines_that_are_no_cards_have_their_reason(maker: Maker, signer: list[str]) -> None:
    lines = [b"\xff\xfe", b"x" * 300_000, maker.text().encode() + b"\r", b"HC1:", b"hello"]
    assert judged(*signer, *AT, "-", said=b"\n".join(lines)) == [
        (1, "text-not-utf8"), (2, "text-too-long"), (3, "valid"), (4, "compression-missing"),
        (5, "prefix-missing"),
    ]  # fmt: skip


def test_pictures_are_read(maker: Maker, signer: list[str], tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(picture(maker.text()))
    assert judged(*signer, *AT, str(path)) == [(1, "valid")]
    empty = io.BytesIO()
    Image.new("L", (300, 300), 255).save(empty, "JPEG")
    assert judged(*signer, *AT, said=empty.getvalue()) == [(1, "picture-without-qr")]
    assert judged(*signer, *AT, said=path.read_bytes()[:99]) == [(1, "picture-unreadable")]


def test_a_card_in_several_codes_is_one_judgement(issuer: HealthCardMaker, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps({"keys": [issuer.jwk]}))
    trust = ["--trust", f"{ADDRESS}={keys}", *AT]
    noise = [{**IMMUNIZATION, "lotNumber": Maker().der.hex()[at : at + 600]} for at in (0, 300)]
    jws = issuer.jws(payload(bundle(PATIENT, *noise)))
    parts = texts_of(jws)
    assert len(parts) > 1
    one = texts_of(issuer.jws())[0]
    assert judged(*trust, said="\n".join([one, *reversed(parts), one])) == [
        (1, "valid"), (2, "valid"), (2 + len(parts), "valid"),
    ]  # fmt: skip
    assert judged(*trust, said="\n".join([parts[0], one])) == [(1, "chunk-missing"), (2, "valid")]
    assert judged(*trust, said="\n".join([parts[0], parts[0]]))[0] == (1, "chunk-conflict")
    assert judged(*trust, said=json.dumps({"verifiableCredential": [jws, "x"]})) == [
        (1, "valid"), (2, "prefix-missing"),
    ]  # fmt: skip


def test_a_file_of_cards_says_when_it_cannot_be_read() -> None:
    assert judged(said=b'\xef\xbb\xbf{"verifiableCredential":[]}') == [(1, "payload-bom")]
    assert judged(said='{"verifiableCredential":') == [(1, "payload-not-json")]
    assert judged(said='{"a":1,"a":2}') == [(1, "payload-duplicate-key")]


def test_a_revoked_card_is_refused(issuer: HealthCardMaker, tmp_path: Path) -> None:
    keys, crl = tmp_path / "jwks.json", tmp_path / "crl.json"
    keys.write_text(json.dumps({"keys": [{**issuer.jwk, "crlVersion": 1}]}))
    jws = issuer.jws(payload(vc={"rid": "abc"}))
    trust = [*AT, "--trust", f"{ADDRESS}={keys}"]
    assert judged(*trust, said=jws) == [(1, "revocations-missing")]
    for rids, wanted in ([], "valid"), (["abc"], "revoked"), (["abc.1"], "valid"):
        crl.write_text(json.dumps({"kid": issuer.key_id, "method": "rid", "ctr": 1, "rids": rids}))
        assert judged(*trust, "--revocations", str(crl), said=jws) == [(1, wanted)]


def test_without_trust_nothing_is_genuine(maker: Maker) -> None:
    done = run("verify", *AT, said=maker.text())
    assert done.exit_code == 1
    assert "no card can be found genuine" in done.stderr
    assert done.stdout.startswith("1: key-unknown")


def test_show_says_that_it_does_not_judge(maker: Maker) -> None:
    done = run("show", said=maker.text())
    assert done.exit_code == 0
    assert done.stderr.startswith("NOT VERIFIED")
    assert "URN:UVCI:01:ID:97A1#0" in done.stdout
    done = run("show", "--json", said=maker.text() + "\nHC1:")
    assert done.exit_code == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["signature"] == "not verified"
    assert second["reason"] == "compression-missing"


@pytest.mark.parametrize(
    ("arguments", "said", "error"),
    [
        (["verify"], "", InputUnusable),
        (["verify"], "\n \n", InputUnusable),
        (["verify"], "%PDF-1.7", InputUnusable),
        (["verify"], "{}", InputUnusable),
        (["verify", "/nowhere/card.png"], "", InputUnusable),
        (["verify", "/"], "", InputUnusable),
        (["verify", "--at", "noon"], "x", OptionWrong),
        (["show", "--language", "fr"], "x", OptionWrong),
        (["verify", "--certificate", __file__], "x", TrustBroken),
        (["verify", "--certificate", "/nowhere.pem"], "x", InputUnusable),
    ],
)
def test_what_cannot_be_used_is_said_with_a_remedy(
    arguments: list[str], said: str, error: type[Exception]
) -> None:
    done = run(*arguments, said=said)
    assert done.exit_code == 1
    assert isinstance(done.exception, error)
    assert getattr(done.exception, "remedy", "")


def test_the_terminal_is_not_written_to_by_a_card(maker: Maker, signer: list[str]) -> None:
    name = {"fn": "\x1b[2J\u202eX", "fnt": "X"}
    done = run("verify", *signer, *AT, said=maker.text({**TEST, "nam": name}))
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_the_command_line_does_not_wait_for_the_codecs() -> None:
    heavy = "[name for name in ('cbor2', 'zxingcpp', 'asn1crypto') if name in sys.modules]"
    code = f"import sys, segel.app.card_commands; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
