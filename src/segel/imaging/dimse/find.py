"""C-FIND in the study root and patient root models (PS3.4 § C.4.1, PS3.7 § 9.1.2).

::

    identifier ──▶ Query (study, series, instance) ──▶ archive ──▶ one pending response each

The patient level has no summaries of its own: its studies are found and folded into patients.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from segel.domain.dicom import JsonDataset, first_value, text_value
from segel.domain.errors import SegelError
from segel.imaging.dicom.attributes import STUDY_TAGS
from segel.imaging.dimse.command import Command, Element
from segel.imaging.dimse.errors import DatasetTooLarge, IdentifierBroken
from segel.imaging.dimse.identifier import (
    LEVEL,
    PATIENT_ID,
    STUDY_UID,
    UNIQUE_KEYS,
    Identifier,
    Level,
    element,
    read_identifier,
    write_answer,
)
from segel.imaging.dimse.intake import Message
from segel.imaging.dimse.serving import Serving
from segel.imaging.dimse.statuses import (
    CANCELLED,
    OUT_OF_RESOURCES,
    PENDING,
    PENDING_WITHOUT_ALL_KEYS,
    SUCCESS,
    comment,
    find_refusal,
)
from segel.imaging.finding import INSTANCE_TAGS, SERIES_TAGS
from segel.imaging.model import Query

PAGE: Final = 200
"""Matches asked for at a time: what the broker gives in one answer."""

NAME: Final = "00100010"
ISSUER: Final = "00100021"
RETRIEVE_AE: Final = "00080054"
AVAILABILITY: Final = "00080056"
MODALITIES_IN_STUDY: Final = "00080061"
STUDY_SERIES: Final = "00201206"
STUDY_INSTANCES: Final = "00201208"
SERIES_INSTANCES: Final = "00201209"
PATIENT_STUDIES: Final = "00201200"
PATIENT_SERIES: Final = "00201202"
PATIENT_INSTANCES: Final = "00201204"

_MADE_HERE: Final = frozenset((RETRIEVE_AE, AVAILABILITY))
_PATIENT_COUNTS: Final = {PATIENT_STUDIES: "", PATIENT_SERIES: STUDY_SERIES,
                          PATIENT_INSTANCES: STUDY_INSTANCES}  # fmt: skip


_STUDY_KEYS: Final = frozenset(name for _, name in STUDY_TAGS) | {MODALITIES_IN_STUDY}
MATCHING_KEYS: Final = {
    Level.PATIENT: frozenset(tag for tag in _STUDY_KEYS if tag.startswith("0010")),
    # Keys below the level are against the model, common, and answerable for series.
    Level.STUDY: _STUDY_KEYS | SERIES_TAGS,
    Level.SERIES: _STUDY_KEYS | SERIES_TAGS,
    Level.IMAGE: _STUDY_KEYS | SERIES_TAGS | INSTANCE_TAGS,
}
"""The attributes that a value is matched against, by level; others are returned, not matched."""

_SEARCHED: Final = {
    Level.PATIENT: "study",
    Level.STUDY: "study",
    Level.SERIES: "series",
    Level.IMAGE: "instance",
}


async def find(serving: Serving, message: Message) -> None:
    """Answer with one pending response a match, then the outcome."""
    try:
        if message.too_large:
            raise DatasetTooLarge("The identifier is too large.", remedy="Ask for less at once.")
        asked = read_identifier(
            message.content, message.context.transfer_syntax, message.context.abstract_syntax
        )
        filters, all_keys = matching_keys(asked)
        pending = PENDING if all_keys else PENDING_WITHOUT_ALL_KEYS
        note = ""
        async for match, remark in _matches(serving, message, asked, filters):
            if serving.association.is_cancelled(message.message_id):
                await serving.respond(message, {Element.STATUS: CANCELLED})
                return
            if match is None:
                note = remark
                continue
            answer = answer_for(match, asked, serving.association.called_ae)
            content = write_answer(answer, message.context.transfer_syntax)
            await serving.respond(message, {Element.STATUS: pending}, content)
    except SegelError as refused:
        await serving.respond(message, find_refusal(refused))
        return
    if note:
        status: Command = {Element.STATUS: OUT_OF_RESOURCES, Element.ERROR_COMMENT: comment(note)}
        await serving.respond(message, status)
        return
    await serving.respond(message, {Element.STATUS: SUCCESS})


def matching_keys(asked: Identifier) -> tuple[dict[str, str], bool]:
    """The keys to match by, and whether that is all that have a value.

    Raises IdentifierBroken: below the study level the study has to be named (PS3.4 § C.4.1.2.1).
    """
    if asked.level > Level.STUDY and not asked.values(Level.STUDY):
        raise IdentifierBroken("Name the study whose series you want.", field="StudyInstanceUID")
    known = MATCHING_KEYS[asked.level]
    filters = {tag: value for tag, value in asked.keys.items() if tag in known}
    return filters, len(filters) == len(asked.keys)


def answer_for(match: JsonDataset, asked: Identifier, retrieve_ae: str) -> JsonDataset:
    """What was asked for, of one match, with the unique keys down to the level."""
    unique = [UNIQUE_KEYS[level] for level in Level if level <= asked.level]
    answer: JsonDataset = {}
    for tag in (*asked.asked, *unique):
        answer[tag] = match.get(tag) or element(tag)[tag]
    answer |= element(LEVEL, asked.level.name)
    answer |= element(RETRIEVE_AE, retrieve_ae)
    if AVAILABILITY in asked.asked:
        answer |= element(AVAILABILITY, "ONLINE")
    return answer


def fold_patients(studies: list[JsonDataset]) -> list[JsonDataset]:
    """Studies as patients: the newest study's attributes, and what there is in all."""
    patients: dict[tuple[str, str, str], JsonDataset] = {}
    for study in studies:
        who = (text_value(study, PATIENT_ID), text_value(study, ISSUER), text_value(study, NAME))
        if who not in patients:
            patients[who] = {tag: value for tag, value in study.items() if tag.startswith("0010")}
        patient = patients[who]
        for total, part in _PATIENT_COUNTS.items():
            more = int(first_value(study, part) or 0) if part else 1
            patient |= element(total, int(first_value(patient, total) or 0) + more)
    return list(patients.values())


async def _matches(
    serving: Serving, message: Message, asked: Identifier, filters: dict[str, str]
) -> AsyncIterator[tuple[JsonDataset | None, str]]:
    """Each match; at last (None, what was left out) where not everything was looked through."""
    fuzzy = serving.association.fuzzy(message.context.abstract_syntax)
    include = tuple(tag for tag in asked.asked if tag not in _MADE_HERE)
    if asked.level is Level.PATIENT:
        include = (*include, STUDY_UID, STUDY_SERIES, STUDY_INSTANCES)
    studies: list[JsonDataset] = []
    offset, note = 0, ""
    while offset < serving.limits.matches:
        limit = min(PAGE, serving.limits.matches - offset)
        query = Query(_SEARCHED[asked.level], filters, include, limit, offset, fuzzy)
        found = await serving.ask(partial(serving.archive.search, query=query))
        for match in found.datasets:
            if asked.level is Level.PATIENT:
                studies.append(match)
            else:
                yield match, ""
        offset += len(found.datasets)
        note = "" if found.complete else found.note or "There are more: narrow the query."
        if len(found.datasets) < limit or serving.association.is_over:
            break
    for patient in fold_patients(studies):
        yield patient, ""
    if note:
        yield None, note
