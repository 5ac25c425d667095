"""The finish date: how often its band holds the true day, and how far its median is off."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelpulse.stats.backtest import backtest
from labelpulse.stats.forecast import History, Pace, finish, fit
from tests.validate.report import Bar, Section
from tests.validate.simulate import Generator

FIRST = 738_000
PROFILE = np.array([1.1, 1.05, 1.0, 1.0, 0.85, 0.0, 0.0])
"""Monday first; weekends are off."""
LEVEL, NOISE, AHEAD = 200, 0.25, 400
"""Labels of a working day when the question is asked, log sd of a day, days simulated on."""
WEEKS = (3, 5)
"""The job takes about so many weeks at the pace of the day of the question."""
Growth = Callable[[Generator, np.ndarray], np.ndarray]
"""(chance, days from the question) -> log of the pace over that of the day of the question."""


def steadily(per_day: float) -> Growth:
    """Return a growth by a share a day."""
    return lambda _, t: np.asarray(t * np.log1p(per_day))


def wandering(sd: float) -> Growth:
    """Return a random walk with steps of some sd a day."""

    def draw(rng: Generator, t: np.ndarray) -> np.ndarray:
        walk: np.ndarray = np.cumsum(rng.normal(0, sd, len(t)))
        moved: np.ndarray = walk - walk[t == 0]
        return moved

    return draw


@dataclass(frozen=True, slots=True)
class Scenario:
    """A pace and how many days of it are known; must: its band has to hold."""

    name: str
    growth: Growth
    known: int
    must: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One job: the known labels, what remains, and in how many days it was done."""

    counts: list[int]
    remaining: int
    days: int


STEADY, RAMP, FALL = steadily(0), steadily(0.007), steadily(-0.003)
SCENARIOS = (
    Scenario("stationary, 6 weeks known", STEADY, 42, must=True),
    Scenario("stationary, 13 weeks known", STEADY, 91, must=True),
    Scenario("+0.7 % a day, 6 weeks known", RAMP, 42, must=True),
    Scenario("+0.7 % a day, 13 weeks known", RAMP, 91, must=True),
    Scenario("-0.3 % a day, 6 weeks known", FALL, 42),
    Scenario("-0.3 % a day, 13 weeks known", FALL, 91),
    Scenario("random walk, 3 % a day, 13 weeks known", wandering(0.03), 91),
)


def draw(rng: Generator, scenario: Scenario) -> Case:
    """Return a simulated job."""
    t = np.arange(scenario.known + AHEAD) - scenario.known
    weekdays = (FIRST + np.arange(len(t)) - 1) % 7
    pace = LEVEL * PROFILE[weekdays] * np.exp(scenario.growth(rng, t))
    labels = rng.poisson(pace * rng.lognormal(-(NOISE**2) / 2, NOISE, len(t)))
    remaining = int(LEVEL * 5 * rng.uniform(*WEEKS))
    days = int(np.searchsorted(labels[scenario.known :].cumsum(), remaining)) + 1
    return Case(labels[: scenario.known].tolist(), remaining, days)


@dataclass(slots=True)
class Measured:
    """What became of forecasts.

    Attributes:
        band, interval: how often they held the day; width: days of the band, mean.
        off, naive: mean error over the true length, of the median and of the last 7 days' mean.
        told: mean share that the backtest of the same history told.
    """

    band: float
    interval: float
    width: float
    off: float
    naive: float
    told: float


def measure(scenario: Scenario, runs: int, tested: int, seed: int) -> Measured:
    """Return what becomes of forecasts under a scenario; the first `tested` runs are backtested."""
    rng = np.random.default_rng(seed)
    found, told = [], []
    for run in range(runs):
        case = draw(rng, scenario)
        history = History(FIRST, case.counts)
        found.append(_judged(case, history))
        if run < tested and (share := backtest(history).share) is not None:
            told.append(share)
    band, interval, width, off, naive = np.mean(found, axis=0).tolist()
    return Measured(band, interval, width, off, naive, float(np.mean(told)) if told else np.nan)


def _judged(case: Case, history: History) -> tuple[float, float, float, float, float]:
    pace = fit(history)
    assert isinstance(pace, Pace)
    end = finish(pace, case.remaining)
    last = pace.start + AHEAD
    low95, low, median = end.low95 or last, end.low or last, end.median or last
    high, high95, true = end.high or last, end.high95 or last, pace.start + case.days - 1
    plain = case.remaining / (sum(case.counts[-7:]) / 7)
    return (
        low <= true <= high,
        low95 <= true <= high95,
        high - low + 1,
        abs(median - true) / case.days,
        abs(plain - case.days) / case.days,
    )


TEXT = f"""\
Jobs of {WEEKS[0]} to {WEEKS[1]} weeks at {LEVEL} labels a working day; days scatter by {NOISE:.0%};
weekends are off. The 80 % band must hold the true day in .75 to .90 of jobs, steady or growing;
days are whole, so that .80 to the point is not to be had. A pace that wanders by 3 % a day is
harder than 13 weeks can show, and its band is too narrow: the date holds "if the present pace
holds". The median's error, as a share of the time the job took, stands beside that of the
customary forecast, what remains over the mean of the last 7 days. "Backtest": what the product
says of its own band from the same history, so that users see what to expect of it."""
HEADER = ("pace", "80 % band ± SE", "95 % interval", "band, days", "error of the median",
          "error of the 7-day mean", "backtest tells")  # fmt: skip


def section(quick: bool) -> Section:
    """Return the coverage of finish dates."""
    runs, tested = (6, 1) if quick else (500, 60)
    rows, bars = [], []
    for i, scenario in enumerate(SCENARIOS):
        one = measure(scenario, runs, tested, 9000 + i)
        error = (one.band * (1 - one.band) / runs) ** 0.5
        rows.append([
            scenario.name, f"{one.band:.3f} ± {error:.3f}", f"{one.interval:.3f}",
            f"{one.width:.1f}", f"{one.off:.1%}", f"{one.naive:.1%}",
            "" if np.isnan(one.told) else f"{one.told:.2f}",
        ])  # fmt: skip
        if scenario.must:
            what = f"share of finish dates in their 80 % band: {scenario.name}"
            bars.append(Bar(what, one.band, 0.75, 0.9))
    return Section("forecast", "Finish dates", TEXT, HEADER, rows, bars=bars)
