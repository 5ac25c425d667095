"""Which frames a job shows, and which item each of them is: pure.

CVAT numbers a task's frames from 0 on; objects, segments and issues go by these numbers. Chosen
frames of a segment and rows of pictures go by the numbers of the data, which begin anywhere and
leave frames out (``step=5``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labelpulse.core.errors import SkipRecord

_STEP = re.compile(r"step\s*=\s*([1-9]\d*)")
_NUMBER = re.compile(r"-?\d+")
MAX_FRAMES = 5_000_000
"""No task has more: whatever says so is broken, and would fill the memory."""


def numbers(text: str | None) -> tuple[int, ...]:
    """Return the whole numbers in a list, however it is written.

    >>> numbers("0,1,2"), numbers("[4, 5]"), numbers("")
    ((0, 1, 2), (4, 5), ())
    """
    return tuple(map(int, _NUMBER.findall(text or "")))


class JobOf(NamedTuple):
    """A job of a task: which frames it shows, whatever is on them."""

    id: int
    type: str
    kind: str
    start: int
    stop: int
    chosen: str

    def __str__(self) -> str:
        """Return what the batch of its items is called."""
        return f"job {self.id}"


def jobs_of(text: str | None) -> tuple[JobOf, ...]:
    """Return the jobs of a task from the text that comes with it, by id."""
    rows = (row.split("|", 5) for row in (text or "").split(";") if row)
    found = (JobOf(int(a), b, c, int(d), int(e), f) for a, b, c, d, e, f in rows)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Frames:
    """How the frames of a task are numbered, and what each of them shows.

    Attributes:
        data: id of the pictures.
        first, step: of the numbers of the data.
        deleted: frames that were taken out.
        again: frame -> the frame whose picture it shows once more (a honeypot).
        disabled: frames of ground truth that no longer count.
    """

    data: int
    first: int = 0
    step: int = 1
    deleted: frozenset[int] = frozenset()
    again: Mapping[int, int] = field(default_factory=dict)
    disabled: frozenset[int] = frozenset()

    @classmethod
    def of(cls, row: Any) -> "Frames":
        """Return the frames of a row that comes with what `Statements` gives of its task."""
        step = _STEP.search(row.filter or "")
        found = cls(row.data, row.first or 0, int(step[1]) if step else 1)
        twice = (pair.split("|", 1) for pair in (row.shown_again or "").split(";") if pair)
        return cls(
            data=found.data,
            first=found.first,
            step=found.step,
            deleted=frozenset(numbers(row.deleted)),
            again={found.in_task(int(a)): found.in_task(int(b)) for a, b in twice},
            disabled=frozenset(numbers(row.disabled)),
        )

    def in_task(self, number: int) -> int:
        """Return the task's number of a frame of the data."""
        return (number - self.first) // self.step

    def in_data(self, frame: int) -> int:
        """Return the data's number of a frame of the task."""
        return frame * self.step + self.first

    def shown(self, job: Any) -> tuple[int, ...]:
        """Return the frames of a job with kind, start, stop and chosen.

        >>> Frames(7, deleted=frozenset({1})).shown(JobOf(1, "annotation", "range", 0, 2, ""))
        (0, 2)
        """
        if not 0 <= job.stop - job.start < MAX_FRAMES:
            return ()
        whole = range(job.start, job.stop + 1)
        if job.kind == "range" and not self.deleted:
            return tuple(whole)
        found: Iterable[int] = whole
        if job.kind != "range":
            found = sorted({self.in_task(one) for one in numbers(job.chosen)})
        return tuple(one for one in found if one in whole and one not in self.deleted)

    def item(self, frame: int) -> str:
        """Return the native id of what a frame shows."""
        return f"{self.data}:{self.again.get(frame, frame)}"

    def items(self, jobs: Iterable[JobOf]) -> dict[int, tuple[JobOf, int]]:
        """Return frame -> the first annotation job that shows it, and its number of replicas.

        A frame that shows another one again is that one, and no item of its own.
        """
        found: dict[int, tuple[JobOf, int]] = {}
        for job in sorted(jobs, key=lambda one: (one.type != "annotation", one.id)):
            replica = int(job.type == "consensus_replica")
            for frame in self.shown(job):
                if frame in self.again:
                    continue
                first, replicas = found.get(frame, (job, 0))
                found[frame] = (first, replicas + replica)
        return found


def two_parts(native_id: str) -> tuple[int, int]:
    """Return the numbers of a native id like ``7:12``.

    Raises:
        SkipRecord: it is none.
    """
    first, _, second = native_id.partition(":")
    try:
        return int(first), int(second)
    except ValueError:
        raise SkipRecord("bad_id", "its id is no pair of numbers") from None
