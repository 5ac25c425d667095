"""Define the queries of the Summary and Agreement pages, each with equivalent SQL on the facts.

The SQL is what an analyst without rollups would write: one good statement per question.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from labelpulse.core.days import SECOND
from labelpulse.metrics.times import time_bucket
from labelpulse.reader import MetricQuery
from labelpulse.stats.quantiles import quantile

EPOCH = date(1970, 1, 1).toordinal()
Answer = dict[tuple[Any, ...], tuple[float, int]]
"""Keys of a row -> value and n."""

Finish = Callable[[Sequence[Any], int], Answer]


@dataclass(frozen=True, slots=True)
class Question:
    """A query of a page and the same question in SQL.

    Attributes:
        sql: selects keys, value and n from the facts, unless there is a `finish`.
        days: length of the period that ends today; None = all days.
        finish: turns the rows of the statement and the time (microseconds UTC) into an answer.
    """

    metric: str
    sql: str
    by: tuple[str, ...] = ()
    days: int | None = None
    control: str | None = None
    finish: Finish | None = None

    def query(self, until: date) -> MetricQuery:
        """Return the query that the page sends to the reader."""
        since = None if self.days is None else until - timedelta(days=self.days - 1)
        return MetricQuery(
            self.metric,
            since=None if since is None else since.isoformat(),
            until=None if since is None else until.isoformat(),
            by=self.by,
            control=self.control,
        )

    def parameters(self, until: date) -> dict[str, Any]:
        """Return the statement's parameters; days are counted from 1970."""
        last = until.toordinal() - EPOCH
        since = 0 if self.days is None else last - self.days + 1
        return {"project": 1, "since": since, "until": last}


# --- the facts ---

_WORK = """
FROM annotation a WHERE a.project_id = :project AND a.status = 1 AND a.origin = 0
AND a.submitted_at / 86400000000 BETWEEN :since AND :until
"""
_NAMED = """
FROM annotation a JOIN annotator_identity who ON who.annotator_id = a.annotator_id
WHERE a.project_id = :project AND a.status = 1 AND a.origin = 0
AND a.submitted_at / 86400000000 BETWEEN :since AND :until
"""
_STATE = """
WITH state AS (
    SELECT i.id, i.required, i.created_at AS born,
        count(DISTINCT CASE WHEN a.status = 1 THEN a.annotator_id END) AS people,
        max(CASE WHEN a.status = 1 THEN a.submitted_at END) AS answered,
        max(CASE WHEN a.status = 2 THEN a.submitted_at END) AS skipped
    FROM item i LEFT JOIN annotation a ON a.project_id = i.project_id AND a.item_id = i.id
        AND a.deleted_at IS NULL AND a.origin = 0
    WHERE i.project_id = :project AND i.deleted_at IS NULL
    GROUP BY i.id, i.required, i.created_at
), staged AS (
    SELECT required, CASE WHEN people < required THEN people ELSE required END AS done,
        CASE WHEN people >= required THEN 'done' WHEN people > 0 THEN 'waiting_for_labels'
            WHEN skipped IS NULL THEN 'waiting' ELSE 'blocked' END AS stage,
        CASE WHEN people > 0 THEN answered WHEN skipped IS NULL THEN born ELSE skipped END AS since
    FROM state
)
"""
_GIVEN = """
WITH given AS MATERIALIZED (
    SELECT a.item_id, a.annotator_id, a.submitted_at, r.label_id
    FROM annotation a JOIN answer r
        ON r.project_id = a.project_id AND r.annotation_id = a.id AND r.version = 0
    WHERE a.project_id = :project AND a.status = 1 AND a.origin = 0 AND a.deleted_at IS NULL
), ranked AS (
    SELECT item_id, submitted_at, count(*) OVER (PARTITION BY item_id) AS m,
        row_number() OVER (PARTITION BY item_id ORDER BY submitted_at) AS place
    FROM given
), timed AS MATERIALIZED (
    SELECT item_id, m, submitted_at / 86400000000 AS day FROM ranked
    WHERE place = CASE WHEN m > 1 THEN 2 ELSE 1 END
        AND submitted_at / 86400000000 BETWEEN :since AND :until
), counted AS MATERIALIZED (
    SELECT g.item_id, t.m, t.day, g.label_id, count(*) AS n
    FROM given g JOIN timed t ON t.item_id = g.item_id WHERE t.m > 1
    GROUP BY g.item_id, t.m, t.day, g.label_id
), alike AS (
    SELECT item_id, m, day, sum(n * (n - 1)) AS pairs FROM counted GROUP BY item_id, m, day
)
"""
_PERCENT = "SELECT {} avg(pairs * 1.0 / (m * (m - 1))), count(*) FROM alike {}"
_PAIRS = """
, pair AS (
    SELECT a.annotator_id AS one, b.annotator_id AS other,
        CASE WHEN a.label_id = b.label_id THEN 1.0 ELSE 0.0 END AS same
    FROM given a JOIN given b ON b.item_id = a.item_id AND a.annotator_id < b.annotator_id
    JOIN timed t ON t.item_id = a.item_id
)
"""


def _alpha(rows: Sequence[Any], _now: int) -> Answer:
    observed, answers, items = rows[0][:3]
    totals = [row[3] for row in rows]
    expected = sum(n * (n - 1) for n in totals) / (answers * (answers - 1))
    return {(): (1 - (1 - observed / answers) / (1 - expected), items)}


def _median(rows: Sequence[Any], _now: int) -> Answer:
    buckets: dict[int, tuple[int, int]] = {}
    for ms, n in rows:
        bucket = time_bucket(ms)
        count, total = buckets.get(bucket, (0, 0))
        buckets[bucket] = count + n, total + n * ms
    value = quantile(buckets, 0.5)
    return {} if value is None else {(): (value / 1000, sum(n for n, _ in buckets.values()))}


def _ages(rows: Sequence[Any], now: int) -> Answer:
    ages: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for stage, hour, n in rows:
        age = max(now // SECOND - hour * 3600 - 1800, 0)
        ages[stage][age] = n, n * age
    quantiles = {stage: quantile(own, 0.85) for stage, own in ages.items()}
    counts = {stage: sum(n for n, _ in own.values()) for stage, own in ages.items()}
    return {(stage,): (age, counts[stage]) for stage, age in quantiles.items() if age is not None}


_PERCENT_ALL = _GIVEN + _PERCENT.format("", "")
SUMMARY = (
    Question(
        "progress", _STATE + "SELECT sum(done) * 1.0 / sum(required), sum(required) FROM staged"
    ),
    Question(
        "labels_remaining",
        _STATE + "SELECT sum(required - done), sum(required - done) FROM staged",
    ),
    Question(
        "items_completed",
        _STATE + "SELECT since / 86400000000, count(*), count(*) FROM staged "
        "WHERE stage = 'done' GROUP BY 1",
        by=("day",),
    ),
    Question(
        "annotations_submitted",
        "SELECT a.submitted_at / 86400000000, count(*), count(*)" + _WORK + "GROUP BY 1",
        by=("day",),
    ),
    Question(
        "annotations_submitted",
        "SELECT who.native_id, a.submitted_at / 86400000000, count(*), count(*)"
        + _NAMED
        + "GROUP BY 1, 2",
        by=("annotator", "day"),
        days=42,
    ),
    *(
        Question(
            "active_annotators",
            "SELECT count(DISTINCT a.annotator_id), count(DISTINCT a.annotator_id)" + _WORK,
            days=days,
        )
        for days in (7, 90)
    ),
    Question(
        "stage_items",
        _STATE + "SELECT stage, count(*), count(*) FROM staged GROUP BY 1",
        by=("stage",),
    ),
    Question(
        "stage_age_p85",
        _STATE + "SELECT stage, since / 3600000000, count(*) FROM staged "
        "WHERE stage NOT IN ('done', 'blocked') GROUP BY 1, 2",
        by=("stage",),
        finish=_ages,
    ),
    Question(
        "time_spent_median",
        "SELECT time_spent_ms, count(*)" + _WORK + "AND time_spent_ms > 0 GROUP BY 1",
        days=90,
        finish=_median,
    ),
    *(
        Question("agreement_percent", _PERCENT_ALL, days=days, control="mood")
        for days in (14, 90, None)
    ),
)
AGREEMENT = (
    Question("agreement_percent", _PERCENT_ALL, days=90, control="mood"),
    Question(
        "agreement_alpha",
        _GIVEN + "SELECT (SELECT sum(pairs * 1.0 / (m - 1)) FROM alike), (SELECT sum(m) FROM "
        "alike), (SELECT count(*) FROM alike), sum(n) FROM counted GROUP BY label_id",
        days=90,
        control="mood",
        finish=_alpha,
    ),
    Question(
        "agreement_coverage",
        _GIVEN + "SELECT avg(CASE WHEN m > 1 THEN 1.0 ELSE 0.0 END), count(*) FROM timed",
        days=90,
        control="mood",
    ),
    Question(
        "agreement_percent",
        _GIVEN + _PERCENT.format("day,", "GROUP BY day"),
        by=("day",),
        days=90,
        control="mood",
    ),
    Question(
        "pair_agreement",
        _GIVEN + _PAIRS + "SELECT avg(same), count(*) FROM pair",
        days=90,
        control="mood",
    ),
    Question(
        "pair_agreement",
        _GIVEN + _PAIRS + "SELECT a.native_id, b.native_id, avg(same), count(*) FROM pair "
        "JOIN annotator_identity a ON a.annotator_id = one "
        "JOIN annotator_identity b ON b.annotator_id = other GROUP BY 1, 2",
        by=("annotator_pair",),
        days=90,
        control="mood",
    ),
)
PAGES = {"Summary": SUMMARY, "Agreement": AGREEMENT}
