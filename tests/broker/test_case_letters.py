"""Letters to patients at the broker: claimed before they are sent, and never twice."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from broker.test_case_notices import FINDINGS, ID, signing_of
from broker.test_cases import in_a_loop
from segel.app.case_telling import proved_entries
from segel.broker import messages as m
from segel.broker.errors import CaseOver, CaseUnclear, CaseUnknown
from segel.domain.cases import LetterOutcome, NoticeKind, ObjectKind

__all__ = ["signing_of"]

SENT, UNKNOWN, DEFERRED, REFUSED = (
    LetterOutcome.SENT, LetterOutcome.UNKNOWN, LetterOutcome.DEFERRED, LetterOutcome.REFUSED
)  # fmt: skip
PEOPLE = [UUID(int=place) for place in range(1, 6)]


async def notice_for(case: Any, kind: NoticeKind = NoticeKind.PATIENTS) -> UUID:
    """A signed document of a kind, of whatever bytes."""
    who = case.protector
    grant = await case.calls.begin_object(who, case.case_id, ObjectKind.DOCUMENT, "x.pdf")
    made: UUID = await case.calls.sign(
        m.SignNotice(
            requester=who, case_id=case.case_id, object_id=grant.object_id, length=1,
            sha256=b"\1" * 32, kind=kind, language=ID, number=1, finding_version=1,
        )
    )  # fmt: skip
    return made


@in_a_loop
async def test_a_letter_that_was_claimed_is_claimed_again_only_where_it_was_surely_not_sent(
    signing_of: Any,
) -> None:
    async with signing_of() as case:
        who, case_id, calls = case.incident, case.case_id, case.calls
        await case.telling.write(who, case_id, FINDINGS)
        notice = await notice_for(case)
        batch, claimed = await calls.claim_letters(who, case_id, notice, PEOPLE)
        assert claimed == PEOPLE
        assert (await calls.claim_letters(who, case_id, notice, PEOPLE))[1] == []
        with pytest.raises(CaseUnclear):
            await calls.note_letters(who, case_id, batch, [SENT])
        ends = [SENT, UNKNOWN, DEFERRED, REFUSED, SENT]
        await calls.note_letters(who, case_id, batch, ends)
        with pytest.raises(CaseOver):
            await calls.note_letters(who, case_id, batch, [DEFERRED] * 5)
        assert await calls.letters(who, case_id, notice) == {
            SENT: 2, UNKNOWN: 1, DEFERRED: 1, REFUSED: 1
        }  # fmt: skip
        _, claimed = await calls.claim_letters(who, case_id, notice, PEOPLE)
        assert claimed == [PEOPLE[2]]
        _, claimed = await calls.claim_letters(who, case_id, notice, PEOPLE, again=True)
        assert claimed == [PEOPLE[1], PEOPLE[2]]
        view = await calls.show(who, case_id)
        assert [one.what for one in view.entries].count("letters-begun") == 1


@in_a_loop
async def test_two_who_send_at_once_share_the_letters(signing_of: Any) -> None:
    async with signing_of() as case:
        await case.telling.write(case.incident, case.case_id, FINDINGS)
        notice = await notice_for(case)
        claims = await asyncio.gather(
            *(
                case.calls.claim_letters(who, case.case_id, notice, PEOPLE)
                for who in (case.incident, case.protector) * 3
            )
        )
        assert sorted(one for _, claimed in claims for one in claimed) == PEOPLE


@in_a_loop
async def test_letters_want_a_signed_document_for_patients_and_the_log_names_nobody(
    signing_of: Any,
) -> None:
    async with signing_of() as case:
        who, case_id, calls = case.incident, case.case_id, case.calls
        await case.telling.write(who, case_id, FINDINGS)
        press = await notice_for(case, NoticeKind.PRESS)
        for notice in (press, UUID(int=7)):
            with pytest.raises(CaseUnknown):
                await calls.claim_letters(who, case_id, notice, PEOPLE)
        notice = await notice_for(case)
        with pytest.raises(CaseUnclear):
            await calls.claim_letters(who, case_id, notice, [])
        batch, _ = await calls.claim_letters(who, case_id, notice, PEOPLE)
        await calls.note_letters(who, case_id, batch, [SENT] * 5)
        said = [text for _, text in proved_entries(await calls.proofs(who, case_id))]
        assert any(one.endswith("5 sent") for one in said)
        assert not [one for one in said if any(str(person) in one for person in PEOPLE)]


@in_a_loop
async def test_the_list_of_addressees_is_read_by_officers_and_lies_sealed(signing_of: Any) -> None:
    async with signing_of() as case:
        who, case_id = case.incident, case.case_id
        line = f'{{"patient":"{PEOPLE[0]}","name":"Sri Rekaan","email":"sri@rs.example"}}\n'

        async def parts() -> Any:
            yield line.encode()

        list_id = await case.telling.keep_list(who, case_id, "addressees.jsonl", parts())
        read = [one async for one in case.telling.listed(case.protector, case_id, list_id)]
        assert [one.email for one in read] == ["sri@rs.example"]
        assert line.encode() not in b"".join(
            path.read_bytes() for path in case.folder.rglob("*") if path.is_file()
        )
