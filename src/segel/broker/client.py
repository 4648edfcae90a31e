"""The broker as its callers see it: asyncio, many requests under way on one unix socket.

A call that finds the broker away waits for it to come back, up to ``patience_s``; every request
may be repeated, because a patient opened twice counts once and a study made twice is one.
"""

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import Final, Self, TypeVar
from uuid import UUID

from segel.broker import messages as m
from segel.broker.calls.accesses import AccessCalls
from segel.broker.calls.alerts import AlertCalls
from segel.broker.calls.approvals import ApprovalCalls
from segel.broker.calls.audit_export import AuditExportCalls
from segel.broker.calls.break_glass import BreakGlassCalls
from segel.broker.calls.card_oversight import CardOversightCalls
from segel.broker.calls.cards import CardCalls
from segel.broker.calls.cases import CaseCalls
from segel.broker.calls.charts import ChartCalls
from segel.broker.calls.containing import ContainingCalls
from segel.broker.calls.declarations import DeclarationCalls
from segel.broker.calls.decoys import DecoyCalls
from segel.broker.calls.drawers import DrawerCalls
from segel.broker.calls.erasing import ErasingCalls
from segel.broker.calls.exports import ExportCalls
from segel.broker.calls.freezes import FreezeCalls
from segel.broker.calls.health_links import HealthLinkCalls
from segel.broker.calls.keys import KeyCalls
from segel.broker.calls.marks import MarkCalls
from segel.broker.calls.moving import MovingCalls
from segel.broker.calls.national import NationalCalls
from segel.broker.calls.oauth import OAuthCalls
from segel.broker.calls.onboarding import OnboardingCalls
from segel.broker.calls.oversight import OversightCalls
from segel.broker.calls.pairs import PairCalls
from segel.broker.calls.passes import PassCalls
from segel.broker.calls.pictures import PictureCalls
from segel.broker.calls.record import RecordCalls
from segel.broker.calls.register import RegisterCalls
from segel.broker.calls.requests import RequestCalls
from segel.broker.calls.retention import RetentionCalls
from segel.broker.calls.senders import SenderCalls
from segel.broker.calls.subscriptions import SubscriptionCalls
from segel.broker.calls.warrants import WarrantCalls
from segel.broker.calls.ways_in import WaysInCalls
from segel.broker.calls.witnesses import WitnessCalls
from segel.broker.calls.worklist import WorklistCalls
from segel.broker.errors import (
    ERRORS_BY_CODE,
    BrokerError,
    BrokerUnavailable,
    BudgetExhausted,
    NonceNeeded,
    PasscodeWrong,
)
from segel.broker.wire import decode_reply, encode_frame, read_frame
from segel.domain.roles import Role

PATIENCE_S: Final = 8.0
"""A restarted broker is back within about a second; a client's own timeout is rarely below ten."""

RETRY_PAUSE_S: Final = 0.1

R = TypeVar("R", bound=m.Message)


class BrokerClient:
    """A connection to the broker that mends itself."""

    def __init__(self, socket_path: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._path = socket_path
        self._patience_s = patience_s
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[m.Reply]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self.access = WaysInCalls(self)
        self.keys = KeyCalls(self)
        self.freezes = FreezeCalls(self)
        self.approvals = ApprovalCalls(self)
        self.oversight = OversightCalls(self)
        self.accesses = AccessCalls(self)
        self.alerts = AlertCalls(self)
        self.record = RecordCalls(self)
        self.audit_export = AuditExportCalls(self)
        self.oauth = OAuthCalls(self)
        self.onboarding = OnboardingCalls(self)
        self.break_glass = BreakGlassCalls(self)
        self.witnesses = WitnessCalls(self)
        self.decoys = DecoyCalls(self)
        self.drawers = DrawerCalls(self)
        self.erasing = ErasingCalls(self)
        self.moving = MovingCalls(self)
        self.exports = ExportCalls(self)
        self.pairs = PairCalls(self)
        self.cards = CardCalls(self)
        self.card_oversight = CardOversightCalls(self)
        self.cases = CaseCalls(self)
        self.marks = MarkCalls(self)
        self.containing = ContainingCalls(self)
        self.charts = ChartCalls(self)
        self.register = RegisterCalls(self)
        self.senders = SenderCalls(self)
        self.national = NationalCalls(self)
        self.requests = RequestCalls(self)
        self.retention = RetentionCalls(self)
        self.worklist = WorklistCalls(self)
        self.subscriptions = SubscriptionCalls(self)
        self.health_links = HealthLinkCalls(self)
        self.declarations = DeclarationCalls(self)
        self.passes = PassCalls(self)
        self.warrants = WarrantCalls(self)
        self.pictures = PictureCalls(self)

    @classmethod
    async def connect(cls, socket_path: Path, *, patience_s: float = PATIENCE_S) -> Self:
        """A client whose broker has answered once. Raises BrokerUnavailable."""
        client = cls(socket_path, patience_s=patience_s)
        await client.status()
        return client

    async def close(self) -> None:
        """Hang up; calls under way fail with BrokerUnavailable."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        self._hang_up()

    # --- what it offers -----------------------------------------------------------------------

    async def status(self) -> m.Status:
        """The broker's own state."""
        return await self.call(m.Hello(), m.Status)

    async def session(self, token: str) -> m.Session:
        """What ``token`` stands for. Raises TokenInvalid, Frozen."""
        return await self.call(m.CheckSession(token), m.Session)

    async def session_of(self, requester: m.Requester) -> m.Session:
        """What a requester's token stands for, with its proof. Raises TokenInvalid."""
        return await self.call(m.CheckSession(requester.token, requester.proof), m.Session)

    async def end_session(self, token: str) -> None:
        """Sign out: the token opens nothing from now on."""
        await self.call(m.EndSession(token), m.Done)

    async def open_peer(
        self, calling_ae: str, called_ae: str, address: str, key: str = ""
    ) -> m.Token:
        """A token of the system account behind an AE title. Raises AeTitleUnknown."""
        return await self.call(m.OpenPeer(calling_ae, called_ae, address, key), m.Token)

    async def peer_address(self, requester: m.Requester, ae_title: str) -> m.Address:
        """Where a C-MOVE destination of the same hospital listens. Raises AeTitleUnknown."""
        return await self.call(m.PeerAddress(requester, ae_title), m.Address)

    async def open_for_store(self, requester: m.Requester, arrival: m.StudyArrival) -> m.StudyGrant:
        """The key of the study that an arriving instance belongs to, made where it is new."""
        return await self.call(m.OpenForStore(requester, arrival), m.StudyGrant)

    async def open_study(
        self,
        requester: m.Requester,
        study_uid: str,
        *,
        copy: bool = False,
        pictures: bool = False,
    ) -> m.StudyGrant:
        """The key of a study; as a ``copy``, of the asking patient's own, to be taken along; for
        ``pictures`` that leave, with the mark that they have to bear.

        Raises StudyUnknown, Forbidden, BudgetExhausted.
        """
        asked = m.OpenStudy(requester, study_uid, copy, pictures)
        return await self.call(asked, m.StudyGrant)

    async def search(self, requester: m.Requester, query: m.StudyQuery) -> m.SearchResult:
        """The studies that match, newest first. Raises QueryTooBroad, BudgetExhausted."""
        return await self.call(m.Search(requester, query), m.SearchResult)

    async def budget(self, requester: m.Requester) -> m.BudgetReport:
        """The asking account's own use."""
        return await self.call(m.OwnBudget(requester), m.BudgetReport)

    async def trail(self, requester: m.Requester, limit: int = 50) -> m.AuditTrail:
        """The asking account's newest audit events."""
        return await self.call(m.OwnTrail(requester, limit), m.AuditTrail)

    async def demo_accounts(self) -> list[m.DemoAccount]:
        """The demo people; empty outside demo mode."""
        return (await self.call(m.ListDemoAccounts(), m.AccountList)).accounts

    async def demo_sign_in(self, account_id: UUID) -> m.Token:
        """Become a demo person. Raises Forbidden outside demo mode."""
        return await self.call(m.DemoSignIn(account_id), m.Token)

    async def passkey_register_begin(
        self, requester: m.Requester, relying_party: str, origin: str
    ) -> m.Ceremony:
        """Options for ``navigator.credentials.create``."""
        return await self.call(m.PasskeyRegisterBegin(requester, relying_party, origin), m.Ceremony)

    async def passkey_register_finish(
        self, requester: m.Requester, handle: str, credential: str, name: str = ""
    ) -> None:
        """Bind the new passkey to the asking account. Raises SignInFailed, AlreadyExists."""
        await self.call(m.PasskeyRegisterFinish(requester, handle, credential, name), m.Done)

    async def passkey_sign_in_begin(self, relying_party: str, origin: str) -> m.Ceremony:
        """Options for ``navigator.credentials.get``."""
        return await self.call(m.PasskeySignInBegin(relying_party, origin), m.Ceremony)

    async def passkey_sign_in_finish(self, handle: str, credential: str) -> m.Token:
        """A session for the passkey's owner. Raises SignInFailed."""
        return await self.call(m.PasskeySignInFinish(handle, credential), m.Token)

    async def viewer_code(self, requester: m.Requester, study_uid: str) -> str:
        """A one-time code for a viewer on another origin."""
        return (await self.call(m.ViewerCode(requester, study_uid), m.Token)).token

    async def viewer_sign_in(self, code: str) -> m.Token:
        """The short token behind a one-time code. Raises SignInFailed."""
        return await self.call(m.ViewerSignIn(code), m.Token)

    # --- operator's socket only ---------------------------------------------------------------

    async def enrol_hospital(self, code: str, name: str) -> UUID | None:
        """Enrol a hospital; one that is enrolled keeps its identity."""
        return (await self.call(m.EnrolHospital(code, name), m.Done)).identifier

    async def enrol_account(
        self, name: str, role: Role, hospital_code: str, *, demo: bool = False
    ) -> UUID:
        """Enrol a person of a hospital; again the same name gives the same account."""
        message = m.EnrolAccount(name, role, hospital_code, demo)
        identifier = (await self.call(message, m.Done)).identifier
        assert identifier is not None
        return identifier

    async def enrol_peer(
        self,
        ae_title: str,
        called_ae_title: str,
        hospital_code: str,
        *,
        host: str = "",
        port: int = 0,
        keys: tuple[str, ...] = (),
    ) -> None:
        """Enrol a DIMSE peer."""
        message = m.EnrolPeer(ae_title, called_ae_title, hospital_code, host, port, keys)
        await self.call(message, m.Done)

    async def issue_token(self, account_id: UUID, lifetime_s: int) -> m.Token:
        """A bearer token, for a system or in demo mode."""
        return await self.call(m.IssueToken(account_id, lifetime_s), m.Token)

    # --- how ----------------------------------------------------------------------------------

    async def call(self, message: m.Request, reply_type: type[R]) -> R:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._patience_s
        while True:
            try:
                reply = await self._exchange(message)
                break
            except (OSError, BrokerUnavailable) as away:
                if loop.time() > deadline_s:
                    raise BrokerUnavailable(
                        "The key broker does not answer; nothing was released.",
                        remedy="Try again in a moment.",
                    ) from away
                await asyncio.sleep(RETRY_PAUSE_S)
        if isinstance(reply, m.Failure):
            raise _error_of(reply)
        if not isinstance(reply, reply_type):
            raise BrokerError("The broker gave an answer of another kind.")
        return reply

    async def _exchange(self, message: m.Request) -> m.Reply:
        await self._ensure_connected()
        number = next(self._numbers)
        future: asyncio.Future[m.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            assert self._writer is not None
            self._writer.write(encode_frame(number, message))
            await self._writer.drain()
            return await future
        finally:
            self._waiting.pop(number, None)

    async def _ensure_connected(self) -> None:
        if self._writer is not None and not self._writer.is_closing():
            return
        async with self._connecting:
            if self._writer is not None and not self._writer.is_closing():
                return
            reader, self._writer = await asyncio.open_unix_connection(str(self._path))
            self._reading = asyncio.create_task(self._read_replies(reader, self._writer))

    async def _read_replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while (body := await read_frame(reader)) is not None:
                number, reply = decode_reply(body)
                future = self._waiting.get(number)
                if future is not None and not future.done():
                    future.set_result(reply)
        except (OSError, BrokerError):
            pass
        finally:
            if self._writer is writer:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(BrokerUnavailable("The connection to the broker ended."))


def _error_of(failure: m.Failure) -> BrokerError:
    error = ERRORS_BY_CODE.get(failure.code, BrokerError)
    if error is BudgetExhausted:
        return BudgetExhausted(
            failure.what,
            remedy=failure.remedy,
            retry_after_s=failure.retry_after_s,
            whose=failure.whose or "account",
        )
    if error is PasscodeWrong:
        return PasscodeWrong(failure.what, remedy=failure.remedy, tries_left=failure.tries_left)
    if error is NonceNeeded:
        return NonceNeeded(
            failure.what,
            remedy=failure.remedy,
            field=failure.field or None,
            nonce=failure.nonce,
        )
    return error(failure.what, remedy=failure.remedy, field=failure.field or None)
