"""Making cards for many at once: each number of a list, what it has that a card can be made of.

Everything goes through the broker as at the desk: with a purpose, within a budget, only where the
patient agreed. A file's name tells of nobody; the file itself is the card.
"""

import csv
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from segel.app.enrolment import laboratory_token
from segel.broker import BrokerClient, CardLine, CardSheet, PatientNumber, PatientQuery, Requester
from segel.broker.errors import BrokerError, PatientUnknown
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose

NUMBERS_MAX: Final = 5_000
"""Of one list: more than a hospital tests in a day."""
NUMBER_LENGTH_MAX: Final = 64
PRIVATE_FILE: Final = 0o600


class ListUnusable(SegelError):
    """The list of numbers cannot be used."""

    code = "card-list-unusable"


class Outcome(StrEnum):
    """What became of a row."""

    MADE = "made"
    THERE = "there already"
    NO_TEST = "no test that a card can be made of"
    NO_CONSENT = "the patient has not agreed"
    UNKNOWN = "no such patient, or several"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number (from 1), its outcome, and the file that was written of it; ``why``: the code
    of a refusal."""

    number: int
    outcome: Outcome
    file: str = ""
    why: str = ""


def numbers_in(path: Path) -> list[str]:
    """The first column of a CSV, each a NIK or a record number; a header is left out. Raises
    ListUnusable."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            found = [number for number in _first_cells(stream) if any(map(str.isdigit, number))]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ListUnusable(
            "The list cannot be read.", remedy="Give a CSV in UTF-8, one number a row."
        ) from None
    if not found or len(found) > NUMBERS_MAX:
        raise ListUnusable(
            f"The list has {len(found):,} numbers.", remedy=f"Give 1 to {NUMBERS_MAX:,}."
        )
    return found


def _first_cells(stream: Iterable[str]) -> Iterator[str]:
    for row in csv.reader(stream):
        cell = row[0].strip() if row else ""
        if cell:
            yield cell[:NUMBER_LENGTH_MAX]


async def issue_all(
    operator: BrokerClient, hospital: str, numbers: list[str], folder: Path, language: str
) -> AsyncIterator[Row]:
    """A card for each who has a test for one, written to ``folder`` as PDF. Raises BrokerError
    where nothing more can be asked."""
    token = await laboratory_token(operator, hospital)
    looking = Requester(token, Purpose.OPERATIONS, "batch")
    asker = Requester(token, Purpose.PATIENT_REQUEST, "batch")
    for at, number in enumerate(numbers, 1):
        try:
            query = PatientQuery(numbers=(PatientNumber(number),), ids_only=True)
            found = (await operator.charts.find(looking, query)).lines
            if len(found) != 1:
                yield Row(at, Outcome.UNKNOWN)
                continue
            sheet = await operator.cards.show(asker, found[0].patient_id)
            yield await _row(operator, asker, sheet, at, folder, language)
        except PatientUnknown:
            yield Row(at, Outcome.UNKNOWN)
        except BrokerError as refusal:
            yield Row(at, Outcome.REFUSED, why=refusal.code)


async def _row(
    operator: BrokerClient,
    asker: Requester,
    sheet: CardSheet,
    at: int,
    folder: Path,
    language: str,
) -> Row:
    if not sheet.agreed:
        return Row(at, Outcome.NO_CONSENT)
    if not sheet.sources:
        return Row(at, Outcome.NO_TEST)
    newest = sheet.sources[0]
    held = [
        card
        for card in sheet.cards
        if card.resource_id == newest.resource_id and not card.revoked_s
    ]
    if held:
        return Row(at, Outcome.THERE, write_paper(held[0], folder, at, language))
    made = await operator.cards.issue(asker, sheet.patient_id, newest.resource_id)
    return Row(at, Outcome.MADE, write_paper(made, folder, at, language))


def write_paper(card: CardLine, folder: Path, at: int, language: str) -> str:
    """The card as a PDF that only its owner may read; the file's name."""
    from segel.console.card_paper import Printed, paper_of
    from segel.console.cards_page import revealed_by

    printed = Printed(card.certificate, card.health_card, revealed_by(card.certificate))
    name = f"card-{at:05d}.pdf"
    place = folder / name
    place.unlink(missing_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(paper_of(printed, language))
    return name
