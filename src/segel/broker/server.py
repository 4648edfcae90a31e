"""The broker's process: two unix sockets, one asyncio loop.

Both sockets speak the same messages; only the operator's may enrol and issue tokens. The sockets
are bound first and privileges dropped after, so that the broker can be a user of its own.
"""

import asyncio
import contextlib
import functools
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker import messages as m
from segel.broker.accesses import Accesses
from segel.broker.accounts import Accounts
from segel.broker.alerts import Alerts
from segel.broker.approvals import Approvals
from segel.broker.arrival_days import ArrivalDays
from segel.broker.budget_store import BudgetStore
from segel.broker.card_lists import CardLists
from segel.broker.card_making import CardMaking
from segel.broker.card_rows import CardRows
from segel.broker.card_signers import CardSigners
from segel.broker.card_tallies import CardTallies
from segel.broker.cards import Cards
from segel.broker.case_clock import CaseClock
from segel.broker.case_files import CaseFiles
from segel.broker.case_guest_rows import CaseGuestRows
from segel.broker.case_guests import CaseGuests
from segel.broker.case_letters import CaseLetters
from segel.broker.case_notices import CaseNotices
from segel.broker.case_proofs import CaseLog
from segel.broker.case_rows import CaseRows
from segel.broker.case_showing import CaseShowing
from segel.broker.cases import Cases
from segel.broker.charts import Charts
from segel.broker.clients import Clients
from segel.broker.clocks import watch as watch_clocks
from segel.broker.consents import Consents
from segel.broker.containing import Containing
from segel.broker.courier import Courier, Webhook
from segel.broker.declaration_end import DeclarationEnd
from segel.broker.declaration_rows import DeclarationRows
from segel.broker.declaring import Declaring
from segel.broker.decoy_planning import Planner
from segel.broker.decoy_watch import DecoyWatches
from segel.broker.decoys import DecoyMarks
from segel.broker.desks.accesses import AccessesDesk
from segel.broker.desks.accounts import AccountsDesk
from segel.broker.desks.alerts import AlertsDesk
from segel.broker.desks.approving import ApprovingDesk
from segel.broker.desks.audit_export import AuditExportDesk
from segel.broker.desks.break_glass import BreakGlassDesk
from segel.broker.desks.card_oversight import CardOversightDesk
from segel.broker.desks.cards import CardsDesk
from segel.broker.desks.cases import CasesDesk
from segel.broker.desks.charts import ChartsDesk
from segel.broker.desks.clients import ClientsDesk
from segel.broker.desks.containing import ContainingDesk
from segel.broker.desks.declarations import DeclarationsDesk
from segel.broker.desks.decoys import DecoysDesk
from segel.broker.desks.drawers import DrawersDesk
from segel.broker.desks.erasing import ErasingDesk
from segel.broker.desks.exports import ExportsDesk
from segel.broker.desks.freezing import FreezingDesk
from segel.broker.desks.health_links import HealthLinksDesk
from segel.broker.desks.keys import KeysDesk
from segel.broker.desks.marks import MarksDesk
from segel.broker.desks.moving import MovingDesk
from segel.broker.desks.national import NationalDesk
from segel.broker.desks.offers import Caller, Desk
from segel.broker.desks.onboarding import OnboardingDesk
from segel.broker.desks.openid import OpenIdDesk
from segel.broker.desks.operating import OperatingDesk
from segel.broker.desks.oversight import OversightDesk
from segel.broker.desks.own import OwnDesk
from segel.broker.desks.pairs import PairsDesk
from segel.broker.desks.passes import PassesDesk
from segel.broker.desks.pictures import PicturesDesk
from segel.broker.desks.reading import ReadingDesk
from segel.broker.desks.record import RecordDesk
from segel.broker.desks.register import RegisterDesk
from segel.broker.desks.requests import RequestsDesk
from segel.broker.desks.retention import RetentionDesk
from segel.broker.desks.senders import SendersDesk
from segel.broker.desks.sign_in import SignInDesk
from segel.broker.desks.subscriptions import SubscriptionsDesk
from segel.broker.desks.warrants import WarrantsDesk
from segel.broker.desks.ways_in import WaysInDesk
from segel.broker.desks.witnesses import WitnessDesk
from segel.broker.desks.worklist import WorklistDesk
from segel.broker.destruction_runs import DestructionRuns
from segel.broker.directory import Directory
from segel.broker.disclosing import Disclosing
from segel.broker.dpop import Proofs
from segel.broker.enrolments import Failures
from segel.broker.erasing import Erasing
from segel.broker.erasure_end import ErasureEnd
from segel.broker.erasure_rows import ErasureRows
from segel.broker.errors import (
    BrokerError,
    BrokerUnavailable,
    BudgetExhausted,
    MessageBroken,
    NonceNeeded,
    PasscodeWrong,
)
from segel.broker.escrowing import Escrowing
from segel.broker.explaining import Explainer
from segel.broker.export_decoys import ExportDecoys
from segel.broker.export_marks import ExportMarks
from segel.broker.export_rows import ExportRows
from segel.broker.exporting import Exporting
from segel.broker.folders import Folders
from segel.broker.forwarding import Forwarder
from segel.broker.freeze_targets import FreezeTargets
from segel.broker.freezes import Freezes
from segel.broker.generations import Generations, Opener, opener
from segel.broker.glass_deeds import GlassDeeds
from segel.broker.glasses import Glasses
from segel.broker.health_link_rows import HealthLinkRows
from segel.broker.health_links import HealthLinks
from segel.broker.holds import Holds
from segel.broker.identities import Identities
from segel.broker.index import Index
from segel.broker.invitations import Invitations
from segel.broker.keeper import Keeper
from segel.broker.kms_watch import KmsWatch
from segel.broker.last_visits import LastVisits
from segel.broker.leak_accesses import LeakAccesses
from segel.broker.leak_histories import LeakHistories
from segel.broker.leak_versions import LeakVersions
from segel.broker.ledger import Ledger, ensure_head
from segel.broker.lifting import Lifting
from segel.broker.live import Sessions
from segel.broker.log_tree import LogTree
from segel.broker.matchers import Matchers
from segel.broker.matching_pictures import MatchingPictures, poured
from segel.broker.matching_port import Matching
from segel.broker.matching_records import MatchingRecords, log_opening, token_key
from segel.broker.messages import ApprovalKind
from segel.broker.moving import Moving
from segel.broker.national import National
from segel.broker.notices import Notices
from segel.broker.opened_events import OpenedEvents
from segel.broker.overview import Overview
from segel.broker.pairing import Pairing
from segel.broker.pairs import Pairs
from segel.broker.passes import VenuePasses
from segel.broker.passkeys import Passkeys
from segel.broker.patients import Patients
from segel.broker.patients_told import PatientsTold
from segel.broker.picture_marks import PictureMarks
from segel.broker.proofs import LogProofs
from segel.broker.providers import Provider
from segel.broker.publisher import AUDIT_PREFIX, Publisher, Receipts
from segel.broker.raises import Raises
from segel.broker.raising import Raising
from segel.broker.reason_file import Reasons
from segel.broker.records import Records
from segel.broker.registry import Registry
from segel.broker.reindexing import Reindexer
from segel.broker.releases import Releases
from segel.broker.report_marks import ReportMarks
from segel.broker.request_clock import RequestClock
from segel.broker.request_rows import RequestRows
from segel.broker.requesting import Requesting
from segel.broker.restoring import restored
from segel.broker.review_clock import ReviewClock
from segel.broker.room import Room
from segel.broker.run_rows import RunRows
from segel.broker.search import Finder
from segel.broker.senders import Senders
from segel.broker.service import Broker
from segel.broker.session_rows import SessionRows
from segel.broker.sessions import TokenSigner
from segel.broker.settings import TOKEN_PATH, BrokerSettings, callback_path
from segel.broker.shared_budgets import SharedBudgets
from segel.broker.staff import Staff
from segel.broker.starting import Answers, Starting
from segel.broker.subscribing import Subscribing
from segel.broker.subscription_hosts import SubscriptionHosts
from segel.broker.subscription_rows import SubscriptionRows
from segel.broker.tracing import Tracing
from segel.broker.trail import Trail
from segel.broker.tripwires import Tripwire
from segel.broker.unwrapping import Unwrapper
from segel.broker.warrant_rows import WarrantRows
from segel.broker.warrants import Warrants
from segel.broker.watch import Watch
from segel.broker.wire import decode_request, encode_frame, read_frame
from segel.broker.witnesses import WitnessPolicy
from segel.broker.witnessing import Witnessing
from segel.broker.worklist import Worklist
from segel.domain.clock import Clock
from segel.keys import FilePlace, Kms, KmsMissing, adapter_of, open_kms
from segel.store.database import KEYED
from segel.store.local import LocalDirectory

REQUESTS_MAX: Final = 512
"""Requests under way on one connection; more wait unread, and the peer feels it."""

POOL_MAX: Final = 8
WITNESS_POOL_MAX: Final = 2
"""A round reads the head and one proof at a time, and a receipt may be asked for beside it."""
BACKLOG: Final = 256

LEFTOVER_AGE_S: Final = 3_600.0
"""A half-written file of the log that is older was left by a crash."""

CANCEL_AGAIN_S: Final = 1.0
"""How long a cancelled task may take for its end before it is told again."""

log = structlog.get_logger()


async def serve(
    settings: BrokerSettings,
    *,
    clock: Clock,
    kms: Kms | None = None,
    cards: CardMaking | None = None,
    matching: Matching | None = None,
) -> None:
    """Run the broker until cancelled; a KMS that is sealed or away is waited for.

    ``kms``: opened already, where root had to; ``cards``: how they are made, where they are;
    ``matching``: what compares samples.
    Raises KmsError, psycopg.Error where it cannot start.
    """
    sockets = [
        (Caller.DOOR, bind(settings.socket, 0o660)),
        (Caller.OPERATOR, bind(settings.operator_socket, 0o600)),
    ]
    if settings.planter_socket is not None:
        sockets.append((Caller.PLANTER, bind(settings.planter_socket, 0o660)))
    if settings.courier_socket is not None:
        sockets.append((Caller.COURIER, bind(settings.courier_socket, 0o660)))
    if settings.fingerprinter_socket is not None:
        sockets.append((Caller.FINGERPRINTER, bind(settings.fingerprinter_socket, 0o660)))
    users = {
        Caller.PLANTER: settings.planter_user,
        Caller.COURIER: settings.courier_user,
        Caller.FINGERPRINTER: settings.fingerprinter_user,
    }
    if settings.run_as is not None:
        become(settings.run_as)
    starting = Starting(adapter_of(settings.kms_place), demo=settings.demo)
    servers = [
        await asyncio.start_unix_server(
            functools.partial(
                _converse,
                starting,
                caller,
                only=users.get(caller),
            ),
            sock=bound,
        )
        for caller, bound in sockets
    ]
    own = functools.partial(own_kms, settings, kms)
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(server)
        await stack.enter_async_context(
            starting.become(lambda: opened(settings, own, clock, cards=cards, matching=matching))
        )
        log.info("broker ready")
        await asyncio.gather(*(server.serve_forever() for server in servers))


def own_kms(settings: BrokerSettings, kms: Kms | None) -> Kms:
    """The KMS of the settings. Raises KmsError."""
    place = settings.kms_place
    if isinstance(place, FilePlace) and not (place.folder / "root.key").exists():
        kept = settings.key_backup
        if kept.is_dir() and any(kept.iterdir()):
            raise KmsMissing(
                f"There are wrapped keys, and no KMS in {place.folder} that opens them.",
                remedy="Put it back from its copy, or: segel keys escrow recover.",
            )
    return kms or open_kms(place, production=settings.production)


def stores_of(settings: BrokerSettings) -> tuple[AsyncConnectionPool, LocalDirectory]:
    """Where the broker keeps things: its database, not yet opened, and the log's object store."""
    pool = AsyncConnectionPool(
        settings.database,
        min_size=2,
        max_size=POOL_MAX,
        open=False,
        timeout=5.0,
        kwargs=KEYED,
    )
    # The doors serve the published log to everybody.
    return pool, LocalDirectory(settings.objects, shared=True)


Stores = Callable[[BrokerSettings], tuple[AsyncConnectionPool, LocalDirectory]]


@contextlib.asynccontextmanager
async def opened(
    settings: BrokerSettings,
    kms: Kms | Callable[[], Kms],
    clock: Clock,
    *,
    stores: Stores = stores_of,
    open_other: Opener | None = None,
    cards: CardMaking | None = None,
    matching: Matching | None = None,
) -> AsyncIterator[Broker]:
    """A broker on its stores, with the ledger and the publisher running.

    ``kms``: that of the settings, or what opens it where keys are still in it; ``open_other``
    opens those that keys are moved to.
    """
    own = kms if callable(kms) else lambda: kms
    generations = Generations(settings.key_backup, own, open_other or opener(settings.production))
    pool, objects = stores(settings)
    await pool.open(wait=True, timeout=30.0)
    try:
        keyring, secrets = await restored(pool, generations, settings.key_backup)
        await ensure_head(pool, secrets)
        index = Index(secrets.index)
        kms_watch = KmsWatch(keyring, adapter_of(settings.kms_place))
        unwrapper = Unwrapper(keyring, kms_watch)
        marks = DecoyMarks(secrets.index)
        matching_records = MatchingRecords(pool, secrets, unwrapper, keyring)
        registry = Registry(pool, unwrapper, index, marks, matching_records)
        budgets = BudgetStore(secrets, index)
        freezes = Freezes(secrets)
        raises = Raises(secrets)
        shared = SharedBudgets(secrets, index, settings.limits)
        ledger = Ledger(
            pool,
            secrets,
            budgets,
            shared,
            raises,
            freezes,
            index,
            clock=clock,
            without_budgets=settings.without_budgets,
        )
        matching_records.log_opening = functools.partial(log_opening, ledger)
        watch = Watch(settings.database, pool, secrets, clock=clock)
        ledger.on_freezes = watch.adopt
        receipts = Receipts(secrets, settings.log_origin)
        await asyncio.to_thread(objects.sweep, AUDIT_PREFIX, LEFTOVER_AGE_S)
        # Rounds must not queue behind the releases that wait for them.
        own_pool = AsyncConnectionPool(
            settings.database, min_size=1, max_size=WITNESS_POOL_MAX, open=False, timeout=5.0
        )
        if settings.witnesses:
            await own_pool.open()
        policy = WitnessPolicy.parse(settings.witnesses, settings.witness_quorum)
        tree = LogTree(own_pool if settings.witnesses else pool)
        witnessing = Witnessing(
            policy,
            tree,
            receipts.checkpoint,
            ledger.watch(),
            grace_ms=settings.witness_grace_ms,
        )
        receipts.cosigned = lambda: witnessing.newest
        publisher = Publisher(pool, ledger, receipts, objects, tree, witnessing)
        alerts = Alerts(pool, secrets, index, clock)
        glasses = Glasses(pool, secrets, index, settings.break_glass, ledger.now)
        glass_deeds = GlassDeeds(glasses, secrets, alerts)
        accesses = Accesses(pool, secrets, index)
        reasons = Reasons(pool, secrets, index)
        pairs = Pairs(pool, secrets, index)
        consents = Consents(pool, index, watch)
        finder = Finder(pool, registry, index, pairs, ReportMarks(index, marks))
        watches = DecoyWatches(secrets)
        tripwire = Tripwire(marks, watches, freezes, ledger, alerts)
        planner = Planner(pool, registry, index, marks)
        room = Room(settings.disks, settings.disk_reserve_mib)
        national = National(pool, secrets, index, clock, settings.national_quiet_s)
        subscription_rows = SubscriptionRows(pool, secrets, index, on=settings.subscriptions)
        picture_marks = PictureMarks(pool, secrets, index, clock)
        releases = Releases(
            registry,
            finder,
            ledger,
            receipts,
            settings.limits,
            glasses,
            glass_deeds,
            accesses,
            alerts,
            witnessing,
            tripwire,
            room,
            consents,
            national,
            subscription_rows,
            picture_marks,
        )
        patients = Patients(pool, registry, index, pairs)
        folders = Folders(pool, secrets, index, ledger.now)
        charts = Charts(folders, index, patients, releases, consents, national, subscription_rows)
        disclosing = Disclosing(
            national, patients, charts, releases, finder, index, marks, consents, clock
        )
        directory = Directory(pool, secrets, index, watch, clock)
        proofs = Proofs(settings.origins, clock)
        sessions = Sessions(TokenSigner(secrets), directory, ledger, proofs, clock)
        passkeys = Passkeys(pool, secrets, index, clock)
        identities = Identities(pool, secrets, index, clock)
        accounts = Accounts(pool, secrets, index, clock)
        invitations = Invitations(pool, secrets, index, clock)
        rows = SessionRows(pool, secrets, directory, clock)
        failures = Failures(ledger)
        endpoints = tuple(f"{origin}{TOKEN_PATH}" for origin in settings.origins)
        clients = Clients(pool, secrets, index, endpoints, clock)
        idle_s = settings.session_idle_s
        providers = _providers(settings, clock)
        keeper = Keeper(pool, keyring, secrets, ledger, settings.key_backup, clock=clock)
        approvals = Approvals(pool, secrets, ledger, freezes, clock=clock)
        lifting = Lifting(directory, freezes, watch, clock)
        targets = FreezeTargets(sessions, directory)
        approvals.register(ApprovalKind.UNFREEZE, lifting.matter())
        approvals.register(ApprovalKind.BUDGET_RAISE, Raising(raises).matter())
        export_marks = ExportMarks(pool, secrets, index)
        export_rows = ExportRows(pool, secrets)
        exporting = Exporting(
            pool,
            export_rows,
            approvals,
            releases,
            patients,
            folders,
            finder,
            consents,
            freezes,
            ledger,
            index,
            marks,
            export_marks,
            ExportDecoys(planner, finder),
        )
        approvals.register(ApprovalKind.EXPORT, exporting.matter())
        overview = Overview(pool, secrets, index, shared, raises, settings.limits, watch, clock)
        erasures = ErasureRows(pool, secrets)
        visits = LastVisits(pool, registry, folders, clock)
        holds = Holds(pool, secrets)
        erasing = Erasing(
            pool,
            index,
            registry,
            keyring,
            ledger,
            keeper,
            erasures,
            approvals,
            visits,
            holds,
            clock,
            settings.retention_years,
        )
        escrowing = Escrowing(pool, secrets, keyring, keeper, settings.key_backup, clock)
        moving = Moving(pool, keyring, keeper, generations, approvals, clock)
        ErasureEnd(
            pool, secrets, keyring, keeper, ledger, receipts, erasures, settings.key_backup, clock
        )
        run_rows = RunRows(pool, secrets)
        runs = DestructionRuns(
            pool,
            secrets,
            directory,
            visits,
            holds,
            erasures,
            run_rows,
            ledger,
            receipts,
            keeper,
            freezes,
        )
        request_rows = RequestRows(pool, secrets, index)
        requesting = Requesting(request_rows, patients, erasing, ledger, index, consents)
        log_proofs = LogProofs(
            tree,
            receipts,
            objects,
            witnesses=tuple(one.verifier.vkey() for one in policy.witnesses),
            quorum=policy.quorum,
        )
        records = Records(
            pool,
            secrets,
            index,
            registry,
            directory,
            log_proofs,
            clock,
            names=settings.patients_see_names,
        )
        record_desk = RecordDesk(sessions, directory, registry, ledger, records, demo=settings.demo)
        events = OpenedEvents(secrets, registry, directory)
        forwarder = Forwarder(pool, index, events, settings.forward)
        hosts = SubscriptionHosts(subscription_rows, directory, ledger, demo=settings.demo)
        staff, senders = Staff(pool, secrets, index), Senders(pool, secrets, index)
        onboarding = OnboardingDesk(pool, secrets, directory, staff, senders, ledger, clock)
        arrival_days = ArrivalDays(pool, secrets, index, unwrapper, keyring)
        keeper.guests.append(arrival_days)
        declarations = DeclarationRows(pool, index, arrival_days)
        declaring = Declaring(arrival_days, declarations, directory, ledger, room)
        declaration_end = DeclarationEnd(pool, secrets, keyring, ledger, receipts, arrival_days)
        case_rows = CaseRows(pool, secrets, unwrapper, keyring)
        keeper.guests += [case_rows, matching_records]
        case_guest_rows = CaseGuestRows(pool, secrets, index)
        cases = Cases(sessions, releases, directory, case_rows, ledger, index)
        case_files = CaseFiles(cases, case_rows, ledger)
        case_guests = CaseGuests(
            cases, case_rows, case_guest_rows, directory, accounts, invitations, ledger
        )
        pictures = MatchingPictures(
            pool, matching_records, registry, directory, releases, token_key(secrets)
        )
        matching_records.pour_pictures = poured
        matchers = Matchers(matching, matching_records, pictures, token_key(secrets))
        warrant_rows = WarrantRows(pool, secrets, index, case_rows)
        warrants = Warrants(
            cases,
            warrant_rows,
            approvals,
            releases,
            directory,
            ledger,
            alerts,
            marks,
            matching_records,
            pictures,
            matchers,
            bounded=not settings.without_budgets,
        )
        approvals.register(ApprovalKind.WARRANT, warrants.matter())
        histories = LeakHistories(
            pool,
            secrets,
            warrants,
            warrant_rows,
            releases,
            directory,
            ledger,
            LeakVersions(pool, index, patients, directory),
            LeakAccesses(pool, secrets, index),
            export_rows,
        )
        case_clock = CaseClock(pool, case_rows, case_guests, alerts, ledger, keyring)
        card_rows = CardRows(pool, index, ledger.now)
        tallies = CardTallies(pool, secrets)
        signers = CardSigners(pool, secrets, keyring, cards, clock) if cards else None
        making, lists = None, None
        if cards is not None and signers is not None:
            making = Cards(cards, signers, card_rows, patients, folders, releases, index, tallies)
            lists = CardLists(pool, objects, signers, cards, clock)
        health_links = HealthLinks(
            HealthLinkRows(pool, secrets, index), index, patients, directory, releases, freezes
        )
        passes = (
            VenuePasses(cards, signers, making, releases) if cards and signers and making else None
        )
        desks: list[Desk] = [
            CardsDesk(sessions, ledger, card_rows, tallies, making, signers, lists),
            CardOversightDesk(sessions, ledger, card_rows, tallies, signers, lists),
            PassesDesk(sessions, passes),
            AuditExportDesk(pool, sessions, ledger, events, forwarder),
            DecoysDesk(
                pool,
                directory,
                sessions,
                ledger,
                planner,
                watches,
                marks,
                tripwire,
                clock,
                share_max=settings.decoy_share_max,
            ),
            AlertsDesk(alerts, sessions, directory, ledger),
            AccessesDesk(accesses, reasons, sessions, directory, ledger),
            BreakGlassDesk(glasses, glass_deeds, sessions, directory, ledger, alerts, accesses),
            ErasingDesk(sessions, erasing, erasures, keeper, ledger),
            RequestsDesk(
                sessions,
                directory,
                registry,
                request_rows,
                requesting,
                erasing,
                ledger,
                settings.limits,
            ),
            RetentionDesk(
                sessions,
                directory,
                registry,
                runs,
                run_rows,
                holds,
                approvals,
                ledger,
                settings.retention_years,
            ),
            KeysDesk(keyring, keeper, escrowing, directory, settings.key_backup, clock),
            ExportsDesk(sessions, exporting),
            MovingDesk(sessions, moving, keeper, approvals),
            OperatingDesk(
                keyring, kms_watch, directory, sessions, ledger, publisher, demo=settings.demo
            ),
            SignInDesk(
                sessions,
                directory,
                passkeys,
                secrets,
                failures,
                clock,
                demo=settings.demo,
                idle_s=idle_s,
            ),
            AccountsDesk(
                accounts,
                directory,
                invitations,
                passkeys,
                sessions,
                ledger,
                failures,
                idle_s=idle_s,
            ),
            WaysInDesk(sessions, rows, passkeys, identities, accounts, ledger),
            onboarding,
            SendersDesk(senders, accounts, directory, sessions, ledger),
            ClientsDesk(clients, accounts, directory, sessions, proofs, ledger, failures),
            OpenIdDesk(
                providers,
                identities,
                accounts,
                directory,
                sessions,
                ledger,
                failures,
                secrets,
                index,
                clock,
                idle_s=idle_s,
                origin=settings.console_origin,
            ),
            OwnDesk(
                sessions,
                Trail(pool, secrets, index, registry),
                overview,
                glasses,
                alerts,
                request_rows,
                record_desk,
                watch,
            ),
            record_desk,
            ReadingDesk(sessions, releases, directory),
            ChartsDesk(sessions, charts),
            DrawersDesk(sessions, secrets, releases),
            DeclarationsDesk(
                sessions,
                releases,
                directory,
                staff,
                declaring,
                arrival_days,
                declarations,
                ledger,
                settings.limits,
            ),
            CasesDesk(
                sessions,
                cases,
                case_rows,
                CaseShowing(cases, case_rows, case_guest_rows),
                case_files,
                case_guests,
                CaseNotices(cases, case_files, case_rows, ledger),
                CaseLetters(cases, case_rows, ledger),
                PatientsTold(pool, index, cases, case_rows, warrants, pairs, ledger),
                CaseLog(pool, secrets, index, log_proofs, clock),
                ledger,
            ),
            MarksDesk(cases, Tracing(pool, picture_marks, export_marks, directory, index)),
            ContainingDesk(
                cases,
                Containing(
                    cases,
                    targets,
                    directory,
                    freezes,
                    lifting,
                    watch,
                    ledger,
                    rows,
                    overview,
                    glasses,
                    export_rows,
                    keeper,
                    tallies,
                    signers,
                ),
                directory,
                staff,
                ledger,
            ),
            WarrantsDesk(warrants, histories),
            PicturesDesk(pictures),
            RegisterDesk(sessions, releases, directory, staff, ledger),
            HealthLinksDesk(sessions, health_links),
            SubscriptionsDesk(
                sessions,
                Subscribing(subscription_rows, hosts, patients, releases, clock),
                hosts,
                Notices(
                    subscription_rows, hosts, directory, patients, consents, ledger, watch, clock
                ),
            ),
            WorklistDesk(sessions, Worklist(pool, secrets, index, patients, releases)),
            PairsDesk(
                pool,
                pairs,
                sessions,
                directory,
                registry,
                ledger,
                releases,
                settings.limits,
                clock,
            ),
            NationalDesk(
                pool,
                national,
                disclosing,
                accounts,
                directory,
                sessions,
                ledger,
                alerts,
                clock,
                alert_s=settings.national_alert_s,
            ),
            OversightDesk(sessions, overview),
            ApprovingDesk(sessions, directory, approvals),
            FreezingDesk(sessions, directory, ledger, freezes, watch, lifting, targets, clock),
            WitnessDesk(publisher, witnessing),
        ]
        tasks = [asyncio.create_task(ledger.run()), asyncio.create_task(publisher.run())]
        tasks.append(asyncio.create_task(escrowing.run()))
        tasks += [asyncio.create_task(keeper.run()), asyncio.create_task(watch.run())]
        tasks.append(asyncio.create_task(forwarder.run()))
        tasks.append(asyncio.create_task(rows.run()))
        tasks.append(asyncio.create_task(kms_watch.run()))
        tasks.append(asyncio.create_task(shared.follow_sizes(pool)))
        tasks.append(asyncio.create_task(witnessing.run()))
        explainer = Explainer(pool, index, registry, directory, accesses, reasons, alerts, ledger)
        tasks.append(asyncio.create_task(explainer.run()))
        if settings.alert_webhook:
            courier = Courier(pool, alerts, Webhook(settings.alert_webhook, settings.alert_link))
            tasks.append(asyncio.create_task(courier.run()))
        reviews = ReviewClock(glasses, alerts, ledger)
        requests = RequestClock(request_rows, alerts, ledger)
        looks = [reviews.look, requests.look, exporting.look, health_links.look]
        looks += [declaration_end.look, case_clock.look, warrants.look]
        if lists is not None:
            looks += [card_rows.look, lists.look]
        tasks.append(asyncio.create_task(watch_clocks(*looks)))
        tasks.append(asyncio.create_task(runs.run()))
        pairing = Pairing(pool, index, registry, directory, marks, pairs, clock)
        tasks.append(asyncio.create_task(pairing.run()))
        reindexer = Reindexer(pool, registry, directory, index)
        tasks.append(asyncio.create_task(reindexer.run()))
        try:
            broker = Broker(desks, publisher, ledger, approvals)
            onboarding.answering_through(broker.answer)
            yield broker
        finally:
            await _end(tasks)
            await matchers.close()
            for provider in providers.values():
                await provider.close()
            registry.close()
            unwrapper.close()
            await own_pool.close()
    finally:
        await pool.close()


def _providers(settings: BrokerSettings, clock: Clock) -> dict[str, Provider]:
    return {
        one.name: Provider(one, f"{settings.console_origin}{callback_path(one.name)}", clock)
        for one in settings.providers
    }


async def _end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel until all have ended: ``asyncio.wait_for`` of Python 3.11, on which psycopg waits too,
    loses a cancellation that comes in the same instant as its result."""
    going = set(tasks)
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=CANCEL_AGAIN_S)


async def _converse(
    broker: Answers,
    caller: Caller,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    only: int | None = None,
) -> None:
    """Answer one connection; ``only``: of processes of this user."""
    if only is not None and _user_of(writer) != only:
        log.warning("connection dropped", reason="foreign-user")
        writer.close()
        return
    room = asyncio.Semaphore(REQUESTS_MAX)
    under_way: set[asyncio.Task[None]] = set()
    try:
        while (body := await read_frame(reader)) is not None:
            number, request = decode_request(body)
            await room.acquire()
            task = asyncio.create_task(_answer(broker, number, request, writer, caller))
            under_way.add(task)
            task.add_done_callback(_finished(under_way, room))
    except (MessageBroken, OSError):
        log.warning("connection dropped", reason="message-broken")
    except asyncio.CancelledError:
        # The broker is stopping. asyncio's streams of Python 3.11 would call this a defect.
        pass
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
        writer.close()


def _user_of(writer: asyncio.StreamWriter) -> int:
    """The user of the process at the other end, as the kernel knows it (unix(7), SO_PEERCRED)."""
    wire = writer.get_extra_info("socket")
    credentials = wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _finished(
    under_way: set[asyncio.Task[None]], room: asyncio.Semaphore
) -> Callable[[asyncio.Task[None]], None]:
    def finished(task: asyncio.Task[None]) -> None:
        under_way.discard(task)
        room.release()

    return finished


async def _answer(
    broker: Answers,
    number: int,
    request: m.Request,
    writer: asyncio.StreamWriter,
    caller: Caller,
) -> None:
    try:
        reply: m.Reply = await broker.answer(request, caller)
        frame = encode_frame(number, reply)
    except BrokerError as refusal:
        frame = encode_frame(number, failure_of(refusal))
    except (psycopg.OperationalError, PoolTimeout) as away:
        log.warning("database away", kind=type(away).__name__, request=type(request).__name__)
        frame = encode_frame(number, failure_of(_unavailable()))
    except Exception as defect:
        # The exception's text may quote what was sent: only its kind is written.
        log.exception("defect", kind=type(defect).__name__, request=type(request).__name__)
        frame = encode_frame(number, failure_of(_unavailable()))
    with contextlib.suppress(OSError):
        writer.write(frame)
        await writer.drain()


def failure_of(refusal: BrokerError) -> m.Failure:
    """A refusal as it travels."""
    return m.Failure(
        code=refusal.code,
        what=refusal.what,
        remedy=refusal.remedy,
        field=refusal.field or "",
        retry_after_s=refusal.retry_after_s if isinstance(refusal, BudgetExhausted) else 0,
        nonce=refusal.nonce if isinstance(refusal, NonceNeeded) else "",
        whose=refusal.whose if isinstance(refusal, BudgetExhausted) else "",
        tries_left=refusal.tries_left if isinstance(refusal, PasscodeWrong) else 0,
    )


def _unavailable() -> BrokerUnavailable:
    return BrokerUnavailable("The broker could not answer; nothing was released.")


def bind(path: Path, mode: int) -> socket.socket:
    """A listening unix socket at ``path``, replacing a stale one."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    finally:
        os.umask(before)
    path.chmod(mode)
    bound.listen(BACKLOG)
    bound.setblocking(False)
    return bound


def become(user_id: int) -> None:
    """Give up root for ``user_id``, for good: groups first, then the user."""
    os.setgroups([])
    os.setresgid(user_id, user_id, user_id)
    os.setresuid(user_id, user_id, user_id)
