"""A number that fires in words: what it is of, the line that it is beyond, and how sure that is."""

from datetime import date

from labelpulse.alerts.case import Case, known
from labelpulse.alerts.causes import Cause, chart_of
from labelpulse.alerts.conditions import COUNTS
from labelpulse.alerts.numbers import priced, two
from labelpulse.alerts.parts import absent, called
from labelpulse.alerts.rules import condition
from labelpulse.core import formats
from labelpulse.core.forecast import read_forecast
from labelpulse.core.stages import STAGE_PHRASES
from labelpulse.findings import findings
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.assess import QUALITY_KINDS
from labelpulse.findings.changes import part_of
from labelpulse.findings.moved import Moved, counted_interval, moved
from labelpulse.findings.watch import WATCHED
from labelpulse.metrics.direction import TOTALS
from labelpulse.metrics.glossary import glossary
from labelpulse.reader.query import Condition


def unit_of(case: Case) -> str:
    """Return the unit of a case's number: a forecast is told by its days past the deadline."""
    return "days" if case.rule.late else case.metric.unit


def measure(case: Case) -> str:
    """Return what is measured, as a sentence begins: its name, its question, its part."""
    name = case.metric.name
    kind = QUALITY_KINDS.get(name) or glossary()[name].title
    if case.rule.drift:
        kind = WATCHED[name].measure.name
    told = formats.begun(kind)
    if case.control is not None:
        told = f"{told} on {case.control}"
    if stage := case.keys.get("stage"):
        told = f"{told} ({STAGE_PHRASES.get(stage, stage)})"
    if parts := ", ".join(_parts(case)):
        told = f"{told} of {parts}"
    for beside in _beside(case):
        told = f"{told} {beside}"
    return told


def _parts(case: Case) -> list[str]:
    """Return what parts of the work a number is of; a kind of causes stands before its cause."""
    kind = case.keys.get("kind")
    found = [one for one in case.parts if one.key not in ("stage", "kind", *_BESIDE)]
    return [f"{kind} {one.value}" if kind and one.key == "cause" else _part(one) for one in found]


_BESIDE = ("assisted",)
"""Keys whose words begin with a preposition of their own."""


def _beside(case: Case) -> list[str]:
    """Return what else is said of the work: how it was begun, and what it has none of."""
    begun = [called(one.key, one.value) for one in case.parts if one.key in _BESIDE and one.equal]
    lacking = [(key, absent(key)) for key in case.lacks]
    return [*begun, *(one if key in _OF_NONE else f"({one})" for key, one in lacking if one)]


def _part(one: Condition) -> str:
    told = part_of(one.key, one.value) if one.key in _NAMED else called(one.key, one.value)
    if one.key == "annotator_pair":
        told = formats.listed(one.value.split("+"))
    return told if one.equal else f"all but {told}"


_NAMED = ("team", "batch")
_OF_NONE = (*_NAMED, "program")
"""Keys that work may be without: it is in none."""


def _is(case: Case, value: str) -> str:
    """Return the number as the beginning of a sentence; what is counted is in the plural."""
    measure_text = measure(case)
    counted = case.metric.unit in COUNTS
    return f"{measure_text}: {value}" if counted else f"{measure_text} is {value}"


def title(case: Case, cause: Cause) -> str:
    """Return a line with the number and what it is beyond; "" = not told so."""
    rule = case.rule
    if rule.late:
        return _late(case)
    if rule.no_data is not None:
        return _nobody(case)
    if rule.drift:
        return _drift(case, cause.alarm)
    if rule.below is not None or rule.above is not None:
        return _line(case)
    return _against(case)


def plain_title(case: Case) -> str:
    """Return the number and the rule's condition, in words."""
    (value,) = _paid(case, formats.value(case.judged.value, unit_of(case)))
    told = _is(case, value)
    return f"{told} ({condition(case.rule)})"


def _passed(case: Case) -> tuple[float, bool]:
    """Return the line that a number is beyond, or was, and whether that is the lower one."""
    rule, value = case.rule, case.judged.value or 0.0
    below, above = rule.below, rule.above
    if below is not None and (above is None or value < below):
        return below, True
    return above or 0.0, False


def _line(case: Case) -> str:
    value, (line, low) = case.judged.value, _passed(case)
    if value is None:
        return ""
    told, limit = _paid(case, *two(value, line, unit_of(case)))
    words = f"below {limit}" if low else f"above {limit}"
    if value != line and (value < line) == low:
        return f"{_is(case, told)}, {words}"
    days = case.since, case.judged.day
    past = case.asking.beyond(case.rule, case.subject, days) if case.since else None
    if past is None or past.value is None:
        words = f"after it was beyond {limit}"
        return f"{_is(case, told)}, {words}"
    was, _ = _paid(case, *two(past.value, line, unit_of(case)))
    measure_text = measure(case)
    if case.metric.unit in COUNTS:
        return f"{measure_text}: {was}, {words}, and {told} by now"
    return f"{measure_text} was {was}, {words}, and is {told} by now"


def currency(case: Case) -> str:
    """Return the currency that a number of money is in; "" = it is none, or not known."""
    if case.metric.unit != "money" or case.selection is None:
        return ""
    selection, days = case.selection, case.window
    row = known(lambda: selection.one(case.rule.metric, days=days, where=case.terms))
    return "" if row is None else row.get("currency") or ""


def _paid(case: Case, *values: str) -> tuple[str, ...]:
    """Return numbers with their currency, where they have one."""
    return tuple(priced(one, currency(case)) for one in values)


def _against(case: Case) -> str:
    value, other, own = case.judged.value, case.against, case.rule.worse_than_own
    if value is None or other is None or other["value"] is None:
        return ""
    now, usual = _paid(case, *two(value, other["value"], unit_of(case)))
    told = _is(case, now)
    if own is not None:
        days = max(own.days, 1)
        if case.rule.metric in TOTALS:
            return f"{told}, against {usual} in as many days by the {days} days before"
        return f"{told}, against {usual} in the {days} days before"
    if case.rule.changed_by is not None:
        return f"{told}, against {usual} in the window before"
    return f"{told}, against {usual} of all the others"


def _drift(case: Case, alarm: Alarm | None) -> str:
    return f"{_changed(case, alarm)}, beyond its control limits"


def _changed(case: Case, alarm: Alarm | None) -> str:
    what = measure(case)
    if alarm is None or alarm.usual is None or alarm.now is None:
        return f"{what} has changed"
    whole = _moved(case, alarm)
    ends = (whole.before, whole.since) if whole else (alarm.usual, alarm.now)
    usual, now = two(*ends, WATCHED[chart_of(case)].measure.unit)
    if alarm.moved == "fallen":
        return f"{what} has fallen from {usual} to {now}"
    return f"{what} has risen from {usual} to {now}"


def _moved(case: Case, alarm: Alarm) -> Moved | None:
    if case.selection is None:
        return None
    return moved(case.selection, chart_of(case), alarm, case.where)


def _late(case: Case) -> str:
    selection = case.selection
    row = None if selection is None else selection.one("finish_date", where=case.terms)
    found = read_forecast(row)
    return "" if found is None else found.text


def _nobody(case: Case) -> str:
    where, day = case.project or "any project", formats.day(case.day)
    usual = case.against
    if usual is None or not usual["value"]:
        return f"Nobody submitted anything in {where} on {day}"
    return (
        f"Nobody submitted anything in {where} on {day}; about "
        f"{formats.count(round(usual['value']))} are usual on such a day"
    )


def since(case: Case, cause: Cause) -> str:
    """Return in words since when a number is beyond its line; "" = not by days."""
    alarm = cause.alarm
    beyond = formats.day(date.fromordinal(case.since)) if case.since else ""
    if case.rule.late and beyond:
        return f"past the deadline by the forecasts since {beyond}"
    if alarm is None:
        return f"beyond the line since {beyond}" if beyond else ""
    began, noticed = formats.day(alarm.since), alarm.first or alarm.since
    if not case.rule.drift and beyond:
        told = f"the control chart dates the change to {began}"
        return f"{told}; beyond the line since {beyond}"
    if noticed <= alarm.since:
        return f"since {began}"
    return f"since {began}, noticed {formats.day(noticed)}"


def sure(case: Case, cause: Cause) -> str:
    """Return in words how sure it is that a number is beyond its line; "" = nothing is known."""
    rule = case.rule
    if rule.no_data is not None:
        return ""
    if rule.drift:
        whole = None if cause.alarm is None else _moved(case, cause.alarm)
        return whole.sure if whole else "by the smoothed line of its control chart"
    if rule.late:
        return _sure_of_end(case)
    if rule.below is not None or rule.above is not None:
        return _sure_of_line(case)
    return _sure_against(case)


def _sure_of_end(case: Case) -> str:
    told = "the earliest tenth of paths ends in time"
    if (case.judged.low or 0) > 0:
        told = "the earliest tenth of paths ends too late, too"
    late = [] if case.selection is None else findings.past_deadline(case.selection)
    return "; ".join([told, *(one.sure for one in late if one.sure)])


def _sure_of_line(case: Case) -> str:
    judged = case.judged
    if judged.low is None or judged.high is None or judged.value is None:
        return _rests_on(case)
    told = counted_interval(judged.low, judged.high, judged.n or 0, case.metric.unit)
    line, low = _passed(case)
    if judged.value == line or (judged.value < line) != low:
        return f"95 % interval {told}"
    if judged.high < line if low else judged.low > line:
        return f"95 % interval {told}: the whole interval is beyond the line"
    return f"95 % interval {told}: only the estimate is beyond the line"


def _rests_on(case: Case) -> str:
    n = case.judged.n
    if not n or n == case.judged.value:
        return ""
    return f"it rests on {formats.counted(n, case.metric.counted)}"


def _sure_against(case: Case) -> str:
    other = case.against
    now = _numbers(case.judged.low, case.judged.high, case.judged.n, case)
    if other is None or not now or other["low"] is None:
        return f"95 % interval {now}" if now else _rests_on(case)
    before = _numbers(other["low"], other["high"], other["n"], case)
    return f"95 % intervals {now} and {before}"


def _numbers(low: float | None, high: float | None, n: int | None, case: Case) -> str:
    return "" if low is None else counted_interval(low, high, n or 0, case.metric.unit)
