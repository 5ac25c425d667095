"""Measure false alarms and delays of the drift chart with estimated baselines."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.report import Requirement, Section
from benchmarks.validation.run_lengths import (
    Delays,
    DrawChart,
    FalseAlarms,
    Generator,
    measure_delays,
    measure_false_alarms,
)
from labelpulse.stats.baseline import COUNT_RULES, RULES, Kind, Point, Rules
from labelpulse.stats.drift import chart

HORIZON = 6000
CHANGE = 60
"""Days before the change. The last 32 of them are monitored."""
DailyCounts = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of day, and the change to detect."""

    name: str
    simulate: Callable[[Generator, np.ndarray, np.ndarray], DailyCounts]
    kind: Kind = "mean"
    rules: Rules = RULES
    day_effect: float = 0.0
    weekend: float = 0.0
    level: float = 0.85
    change: float = -0.07

    def draw(self, rng: Generator, days: int, change: int | None):
        """Simulate days and return a function that charts the first of them; see `DrawChart`."""
        day = 738_001 + np.arange(days)
        level = np.full(days, self.level)
        if change is not None:
            level[change:] += self.change
        level -= self.weekend * np.isin(day % 7, (6, 0))
        level += rng.normal(0, self.day_effect, days) if self.day_effect else 0
        n, total, squares = self.simulate(rng, day, level)
        columns = [day.tolist(), n.tolist(), total.tolist()]
        second = [None] * days if squares is None else squares.tolist()
        points = [Point(*row) for row in zip(*columns, second, strict=True)]
        return lambda count: chart(points[:count], self.kind, self.rules)


def yes_or_no(n: int):
    """Simulate n items a day with two answers that agree or not."""

    def simulate(rng: Generator, day: np.ndarray, level: np.ndarray) -> DailyCounts:
        return np.full(len(day), n), rng.binomial(n, np.clip(level, 0, 1)), None

    return simulate


def three_answers(n: int):
    """Simulate items with three answers, whose share of agreeing pairs is 0, 1/3 or 1.

    There are two labels. The accuracy of an answer follows from the agreement wanted.
    """

    def simulate(rng: Generator, day: np.ndarray, level: np.ndarray) -> DailyCounts:
        right = 0.5 + np.sqrt(np.maximum(2 * level - 1, 0)) / 2
        unanimous = rng.binomial(n, right**3 + (1 - right) ** 3)
        split = n - unanimous
        return np.full(len(day), n), unanimous + split / 3, unanimous + split / 9

    return simulate


def counts(per_day: float, spread: float):
    """Simulate over-dispersed (negative binomial) daily counts; few at weekends."""

    def simulate(rng: Generator, day: np.ndarray, level: np.ndarray) -> DailyCounts:
        mean = per_day * level * np.where(np.isin(day % 7, (6, 0)), 0.1, 1.0)
        pace = rng.gamma(1 / spread**2, spread**2, len(day))
        return np.ones(len(day)), rng.poisson(mean * pace), None

    return simulate


def log_seconds(n: int):
    """Simulate the log seconds of n answers with standard deviation 0.6."""

    def simulate(rng: Generator, day: np.ndarray, level: np.ndarray) -> DailyCounts:
        mean = rng.normal(level, 0.6 / np.sqrt(n))
        squares = 0.36 * rng.chisquare(n - 1, len(day)) + n * mean**2
        return np.full(len(day), n), n * mean, squares

    return simulate


FEW = 3.5
BINARY, LITTLE, POOR = yes_or_no(200), yes_or_no(20), yes_or_no(12)
SHORT = replace(RULES, longest=RULES.first)
SCENARIOS = (
    Scenario("200 items a day, .85 → .78", BINARY),
    Scenario("200 items a day, .85 → .78, with a day effect, sd .02", BINARY,
             day_effect=0.02),
    Scenario("… baseline of 28 days only", BINARY, rules=SHORT),
    Scenario("… 28 days only, with the day effect", BINARY, rules=SHORT, day_effect=0.02),
    Scenario("… limit 3.5", BINARY, rules=replace(RULES, limit=FEW)),
    Scenario("… limit 3.5, with the day effect", BINARY, day_effect=0.02,
             rules=replace(RULES, limit=FEW)),
    Scenario("… weekends 3 points lower", BINARY, weekend=0.03),
    Scenario("200 items a day, .85 → .82", BINARY, change=-0.03),
    Scenario("20 items a day, .85 → .78", LITTLE),
    Scenario("20 items a day, .97 → .90", LITTLE, level=0.97),
    Scenario("12 items a day (pooled by two), .85 → .70", POOR, change=-0.15),
    Scenario("200 items of 3 answers, .85 → .78", three_answers(200)),
    Scenario("counts, 200 a day ± 15 %, tenth at weekends, -30 %", counts(200, 0.15), "count",
             COUNT_RULES, level=1.0, change=-0.3),
    Scenario("log seconds, 100 a day, day effect 5 %, +15 %", log_seconds(100), "log", RULES,
             0.05, level=3.4, change=0.14),
)  # fmt: skip
TEXT = f"""\
Every run draws days, makes the chart that the product makes (baseline estimated from the first
28 days, growing to 56, widened for day effects) and waits for its first alarm. False alarms: the
mean run length is a lower bound, since runs end after {HORIZON:,} days. Run lengths are skewed,
because some baselines are unlucky: the median and the share of series with a false alarm in the
first 90 watched days say more about one chart. Delay: days until the alarm, the day of the change
being the first, for a change after {CHANGE} days. Date: by how many days `change_day` is off.

Wanted: a mean run of 700 days or more, and a fall of 7 points at 200 items a day found within
4 days on average. Where few items or strong day effects make days skewed or hard to know, more
charts than that mean suggests cry early; a limit of 3.5 is the cure, and costs a third of a day."""
HEADER = ("days", "mean run ± SE", "median", "alarm in 90 days", "delay, mean", "delay, 90 %",
          "date off, median", "date off, 90 %")  # fmt: skip


def measure(scenario: Scenario, runs: int, horizon: int, seed: int) -> tuple[FalseAlarms, Delays]:
    """Measure a scenario without and with its change."""
    draw: DrawChart = scenario.draw
    start = scenario.rules.first
    false_alarms = measure_false_alarms(draw, runs, horizon, start, seed)
    return false_alarms, measure_delays(draw, runs, CHANGE, CHANGE, seed + 1)


def row(name: str, false_alarms: FalseAlarms, delays: Delays) -> list[str]:
    """Return a row of the table."""
    return [
        name,
        f"{false_alarms.mean:.0f} ± {false_alarms.error:.0f}",
        f"{false_alarms.median:.0f}",
        f"{false_alarms.within(90):.0%}",
        f"{delays.mean:.1f}",
        f"{delays.delay_at(0.9):.0f}",
        f"{delays.error_at(0.5):.0f}",
        f"{delays.error_at(0.9):.0f}",
    ]


def section(quick: bool) -> Section:
    """Run the simulations of drift charts."""
    rows, lines, requirements = [], {}, []
    for i, scenario in enumerate(SCENARIOS):
        runs = 12 if quick else (1000 if i < 2 else 300)
        measured = measure(scenario, runs, 400 if quick else HORIZON, 1000 + 10 * i)
        rows.append(row(scenario.name, *measured))
        if i < 2:
            requirements += [
                Requirement(
                    f"mean run without a change, days: {scenario.name}", measured[0].mean, low=700
                ),
                Requirement(
                    f"mean days to find the change: {scenario.name}", measured[1].mean, high=4
                ),
            ]
        if i in (0, 1, 7):
            delays = np.array(measured[1].delays)
            lines[scenario.name] = [(day, float((delays <= day).mean())) for day in range(31)]
    axes = "days since the change", "share of series with an alarm"
    return Section(
        "drift", "Drift charts, end to end", TEXT, HEADER, rows, lines, axes, requirements
    )
