"""Why a card is not accepted: one machine's word for each reason, and the step that found it.

The steps are in the order in which they are taken; nothing of a later step is looked at before the
earlier ones held. A reason's word is stable, its words for people are in ``words``.
"""

from enum import IntEnum, StrEnum, unique
from typing import Final


class Step(IntEnum):
    """The steps of a verification, in their order. The first is about the verifier's own lists:
    where they cannot be used, no card can be judged."""

    LISTS = 1
    PICTURE = 2
    PREFIX = 3
    TEXT = 4
    COMPRESSION = 5
    STRUCTURE = 6
    HEADER = 7
    KEY = 8
    SIGNATURE = 9
    USAGE = 10
    CONTENT = 11
    TIME = 12
    REVOCATION = 13


@unique
class Reason(StrEnum):
    """A card's judgement in one word."""

    VALID = "valid"

    # The verifier's lists
    LISTS_MISSING = "lists-missing"
    LISTS_TOO_LARGE = "lists-too-large"
    LISTS_STRUCTURE = "lists-structure"
    LISTS_HEADER = "lists-header"
    LISTS_ALGORITHM = "lists-algorithm"
    LISTS_TYPE = "lists-type"
    LISTS_KEY = "lists-key"
    LISTS_KEY_UNKNOWN = "lists-key-unknown"
    LISTS_SIGNATURE = "lists-signature"
    LISTS_NOT_JSON = "lists-not-json"
    LISTS_TOO_DEEP = "lists-too-deep"
    LISTS_DUPLICATE_KEY = "lists-duplicate-key"
    LISTS_CONTENT = "lists-content"
    LISTS_TIMES = "lists-times"
    LISTS_OLDER = "lists-older"
    LISTS_NOT_YET_VALID = "lists-not-yet-valid"
    LISTS_EXPIRED = "lists-expired"

    # The picture and the text in it
    PICTURE_UNREADABLE = "picture-unreadable"
    PICTURE_TOO_LARGE = "picture-too-large"
    PICTURE_WITHOUT_QR = "picture-without-qr"
    QR_VERSION = "qr-version"
    TEXT_EMPTY = "text-empty"
    TEXT_TOO_LONG = "text-too-long"
    TEXT_NOT_UTF8 = "text-not-utf8"
    TEXT_SURROUNDED = "text-surrounded"
    PREFIX_MISSING = "prefix-missing"
    PREFIX_UNKNOWN = "prefix-unknown"
    IS_A_LINK = "is-a-link"

    # Base45, digits, base64url
    BASE45_CHARACTER = "base45-character"
    BASE45_LENGTH = "base45-length"
    BASE45_VALUE = "base45-value"
    DIGITS_CHARACTER = "digits-character"
    DIGITS_ODD = "digits-odd"
    DIGITS_VALUE = "digits-value"
    CHUNK_MISSING = "chunk-missing"
    CHUNK_NUMBER = "chunk-number"
    CHUNK_ALONE = "chunk-alone"
    CHUNK_CONFLICT = "chunk-conflict"
    CHUNK_TOO_LONG = "chunk-too-long"
    CHUNK_UNBALANCED = "chunk-unbalanced"
    BASE64URL = "base64url"

    # Compression
    COMPRESSION_MISSING = "compression-missing"
    COMPRESSION_BROKEN = "compression-broken"
    COMPRESSION_TRUNCATED = "compression-truncated"
    COMPRESSION_TRAILING = "compression-trailing"
    COMPRESSION_DICTIONARY = "compression-dictionary"
    COMPRESSION_TOO_LARGE = "compression-too-large"

    # CBOR, COSE, CWT
    CBOR_BROKEN = "cbor-broken"
    CBOR_TRUNCATED = "cbor-truncated"
    CBOR_TRAILING = "cbor-trailing"
    CBOR_TOO_DEEP = "cbor-too-deep"
    CBOR_DUPLICATE_KEY = "cbor-duplicate-key"
    CBOR_TAG = "cbor-tag"
    COSE_STRUCTURE = "cose-structure"
    CLAIMS_STRUCTURE = "claims-structure"
    CLAIM_TYPE = "claim-type"
    CERTIFICATE_MISSING = "certificate-missing"
    VENUE_MISSING = "pass-missing"
    VENUE_STRUCTURE = "pass-structure"
    VENUE_KEY = "pass-key"
    ANSWER_STRUCTURE = "answer-structure"

    # JWS
    JWS_STRUCTURE = "jws-structure"
    PAYLOAD_BOM = "payload-bom"
    PAYLOAD_NOT_JSON = "payload-not-json"
    PAYLOAD_TOO_DEEP = "payload-too-deep"
    PAYLOAD_DUPLICATE_KEY = "payload-duplicate-key"
    PAYLOAD_NOT_MINIFIED = "payload-not-minified"

    # The header
    ALGORITHM_MISSING = "algorithm-missing"
    ALGORITHM_UNPROTECTED = "algorithm-unprotected"
    ALGORITHM_UNSUPPORTED = "algorithm-unsupported"
    KEY_ID_MISSING = "key-id-missing"
    KEY_ID_UNPROTECTED = "key-id-unprotected"
    KEY_ID_FORM = "key-id-form"
    HEADER_CRITICAL = "header-critical"

    # The key
    ISSUER_NOT_HTTPS = "issuer-not-https"
    ISSUER_SLASH = "issuer-slash"
    ISSUER_UNKNOWN = "issuer-unknown"
    ISSUER_MISMATCH = "issuer-mismatch"
    KEY_UNKNOWN = "key-unknown"
    KEY_MISMATCH = "key-mismatch"

    # The signature
    SIGNATURE_DER = "signature-der"
    SIGNATURE_LENGTH = "signature-length"
    SIGNATURE_WRONG = "signature-wrong"
    ANSWER_MISSING = "answer-missing"
    ANSWER_WRONG = "answer-wrong"

    # What the signer may sign
    USAGE_MISMATCH = "usage-mismatch"

    # The content
    SCHEMA_VERSION = "schema-version"
    SCHEMA = "schema"
    SCHEMA_DATE = "schema-date"
    NO_ENTRY = "no-entry"
    SEVERAL_ENTRIES = "several-entries"
    VALUE_UNKNOWN = "value-unknown"
    VC_MISSING = "vc-missing"
    VC_TYPE_MISSING = "vc-type-missing"
    BUNDLE_SHAPE = "bundle-shape"
    BUNDLE_META = "bundle-meta"
    BUNDLE_REFERENCE = "bundle-reference"
    BUNDLE_EMPTY_VALUE = "bundle-empty-value"
    BUNDLE_RECORD = "bundle-record"
    VENUE_NOT_FIT = "pass-not-fit"

    # Times
    START_MISSING = "start-missing"
    END_MISSING = "end-missing"
    TIME_MILLISECONDS = "time-milliseconds"
    ENDS_BEFORE_START = "ends-before-start"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    VENUE_TOO_LONG = "pass-too-long"
    SIGNER_NOT_YET_VALID = "signer-not-yet-valid"
    SIGNER_EXPIRED = "signer-expired"

    # Revocation
    RID_FORM = "rid-form"
    REVOCATIONS_MISSING = "revocations-missing"
    REVOCATIONS_OUTDATED = "revocations-outdated"
    REVOCATIONS_KEY = "revocations-key"
    REVOCATIONS_METHOD = "revocations-method"
    REVOCATIONS_SHAPE = "revocations-shape"
    REVOCATIONS_RID_FORM = "revocations-rid-form"
    REVOCATIONS_RID_LENGTH = "revocations-rid-length"
    REVOCATIONS_RID_TWICE = "revocations-rid-twice"
    REVOKED = "revoked"

    @property
    def step(self) -> Step | None:
        """The step that finds it; None for ``VALID``."""
        return _STEP_OF.get(self)


_FIRST_OF: Final = {
    Reason.LISTS_MISSING: Step.LISTS,
    Reason.PICTURE_UNREADABLE: Step.PICTURE,
    Reason.TEXT_EMPTY: Step.PREFIX,
    Reason.BASE45_CHARACTER: Step.TEXT,
    Reason.COMPRESSION_MISSING: Step.COMPRESSION,
    Reason.CBOR_BROKEN: Step.STRUCTURE,
    Reason.ALGORITHM_MISSING: Step.HEADER,
    Reason.ISSUER_NOT_HTTPS: Step.KEY,
    Reason.SIGNATURE_DER: Step.SIGNATURE,
    Reason.USAGE_MISMATCH: Step.USAGE,
    Reason.SCHEMA_VERSION: Step.CONTENT,
    Reason.START_MISSING: Step.TIME,
    Reason.RID_FORM: Step.REVOCATION,
}
"""A step has the reasons from its first one to the next step's first one, as they stand above."""


def _steps() -> dict[Reason, Step]:
    found: dict[Reason, Step] = {}
    now = None
    for reason in Reason:
        now = _FIRST_OF.get(reason, now)
        if now is not None:
            found[reason] = now
    return found


_STEP_OF: Final = _steps()


@unique
class Remark(StrEnum):
    """What is worth knowing of a card and does not decide whether it is genuine."""

    RESULT_DETECTED = "result-detected"
    VALUE_UNLISTED = "value-unlisted"
    KEY_ID_UNPROTECTED = "key-id-unprotected"
    SCHEMA_OLD = "schema-old"
    TYPES_INCOMPLETE = "types-incomplete"
    BUNDLE_PROSE = "bundle-prose"
    CHUNKED = "chunked"
    LISTS_AGEING = "lists-ageing"
    VENUE_COPYABLE = "pass-copyable"


@unique
class Outcome(StrEnum):
    """What a set of rules says of a genuine card."""

    FIT = "fit"
    NOT_FIT = "not-fit"
    NO_RULE = "cannot-say-no-rule"
    NOT_EVALUATED = "cannot-say-not-evaluated"
