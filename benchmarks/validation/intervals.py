"""Measure the coverage of 95% intervals that the metrics compute from simulated rollups."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from benchmarks.validation.report import Requirement, Section
from benchmarks.validation.run_lengths import Generator
from labelpulse.core.estimate import Estimate
from labelpulse.core.rules import ControlRules
from labelpulse.metrics.base import Ask, Control, Group, Need, Project, Sums
from labelpulse.metrics.registry import metric
from labelpulse.metrics.samples import MIN_DAYS

LABELS = ("a", "b", "c")
SHARES = np.array([0.5, 0.3, 0.2])
AGREE = 0.85
"""Probability that two annotators agree on an item on a usual day."""
EFFECTS = (0.0, 0.03, 0.05)
NAMES = {
    "agreement_percent": "percent",
    "agreement_alpha": "alpha",
    "agreement_ac1": "AC1",
}
SIZES = ((2, 200), (4, 200), (5, 5), (5, 50), (5, 200), (7, 20), (10, 5), (10, 50), (10, 200),
         (28, 5), (28, 20), (28, 200), (60, 5), (60, 50))  # fmt: skip
"""(days, items a day)."""
MOST = 200


def right(agree: Any) -> Any:
    """Return the accuracy at which two annotators agree this often on three labels.

    agree = p² + (1-p)²/2: a wrong answer is either of the other two labels.
    """
    return (1 + np.sqrt(np.maximum(6 * agree - 2, 0))) / 3


def levels(rng: Generator, days: int, effect: float) -> np.ndarray:
    """Draw the probability of agreement of each day."""
    return np.clip(AGREE + rng.normal(0, effect, days), 0.4, 1)


@dataclass(frozen=True, slots=True)
class Truth:
    """The coefficients over infinitely many days."""

    percent: float
    alpha: float
    ac1: float


def truth(effect: float) -> Truth:
    """Compute the long-run coefficients under a day effect."""
    agree = levels(np.random.default_rng(1), 400_000, effect)
    p, observed = right(agree).mean(), agree.mean()
    marginal = SHARES * p + (1 - SHARES) * (1 - p) / 2
    alike = (marginal**2).sum()
    chance = (marginal * (1 - marginal)).sum() / (len(LABELS) - 1)
    alpha, ac1 = 1 - (1 - observed) / (1 - alike), (observed - chance) / (1 - chance)
    return Truth(float(observed), float(alpha), float(ac1))


def simulate_answers(rng: Generator, days: int, items: int, m: int, effect: float) -> np.ndarray:
    """Simulate answers as label numbers of shape (days, items, annotators)."""
    p = right(levels(rng, days, effect))[:, None, None]
    correct = rng.choice(len(LABELS), (days, items, 1), p=SHARES)
    wrong = (correct + rng.integers(1, 3, (days, items, m))) % 3
    return np.where(rng.random((days, items, m)) < p, correct, wrong)


def rollups(answers: np.ndarray) -> dict[str, Sums]:
    """Compute the rollups of answers. Label ids and days start at 1, since day 0 is unknown."""
    m = answers.shape[2]
    counts = (answers[..., None] == np.arange(3)).sum(2)
    agreeing = (counts * (counts - 1)).sum(2)
    tables: dict[str, dict[tuple[Any, ...], tuple[int, ...]]] = {
        "agree_items": {}, "agree_labels": {}, "agree_pairs": {}, "item_labels": {},
    }  # fmt: skip
    for day, (label_counts, n) in enumerate(zip(counts, agreeing, strict=True), 1):
        tables["agree_items"][day, m] = len(n), int(n.sum()), int((n * n).sum()), 0, 0
        for c in range(3):
            tables["agree_labels"][day, m, c + 1] = (
                int(label_counts[:, c].sum()),
                int((label_counts[:, c] * (label_counts[:, c] - 1)).sum()),
            )
            for k in range(c + 1, 3):
                tables["agree_pairs"][day, m, c + 1, k + 1] = (
                    int((label_counts[:, c] * label_counts[:, k]).sum()),
                )
    tally = Counter(map(tuple, np.sort(answers.reshape(-1, m) + 1, axis=1).tolist()))
    tables["item_labels"] = {(labels,): (n,) for labels, n in tally.items()}
    return {
        name: {key: values for key, values in table.items() if values[0]}
        for name, table in tables.items()
    }


def group(tables: dict[str, Sums]) -> Group:
    """Build a group of one control with these rollups."""
    rules = ControlRules("label", labels=LABELS)
    control = Control(1, "label", 1, rules, dict(enumerate(LABELS, 1)))
    everything = sum(values[0] for values in tables.get("agree_items", {}).values())

    def of(need: Need) -> Sums:
        return tables[need.partial]

    def none() -> NoReturn:
        raise NotImplementedError

    return Group(
        ask=Ask(),
        controls=(control,),
        gold="flag",
        observed_since="",
        sums=of,
        overall=lambda _: everything,
        unknown=frozenset,
        matrix=none,
        reviews=none,
        projects=(Project(1, "UTC", 0),),
        everybody=of,
    )


def finish_metric(name: str, group_: Group) -> Estimate:
    """Compute the estimate of a metric for a group."""
    ((_, estimate),) = metric(name).finish(group_)
    return estimate


def holds(low: object, high: object, true: float) -> bool:
    """Return True when there is an interval and it covers the true value."""
    return isinstance(low, float) and isinstance(high, float) and low <= true <= high


def agreement(size: tuple[int, int], m: int, effect: float, runs: int) -> dict[str, float]:
    """Measure the coverage of each coefficient."""
    rng = np.random.default_rng([8000, *size, m, round(1000 * effect)])
    true = truth(effect)
    wanted = dict(zip(NAMES, (true.percent, true.alpha, true.ac1), strict=True))
    inside = Counter[str]()
    for _ in range(runs):
        simulated = group(rollups(simulate_answers(rng, *size, m, effect)))
        estimates = {name: finish_metric(name, simulated) for name in wanted}
        inside.update(
            name
            for name, value in wanted.items()
            if holds(estimates[name].low, estimates[name].high, value)
        )
    return {name: inside[name] / runs for name in NAMES}


def simulate_gold_accuracy(
    rng: Generator, days: int, n: int, effect: float, usual: float = AGREE
) -> Estimate:
    """Simulate the accuracy of one annotator on n gold items a day."""
    level = np.clip(usual + rng.normal(0, effect, days), 0, 1)
    correct = rng.binomial(n, level).tolist()
    counts = {
        (day, 1, label): (count,)
        for day, n_right in enumerate(correct, 1)
        for label, count in ((1, n_right), (2, n - n_right))
        if count
    }
    return finish_metric("gold_accuracy", group({"gold_confusion": counts}))


@dataclass(frozen=True, slots=True)
class GoldCoverage:
    """Shares of simulated accuracies that Wilson's interval covers, that over days, with a note.

    over_days: None where there is no such interval.
    """

    wilson: float
    over_days: float | None
    noted_share: float


def gold_coverage(
    n: int, days: int, effect: float, runs: int, usual: float = AGREE
) -> GoldCoverage:
    """Measure the coverage of one annotator's accuracy."""
    rng = np.random.default_rng([8500, n, days, round(1000 * effect)])
    true = float(np.clip(usual + rng.normal(0, effect, 400_000), 0, 1).mean())
    estimates = [simulate_gold_accuracy(rng, days, n, effect, usual) for _ in range(runs)]
    by_day = [estimate for estimate in estimates if estimate.more["low_days"] is not None]
    inside = sum(
        holds(estimate.more["low_days"], estimate.more["high_days"], true) for estimate in by_day
    )
    return GoldCoverage(
        sum(holds(estimate.low, estimate.high, true) for estimate in estimates) / runs,
        inside / len(by_day) if by_day else None,
        sum("differ" in estimate.note for estimate in estimates) / runs,
    )


FEW_DAYS, FEW_ITEMS = MIN_DAYS, 50
TEXT = f"""\
Two or three people answer each item with one of three labels of unequal shares; two agree with
chance {AGREE}, give or take a day effect of sd 0 / .03 / .05. The answers become the sums that the
warehouse keeps, and the metrics' own code makes the interval of them. Coverage is the share of
intervals that hold what the number would be over endless days; its standard error here is about
.006 for agreement, .003 for gold. From {FEW_DAYS} days on, days are the independent draws
(jackknife, Student's t). Gold accuracy, here of one annotator, shows Wilson's interval, which knows
of no days, and beside it `low_days` to `high_days`, Wilson's with days as the draws. From
{FEW_DAYS} days and {FEW_ITEMS} items on .93 to .97 must hold, whatever the day effect; for Wilson's
of gold without one. The last column is how often a note says that days differ more than chance:
without a day effect it may hardly ever."""
HEADER = ("days × items a day", *NAMES.values(), "gold, Wilson", "gold, over days", "gold, noted")
BELOW = """\
Below these bars, in words:"""
REMARKS = {
    (2, 200): "too narrow where days differ; agreement notes that 2 days cannot tell, gold only "
    "where it sees that they differ",
    (4, 200): "the same with 4 days",
    (5, 5): "25 items: AC1's is a little too narrow, gold's over days too wide",
}
MOST_NOTED = 0.02
HIGH = 0.97
HIGH_ACCURACY = f"""\
Gold accuracy of {HIGH:g} on a usual day, where an interval is harder to get right:"""


def section(quick: bool) -> Section:
    """Run the simulations of intervals."""
    runs = 10 if quick else 600
    rows, coverages, below = [], [], []
    lines: dict[str, list[tuple[float, float]]] = {}
    most_noted = 0.0
    for size in SIZES:
        by_metric = _agreement_coverages(size, runs)
        days, items = size
        golds = [gold_coverage(items, days, effect, 10 * runs) for effect in EFFECTS]
        by_metric["gold_accuracy"] = [result.wilson for result in golds]
        over = [result.over_days for result in golds if result.over_days is not None]
        most_noted = max(most_noted, golds[0].noted_share)
        cells = [_slashed(ps) for ps in (*by_metric.values(), over)]
        rows.append(
            [f"{days} × {items}", *cells, _slashed([result.noted_share for result in golds])]
        )
        if days >= FEW_DAYS and days * items >= FEW_ITEMS:
            coverages += [(name, p) for name in NAMES for p in by_metric[name]]
            coverages.append(("gold_accuracy", by_metric["gold_accuracy"][0]))
            coverages += [("gold_accuracy over days", p) for p in over]
        else:
            below.append([f"{days} × {items}", cells[0], cells[3], REMARKS[size]])
        if items == MOST:
            for effect, p in zip(EFFECTS, by_metric["agreement_percent"], strict=True):
                lines.setdefault(f"percent, {items} items a day, day effect {effect:g}", []).append(
                    (days, p)
                )
    axes = "days", "coverage of the 95 % interval"
    title = "Intervals of agreement and accuracy"
    requirements = [*extremes(coverages), Requirement(_NOTED_TITLE, most_noted, high=MOST_NOTED)]
    tables = [
        (HIGH_ACCURACY, (HEADER[0], *HEADER[4:]), _high_accuracy_rows(runs)),
        (BELOW, (HEADER[0], "percent", "gold, Wilson", "what is said"), below),
    ]
    return Section(
        "intervals",
        title,
        TEXT,
        HEADER,
        rows,
        lines,
        axes,
        requirements,
        frame=(0.5, 1),
        tables=tables,
    )


_NOTED_TITLE = "share of gold accuracies said to differ by day, without a day effect, the most"


def _agreement_coverages(size: tuple[int, int], runs: int) -> dict[str, list[float]]:
    """Measure the mean coverage for two and three annotators of each coefficient by day effect."""
    by_metric: dict[str, list[float]] = {name: [] for name in NAMES}
    for effect in EFFECTS:
        both = [agreement(size, m, effect, runs) for m in (2, 3)]
        for name, ps in by_metric.items():
            ps.append(sum(coverage[name] for coverage in both) / 2)
    return by_metric


def _high_accuracy_rows(runs: int) -> list[list[str]]:
    """Measure an accuracy close to 1."""
    rows = []
    for days, n in ((5, 20), (5, 50), (10, 20), (10, 50), (28, 20), (28, 200)):
        results = [gold_coverage(n, days, effect, 5 * runs, HIGH) for effect in EFFECTS]
        over = [result.over_days for result in results if result.over_days is not None]
        parts = (
            [result.wilson for result in results],
            over,
            [result.noted_share for result in results],
        )
        rows.append([f"{days} × {n}", *map(_slashed, parts)])
    return rows


def _slashed(ps: Sequence[float]) -> str:
    return " / ".join(f"{p:.3f}" for p in ps)


def extremes(
    coverages: Sequence[tuple[str, float]], what: str = "95 % intervals"
) -> list[Requirement]:
    """Require that the lowest and the highest coverage of each metric are within bounds."""
    by_name: dict[str, list[float]] = {}
    for name, p in coverages:
        by_name.setdefault(name, []).append(p)
    return [
        Requirement(f"coverage of {what}, {which}: {name}", choose(ps), 0.93, 0.97)
        for name, ps in by_name.items()
        for which, choose in (("lowest", min), ("highest", max))
    ]
