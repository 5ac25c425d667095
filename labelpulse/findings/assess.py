"""The state of a project: gathers what the rules of verdict, pace and attention work on."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from labelpulse.core import formats
from labelpulse.core.events import MATCHED
from labelpulse.core.periods import by_period, parse_period
from labelpulse.findings import attention
from labelpulse.findings.attention import Short
from labelpulse.findings.pace import Pace, pace, short_since, working_weekdays
from labelpulse.findings.selection import Selection
from labelpulse.findings.verdict import Quality, needs_known
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.headline import headline
from labelpulse.metrics.registry import METRICS

LOOK_BACK = 90
"""Days of history that pace and working weekdays are judged by."""

SILENCE_BACK = 42
FORTNIGHT = timedelta(days=13)
"""From the first day of the last two weeks to their last."""

STEP = 0.1
"""Such a part of the labels that are left, in items that came on one day, raised the need."""

QUALITY_KINDS = {
    "gold_accuracy": "gold accuracy",
    "gold_match_f1": "matched F1 on gold",
    "review_acceptance": "accepted in review",
    "agreement_percent": "agreement",
    "match_f1": "matched F1",
    "prediction_agreement": "agreement with the model",
}
GOLD = ("gold_accuracy", "gold_match_f1")
ACCURACY = (*GOLD, "review_acceptance")
"""Measures of what is right, not of what is alike."""


def made_by_day(selection: Selection) -> Mapping[date, float]:
    """Return labels submitted by day, over the days that pace is judged by."""
    since = selection.span.today - timedelta(days=LOOK_BACK)
    rows = selection.rows("annotations_submitted", "day", days=(since, selection.span.today))
    return by_period(rows, "day")


def made_by_person(selection: Selection) -> Mapping[str, Mapping[date, float]]:
    """Return name -> labels submitted by day, over the days that silence is judged by."""
    since = selection.span.today - timedelta(days=SILENCE_BACK)
    rows = selection.rows(
        "annotations_submitted", "annotator", "day", days=(since, selection.span.today)
    )
    made: dict[str, dict[date, float]] = defaultdict(dict)
    for row in rows:
        if row["day"] and row["annotator"]:
            made[row["annotator"]][parse_period(row["day"])] = row["value"]
    return made


def holidays(selection: Selection) -> frozenset[date]:
    """Return the project's days on which nobody is expected to work."""
    return frozenset(date.fromordinal(day) for day in selection.holding.info.holidays)


def who_stopped(selection: Selection) -> dict[str, date] | None:
    """Return who stopped, and when; None where there is no now, or nothing left to do."""
    left = any(n for stage, n, _ in stages(selection) if stage != "done")
    if selection.file or not left:
        return None
    today, weekdays = (
        selection.span.today,
        working_weekdays(made_by_day(selection), selection.span.today),
    )
    return attention.who_stopped(made_by_person(selection), today, weekdays, holidays(selection))


def stages(selection: Selection) -> list[tuple[str, float, float | None]]:
    """Return each stage with its items and the 85th percentile of their ages in seconds."""
    ages = {row["stage"]: row["value"] for row in selection.rows("stage_age_p85", "stage")}
    rows = selection.rows("stage_items", "stage")
    return [(row["stage"], row["value"], ages.get(row["stage"])) for row in rows]


def project_pace(selection: Selection) -> Pace:
    """Return the project's pace, made and needed."""
    remaining, required = selection.one("labels_remaining"), selection.one("required_rate")
    found = pace(
        made_by_day(selection),
        selection.span.today,
        remaining=0 if remaining is None else remaining["value"] or 0,
        deadline=selection.deadline,
        holidays=holidays(selection),
    )
    if required is None or required["value"] is None:
        return found
    days, left = required["days"], required["n"]  # the numbers of the forecast
    return replace(found, needed=required["value"], days_left=days, left=left)


def pace_short(selection: Selection) -> Short | None:
    """Return since when the pace has been too low for the deadline; None = it is not, by days."""
    remaining, required = selection.one("labels_remaining"), selection.one("progress")
    if remaining is None or required is None:
        return None
    each = required["n"] / selection.holding.items if selection.holding.items else 0
    rows = {date.fromisoformat(row["day"]): row for row in selection.detail("labels_by_day")
            if row["day"]}  # fmt: skip
    net = {day: row["value"] - each * row["items"] for day, row in rows.items()}
    since = short_since(
        made_by_day(selection),
        net,
        selection.span.today,
        remaining=remaining["value"] or 0,
        deadline=selection.deadline,
        holidays=holidays(selection),
    )
    if since is None:
        return None
    left = (remaining["value"] or 0) + sum(n for day, n in net.items() if day > since)
    came = rows[since]["items"] if since in rows else 0
    return Short(since, came if came * each >= STEP * left else 0)


def at_work(selection: Selection, stopped: Mapping[str, date]) -> int:
    """Return how many people submitted in the last two weeks, without those who stopped."""
    first = selection.span.until - FORTNIGHT
    row = selection.one("active_annotators", days=(first, selection.span.until))
    there = 0 if row is None else row["value"] or 0
    return max(there - sum(last >= first for last in stopped.values()), 0)


def quality(selection: Selection) -> Quality | None:
    """Return the best evidence of quality in the chosen days: gold, review, agreement, the model.

    Evidence that rests on too little is given only where there is none better; agreement with the
    model is weak at any n, since people may follow it where it is wrong.
    """
    gold = _evidence(selection, gold_metric(selection)) if has_gold(selection) else None
    review = _evidence(selection, "review_acceptance")
    found = [one for one in (gold, review, _agreement(selection)) if one is not None]
    known = next((one for one in found if one.known), None)
    model = None if known else _evidence(selection, "prediction_agreement")
    if model is not None and model.enough:
        return replace(model, weak=True)
    return known or next(iter(found), None)


def target_for(selection: Selection, metric: str) -> float | None:
    """Return the target that a measure is held to: that of its own kind; None = none is set.

    Kinds of measure are never held to the same. Without a target of its own for accuracy the
    control's one target is for agreement where agreement is known, else for what gold tells.
    """
    if metric == agreement_metric(selection):
        return selection.target
    if metric not in ACCURACY:
        return None
    if metric not in GOLD or selection.accuracy_target is not None:
        return selection.accuracy_target
    agreement = _agreement(selection)
    return None if agreement is not None and agreement.known else selection.target


def targets_told(selection: Selection) -> str:
    """Return both targets in words, where accuracy has one of its own; else ""."""
    if selection.accuracy_target is None:
        return ""
    accuracy, agreement = formats.percent(selection.accuracy_target), selection.target
    if agreement is None:
        return f"Accuracy is to reach {accuracy}."
    return f"Accuracy is to reach {accuracy}, agreement {formats.percent(agreement)}."


def unproven(selection: Selection, headline: Quality | None) -> float | None:
    """Return the target of accuracy while no gold and no review tells of it; else None."""
    told = headline is not None and headline.known
    kinds = {QUALITY_KINDS[name] for name in ACCURACY}
    return None if told and headline and headline.kind in kinds else selection.accuracy_target


def has_gold(selection: Selection) -> bool:
    """True where something is chosen as known answers."""
    return selection.holding.gold != "none"


def gold_metric(selection: Selection) -> str:
    """Return the measure against known answers: whole ones, or shapes and texts by their parts."""
    return "gold_match_f1" if selection.scale in MATCHED else "gold_accuracy"


def _agreement(selection: Selection) -> Quality | None:
    return _evidence(selection, agreement_metric(selection))


def agreement_metric(selection: Selection) -> str:
    """Return the measure of agreement that is a share: of labels, or of shapes by matching."""
    leads = headline(selection.scale).metric
    return leads if leads in QUALITY_KINDS else "agreement_percent"


def beside(selection: Selection, headline: Quality | None) -> Quality | None:
    """Return agreement where it has a target and is not the headline itself."""
    found = _agreement(selection)
    other = found is not None and headline is not None and found.kind != headline.kind
    return found if other and found is not None and found.known and selection.target else None


def unmeasured(selection: Selection) -> str:
    """Return what no verdict rests on: known shapes, spans and texts that nobody met or chose."""
    held = selection.holding
    if held.controls or not held.unlabeled or not (held.candidates or has_gold(selection)):
        return ""
    return "shapes, spans or texts are known: what that tells of people stands under Accuracy"


def need(selection: Selection) -> str:
    """Return how far it is known how many labels the items need; "" = for all of them."""
    return needs_known(selection.holding.items, selection.holding.assumed)


def _evidence(selection: Selection, name: str) -> Quality | None:
    row = None if selection.control is None else selection.one(name)
    if row is None or row["value"] is None:
        return None
    metric = METRICS[name]
    rests = row["n"] - row.get("both_empty", 0)  # of nothing where nothing is known has no F1
    enough = rests >= metric.min_n
    return Quality(
        kind=QUALITY_KINDS[name],
        value=row["value"],
        low=row["low"],
        high=row["high"],
        n=row["n"] if enough else rests,
        noun=metric.counted,
        enough=enough,
        target=target_for(selection, name),
        high_days=row.get("high_days"),
    )


def definition(metric: str) -> str:
    """Return a metric's definition as a tile's tooltip."""
    entry = glossary()[metric]
    return f"{entry.definition} {entry.population}"
