"""Data: how fresh and whole it is, what was set aside, and what every number means."""

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard import context
from dashboard.availability import absent_pages
from dashboard.card_menu import card_head, command
from dashboard.choice import as_day
from dashboard.drill import TOOL, in_tool
from dashboard.escape import esc, prose
from dashboard.selection import chosen, current, live
from dashboard.widgets import note, table
from labelpulse.core import formats
from labelpulse.core.days import SECOND, machine_zone
from labelpulse.core.errors import UsageError
from labelpulse.findings import odd_days
from labelpulse.findings.pages import EVERY
from labelpulse.findings.selection import Days, Selection
from labelpulse.metrics.base import Metric
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Condition, MetricQuery, condition
from labelpulse.reader.days import begins
from labelpulse.reader.status import Listed, Time


def page() -> None:
    """Draw the page."""
    if chosen(context.everything().projects) is None:
        st.title("Data", anchor=False)
        _sources(None)
        _care(machine_zone(), (None, None))
        return
    selection = current()
    live(selection, _sources)
    _odd_days(selection)
    _absent(selection)
    _care(selection.timezone, selection.by_clock)
    _definitions(selection)


def _sources(_selection: Selection | None) -> None:
    with st.container(border=True, gap="xsmall"):
        gone, deleted = context.deleted(), "Deleted"
        rows = [_source(one) | {deleted: gone.get(one.name, 0)} for one in context.source_states()]
        title = "Sources"
        card_head(title, "sources", rows=rows)
        st.caption(
            "Gap: rows of the source minus ours when they were last compared; 0 is whole. "
            "Set aside: records that could not be loaded, listed below. Deleted: rows that "
            "vanished there without a word, found by comparing; work already done stays "
            "counted."
        )
        table(rows, key="sources", sparse=("Note",), alt=title)
        _accounts()


def _accounts() -> None:
    """Say that accounts may be one human's, without anybody's name or address."""
    found = context.accounts_alike()
    if found:
        n = len(found)
        addresses = "one e-mail address" if n == 1 else f"{formats.count(n)} e-mail addresses"
        note(
            f"{formats.count(sum(found))} accounts of {addresses}: labelpulse doctor proposes how "
            "to link them, so that one human counts once."
        )


def _source(one: Any) -> dict[str, object]:
    lag = None if one.ok_at is None else (context.now() - one.ok_at) / SECOND
    gaps = [project.gap for project in one.projects if project.gap is not None]
    notes = [one.reason, *(p.outdated for p in one.projects if p.outdated)]
    notes += [f"{p.title} is gone" for p in one.projects if p.state == "gone"]
    return {
        "Source": one.name,
        "Type": one.type,
        "State": one.state,
        "Last read": formats.ago(lag),
        "Projects": len(one.projects),
        "Rows": one.rows,
        "Gap": sum(gaps) if gaps else None,
        "Set aside": one.quarantined,
        "Note": "; ".join(note for note in notes if note),
    }


def _odd_days(selection: Selection) -> None:
    """Draw the working days with far less work than usual; absent where there never were any."""
    found, others = odd_days.of_selection(selection)
    if not found and not others:
        return
    with st.container(border=True, gap="xsmall"):
        unexpected = sum(not one.holiday for one in found)
        days = formats.count_of(unexpected, "working day", "working days")
        title = f"{days} with far less work than usual"
        if found and not unexpected:
            title = "No day with far less work than usual but holidays"
        cells = [odd_days.cells(one) for one in found]
        card_head(title, "odd_days", rows=cells)
        st.caption("Usual: the median of the 20 working days before and after.")
        if found:
            table(cells, key="odd_days", alt=title)
        _outside(others)


def _outside(others: int) -> None:
    """Say how much there is that the choice of days leaves out."""
    if others:
        note(f"{formats.count(others)} more outside of the chosen days.")


def _absent(selection: Selection) -> None:
    comparable = bool(context.everything().comparable)
    missing = absent_pages(selection.holding, comparable=comparable)
    if missing:
        with st.container(border=True, gap="xsmall"):
            st.markdown("**Available when…**")
            for one in missing:
                st.markdown(f"**{formats.listed(list(one.pages))}**: {esc(one.when)}.")


def _care(zone: str, days: Days) -> None:
    """Draw what was set aside and the runs of some days: of the zone, by the clock."""
    since, until = days
    first = None if since is None else begins(since.toordinal(), zone)
    time = Time(first, None if until is None else begins(until.toordinal() + 1, zone))
    runs, aside, held = context.care(time)
    with st.container(border=True, gap="xsmall"):
        rows, title = [_set_aside(one, zone) for one in aside.rows], "Set aside"
        card_head(title, "quarantine", rows=rows)
        if rows:
            table(rows, key="quarantine", alt=title)
        elif not aside.outside:
            st.caption("Every record that was read could be loaded.")
        _others(aside)
        for one in held:
            submissions = formats.count_of(one.rows, "submission", "submissions")
            st.caption(
                esc(
                    f"{one.project}: {submissions} stamped ahead of the source's clock, up to "
                    f"{formats.clock(one.latest, zone)}. They count in totals and get their day "
                    "when it comes."
                )
            )
    title = "Runs that changed something, newest first"
    with st.expander(title):
        done = [_run(one, zone) for one in runs.rows]
        card_head("", "runs", rows=done)
        table(done, key="runs", alt=title)
        _others(runs)


def _set_aside(one: Any, zone: str) -> dict[str, object]:
    return {
        "Source": one.source,
        "Where": one.place,
        "Record": one.record,
        "Reason": one.reason,
        "What is wrong": one.detail,
        "Since": formats.clock(one.first_at, zone),
    }


def _others(listed: Listed[Any]) -> None:
    """Say how many rows a list leaves out, by its length and by the choice of days."""
    if listed.more:
        note(f"The newest; {formats.count(listed.more)} more in the chosen days.")
    _outside(listed.outside)


def _run(one: Any, zone: str) -> dict[str, object]:
    took = None if one.finished_at is None else (one.finished_at - one.started_at) / SECOND
    return {
        "Source": one.source,
        "Kind": one.kind,
        "State": one.state,
        "Began": formats.clock(one.started_at, zone),
        "Took": formats.duration(took),
        "Read": one.read,
        "Loaded": one.loaded,
        "Unchanged": one.unchanged,
        "Set aside": one.quarantined,
        "Deleted": one.deleted,
        "Repaired": one.repaired,
        "Message": one.message,
    }


def _definitions(selection: Selection) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown("**What the numbers mean**")
        name = st.selectbox(
            "Metric",
            list(METRICS),
            key="metric",
            bind="query-params",
            label_visibility="collapsed",
        )
        if name:
            _definition(selection, name)
    title = "All definitions"
    with st.expander(title):
        entries = [_entry(one) for one in METRICS]
        card_head("", "catalogue", rows=entries)
        table(entries, key="catalogue", alt=title)


def _definition(selection: Selection, name: str) -> None:
    entry, metric = context.definition(name), METRICS[name]
    parts = [
        ("Formula", entry.formula),
        ("Counted", entry.population),
        ("Edges", entry.edges),
        ("Interval", entry.interval),
        ("Unit", metric.unit),
        ("Minimum", _minimum(metric.min_n, metric.counted)),
        ("Split by", ", ".join(metric.by)),
        ("Filtered by", ", ".join(metric.where)),
        ("Reference", entry.reference),
    ]
    st.markdown(f"**{esc(entry.title)}.** {prose(entry.definition)}")
    for label, text in parts:
        if text:
            st.caption(f"**{label}** {prose(text)}")
    rows = selection.rows(name)
    shown = [_value(row, metric) for row in rows[:5]]
    if shown:
        project = esc(selection.holding.info.title)
        numbers = f"**{esc('; '.join(shown))}**"
        st.markdown(
            f"{project}, now: {numbers}"
            if metric.state
            else f"{project}, in the chosen days: {numbers}"
        )
    if st.toggle("Show how this number came about", key="explain", bind="query-params"):
        _explanation(selection, name)


def _minimum(n: int, counted: str) -> str:
    if n <= 1:
        return ""
    return f"{formats.count(n)} {counted}; below it a note says so"


def _value(row: dict[str, Any], metric: Metric) -> str:
    """Return a row as words: its keys and its number, without further columns."""
    named = (*metric.by, "annotator_a", "annotator_b")
    keys = [str(row[key]) for key in row if key in named]
    value = formats.value(row["value"], metric.unit)
    if row["value"] is None and row["note"]:
        return f"{value} ({row['note']})"
    between = formats.interval(row["low"], row["high"], metric.unit)
    rests_on = "" if row["value"] == row["n"] else f"n {formats.count(row['n'])}"
    return " ".join(
        part for part in (*keys, value, f"({between})" * bool(between), rests_on) if part
    )


def _asked(selection: Selection, name: str) -> MetricQuery:
    """Return the query that the address names, by a card's menu; else one on the chosen days."""
    told = st.query_params
    metric = METRICS[name]
    by = [key for key in told.get("by", "").split(",") if key in metric.by]
    where = [one for one in map(_term, told.get_all("where")) if one and one.key in metric.where]
    days = as_day(told.get("since")), as_day(told.get("until"))
    asked = selection.query(name, *by, days=days if any(days) else None, where=where)
    return replace(asked, project=None) if told.get("projects") == EVERY else asked


def _term(text: str) -> Condition | None:
    try:
        return condition(text)
    except UsageError:
        return None


def _explanation(selection: Selection, name: str) -> None:
    query = _asked(selection, name)
    if query.project is None:
        st.caption("Of all projects together, whichever is chosen.")
    found = context.explained(query)
    for partial, rows in found.sums.items():
        title = f"Sums of {partial} that it is made of"
        card_head(title, f"sums_{partial}", rows=[_flat(one) for one in rows])
        table(rows, key=f"sums_{partial}", alt=partial)
    if found.items:
        items = formats.count_of(len(found.items), "item", "items")
        title = f"{items} behind it, and what each adds"
        told = [_flat(one) | in_tool(selection, str(one["item"])) for one in found.items]
        card_head(title, "behind", rows=told)
        table(told, key="items", alt=title, config=TOOL)
    st.caption("The queries that ran; what they read is a rollup, kept up to date with every poll")
    st.code("\n\n".join([*found.statements, *found.recomputed]), language="sql", wrap_lines=True)
    st.caption("The same on the command line")
    st.code(command(query), language=None)


def _flat(item: dict[str, Any]) -> dict[str, object]:
    kept = (int, float, type(None))
    return {key: one if isinstance(one, kept) else str(one) for key, one in item.items()}


def _entry(name: str) -> dict[str, object]:
    entry, metric = context.definition(name), METRICS[name]
    return {
        "Name": name,
        "Title": entry.title,
        "Unit": metric.unit,
        "Definition": entry.definition,
        "Formula": entry.formula,
        "Minimum n": metric.min_n,
        "Version": metric.version,
    }


if __name__ == "__main__":
    page()
