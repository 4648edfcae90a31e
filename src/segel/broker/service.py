"""What the broker does with each message. The sockets are in ``server``."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.directory import Directory, LiveSession, PeerRecord
from segel.broker.errors import AeTitleUnknown, BrokerError, Forbidden, SignInFailed
from segel.broker.ledger import Intent, Ledger
from segel.broker.passkeys import Passkeys
from segel.broker.policy import Permission, authorise, permitted
from segel.broker.publisher import Publisher
from segel.broker.releases import Releases, event_of
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.broker.sessions import (
    PEER_SESSION_S,
    PERSON_SESSION_S,
    VIEWER_SESSION_S,
    Claims,
    SessionRecord,
    TokenSigner,
    new_claims,
)
from segel.broker.trail import Trail
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import Kms
from segel.sealing import ObjectContext, SealingError, seal, unseal

VIEWER_CODE_S: Final = 60
TOKEN_LIFETIME_MAX_S: Final = 366 * 86_400


class ViewerLetIn(msgspec.Struct, frozen=True):
    """A one-time code's content, sealed: the session that it begins."""

    session_id: UUID
    account_id: UUID
    study_uid: str
    until_s: int


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that a broker consists of, wired."""

    secrets: BrokerSecrets
    kms: Kms
    signer: TokenSigner
    directory: Directory
    passkeys: Passkeys
    releases: Releases
    trail: Trail
    ledger: Ledger
    publisher: Publisher
    demo: bool


class Broker:
    """Answers messages. Raises BrokerError; the server turns it into a Failure."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def answer(self, request: m.Request, *, operator: bool) -> m.Reply:
        """The reply to one request. ``operator``: it came over the operator's socket."""
        match request:
            case m.Hello():
                return await self._status()
            case m.CheckSession(token):
                return _session(await self._live(token))
            case m.EndSession(token):
                return await self._end_session(token)
            case m.OpenForStore(asked, arrival):
                session = await self._live(asked.token)
                return await self._rooms.releases.open_for_store(session, asked, arrival)
            case m.OpenStudy(asked, uid):
                session = await self._live(asked.token)
                return await self._rooms.releases.open_study(session, asked, uid)
            case m.Search(asked, query):
                session = await self._live(asked.token)
                return await self._rooms.releases.search(session, asked, query)
            case m.OwnBudget(asked):
                return await self._rooms.trail.budget(await self._own(asked))
            case m.OwnTrail(asked, limit):
                return await self._rooms.trail.of_account(await self._own(asked), limit)
            case _ if operator:
                return await self._operator(request)
            case _:
                return await self._sign_in(request)

    # --- sign-in ------------------------------------------------------------------------------

    async def _sign_in(self, request: m.Request) -> m.Reply:
        rooms = self._rooms
        match request:
            case m.OpenPeer(calling, called, address):
                return await self._open_peer(calling, called, address)
            case m.PeerAddress(asked, ae_title):
                return await self._peer_address(asked, ae_title)
            case m.ListDemoAccounts():
                return m.AccountList(await self._demo_accounts() if rooms.demo else [])
            case m.DemoSignIn(account_id):
                return await self._demo_sign_in(account_id)
            case m.PasskeyRegisterBegin(asked, relying_party, origin):
                session = await self._own(asked)
                return rooms.passkeys.begin_registration(
                    session.claims.account_id, session.account.name, relying_party, origin
                )
            case m.PasskeyRegisterFinish(asked, handle, credential):
                session = await self._own(asked)
                await rooms.passkeys.finish_registration(
                    session.claims.account_id, handle, credential
                )
                return m.Done()
            case m.PasskeySignInBegin(relying_party, origin):
                return rooms.passkeys.begin_sign_in(relying_party, origin)
            case m.PasskeySignInFinish(handle, credential):
                account_id = await rooms.passkeys.finish_sign_in(handle, credential)
                return await self._begin(account_id, PERSON_SESSION_S, "passkey", "console")
            case m.ViewerCode(asked, study_uid):
                return await self._viewer_code(asked, study_uid)
            case m.ViewerSignIn(code):
                return await self._viewer_sign_in(code)
            case _:
                raise Forbidden(
                    "This is for the operator.", remedy="Use the command line on the server."
                )

    async def _open_peer(self, calling: str, called: str, address: str) -> m.Token:
        peer = await self._rooms.directory.peer(calling)
        if peer.called_ae_title != called.strip():
            raise AeTitleUnknown(
                "The called AE title is not the one this device is enrolled for.",
                remedy="Correct the called AE title in the device.",
                field="called",
            )
        return await self._begin(peer.account_id, PEER_SESSION_S, "ae-title", f"dimse {address}")

    async def _peer_address(self, asked: m.Requester, ae_title: str) -> m.Address:
        session = await self._live(asked.token)
        authorise(session.principal, Permission.STUDY_READ, asked.purpose, session.hospital_id)
        peer = await self._rooms.directory.peer(ae_title)
        if peer.hospital_id != session.hospital_id or not peer.port:
            raise AeTitleUnknown(
                "The move destination is not enrolled with an address.",
                remedy="Ask the operator to enrol its host and port.",
                field="destination",
            )
        return m.Address(peer.host, peer.port)

    async def _demo_accounts(self) -> list[m.DemoAccount]:
        return [
            m.DemoAccount(account_id, account.name, account.role, hospital.name)
            for account_id, account, hospital in await self._rooms.directory.demo_accounts()
        ]

    async def _demo_sign_in(self, account_id: UUID) -> m.Token:
        account, _ = await self._rooms.directory.account(account_id)
        if not (self._rooms.demo and account.demo):
            raise Forbidden(
                "Choosing a person is for demo mode only.", remedy="Sign in with a passkey."
            )
        return await self._begin(account_id, PERSON_SESSION_S, "demo", "console")

    async def _viewer_code(self, asked: m.Requester, study_uid: str) -> m.Token:
        session = await self._live(asked.token)
        authorise(session.principal, Permission.STUDY_READ, asked.purpose, session.hospital_id)
        until_s = int(time.time()) + VIEWER_CODE_S
        let_in = ViewerLetIn(uuid4(), session.claims.account_id, study_uid, until_s)
        sealed = seal(self._rooms.secrets.system, _VIEWER_CODE, msgspec.msgpack.encode(let_in))
        return m.Token(bytes(sealed).hex(), until_s)

    async def _viewer_sign_in(self, code: str) -> m.Token:
        try:
            plain = unseal(self._rooms.secrets.system, _VIEWER_CODE, bytes.fromhex(code))
            let_in = msgspec.msgpack.decode(plain, type=ViewerLetIn)
        except (ValueError, SealingError, msgspec.DecodeError):
            raise _code_failed() from None
        now_s = int(time.time())
        if let_in.until_s < now_s:
            raise _code_failed()
        claims = Claims(let_in.session_id, let_in.account_id, now_s + VIEWER_SESSION_S)
        # The session's id comes from the code: its primary key makes the code good for one use.
        return await self._begin_with(claims, "viewer", "viewer", let_in.study_uid)

    # --- the operator -------------------------------------------------------------------------

    async def _operator(self, request: m.Request) -> m.Reply:
        directory = self._rooms.directory
        match request:
            case m.EnrolHospital(code, name):
                hospital_id, new = await directory.enrol_hospital(code, name)
                hospital = await directory.hospital(hospital_id)
                # Always: a crash may have come between the row and its KEK.
                self._rooms.kms.create_kek(hospital.kek_id)
                if new:
                    await self._log_enrolment("hospital", hospital_id)
                return m.Done(hospital_id)
            case m.EnrolAccount(name, role, hospital_code, demo):
                if demo and not self._rooms.demo:
                    raise Forbidden(
                        "Demo accounts are for demo mode only.", remedy="Start with --demo."
                    )
                hospital_id = await directory.hospital_by_code(hospital_code)
                account_id, new = await directory.enrol_account(name, role, hospital_id, demo=demo)
                if new:
                    await self._log_enrolment(f"account {role}", hospital_id, account_id)
                return m.Done(account_id)
            case m.EnrolPeer(ae_title, called, hospital_code, host, port):
                hospital_id = await directory.hospital_by_code(hospital_code)
                account_id, new = await directory.enrol_account(
                    f"{ae_title} ({hospital_code})", Role.MODALITY, hospital_id, demo=False
                )
                await directory.enrol_peer(
                    PeerRecord(ae_title, called, account_id, hospital_id, host, port)
                )
                if new:
                    await self._log_enrolment("peer", hospital_id, account_id)
                return m.Done(account_id)
            case m.IssueToken(account_id, lifetime_s):
                account, _ = await directory.account(account_id)
                if account.role is not Role.MODALITY and not self._rooms.demo:
                    raise Forbidden(
                        "A person signs in with a passkey; tokens are for systems.",
                        remedy="Register a passkey for this account.",
                    )
                return await self._begin(
                    account_id, min(lifetime_s, TOKEN_LIFETIME_MAX_S), "issued", "operator"
                )
            case _:
                return await self._sign_in(request)

    async def _log_enrolment(
        self, what: str, hospital_id: UUID, account_id: UUID | None = None
    ) -> None:
        event = Event(
            kind=Kind.ENROL,
            outcome=Outcome.SUCCESS,
            account_id=account_id,
            role="operator",
            hospital_id=hospital_id,
            session_id=None,
            purpose=Purpose.SYSTEM_ADMINISTRATION,
            route="operator",
            detail=what,
        )
        await self._rooms.ledger.commit(Intent(event))

    # --- sessions -----------------------------------------------------------------------------

    async def _live(self, token: str) -> LiveSession:
        claims = self._rooms.signer.verify(token, time.time())
        return await self._rooms.directory.live_session(claims)

    async def _own(self, asked: m.Requester) -> LiveSession:
        session = await self._live(asked.token)
        authorise(
            session.principal, Permission.ACCOUNT_OWN_READ, asked.purpose, session.hospital_id
        )
        return session

    async def _begin(self, account_id: UUID, lifetime_s: int, method: str, route: str) -> m.Token:
        return await self._begin_with(new_claims(account_id, lifetime_s), method, route, "")

    async def _begin_with(self, claims: Claims, method: str, route: str, study_uid: str) -> m.Token:
        record = SessionRecord(claims.expires_s, method, study_uid)
        await self._rooms.directory.begin_session(claims, record)
        session = await self._rooms.directory.live_session(claims)
        event = event_of(session, Purpose.TREATMENT, route, Kind.SIGN_IN, detail=method)
        await self._rooms.ledger.commit(Intent(event))
        return m.Token(self._rooms.signer.sign(claims), claims.expires_s)

    async def _end_session(self, token: str) -> m.Done:
        session = await self._live(token)
        await self._rooms.directory.end_session(session.claims.session_id)
        event = event_of(session, Purpose.TREATMENT, "console", Kind.SIGN_OUT)
        await self._rooms.ledger.commit(Intent(event))
        return m.Done()

    async def _status(self) -> m.Status:
        kms = self._rooms.kms.status()
        return m.Status(
            ready=not kms.sealed,
            kms=kms.adapter,
            kms_sealed=kms.sealed,
            log_size=await self._rooms.publisher.log_size(),
            log_vkey=self._rooms.publisher.vkey,
            demo=self._rooms.demo,
        )


_VIEWER_CODE = ObjectContext(NOBODY, UUID(int=2), 1)


def _session(session: LiveSession) -> m.Session:
    return m.Session(
        session_id=session.claims.session_id,
        account_id=session.claims.account_id,
        hospital_id=session.hospital_id,
        role=session.account.role,
        display_name=session.account.name,
        hospital_name=session.hospital.name if session.hospital else "",
        expires_s=session.claims.expires_s,
        permissions=permitted(session.principal, Purpose.TREATMENT, session.hospital_id),
    )


def _code_failed() -> BrokerError:
    return SignInFailed(
        "The code for the viewer is not valid any more.", remedy="Open the study again."
    )
