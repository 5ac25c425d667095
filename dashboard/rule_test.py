"""What a rule would have done on the last 90 days: how often, when, and with other patience."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import alerting, context
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.widgets import figure, note, table
from labelpulse.alerts.backtest import Backtest, Fired
from labelpulse.alerts.firing_texts import longest_firing, timeline_text, watched_text
from labelpulse.alerts.inbox import LEVELS
from labelpulse.alerts.live import level_of
from labelpulse.alerts.plotted import interval_name, points, unit_of, valued
from labelpulse.alerts.rules import Subject
from labelpulse.alerts.variants import Variant, by_keep, by_periods
from labelpulse.charts.spells import timeline, watched
from labelpulse.config import Alert
from labelpulse.core import formats
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.periods import Span, Spell


def result(rule: Alert) -> None:
    """Draw what a rule would have done."""
    try:
        with st.spinner("The last 90 days are walked through …"):
            tested = alerting.tested(rule)
    except LabelpulseError as error:
        st.error(esc(formats.begun(str(error))))
        return
    if not tested.series:
        note("There are no numbers on these days to judge by.")
        return
    if tested.as_of_now and tested.kept_from is not None:
        first = formats.day_year(date.fromordinal(tested.kept_from))
        note(f"This number is known as of now only: it was kept since {first}.")
    span = _span(tested)
    spells = {one: _spells(tested, one) for one in tested.series}
    by_name = {_words(subject): fired for subject, fired in spells.items()}
    shown = timeline(longest_firing(by_name), span, timeline_text(by_name))
    figure(shown, "tested")
    _patience(tested)
    _closer(tested, spells, span)
    _fires(tested)


def _words(one: Subject) -> str:
    return one.words or "the whole"


def _span(tested: Backtest) -> Span:
    known = [periods[0].day for periods in tested.series.values() if periods]
    first = max(tested.days[0], min(known, default=0))
    last = date.fromordinal(tested.days[1])
    return Span(date.fromordinal(min(first, tested.days[1])), last, last)


def _spells(tested: Backtest, subject: Subject) -> list[Spell]:
    own = (one for one in tested.fired if one.subject == subject)
    return [
        Spell(date.fromordinal(one.first), date.fromordinal(one.last), one.over is None)
        for one in own
    ]


def _patience(tested: Backtest) -> None:
    """Say how often it would have fired had it waited or gone on for longer."""
    waits = _tried([(one.periods, one) for one in by_periods(tested)], tested.rule.periods)
    keeps = _tried([(one.keep_firing, one) for one in by_keep(tested)], tested.rule.keep_firing)
    st.caption(esc(f"Would have fired, by how long it waits (for): {waits}"))
    st.caption(esc(f"And by how long it goes on (keep firing): {keeps}"))


def _tried(found: Sequence[tuple[int, Variant]], own: int) -> str:
    told = []
    for n, one in found:
        days = formats.count_of(n, "day", "days")
        times = formats.count_of(one.fired, "time", "times")
        text = f"{days}: {times} (this rule)" if n == own else f"{days}: {times}"
        told.append(text)
    return " · ".join(told)


def _closer(tested: Backtest, spells: dict[Subject, list[Spell]], span: Span) -> None:
    """Draw one subject's number against its line; at first of the one that fired for longest."""
    ranked = sorted(spells, key=lambda one: -sum(each.days for each in spells[one]))
    subject = st.selectbox(
        "Subject", ranked, format_func=_words, key=f"tested_subject {len(ranked)}"
    )
    first, last = tested.days
    seen = [one for one in tested.series[subject] if first <= one.day <= last]
    if drawn := points(tested.rule, seen):
        name = context.definition(tested.rule.metric).title
        unit = unit_of(tested.rule)
        text = watched_text(drawn, spells[subject], name)
        interval = interval_name(tested.rule.metric)
        shown = watched(drawn, spells[subject], span, text, unit=unit, name=name, interval=interval)
        figure(shown, "tested_closer")


def _fires(tested: Backtest) -> None:
    """Draw a row a time that it would have fired."""
    if not tested.fired:
        return
    with st.container(border=True, gap="xsmall"):
        rows = [_row(one, unit_of(tested.rule)) for one in tested.fired]
        title = "When it would have fired"
        card_head(title, "tested_rows", rows=rows)
        table(rows, key="tested_rows", alt=title)


def _row(one: Fired, unit: str) -> dict[str, Any]:
    judged = one.judged
    return {
        "From": date.fromordinal(one.first),
        "To": None if one.over is None else date.fromordinal(one.last),
        "Days": one.last - one.first + 1,
        "Subject": _words(one.subject),
        "Value": valued(one.rule, judged.value, unit),
        interval_name(one.rule.metric): formats.interval(judged.low, judged.high, unit),
        "n": judged.n,
        "Urgency": LEVELS[level_of(one.rule, judged)],
    }
