"""People among their peers: what is known of each, and who cannot be told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from labelpulse.core.estimate import Measure, Row
from labelpulse.core.events import LABELED, MATCHED
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.findings.assess import agreement_metric, gold_metric, has_gold
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.query import Condition

GOLD, PEERS = "gold_accuracy_shrunk", "peer_agreement"
LEAST_COMPARED = 2
"""With fewer people who rest on enough there is nobody to compare with."""

LEAST_POINTS = 3
WEEKS = 8
"""Weeks of the small lines beside each person."""

LEAST_A_WEEK = 5
"""Answers in a week below which a small line has no point."""

SIGNALS = (
    "signal_too_fast",
    "signal_straight_lining",
    "signal_label_mix",
    "signal_skips",
    "signal_edits",
)
_NAMES = {
    GOLD: "accuracy on known answers",
    "gold_match_f1": "matched F1 on known answers",
    "gold_accuracy": "accuracy on known answers",
    PEERS: "agreement with the others",
    "time_spent_median": "time per answer",
    "match_f1": "matched F1 with the others",
    "text_similarity": "similarity to the others",
    "rank_tau": "tau with the others",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One person, and what is known of them in the chosen days.

    Attributes:
        id: the pseudonym, which addresses may hold. name: as the page shows them.
        pace: median time over that of the others, 1 = as long; None = too few times.
        shares: metric -> its row, where it has a value.
    """

    id: str
    name: str
    answers: int
    seconds: Row | None
    pace: float | None
    shares: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people are compared by: the best there is.

    Attributes:
        rows: keys annotator, value, low, high, n, raw (None = not drawn towards the team's),
            group (from 1 = the best; None = too few answers), below: surely below most others.
    """

    metric: str
    measure: Measure
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Signal:
    """A reason to talk with somebody, and what it rests on."""

    metric: str
    who: str
    evidence: str


def measure_of(metric: str) -> Measure:
    """Return how charts name a metric about people."""
    known = METRICS[metric]
    return Measure(_NAMES.get(metric, known.name), known.unit, known.counted, known.min_n)


def is_person(person: str) -> tuple[str, ...]:
    """Return the condition that keeps one person, by pseudonym."""
    return (Condition("annotator", person, True).text(),)


def comparing(selection: Selection) -> tuple[str, ...]:
    """Return the measures of people that this project can have, the best evidence first."""
    found = []
    if has_gold(selection) and selection.scale in LABELED | MATCHED:
        found.append(GOLD if selection.scale in LABELED else gold_metric(selection))
    alike = PEERS if selection.scale in LABELED else agreement_metric(selection)
    if (
        selection.holding.double
        and selection.control is not None
        and "annotator" in METRICS[alike].by
    ):
        found.append(alike)
    return tuple(found)


def members(selection: Selection) -> list[Member]:
    """Return everybody who answered in the chosen days, in alphabetical order."""
    made = by_person(selection, "annotations_submitted")
    times = by_person(selection, "time_spent_median")
    named = (*comparing(selection), "self_consistency", "first_pass_yield")
    shares = {metric: by_person(selection, metric) for metric in named}
    paces = against_the_others(times)
    found = [
        Member(
            person,
            selection.names.get(person, person),
            round(row["value"]),
            times.get(person),
            paces.get(person),
            {metric: rows[person] for metric, rows in shares.items() if person in rows},
        )
        for person, row in made.items()
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def by_person(selection: Selection, metric: str, **more: Any) -> dict[str, Row]:
    """Return a metric's rows that have a value, by pseudonym; the unknown is nobody."""
    rows = selection.ask.answer(selection.query(metric, "annotator", **more), selection.version)
    return {
        row["annotator"]: row
        for row in rows
        if row.get("annotator") not in (None, UNKNOWN) and row["value"] is not None
    }


def against_the_others(times: Mapping[str, Row]) -> dict[str, float]:
    """Return each one's median time over the median of the others' medians.

    Left out are people with too few times, on either side.

    >>> row = lambda s, n=50: {"value": s, "n": n}
    >>> against_the_others({"a": row(5.0), "b": row(20.0), "c": row(40.0), "d": row(9.0, 3)})
    {'a': 0.16666666666666666, 'b': 0.8888888888888888, 'c': 3.2}
    """
    least = METRICS["time_spent_median"].min_n
    firm = {who: float(row["value"]) for who, row in times.items() if row["n"] >= least}
    found = {}
    for who, own in firm.items():
        others = [time for other, time in firm.items() if other != who]
        if others and median(others) > 0:
            found[who] = own / median(others)
    return found


def evidence(selection: Selection) -> list[Evidence]:
    """Return the measures that tell of two people or more, with groups, the best first.

    Nothing is told of somebody without an interval.
    """
    found = []
    for metric in comparing(selection):
        measure = measure_of(metric)
        rows = grouped(
            [selection.named(dict(row)) for row in by_person(selection, metric).values()]
        )
        if sum(row["group"] is not None for row in rows) >= LEAST_COMPARED:
            found.append(Evidence(metric, measure, rows))
    return found


def apart(found: Sequence[Evidence]) -> set[str]:
    """Return the names of those who are surely below most others by any evidence."""
    return {row["annotator"] for one in found for row in one.rows if row["below"]}


def grouped(rows: Sequence[Row]) -> list[Row]:
    """Return rows with ``raw``, ``group`` and ``below``, by the groups of `tie_groups`.

    Args:
        rows: keys value, low, high, n.
    """
    from labelpulse.stats.ranking import tie_groups

    known = [row for row in rows if _tells(row)]
    found = tie_groups(*([row[key] for row in known] for key in ("value", "low", "high", "n")))
    others = int((found.group >= 0).sum()) - 1
    return [
        {
            **row,
            "raw": row.get("raw"),
            "group": int(found.group[at]) + 1 or None,
            "below": bool(2 * (found.best[at] - 1) > others),
        }
        for at, row in enumerate(known)
    ]


def _tells(row: Row) -> bool:
    """Return whether there is an interval that rules anything out: not all from 0 to 1."""
    if row["low"] is None or row["high"] is None:
        return False
    return bool(row["low"] > 0 or row["high"] < 1)


def weekly(selection: Selection) -> tuple[str, Sequence[Row]]:
    """Return what the small lines draw: a measure and its rows by person and week.

    The measure that most weeks have enough of: with peers sooner than on known answers.
    """
    since = selection.span.until - timedelta(days=7 * WEEKS - 1)
    for metric in [plain_of(one) for one in reversed(comparing(selection))]:
        rows = selection.rows(metric, "annotator", "week", days=(since, selection.span.until))
        kept = [row for row in rows if row["value"] is not None and row["n"] >= LEAST_A_WEEK]
        if kept:
            return measure_of(metric).name, kept
    return "", []


def trend(selection: Selection, metric: str, name: str) -> tuple[str, Sequence[Row]]:
    """Return everybody's rows by week, or by month where one person has too few a week."""
    raw, rows = plain_of(metric), []
    for key in ("week", "month"):
        rows = selection.rows(raw, "annotator", key)
        own = [row for row in rows if row["annotator"] == name and row["value"] is not None]
        if own and 2 * sum(row["n"] >= METRICS[raw].min_n for row in own) >= len(own):
            return key, rows
    return "month", rows


def firm(rows: Sequence[Row], metric: str, name: str) -> bool:
    """Return whether three or more points of somebody's trend rest on enough answers."""
    least = METRICS[metric].min_n
    own = [row for row in rows if row["annotator"] == name and row["value"] is not None]
    return len([row for row in own if row["n"] >= least]) >= LEAST_POINTS


def plain_of(metric: str) -> str:
    """Return the measure of days and weeks that belongs to one of people."""
    return "gold_accuracy" if metric == GOLD else metric


def signals(selection: Selection, person: str | None = None) -> list[Signal]:
    """Return what chance alone does not explain in how people work, of everybody or of one."""
    where = is_person(person) if person else ()
    found = []
    for metric in SIGNALS:
        if METRICS[metric].on_control and selection.control is None:
            continue
        rows = selection.rows(metric, "annotator", where=where)
        found += [
            Signal(metric, str(row["annotator"]), str(row["evidence"]))
            for row in rows
            if row["value"] is not None and row["finding"]
        ]
    return found + _copying(selection, where)


def _copying(selection: Selection, where: tuple[str, ...]) -> list[Signal]:
    if GOLD not in comparing(selection):
        return []
    rows = selection.rows("signal_copying", "annotator_pair", where=where)
    return [
        Signal("signal_copying", _both(row), str(row["evidence"]))
        for row in rows
        if row["value"] is not None and row["finding"]
    ]


def _both(row: Row) -> str:
    return f"{row['annotator_a']} and {row['annotator_b']}"


def states(selection: Selection, person: str | None = None) -> list[Row]:
    """Return where each person stands, in alphabetical order."""
    where = is_person(person) if person else ()
    rows = selection.rows("contributor_state", "annotator", where=where)
    known = [row for row in rows if row.get("annotator") not in (None, UNKNOWN)]
    return sorted(known, key=lambda row: str(row["annotator"]).casefold())
