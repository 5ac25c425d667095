"""The tables behind single numbers: which labels are confused, which items wait for how long."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Engine

from labelpulse.core.days import SECOND, now_us
from labelpulse.metrics.base import Need
from labelpulse.metrics.registry import PARTIALS
from labelpulse.metrics.stages import STAGES
from labelpulse.reader import outlook
from labelpulse.reader.confusions import readings, sides
from labelpulse.reader.markers import moves
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.sums import SumRow
from labelpulse.stats.intervals import wilson
from labelpulse.warehouse.engine import snapshot

DAY_S = 86_400
AGES = (
    (1 * DAY_S, "< 1 day"),
    (3 * DAY_S, "1–3 days"),
    (7 * DAY_S, "3–7 days"),
    (None, "> 7 days"),
)
"""Upper ends in seconds, and the names of the classes of age."""

AGE_UNKNOWN = "age unknown"

_GIVEN = Need("agree_labels", ("m", "label_id"))
_ITEMS = Need("agree_items", ("m",))
_PAIRS = Need("agree_pairs", ("label_a", "label_b"))
_CONFUSION = Need("gold_confusion", ("gold_label", "label_id"))
_ENTRIES = Need("stage_now", ("stage", "entry_hour"))


def label_pairs(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how many pairs of answers to the same item were these two different labels.

    Args:
        query: project, control, since, until and where; its metric and `by` do not matter.

    Returns:
        Rows with ``label_a``, ``label_b``, value and n, most first; for one control. ``expected``
        is the share of all these pairs that chance would give to this one: by how often the two
        labels are given, as `disagreement_share` has it; None where that is not known.
    """
    asked = replace(query, metric="agreement_percent", by=())
    keys = ("label_a", "label_b")
    rows = _labels(engine, asked, scope, _PAIRS, keys, keys)
    often = _often(engine, asked, scope)
    apart = sum(often.values()) ** 2 - sum(n * n for n in often.values())
    return [
        {**row, "expected": 2 * often[row[keys[0]]] * often[row[keys[1]]] / apart or None}
        if apart
        else {**row, "expected": None}
        for row in rows
    ]


def _often(engine: Engine, query: MetricQuery, scope: Scope) -> Counter[str]:
    """Return how often each label is given, once for every answer that it is compared with."""
    found: Counter[str] = Counter()
    with snapshot(engine) as conn:
        reading = Reading(conn, query, scope, now_us())
        text = _texts(reading)
        for row in reading.reader.rows(_GIVEN, ()):
            found[text.get(row.at["label_id"], "")] += row.sums[0] * (row.at["m"] - 1)
    return found


def gold_confusion(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how many first answers on a known label were this label.

    Args:
        query: as for `label_pairs`.

    Returns:
        Rows with ``gold``, ``label``, value and n, most first; for one control.
    """
    asked = replace(query, metric="gold_accuracy", by=())
    return _labels(engine, asked, scope, _CONFUSION, ("gold_label", "label_id"), ("gold", "label"))


def _labels(
    engine: Engine,
    query: MetricQuery,
    scope: Scope,
    need: Need,
    columns: tuple[str, str],
    names: tuple[str, str],
) -> list[Row]:
    with snapshot(engine) as conn:
        reading = Reading(conn, query, scope, now_us())
        text = _texts(reading)
        found: Counter[tuple[str, str]] = Counter()
        for row in reading.reader.rows(need, ()):
            first, second = (text.get(row.at[column], "") for column in columns)
            found[first, second] += row.sums[0]
    return [
        {names[0]: first, names[1]: second, "value": n, "low": None, "high": None, "n": n}
        for (first, second), n in found.most_common()
        if n
    ]


def _texts(reading: Reading) -> dict[int, str]:
    reading.catalog.fill_labels(reading.plan.controls)
    controls = reading.plan.controls.values()
    return {label: words for control in controls for label, words in control.labels.items()}


def item_agreement(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how many items have so many answers, and on how many of them all are alike.

    Args:
        query: as for `label_pairs`.

    Returns:
        Rows with ``answers`` (two or more), value = the share of items whose answers are all
        alike, with its Wilson interval, and n = items; by answers, for one control.
    """
    asked = replace(query, metric="agreement_percent", by=())
    found: Counter[int] = Counter()
    alike: Counter[int] = Counter()
    with snapshot(engine) as conn:
        reading = Reading(conn, asked, scope, now_us())
        at = PARTIALS[_ITEMS.partial].measures.index("unanimous")
        for row in reading.reader.rows(_ITEMS, ()):
            if row.at["m"] > 1:
                found[row.at["m"]] += row.sums[0]
                alike[row.at["m"]] += row.sums[at]
    return [_alike(m, alike[m], n) for m, n in sorted(found.items()) if n]


def _alike(answers: int, alike: int, n: int) -> Row:
    low, high = wilson(alike, n)
    return {"answers": answers, "value": alike / n, "low": low, "high": high, "n": n}


def stage_ages(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> list[Row]:
    """Return how many items stand in each stage, by how long they have stood there.

    An entry counts as made in the middle of its hour, as for `stage_age_p50`.

    Args:
        query: project and where; its metric, `by` and days do not matter.

    Returns:
        Rows with ``stage``, ``age`` (a name of AGES, or unknown), value and n.
    """
    asked = replace(query, metric="stage_items", by=(), since=None, until=None, control=None)
    now = clock()
    found: Counter[tuple[str, str]] = Counter()
    with snapshot(engine) as conn:
        reading = Reading(conn, asked, scope, now)
        for row in reading.reader.rows(_ENTRIES, ()):
            found[STAGES[row.at["stage"]], _age(row, now // SECOND)] += row.sums[0]
    return [
        {"stage": stage, "age": age, "value": n, "low": None, "high": None, "n": n}
        for (stage, age), n in found.items()
        if n
    ]


def _age(row: SumRow, now: int) -> str:
    hour = row.at["entry_hour"]
    if not hour:
        return AGE_UNKNOWN
    seconds = max(now - hour * 3600 - 1800, 0)
    return next(name for end, name in AGES if end is None or seconds < end)


TABLES: Mapping[str, Callable[..., list[Row]]] = {
    "label_pairs": label_pairs,
    "gold_confusion": gold_confusion,
    "stage_ages": stage_ages,
    "item_agreement": item_agreement,
    "moves": moves,
    "readings": readings,
    "sides": sides,
    "labels_by_day": outlook.labels_by_day,
    "finish_then": outlook.finish_then,
    "milestones": outlook.reached,
}
"""The tables by name, as pages and reports ask for them."""

AGED = frozenset({"stage_ages", "labels_by_day", "finish_then", "milestones", "moves"})
"""Those that take a clock."""
