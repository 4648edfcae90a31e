"""What patients decided about the use of their records, as it is asked before a key is released.

A patient's row holds a mark: a keyed token as long as nothing was ever decided, anything else
afterwards. So whoever decided nothing, which is nearly everybody, costs no look, and a copied
table does not tell who decided (decision 033). What was decided is in a row of its own, sealed
under the patient's key and found by a keyed token.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import ConsentsChanged
from segel.broker.index import Index
from segel.broker.patient_keys import CONSENT_SCOPE, PatientKeys
from segel.broker.watch import Watch
from segel.domain.consent import DECIDABLE, Decision, Restriction, Rule
from segel.domain.purpose import Purpose
from segel.sealing import ObjectContext, seal, unseal

_VERSION: Final = 1
_EVERYTHING: Final = tuple(Rule(purpose, Decision.DENY) for purpose in DECIDABLE)
"""Of somebody who decided something that is not there any more."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A patient's mark, and what opens what they decided. ``mark`` None: a row from before there
    were marks."""

    mark: UUID | None
    keys: PatientKeys = field(repr=False)


Hiding = Callable[[Mapping[UUID, Marked]], Awaitable[frozenset[UUID]]]
"""Who of these patients is not to be shown to whoever asks."""


class Consents:
    """Reads and writes what patients decided."""

    def __init__(self, pool: AsyncConnectionPool, index: Index, watch: Watch) -> None:
        self._pool = pool
        self._index = index
        self._watch = watch

    @property
    def stamp(self) -> str:
        """Changes whenever somebody decides: to be read before ``of`` is."""
        return self._watch.consents

    async def of(self, patients: Mapping[UUID, Marked]) -> dict[UUID, tuple[Rule, ...]]:
        """The rules of those who ever decided anything, what holds before what does not.

        Raises SealBroken.
        """
        return {one: kept.in_order for one, kept in (await self._kept(patients)).items()}

    async def restricted(self, patient: UUID, marked: Marked) -> tuple[Restriction, ...]:
        """What the hospital stopped at a patient's request. Raises SealBroken."""
        kept = (await self._kept({patient: marked})).get(patient)
        return kept.restricted if kept else ()

    async def _kept(self, patients: Mapping[UUID, Marked]) -> dict[UUID, "_Kept"]:
        rows = {
            self._index.consents(patient): patient
            for patient, one in patients.items()
            if one.mark != self._index.undecided(patient)
        }
        if not rows:
            return {}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT row_id, sealed FROM consents WHERE row_id = ANY(%b::uuid[])", (list(rows),)
            )
            sealed: dict[UUID, bytes] = dict(await cursor.fetchall())
        found = {}
        for row_id, patient in rows.items():
            one = patients[patient]
            if row_id in sealed:
                found[patient] = _open(one.keys, patient, row_id, sealed[row_id])
            elif one.mark is not None:
                # Somebody took the row: what it declined is not known, so nothing is opened.
                found[patient] = _Kept(_EVERYTHING)
        return found

    async def require_same(
        self, cursor: psycopg.AsyncCursor, patient: UUID, mark: UUID | None
    ) -> None:
        """Return where nothing was decided since ``mark`` was read, and nothing will be until the
        transaction's end. Raises ConsentsChanged."""
        await cursor.execute(
            "SELECT consent_mark FROM patients WHERE patient_id = %s"
            " AND wrapped_key IS NOT NULL FOR UPDATE",
            (patient,),
        )
        if await cursor.fetchone() != (mark,):
            raise consents_changed()

    async def write(
        self,
        cursor: psycopg.AsyncCursor,
        patient: UUID,
        keys: PatientKeys,
        rules: Iterable[Rule],
        permits: Collection[Purpose],
    ) -> None:
        """Write everything that a patient decided, the newest first; ``permits`` by the newest of
        it: what the hospital had stopped of that goes on again."""
        before = await self._written(cursor, patient, keys)
        restricted = tuple(one for one in before.restricted if one.purpose not in permits)
        await self._put(cursor, patient, keys, _Kept(tuple(rules), restricted))

    async def restrict(
        self,
        cursor: psycopg.AsyncCursor,
        patient: UUID,
        keys: PatientKeys,
        purposes: Iterable[Purpose],
        at_s: float,
    ) -> None:
        """Stop uses of a patient's record at their request, whatever they decided before."""
        before = await self._written(cursor, patient, keys)
        added = {purpose: Restriction(purpose, at_s) for purpose in purposes}
        if added:
            kept = (one for one in before.restricted if one.purpose not in added)
            restricted = (*kept, *added.values())
            await self._put(cursor, patient, keys, _Kept(before.rules, restricted))

    async def _written(
        self, cursor: psycopg.AsyncCursor, patient: UUID, keys: PatientKeys
    ) -> "_Kept":
        row_id = self._index.consents(patient)
        await cursor.execute("SELECT sealed FROM consents WHERE row_id = %s FOR UPDATE", (row_id,))
        row = await cursor.fetchone()
        return _open(keys, patient, row_id, row[0]) if row else _Kept()

    async def _put(
        self, cursor: psycopg.AsyncCursor, patient: UUID, keys: PatientKeys, kept: "_Kept"
    ) -> None:
        row_id = self._index.consents(patient)
        await cursor.execute(
            "UPDATE patients SET consent_mark = %s WHERE patient_id = %s", (uuid4(), patient)
        )
        await cursor.execute(
            "INSERT INTO consents (row_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (row_id) DO UPDATE SET sealed = excluded.sealed",
            (row_id, _seal(keys, patient, row_id, kept)),
        )
        await self._watch.tell_decided(cursor)


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed: what the patient decided, and what the hospital stopped at their request."""

    rules: tuple[Rule, ...] = ()
    restricted: tuple[Restriction, ...] = ()

    @property
    def in_order(self) -> tuple[Rule, ...]:
        stopped = tuple(Rule(one.purpose, Decision.DENY) for one in self.restricted)
        return (*stopped, *self.rules)


async def nobody_hidden(patients: Mapping[UUID, Marked]) -> frozenset[UUID]:
    """Of a patient whose consent has been asked for already."""
    del patients
    return frozenset()


def consents_changed() -> ConsentsChanged:
    """Somebody else decided meanwhile."""
    return ConsentsChanged(
        "The patient's consents were changed meanwhile.", remedy="Read them again, and repeat it."
    )


async def forget_consents(
    cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]
) -> None:
    """Take what patients who are erased had decided."""
    rows = [index.consents(one) for one in patients]
    await cursor.execute("DELETE FROM consents WHERE row_id = ANY(%b::uuid[])", (rows,))


def told(rules: Iterable[Rule]) -> str:
    """Rules in the words of an audit event: ``TREAT=deny HRESCH=permit``."""
    newest: dict[Purpose, Decision] = {}
    for rule in rules:
        newest.setdefault(rule.purpose, rule.decision)
    return " ".join(f"{purpose}={decision}" for purpose, decision in sorted(newest.items()))


def _seal(keys: PatientKeys, patient: UUID, row_id: UUID, kept: _Kept) -> bytes:
    context = ObjectContext(patient, row_id, _VERSION)
    return bytes(seal(keys.scope(CONSENT_SCOPE), context, msgspec.msgpack.encode(kept)))


def _open(keys: PatientKeys, patient: UUID, row_id: UUID, sealed: bytes) -> _Kept:
    plain = unseal(keys.scope(CONSENT_SCOPE), ObjectContext(patient, row_id, _VERSION), sealed)
    return msgspec.msgpack.decode(plain, type=_Kept)
