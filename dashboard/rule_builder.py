"""Making a rule: its fields, what is wrong with them in words, and keeping or copying it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import alert_acts, alerting, context
from dashboard.broken import alone
from dashboard.escape import esc
from dashboard.rule_test import result
from dashboard.widgets import note
from labelpulse.alerts.drafts import (
    KINDS,
    Kind,
    keys_of,
    kind_of,
    kinds_of,
    rule_of,
    said_of,
    toml,
    usual,
    watchable,
)
from labelpulse.alerts.rules import condition
from labelpulse.charts import formats
from labelpulse.config import Alert
from labelpulse.core.catalogue import marked, say
from labelpulse.core.errors import LabelpulseError
from labelpulse.judgement.pages import page_of
from labelpulse.metrics.registry import METRICS

NEW, ANY = marked("A new rule"), marked("All")
_TESTED = "alert_tested"
"""Where a session keeps the rule that was tried last."""

PAGES = (
    *("Progress", "Flow", "Agreement", "Drift", "Accuracy", "People", "Labels and model"),
    "Data",
)
"""Metrics are offered by the page that plots them."""

SEVERITIES = (marked("info"), marked("warning"), marked("critical"))
FIRST_METRIC = "agreement_percent"


@st.fragment
def builder() -> None:
    """Draw the fields of a rule; whatever they say is checked at once, and tried on a click."""
    alert_acts.tell_done()
    with alone("builder"):
        start, base = _start()
        said = _fields(start, base)
        try:
            rule = rule_of(said)
        except LabelpulseError as error:
            note(formats.begun(str(error)))
            return
        title = context.definition(rule.metric).title
        st.caption(esc(f"{title}: {condition(rule)}"))
        _buttons(rule, start)
        with st.expander(say("As text for labelpulse.toml")):
            st.code(toml(rule), language="toml")
        if st.session_state.get(_TESTED) == rule:
            result(rule)


def _start() -> tuple[str, Alert | None]:
    """Draw the choice of what to begin with: nothing, or a rule that there is."""
    known = {one.name: one for one in alerting.rules()}
    asked = st.query_params.get("rule")
    start = st.selectbox(
        say("Begin with"),
        [NEW, *known],
        index=[NEW, *known].index(asked) if asked in known else 0,
        format_func=lambda one: say(one) if one == NEW else one,
        key="draft_start",
        help=say("Rules of the configuration are copied; they are changed in labelpulse.toml."),
    )
    return start, known.get(start)


def _fields(start: str, base: Alert | None) -> dict[str, Any]:
    """Draw the fields, and return what they say as a table [[alerts]]."""
    names = sorted(watchable(), key=lambda one: PAGES.index(page_of(one)))
    first = base.metric if base is not None and base.metric in names else FIRST_METRIC
    left, right = st.columns(2)
    with left:
        metric = st.selectbox(
            say("Metric"),
            names,
            index=names.index(first),
            format_func=_metric,
            key=f"draft_metric {start}",
            help=say("What is watched. Data says what each number means."),
        )
    kinds = kinds_of(metric, keys_of(metric))
    kind_of_base = None if base is None or base.metric != metric else kind_of(base)
    with right:
        kind: Kind = st.selectbox(
            say("Fires when it is"),
            kinds,
            index=kinds.index(kind_of_base) if kind_of_base in kinds else 0,
            format_func=lambda one: say(KINDS[one]),
            key=f"draft_kind {start} {metric}",
            help=say("Only conditions that make sense for this metric are offered."),
        )
    began = usual(metric, kind) if kind != kind_of_base or base is None else said_of(base)
    draw = _Fields(f"{start} {metric} {kind}", began)
    return draw.said(metric, kind)


def _metric(name: str) -> str:
    return f"{say(page_of(name))} · {context.definition(name).title} · {name}"


class _Fields:
    """The fields of one draft: widgets whose keys change with what the draft is of."""

    def __init__(self, of: str, began: Mapping[str, Any]) -> None:
        self._of = of
        self._began = began

    def said(self, metric: str, kind: Kind) -> dict[str, Any]:
        """Draw all of them."""
        said: dict[str, Any] = {"metric": metric, **self._about(metric)}
        said |= _CONDITIONS[kind](self)
        said |= self._patience(metric, kind) | self._people()
        return {key: value for key, value in said.items() if value not in (None, "", [])}

    def _key(self, name: str) -> str:
        return f"draft_{name} {self._of}"

    def _about(self, metric: str) -> dict[str, Any]:
        found = METRICS[metric]
        told, split, where = st.columns(3)
        with told:
            name = self.text("name", say("Name"), say("How people will know it: short, unique."))
        with split:
            keys = keys_of(metric)
            by = st.multiselect(
                say("One alert for each"),
                keys,
                [one for one in self._began.get("by", ()) if one in keys],
                key=self._key("by"),
                help=say("Each of them is a subject that fires and recovers on its own."),
            )
        with where:
            terms = self.text(
                "where",
                say("Only where"),
                say("Terms such as team=Manila, batch!=pilot; with commas between."),
                ", ".join(self._began.get("where", ())),
            )
        said: dict[str, Any] = {"name": name, "by": by}
        said["where"] = [one.strip() for one in terms.split(",") if one.strip()]
        return {**said, **self._of_which(controlled=found.on_control, keys=found.by)}

    def _of_which(self, *, controlled: bool, keys: Sequence[str]) -> dict[str, Any]:
        every = context.everything().projects
        said: dict[str, Any] = {}
        project, control = st.columns(2)
        if "project" in keys:
            labels = [one.info.label for one in every]
            with project:
                told = say("Of one project, or of each.")
                said["project"] = self.pick("project", say("Project"), labels, told)
        if controlled:
            those = [one for one in every if said.get("project") in (None, one.info.label)]
            names = [name for one in those for name in (*one.controls, *one.unlabeled)]
            with control:
                told = say("Of one question, or of each.")
                known = list(dict.fromkeys(names))
                said["control"] = self.pick("control", say("Question"), known, told)
        return said

    def _patience(self, metric: str, kind: Kind) -> dict[str, Any]:
        columns = iter(st.columns(5))
        said: dict[str, Any] = {}
        if "day" in METRICS[metric].by and kind not in ("drift", "silent", "late"):
            with next(columns):
                days = self.number("window", say("Window, days"), _WINDOW_HELP, 0)
                said["window"] = f"{days:g}d" if days else None
        with next(columns):
            said["for"] = int(self.number("for", say("For, days"), _FOR_HELP, 1, least=1))
        with next(columns):
            said["keep_firing"] = int(
                self.number("keep_firing", say("Keep firing, days"), _KEEP_HELP, 0)
            )
        if kind not in ("drift", "silent", "late"):
            with next(columns):
                usual_n = METRICS[metric].min_n
                least = self.number("min_n", say("Least n"), _N_HELP, usual_n)
                said["min_n"] = None if least == usual_n else int(least)
        if kind in ("below", "above"):
            with next(columns):
                said["hysteresis"] = self.number(
                    "hysteresis", say("Hysteresis"), _HYSTERESIS_HELP, 0.0
                )
        return said

    def _people(self) -> dict[str, Any]:
        how, owner, where = st.columns(3)
        with how:
            severity = st.segmented_control(
                say("Severity"),
                list(SEVERITIES),
                default=self._began.get("severity", "warning"),
                format_func=say,
                key=self._key("severity"),
                required=True,
                help=say("Critical only where the whole interval is beyond the line."),
            )
        with owner:
            told = say("Who has to act: a role or a team.")
            whose = self.text("owner", say("Owner"), told)
        with where:
            known = list(context.settings().channels)
            told_on = st.multiselect(
                say("Channels"),
                known,
                [one for one in self._began.get("channels", ()) if one in known],
                key=self._key("channels"),
                help=say("None: those of [alerting] in labelpulse.toml."),
            )
        return {"severity": severity, "owner": whose, "channels": told_on}

    # --- kinds of fields ---

    def text(self, name: str, label: str, help_: str, value: str | None = None) -> str:
        """Draw a line of text."""
        began = str(self._began.get(name) or "") if value is None else value
        return st.text_input(label, began, key=self._key(name), help=help_)

    def pick(self, name: str, label: str, options: Sequence[str], help_: str) -> str | None:
        """Draw a choice of one, or of all: None."""
        known, asked = [ANY, *options], self._began.get(name)
        found = st.selectbox(
            label,
            known,
            index=known.index(asked) if asked in known else 0,
            format_func=lambda one: say(one) if one == ANY else one,
            key=self._key(name),
            help=help_,
        )
        return None if found == ANY else found

    def number(
        self, name: str, label: str, help_: str, usual_: float, *, least: float = 0
    ) -> float:
        """Draw a number; days may be written as the configuration does, `7d`."""
        began = self._began.get(name, usual_)
        if isinstance(began, str):
            began = float(began.removesuffix("d")) if began.endswith("d") else usual_
        whole = isinstance(usual_, int)
        kind: Callable[[float], float] = int if whole else float
        found = st.number_input(
            label,
            kind(least),
            None,
            kind(began),
            1 if whole else None,
            key=self._key(name),
            help=help_,
        )
        return float(found)

    def line(self, name: str, label: str, help_: str) -> float | None:
        """Draw a line in the metric's own unit; None = none is drawn."""
        began = self._began.get(name)
        return st.number_input(
            label,
            value=None if began is None else float(began),
            step=None,
            format="%g",
            key=self._key(name),
            help=help_,
        )


_WINDOW_HELP = say("The number of so many local days up to the newest with data; 0 = of all days.")
_FOR_HELP = say("Days with data in a row beyond the line before it fires: keeps noise quiet.")
_KEEP_HELP = say("Days within the line before it is over: keeps it from coming and going.")
_N_HELP = say("A day on which the number rests on less changes nothing.")
_HYSTERESIS_HELP = say("How far back within the line a number must be before it counts as within.")
_LINE_HELP = say("In the metric's own unit: shares from 0 to 1, times in seconds.")
_PAST_HELP = say("The days before the window that the number is held against.")


def _below(draw: _Fields) -> dict[str, Any]:
    below, above = st.columns(2)
    with below:
        found = {"below": draw.line("below", say("Below"), _LINE_HELP)}
    with above:
        told = say("A second line on the other side; empty = none.")
        return {**found, "above": draw.line("above", say("Or above"), told)}


def _own(draw: _Fields) -> dict[str, Any]:
    past, times = st.columns(2)
    with past:
        days = draw.number("worse_than_own", say("Its own days before"), _PAST_HELP, 28, least=1)
    with times:
        told = say("How many times worse; 1 = worse beyond chance.")
        factor = draw.number("factor", say("Times worse"), told, 1.0, least=1)
    return {"worse_than_own": f"{days:g}d", "factor": factor}


_CONDITIONS: Mapping[Kind, Callable[[_Fields], dict[str, Any]]] = {
    "below": _below,
    "above": lambda draw: {"above": draw.line("above", say("Above"), _LINE_HELP)},
    "drift": lambda _draw: {"drift": True},
    "own": _own,
    "changed": lambda draw: {"changed_by": draw.line("changed_by", say("By at least"), _LINE_HELP)},
    "peers": lambda draw: {
        "worse_than_peers": draw.line("worse_than_peers", say("By at least"), _LINE_HELP)
    },
    "silent": lambda draw: {
        "no_data": int(
            draw.number(
                "no_data",
                say("Working days without work"),
                say("A day counts where work is usual on such a weekday."),
                1,
                least=1,
            )
        )
    },
    "late": lambda _draw: {"late": True},
}
"""Draws what a kind of condition needs, and returns what it says."""


def _buttons(rule: Alert, start: str) -> None:
    """Draw what can be done with a rule that makes sense."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = say("Try on the last 90 days")
        if st.button(label, key="draft_test", icon=":material/history:", type="primary"):
            st.session_state[_TESTED] = rule
        if not alerting.may_write():
            note(say("Rules are kept where the dashboard runs; elsewhere copy the text below."))
            return
        me = str(st.session_state.get(alert_acts.WHO) or alerting.myself())
        if st.button(say("Save"), key="draft_save", icon=":material/save:"):
            said = say("Saved: the next cycle of the collector looks at it")
            alert_acts.done(partial(alerting.put_rule, rule, me), said)
        made = start in alerting.authors()
        if made and st.button(say("Remove"), key="draft_remove", icon=":material/delete:"):
            alert_acts.done(partial(alerting.remove_rule, start), say("Removed"))
