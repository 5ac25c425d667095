"""The verdict on a project and what needs attention in it: every rule, on a desk's numbers."""

from datetime import date, timedelta

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.forecast import read_forecast
from labelpulse.judgement import attention, quality_rules, queues, reliance, watch
from labelpulse.judgement.alarms import Alarm
from labelpulse.judgement.assess import (
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
from labelpulse.judgement.attention import Finding
from labelpulse.judgement.blame import NOBODY, Blame, blame
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.moved import Moved, moved, sides
from labelpulse.judgement.pace import working_weekdays
from labelpulse.judgement.quality_rules import Period
from labelpulse.judgement.verdict import Facts, Quality, Verdict, verdict
from labelpulse.metrics.registry import METRICS

LATELY = 14
"""The last days that agreement is judged by."""


def judge(desk: Desk) -> Verdict:
    """Return the verdict on the project as it stands now, whatever days and team are looked at."""
    desk = desk.as_now()
    made = desk.rows("annotations_submitted", "day", days=(None, None))
    total = desk.one("annotations_submitted", days=(None, None))
    progress = desk.one("progress")
    state = desk.fresh
    fallen, missed = _agreement(desk)
    headline = quality(desk)
    facts = Facts(
        answers=round(0 if total is None else total["value"] or 0),
        days=sum(1 for row in made if row["day"] and row["value"]),
        progress=None if progress is None else progress["value"],
        pace=project_pace(desk),
        deadline=desk.deadline,
        quality=headline,
        today=desk.now_day,
        agreement=beside(desk, headline),
        unmeasured=unmeasured(desk),
        unproven=unproven(desk, headline),
        need=need(desk),
        loading=desk.loading,
        silent=(desk.holding.info.source.name,) if state.stale else (),
        fallen=_dated(fallen[0]) if fallen else "",
        missed=bool(missed),
        mix=_is_mix(watch.alarm(desk, "agreement_drift")),
    )
    return verdict(facts)


def _is_mix(alarm: Alarm | None) -> bool:
    return alarm is not None and alarm.moved == "fallen" and alarm.cause == "mix"


def findings(desk: Desk) -> list[Finding]:
    """Return what needs attention in the project now, whatever days and team are looked at."""
    desk = desk.as_now()
    found = _stale(desk)
    if desk.loading:
        return found  # what is not whole yet proves nothing else
    in_time = [] if found else _in_time(desk)  # days go by, and nothing can come in
    found += _drifted(desk)
    found += in_time
    headline = quality(desk)
    found += _missed(desk, headline)
    found += _low(desk)
    readily = reliance.readily(desk)
    found += quality_rules.too_readily(readily, reliance.spread(desk) if readily else {})
    if headline is None and not unmeasured(desk):
        found += quality_rules.no_evidence(desk.holding.answers)
    aside = desk.one("records_quarantined", days=(None, None))
    found += attention.quarantine(0 if aside is None else aside["value"] or 0)
    return sorted(found, key=lambda one: attention.ORDER[one.weight])


def _in_time(desk: Desk) -> list[Finding]:
    """Return what is slow, late, silent or waiting: by the clock, not by the answers alone."""
    slow = attention.slowed(None if desk.file else watch.alarm(desk, "throughput_drift"))
    return [*slow, *past_deadline(desk), *_silent(desk), *_queues(desk)]


def _stale(desk: Desk) -> list[Finding]:
    source, state = desk.holding.info.source, desk.fresh
    if not state.stale:
        return []
    read = formats.clock(source.ok_at, desk.timezone) if source.ok_at else ""
    return [attention.stale_source(source.name, source.reason, read, state.remedy)]


def _silent(desk: Desk) -> list[Finding]:
    """Return who stopped, where there is a now, and something left to do."""
    if not who_stopped(desk):
        return []
    made = made_by_person(desk)
    weekdays = working_weekdays(made_by_day(desk), desk.span.today)
    return attention.silent_people(made, desk.span.today, weekdays, holidays(desk))


def _queues(desk: Desk) -> list[Finding]:
    """Return the queue that grows, else the one that waits longest."""
    flowing = queues.of_desk(desk)
    if flowing.grown is None:
        return attention.worst_queue(stages(desk))
    grown = flowing.grown
    return attention.queue_grown(grown.stage, grown.text, grown.since, grown.why, flowing.advice)


def _dated(one: Finding) -> str:
    """Return a finding as a sentence without full stop that says since when, once."""
    if not one.since or one.since in one.what:
        return one.what
    return f"{one.what}, {one.since}"


def _agreement(desk: Desk, sits: Blame = NOBODY) -> tuple[list[Finding], str]:
    """Return what is wrong with agreement of late, and that it clearly misses its target or ""."""
    if desk.control is None:
        return [], ""
    alarm, what = watch.alarm(desk, "agreement_drift"), _agreement_on(desk, desk.control)
    if alarm is None or alarm.moved != "fallen":
        return _fallen(desk, what)
    since = _period(desk.one(agreement_metric(desk), days=sides(alarm)[1]))
    judged = since or _lately(desk)[1]
    below = quality_rules.below_target(judged, desk.target)
    far = _far(desk, "agreement_drift", alarm)
    return quality_rules.drifted(alarm, what, "Agreement", sits, far, below), below


def _fallen(desk: Desk, what: str) -> tuple[list[Finding], str]:
    """Return what is wrong with agreement in its last days alone."""
    before, lately, edge = _lately(desk)
    if lately is None:
        return [], ""
    days = f"the last {LATELY} days"
    if desk.file:
        days = f"the file's last {LATELY} days"
    found = quality_rules.agreement_fell(
        before,
        lately,
        days=days,
        measure=what,
        target=desk.target,
        first=edge,
    )
    return found, quality_rules.below_target(lately, desk.target)


def _lately(desk: Desk) -> tuple[Period | None, Period | None, date]:
    """Return agreement before the last days and in them, and the first of them.

    Where a source stands still, they end with what was last read, as numbers do.
    """
    last = desk.span.until
    if desk.fresh.stale:
        last = max((day for day, n in made_by_day(desk).items() if n), default=last)
    edge, metric = last - timedelta(days=LATELY - 1), agreement_metric(desk)
    before = _period(desk.one(metric, days=(None, edge - timedelta(days=1))))
    return before, _period(desk.one(metric, days=(edge, last))), edge


def _agreement_on(desk: Desk, control: str) -> str:
    """Return the measure of agreement and its question, as a sentence begins."""
    kind = formats.begun(QUALITY_KINDS[agreement_metric(desk)])
    return f"{kind} on {control}"


def _drifted(desk: Desk) -> list[Finding]:
    """Return what left its baseline: agreement and gold of the control, the mix of labels."""
    if desk.control is None:
        return []
    found = [
        *_agreement(desk, where(desk))[0],
        *quality_rules.mix_changed(watch.alarm(desk, "label_mix_drift"), desk.control),
    ]
    if not has_gold(desk):
        return found
    gold = watch.alarm(desk, "gold_drift")
    keys = desk.rows("gold_item_health", "item")
    what = f"Accuracy on known answers of {desk.control}"
    return [
        *found,
        *quality_rules.drifted(gold, what, "Accuracy", moved=_far(desk, "gold_drift", gold)),
        *quality_rules.wrong_keys(keys, desk.control),
    ]


def _far(desk: Desk, metric: str, alarm: Alarm | None) -> Moved | None:
    return None if alarm is None else moved(desk, metric, alarm)


def where(desk: Desk) -> Blame:
    """Return where most of the fall of agreement sits that its control chart shows."""
    desk = desk.as_now()
    alarm = watch.alarm(desk, "agreement_drift")
    if alarm is None or alarm.moved != "fallen":
        return NOBODY
    return blame(desk, agreement_metric(desk), alarm.since, mix=alarm.cause == "mix")


def past_deadline(desk: Desk) -> list[Finding]:
    """Return a finish that is forecast after the deadline, with since when and who stopped."""
    row = None if need(desk) else desk.one("finish_date")
    found = read_forecast(row)
    if row is None or found is None or not found.is_late:
        return []
    stopped = who_stopped(desk) or {}
    people = at_work(desk, stopped)
    return attention.past_deadline(found, str(row["note"]), pace_short(desk), people, stopped)


def _period(row: Row | None) -> Period | None:
    if row is None or row["value"] is None or row["n"] < METRICS["agreement_percent"].min_n:
        return None
    return Period(row["value"], row["low"], row["high"], row["n"])


def _missed(desk: Desk, found: Quality | None) -> list[Finding]:
    """Return accuracy that clearly misses its target; of agreement `_agreement` tells."""
    kinds = {QUALITY_KINDS[name]: name for name in ACCURACY}
    if found is None or found.kind not in kinds or not found.clearly_under:
        return []
    return quality_rules.accuracy_missed(found, desk.span.since, kinds[found.kind])


def _low(desk: Desk) -> list[Finding]:
    if desk.control is None or desk.holding.gold == "none":
        return []
    metric = gold_metric(desk)
    together, least = desk.one(metric), METRICS[metric].min_n
    rows = [row for row in desk.rows(metric, "annotator") if row["n"] >= least]
    pace = {row["annotator"]: row["value"] for row in desk.rows("time_spent_median", "annotator")}
    usual = desk.one("time_spent_median")
    return quality_rules.standing_low(
        rows,
        None if together is None else together["value"],
        quality_rules.fast(pace, None if usual is None else usual["value"]),
        lambda: desk.rows(metric, "annotator", "day"),
        _pseudonyms(desk),
    )


def _pseudonyms(desk: Desk) -> dict[str, list[str]]:
    """Return the pseudonyms of who is shown so; none where no second answers tell their items."""
    found: dict[str, list[str]] = {}
    if desk.holding.double:
        for row in desk.ask.answer(desk.query(gold_metric(desk), "annotator"), desk.version):
            found.setdefault(str(desk.named(row)["annotator"]), []).append(row["annotator"])
    return found
