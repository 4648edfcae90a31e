"""The HL7 doors as the receiver opens them: with TLS a sender is who its key says."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY

from segel.app.mllp import mllp_doors, mllp_tls
from segel.app.settings import Settings
from segel.broker import BrokerClient
from segel.imaging import opened_archive
from segel.imaging.dimse import CertificateBroken, key_in
from segel.records import BASE, Records
from segel.store.database import opened_pool
from support.certificates import Holder, Issuer
from support.hl7_messages import messages
from support.live_broker import live_broker
from support.mllp import acknowledged, connected

if TYPE_CHECKING:
    from conftest import Database

(SAMPLE,) = messages(1, 3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_of(issuer: Issuer, ours: Holder, port: int) -> Settings:
    return Settings(
        mllp_tls=f"127.0.0.1:{port}",
        mllp_tls_certificate=str(ours.certificate),
        mllp_tls_key=str(ours.key),
        mllp_tls_issuers=str(issuer.certificate),
    )


def shown_by(holder: Holder) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(holder.certificate, holder.key)
    return context


def counted(code: str) -> float:
    found = [
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "segel_hl7_messages_total" and sample.labels["code"] == code
    ]
    return sum(found)


def test_a_sender_with_a_certificate_is_let_in_by_its_key_and_nobody_else_is(
    database: "Database", tmp_path: Path
) -> None:
    issuer, stranger = Issuer(tmp_path, "issuer"), Issuer(tmp_path, "stranger")
    ours, laboratory, other = (issuer.issue(name) for name in ("segel", "lis", "other"))
    settings = settings_of(issuer, ours, free_port())
    port = int(settings.mllp_tls.rpartition(":")[2])

    async def sent_by(holder: Holder) -> str:
        async with connected(port, shown_by(holder)) as client:
            await client.send(SAMPLE.raw)
            return acknowledged(await client.answer())[0]

    async def story(operator_socket: Path, door: Path) -> None:
        operator = await BrokerClient.connect(operator_socket)
        await operator.enrol_hospital("RSM", "RS Melati")
        await operator.senders.enrol(
            "LIS", "RS MELATI", "RSM", authorities=("RSM",),
            keys=(key_in(laboratory.certificate.read_bytes()),),
        )  # fmt: skip
        await operator.close()
        async with (
            opened_archive(door, database.gateway, tmp_path / "objects") as archive,
            opened_pool(database.gateway) as pool,
            mllp_doors(settings, archive, Records(archive, pool, BASE), mllp_tls(settings)),
        ):
            before = counted("AA"), counted("AR")
            assert [await sent_by(one) for one in (laboratory, other)] == ["AA", "AR"]
            assert (counted("AA"), counted("AR")) == (before[0] + 1, before[1] + 1)
            with pytest.raises((OSError, IndexError)):  # cut, or nothing to read
                await sent_by(stranger.issue("outsider"))

    with live_broker(database, tmp_path) as broker:
        asyncio.run(story(broker.settings.operator_socket, broker.settings.socket))


def test_a_certificate_that_is_no_good_is_named_by_its_setting(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, "issuer")
    one, two = issuer.issue("one"), issuer.issue("two")
    with pytest.raises(CertificateBroken) as broken:
        mllp_tls(settings_of(issuer, Holder(one.certificate, two.key), 0))
    assert broken.value.field == "mllp_tls_certificate"
