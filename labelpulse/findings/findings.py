"""The verdict on a project and what needs attention in it: every rule, on a selection's numbers."""

from datetime import date, timedelta

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.forecast import read_forecast
from labelpulse.findings import attention, quality_rules, queues, reliance, watch
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.assess import (
    ACCURACY,
    QUALITY_KINDS,
    agreement_metric,
    at_work,
    beside,
    gold_metric,
    has_gold,
    holidays,
    made_by_day,
    made_by_person,
    need,
    pace_short,
    project_pace,
    quality,
    stages,
    unmeasured,
    unproven,
    who_stopped,
)
from labelpulse.findings.attention import Finding
from labelpulse.findings.blame import NOBODY, Blame, blame
from labelpulse.findings.moved import Moved, moved, sides
from labelpulse.findings.pace import working_weekdays
from labelpulse.findings.quality_rules import Period
from labelpulse.findings.selection import Selection
from labelpulse.findings.verdict import Facts, Quality, Verdict, verdict
from labelpulse.metrics.registry import METRICS

LATELY = 14
"""The last days that agreement is judged by."""


def judge(selection: Selection) -> Verdict:
    """Return the verdict on the project as it stands now, whatever days and team are looked at."""
    selection = selection.as_now()
    made = selection.rows("annotations_submitted", "day", days=(None, None))
    total = selection.one("annotations_submitted", days=(None, None))
    progress = selection.one("progress")
    state = selection.fresh
    fallen, missed = _agreement(selection)
    headline = quality(selection)
    facts = Facts(
        answers=round(0 if total is None else total["value"] or 0),
        days=sum(1 for row in made if row["day"] and row["value"]),
        progress=None if progress is None else progress["value"],
        pace=project_pace(selection),
        deadline=selection.deadline,
        quality=headline,
        today=selection.now_day,
        agreement=beside(selection, headline),
        unmeasured=unmeasured(selection),
        unproven=unproven(selection, headline),
        need=need(selection),
        loading=selection.loading,
        silent=(selection.holding.info.source.name,) if state.stale else (),
        fallen=_dated(fallen[0]) if fallen else "",
        missed=bool(missed),
        mix=_is_mix(watch.alarm(selection, "agreement_drift")),
    )
    return verdict(facts)


def _is_mix(alarm: Alarm | None) -> bool:
    return alarm is not None and alarm.moved == "fallen" and alarm.cause == "mix"


def findings(selection: Selection) -> list[Finding]:
    """Return what needs attention in the project now, whatever days and team are looked at."""
    selection = selection.as_now()
    found = _stale(selection)
    if selection.loading:
        return found  # what is not whole yet proves nothing else
    in_time = [] if found else _in_time(selection)  # days go by, and nothing can come in
    found += _drifted(selection)
    found += in_time
    headline = quality(selection)
    found += _missed(selection, headline)
    found += _low(selection)
    readily = reliance.readily(selection)
    found += quality_rules.too_readily(readily, reliance.spread(selection) if readily else {})
    if headline is None and not unmeasured(selection):
        found += quality_rules.no_evidence(selection.holding.answers)
    aside = selection.one("records_quarantined", days=(None, None))
    found += attention.quarantine(0 if aside is None else aside["value"] or 0)
    return sorted(found, key=lambda one: attention.ORDER[one.weight])


def _in_time(selection: Selection) -> list[Finding]:
    """Return what is slow, late, silent or waiting: by the clock, not by the answers alone."""
    slow = attention.slowed(None if selection.file else watch.alarm(selection, "throughput_drift"))
    return [*slow, *past_deadline(selection), *_silent(selection), *_queues(selection)]


def _stale(selection: Selection) -> list[Finding]:
    source, state = selection.holding.info.source, selection.fresh
    if not state.stale:
        return []
    read = formats.clock(source.ok_at, selection.timezone) if source.ok_at else ""
    return [attention.stale_source(source.name, source.reason, read, state.remedy)]


def _silent(selection: Selection) -> list[Finding]:
    """Return who stopped, where there is a now, and something left to do."""
    if not who_stopped(selection):
        return []
    made = made_by_person(selection)
    weekdays = working_weekdays(made_by_day(selection), selection.span.today)
    return attention.silent_people(made, selection.span.today, weekdays, holidays(selection))


def _queues(selection: Selection) -> list[Finding]:
    """Return the queue that grows, else the one that waits longest."""
    flowing = queues.of_selection(selection)
    if flowing.grown is None:
        return attention.worst_queue(stages(selection))
    grown = flowing.grown
    return attention.queue_grown(grown.stage, grown.text, grown.since, grown.why, flowing.advice)


def _dated(one: Finding) -> str:
    """Return a finding as a sentence without full stop that says since when, once."""
    if not one.since or one.since in one.what:
        return one.what
    return f"{one.what}, {one.since}"


def _agreement(selection: Selection, sits: Blame = NOBODY) -> tuple[list[Finding], str]:
    """Return what is wrong with agreement of late, and that it clearly misses its target or ""."""
    if selection.control is None:
        return [], ""
    alarm, what = (
        watch.alarm(selection, "agreement_drift"),
        _agreement_on(selection, selection.control),
    )
    if alarm is None or alarm.moved != "fallen":
        return _fallen(selection, what)
    since = _period(selection.one(agreement_metric(selection), days=sides(alarm)[1]))
    judged = since or _lately(selection)[1]
    below = quality_rules.below_target(judged, selection.target)
    far = _far(selection, "agreement_drift", alarm)
    return quality_rules.drifted(alarm, what, "Agreement", sits, far, below), below


def _fallen(selection: Selection, what: str) -> tuple[list[Finding], str]:
    """Return what is wrong with agreement in its last days alone."""
    before, lately, edge = _lately(selection)
    if lately is None:
        return [], ""
    days = f"the last {LATELY} days"
    if selection.file:
        days = f"the file's last {LATELY} days"
    found = quality_rules.agreement_fell(
        before,
        lately,
        days=days,
        measure=what,
        target=selection.target,
        first=edge,
    )
    return found, quality_rules.below_target(lately, selection.target)


def _lately(selection: Selection) -> tuple[Period | None, Period | None, date]:
    """Return agreement before the last days and in them, and the first of them.

    Where a source stands still, they end with what was last read, as numbers do.
    """
    last = selection.span.until
    if selection.fresh.stale:
        last = max((day for day, n in made_by_day(selection).items() if n), default=last)
    edge, metric = last - timedelta(days=LATELY - 1), agreement_metric(selection)
    before = _period(selection.one(metric, days=(None, edge - timedelta(days=1))))
    return before, _period(selection.one(metric, days=(edge, last))), edge


def _agreement_on(selection: Selection, control: str) -> str:
    """Return the measure of agreement and its question, as a sentence begins."""
    kind = formats.begun(QUALITY_KINDS[agreement_metric(selection)])
    return f"{kind} on {control}"


def _drifted(selection: Selection) -> list[Finding]:
    """Return what left its baseline: agreement and gold of the control, the mix of labels."""
    if selection.control is None:
        return []
    found = [
        *_agreement(selection, where(selection))[0],
        *quality_rules.mix_changed(watch.alarm(selection, "label_mix_drift"), selection.control),
    ]
    if not has_gold(selection):
        return found
    gold = watch.alarm(selection, "gold_drift")
    keys = selection.rows("gold_item_health", "item")
    what = f"Accuracy on known answers of {selection.control}"
    return [
        *found,
        *quality_rules.drifted(gold, what, "Accuracy", moved=_far(selection, "gold_drift", gold)),
        *quality_rules.wrong_keys(keys, selection.control),
    ]


def _far(selection: Selection, metric: str, alarm: Alarm | None) -> Moved | None:
    return None if alarm is None else moved(selection, metric, alarm)


def where(selection: Selection) -> Blame:
    """Return where most of the fall of agreement sits that its control chart shows."""
    selection = selection.as_now()
    alarm = watch.alarm(selection, "agreement_drift")
    if alarm is None or alarm.moved != "fallen":
        return NOBODY
    return blame(selection, agreement_metric(selection), alarm.since, mix=alarm.cause == "mix")


def past_deadline(selection: Selection) -> list[Finding]:
    """Return a finish that is forecast after the deadline, with since when and who stopped."""
    row = None if need(selection) else selection.one("finish_date")
    found = read_forecast(row)
    if row is None or found is None or not found.is_late:
        return []
    stopped = who_stopped(selection) or {}
    people = at_work(selection, stopped)
    return attention.past_deadline(found, str(row["note"]), pace_short(selection), people, stopped)


def _period(row: Row | None) -> Period | None:
    if row is None or row["value"] is None or row["n"] < METRICS["agreement_percent"].min_n:
        return None
    return Period(row["value"], row["low"], row["high"], row["n"])


def _missed(selection: Selection, found: Quality | None) -> list[Finding]:
    """Return accuracy that clearly misses its target; of agreement `_agreement` tells."""
    kinds = {QUALITY_KINDS[name]: name for name in ACCURACY}
    if found is None or found.kind not in kinds or not found.clearly_under:
        return []
    return quality_rules.accuracy_missed(found, selection.span.since, kinds[found.kind])


def _low(selection: Selection) -> list[Finding]:
    if selection.control is None or selection.holding.gold == "none":
        return []
    metric = gold_metric(selection)
    together, least = selection.one(metric), METRICS[metric].min_n
    rows = [row for row in selection.rows(metric, "annotator") if row["n"] >= least]
    pace = {
        row["annotator"]: row["value"] for row in selection.rows("time_spent_median", "annotator")
    }
    usual = selection.one("time_spent_median")
    return quality_rules.standing_low(
        rows,
        None if together is None else together["value"],
        quality_rules.fast(pace, None if usual is None else usual["value"]),
        lambda: selection.rows(metric, "annotator", "day"),
        _pseudonyms(selection),
    )


def _pseudonyms(selection: Selection) -> dict[str, list[str]]:
    """Return the pseudonyms of who is shown so; none where no second answers tell their items."""
    found: dict[str, list[str]] = {}
    if selection.holding.double:
        for row in selection.ask.answer(
            selection.query(gold_metric(selection), "annotator"), selection.version
        ):
            found.setdefault(str(selection.named(row)["annotator"]), []).append(row["annotator"])
    return found
