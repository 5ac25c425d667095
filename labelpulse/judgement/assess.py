"""The state of a project: gathers what the rules of verdict, pace and attention work on."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from labelpulse.charts import fan
from labelpulse.charts.series import by_period
from labelpulse.charts.theme import Row, parse_period
from labelpulse.judgement import attention, watch
from labelpulse.judgement.attention import Finding, Period
from labelpulse.judgement.blame import NOBODY, Blame, blame
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.pace import Pace, pace, working_weekdays
from labelpulse.judgement.verdict import Facts, Quality, Verdict, needs_known, verdict
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.headline import headline
from labelpulse.metrics.registry import METRICS

LOOK_BACK = 90
"""Days of history that pace and working weekdays are judged by."""

SILENCE_BACK = 42
LATELY = 14
QUALITY_KINDS = {
    "gold_accuracy": "gold accuracy",
    "review_acceptance": "accepted in review",
    "agreement_percent": "agreement",
    "match_f1": "matched F1",
    "prediction_agreement": "agreement with the model",
}


def made_by_day(desk: Desk) -> Mapping[date, float]:
    """Return labels submitted by day, over the days that pace is judged by."""
    since = desk.span.today - timedelta(days=LOOK_BACK)
    rows = desk.rows("annotations_submitted", "day", days=(since, desk.span.today))
    return by_period(rows, "day")


def made_by_person(desk: Desk) -> Mapping[str, Mapping[date, float]]:
    """Return name -> labels submitted by day, over the days that silence is judged by."""
    since = desk.span.today - timedelta(days=SILENCE_BACK)
    rows = desk.rows("annotations_submitted", "annotator", "day", days=(since, desk.span.today))
    made: dict[str, dict[date, float]] = defaultdict(dict)
    for row in rows:
        if row["day"] and row["annotator"]:
            made[row["annotator"]][parse_period(row["day"])] = row["value"]
    return made


def who_stopped(desk: Desk) -> dict[str, date] | None:
    """Return who stopped, and when; None where there is no now, or nothing left to do."""
    left = any(n for stage, n, _ in _stages(desk) if stage != "done")
    if desk.file or not left:
        return None
    weekdays = working_weekdays(made_by_day(desk), desk.span.today)
    return attention.who_stopped(made_by_person(desk), desk.span.today, weekdays)


def project_pace(desk: Desk) -> Pace:
    """Return the project's pace, made and needed."""
    remaining, required = desk.one("labels_remaining"), desk.one("required_rate")
    found = pace(
        made_by_day(desk),
        desk.span.today,
        remaining=0 if remaining is None else remaining["value"] or 0,
        deadline=desk.deadline,
    )
    if required is None or required["value"] is None:
        return found
    return replace(found, needed=required["value"])  # the number of the forecast


def quality(desk: Desk) -> Quality | None:
    """Return the best evidence of quality in the chosen days: gold, review, agreement, the model.

    Evidence that rests on too little is given only where there is none better; agreement with the
    model is weak at any n, since people may follow it where it is wrong.
    """
    gold = _evidence(desk, "gold_accuracy", gold_target(desk)) if _has_gold(desk) else None
    review = _evidence(desk, "review_acceptance", None)
    found = [one for one in (gold, review, _agreement(desk)) if one is not None]
    known = next((one for one in found if one.known), None)
    model = None if known else _evidence(desk, "prediction_agreement", None)
    if model is not None and model.enough:
        return replace(model, weak=True)
    return known or next(iter(found), None)


def gold_target(desk: Desk) -> float | None:
    """Return the target that gold accuracy is compared with.

    A control has one target, and kinds of measure are never held to the same: it is for agreement
    where agreement is known, else for gold accuracy.
    """
    agreement = _agreement(desk)
    return None if agreement is not None and agreement.known else desk.target


def _has_gold(desk: Desk) -> bool:
    return desk.holding.gold != "none"


def _agreement(desk: Desk) -> Quality | None:
    return _evidence(desk, agreement_metric(desk), desk.target)


def agreement_metric(desk: Desk) -> str:
    """Return the measure of agreement that is a share: of labels, or of shapes by matching."""
    leads = headline(desk.scale).metric
    return leads if leads in QUALITY_KINDS else "agreement_percent"


def _beside(desk: Desk, headline: Quality | None) -> Quality | None:
    """Return agreement where it has a target and is not the headline itself."""
    found = _agreement(desk)
    other = found is not None and headline is not None and found.kind != headline.kind
    return found if other and found is not None and found.known and desk.target else None


def unmeasured(desk: Desk) -> str:
    """Return what evidence there is that is not measured: known shapes, spans and texts."""
    held = desk.holding
    if held.controls or not held.unlabeled or not (held.candidates or _has_gold(desk)):
        return ""
    return "there are known answers; accuracy of shapes, spans and texts is not measured yet"


def need(desk: Desk) -> str:
    """Return how far it is known how many labels the items need; "" = for all of them."""
    return needs_known(desk.holding.items, desk.holding.assumed)


def _evidence(desk: Desk, name: str, target: float | None) -> Quality | None:
    row = None if desk.control is None else desk.one(name)
    if row is None or row["value"] is None:
        return None
    metric = METRICS[name]
    return Quality(
        kind=QUALITY_KINDS[name],
        value=row["value"],
        low=row["low"],
        high=row["high"],
        n=row["n"],
        noun=metric.counted,
        enough=row["n"] >= metric.min_n,
        target=target,
        high_days=row.get("high_days"),
    )


def judge(desk: Desk) -> Verdict:
    """Return the verdict on the project as it stands now."""
    made = desk.rows("annotations_submitted", "day", days=(None, None))
    total = desk.one("annotations_submitted", days=(None, None))
    progress = desk.one("progress")
    state = desk.fresh
    fallen, missed = _fallen(desk)
    headline = quality(desk)
    facts = Facts(
        answers=round(0 if total is None else total["value"] or 0),
        days=sum(1 for row in made if row["day"] and row["value"]),
        progress=None if progress is None else progress["value"],
        pace=project_pace(desk),
        deadline=desk.deadline,
        quality=headline,
        today=desk.now_day,
        agreement=_beside(desk, headline),
        unmeasured=unmeasured(desk),
        need=need(desk),
        loading=desk.loading,
        silent=(desk.holding.info.source.name,) if state.stale else (),
        fallen=fallen[0].what if fallen else "",
        missed=missed,
    )
    return verdict(facts)


def findings(desk: Desk) -> list[Finding]:
    """Return what needs attention in the project, as it stands now."""
    found = _stale(desk)
    if found or desk.loading:
        return found  # what stands still or is not whole yet proves nothing else
    found += _drifted(desk)
    found += _past_deadline(desk)
    found += _silent(desk)
    found += attention.worst_queue(_stages(desk))
    found += _low(desk)
    if quality(desk) is None and not unmeasured(desk):
        found += attention.no_evidence(desk.holding.answers)
    aside = desk.one("records_quarantined", days=(None, None))
    found += attention.quarantine(0 if aside is None else aside["value"] or 0)
    return sorted(found, key=lambda one: attention.ORDER[one.weight])


def _stale(desk: Desk) -> list[Finding]:
    state = desk.fresh
    return [attention.stale_source(state.text, state.remedy)] if state.stale else []


def _silent(desk: Desk) -> list[Finding]:
    """Return who stopped, where there is a now, and something left to do."""
    left = any(n for stage, n, _ in _stages(desk) if stage != "done")
    if desk.file or not left:
        return []
    made = made_by_person(desk)
    weekdays = working_weekdays(made_by_day(desk), desk.span.today)
    return attention.silent_people(made, desk.span.today, weekdays)


def _stages(desk: Desk) -> list[tuple[str, float, float | None]]:
    ages = {row["stage"]: row["value"] for row in desk.rows("stage_age_p85", "stage")}
    rows = desk.rows("stage_items", "stage")
    return [(row["stage"], row["value"], ages.get(row["stage"])) for row in rows]


def _fallen(desk: Desk) -> tuple[list[Finding], bool]:
    """Return what is wrong with agreement of late, and whether it clearly misses its target."""
    if desk.control is None:
        return [], False
    edge = desk.span.until - timedelta(days=LATELY - 1)
    metric = agreement_metric(desk)
    before = _period(desk.one(metric, days=(None, edge - timedelta(days=1))))
    lately = _period(desk.one(metric, days=(edge, desk.span.until)))
    if lately is None:
        return [], False
    days = f"the file's last {LATELY} days" if desk.file else f"the last {LATELY} days"
    found = attention.agreement_fell(
        before, lately, days=days, control=desk.control, target=desk.target
    )
    return found, attention.misses(lately, desk.target)


def _drifted(desk: Desk) -> list[Finding]:
    """Return what left its baseline: agreement and gold of the control, the mix of labels, pace."""
    found = attention.slowed(None if desk.file else watch.alarm(desk, "throughput_drift"))
    if desk.control is None:
        return found
    agreement = watch.alarm(desk, "agreement_drift")
    found = [
        *attention.drifted(
            agreement, f"Agreement on {desk.control}", "Agreement", _fallen(desk)[0], where(desk)
        ),
        *found,
        *attention.mix_changed(watch.alarm(desk, "label_mix_drift"), desk.control),
    ]
    if not _has_gold(desk):
        return found
    gold = watch.alarm(desk, "gold_drift")
    keys = desk.rows("gold_item_health", "item")
    what = f"Accuracy on known answers of {desk.control}"
    return [
        *found,
        *attention.drifted(gold, what, "Accuracy"),
        *attention.wrong_keys(keys, desk.control),
    ]


def where(desk: Desk) -> Blame:
    """Return where most of the fall of agreement sits that its control chart shows."""
    alarm = watch.alarm(desk, "agreement_drift")
    if alarm is None or alarm.moved != "fallen":
        return NOBODY
    return blame(desk, agreement_metric(desk), alarm.since, mix=alarm.cause == "mix")


def _past_deadline(desk: Desk) -> list[Finding]:
    row = None if need(desk) else desk.one("finish_date")
    return attention.past_deadline(fan.forecast(row), "" if row is None else str(row["note"]))


def _period(row: Row | None) -> Period | None:
    if row is None or row["value"] is None or row["n"] < METRICS["agreement_percent"].min_n:
        return None
    return Period(row["value"], row["low"], row["high"], row["n"])


def _low(desk: Desk) -> list[Finding]:
    if desk.control is None or desk.holding.gold == "none":
        return []
    together = desk.one("gold_accuracy")
    least = METRICS["gold_accuracy"].min_n
    rows = [row for row in desk.rows("gold_accuracy", "annotator") if row["n"] >= least]
    return attention.standing_low(rows, None if together is None else together["value"])


def definition(metric: str) -> str:
    """Return a metric's definition as a tile's tooltip."""
    entry = glossary()[metric]
    return f"{entry.definition} {entry.population}"
