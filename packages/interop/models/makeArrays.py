"""Writes the NumPy files of the examples. Needs numpy 1.20 or newer."""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
logits = np.array([[2, 1, 0], [0, 3, 1]], np.float32)

# np.save keeps the order in memory: these columns are written one after the other.
np.save(FOLDER / "logits.npy", np.asfortranarray(logits))
np.save(FOLDER / "labels.npy", np.array([0, 1], np.int64))
np.save(FOLDER / "mask.npy", np.array([True, False]))
