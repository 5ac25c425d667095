"""How good past forecasts were: what stands beside a forecast, so that it can be trusted or not."""

from dataclasses import dataclass

from labelpulse.stats.forecast import LEAST_DAYS, Finish, History, Pace, finish, fit
from labelpulse.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True)
class CutOff:
    """A past forecast beside what happened.

    Attributes:
        start: the first day forecast; remaining: labels asked for; truth: the day they were done.
    """

    start: int
    remaining: int
    forecast: Finish
    truth: int

    @property
    def covered(self) -> bool:
        """True when the 80 % band held the true day."""
        low, high = self.forecast.low, self.forecast.high
        return low is not None and low <= self.truth and (high is None or self.truth <= high)


@dataclass(frozen=True, slots=True)
class Backtest:
    """How often the 80 % band of past forecasts held the true day.

    Attributes:
        share, interval: of the cut-offs covered, with its 95 % interval; None without any.
        n: cut-offs; independent: how many windows that do not overlap they amount to.
    """

    cutoffs: tuple[CutOff, ...]
    share: float | None
    interval: Interval | None
    n: int
    independent: int


def backtest(history: History, horizon: int = 28, step: int = 7, most: int = 20) -> Backtest:
    """Forecast from past days what is known by now, the newest first, and count the hits.

    At each cut-off the question is when as many labels would be done as the next `horizon` days
    really brought. To ask for a fixed number instead, and leave out what is not done yet, would
    leave out the late ones. Windows overlap, so that the Wilson interval is that of the windows
    that do not: `horizon`/`step` cut-offs are about one.
    """
    cutoffs: list[CutOff] = []
    for known in range(len(history.counts) - horizon, LEAST_DAYS - 1, -step):
        pace = fit(History(history.first, history.counts[:known], history.holidays))
        future = history.counts[known : known + horizon]
        if isinstance(pace, Pace) and any(future):
            last = max(day for day, count in enumerate(future) if count)
            total = sum(future)
            found = finish(pace, total)
            cutoffs.append(CutOff(pace.start, total, found, pace.start + last))
        if len(cutoffs) == most:
            break
    if not cutoffs:
        return Backtest((), None, None, 0, 0)
    n, share = len(cutoffs), sum(one.covered for one in cutoffs) / len(cutoffs)
    span = cutoffs[0].start - cutoffs[-1].start + horizon
    independent = min(n, max(1, span // horizon))
    interval = wilson(share * independent, independent)
    return Backtest(tuple(cutoffs), share, interval, n, independent)
