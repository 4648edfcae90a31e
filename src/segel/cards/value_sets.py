"""The value sets of the EU Digital COVID Certificate, version 1.14 (2023-01-25), § 2.1 to 2.9.

What decides the meaning (disease, result, kind of test, country) must be listed. A number that its
register never gave, nor can give any more, is refused. Products and manufacturers that are not
listed are told in a remark: the registers grow after an edition, and issuers wrote names where a
product had no code yet. Whether such a product counts is for the rules of a border, not for the
question whether the card is genuine.
"""

import re
from dataclasses import dataclass
from typing import Final

from segel.cards.model import CertificateContent, TestResult, Vaccination
from segel.domain.countries import COUNTRIES as ISO_COUNTRIES

COVID_19: Final = "840539006"
NOT_DETECTED: Final = "260415000"
DETECTED: Final = "260373001"
NAAT: Final = "LP6464-4"
RAPID: Final = "LP217198-3"

VACCINES: Final = frozenset(
    "1119305005 1119349007 J07BX03 1162643001 1157024006 29061000087103 28531000087107"
    " 30141000087107 1187593009".split()
)
PRODUCTS: Final = frozenset(
    "EU/1/20/1528 EU/1/20/1507 EU/1/21/1529 EU/1/20/1525 EU/1/21/1618 EU/1/21/1624 EU/1/21/1580"
    " EU/1/22/1709 CVnCoV NVX-CoV2373 Sputnik-V Convidecia EpiVacCorona BBIBP-CorV"
    " Inactivated-SARS-CoV-2-Vero-Cell CoronaVac Covaxin Covishield Covid-19-recombinant R-COVI"
    " CoviVac Sputnik-Light Hayat-Vax Abdala WIBP-CorV MVC-COV1901 Covovax Vidprevtyn VLA2001"
    " EpiVacCorona-N Sputnik-M Covid-19-adsorvida-inativada NVSI-06-08 YS-SC2-010 SCTV01C Covifenz"
    " AZD2816 Soberana-02 Soberana-Plus".split()
)
MANUFACTURERS: Final = frozenset(
    "ORG-100001699 ORG-100030215 ORG-100001417 ORG-100031184 ORG-100006270 ORG-100013793"
    " ORG-100020693 ORG-100010771 ORG-100024420 ORG-100032020 ORG-100001981 ORG-100007893"
    " ORG-100023050 ORG-100033914 ORG-100000788 ORG-100036422 ORG-100026614 ORG-100008549"
    " ORG-100036914 Gamaleya-Research-Institute Vector-Institute Sinovac-Biotech Bharat-Biotech"
    " Fiocruz Chumakov-Federal-Scientific-Center CIGB Sinopharm-WIBP Instituto-Butantan NVSI"
    " Yisheng-Biopharma Finlay-Institute".split()
)
COUNTRIES: Final = ISO_COUNTRIES | {"XK", "EL", "UK"}
"""ISO 3166-1; with Kosovo's code, and those that the Union itself writes for Greece and Britain."""

DEVICE_NUMBER_MAX: Final = 4999
"""Devices were numbered one after the other from 1 until the register closed in 2023."""

ORGANISATION_NUMBER_MIN: Final = 100_000_000
"""EMA's organisations are numbered from here."""

_ORGANISATION: Final = re.compile(r"ORG-(\d+)", re.ASCII)
_LOINC_PART: Final = re.compile(r"LP\d+-\d", re.ASCII)
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
NUMBER_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Places of values that no value set has: those refused, and those only told."""

    refused: tuple[str, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueSets:
    """The codes that may stand in a certificate. A newer edition is given in their stead."""

    diseases: frozenset[str] = frozenset({COVID_19})
    vaccines: frozenset[str] = VACCINES
    products: frozenset[str] = PRODUCTS
    manufacturers: frozenset[str] = MANUFACTURERS
    test_types: frozenset[str] = frozenset({NAAT, RAPID})
    results: frozenset[str] = frozenset({NOT_DETECTED, DETECTED})
    countries: frozenset[str] = COUNTRIES
    device_number_max: int = DEVICE_NUMBER_MAX

    def unlisted(self, content: CertificateContent) -> Unlisted:
        """Which values are in no set, by their names in the schema."""
        refused: list[str] = []
        told: list[str] = []
        entry = content.entry
        if entry.disease not in self.diseases:
            refused.append("tg")
        if len(content.country) <= 2 and content.country not in self.countries:
            refused.append("co")  # longer ones are organisations
        if isinstance(entry, Vaccination):
            if entry.vaccine not in self.vaccines:
                told.append("vp")
            if entry.product not in self.products:
                told.append("mp")
            if entry.manufacturer not in self.manufacturers:
                (refused if _is_no_organisation(entry.manufacturer) else told).append("ma")
        elif isinstance(entry, TestResult):
            if entry.result not in self.results:
                refused.append("tr")
            if entry.test_type not in self.test_types:
                (refused if _LOINC_PART.fullmatch(entry.test_type) else told).append("tt")
            if entry.test_type == RAPID and not _NUMBER.fullmatch(entry.device):
                told.append("ma")
            elif entry.test_type == RAPID and not self._is_device(entry.device):
                refused.append("ma")
        return Unlisted(tuple(refused), tuple(told))

    def _is_device(self, number: str) -> bool:
        return len(number) <= NUMBER_DIGITS_MAX and 0 < int(number) <= self.device_number_max


def _is_no_organisation(text: str) -> bool:
    number = _ORGANISATION.fullmatch(text)
    return number is not None and (
        len(number[1]) > NUMBER_DIGITS_MAX or int(number[1]) < ORGANISATION_NUMBER_MIN
    )


CURRENT: Final = ValueSets()
