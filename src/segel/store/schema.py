"""The tables, as SQLAlchemy Core. ``migrations`` replays to the same schema (a test holds it).

Nothing here is readable: what has meaning is sealed or a keyed token. Identifiers are random,
``month`` is the only time in the clear. Tables that grow are partitioned by a hash of the
patient, so that a cluster can distribute them by the same column (design § 12).
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Uuid,
    text,
)

PARTITIONS: Final = 16
"""Hash partitions of each patient table: enough to spread over a small cluster's nodes."""

metadata = MetaData()
_PARTITIONED: Final[dict[str, Any]] = {"postgresql_partition_by": "HASH (patient_id)"}


def _id(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Uuid, primary_key=key, nullable=False)


def _sealed(name: str = "sealed") -> Column[Any]:
    return Column(name, LargeBinary, nullable=False)


# --- the broker's ------------------------------------------------------------------------------

broker_secrets = Table(
    "broker_secrets",
    metadata,
    Column("secret_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    comment="Keys that only the broker holds, wrapped by the KMS.",
)
hospitals = Table(
    "hospitals",
    metadata,
    _id("hospital_id", key=True),
    _sealed(),
    Column(
        "key_floor",
        LargeBinary,
        nullable=False,
        server_default=text("'\\x0000000001'::bytea"),
        comment="Label (KMS generation, KEK version) below which wrapped keys are wrapped anew.",
    ),
)
key_records = Table(
    "key_records",
    metadata,
    _id("record_id", key=True),
    Column("month", Date, nullable=False),
    _sealed(),
    comment="What was done to keys: rotated, retired, moved, escrowed, rehearsed.",
)
accounts = Table(
    "accounts",
    metadata,
    _id("account_id", key=True),
    Column("hospital_id", Uuid, nullable=True),
    _sealed(),
)
staff = Table(
    "staff",
    metadata,
    _id("account_id", key=True),
    _id("hospital_id"),
    Index("staff_of_hospital", "hospital_id"),
    comment="Accounts of people who work in a hospital, among the many that are patients'.",
)
sessions = Table(
    "sessions",
    metadata,
    _id("session_id", key=True),
    _id("account_id"),
    Column("ended", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Column("sealed_use", LargeBinary, nullable=True, comment="When it was last used, coarse."),
    Index("sessions_by_account", "account_id"),
)
freezes = Table(
    "freezes",
    metadata,
    _id("freeze_id", key=True),
    Column("hospital_id", Uuid, nullable=True),
    Column("lifted", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("freezes_in_force", "lifted", postgresql_where=text("NOT lifted")),
    comment="Accounts, sessions, hospitals and export recipients that may do nothing for now.",
)
approvals = Table(
    "approvals",
    metadata,
    _id("approval_id", key=True),
    Column("hospital_id", Uuid, nullable=True),
    Column("over", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("approvals_by_hospital", "hospital_id", "over", "month"),
    comment="What needs two people: asked for, decided, used once.",
)
passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_token", LargeBinary, primary_key=True),
    _id("account_id"),
    _sealed(),
    Index("passkeys_by_account", "account_id"),
)
invitations = Table(
    "invitations",
    metadata,
    Column("invitation_token", LargeBinary, primary_key=True),
    _id("account_id"),
    Column("month", Date, nullable=False),
    _sealed(),
    comment="Links by which a person registers a first passkey; the link's secret is not here.",
)
identities = Table(
    "identities",
    metadata,
    Column("identity_token", LargeBinary, primary_key=True),
    _id("account_id"),
    _sealed(),
    comment="Who an account is at an OpenID provider.",
)
clients = Table(
    "clients",
    metadata,
    _id("account_id", key=True),
    _sealed(),
    comment="Systems that get tokens by signed assertions: public keys and scopes.",
)
used_once = Table(
    "used_once",
    metadata,
    Column("once_token", LargeBinary, primary_key=True),
    Column("month", Date, nullable=False),
    comment="Keyed tokens of what is good for one use: assertions, answers of providers.",
)
decoy_watches = Table(
    "decoy_watches",
    metadata,
    _id("hospital_id", key=True),
    _sealed(),
    comment="One row of one length for every hospital, whether it has decoys or not.",
)
peers = Table("peers", metadata, Column("ae_token", LargeBinary, primary_key=True), _sealed())
patients = Table(
    "patients",
    metadata,
    _id("patient_id", key=True),
    _id("hospital_id"),
    Column(
        "wrapped_key",
        LargeBinary,
        nullable=True,
        comment="Label (5 bytes) and wrapped key. NULL: erased, a tombstone",
    ),
    Column(
        "kept_keys",
        LargeBinary,
        nullable=True,
        comment="Keys of scopes from before a study was erased, sealed under the patient's key.",
    ),
    _sealed(),
    Column("month", Date, nullable=False),
    Column(
        "index_version",
        SmallInteger,
        nullable=False,
        server_default=text("1"),
        comment="How the patient's index tokens were made.",
    ),
    Column(
        "consent_mark",
        Uuid,
        nullable=True,
        comment="A keyed token until the patient decides about consent, random from then on."
        " NULL: from before there were any; not yet made.",
    ),
    Index(
        "patients_by_label",
        "hospital_id",
        text("substring(wrapped_key FROM 1 FOR 5)"),
        postgresql_where=text("wrapped_key IS NOT NULL"),
    ),
    Index("patients_by_hospital", "hospital_id"),
    # What a reindexing looks for at every start; the version is the broker's INDEX_VERSION.
    Index("patients_of_older_index", "index_version", postgresql_where=text("index_version < 4")),
    **_PARTITIONED,
)
studies = Table(
    "studies",
    metadata,
    _id("patient_id", key=True),
    _id("study_id", key=True),
    _id("hospital_id"),
    _sealed("sealed_summary"),
    Column("month", Date, nullable=False),
    Index("studies_by_hospital", "hospital_id"),
    **_PARTITIONED,
)
index_tokens = Table(
    "index_tokens",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    _id("target", key=True),
    _id("patient_id"),
    comment="Keyed tokens of what can be searched for; target is a patient or a study.",
    postgresql_partition_by="HASH (token)",
)
unique_tokens = Table(
    "unique_tokens",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    _id("target"),
    _id("patient_id"),
    comment="Keyed tokens that name at most one patient or study.",
    postgresql_partition_by="HASH (token)",
)
erasures = Table(
    "erasures",
    metadata,
    _id("erasure_id", key=True),
    _id("patient_id"),
    Column("study_id", Uuid, nullable=True, comment="NULL: the whole patient."),
    _id("hospital_id"),
    Column("state", SmallInteger, nullable=False, comment="0 ordered, 1 destroyed, 2, 3 complete."),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("erasures_by_patient", "patient_id"),
    comment="What was erased; from state 1 on nothing is stored there any more.",
)
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("account_id", Uuid, nullable=True),
    Column("patient_id", Uuid, nullable=True),
    _sealed(),
    Index("audit_entries_by_account", "account_id", "leaf_index"),
    Index("audit_entries_by_patient", "patient_id", "leaf_index"),
)
audit_listings = Table(
    "audit_listings",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    comment="Keyed tokens of the patients that a search's entry lists.",
)
audit_forwards = Table(
    "audit_forwards",
    metadata,
    Column("destination_token", LargeBinary, primary_key=True),
    Column("next_leaf", BigInteger, nullable=False),
    comment="How far the audit log was forwarded to a receiver.",
)
log_tiles = Table(
    "log_tiles",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("tile_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    comment="Level 1 and up: 32-byte hashes, up to 256 a tile.",
)
log_head = Table(
    "log_head",
    metadata,
    Column("head_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    _sealed(),
    comment="One row; whoever appends locks it, so that order, budget and log move together.",
)
budget_accounts = Table(
    "budget_accounts",
    metadata,
    _id("account_id", key=True),
    Column("version", BigInteger, nullable=False),
)
budget_touches = Table(
    "budget_touches",
    metadata,
    _id("account_id", key=True),
    Column("touch_token", LargeBinary, primary_key=True),
    _sealed(),
)

alerts = Table(
    "alerts",
    metadata,
    _id("alert_id", key=True),
    Column("hospital_id", Uuid, nullable=True, comment="Whose officer; NULL: everybody's"),
    Column("acknowledged", Boolean, nullable=False),
    Column("delivered", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("alerts_that_wait", "hospital_id", postgresql_where=text("NOT acknowledged")),
    comment="What the data protection officer must see at once; kind and subject are sealed.",
)
budget_tallies = Table(
    "budget_tallies",
    metadata,
    _id("hospital_id", key=True),
    _sealed(),
    comment="What a whole hospital, or all of them, touched: counters by window and bucket.",
)
budget_raises = Table(
    "budget_raises",
    metadata,
    _id("raise_id", key=True),
    _id("subject_id"),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("budget_raises_by_subject", "subject_id"),
    comment="More than the limit, for a while, for an account or a hospital.",
)
break_glasses = Table(
    "break_glasses",
    metadata,
    _id("glass_id", key=True),
    _id("account_id"),
    _id("hospital_id"),
    Column("over", Boolean, nullable=False, comment="Ended, or its time is up"),
    Column("reviewed", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("break_glasses_by_account", "account_id"),
    Index("break_glasses_that_are_open", "account_id", postgresql_where=text("NOT over")),
    Index("break_glasses_by_hospital", "hospital_id", "reviewed"),
    comment="Emergency access beyond a budget: reason, allowance, review; all of it sealed.",
)
break_glass_openings = Table(
    "break_glass_openings",
    metadata,
    _id("opening_id", key=True),
    _id("glass_id"),
    _sealed(),
    Index("break_glass_openings_by_glass", "glass_id"),
)
reasons = Table(
    "reasons",
    metadata,
    _id("reason_id", key=True),
    Column("reason_token", LargeBinary, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("reasons_by_token", "reason_token"),
    comment="Why somebody has to do with a patient; the token is of both together.",
)
account_units = Table("account_units", metadata, _id("units_id", key=True), _sealed())
accesses = Table(
    "accesses",
    metadata,
    _id("access_id", key=True),
    Column("pending", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("accesses_that_wait", "pending", postgresql_where=text("pending")),
    comment="One for an account, a study and a day, for the officer's list.",
)
pairs = Table(
    "pairs",
    metadata,
    _id("pair_id", key=True),
    _id("hospital_id"),
    Column("open", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("pairs_by_hospital", "hospital_id", "open", "month"),
    comment="Two patients who may be one person, and what somebody found.",
)
pair_ends = Table(
    "pair_ends",
    metadata,
    Column("patient_token", LargeBinary, primary_key=True),
    _id("pair_id", key=True),
    Index("pair_ends_by_pair", "pair_id"),
    comment="Which pairs a patient is in.",
)
uncompared = Table(
    "uncompared",
    metadata,
    _id("patient_id", key=True),
    comment="Patients who were not yet compared with the others of their hospital.",
)
access_lists = Table("access_lists", metadata, _id("list_id", key=True), _sealed())
folders = Table(
    "folders",
    metadata,
    _id("folder_id", key=True),
    _sealed(),
    comment="Whose folder it is, and of which type. The id is a keyed token of both.",
)
subject_requests = Table(
    "subject_requests",
    metadata,
    _id("request_id", key=True),
    _id("hospital_id"),
    Column("patient_token", LargeBinary, nullable=False, comment="Keyed token of who asked."),
    Column("open", Boolean, nullable=False, comment="The hospital still has to answer."),
    Column("month", Date, nullable=False),
    _sealed(),
    _sealed("words"),
    Index("subject_requests_by_hospital", "hospital_id", "open", "month"),
    Index("subject_requests_by_patient", "patient_token"),
    comment="What people ask about their own data: clock and answers sealed by the broker, words by"
    " the patient's own key.",
)
retention_holds = Table(
    "retention_holds",
    metadata,
    _id("hold_id", key=True),
    _id("hospital_id"),
    Column("over", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("retention_holds_by_hospital", "hospital_id", "over"),
    comment="What must not be destroyed for now, and why.",
)
retention_runs = Table(
    "retention_runs",
    metadata,
    _id("run_id", key=True),
    _id("hospital_id"),
    Column("state", SmallInteger, nullable=False, comment="0 counting, 1 planned, 2 running, ..."),
    Column("month", Date, nullable=False),
    _sealed(),
    _sealed("sealed_list"),
    Index("retention_runs_by_hospital", "hospital_id"),
    comment="Destruction of what is past its retention: plan, progress, certificate.",
)

consents = Table(
    "consents",
    metadata,
    _id("row_id", key=True),
    _sealed(),
    comment="What a patient decided, for the policy. The id is a keyed token of the patient.",
)
national_hospitals = Table(
    "national_hospitals",
    metadata,
    _id("hospital_id", key=True),
    Column("active", Boolean, nullable=False, comment="Whether the platform is told anything."),
    _sealed(),
    comment="How a hospital is known at the national platform, with its credentials.",
)
national_queue = Table(
    "national_queue",
    metadata,
    _id("entry_id", key=True),
    _id("hospital_id"),
    _sealed(),
    Index("national_queue_by_hospital", "hospital_id", "entry_id"),
    comment="Patients of whom the national platform may have to be told; a keyed token each.",
)
national_letters = Table(
    "national_letters",
    metadata,
    _id("letter_id", key=True),
    _id("entry_id"),
    _id("hospital_id"),
    _sealed(),
    Index("national_letters_by_entry", "entry_id"),
    Index("national_letters_by_hospital", "hospital_id"),
    comment="Records that the national platform was not told, and why.",
)
subscriptions = Table(
    "subscriptions",
    metadata,
    _id("subscription_id", key=True),
    _id("hospital_id"),
    Column("active", Boolean, nullable=False, comment="Whether what matches is noted."),
    _sealed(),
    Index("subscriptions_by_hospital", "hospital_id"),
    comment="Of what hospitals' systems want to be told, where, and how that stands.",
)
health_links = Table(
    "health_links",
    metadata,
    _id("link_id", key=True),
    Column("token", LargeBinary, nullable=False, unique=True, comment="Keyed, of its secret."),
    Column("whose", LargeBinary, nullable=False, comment="Keyed token of the patient."),
    Column("ends_on", Date, nullable=False),
    _sealed(),
    _sealed("about"),
    Index("health_links_of_patient", "whose"),
    Index("health_links_by_end", "ends_on"),
    comment="Links to what patients share: whether they open, sealed by the broker; what they are"
    " called and who opened them, by the patient's own key.",
)
subscription_hosts = Table(
    "subscription_hosts",
    metadata,
    _id("hospital_id", key=True),
    _sealed(),
    comment="Where a hospital's systems may have themselves told.",
)

card_signers = Table(
    "card_signers",
    metadata,
    _id("signer_id", key=True),
    _sealed(),
    comment="Who signs cards and their lists: which KMS has the key, and its certificate.",
)
card_marks = Table(
    "card_marks",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("month", Date, nullable=False, comment="In which the card ends: then it goes."),
    Column("rid", LargeBinary, nullable=False, comment="Of a SMART Health Card; else empty."),
    Index("card_marks_by_month", "month"),
    comment="Cards that were revoked, by hashes of random values that no other row has.",
)
card_lists = Table(
    "card_lists",
    metadata,
    Column("list_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("serial", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="Which edition of the published lists is the newest, and a digest of what is in it.",
)

# --- the archive's -----------------------------------------------------------------------------

packs = Table(
    "packs",
    metadata,
    _id("pack_id", key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("month", Date, nullable=False),
)
series = Table(
    "series",
    metadata,
    _id("patient_id", key=True),
    _id("study_id", key=True),
    Column("series_token", LargeBinary, primary_key=True),
    _id("series_id"),
    _sealed(),
    **_PARTITIONED,
)


def _object_columns() -> list[Column[Any]]:
    return [
        _id("object_id"),
        _id("pack_id"),
        Column("pack_offset", BigInteger, nullable=False),
        Column("sealed_bytes", BigInteger, nullable=False),
        _sealed("sealed_header"),
    ]


instances = Table(
    "instances",
    metadata,
    _id("patient_id", key=True),
    _id("study_id", key=True),
    Column("instance_token", LargeBinary, primary_key=True),
    _id("series_id"),
    *_object_columns(),
    Index("instances_by_pack", "pack_id"),
    **_PARTITIONED,
)
conflicts = Table(
    "conflicts",
    metadata,
    _id("patient_id", key=True),
    _id("study_id", key=True),
    Column("instance_token", LargeBinary, primary_key=True),
    Column("content_token", LargeBinary, primary_key=True),
    *_object_columns(),
    comment="Other bytes under a UID that is taken: kept, reported, never served in its place.",
    **_PARTITIONED,
)
series_metadata = Table(
    "series_metadata",
    metadata,
    _id("patient_id", key=True),
    _id("study_id", key=True),
    _id("series_id", key=True),
    Column("instances", Integer, nullable=False),
    _id("object_id"),
    _sealed(),
    comment="The series' metadata document, made once and sealed; stale where instances grew.",
    **_PARTITIONED,
)
national_sent = Table(
    "national_sent",
    metadata,
    _id("folder_id", key=True),
    Column("version", BigInteger, nullable=False),
    _sealed(),
    comment="What the national platform was told of a patient, under a key of the patient's.",
)
resources = Table(
    "resources",
    metadata,
    _id("folder_id", key=True),
    _id("resource_id", key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _sealed(),
    Index("resources_by_id", "resource_id"),
    comment="FHIR resources, every version. No column leads to a patient or tells a type.",
    postgresql_partition_by="HASH (folder_id)",
)
report_marks = Table(
    "report_marks",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    comment="Keyed tokens of studies that somebody has answered for a report of.",
)
orders_due = Table(
    "orders_due",
    metadata,
    _id("due_id", key=True),
    Column("whose", LargeBinary, nullable=False),
    Column("day", LargeBinary, nullable=False),
    Column("number", LargeBinary, nullable=False),
    _sealed(),
    Index("orders_due_of_patient", "whose"),
    Index("orders_due_by_day", "day"),
    Index("orders_due_by_number", "number"),
    comment="Orders for images as worklists find them: keyed tokens, and what only the broker"
    " reads.",
)
subscription_events = Table(
    "subscription_events",
    metadata,
    _id("event_id", key=True),
    _id("subscription_id"),
    Column("whose", LargeBinary, nullable=False),
    Column("counted", Boolean, nullable=False, comment="Whether the subscriber was to be told."),
    _sealed(),
    Index("subscription_events_of_patient", "whose"),
    Index("subscription_events_by_subscription", "subscription_id", "counted"),
    comment="What matched a subscription: keyed tokens, and what only the broker reads.",
)

exports = Table(
    "exports",
    metadata,
    _id("export_id", key=True),
    _id("hospital_id"),
    Column("over", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    _sealed(),
    Index("exports_by_hospital", "hospital_id", "over"),
    comment="Bulk exports that were asked for: by whom, for whom, why, of what.",
)
export_parts = Table(
    "export_parts",
    metadata,
    _id("export_id", key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    _sealed(),
    comment="Whose records an export may take, until it is over.",
)

health_link_files = Table(
    "health_link_files",
    metadata,
    _id("link_id", key=True),
    _sealed(),
    comment="What is behind a link: encrypted for the link, and under the patient's key.",
)
sheets = Table(
    "sheets",
    metadata,
    _id("sheet_id", key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    _id("drawer_id"),
    Column("expires_on", Date, nullable=False),
    _sealed(),
    Index("sheets_by_drawer", "drawer_id"),
    comment="A laboratory's table while it is imported, and what became of its rows; for a while.",
)

arrival_days = Table(
    "arrival_days",
    metadata,
    _id("day_id", key=True),
    _id("hospital_id"),
    Column("day_token", LargeBinary, nullable=False, unique=True),
    Column("wrapped_key", LargeBinary, nullable=True, comment="Null once it was destroyed."),
    _sealed(),
    Index("arrival_days_by_hospital", "hospital_id"),
    comment="A port's days of arrival: each has a key of its own, which dies with what travellers"
    " declared.",
)
declarations = Table(
    "declarations",
    metadata,
    _id("declaration_id", key=True),
    _id("day_id"),
    Column("vessel_id", Uuid, nullable=False, comment="Token of the vessel under the day's key."),
    Column("version", Integer, nullable=False),
    Column("code_token", LargeBinary, nullable=False, unique=True),
    Column("receipt_token", LargeBinary, nullable=False, unique=True),
    _sealed("summary"),
    _sealed(),
    Index("declarations_by_day", "day_id", "vessel_id"),
    comment="What travellers declared of their health, for a fortnight after they arrived.",
)

leak_cases = Table(
    "leak_cases",
    metadata,
    _id("case_id", key=True),
    _id("hospital_id"),
    Column("version", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("month", Date, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=True, comment="Null once it was destroyed."),
    _sealed(),
    Column("content", LargeBinary, nullable=True, comment="Sealed under the case's own key."),
    Index("leak_cases_by_hospital", "hospital_id"),
    comment="Cases of alleged leaks: clocks under the broker's seal, all else under the case's.",
)
leak_items = Table(
    "leak_items",
    metadata,
    _id("item_id", key=True),
    _id("case_id"),
    Column("kind", SmallInteger, nullable=False, comment="Entry, object, being written, finding."),
    Column("version", Integer, nullable=False),
    Column("begun", LargeBinary, nullable=True, comment="Of what is being written: sealed."),
    _sealed(),
    Index("leak_items_by_case", "case_id", "kind"),
    comment="Timeline, files and findings of cases, under the case's own key.",
)
leak_guests = Table(
    "leak_guests",
    metadata,
    _id("guest_id", key=True),
    _id("case_id"),
    Column("account_token", LargeBinary, nullable=False, unique=True),
    _sealed(),
    Index("leak_guests_by_case", "case_id"),
    comment="Who was invited to read one case, and how much of it.",
)
leak_affected = Table(
    "leak_affected",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    _id("case_id"),
    Column("edition", Integer, nullable=False, server_default="0"),
    Index("leak_affected_by_case", "case_id"),
    comment="Keyed tokens of the patients who are told that a case affects them.",
)
picture_marks = Table(
    "picture_marks",
    metadata,
    _id("mark_id", key=True),
    Column("month", Date, nullable=False),
    _sealed(),
    comment="Whose mark the pictures bear that left, each for an account and a month.",
)
export_marks = Table(
    "export_marks",
    metadata,
    _id("export_id", key=True),
    Column("month", Date, nullable=False),
    _sealed(),
    comment="By what an export is known again: its recipient, and who was invented for it alone.",
)

matching_shards = Table(
    "matching_shards",
    metadata,
    _id("shard_id", key=True),
    _id("hospital_id"),
    Column("place", SmallInteger, nullable=False),
    Column("worn", Boolean, nullable=False, comment="What is in it is to be sealed anew."),
    Column("wrapped_key", LargeBinary, nullable=False, comment="Under the hospital's KEK."),
    Index(
        "matching_shards_by_place",
        "hospital_id",
        "place",
        unique=True,
        postgresql_where=text("NOT worn"),
    ),
    comment="Keys of the matching register: each of some of a hospital's records.",
)
matching_records = Table(
    "matching_records",
    metadata,
    _id("shard_id", key=True),
    _id("patient_id", key=True),
    _sealed(),
    comment="Tokens that samples are compared with, one row a patient, all of one length.",
)
matching_pictures = Table(
    "matching_pictures",
    metadata,
    _id("picture_id", key=True),
    _id("shard_id"),
    _id("patient_id"),
    _id("study_id"),
    _id("object_id"),
    _sealed("sealed_place"),
    _sealed("sealed_look"),
    Index("matching_pictures_by_shard", "shard_id", "picture_id"),
    Index("matching_pictures_by_study", "patient_id", "study_id"),
    Index("matching_pictures_by_object", "object_id"),
    comment="By what stored images are known again, one row each, all of one length.",
)
unfingerprinted = Table(
    "unfingerprinted",
    metadata,
    _id("object_id", key=True),
    _id("patient_id"),
    _id("study_id"),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Index("unfingerprinted_by_study", "study_id"),
    Index("unfingerprinted_by_patient", "patient_id"),
    comment="Stored objects of which nothing is in matching_pictures yet.",
)

leak_warrants = Table(
    "leak_warrants",
    metadata,
    _id("warrant_id", key=True),
    _id("case_id"),
    Column("over", Boolean, nullable=False),
    _sealed(),
    Index("leak_warrants_by_case", "case_id"),
    comment="Warrants to compare samples, with what was used of each. The id is the approval's.",
)

PARTITIONED: Final = tuple(
    table for table in metadata.sorted_tables if table.dialect_options["postgresql"]["partition_by"]
)

GRANTS: Final = {
    "segel_broker": {
        "SELECT, INSERT, UPDATE, DELETE": [
            broker_secrets, hospitals, key_records, erasures, accounts, sessions, passkeys, peers,
            freezes, approvals, patients, studies, index_tokens, unique_tokens, log_tiles, log_head,
            budget_accounts, budget_touches, budget_tallies, budget_raises, alerts, decoy_watches,
            break_glasses, break_glass_openings, reasons, account_units, accesses, access_lists,
            invitations, identities, clients, used_once, audit_listings, audit_forwards,
            pairs, pair_ends, uncompared, folders, consents, national_hospitals, national_queue,
            national_letters, subject_requests, retention_holds, retention_runs, staff,
            exports, export_parts,
            subscriptions, subscription_hosts, subscription_events, card_signers, card_marks,
            card_lists, arrival_days, declarations, health_links,
            picture_marks, export_marks,
            leak_cases, leak_items, leak_guests, leak_affected, matching_shards, matching_records,
            leak_warrants, matching_pictures, unfingerprinted,
        ],
        "SELECT, INSERT": [audit_entries, report_marks],
        "SELECT, INSERT, DELETE": [resources],
        "SELECT, DELETE": [
            series, instances, conflicts, series_metadata, national_sent, orders_due,
            health_link_files,
        ],
        "SELECT": [packs],
    },
    "segel_gateway": {
        "SELECT, INSERT": [packs, series, instances, conflicts, resources, health_link_files],
        "SELECT, INSERT, UPDATE": [series_metadata, national_sent, subscription_events],
        "SELECT, INSERT, DELETE": [report_marks],
        "SELECT, INSERT, UPDATE, DELETE": [sheets, orders_due],
        "SELECT": [erasures],
        "INSERT": [unfingerprinted],
    },
    "segel_worker": {
        "SELECT, INSERT, UPDATE, DELETE": [packs],
        "SELECT, DELETE": [sheets],
        "SELECT, UPDATE": [instances, conflicts],
        "SELECT": [series],
    },
}  # fmt: skip
"""What each process' database role may do; roles not named here, and tables not named, nothing."""
