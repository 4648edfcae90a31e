"""Fuzz what is verified of strangers: signed JSON, key sets, proofs, scopes.

Only JwtBroken, ProofInvalid, NonceNeeded and ScopeInvalid may leave. Run by hand, for as long as
wanted:

    python tests/fuzz/fuzz_tokens.py CORPUS -max_total_time=600
"""

import contextlib
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["segel.broker.jose", "segel.broker.dpop", "segel.domain"]):
    from segel.broker.dpop import Proofs
    from segel.broker.errors import NonceNeeded, ProofInvalid
    from segel.broker.jose import KEY_TYPES, JwtBroken, read_key_set, unverified, verify
    from segel.broker.messages import Proof
    from segel.domain.scopes import ScopeInvalid, parse

ALGORITHMS = frozenset(KEY_TYPES)
PROOFS = Proofs(("http://localhost",), lambda: 1_790_000_000.0)


def exercise(data: bytes) -> None:
    """Everything that reads what a stranger wrote."""
    text = data.decode("latin-1")
    with contextlib.suppress(JwtBroken):
        keys = read_key_set(data, strict=False)
        verify(text, keys, ALGORITHMS)
    with contextlib.suppress(JwtBroken):
        unverified(text)
    with contextlib.suppress(ProofInvalid, NonceNeeded):
        PROOFS.holder(Proof(text, "POST", "/oauth/token", "1"))
    with contextlib.suppress(ScopeInvalid):
        assert parse(str(parse(text))) == parse(text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()
