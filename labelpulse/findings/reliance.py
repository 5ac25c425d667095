"""Predictions that people accept too readily: which label, of which model version, how sure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.stats.intervals import Z95, Interval, ratio_of_shares, wilson

LEAST = 20
"""Answers below which nothing is said of a label."""

Cell = tuple[str, str]
"""Model version and predicted label."""


HALF = 0.5


@dataclass(frozen=True, slots=True)
class TooReadily:
    """A label whose predictions people accept although they should doubt them.

    Attributes:
        value, low, high, n: the share of its predictions that stood, of so many.
        doubted: of people who saw no prediction, the share who say something else, of `doubted_n`.
        changed: how much of what they would say otherwise people change: 1 = all, 0 = nothing;
            with its interval, and that of all other predictions together.
        known: wrong predictions on known answers that stood, of how many were shown.
    """

    label: str
    version: str
    value: float
    low: float
    high: float
    n: int
    doubted: float
    doubted_n: int
    changed: float
    changed_in: Interval
    others: float
    others_in: Interval
    known: tuple[int, int] = (0, 0)

    @property
    def title(self) -> str:
        """The finding as a sentence without a full stop."""
        return (
            f"{self.version} is accepted too readily on {self.label}: "
            f"{formats.percent(self.value)} stand, {formats.percent(1 - self.doubted)} agree "
            "unseen"
        )

    @property
    def sure(self) -> str:
        """What it rests on."""
        answers = formats.count_of(self.doubted_n, "answer", "answers")
        unseen = (
            f"Of {answers} by people who saw no prediction, {formats.percent(self.doubted)} say "
            "something else."
        )
        changed = (
            f"People change {formats.percent(self.changed)} "
            f"({formats.interval(*self.changed_in, 'share')}) of what they would say otherwise; "
            f"of all other predictions, {formats.percent(self.others)} "
            f"({formats.interval(*self.others_in, 'share')})."
        )
        stood, shown = self.known
        if not shown:
            return f"{unseen} {changed}"
        gold = f"On known answers, {stood} of {shown} wrong ones stood."
        return f"{unseen} {changed} {gold}"


@dataclass(frozen=True, slots=True)
class _Sums:
    """Predictions shown and changed; answers without one, and those that say something else."""

    shown: int = 0
    changed: int = 0
    blind: int = 0
    other: int = 0

    def plus(self, more: "_Sums", sign: int = 1) -> "_Sums":
        """Return both together, or the first without the second."""
        return _Sums(
            self.shown + sign * more.shown,
            self.changed + sign * more.changed,
            self.blind + sign * more.blind,
            self.other + sign * more.other,
        )

    @property
    def ratio(self) -> float:
        """How much of what people would say otherwise they change."""
        return (self.changed / self.shown) / (self.other / self.blind)

    def interval(self, z: float = Z95) -> Interval:
        """Return its interval of z standard errors."""
        return ratio_of_shares((self.changed, self.shown), (self.other, self.blind), z)


def too_readily(
    accepted: Sequence[Row], blind: Sequence[Row], known: Sequence[Row] = ()
) -> list[TooReadily]:
    """Return the labels that people accept too readily, the surest first.

    People who start from a prediction change it less often than people who see none say something
    else: the prediction may have been right, and it is easier to nod. How much less is measured on
    all predictions together; a label is named where the whole interval of its own ratio lies under
    that of the others, both at a level shared by all labels and versions (Bonferroni), and the
    ratio is at most half of theirs: of many some differ by chance, and a little asks for nothing.

    Args:
        accepted: `prediction_acceptance` by ``model_version`` and ``label``.
        blind: `prediction_agreement`, known: `automation_bias`, by the same.
    """
    cells = _cells(accepted, blind)
    total = _Sums()
    for one in cells.values():
        total = total.plus(one)
    wrong = {_cell(row): row for row in known if row["value"] is not None}
    z = NormalDist().inv_cdf(1 - 0.025 / max(len(cells), 1))
    found = []
    for cell, own in cells.items():
        rest = total.plus(own, -1)
        if min(own.shown, own.blind) < LEAST or not own.other or not rest.other or not rest.shown:
            continue
        if own.interval(z)[1] < rest.interval(z)[0] and own.ratio <= HALF * rest.ratio:
            found.append(_named(cell, own, rest, wrong.get(cell)))
    return sorted(found, key=lambda one: one.changed_in[1])


def _cells(accepted: Sequence[Row], blind: Sequence[Row]) -> dict[Cell, _Sums]:
    found: dict[Cell, _Sums] = {}
    for row in accepted:
        if row["value"] is not None and row.get("label") is not None:
            changed = round((1 - row["value"]) * row["n"])
            found[_cell(row)] = _Sums(shown=row["n"], changed=changed)
    for row in blind:
        if row["value"] is not None and row.get("label") is not None:
            other = round((1 - row["value"]) * row["n"])
            own = found.get(_cell(row), _Sums())
            found[_cell(row)] = own.plus(_Sums(blind=row["n"], other=other))
    return found


def _cell(row: Row) -> Cell:
    return str(row.get("model_version") or ""), str(row["label"])


def _named(cell: Cell, own: _Sums, rest: _Sums, known: Row | None) -> TooReadily:
    stood = own.shown - own.changed
    low, high = wilson(stood, own.shown)
    gold = (0, 0) if known is None else (round(known["value"] * known["n"]), known["n"])
    return TooReadily(
        label=cell[1],
        version=cell[0] or "the model",
        value=stood / own.shown,
        low=low,
        high=high,
        n=own.shown,
        doubted=own.other / own.blind,
        doubted_n=own.blind,
        changed=own.ratio,
        changed_in=own.interval(),
        others=rest.ratio,
        others_in=rest.interval(),
        known=gold,
    )


def readily(selection: Selection) -> list[TooReadily]:
    """Return what the chosen project's people accept too readily in the chosen days."""
    if not selection.holding.predicted or selection.control is None:
        return []
    keys = ("model_version", "label")
    return too_readily(
        selection.rows("prediction_acceptance", *keys),
        selection.rows("prediction_agreement", *keys),
        selection.rows("automation_bias", *keys),
    )


VERSION_METRICS = (
    "prediction_acceptance",
    "prediction_edit_rate",
    "prediction_agreement",
    "automation_bias",
    "prediction_time_saved",
)


def versions(selection: Selection) -> dict[str, dict[str, Row]]:
    """Return model version -> metric -> its row, versions in the order of their names."""
    found: dict[str, dict[str, Row]] = {}
    for metric in VERSION_METRICS:
        if METRICS[metric].on_control and selection.control is None:
            continue
        for row in selection.rows(metric, "model_version"):
            if row.get("model_version") is not None and row["value"] is not None:
                found.setdefault(str(row["model_version"]), {})[metric] = row
    return dict(sorted(found.items()))


def against_people(version: str, row: Row | None) -> str:
    """Return how a version stands against people, beyond chance or not, as a title.

    Args:
        row: its `prediction_agreement`; without a ratio too little is known.
    """
    if row is None or row["ratio"] is None:
        return "Model versions: too few answers without a prediction to hold them against people"
    own = formats.percent(row["value"])
    human = formats.percent(row["human"])
    pairs = formats.count_of(row["human_n"], "pair", "pairs")
    if row["ratio_low"] > 1:
        return (
            f"{version} agrees with people more often ({own}) than they with each other "
            f"({human}, {pairs})"
        )
    if row["ratio_high"] < 1:
        return (
            f"{version} agrees with people less often ({own}) than they with each other "
            f"({human}, {pairs})"
        )
    return (
        f"{version} agrees with people {own} of the time, people with each other {human} "
        f"({pairs}): within chance"
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Since when a model version is started from, and by how many people in the chosen days."""

    since: date | None
    people: int


def spread(selection: Selection) -> dict[str, Spread]:
    """Return how far each model version has spread."""
    metric, key = "prediction_acceptance", "model_version"
    days: dict[str, list[str]] = {}
    for row in selection.rows(metric, key, "day", days=(None, None)):
        if row["day"] and row["n"]:
            days.setdefault(str(row[key]), []).append(row["day"])
    who = Counter(str(row[key]) for row in selection.rows(metric, key, "annotator") if row["n"])
    firsts = {version: date.fromisoformat(min(found)) for version, found in days.items()}
    return {version: Spread(firsts.get(version), n) for version, n in who.items()}


def newest(selection: Selection) -> str | None:
    """Return the model version that people started from last."""
    rows = selection.rows("prediction_acceptance", "model_version", "week")
    dated = [
        (row["week"], str(row["model_version"]))
        for row in rows
        if row.get("week") and row.get("model_version")
    ]
    return max(dated)[1] if dated else None
