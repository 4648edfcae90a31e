"""The 518 published Merkle vectors of the transparency-dev project, plain trees and subtrees."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segel.tlog import (
    TlogError,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

VECTORS = 518


def _bytes(encoded: str) -> bytes:
    return base64.b64decode(encoded)


def _proof(vector: dict[str, Any]) -> list[bytes]:
    return [_bytes(each) for each in vector["proof"] or []]


def _inclusion(v: dict[str, Any]) -> None:
    leaf, root = _bytes(v["leafHash"]), _bytes(v["root"])
    verify_inclusion(v["leafIdx"], v["treeSize"], leaf, _proof(v), root)


def _consistency(v: dict[str, Any]) -> None:
    old_root, new_root = _bytes(v["root1"]), _bytes(v["root2"])
    verify_consistency(v["size1"], old_root, v["size2"], new_root, _proof(v))


def _subtree_inclusion(v: dict[str, Any]) -> None:
    leaf, root = _bytes(v["leafHash"]), _bytes(v["root"])
    verify_subtree_inclusion(v["leafIdx"], v["start"], v["end"], leaf, _proof(v), root)


def _subtree_consistency(v: dict[str, Any]) -> None:
    node, root = _bytes(v["root1"]), _bytes(v["root2"])
    verify_subtree_consistency(v["start"], v["end"], node, v["size"], root, _proof(v))


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "inclusion": _inclusion,
    "consistency": _consistency,
    "subtreeinclusion": _subtree_inclusion,
    "subtreeconsistency": _subtree_consistency,
}


def _holds(kind: str, vector: dict[str, Any]) -> bool:
    try:
        CHECKS[kind](vector)
    except TlogError:
        return False
    return True


def test_all_published_merkle_vectors_come_out_as_published(shared_dir: Path) -> None:
    folder = shared_dir / "vectors" / "merkle" / "testdata"
    if not folder.is_dir():
        pytest.skip("the published Merkle vectors are not beside this checkout")
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        kind = path.relative_to(folder).parts[0]
        vector = json.loads(path.read_text())
        seen[kind] += 1
        if _holds(kind, vector) == vector["wantErr"]:
            wrong.append(str(path.relative_to(folder)))
    assert wrong == []
    assert seen.total() == VECTORS
    assert seen == {
        "inclusion": 98,
        "consistency": 98,
        "subtreeinclusion": 204,
        "subtreeconsistency": 118,
    }
