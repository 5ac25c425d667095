"""Coverage of 95 % intervals, by the metrics' own code on simulated rollup sums."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from labelpulse.core.estimate import Estimate
from labelpulse.core.rules import ControlRules
from labelpulse.metrics.base import Ask, Control, Group, Need, Project, Sums
from labelpulse.metrics.registry import metric
from labelpulse.metrics.samples import MIN_DAYS
from tests.validate.report import Bar, Section
from tests.validate.simulate import Generator

LABELS = ("a", "b", "c")
SHARES = np.array([0.5, 0.3, 0.2])
AGREE = 0.85
"""The chance that two people agree on an item, on a usual day."""
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
    """Return the chance of a right answer that makes two people agree so often, of three labels.

    agree = p² + (1-p)²/2: a wrong answer is either of the other two labels.
    """
    return (1 + np.sqrt(np.maximum(6 * agree - 2, 0))) / 3


def levels(rng: Generator, days: int, effect: float) -> np.ndarray:
    """Return the days' chances of agreement."""
    return np.clip(AGREE + rng.normal(0, effect, days), 0.4, 1)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the coefficients would be over endless days."""

    percent: float
    alpha: float
    ac1: float


def truth(effect: float) -> Truth:
    """Return the coefficients that days of such an effect have in the long run."""
    agree = levels(np.random.default_rng(1), 400_000, effect)
    p, observed = right(agree).mean(), agree.mean()
    marginal = SHARES * p + (1 - SHARES) * (1 - p) / 2
    alike = (marginal**2).sum()
    chance = (marginal * (1 - marginal)).sum() / (len(LABELS) - 1)
    alpha, ac1 = 1 - (1 - observed) / (1 - alike), (observed - chance) / (1 - chance)
    return Truth(float(observed), float(alpha), float(ac1))


def answered(rng: Generator, days: int, items: int, m: int, effect: float) -> np.ndarray:
    """Return answers: (days, items, people), as label numbers."""
    p = right(levels(rng, days, effect))[:, None, None]
    known = rng.choice(len(LABELS), (days, items, 1), p=SHARES)
    wrong = (known + rng.integers(1, 3, (days, items, m))) % 3
    return np.where(rng.random((days, items, m)) < p, known, wrong)


def rollups(given: np.ndarray) -> dict[str, Sums]:
    """Return the sums that the warehouse would keep of these answers, label ids from 1."""
    m = given.shape[2]
    counts = (given[..., None] == np.arange(3)).sum(2)
    alike = (counts * (counts - 1)).sum(2)
    found: dict[str, dict[tuple[Any, ...], tuple[int, ...]]] = {
        "agree_items": {}, "agree_labels": {}, "agree_pairs": {}, "item_labels": {},
    }  # fmt: skip
    for day, (own, n) in enumerate(zip(counts, alike, strict=True), 1):  # 0 is the unknown day
        found["agree_items"][day, m] = len(n), int(n.sum()), int((n * n).sum()), 0, 0
        for c in range(3):
            sums = int(own[:, c].sum()), int((own[:, c] * (own[:, c] - 1)).sum())
            found["agree_labels"][day, m, c + 1] = sums
            for k in range(c + 1, 3):
                found["agree_pairs"][day, m, c + 1, k + 1] = (int((own[:, c] * own[:, k]).sum()),)
    tally = Counter(map(tuple, np.sort(given.reshape(-1, m) + 1, axis=1).tolist()))
    found["item_labels"] = {(labels,): (n,) for labels, n in tally.items()}
    return {
        name: {key: values for key, values in sums.items() if values[0]}
        for name, sums in found.items()
    }


def group(sums: dict[str, Sums]) -> Group:
    """Return a group of one question with these sums."""
    rules = ControlRules("label", labels=LABELS)
    control = Control(1, "label", 1, rules, dict(enumerate(LABELS, 1)))
    everything = sum(values[0] for values in sums.get("agree_items", {}).values())

    def of(need: Need) -> Sums:
        return sums[need.partial]

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


def number(name: str, one: Group) -> Estimate:
    """Return what a metric makes of a group."""
    ((_, found),) = metric(name).finish(one)
    return found


def holds(low: object, high: object, true: float) -> bool:
    """True when there is an interval and it holds the truth."""
    return isinstance(low, float) and isinstance(high, float) and low <= true <= high


def agreement(size: tuple[int, int], m: int, effect: float, runs: int) -> dict[str, float]:
    """Return the coverage of each coefficient."""
    rng = np.random.default_rng([8000, *size, m, round(1000 * effect)])
    true = truth(effect)
    wanted = dict(zip(NAMES, (true.percent, true.alpha, true.ac1), strict=True))
    inside = Counter[str]()
    for _ in range(runs):
        one = group(rollups(answered(rng, *size, m, effect)))
        found = {name: number(name, one) for name in wanted}
        inside.update(
            name
            for name, value in wanted.items()
            if holds(found[name].low, found[name].high, value)
        )
    return {name: inside[name] / runs for name in NAMES}


def golden(rng: Generator, days: int, n: int, effect: float, usual: float = AGREE) -> Estimate:
    """Return one annotator's accuracy on n gold items a day."""
    level = np.clip(usual + rng.normal(0, effect, days), 0, 1)
    right = rng.binomial(n, level).tolist()
    counts = {
        (day, 1, given): (count,)
        for day, one in enumerate(right, 1)
        for given, count in ((1, one), (2, n - one))
        if count
    }
    return number("gold_accuracy", group({"gold_confusion": counts}))


@dataclass(frozen=True, slots=True)
class Gold:
    """Shares of simulated accuracies: Wilson's interval holds, that over days, the note is there.

    over_days: None where there is no such interval.
    """

    wilson: float
    over_days: float | None
    noted: float


def gold(n: int, days: int, effect: float, runs: int, usual: float = AGREE) -> Gold:
    """Return what became of one annotator's accuracy."""
    rng = np.random.default_rng([8500, n, days, round(1000 * effect)])
    true = float(np.clip(usual + rng.normal(0, effect, 400_000), 0, 1).mean())
    found = [golden(rng, days, n, effect, usual) for _ in range(runs)]
    by_day = [one for one in found if one.more["low_days"] is not None]
    inside = sum(holds(one.more["low_days"], one.more["high_days"], true) for one in by_day)
    return Gold(
        sum(holds(one.low, one.high, true) for one in found) / runs,
        inside / len(by_day) if by_day else None,
        sum("differ" in one.note for one in found) / runs,
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
SAID = {
    (2, 200): "too narrow where days differ; agreement notes that 2 days cannot tell, gold only "
    "where it sees that they differ",
    (4, 200): "the same with 4 days",
    (5, 5): "25 items: AC1's is a little too narrow, gold's over days too wide",
}
MOST_NOTED = 0.02
HIGH = 0.97
NEARLY_ALL = f"""\
Gold accuracy of {HIGH:g} on a usual day, where an interval is harder to get right:"""


def section(quick: bool) -> Section:
    """Return the coverage of intervals."""
    runs = 10 if quick else 600
    rows, bars, below = [], [], []
    lines: dict[str, list[tuple[float, float]]] = {}
    noted = 0.0
    for size in SIZES:
        found = _agreements(size, runs)
        days, items = size
        golds = [gold(items, days, effect, 10 * runs) for effect in EFFECTS]
        found["gold_accuracy"] = [one.wilson for one in golds]
        over = [one.over_days for one in golds if one.over_days is not None]
        noted = max(noted, golds[0].noted)
        cells = [_slashed(ps) for ps in (*found.values(), over)]
        rows.append([f"{days} × {items}", *cells, _slashed([one.noted for one in golds])])
        if days >= FEW_DAYS and days * items >= FEW_ITEMS:
            bars += [(name, p) for name in NAMES for p in found[name]]
            bars.append(("gold_accuracy", found["gold_accuracy"][0]))
            bars += [("gold_accuracy over days", p) for p in over]
        else:
            below.append([f"{days} × {items}", cells[0], cells[3], SAID[size]])
        if items == MOST:
            for effect, p in zip(EFFECTS, found["agreement_percent"], strict=True):
                lines.setdefault(f"percent, {items} items a day, day effect {effect:g}", []).append(
                    (days, p)
                )
    axes = "days", "coverage of the 95 % interval"
    title = "Intervals of agreement and accuracy"
    must = [*extremes(bars), Bar(_NOTED, noted, high=MOST_NOTED)]
    tables = [
        (NEARLY_ALL, (HEADER[0], *HEADER[4:]), _nearly_all(runs)),
        (BELOW, (HEADER[0], "percent", "gold, Wilson", "what is said"), below),
    ]
    return Section(
        "intervals", title, TEXT, HEADER, rows, lines, axes, must, frame=(0.5, 1), tables=tables
    )


_NOTED = "share of gold accuracies said to differ by day, without a day effect, the most"


def _agreements(size: tuple[int, int], runs: int) -> dict[str, list[float]]:
    """Return the coverage of each coefficient, by day effect; of two and three people together."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for effect in EFFECTS:
        both = [agreement(size, m, effect, runs) for m in (2, 3)]
        for name, ps in found.items():
            ps.append(sum(one[name] for one in both) / 2)
    return found


def _nearly_all(runs: int) -> list[list[str]]:
    """Return what becomes of an accuracy close to 1."""
    rows = []
    for days, n in ((5, 20), (5, 50), (10, 20), (10, 50), (28, 20), (28, 200)):
        found = [gold(n, days, effect, 5 * runs, HIGH) for effect in EFFECTS]
        over = [one.over_days for one in found if one.over_days is not None]
        parts = [one.wilson for one in found], over, [one.noted for one in found]
        rows.append([f"{days} × {n}", *map(_slashed, parts)])
    return rows


def _slashed(ps: Sequence[float]) -> str:
    return " / ".join(f"{p:.3f}" for p in ps)


def extremes(found: Sequence[tuple[str, float]], what: str = "95 % intervals") -> list[Bar]:
    """Return the lowest and the highest coverage of each metric as what must hold."""
    by_name: dict[str, list[float]] = {}
    for name, p in found:
        by_name.setdefault(name, []).append(p)
    return [
        Bar(f"coverage of {what}, {which}: {name}", choose(ps), 0.93, 0.97)
        for name, ps in by_name.items()
        for which, choose in (("lowest", min), ("highest", max))
    ]
