"""Time jobs in turn and format the results as rows of a table."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

Timer = Callable[[], float]
"""Does a job and returns its seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        what: the job. size: amount of data.
        ours, reference: measurements as text; `against` names the reference.
        ratio: as text, with its meaning, such as ``12 x faster``.
    """

    what: str
    size: str
    ours: str
    against: str
    reference: str
    ratio: str


def seconds(job: Callable[[], object]) -> float:
    """Return the seconds that a job takes."""
    gc.collect()
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def timer(job: Callable[[], object]) -> Timer:
    """Return a timer of a whole job."""
    return lambda: seconds(job)


def medians(*timers: Timer, rounds: int = 3) -> list[float]:
    """Return the median of each timer. They take turns, so that noise affects all alike."""
    taken = [[measure() for measure in timers] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def time_text(s: float) -> str:
    """Format a duration to three digits.

    >>> time_text(0.01234), time_text(2.345)
    ('12.3 ms', '2.35 s')
    """
    return f"{s:.3g} s" if s >= 1 else f"{s * 1000:.3g} ms"


def size_text(n: int) -> str:
    """Format a round number.

    >>> size_text(1_000_000), size_text(20_000)
    ('1 M', '20 k')
    """
    return f"{n / 1_000_000:g} M" if n >= 1_000_000 else f"{n / 1_000:g} k"


def faster(what: str, size: str, ours: float, against: str, reference: float) -> Row:
    """Return a row with the speed-up of ours over the reference."""
    times = reference / ours
    ratio = f"{times:,.0f} x faster" if times >= 100 else f"{times:.3g} x faster"
    return Row(what, size, time_text(ours), against, time_text(reference), ratio)


def growth(what: str, size: str, ours: float, against: str, reference: float) -> Row:
    """Return a row with the ratio of ours to the reference."""
    return Row(
        what, size, time_text(ours), against, time_text(reference), f"{ours / reference:.3g} x"
    )


def show(console: Console, title: str, rows: list[Row]) -> None:
    """Print rows as a table."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in ("what", "size", "ours", "against", "theirs", "ratio"):
        words = name in ("what", "against")
        table.add_column(name, justify="left" if words else "right", no_wrap=not words)
    for row in rows:
        table.add_row(row.what, row.size, row.ours, row.against, row.reference, row.ratio)
    console.print(table)
    console.print()
