"""How a batch is to be written, and what writing it did."""

from dataclasses import dataclass, field

from labelpulse.core.events import BadRecord


@dataclass(slots=True)
class Written:
    """What one batch did, in records."""

    loaded: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    projects: set[int] = field(default_factory=set)
    bad: list[BadRecord] = field(default_factory=list)


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
