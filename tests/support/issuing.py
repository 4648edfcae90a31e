"""What cards are issued of in tests: an authority, a holder, a negative test."""

from datetime import timedelta
from typing import Final

from segel.cards.issuing import Authority
from segel.domain.card_facts import CardHolder, NegativeTest, TestMethod
from support.cards import NOW

AUTHORITY: Final = Authority("ID", "Otoritas Kartu Rekaan", "https://cards.example/issuer")
HOLDER: Final = CardHolder("Wulandari", "Sri", "1987-04-11")
TEST: Final = NegativeTest(
    TestMethod.NAAT, "94500-6", NOW - timedelta(hours=5), "PCR SARS-CoV-2", "", "RS Harapan Rekaan"
)
