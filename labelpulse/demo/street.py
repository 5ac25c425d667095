"""The pictures of Street: what is to be seen in each, by day and by night.

A picture is a function of (seed, number), as a ticket is. Those taken at night have numbers of
their own, so that either kind can be handed out in its own order.
"""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from labelpulse.demo.chance import chance, spread

PROJECT_ID = 2
PROJECT_TITLE = "Street"
CONTROL = "object"
IMAGE = "image"
WIDTH, HEIGHT = 1920, 1080

SHARES = MappingProxyType({"Car": 0.45, "Person": 0.30, "Bicycle": 0.15, "Sign": 0.10})
LABELS = tuple(SHARES)
LABEL_CONFIG = (
    f'<View><Image name="{IMAGE}" value="$image"/>'
    f'<RectangleLabels name="{CONTROL}" toName="{IMAGE}">'
    + "".join(f'<Label value="{label}"/>' for label in LABELS)
    + "</RectangleLabels></View>"
)

NIGHT_FROM = 100_000
"""Numbers above it are pictures taken at night."""
TASK_FROM = 1_000_000
"""What a picture's number is short of its task's id, which no ticket has."""
OVERLAP_SHARE = 0.50
UPLOADS = (4, 5, 6)
"""Uploads of the tool: two by day, the second from `SECOND_FROM` on, and the night."""
SECOND_FROM = 200

_COLUMNS, _ROWS = 4, 3
_GOLDEN = 0.6180339887


@dataclass(frozen=True, slots=True)
class Box:
    """A box as the tool stores it: per cent of the picture."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One item: how many answers it wants, and the boxes that are there."""

    n: int
    overlap: int
    boxes: tuple[Box, ...]

    @property
    def night(self) -> bool:
        """True when it was taken at night: harder."""
        return self.n > NIGHT_FROM

    @property
    def upload(self) -> int:
        """The upload that brought it, the batch of the collector."""
        return UPLOADS[2] if self.night else UPLOADS[self.n > SECOND_FROM]


@cache
def picture(seed: int, n: int) -> Picture:
    """Return picture number `n`; its boxes lie apart, so that each has one that it can match."""
    rng = chance(seed, "picture", n)
    cells = rng.sample(range(_COLUMNS * _ROWS), rng.randint(3, 6))
    overlap = 2 if spread(n, _GOLDEN, 0.1) < OVERLAP_SHARE else 1
    return Picture(n, overlap, tuple(_box(rng.random(), rng.random(), cell, rng.choices(
        LABELS, list(SHARES.values()))[0]) for cell in cells))  # fmt: skip


def _box(u: float, v: float, cell: int, label: str) -> Box:
    width, height = 100 / _COLUMNS, 100 / _ROWS
    left, top = cell % _COLUMNS * width, cell // _COLUMNS * height
    return Box(label, left + 2 + 5 * u, top + 2 + 8 * v, 9 + 7 * v, 10 + 9 * u)
