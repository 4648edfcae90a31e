"""What is asked of the broker about warrants, and under them."""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4

from segel.broker import messages as m
from segel.broker.messages.leak_history import RecognisedRow, packed_people, packed_recognised
from segel.broker.messages.warrants import packed_pictures, packed_rows
from segel.domain.leak_rows import (
    AGREEING,
    CONTRADICTING,
    LEVELS,
    OURS_ALONE,
    PSEUDONYM_BYTES,
    PersonRow,
    RowMatch,
    kinds_of,
)
from segel.domain.picture_records import HOW, AskedPicture

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient

_NOBODY = bytes(PSEUDONYM_BYTES)


class WarrantCalls:
    """``BrokerClient.warrants``. Each raises Forbidden, CaseUnknown, CaseOver, WarrantUnknown."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def ask(
        self,
        requester: m.Requester,
        case_id: UUID,
        *,
        reason: str,
        rows: int,
        people: int,
        hours: int,
        hospitals: tuple[str, ...] = (),
        rows_an_hour: int = 0,
        few_columns: bool = False,
        nonce: UUID | None = None,
    ) -> UUID:
        """Ask for a warrant; its id, which is that of the approvals' request. Raises CaseUnclear,
        ReasonMissing."""
        asked = m.AskWarrant(
            requester=requester,
            case_id=case_id,
            nonce=nonce or uuid4(),
            reason=reason,
            rows=rows,
            people=people,
            hours=hours,
            hospitals=hospitals,
            rows_an_hour=rows_an_hour,
            few_columns=few_columns,
        )
        done = await self._client.call(asked, m.Done)
        assert isinstance(done.identifier, UUID)
        return done.identifier

    async def listed(self, requester: m.Requester, case_id: UUID) -> m.WarrantList:
        """A case's warrants, the newest first."""
        return await self._client.call(m.ListWarrants(requester, case_id), m.WarrantList)

    async def show(self, requester: m.Requester, warrant_id: UUID) -> m.WarrantLine:
        """One warrant."""
        return await self._client.call(m.ShowWarrant(requester, warrant_id), m.WarrantLine)

    async def revoke(self, requester: m.Requester, warrant_id: UUID, reason: str) -> m.WarrantLine:
        """End it at once. Raises WarrantOver, ReasonMissing."""
        asked = m.RevokeWarrant(requester, warrant_id, reason)
        return await self._client.call(asked, m.WarrantLine)

    async def close(self, requester: m.Requester, warrant_id: UUID) -> m.WarrantLine:
        """The comparing is done; decoys are counted in the line. Raises WarrantOver."""
        return await self._client.call(m.CloseWarrant(requester, warrant_id), m.WarrantLine)

    async def match_pictures(
        self,
        requester: m.Requester,
        warrant_id: UUID,
        pictures: Sequence[AskedPicture],
        *,
        batch: UUID | None = None,
    ) -> m.PictureAnswers:
        """Compare at most ``BATCH_PICTURES_MAX`` pictures. Raises as ``match`` does."""
        asked = m.MatchPictures(
            requester=requester,
            warrant_id=warrant_id,
            batch=batch or uuid4(),
            pictures=packed_pictures(list(pictures)),
        )
        return await self._client.call(asked, m.PictureAnswers)

    async def match(
        self,
        requester: m.Requester,
        warrant_id: UUID,
        rows: Sequence[PersonRow],
        *,
        batch: UUID | None = None,
        chance: bool = False,
    ) -> m.RowAnswers:
        """Compare at most ``BATCH_ROWS_MAX`` rows. Raises WarrantOver (also where it is not yet
        approved), WarrantTooFast, CaseUnclear, BrokerUnavailable.

        Sent again after a failure, give the same ``batch``.
        """
        asked = m.MatchRows(
            requester=requester,
            warrant_id=warrant_id,
            batch=batch or uuid4(),
            rows=packed_rows(list(rows)),
            chance=chance,
        )
        return await self._client.call(asked, m.RowAnswers)

    async def versions(
        self,
        requester: m.Requester,
        warrant_id: UUID,
        rows: Sequence[tuple[bytes, PersonRow]],
    ) -> m.VersionAnswers:
        """From and until when the archive held what rows show, each with whom it was recognised as;
        ``VERSION_ROWS_MAX`` at most. Raises WarrantOver, CaseUnclear."""
        packed = packed_recognised([RecognisedRow(*one) for one in rows])
        return await self._client.call(
            m.CompareVersions(requester, warrant_id, packed), m.VersionAnswers
        )

    async def history(
        self, requester: m.Requester, warrant_id: UUID, people: Sequence[bytes], until_s: float
    ) -> m.HistoryAnswer:
        """Who was shown these people before ``until_s``; ``HISTORY_PEOPLE_MAX`` at most. Raises
        WarrantOver, CaseUnclear."""
        asked = m.AskHistory(requester, warrant_id, packed_people(list(people)), until_s)
        return await self._client.call(asked, m.HistoryAnswer)


class KnownPicture(NamedTuple):
    """A picture that was known again. Pseudonyms; ``series`` and ``instance`` b'' where they are
    not certain. ``how``: by ``picture_records.HOW``."""

    pseudonym: bytes
    series: bytes
    instance: bytes
    how: str
    inliers: int
    bits: float


def known_of(answer: m.PictureAnswers) -> list[KnownPicture | None]:
    """What became of each of the pictures that were answered, in their order; None of what is
    nobody's."""
    count = answer.answered
    inliers = struct.unpack(f"<{count}H", answer.inliers)
    bits = struct.unpack(f"<{count}f", answer.bits)
    found: list[KnownPicture | None] = []
    for at in range(count):
        one = slice(at * PSEUDONYM_BYTES, (at + 1) * PSEUDONYM_BYTES)
        pseudonym, series, instance = (
            b"" if column[one] == _NOBODY else column[one]
            for column in (answer.pseudonyms, answer.series, answer.instances)
        )
        how = HOW[answer.how[at]]
        known = KnownPicture(pseudonym, series, instance, how, inliers[at], bits[at])
        found.append(known if pseudonym else None)
    return found


def matches_of(rows: Sequence[PersonRow], answer: m.RowAnswers) -> list[RowMatch]:
    """What became of each of the rows that were answered, in their order.

    ``decoy`` is never set: which rows are decoys, whoever asks is not told (decision 063).
    """
    count = answer.answered
    bits = struct.unpack(f"<{count}f", answer.bits)
    agreeing = struct.unpack(f"<{count}H", answer.agreeing)
    made = []
    for at, row in enumerate(rows[:count]):
        pseudonym = answer.pseudonyms[at * PSEUDONYM_BYTES : (at + 1) * PSEUDONYM_BYTES]
        kinds = kinds_of(agreeing[at], AGREEING)
        made.append(
            RowMatch(
                table=row.table,
                row=row.row,
                pseudonym=b"" if pseudonym == _NOBODY else pseudonym,
                level=LEVELS[answer.levels[at]],
                bits=bits[at],
                agreeing=kinds,
                contradicting=kinds_of(answer.contradicting[at], CONTRADICTING),
                ours_alone=tuple(one for one in kinds if one in OURS_ALONE),
            )
        )
    return made
