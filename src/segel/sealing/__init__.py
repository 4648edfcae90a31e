"""Bytes in, sealed bytes out: objects that open only with their key, in their place, unaltered.

``seal`` and ``unseal`` work on whole objects, ``SealedReader`` (or ``segments_for`` and
``open_range``) on parts; the ``derive_…`` functions make the hierarchy patient → scope → object;
``token`` makes lookup tokens. Errors are the tree under ``SealingError``. Pure: no files, no clock,
randomness is passed in. It composes ``cryptography`` and holds no cipher of its own.
"""

from segel.sealing.buffers import Buffer
from segel.sealing.context import ObjectContext
from segel.sealing.derivation import (
    KEY_BYTES,
    Randomness,
    derive_object_key,
    derive_scope_key,
    derive_token_key,
    new_patient_key,
    study_scope,
)
from segel.sealing.errors import (
    KeyMalformed,
    LabelMalformed,
    ObjectTooLarge,
    RangeOutside,
    SealBroken,
    SealingError,
)
from segel.sealing.layout import HEAD_BYTES, SealedRange, sealed_length, segments_for
from segel.sealing.padding import padme
from segel.sealing.pseudonyms import pseudonym, reals
from segel.sealing.reader import SealedReader, open_range
from segel.sealing.tokens import TokenKey, token
from segel.sealing.whole import seal, seal_into, unseal, unseal_with_object_key

__all__ = [
    "HEAD_BYTES",
    "KEY_BYTES",
    "Buffer",
    "KeyMalformed",
    "LabelMalformed",
    "ObjectContext",
    "ObjectTooLarge",
    "Randomness",
    "RangeOutside",
    "SealBroken",
    "SealedRange",
    "SealedReader",
    "SealingError",
    "TokenKey",
    "derive_object_key",
    "derive_scope_key",
    "derive_token_key",
    "new_patient_key",
    "open_range",
    "padme",
    "pseudonym",
    "reals",
    "seal",
    "seal_into",
    "sealed_length",
    "segments_for",
    "study_scope",
    "token",
    "unseal",
    "unseal_with_object_key",
]
