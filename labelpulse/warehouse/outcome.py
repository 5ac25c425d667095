"""How a batch is to be written, and what writing it did."""

from collections.abc import Callable
from dataclasses import dataclass, field

from labelpulse.core.events import BadRecord


@dataclass(slots=True)
class Written:
    """What one batch did, in records.

    Attributes:
        bad: what was refused; newly_bad: how many of them were not in quarantine before.
    """

    loaded: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    projects: set[int] = field(default_factory=set)
    bad: list[BadRecord] = field(default_factory=list)
    newly_bad: int = 0

    @property
    def read(self) -> int:
        """Records that the batch held."""
        return self.loaded + self.unchanged + self.quarantined


@dataclass(frozen=True, slots=True)
class How:
    """How a batch is to be written.

    Attributes:
        live: the source is read as state, so the later read wins.
        now: the source's clock, microseconds UTC.
        stream: which of the source's streams the annotations come from.
    """

    source_id: int
    run_id: int
    live: bool
    now: int
    stream: str = "annotation"


Judge = Callable[[Written], None]


def accept(done: Written) -> None:
    """Find nothing wrong with what a batch did."""
