"""People outside the demo: invited, let in by passkeys of their own, closed; and their sessions."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from segel.broker import messages as m
from segel.broker.errors import (
    AccountUnknown,
    AlreadyExists,
    Forbidden,
    SignInFailed,
    TokenInvalid,
)
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from support.authenticator import Authenticator

PARTY, ORIGIN = "segel.test", "https://segel.test"
NAME = "dr. Ratna Kusuma"


async def invite(estate: Any, name: str = NAME, role: Role = Role.CLINICIAN) -> m.Invitation:
    await estate.ask(m.EnrolHospital("H1", "RS H1"))
    reply = await estate.ask(m.AddAccount(name, role, "H1", 3600))
    assert isinstance(reply, m.Invitation)
    return reply


async def accept(estate: Any, secret: str, device: Authenticator, name: str = "HP") -> str:
    ceremony = await estate.ask(m.BeginInvitation(secret, PARTY, ORIGIN))
    credential = device.create(ceremony.options)
    token = await estate.ask(m.FinishInvitation(secret, ceremony.handle, credential, name))
    assert isinstance(token, m.Token)
    return token.token


async def sign_in(estate: Any, device: Authenticator) -> str:
    ceremony = await estate.ask(m.PasskeySignInBegin(PARTY, ORIGIN))
    credential = device.get(ceremony.options)
    return str((await estate.ask(m.PasskeySignInFinish(ceremony.handle, credential))).token)


async def add_passkey(estate: Any, token: str, device: Authenticator, name: str) -> None:
    requester = m.Requester(token)
    ceremony = await estate.ask(m.PasskeyRegisterBegin(requester, PARTY, ORIGIN))
    credential = device.create(ceremony.options)
    await estate.ask(m.PasskeyRegisterFinish(requester, ceremony.handle, credential, name))


async def passkeys(estate: Any, token: str) -> list[m.PasskeyLine]:
    return list((await estate.ask(m.OwnWaysIn(m.Requester(token)))).passkeys)


async def sessions(estate: Any, token: str) -> list[m.SessionLine]:
    return list((await estate.ask(m.OwnSessions(m.Requester(token)))).sessions)


def test_an_invitation_leads_in_once_and_the_passkey_ever_after(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            secret = (await invite(estate)).secret
            shown = await estate.ask(m.LookInvitation(secret))
            assert (shown.name, shown.role, shown.hospital_name) == (NAME, Role.CLINICIAN, "RS H1")
            device = Authenticator(ORIGIN)
            token = await accept(estate, secret, device)
            session = await estate.ask(m.CheckSession(token))
            assert (session.display_name, session.method) == (NAME, "invitation")
            with pytest.raises(SignInFailed, match="was used"):
                await accept(estate, secret, Authenticator(ORIGIN))
            again = await estate.ask(m.CheckSession(await sign_in(estate, device)))
            assert again.account_id == session.account_id

    asyncio.run(run())


def test_two_who_hold_the_same_invitation_do_not_both_get_in(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            secret = (await invite(estate)).secret
            begun = []
            for device in (Authenticator(ORIGIN), Authenticator(ORIGIN)):
                ceremony = await estate.ask(m.BeginInvitation(secret, PARTY, ORIGIN))
                begun.append((ceremony.handle, device.create(ceremony.options)))
            done = await asyncio.gather(
                *(estate.ask(m.FinishInvitation(secret, *one)) for one in begun),
                return_exceptions=True,
            )
            assert sorted(isinstance(one, m.Token) for one in done) == [False, True]
            (token,) = [one.token for one in done if isinstance(one, m.Token)]
            assert len(await passkeys(estate, token)) == 1

    asyncio.run(run())


def test_an_invitation_that_ran_out_says_so_and_any_other_text_does_not(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            secret = (await invite(estate)).secret
            estate.clock.now_s += 3601
            with pytest.raises(SignInFailed) as expired:
                await estate.ask(m.LookInvitation(secret))
            assert expired.value.field == "expired"
            newer = (await invite(estate)).secret
            for text in ("", "x", secret, newer[:-1] + "!", newer + "A" * 100):
                with pytest.raises(SignInFailed) as refused:
                    await estate.ask(m.LookInvitation(text))
                assert refused.value.field == "unknown"
            assert (await estate.ask(m.LookInvitation(newer))).name == NAME

    asyncio.run(run())


def test_nothing_of_an_invitation_stands_readable_in_the_database(estate_of, database) -> None:
    import psycopg

    async def run() -> None:
        async with estate_of() as estate:
            secret = (await invite(estate)).secret
            with psycopg.connect(database.owner) as connection:
                rows = connection.execute("SELECT * FROM invitations").fetchall()
            text = repr(rows)
            assert secret not in text
            assert NAME not in text

    asyncio.run(run())


def test_an_account_in_use_or_of_the_demo_or_of_a_device_is_not_simply_added(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await accept(estate, (await invite(estate)).secret, Authenticator(ORIGIN))
            with pytest.raises(Forbidden):
                await invite(estate)
            await estate.token(Role.CLINICIAN, name="Budi Demo")
            with pytest.raises(Forbidden):
                await invite(estate, "Budi Demo")
            with pytest.raises(Forbidden):
                await invite(estate, "CT 1", Role.MODALITY)

    asyncio.run(run())


def test_a_closed_account_is_let_in_by_nothing_until_it_is_opened_again(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = Authenticator(ORIGIN)
            token = await accept(estate, (await invite(estate)).secret, device)
            await estate.ask(m.CloseAccount(NAME.upper()))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(token))
            with pytest.raises(SignInFailed):
                await sign_in(estate, device)
            with pytest.raises(Forbidden):
                await estate.ask(m.InviteAgain(NAME, 3600))
            with pytest.raises(Forbidden):
                await invite(estate)
            (line,) = (await estate.ask(m.ShowAccount(NAME))).accounts
            assert line.closed_s
            assert line.passkeys == 0
            again = await estate.ask(m.InviteAgain(NAME, 3600, reopen=True))
            assert (await accept(estate, again.secret, device)) != token

    asyncio.run(run())


def test_a_lost_device_is_shut_out_by_inviting_its_owner_again(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            lost = Authenticator(ORIGIN)
            token = await accept(estate, (await invite(estate)).secret, lost)
            again = await estate.ask(m.InviteAgain(NAME, 3600, lost=True))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(token))
            with pytest.raises(SignInFailed):
                await sign_in(estate, lost)
            await accept(estate, again.secret, Authenticator(ORIGIN))

    asyncio.run(run())


def test_passkeys_are_named_and_removed_by_their_owner_but_not_the_last_one(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            phone, key = Authenticator(ORIGIN), Authenticator(ORIGIN)
            token = await accept(estate, (await invite(estate)).secret, phone, "Ponsel")
            here = m.Requester(token)
            (only,) = await passkeys(estate, token)
            with pytest.raises(Forbidden):
                await estate.ask(m.RemovePasskey(here, only.passkey_id))
            estate.clock.now_s += 60
            await add_passkey(estate, token, key, " Kunci ")
            by_key = await sign_in(estate, key)
            assert [one.name for one in await passkeys(estate, token)] == ["Ponsel", "Kunci"]
            second = (await passkeys(estate, token))[1]
            await estate.ask(m.NamePasskey(here, second.passkey_id, "Kunci USB"))
            assert (await passkeys(estate, token))[1].name == "Kunci USB"
            await estate.ask(m.RemovePasskey(here, second.passkey_id))
            with pytest.raises(TokenInvalid):  # what it began ends with it
                await estate.ask(m.CheckSession(by_key))
            with pytest.raises(SignInFailed):
                await sign_in(estate, key)
            await estate.ask(m.CheckSession(token))

    asyncio.run(run())


def test_nobody_touches_anothers_passkeys_or_sessions(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            mine = await accept(estate, (await invite(estate)).secret, Authenticator(ORIGIN))
            secret = (await invite(estate, "Joko Susilo")).secret
            theirs = await accept(estate, secret, Authenticator(ORIGIN))
            await add_passkey(estate, mine, Authenticator(ORIGIN), "")
            (one, _) = await passkeys(estate, mine)
            for asked in (
                m.RemovePasskey(m.Requester(theirs), one.passkey_id),
                m.NamePasskey(m.Requester(theirs), one.passkey_id, "x"),
            ):
                with pytest.raises(SignInFailed):
                    await estate.ask(asked)
            (session,) = await sessions(estate, mine)
            with pytest.raises(AccountUnknown):
                await estate.ask(m.EndOwnSessions(m.Requester(theirs), [session.session_id]))
            with pytest.raises(Forbidden):
                await estate.ask(m.HospitalSessions(m.Requester(theirs)))
            with pytest.raises(Forbidden):
                await estate.ask(m.EndHospitalSessions(m.Requester(theirs), [session.session_id]))
            await estate.ask(m.CheckSession(mine))

    asyncio.run(run())


def test_an_owner_sees_their_sessions_and_ends_one_or_all_others(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = Authenticator(ORIGIN)
            first = await accept(estate, (await invite(estate)).secret, device)
            second, third = [await sign_in(estate, device) for _ in range(2)]
            listed = await sessions(estate, second)
            assert len(listed) == 3
            assert [one.here for one in listed].count(True) == 1
            (oldest,) = [one for one in listed if one.method == "invitation"]
            await estate.ask(m.EndOwnSessions(m.Requester(second), [oldest.session_id]))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(first))
            await estate.ask(m.EndOwnSessions(m.Requester(second)))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(third))
            assert [one.here for one in await sessions(estate, second)] == [True]

    asyncio.run(run())


def test_who_answers_for_a_hospital_ends_its_sessions_and_no_others(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            nurse = await estate.token(Role.CLINICIAN, "H1", name="Perawat H1")
            other = await estate.token(Role.CLINICIAN, "H2", name="Perawat H2")
            for role in (Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR):
                overseer = m.Requester(await estate.token(role, "H1"))
                listed = (await estate.ask(m.HospitalSessions(overseer))).sessions
                assert {one.account_name for one in listed} >= {"Perawat H1"}
                assert "Perawat H2" not in {one.account_name for one in listed}
            elsewhere = m.Requester(await estate.token(Role.ADMINISTRATOR, "H2"))
            (there,) = [
                one.session_id
                for one in (await estate.ask(m.HospitalSessions(elsewhere))).sessions
                if one.account_name == "Perawat H2"
            ]
            with pytest.raises(AccountUnknown):
                await estate.ask(m.EndHospitalSessions(overseer, [there]))
            (here,) = [one.session_id for one in listed if one.account_name == "Perawat H1"]
            await estate.ask(m.EndHospitalSessions(overseer, [here]))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(nurse))
            await estate.ask(m.CheckSession(other))

    asyncio.run(run())


def test_a_session_that_nobody_uses_ends_before_its_time(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = Authenticator(ORIGIN)
            used = await accept(estate, (await invite(estate)).secret, device)
            idle = await sign_in(estate, device)
            for _ in range(2):
                estate.clock.now_s += 20 * 60
                await asyncio.sleep(1.05)  # so long a session is taken for live unasked
                await estate.ask(m.CheckSession(used))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(idle))
            assert len(await sessions(estate, used)) == 1
            estate.clock.now_s += 8 * 3600
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(used))

    asyncio.run(run())


def test_a_session_ended_at_one_broker_is_ended_at_another_within_a_second(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as one, estate_of() as other:
            token = await one.token(Role.CLINICIAN, name="Sari")
            await other.ask(m.CheckSession(token))
            await one.ask(m.EndSessionsOf("Sari"))
            await asyncio.sleep(1.05)
            with pytest.raises(TokenInvalid):
                await other.ask(m.CheckSession(token))

    asyncio.run(run())


def test_enrolling_signing_in_failing_and_closing_stand_in_the_log(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = Authenticator(ORIGIN)
            token = await accept(estate, (await invite(estate)).secret, device)
            await add_passkey(estate, token, Authenticator(ORIGIN), "")
            ceremony = await estate.ask(m.PasskeySignInBegin(PARTY, ORIGIN))
            with pytest.raises(SignInFailed):
                await estate.ask(m.PasskeySignInFinish(ceremony.handle, '{"rawId": 5}'))
            trail = await estate.ask(m.OwnTrail(m.Requester(token)))
            said = [line.event for line in trail.lines]
            for what in ("invited", '"outcomeDesc":"invitation"', "passkey registered"):
                assert any(what in event for event in said), what
            await estate.ask(m.CloseAccount(NAME))
            # Hospital, invitation, sign-in, passkey, the failure, closing: each one entry.
            assert (await estate.ask(m.Hello())).log_size == 6

    asyncio.run(run())


def test_a_patient_is_invited_into_their_own_account_and_again_with_a_new_phone(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            number = arrival(1).patient.patient_id
            with pytest.raises(AccountUnknown, match="no account"):
                await estate.ask(m.EnrolPatient("H1", number, known=True))
            account = (await estate.ask(m.EnrolPatient("H1", number))).identifier
            known = await estate.ask(m.EnrolPatient("H1", number, known=True))
            assert known.identifier == account
            made = await estate.ask(m.InvitePatient(account, 3600))
            shown = await estate.ask(m.LookInvitation(made.secret))
            assert (shown.name, shown.role, shown.hospital_name) == ("", Role.PATIENT, "RS H1")
            phone = Authenticator(ORIGIN)
            token = await accept(estate, made.secret, phone)
            own = m.Requester(token, Purpose.PATIENT_REQUEST)
            assert (await estate.ask(m.OpenRecord(own))).patient_name == arrival(1).patient.name

            with pytest.raises(AlreadyExists, match="passkey already"):
                await estate.ask(m.InvitePatient(account, 3600))
            new = await estate.ask(m.InvitePatient(account, 3600, again=True, lost=True))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.OpenRecord(own))
            with pytest.raises(SignInFailed):
                await sign_in(estate, phone)
            again = await accept(estate, new.secret, Authenticator(ORIGIN))
            session = await estate.ask(m.CheckSession(again))
            assert session.account_id == account

            staff = (await invite(estate)).account_id
            with pytest.raises(Forbidden, match="not a patient's"):
                await estate.ask(m.InvitePatient(staff, 3600))
            with pytest.raises(AccountUnknown):
                await estate.ask(m.InvitePatient(UUID(int=7), 3600))
            shown_to = (await estate.ask(m.EnrolPatient("H1", number, demo=True))).identifier
            assert shown_to == account, "said again, nothing changes"

    asyncio.run(run())
