"""Tens of thousands of drawn radiographs, as what is kept of them; made once, in ``artifacts/``."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from segel.leaks.images.features import Features, features_of
from segel.leaks.images.fingerprint import STORED_FEATURES, Fingerprint, made_of
from segel.leaks.images.grain import GRAIN_BYTES, grain
from segel.leaks.images.picture import STORED_SIDE_PX, content, fitted
from support.radiographs import Picture, radiograph

CHUNK = 250


def look_alike(body: int) -> Picture:
    """Every second one has the proportions of another."""
    return radiograph(body, proportions=body // 8 if body % 2 else None)


def look_alikes(count: int, folder: Path) -> Iterator[Fingerprint]:
    """Of ``count`` bodies from 0 on, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as workers:
        for path in workers.map(partial(_made, folder), range(0, count, CHUNK)):
            yield from _read(path)


def _made(folder: Path, first: int) -> Path:
    path = folder / f"{first}.npz"
    if path.exists():
        return path
    pictures = [
        fitted(content(look_alike(body)), STORED_SIDE_PX) for body in range(first, first + CHUNK)
    ]
    found = [features_of(one, STORED_FEATURES, spread=True) for one in pictures]
    np.savez(
        path,
        p=np.concatenate([one.places for one in found]),
        z=np.concatenate([one.sizes for one in found]),
        a=np.concatenate([one.angles for one in found]),
        d=np.concatenate([one.descriptors for one in found]),
        n=[len(one) for one in found],
        w=[(one.width, one.height) for one in found],
        g=np.stack([np.frombuffer(grain(one), np.uint8) for one in pictures]),
    )
    return path


def _read(path: Path) -> Iterator[Fingerprint]:
    with np.load(path) as kept:
        ends = np.cumsum(kept["n"])
        arrays = {name: kept[name] for name in "pzadwg"}
    for number, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        width, height = arrays["w"][number]
        places, sizes, angles, codes = (arrays[name][start:end] for name in "pzad")
        found = Features(places, sizes, angles, codes, float(width), float(height))
        look = arrays["g"][number].tobytes()
        assert len(look) == GRAIN_BYTES
        yield made_of(found, look, b"look-alike".ljust(32, b"\0"))
