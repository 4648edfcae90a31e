"""SMART Health Cards' published test data, each file with its own reason."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from segel.app.card_input import Item, items_of
from segel.cards import (
    CardRefused,
    Issuer,
    Judgement,
    Trust,
    TrustBroken,
    decode,
    judge,
    refusal,
)
from segel.cards.links import parse_link
from segel.cards.trust_files import trust_of, with_revocations
from support.cards import HealthCardMaker, payload

TABLE: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "smart_health_cards.toml").read_text()
)
AT = datetime(2026, 11, 28, tzinfo=UTC)
ELSEWHERE = "https://smarthealth.cards/examples/issuer"
CHUNKS = "test-example-00-f-qr-code-numeric-value-{}-qr_chunk_too_small.txt"
NOT_CARDS = {"README.md", "test-issuers.json"}


@pytest.fixture(scope="module")
def folder(shared_dir: Path) -> Path:
    found = shared_dir / "vectors" / "smart-health-cards" / "testdata"
    if not found.is_dir():
        pytest.skip("the health cards' test data are not beside this checkout")
    return found


@pytest.fixture(scope="module")
def trust(folder: Path) -> Trust:
    said = TABLE["issuer"]
    keys = [
        ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        for x, y in zip(said["x"], said["y"], strict=True)
    ]
    issuer = Issuer(said["url"], "", {key.thumbprint(): key.public_key for key in keys})
    other = trust_of((folder / "issuer.jwks.public.not.smart.json").read_bytes(), ELSEWHERE)
    return Trust((), (issuer,)).and_also([other])


def judged(item: Item, trust: Trust) -> Judgement:
    if isinstance(item.card, CardRefused):
        return refusal(item.card)
    return judge(item.card, trust, AT)


def reasons(path: Path, trust: Trust) -> list[str]:
    with path.open("rb") as stream:
        return [judged(item, trust).reason.value for item in items_of(stream)]


def signed_here(said: bytes) -> str:
    """The judgement of a payload as an issuer of that address would have signed it."""
    maker = HealthCardMaker()
    issuer = Issuer(TABLE["issuer"]["url"], "", maker.issuer.keys)
    try:
        judgement = judge(decode(maker.jws(said)), Trust((), (issuer,)), AT)
    except CardRefused as refused:
        judgement = refusal(refused)
    return " ".join([judgement.reason, *judgement.remarks])


def minified(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def test_every_card_has_its_reason(folder: Path, trust: Trust) -> None:
    found = {name: reasons(folder / name, trust) for name in TABLE["files"]}
    assert found == TABLE["files"]


def test_chunks_that_are_too_small_are_refused_alone_and_together(
    folder: Path, trust: Trust, tmp_path: Path
) -> None:
    paths = [folder / CHUNKS.format(number) for number in range(17)]
    assert {reason for path in paths for reason in reasons(path, trust)} == {"chunk-missing"}
    together = tmp_path / "together"
    together.write_text("\n".join(path.read_text() for path in paths))
    assert reasons(together, trust) == ["chunk-unbalanced"]


def test_every_payload_has_its_reason(folder: Path) -> None:
    found = {}
    for name in TABLE["payloads"]:
        raw = (folder / name).read_bytes()
        surrounded = raw != raw.strip()
        found[name] = signed_here(raw if surrounded else minified(json.loads(raw)))
    assert found == TABLE["payloads"]


def test_every_bundle_has_its_reason(folder: Path) -> None:
    found = {}
    for name in TABLE["bundles"]:
        raw = (folder / name).read_bytes()
        whole = payload("HERE", iss=TABLE["issuer"]["url"])
        inner = raw if raw != raw.strip() else minified(json.loads(raw))
        found[name] = signed_here(minified(whole).replace(b'"HERE"', inner))
    assert found == TABLE["bundles"]


def test_every_broken_revocation_list_counts_against_the_card(folder: Path) -> None:
    found = {}
    for name in TABLE["revocations"]:
        place = folder / "badcrl" / name
        card = decode(next(place.glob("*.txt")).read_text())
        url = card.payload["iss"]  # type: ignore[union-attr]
        keys = trust_of((place / ".well-known" / "jwks.json").read_bytes(), url)
        crls = [path.read_bytes() for path in (place / ".well-known" / "crl").iterdir()]
        assert judge(card, keys, AT).reason in ("valid", "revocations-missing")
        found[name] = judge(card, with_revocations(keys, crls), AT).reason.value
    assert found == TABLE["revocations"]


def test_every_key_set_has_its_fault(folder: Path) -> None:
    found = {}
    for name in TABLE["keys"]:
        try:
            trust_of((folder / name).read_bytes(), ELSEWHERE)
            found[name] = ""
        except TrustBroken as broken:
            found[name] = broken.fault.value
    assert found == TABLE["keys"]


@pytest.mark.parametrize(
    ("name", "flags"),
    [("link", {"P"}), ("link-with-viewer", {"P"}), ("link-direct", {"U"})],
)
def test_links_are_read(folder: Path, name: str, flags: set[str]) -> None:
    link = parse_link((folder / f"shlink-{name}.txt").read_text())
    assert (set(link.flags), link.label, link.expires_at) == (flags, "Sample Set 1", 1704096000.0)


def test_no_file_is_left_out(folder: Path) -> None:
    here = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    told = {name for part in ("files", "payloads", "bundles", "keys") for name in TABLE[part]}
    told |= {CHUNKS.format(number) for number in range(17)}
    left = {name for name in here - told if not name.startswith(("badcrl/", "shl-examples/"))}
    manifests = {f"shlink-{part}.txt" for part in
                 ("manifest", "manifest-file", "payload", "payload-direct")}  # fmt: skip
    assert left == NOT_CARDS | manifests
