"""Marks in pictures that leave: who bears which, and what writes it.

A mark is an account's for a month. Its id is a keyed token, so that nothing is written where it is
known; what it says is drawn from its id; whose it is lies sealed in its row. Which pictures leave
with one is decided here, and by no door: decision 064.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import LiveSession, this_month
from segel.broker.index import Index
from segel.broker.messages.marks import PictureMark
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

Write = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class MarkRecord(msgspec.Struct, frozen=True):
    """Whose a mark is. ``month``: in which it is given out, as 2026-11."""

    account_id: UUID
    hospital_id: UUID | None
    month: str


class PictureMarks:
    """Gives out marks, and knows whose each is."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock

    def of(self, session: LiveSession) -> PictureMark | None:
        """The mark of a session's holder; None where what they are shown bears none.

        A viewer's session is let in to diagnose, and what patients are shown of themselves is
        theirs: nobody is to learn whom they show it to.
        """
        if session.record.study_uid or session.account.patient_id is not None:
            return None
        month = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")
        mark_id = self._index.picture_mark(session.claims.account_id, month)
        return PictureMark(mark_id, month, self.carrier, self.message_key(mark_id))

    @property
    def carrier(self) -> bytes:
        """The key of what marks stand in."""
        return self._index.mark_carrier()

    def message_key(self, mark_id: UUID) -> bytes:
        """The key of what a mark says."""
        return self._index.mark_message(mark_id)

    def noting(self, mark: PictureMark, session: LiveSession) -> Write:
        """Have it known whose a mark is, in the transaction that logs that it is given out."""
        record = MarkRecord(session.claims.account_id, session.hospital_id, mark.month)
        sealed = self._secrets.seal_row(mark.mark_id, msgspec.json.encode(record))

        async def write(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "INSERT INTO picture_marks (mark_id, month, sealed) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (mark.mark_id, this_month(), sealed),
            )

        return write

    async def given(self) -> dict[UUID, MarkRecord]:
        """All marks that were ever given out, and whose they are."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT mark_id, sealed FROM picture_marks")
            ).fetchall()
        return {
            mark_id: msgspec.json.decode(self._secrets.open_row(mark_id, sealed), type=MarkRecord)
            for mark_id, sealed in rows
        }
