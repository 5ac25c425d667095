"""Masks as tools store them, packed into runs or bytes -> one flag a pixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

CHANNELS = 4
"""Red, green, blue, alpha; a pixel is in the mask where its alpha is not 0."""

MAX_PIXELS = 40_000_000
"""A larger mask would take too much memory."""


def from_runs(runs: Sequence[int], width: int, height: int) -> Flags:
    """Return which pixels, row by row, runs cover: how many are out, then in, then out, and so on.

    Raises:
        ValueError: they are not of so many pixels, or of too many.

    >>> from_runs([1, 2, 1], 2, 2).astype(int).tolist()
    [0, 1, 1, 0]
    """
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError("a mask has no pixels, or too many")
    lengths = np.array(runs, dtype=np.int64)
    if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != width * height:
        raise ValueError("a mask is of another size than its picture")
    found: Flags = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return found


class _Bits:
    """Reads numbers from a list of bytes, bit by bit."""

    def __init__(self, packed: Sequence[int]) -> None:
        self._bits = np.unpackbits(np.array(packed, dtype=np.uint8))
        self._at = 0

    def read(self, size: int) -> int:
        return int(self.words(1, size)[0])

    def words(self, n: int, size: int) -> NDArray[np.int64]:
        """Return n numbers of so many bits; ValueError where the list ends before."""
        end = self._at + n * size
        if end > len(self._bits):
            raise ValueError("a mask ends too early")
        bits = self._bits[self._at : end].reshape(n, size).astype(np.int64)
        self._at = end
        return bits @ (1 << np.arange(size - 1, -1, -1, dtype=np.int64))


def unpack(packed: Sequence[int], width: int, height: int) -> Flags:
    """Return which pixels, row by row, a run-length code of RGBA values covers.

    The code of @thi.ng/rle-pack, which Label Studio's brushes write: 32 bits for how many values
    there are, 5 for a value's size less 1, four times 4 for the sizes of a run's length less 1;
    then runs of one value (a bit 1) and of different ones (0), each with 2 bits for which size its
    length less 1 has.

    Raises:
        ValueError: it is no such code, or not of so many pixels, or of too many.
    """
    bits = _Bits(packed)
    n, size = bits.read(32), bits.read(5) + 1
    lengths = [bits.read(4) + 1 for _ in range(4)]
    if n != width * height * CHANNELS:
        raise ValueError("a mask is of another size than its picture")
    if n > MAX_PIXELS * CHANNELS:
        raise ValueError("a mask has too many pixels")
    values = np.zeros(n, dtype=np.bool_)
    at = 0
    while at < n:
        alike = bits.read(1)
        end = min(at + 1 + bits.read(lengths[bits.read(2)]), n)
        values[at:end] = bits.words(1 if alike else end - at, size) > 0
        at = end
    return values[CHANNELS - 1 :: CHANNELS]
