"""The tables behind single numbers: which labels are confused, which items wait for how long."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Engine

from labelpulse.core.days import SECOND, now_us
from labelpulse.metrics.base import Need
from labelpulse.metrics.stages import STAGES
from labelpulse.reader import outlook
from labelpulse.reader.markers import before_after, markers, project_id
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.sums import SumRow
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
TRAINING = "training"
"""The kind of markers that say when somebody was trained."""

_PAIRS = Need("agree_pairs", ("label_a", "label_b"))
_CONFUSION = Need("gold_confusion", ("gold_label", "label_id"))
_ENTRIES = Need("stage_now", ("stage", "entry_hour"))


def label_pairs(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how many pairs of answers to the same item were these two different labels.

    Args:
        query: project, control, since, until and where; its metric and `by` do not matter.

    Returns:
        Rows with ``label_a``, ``label_b``, value and n, most first; for one control.
    """
    asked = replace(query, metric="agreement_percent", by=())
    return _labels(engine, asked, scope, _PAIRS, ("label_a", "label_b"), ("label_a", "label_b"))


def gold_confusion(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how many first answers on a known label were this label.

    Args:
        query: as for `label_pairs`.

    Returns:
        Rows with ``gold``, ``label``, value and n, most first; for one control.
    """
    asked = replace(query, metric="gold_accuracy", by=())
    return _labels(engine, asked, scope, _CONFUSION, ("gold_label", "label_id"), ("gold", "label"))


def trainings(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> list[Row]:
    """Return what a metric was before and after each training noted for the query's project.

    Args:
        query: project, metric, control and where; its `by` and days do not matter.

    Returns:
        The rows of `before_after` with ``day`` and ``text`` of the note, the newest first.
    """
    asked = replace(query, by=(), since=None, until=None)
    project = None if query.project is None else [project_id(engine, query.project)]
    return [
        {"day": one.day, "text": one.text, **row}
        for one in reversed(markers(engine, project))
        if one.kind == TRAINING
        for row in before_after(engine, asked, one.day, scope, clock=clock)
    ]


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
        reading.catalog.fill_labels(reading.plan.controls)
        text = {
            label: words
            for control in reading.plan.controls.values()
            for label, words in control.labels.items()
        }
        found: Counter[tuple[str, str]] = Counter()
        for row in reading.reader.rows(need, ()):
            first, second = (text.get(row.at[column], "") for column in columns)
            found[first, second] += row.sums[0]
    return [
        {names[0]: first, names[1]: second, "value": n, "low": None, "high": None, "n": n}
        for (first, second), n in found.most_common()
        if n
    ]


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
    "trainings": trainings,
    "labels_by_day": outlook.labels_by_day,
    "finish_then": outlook.finish_then,
    "milestones": outlook.reached,
}
"""The tables by name, as pages and reports ask for them."""

AGED = frozenset({"stage_ages", "labels_by_day", "finish_then", "milestones", "trainings"})
"""Those that take a clock."""
