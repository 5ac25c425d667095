"""Making a rule: its fields, what is wrong with them in words, and keeping or copying it."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard import alert_acts, alerting, context
from dashboard.broken import alone
from dashboard.escape import esc
from dashboard.rule_fields import Fields
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
from labelpulse.config import Alert
from labelpulse.core import formats
from labelpulse.core.errors import LabelpulseError
from labelpulse.findings.pages import page_of

NEW = "A new rule"
_TESTED = "alert_tested"
"""Where a session keeps the rule that was tried last."""

PAGES = (
    *("Progress", "Flow", "Agreement", "Drift", "Accuracy", "People"),
    *("Labels and model", "Data"),
)
"""Metrics are offered by the page that plots them."""

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
        with st.expander("As text for labelpulse.toml"):
            st.code(toml(rule), language="toml")
        if st.session_state.get(_TESTED) == rule:
            result(rule)


def _start() -> tuple[str, Alert | None]:
    """Draw the choice of what to begin with: nothing, or a rule that there is."""
    known = {one.name: one for one in alerting.rules()}
    names = [NEW, *known]
    asked = st.query_params.get("rule")
    start = st.selectbox(
        "Begin with",
        names,
        index=names.index(asked) if asked in names else 0,
        key="draft_start",
        help="Rules of the configuration are copied; they are changed in labelpulse.toml.",
    )
    return start, known.get(start)


def _fields(start: str, base: Alert | None) -> dict[str, Any]:
    """Draw the fields, and return what they say as a table [[alerts]]."""
    names = sorted(watchable(), key=lambda one: PAGES.index(page_of(one)))
    first = base.metric if base is not None and base.metric in names else FIRST_METRIC
    left, right = st.columns(2)
    with left:
        metric = st.selectbox(
            "Metric",
            names,
            index=names.index(first),
            format_func=_metric,
            key=f"draft_metric {start}",
            help="What is watched. Data says what each number means.",
        )
    kinds = kinds_of(metric, keys_of(metric))
    kind_of_base = None if base is None or base.metric != metric else kind_of(base)
    with right:
        kind: Kind = st.selectbox(
            "Fires when it is",
            kinds,
            index=kinds.index(kind_of_base) if kind_of_base in kinds else 0,
            format_func=lambda one: KINDS[one],
            key=f"draft_kind {start} {metric}",
            help="Only conditions that make sense for this metric are offered.",
        )
    began = usual(metric, kind) if kind != kind_of_base or base is None else said_of(base)
    draw = Fields(f"{start} {metric} {kind}", began)
    return draw.said(metric, kind)


def _metric(name: str) -> str:
    return f"{page_of(name)} · {context.definition(name).title} · {name}"


def _buttons(rule: Alert, start: str) -> None:
    """Draw what can be done with a rule that makes sense."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = "Try on the last 90 days"
        if st.button(label, key="draft_test", icon=":material/history:", type="primary"):
            st.session_state[_TESTED] = rule
        if not alerting.may_write():
            note("Rules are kept where the dashboard runs; elsewhere copy the text below.")
            return
        if st.button("Save", key="draft_save", icon=":material/save:"):
            said = "Saved: the next cycle of the collector looks at it"
            alert_acts.done(partial(alerting.put_rule, rule, alert_acts.me()), said)
        if start in alerting.authors():
            _remove(start)


def _remove(name: str) -> None:
    if st.button("Remove", key="draft_remove", icon=":material/delete:"):
        alert_acts.done(partial(alerting.remove_rule, name), "Removed")
