"""How alike stretches are: characters of a text, seconds of a recording, frames of a film."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shared(inside: Floats, whole: Floats, same: NDArray[np.bool_]) -> Floats:
    """Return inside / whole; where nothing has any size, 1 for what is the same and else 0."""
    ratio = np.divide(inside, whole, out=np.zeros_like(inside), where=whole > 0)
    return np.where((whole <= 0) & same, 1.0, ratio)


def interval_iou(a: Floats, b: Floats) -> Floats:
    """Return the intersection over union of stretches, one a row as (start, end): len(a) × len(b).

    The end is outside. A stretch of no length is like its equal only.

    >>> interval_iou(np.array([[0.0, 4.0]]), np.array([[2.0, 4.0], [4.0, 9.0]])).tolist()
    [[0.5, 0.0]]
    """
    a, b = a[:, None, :], b[None, :, :]
    inside = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    inside = np.maximum(inside, 0.0)
    whole = (a[..., 1] - a[..., 0]) + (b[..., 1] - b[..., 0]) - inside
    return shared(inside, whole, (a == b).all(axis=-1))
