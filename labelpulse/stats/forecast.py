"""When the remaining labels will be done, from the labels of each day so far.

log((y + ½)/profile) of a working day is a level that wanders and drifts, plus noise: see
`labelpulse.stats.smoothing`. The level, the drift and the smoothing constant of each simulated path
are drawn from what the past leaves open, the noise from the errors of the past. Days are proleptic
ordinals, weekdays 0-6 from Monday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from labelpulse.stats.smoothing import CONSTANTS

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.random import BitGenerator
    from numpy.typing import NDArray

    Floats = NDArray[float64]
    Integers = NDArray[int64]
    Flags = NDArray[bool_]

    from labelpulse.stats.smoothing import Smoothed

LEAST_DAYS = 14
"""Days with labels that a forecast needs."""
WINDOW = 91
"""Days back that are fitted: thirteen weeks know the weekdays; before, the team was another."""
HORIZON = 1096
"""Days ahead, three years, after which a date from thirteen weeks means nothing."""
SILENT = 5
"""Working days without a label after which work has stalled."""
DAMPING = 0.98
"""What is left of the drift a working day later: no team grows for years as it grew for weeks.

(E. S. Gardner & E. McKenzie 1985, Management Science 31.)
"""
PATHS = 2000
SEED = 20261124
OFF = 0.02
"""A weekday with a smaller part of a mean day's labels is a day off."""

Reason = Literal["", "done", "short", "stalled", "beyond"]
"""Why there is no date: nothing remains, too few days with labels, none lately, too far away."""


@dataclass(frozen=True, slots=True)
class History:
    """Labels of each full day, zeros included.

    Attributes:
        first: the day of counts[0]; the day after the last count is the first one forecast.
        holidays: days without work, past (left out of the fit) and to come.
    """

    first: int
    counts: Sequence[int]
    holidays: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """A fitted history.

    Attributes:
        start: the first day forecast.
        profile: labels of a weekday over those of a mean day, Monday first; 0 on days off.
        level: log labels of a mean day.
    """

    start: int
    profile: tuple[float, ...]
    holidays: frozenset[int]
    level: "Smoothed"

    @property
    def workdays(self) -> tuple[bool, ...]:
        """Which weekdays are worked on, Monday first."""
        return tuple(share > 0 for share in self.profile)

    @property
    def labels_per_workday(self) -> float:
        """The labels expected of the next working day, over the weekdays worked on."""
        import numpy as np

        level = self.level
        size = float(level.weights @ np.exp(level.states[:, 0] + level.residuals).mean(0))
        worked = [share for share in self.profile if share > 0]
        return max(size * sum(worked) / len(worked) - 0.5, 0.0)


@dataclass(frozen=True, slots=True)
class Finish:
    """The day the last label is done: 95 % interval, 80 % band and median; None with a reason.

    Days are whole, so that the chances outside are as near as possible to 10 % on each side of
    the band, and to 2.5 % on each side of the interval.
    """

    low95: int | None = None
    low: int | None = None
    median: int | None = None
    high: int | None = None
    high95: int | None = None
    reason: Reason = ""


def weekday(day: int) -> int:
    """Return the weekday of a day, 0 = Monday.

    >>> weekday(738_946)  # 2024-03-01, a Friday
    4
    """
    return (day - 1) % 7


def fit(history: History) -> Pace | Literal["short", "stalled"]:
    """Return the pace of a history, or why there is none.

    Only the last `WINDOW` days count, and of them those on which weekdays are worked on.
    """
    import numpy as np

    from labelpulse.stats.smoothing import smooth

    start = history.first + len(history.counts)
    days = np.arange(history.first, start)[-WINDOW:]
    worked = ~np.isin(days, list(history.holidays))
    counts = np.where(worked, np.asarray(history.counts, float)[-WINDOW:], 0.0)
    if any(history.counts) and not counts[worked][-LEAST_DAYS:].any():
        return "stalled"
    active = np.flatnonzero(counts)
    if len(active) < LEAST_DAYS:
        return "short"
    counts, days, worked = counts[active[0] :], days[active[0] :], worked[active[0] :]
    profile = _profile(counts, days, worked)
    fitted = worked & (profile[(days - 1) % 7] > 0)
    if not counts[np.flatnonzero(fitted)[-SILENT:][0] :].any():
        return "stalled"
    logs = np.log((counts[fitted] + 0.5) / profile[(days[fitted] - 1) % 7])
    return Pace(start, tuple(profile), history.holidays, smooth(logs))


def idle_days(history: History, pace: Pace) -> int:
    """Return how many working days before the first one forecast went without a label.

    Each draws the pace towards none, since nobody knows yet whether work goes on.
    """
    idle = 0
    for at in range(len(history.counts) - 1, -1, -1):
        day = history.first + at
        if history.counts[at]:
            break
        idle += pace.workdays[weekday(day)] and day not in history.holidays
    return idle


def without_pause(history: History) -> History:
    """Return a history up to its last day with labels."""
    last = max((at for at, count in enumerate(history.counts) if count), default=-1)
    return History(history.first, history.counts[: last + 1], history.holidays)


def _profile(counts: "Floats", days: "Integers", worked: "Flags") -> "Floats":
    """Return each weekday's median share of its centred week's mean, shrunk as far as it is noise.

    Means instead of medians where work is so irregular that medians would miss a tenth of it.
    """
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(np.where(worked, counts, np.nan), 7)
    known = worked[3:-3] & (np.nansum(windows, 1) > 0)
    shares = counts[3:-3][known] / np.nanmean(windows[known], 1)
    weekdays = (days[3:-3][known] - 1) % 7
    groups = [shares[weekdays == k] for k in range(7)]
    profile = np.array([np.median(group) if len(group) else 0.0 for group in groups])
    seen = profile[(days - 1) % 7] > OFF
    if counts[seen].sum() < 0.9 * counts.sum():
        profile = np.array([group.mean() if len(group) else 0.0 for group in groups])
    profile[profile <= OFF] = 0.0
    return _shrunk(profile, groups)


def _shrunk(profile: "Floats", groups: "list[Floats]") -> "Floats":
    """Return the profile drawn to its mean by the part of its spread that is sampling noise.

    (C. Stein 1956; W. James & C. Stein 1961.) π/2 is the variance of a median over that of a mean.
    """
    import numpy as np

    on = np.flatnonzero(profile)
    sizes = np.array([len(groups[k]) for k in on])
    freedom = sizes.sum() - len(on)
    spread = profile[on].var(ddof=1) if len(on) > 1 else 0.0
    if freedom < 1 or spread <= 0:
        return profile
    within = sum(((groups[k] - groups[k].mean()) ** 2).sum() for k in on) / freedom
    kept = max(0.0, 1 - np.pi / 2 * within * (1 / sizes).mean() / spread)
    middle = profile[on].mean()
    shrunk = profile.copy()
    shrunk[on] = middle + kept * (profile[on] - middle)
    return shrunk


def finish(pace: Pace, remaining: float, factor: float = 1.0) -> Finish:
    """Return the days on which remaining labels will be done, if the present pace holds.

    A date further than `HORIZON` days is None and the reason "beyond", the nearer ones stay.

    Args:
        factor: of every day's labels, for a what-if.
    """
    if remaining <= 0:
        return Finish(reason="done")
    days = _finish_days(pace, remaining, factor)
    ends = (
        _first(days, 0.025),
        _first(days, 0.1),
        int(sorted(days.tolist())[PATHS // 2 - 1]),
        _last(days, 0.1),
        _last(days, 0.025),
    )
    low95, low, median, high, high95 = (
        None if day >= HORIZON else pace.start + day for day in ends
    )
    return Finish(low95, low, median, high, high95, "beyond" if high95 is None else "")


def _first(days: "Integers", share: float) -> int:
    """Return the day before which a share of the paths is done, as nearly as days allow."""
    import numpy as np

    at = np.sort(days)[ceil(share * len(days)) - 1]
    before, through = (days < at).mean(), (days <= at).mean()
    if through - share < share - before:
        return int(days[days > at].min())
    return int(at)


def _last(days: "Integers", share: float) -> int:
    """Return the day after which a share of the paths is done, as nearly as days allow."""
    return -_first(-days, share)


def _finish_days(pace: Pace, remaining: float, factor: float) -> "Integers":
    """Return each path's last day, counted from the first one forecast; HORIZON where it has none.

    Days are drawn in chunks for the paths not done yet, until so few are left that they lie
    beyond all that `finish` tells.
    """
    import numpy as np

    days = np.arange(pace.start, pace.start + HORIZON)
    profile = np.array(pace.profile)[(days - 1) % 7] * ~np.isin(days, list(pace.holidays))
    working = np.flatnonzero(profile)
    bits = np.random.PCG64(SEED)
    level, drift, which = _starts(pace.level, bits)
    constant = np.array(CONSTANTS)[which]
    left, found, open_ = np.full(PATHS, float(remaining)), np.full(PATHS, HORIZON), np.arange(PATHS)
    at, size = 0, 32
    while len(open_) > PATHS // 80 and at < len(working):
        chunk = working[at : at + size]
        drawn = _drawn(bits, (len(open_), len(chunk)), len(pace.level.residuals))
        errors = pace.level.residuals[drawn, which[open_, None]]
        steps = constant[open_, None] * errors + drift[open_, None] * DAMPING ** (
            np.arange(at, at + len(chunk))
        )
        walk = level[open_, None] + np.cumsum(steps, 1)
        sizes = walk - steps + errors
        done = np.maximum(np.exp(np.minimum(sizes, 50.0)) * profile[chunk] - 0.5, 0.0).cumsum(1)
        done *= factor
        enough = done[:, -1] >= left[open_]
        found[open_[enough]] = chunk[(done[enough] >= left[open_[enough], None]).argmax(1)]
        level[open_], left[open_] = walk[:, -1], left[open_] - done[:, -1]
        open_, at, size = open_[~enough], at + size, min(size * 2, 128)
    return found


def _starts(level: "Smoothed", bits: "BitGenerator") -> "tuple[Floats, Floats, Integers]":
    """Return each path's level, drift, and the number of its smoothing constant."""
    import numpy as np

    which = np.searchsorted(np.cumsum(level.weights), (np.arange(PATHS) + 0.5) / PATHS)
    which = np.minimum(which, len(level.weights) - 1)
    off = np.einsum("pij,pj->pi", level.spreads[which], _normal(bits, PATHS))
    states = level.states[which] + off
    return states[:, 0], states[:, 1], which


def _normal(bits: "BitGenerator", n: int) -> "Floats":
    """Return n pairs of standard normal numbers (G. E. P. Box & M. E. Muller 1958)."""
    import numpy as np

    raw = bits.random_raw(2 * n).reshape(n, 2) >> np.uint64(11)
    uniform = (raw + 0.5) / 2.0**53
    size, turn = np.sqrt(-2 * np.log(uniform[:, 0])), 2 * np.pi * uniform[:, 1]
    return np.stack([size * np.cos(turn), size * np.sin(turn)], axis=1)


def _drawn(bits: "BitGenerator", shape: tuple[int, int], below: int) -> "Integers":
    """Return whole numbers in [0, below), from raw bits: numpy promises these for all releases."""
    import numpy as np

    raw = bits.random_raw(shape[0] * shape[1]).reshape(shape)
    return ((raw >> np.uint64(32)) * np.uint64(below) >> np.uint64(32)).astype(np.intp)


def required_rate(
    remaining: float,
    deadline: int,
    today: int,
    workdays: Sequence[bool],
    holidays: frozenset[int] = frozenset(),
) -> float | None:
    """Return the labels per working day from today to the deadline, both days worked.

    None when no working day is left and labels are.

    >>> required_rate(100, 738_950, 738_946, (True,) * 5 + (False,) * 2)  # Friday to Tuesday
    33.333333333333336
    """
    if remaining <= 0:
        return 0.0
    left = workdays_left(deadline, today, workdays, holidays)
    return remaining / left if left else None


def workdays_left(
    deadline: int, today: int, workdays: Sequence[bool], holidays: frozenset[int] = frozenset()
) -> int:
    """Return how many working days there are from today to the deadline, both counted."""
    days = range(today, deadline + 1)
    return sum(1 for day in days if workdays[weekday(day)] and day not in holidays)
