"""Why a number is beyond its line, and what to do: in the words of pages and reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from types import MappingProxyType

from labelpulse.alerts.case import Case, known
from labelpulse.core import formats
from labelpulse.findings import (
    alarms,
    attention,
    changes,
    findings,
    people,
    quality_rules,
    queues,
    watch,
)
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.assess import agreement_metric, project_pace
from labelpulse.findings.blame import NOBODY, Blame, blame
from labelpulse.findings.freshness import freshness
from labelpulse.findings.pages import page_of
from labelpulse.findings.selection import Selection
from labelpulse.findings.training import Confusion, mistakes
from labelpulse.metrics.direction import WORSE
from labelpulse.metrics.registry import METRICS


@dataclass(frozen=True, slots=True)
class Cause:
    """What is known of why.

    Attributes:
        why: in words without a full stop, "" = not told apart. do: the next step, sentences.
        alarm: of the control chart behind the number, where one stands.
    """

    why: str = ""
    do: str = ""
    alarm: Alarm | None = None


UNKNOWN = Cause()

_CHARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "agreement_drift": (
            *("agreement_percent", "agreement_alpha", "agreement_fleiss", "agreement_ac1"),
            *("agreement_bp", "agreement_entropy", "match_f1", "match_iou", "text_similarity"),
            "rank_tau",
        ),
        "gold_drift": (
            *("gold_accuracy", "gold_accuracy_shrunk", "gold_precision", "gold_recall", "gold_f1"),
        ),
        "label_mix_drift": ("label_count", "label_share", "label_imbalance"),
        "time_spent_drift": ("time_spent_median", "time_spent_p90", "time_spent_mean"),
        "throughput_drift": (
            *("annotations_submitted", "items_completed", "throughput_rate", "active_annotators"),
        ),
    }
)
_CHART: Mapping[str, str] = {
    one: drift for drift, levels in _CHARTS.items() for one in (drift, *levels)
}
"""Metric -> the control chart that tells why it moved."""


def cause_of(case: Case) -> Cause:
    """Return why a subject fires, as far as it can be told; an alert goes out without, too."""
    return known(lambda: _family(case)(case)) or UNKNOWN


def chart_of(case: Case) -> str:
    """Return the drift metric of a case; "" = its number has no control chart."""
    return _CHART.get(case.rule.metric, "")


_OF_WORK = ("time_spent_", "signal_")
"""Beginnings of metrics that tell how somebody works, whatever the question."""


def _family(case: Case) -> Callable[[Case], Cause]:
    name = case.rule.metric
    if case.rule.late:
        return _late
    if case.rule.no_data is not None:
        return _nobody
    if name in _BY_METRIC:
        return _BY_METRIC[name]
    if case.person is not None and (case.metric.on_control or name.startswith(_OF_WORK)):
        return _person
    return _charted if name in _CHART else _unknown


def _unknown(case: Case) -> Cause:
    return Cause(do=f"Look at {page_of(case.rule.metric)}: it shows the parts.")


def alarm_of(case: Case) -> Alarm | None:
    """Return the alarm that stands in the control chart behind a number, if it got worse by it."""
    chart, selection = chart_of(case), case.selection
    known = METRICS[chart].where if chart else ()
    if selection is None or not chart or any(one.key not in known for one in case.terms):
        return None
    found = case.asking.once(
        ("alarm", case.project, case.control, chart, case.where),
        lambda: watch.standing(selection, chart, case.where),
    )
    better = {"lower": "risen", "higher": "fallen"}.get(WORSE.get(case.rule.metric, ""))
    return None if found is not None and found.moved == better else found


def _charted(case: Case) -> Cause:
    """Tell by the control chart; agreement without an alarm of it by where the fall sits."""
    alarm, selection = alarm_of(case), case.selection
    if alarm is not None and selection is not None:
        return _of_alarm(case, selection, alarm)
    if selection is None or chart_of(case) != "agreement_drift" or not case.since:
        return _unknown(case)
    sits = _sits(case, selection)
    return (
        Cause(sits.mostly, quality_rules.advice(sits, mix=False)) if sits.mostly else _unknown(case)
    )


def _of_alarm(case: Case, selection: Selection, alarm: Alarm) -> Cause:
    chart = chart_of(case)
    sits = NOBODY
    if chart == "agreement_drift" and not case.terms:
        sits = case.asking.once(
            ("sits", case.project, case.control), lambda: findings.where(selection)
        )
    parts = [alarms.cause_text(alarm, watch.WATCHED[chart].causes), sits.mostly]
    if not case.terms and sits == NOBODY:
        parts.append(changes.where(selection, chart, alarm))
    do = changes.step(chart, alarm)
    if chart == "agreement_drift" and alarm.moved == "fallen":
        do = quality_rules.advice(sits, mix=alarm.cause == "mix")
    return Cause(", ".join(filter(None, parts)), do, alarm)


def _sits(case: Case, selection: Selection) -> Blame:
    """Return where a fall without an alarm sits: of the whole, or of one team."""
    team = next((one.value for one in case.terms if one.key == "team" and one.equal), None)
    if case.terms and (team is None or len(case.terms) > 1):
        return NOBODY
    asked, since = replace(selection, team=team), date.fromordinal(case.since)
    return case.asking.once(
        ("fall", case.project, case.control, team, since),
        lambda: blame(asked, agreement_metric(asked), since, mix=False),
    )


def _person(case: Case) -> Cause:
    """Tell what one person takes for what, and how fast: reasons to talk."""
    selection, who = case.selection, case.person
    if selection is None or who is None:
        return UNKNOWN
    if case.rule.metric.startswith("signal_"):
        return _signal(case, selection, who)
    alarm, label = alarm_of(case), case.keys.get("label")
    cause = "" if alarm is None else alarms.cause_text(alarm, watch.WATCHED[chart_of(case)].causes)
    weakest = _weakest(selection, who, label)
    told = [one.told for one in weakest[:1]]
    why = "; ".join(filter(None, [cause, *told, *_fast(selection, who)]))
    label = label or (weakest[0].truth if weakest else None)
    do = f"Talk about five examples of {label}." if label else _TALK
    return Cause(why, do, alarm)


_TALK = "Talk about five examples."


def _weakest(selection: Selection, who: str, label: str | None) -> list[Confusion]:
    """Return what somebody takes for what: of all labels, or of what is or is said to be one."""
    if not selection.control:
        return []
    found = mistakes(selection, who)
    if label is not None:
        own = [one for one in found.found if label in (one.truth, one.given)]
        found = replace(found, found=own)
    return found.weakest


def _signal(case: Case, selection: Selection, who: str) -> Cause:
    """Tell what a signal on one person rests on; what they take for what is another matter."""
    name = case.rule.metric
    told = [one.evidence for one in people.signals(selection, who) if one.metric == name]
    pace = _fast(selection, who) if name == "signal_too_fast" else []
    return Cause("; ".join([*told, *pace]), _TALK)


def _fast(selection: Selection, who: str) -> list[str]:
    rows = selection.rows("time_spent_median", "annotator")
    usual = selection.one("time_spent_median")
    pace = {row["annotator"]: row["value"] for row in rows if row["annotator"] == who}
    found = quality_rules.fast(pace, None if usual is None else usual["value"])
    return [f"{one} takes {time}" for one, time in found.items()]


def _late(case: Case) -> Cause:
    selection = case.selection
    found = [] if selection is None else findings.past_deadline(selection)
    if selection is None or not found:
        return UNKNOWN
    (late,) = found
    pace, missing = project_pace(selection), ""
    if pace.late:
        made, needed = formats.rate(pace.made), formats.rate(pace.needed)
        missing = f"needs {needed} labels a working day, {made} are made"
    return Cause(
        "; ".join(filter(None, [late.since, missing, late.who])), _people(selection) or late.do
    )


def _people(selection: Selection) -> str:
    """Return how many more people the deadline needs, at the pace of the usual one; "" = none."""
    pace, each = project_pace(selection), queues.of_selection(selection).each
    if not pace.late or not each:
        return ""
    more = ceil(((pace.needed or 0) - (pace.made or 0)) / each)
    return (
        f"Add about {formats.count_of(more, 'person', 'people')} at the median of "
        f"{formats.rate(each)} a day, or lower the overlap: the what-if on Progress shows what "
        "each brings."
    )


def _nobody(case: Case) -> Cause:
    if case.selection is None:
        return UNKNOWN
    state = case.selection.fresh
    if state.stale:
        return Cause(state.text, state.remedy)
    why = "the source answers, so people stopped, or a holiday is not in the configuration"
    return Cause(why, attention.FIND_OUT)


def _stage(case: Case) -> Cause:
    selection, stage = case.selection, case.keys.get("stage", "")
    if selection is None or not stage:
        return _unknown(case)
    flowing = case.asking.once(("flow", case.project), lambda: queues.of_selection(selection))
    grown = flowing.grown
    if grown is not None and grown.stage == stage:
        return Cause(grown.text, flowing.advice)
    came, left = flowing.moves.get(stage, (None, None))
    why = ""
    if came is not None and left is not None and came > left:
        why = f"in {formats.rate(came)}, out {formats.rate(left)} a working day"
    return Cause(why, attention.QUEUE_STEPS.get(stage) or _unknown(case).do)


MOST = 0.5
"""A batch with more than this part of all skips is named."""


def _skips(case: Case) -> Cause:
    selection, do = case.selection, attention.QUEUE_STEPS["blocked"]
    if selection is None:
        return Cause(do=do)
    rows = selection.rows("annotations_skipped", "batch", days=case.window, where=case.terms)
    total = sum(row["value"] for row in rows)
    most = max(rows, key=lambda row: row["value"], default=None)
    if most is None or not most["batch"] or most["value"] <= MOST * total or len(rows) < 2:
        return Cause("spread over batches" if len(rows) > 1 else "", do)
    batch = changes.part_of("batch", most["batch"])
    return Cause(f"mostly {batch}", do)


def _source(case: Case) -> Cause:
    asked, name = case.asking.asked, case.keys.get("source")
    found = next((one for one in asked.there.sources if one.name == name), None)
    if found is None:
        return _unknown(case)
    state = freshness(found, asked.now(), "UTC", asked.interval(found.name))
    return Cause(state.text, state.remedy)


def _gap(_case: Case) -> Cause:
    return Cause(do="The next sweep mends it, or labelpulse collect --once does now.")


def _aside(case: Case) -> Cause:
    found = attention.quarantine(round(case.judged.value or 0))
    return Cause(found[0].sure, found[0].do) if found else UNKNOWN


_BY_METRIC: Mapping[str, Callable[[Case], Cause]] = MappingProxyType(
    {
        **dict.fromkeys(("stage_items", "stage_age_p50", "stage_age_p85", "bottleneck"), _stage),
        **dict.fromkeys(("stage_arrivals", "stage_departures"), _stage),
        **dict.fromkeys(("skip_rate", "annotations_skipped"), _skips),
        "source_lag": _source,
        "reconciliation_gap": _gap,
        "records_quarantined": _aside,
    }
)
