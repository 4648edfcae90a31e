"""The operator's desk for the life of keys."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from segel.broker import key_backup
from segel.broker import messages as m
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.errors import BrokerUnavailable
from segel.broker.escrowing import Escrowing
from segel.broker.keeper import Keeper
from segel.broker.key_rows import BROKER, Deed, HospitalKek, KeyRecord
from segel.broker.keyring import Keyring, version_in
from segel.broker.secrets import BROKER_KEK
from segel.domain.clock import Clock
from segel.keys import KmsError


class KeysDesk:
    """Reports on keys, and has them rotated."""

    def __init__(
        self,
        keyring: Keyring,
        keeper: Keeper,
        escrowing: Escrowing,
        directory: Directory,
        backup: Path,
        clock: Clock,
    ) -> None:
        self._keyring = keyring
        self._keeper = keeper
        self._escrowing = escrowing
        self._directory = directory
        self._backup = backup
        self._clock = clock

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ReportKeys, self._report, OPERATOR_ONLY),
            Offer(m.FollowKeys, self._follow, OPERATOR_ONLY),
            Offer(m.RotateKeys, self._rotate, OPERATOR_ONLY),
            Offer(m.SplitEscrow, self._split, OPERATOR_ONLY),
            Offer(m.RehearseEscrow, self._rehearse, OPERATOR_ONLY),
        ]

    async def _follow(self, _: m.FollowKeys) -> m.Reply:
        return work_of(self._keeper)

    async def _rotate(self, asked: m.RotateKeys) -> m.Reply:
        if asked.hospital_code:
            await self._directory.hospital_by_code(asked.hospital_code)
        if self._keeper.busy:
            return msgspec.structs.replace(work_of(self._keeper), begun=False)
        try:
            await self._keeper.rotate(asked.hospital_code or None)
        except KmsError as failure:
            raise unavailable(failure) from failure
        return work_of(self._keeper)

    async def _split(self, asked: m.SplitEscrow) -> m.Reply:
        try:
            await self._escrowing.split(
                asked.public, asked.test, asked.test_digest, asked.shares, asked.threshold
            )
        except KmsError as failure:
            raise unavailable(failure) from failure
        return work_of(self._keeper)

    async def _rehearse(self, asked: m.RehearseEscrow) -> m.Reply:
        await self._escrowing.rehearsed(asked.fingerprint, asked.test)
        return work_of(self._keeper)

    async def _report(self, _: m.ReportKeys) -> m.Reply:
        hospitals = await self._keeper.rows.hospitals()
        counts = await self._keeper.rows.counts()
        records = await self._keeper.rows.records()
        try:
            status = await asyncio.to_thread(self._keyring.status)
        except KmsError as failure:
            raise unavailable(failure) from failure
        keks = []
        if not status.sealed:
            for hospital in hospitals:
                in_use = counts.get(hospital.hospital_id, {})
                keks.append(await self._kek(hospital, in_use, records))
            keks.append(await self._kek(None, {}, records))
        head = key_backup.read_head(self._backup)
        return m.KeysReport(
            adapter=status.adapter,
            sealed=status.sealed,
            generation=self._keyring.generation,
            keks=keks,
            work=work_of(self._keeper),
            escrow=_escrow(records),
            backup_s=head.made_s if head else 0.0,
            now_s=self._clock(),
            moving_from=tuple(await asyncio.to_thread(self._moving_from)),
        )

    def _moving_from(self) -> list[str]:
        return [self._keyring.adapter(one) for one in self._keyring.older]

    async def _kek(
        self, hospital: HospitalKek | None, in_use: Mapping[bytes, int], records: list[KeyRecord]
    ) -> m.KekReport:
        code, kek_id = (hospital.code, hospital.kek_id) if hospital else (BROKER, BROKER_KEK)
        floor = hospital.floor if hospital else b""
        try:
            span = await asyncio.to_thread(self._keyring.versions, kek_id)
        except KmsError as failure:
            raise unavailable(failure) from failure
        rotated = [one for one in records if one.deed is Deed.ROTATED and one.hospital == code]
        return m.KekReport(
            hospital=code,
            oldest=span.oldest,
            newest=span.newest,
            rewrap=sum(count for label, count in in_use.items() if label < floor),
            rotated_s=rotated[0].at_s if rotated else 0.0,
            in_use=[
                m.KeksVersion(label[0], version_in(label), count)
                for label, count in sorted(in_use.items())
            ],
        )


def work_of(keeper: Keeper) -> m.KeyWork:
    """What the keeper is at."""
    work = keeper.work
    return m.KeyWork(work.state, work.total, work.done, work.seconds, work.trouble)


def unavailable(failure: KmsError) -> BrokerUnavailable:
    """A failure of the KMS, as the operator is told."""
    return BrokerUnavailable(failure.what, remedy=failure.remedy)


def _escrow(records: list[KeyRecord]) -> m.EscrowReport:
    split = next((one for one in records if one.deed is Deed.ESCROW_SPLIT), None)
    if split is None:
        return m.EscrowReport()
    rehearsed = next(
        (
            one.at_s
            for one in records
            if one.deed is Deed.ESCROW_REHEARSED
            and one.detail["fingerprint"] == split.detail["fingerprint"]
        ),
        0.0,
    )
    return m.EscrowReport(
        split.at_s,
        split.detail["fingerprint"],
        int(split.detail["shares"]),
        int(split.detail["threshold"]),
        rehearsed,
        bytes.fromhex(split.detail["test"]),
    )
