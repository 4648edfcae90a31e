"""How a session begins: by choosing a demo person, by passkey, by AE title, by a viewer's code."""

from typing import Final
from uuid import UUID, uuid4

import msgspec

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import Failures
from segel.broker.errors import AeTitleUnknown, BrokerError, Forbidden, SignInFailed
from segel.broker.live import Sessions
from segel.broker.machines import require_shown
from segel.broker.passkeys import Passkeys
from segel.broker.policy import Permission, authorise
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.broker.sessions import (
    PEER_SESSION_S,
    PERSON_SESSION_S,
    VIEWER_SESSION_S,
    Claims,
    SessionRecord,
)
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.sealing import ObjectContext, SealingError, seal, unseal

VIEWER_CODE_S: Final = 60
_VIEWER_CODE: Final = ObjectContext(NOBODY, UUID(int=2), 1)


class ViewerLetIn(msgspec.Struct, frozen=True):
    """A one-time code's content, sealed: the session that it begins."""

    session_id: UUID
    account_id: UUID
    study_uid: str
    until_s: int
    purpose: Purpose = Purpose.TREATMENT


class SignInDesk:
    """Recognises people, devices and viewers."""

    def __init__(
        self,
        sessions: Sessions,
        directory: Directory,
        passkeys: Passkeys,
        secrets: BrokerSecrets,
        failures: Failures,
        clock: Clock,
        *,
        demo: bool,
        idle_s: int,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._passkeys = passkeys
        self._secrets = secrets
        self._failures = failures
        self._clock = clock
        self._demo = demo
        self._idle_s = idle_s

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OpenPeer, self._open_peer),
            Offer(m.ListDemoAccounts, self._demo_accounts),
            Offer(m.DemoSignIn, self._demo_sign_in),
            Offer(m.PasskeySignInBegin, self._passkey_begin),
            Offer(m.PasskeySignInFinish, self._passkey_finish),
            Offer(m.ViewerCode, self._viewer_code),
            Offer(m.ViewerSignIn, self._viewer_sign_in),
        ]

    # --- devices ------------------------------------------------------------------------------

    async def _open_peer(self, asked: m.OpenPeer) -> m.Reply:
        peer = await self._directory.peer(asked.calling_ae)
        if peer.called_ae_title != asked.called_ae.strip():
            raise AeTitleUnknown(
                "The called AE title is not the one this device is enrolled for.",
                remedy="Correct the called AE title in the device.",
                field="called",
            )
        require_shown(peer.keys, asked.key, AeTitleUnknown, "device", "peer")
        return await self._sessions.begin(
            peer.account_id, PEER_SESSION_S, "ae-title", f"dimse {asked.address}"
        )

    # --- people -------------------------------------------------------------------------------

    async def _demo_accounts(self, _: m.ListDemoAccounts) -> m.Reply:
        people = await self._directory.demo_accounts() if self._demo else []
        return m.AccountList(
            [
                m.DemoAccount(account_id, account.name, account.role, hospital.name)
                for account_id, account, hospital in people
            ]
        )

    async def _demo_sign_in(self, asked: m.DemoSignIn) -> m.Reply:
        account, _ = await self._directory.account(asked.account_id)
        if not (self._demo and account.demo):
            raise Forbidden(
                "Choosing a person is for demo mode only.", remedy="Sign in with a passkey."
            )
        return await self._sessions.begin(
            asked.account_id, PERSON_SESSION_S, "demo", "console", idle_s=self._idle_s
        )

    async def _passkey_begin(self, asked: m.PasskeySignInBegin) -> m.Reply:
        return self._passkeys.begin_sign_in(asked.relying_party, asked.origin)

    async def _passkey_finish(self, asked: m.PasskeySignInFinish) -> m.Reply:
        try:
            account_id, passkey_id = await self._passkeys.finish_sign_in(
                asked.handle, asked.credential
            )
        except SignInFailed as refusal:
            self._failures.note("passkey", refusal, "console")
            raise
        return await self._sessions.begin(
            account_id,
            PERSON_SESSION_S,
            "passkey",
            "console",
            via=str(passkey_id),
            idle_s=self._idle_s,
        )

    # --- viewers ------------------------------------------------------------------------------

    async def _viewer_code(self, asked: m.ViewerCode) -> m.Reply:
        requester = asked.requester
        session = await self._sessions.live(requester)
        authorise(
            session.principal,
            Permission.STUDY_READ,
            requester.purpose,
            session.hospital_id,
            session.account.patient_id,
            # Whether a break-glass is open is asked when the study is.
            emergency=True,
        )
        until_s = int(self._clock()) + VIEWER_CODE_S
        let_in = ViewerLetIn(
            uuid4(), session.claims.account_id, asked.study_uid, until_s, requester.purpose
        )
        sealed = seal(self._secrets.system, _VIEWER_CODE, msgspec.msgpack.encode(let_in))
        return m.Token(bytes(sealed).hex(), until_s)

    async def _viewer_sign_in(self, asked: m.ViewerSignIn) -> m.Reply:
        try:
            plain = unseal(self._secrets.system, _VIEWER_CODE, bytes.fromhex(asked.code))
            let_in = msgspec.msgpack.decode(plain, type=ViewerLetIn)
        except (ValueError, SealingError, msgspec.DecodeError):
            raise _code_failed() from None
        now_s = int(self._clock())
        if let_in.until_s < now_s:
            raise _code_failed()
        claims = Claims(let_in.session_id, let_in.account_id, now_s + VIEWER_SESSION_S)
        # The session's id comes from the code: its primary key makes the code good for one use.
        record = SessionRecord(
            claims.expires_s, "viewer", let_in.study_uid, let_in.purpose, route="viewer"
        )
        return await self._sessions.begin_with(claims, record)


def _code_failed() -> BrokerError:
    return SignInFailed(
        "The code for the viewer is not valid any more.", remedy="Open the study again."
    )
