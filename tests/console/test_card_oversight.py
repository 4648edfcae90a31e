"""What the page of whoever answers for cards marks amber and red."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.broker.messages import CardOversight, SignerLine
from segel.console.card_oversight import USES, shown

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
HOUR_S = 3_600


def signer(use: str, days: float = 100, state: str = "signs") -> SignerLine:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Otoritas")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, SHA256())
    )
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    der = made.public_bytes(Encoding.DER) if use == "certificate" else b""
    retired_s = NOW.timestamp() if state == "retired" else 0.0
    return SignerLine(UUID(int=1), use, state, 0.0, point, der, retired_s=retired_s)


def oversight(*signers: SignerLine, age_hours: float = 1) -> CardOversight:
    issued_s = NOW.timestamp() - age_hours * HOUR_S
    ends_s = issued_s + 72 * HOUR_S
    return CardOversight(list(signers), "https://x.example", 1, issued_s, ends_s, 0, 0, 0, [])


@pytest.mark.parametrize(
    ("days", "level", "missing"),
    [
        (100, "plenty", ("health-card", "lists")),
        (29.5, "near", ("health-card", "lists")),
        (-0.5, "full", USES),
    ],
    ids=["long", "soon", "ended"],
)
def test_a_certificate_is_marked_before_it_ends_and_does_not_count_after(
    days: float, level: str, missing: tuple[str, ...]
) -> None:
    page = shown(oversight(signer("certificate", days)), NOW.timestamp())
    (one,) = page.signers
    assert (one.subject, one.level, page.missing) == ("CN=Otoritas", level, missing)


def test_who_signs_no_more_is_neither_marked_nor_counted() -> None:
    page = shown(oversight(signer("certificate", -1, "retired")), NOW.timestamp())
    assert (page.signers[0].level, page.missing) == ("plenty", USES)
    signers = (signer(use) for use in USES)
    assert shown(oversight(*signers), NOW.timestamp()).missing == ()


@pytest.mark.parametrize(("hours", "level"), [(35, "plenty"), (37, "near"), (73, "full")])
def test_lists_are_marked_from_half_of_their_life(hours: int, level: str) -> None:
    page = shown(oversight(age_hours=hours), NOW.timestamp())
    assert (page.level, page.age_hours) == (level, hours)
