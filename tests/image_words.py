"""``python tests/image_words.py FILE``: learn the visual words that Segel ships, and write them.

From drawn radiographs only (``support.radiographs``): no picture of anybody is in what is shipped.
About five minutes of one core. The same seed gives the same words with the same scikit-learn.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from segel.leaks.images.features import features_of
from segel.leaks.images.fingerprint import STORED_FEATURES
from segel.leaks.images.picture import STORED_SIDE_PX, content, fitted
from segel.leaks.images.words import CENTRES, SIGNS, rooted
from support.radiographs import radiograph

DIMENSIONS = 64
SEED = 1


def learnt(descriptors: np.ndarray) -> dict[str, np.ndarray]:
    """What ``Vocabulary`` holds. ``descriptors``: n × 128."""
    points = rooted(descriptors)
    mean = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - mean).T))
    axes = axes[:, ::-1][:, :DIMENSIONS]
    # Both halves get strong and weak axes.
    basis = np.concatenate([axes[:, 0::2], axes[:, 1::2]], axis=1)
    halves = ((points - mean) @ basis).reshape(len(points), 2, -1)
    centres = [
        MiniBatchKMeans(
            CENTRES, batch_size=8192, n_init=1, max_iter=12, random_state=SEED, init="random"
        )
        .fit(halves[:, half])
        .cluster_centers_
        for half in (0, 1)
    ]
    chance = np.random.default_rng(SEED).standard_normal((DIMENSIONS, DIMENSIONS))
    directions = np.linalg.qr(chance)[0][:, :SIGNS]
    found = {"mean": mean, "basis": basis, "centres": np.stack(centres), "directions": directions}
    return {name: value.astype(np.float16) for name, value in found.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("file", type=Path)
    asked.add_argument("--pictures", type=int, default=2000)
    said = asked.parse_args()
    found = [
        features_of(
            fitted(
                content(radiograph(body, proportions=body // 8 if body % 2 else None)),
                STORED_SIDE_PX,
            ),
            STORED_FEATURES,
            spread=True,
        ).descriptors
        for body in range(said.pictures)
    ]
    words = learnt(np.concatenate(found))
    np.savez_compressed(
        said.file,
        mean=words["mean"],
        basis=words["basis"],
        centres=words["centres"],
        directions=words["directions"],
    )


if __name__ == "__main__":
    main()
