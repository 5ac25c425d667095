"""Coverage of 95 % intervals, by the metrics' own code on simulated rollup sums."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

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
    days, _, m = given.shape
    counts = (given[..., None] == np.arange(3)).sum(2)
    alike = (counts * (counts - 1)).sum(2)
    found: dict[str, dict[tuple[Any, ...], tuple[int, ...]]] = {
        "agree_items": {}, "agree_labels": {}, "agree_pairs": {}, "item_labels": {},
    }  # fmt: skip
    for day in range(days):
        own, n = counts[day], alike[day]
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


def held(name: str, one: Group, true: float) -> bool:
    """True when the interval of a metric holds the truth."""
    ((_, found),) = metric(name).finish(one)
    low, high = found.low, found.high
    return isinstance(low, float) and isinstance(high, float) and low <= true <= high


def agreement(size: tuple[int, int], m: int, effect: float, runs: int) -> dict[str, float]:
    """Return the coverage of each coefficient."""
    rng = np.random.default_rng([8000, *size, m, round(1000 * effect)])
    true = truth(effect)
    wanted = dict(zip(NAMES, (true.percent, true.alpha, true.ac1), strict=True))
    inside = Counter[str]()
    for _ in range(runs):
        one = group(rollups(answered(rng, *size, m, effect)))
        inside.update(name for name, value in wanted.items() if held(name, one, value))
    return {name: inside[name] / runs for name in NAMES}


def gold(n: int, days: int, effect: float, runs: int) -> float:
    """Return the coverage of one annotator's accuracy, .85, on n gold items a day."""
    rng = np.random.default_rng([8500, n, days, round(1000 * effect)])
    usual = np.clip(AGREE + rng.normal(0, effect, 400_000), 0, 1).mean()
    inside = 0
    for _ in range(runs):
        level = np.clip(AGREE + rng.normal(0, effect, days), 0, 1)
        correct = int(rng.binomial(n, level).sum())
        sums: Sums = {(1, 1): (correct,), (1, 2): (days * n - correct,)}
        inside += held("gold_accuracy", group({"gold_confusion": sums}), float(usual))
    return inside / runs


FEW_DAYS, FEW_ITEMS = MIN_DAYS, 50
TEXT = f"""\
Two or three people answer each item with one of three labels of unequal shares; two agree with
chance {AGREE}, give or take a day effect of sd 0 / .03 / .05. The answers become the sums that the
warehouse keeps, and the metrics' own code makes the interval of them. Coverage is the share of
intervals that hold what the coefficient would be over endless days; its standard error here is
about .006. From {FEW_DAYS} days on, days are the independent draws (jackknife, Student's t). Below,
too little is known of how days differ, and items are the draws: such an interval holds for these
very days, and is too narrow for others where days differ. So is Wilson's of one annotator's gold
accuracy, which knows of no days. Must hold: .93 to .97 from {FEW_DAYS} days and {FEW_ITEMS} items
on, for gold accuracy without a day effect."""
HEADER = ("days × items a day", *NAMES.values(), "gold accuracy")


def section(quick: bool) -> Section:
    """Return the coverage of intervals."""
    runs = 10 if quick else 600
    rows, bars = [], []
    lines: dict[str, list[tuple[float, float]]] = {}
    for size in SIZES:
        found: dict[str, list[float]] = {name: [] for name in (*NAMES, "gold_accuracy")}
        for effect in EFFECTS:
            both = [agreement(size, m, effect, runs) for m in (2, 3)]
            for name in NAMES:
                found[name].append(sum(one[name] for one in both) / 2)
            found["gold_accuracy"].append(gold(size[1], size[0], effect, 5 * runs))
        days, items = size
        cells = [" / ".join(f"{p:.3f}" for p in ps) for ps in found.values()]
        rows.append([f"{days} × {items}", *cells])
        if days >= FEW_DAYS and days * items >= FEW_ITEMS:
            bars += [(name, p) for name in NAMES for p in found[name]]
            bars.append(("gold_accuracy", found["gold_accuracy"][0]))
        if items == MOST:
            for effect, p in zip(EFFECTS, found["agreement_percent"], strict=True):
                lines.setdefault(f"percent, {items} items a day, day effect {effect:g}", []).append(
                    (days, p)
                )
    axes = "days", "coverage of the 95 % interval"
    title = "Intervals of agreement and accuracy"
    must = _extremes(bars)
    return Section("intervals", title, TEXT, HEADER, rows, lines, axes, must, frame=(0.5, 1))


def _extremes(found: Sequence[tuple[str, float]]) -> list[Bar]:
    """Return the lowest and the highest coverage of each metric as what must hold."""
    by_name: dict[str, list[float]] = {}
    for name, p in found:
        by_name.setdefault(name, []).append(p)
    return [
        Bar(f"coverage of 95 % intervals, {which}: {name}", choose(ps), 0.93, 0.97)
        for name, ps in by_name.items()
        for which, choose in (("lowest", min), ("highest", max))
    ]
