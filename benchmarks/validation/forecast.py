"""Measure how often the interval of a finish date holds, and the error of its median."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.validation.report import Requirement, Section
from benchmarks.validation.run_lengths import Generator
from labelpulse.stats.backtest import backtest
from labelpulse.stats.forecast import History, Pace, finish, fit

FIRST = 738_000
PROFILE = np.array([1.1, 1.05, 1.0, 1.0, 0.85, 0.0, 0.0])
"""Monday first; weekends are off."""
LEVEL, NOISE, AHEAD = 200, 0.25, 400
"""Labels of a working day at the forecast, log sd of a day, days simulated after the forecast."""
WEEKS = (3, 5)
"""Range of the length of a job in weeks, at the pace of the day of the forecast."""
Growth = Callable[[Generator, np.ndarray], np.ndarray]
"""(rng, days from the forecast) -> log of the pace relative to the day of the forecast."""


def steadily(per_day: float) -> Growth:
    """Return a growth by a constant share a day."""
    return lambda _, t: np.asarray(t * np.log1p(per_day))


def wandering(sd: float) -> Growth:
    """Return a random walk with steps of this sd a day."""

    def draw(rng: Generator, t: np.ndarray) -> np.ndarray:
        path: np.ndarray = np.cumsum(rng.normal(0, sd, len(t)))
        relative: np.ndarray = path - path[t == 0]
        return relative

    return draw


@dataclass(frozen=True, slots=True)
class Scenario:
    """A pace, the number of known days, and whether the interval must hold."""

    name: str
    growth: Growth
    known_days: int
    must: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One job: known labels by day, remaining labels, and days until it was done."""

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


def draw(rng: Generator, scenario: Scenario) -> Job:
    """Simulate a job."""
    t = np.arange(scenario.known_days + AHEAD) - scenario.known_days
    weekdays = (FIRST + np.arange(len(t)) - 1) % 7
    pace = LEVEL * PROFILE[weekdays] * np.exp(scenario.growth(rng, t))
    labels = rng.poisson(pace * rng.lognormal(-(NOISE**2) / 2, NOISE, len(t)))
    remaining = int(LEVEL * 5 * rng.uniform(*WEEKS))
    days = int(np.searchsorted(labels[scenario.known_days :].cumsum(), remaining)) + 1
    return Job(labels[: scenario.known_days].tolist(), remaining, days)


@dataclass(slots=True)
class Measured:
    """Quality of forecasts.

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
    backtested: float


def measure(scenario: Scenario, runs: int, tested: int, seed: int) -> Measured:
    """Measure forecasts of a scenario. The first `tested` runs are backtested."""
    rng = np.random.default_rng(seed)
    results, backtested = [], []
    for run in range(runs):
        job = draw(rng, scenario)
        history = History(FIRST, job.counts)
        results.append(_compare_with_truth(job, history))
        if run < tested and (share := backtest(history).share) is not None:
            backtested.append(share)
    band, interval, width, off, naive = np.mean(results, axis=0).tolist()
    return Measured(
        band, interval, width, off, naive, float(np.mean(backtested)) if backtested else np.nan
    )


def _compare_with_truth(job: Job, history: History) -> tuple[float, float, float, float, float]:
    pace = fit(history)
    assert isinstance(pace, Pace)
    end = finish(pace, job.remaining)
    last = pace.start + AHEAD
    low95, low, median = end.low95 or last, end.low or last, end.median or last
    high, high95, true = end.high or last, end.high95 or last, pace.start + job.days - 1
    plain = job.remaining / (sum(job.counts[-7:]) / 7)
    return (
        low <= true <= high,
        low95 <= true <= high95,
        high - low + 1,
        abs(median - true) / job.days,
        abs(plain - job.days) / job.days,
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
    """Run the simulations of finish dates."""
    runs, tested = (6, 1) if quick else (500, 60)
    rows, requirements = [], []
    for i, scenario in enumerate(SCENARIOS):
        measured = measure(scenario, runs, tested, 9000 + i)
        error = (measured.band * (1 - measured.band) / runs) ** 0.5
        rows.append([
            scenario.name, f"{measured.band:.3f} ± {error:.3f}", f"{measured.interval:.3f}",
            f"{measured.width:.1f}", f"{measured.off:.1%}", f"{measured.naive:.1%}",
            "" if np.isnan(measured.backtested) else f"{measured.backtested:.2f}",
        ])  # fmt: skip
        if scenario.must:
            what = f"share of finish dates in their 80 % band: {scenario.name}"
            requirements.append(Requirement(what, measured.band, 0.75, 0.9))
    return Section("forecast", "Finish dates", TEXT, HEADER, rows, requirements=requirements)
