"""Documents of a case: signed by the data protection officer alone, kept as they were, told."""

import hashlib
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from broker.test_cases import Calls, in_a_loop, officer, opened
from segel.app.case_telling import proved_entries
from segel.broker import messages as m
from segel.broker.errors import (
    CaseChanged,
    CaseOver,
    CaseUnclear,
    CaseUnknown,
    Forbidden,
    GuestUsedUp,
)
from segel.domain.cases import Language, NoticeKind, ObjectKind
from segel.domain.roles import Role
from segel.leaks.telling import (
    ContentMissing,
    DraftChanged,
    Findings,
    FindingsBroken,
    Telling,
    unpacked,
)
from segel.leaks.telling.service import LOOKED_S
from segel.store.local import LocalDirectory

WORDS = {Language.INDONESIAN: "Ekspor dibekukan.", Language.ENGLISH: "The export was frozen."}
FINDINGS = Findings(organisation="RS Contoh", contact="pdp@rs.example", handling=WORDS)
PRESS, ID = NoticeKind.PRESS, Language.INDONESIAN


class Signing:
    """A data protection officer and an incident officer before a case."""

    def __init__(self, estate: Any, folder: Any) -> None:
        self.estate, self.folder = estate, folder
        self.calls = Calls(estate).cases
        self.telling = Telling(self.calls, LocalDirectory(folder), proved_entries, estate.clock)

    async def begin(self) -> None:
        self.incident = await officer(self.estate)
        self.protector = await officer(self.estate, Role.DATA_PROTECTION_OFFICER)
        _, self.case_id = await opened(self.estate, self.incident)

    async def sign(self, who: m.Requester | None = None, kind: NoticeKind = PRESS) -> UUID:
        """Look at the draft, and sign what was seen."""
        who = who or self.protector
        seen = await self.telling.draft(who, self.case_id, kind, ID, signer="Ratna Sari")
        assert seen.signed is not None
        return await self.telling.sign(
            who, self.case_id, kind, ID,
            signer="Ratna Sari", at_s=seen.at_s, digest=seen.signed.digest,
        )  # fmt: skip


@pytest.fixture
def signing_of(estate_of: Any, tmp_path: Any) -> Any:
    """A case that waits for its documents, in the time of the estate's clock."""

    @asynccontextmanager
    async def made() -> Any:
        async with estate_of() as estate:
            signing = Signing(estate, tmp_path)
            await signing.begin()
            yield signing

    return made


@in_a_loop
async def test_a_version_of_findings_stays_and_a_writer_who_saw_another_is_refused(
    signing_of: Any,
) -> None:
    async with signing_of() as case:
        telling, who, case_id = case.telling, case.incident, case.case_id
        assert (await telling.known(who, case_id)).version == 0
        await telling.write(who, case_id, FINDINGS, 0)
        with pytest.raises(CaseChanged):
            await telling.write(who, case_id, FINDINGS, 0)
        await telling.write(who, case_id, Findings(organisation="RS Lain"), 1)
        assert (await telling.known(who, case_id)).findings.organisation == "RS Lain"
        assert (await telling.known(who, case_id, 1)).findings == FINDINGS
        view = await case.calls.show(who, case_id)
        assert [(one.kind, one.version) for one in view.findings] == [("findings", 2)]
        (line,) = await case.calls.listed(who)
        assert line.verdict == "undetermined"


@in_a_loop
async def test_what_is_signed_is_what_was_seen_and_never_changes(signing_of: Any) -> None:
    async with signing_of() as case:
        telling, who, case_id = case.telling, case.protector, case.case_id
        with pytest.raises(ContentMissing):
            await telling.whole(who, case_id, PRESS, ID)
        await telling.write(who, case_id, FINDINGS)
        seen = await telling.draft(who, case_id, PRESS, ID, signer="Ratna Sari")
        await telling.write(who, case_id, Findings(organisation="Lain", contact="x",
                                                   handling=WORDS))  # fmt: skip
        with pytest.raises(DraftChanged):
            await telling.sign(who, case_id, PRESS, ID, signer="Ratna Sari", at_s=seen.at_s,
                               digest=seen.signed.digest)  # fmt: skip
        first = await case.sign()
        view = await case.calls.show(who, case_id)
        (notice,) = view.notices
        assert (notice.notice_id, notice.number, notice.finding_version) == (first, 1, 2)
        pdf = await telling.signed(who, case_id, notice.object_id)
        assert hashlib.sha256(pdf).digest() == notice.sha256
        assert not [one for one in view.objects if not one.kept]
        with pytest.raises(CaseOver):
            await case.calls.finish_object(who, case_id, notice.object_id, 1, b"\0" * 32)
        second = await case.sign()
        states = {one.notice_id: one.is_current
                  for one in (await case.calls.show(who, case_id)).notices}  # fmt: skip
        assert states == {first: False, second: True}
        assert await telling.signed(who, case_id, notice.object_id) == pdf
        said = dict(proved_entries(await case.calls.proofs(who, case_id))).values()
        assert sum(notice.sha256.hex() in one and "notice-signed" in one for one in said) == 1


@in_a_loop
async def test_an_incident_officer_does_not_sign_and_nothing_of_it_is_kept(
    signing_of: Any,
) -> None:
    async with signing_of() as case:
        await case.telling.write(case.incident, case.case_id, FINDINGS)
        with pytest.raises(Forbidden):
            await case.sign(case.incident)
        view = await case.calls.show(case.incident, case.case_id)
        assert not view.notices
        assert not [one for one in view.objects if one.kept]


@in_a_loop
async def test_what_was_looked_at_long_ago_is_looked_at_again(signing_of: Any) -> None:
    async with signing_of() as case:
        who, case_id = case.protector, case.case_id
        await case.telling.write(who, case_id, FINDINGS)
        seen = await case.telling.draft(who, case_id, PRESS, ID, signer="Ratna Sari")
        case.estate.clock.now_s += LOOKED_S + 61
        with pytest.raises(DraftChanged):
            await case.telling.sign(who, case_id, PRESS, ID, signer="Ratna Sari", at_s=seen.at_s,
                                    digest=seen.signed.digest)  # fmt: skip


@in_a_loop
async def test_only_a_document_of_known_findings_and_the_next_number_is_signed(
    signing_of: Any,
) -> None:
    async with signing_of() as case:
        who, case_id, calls = case.protector, case.case_id, case.calls
        await case.telling.write(who, case_id, FINDINGS)

        async def send(kind: ObjectKind, number: int, version: int) -> None:
            grant = await calls.begin_object(who, case_id, kind, "x.pdf")
            await calls.sign(
                m.SignNotice(
                    requester=who, case_id=case_id, object_id=grant.object_id, length=1,
                    sha256=b"\1" * 32, kind=PRESS, language=ID, number=number,
                    finding_version=version,
                )
            )  # fmt: skip

        for kind, number, version, refusal in (
            (ObjectKind.EVIDENCE, 1, 1, CaseUnclear),
            (ObjectKind.DOCUMENT, 1, 2, CaseUnclear),
            (ObjectKind.DOCUMENT, 2, 1, CaseChanged),
        ):
            with pytest.raises(refusal):
                await send(kind, number, version)
        await send(ObjectKind.DOCUMENT, 1, 1)
        with pytest.raises(CaseChanged):
            await send(ObjectKind.DOCUMENT, 1, 1)


@in_a_loop
async def test_by_a_signed_document_its_clock_is_met_once(signing_of: Any) -> None:
    async with signing_of() as case:
        who, case_id, calls = case.protector, case.case_id, case.calls
        await case.telling.write(who, case_id, FINDINGS)
        press = await case.sign()
        now_s = case.estate.clock.now_s
        await calls.tell(who, case_id, press, now_s, "konferensi pers")
        with pytest.raises(CaseOver):
            await calls.tell(who, case_id, press, now_s, "lagi")
        with pytest.raises(CaseUnknown):
            await calls.tell(who, case_id, UUID(int=7), now_s, "lain")
        view = await calls.show(who, case_id)
        assert {one.state for one in view.clocks} == {"running"}
        grant = await calls.begin_object(who, case_id, ObjectKind.DOCUMENT, "csirt.pdf")
        csirt = await calls.sign(
            m.SignNotice(
                requester=who, case_id=case_id, object_id=grant.object_id, length=1,
                sha256=b"\1" * 32, kind=NoticeKind.CSIRT, language=ID, number=1,
                finding_version=1,
            )
        )  # fmt: skip
        with pytest.raises(CaseUnclear):
            await calls.tell(who, case_id, csirt, now_s + 60, "besok")
        await calls.tell(who, case_id, csirt, now_s, "surel 12")
        view = await calls.show(who, case_id)
        met = {one.kind: (one.state, one.how) for one in view.clocks}
        assert met["csirt"] == ("met", "surel 12")
        assert met["authority"][0] == "running"


@in_a_loop
async def test_a_guest_takes_signed_documents_and_sees_no_findings(signing_of: Any) -> None:
    async with signing_of() as case:
        await case.telling.write(case.incident, case.case_id, FINDINGS)
        await case.sign()
        invited = await case.calls.invite_guest(
            case.incident, case.case_id, "Wayan", "BSSN", days=1, looks=5, files=1
        )
        issued = await case.estate.ask(m.IssueToken(invited.account_id, 10**7))
        guest = m.Requester(issued.token, case.incident.purpose, "console")
        view = await case.calls.show(guest, case.case_id)
        (notice,) = view.notices
        assert notice.by == ""
        with pytest.raises(Forbidden):
            await case.telling.known(guest, case.case_id)
        with pytest.raises(Forbidden):
            await case.calls.finding(guest, case.case_id, "findings")
        assert (await case.telling.signed(guest, case.case_id, notice.object_id))[:4] == b"%PDF"
        with pytest.raises(GuestUsedUp):
            await case.telling.signed(guest, case.case_id, notice.object_id)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(b"{", "findings", id="no-json"),
        pytest.param(b'{"verdict":"maybe"}', "verdict", id="no-verdict"),
        pytest.param(b'{"patient_names":["x"]}', "findings", id="unknown-field"),
        pytest.param(b'{"verdict_error":2}', "verdict_error", id="no-odds"),
        pytest.param(b'{"latest_s":1,"earliest_s":2}', "latest_s", id="ends-before-it-begins"),
        pytest.param(b'{"figures":[{"measure":"rows","value":-1}]}', "figures.rows", id="negative"),
        pytest.param(
            b'{"figures":[{"measure":"rows","value":1},{"measure":"rows","value":2}]}',
            "figures",
            id="twice",
        ),
    ],
)
def test_findings_that_cannot_be_are_refused_by_their_field(body: bytes, field: str) -> None:
    with pytest.raises(FindingsBroken) as refused:
        unpacked(body)
    assert refused.value.field == field
