"""One person's profile: trend among peers, confusions, time, signals, and a training card."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.drill import to_items
from dashboard.escape import esc
from dashboard.people_tables import signals_table
from dashboard.person import pick
from dashboard.tables import head
from dashboard.widgets import PERCENT, day_of, empty, note, table, tiles, two_a_row
from labelpulse.charts import heatmap
from labelpulse.charts.profile import among_peers
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED
from labelpulse.findings import groups, people, training
from labelpulse.findings.people import GOLD, PEERS, Member
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, estimate_tile
from labelpulse.findings.training import Mistakes
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery

_LABELS = {
    GOLD: "Accuracy on gold",
    "gold_match_f1": "Matched F1 on gold",
    PEERS: "Agree with others",
}
_TIMES = partial(formats.value, unit="ratio")


def draw(selection: Selection) -> None:
    """Draw the profile of the person that the address names, else of the first by name."""
    found = people.members(selection)
    if not found:
        empty("Nobody is known to have answered in these days", "Choose more days.")
        return
    one = _picked(found)
    tiles(_tiles(selection, one))
    two_a_row(_trends(selection, one))
    confused = training.mistakes(selection, one.id)
    matrix, lifts = _confusion(selection, one, confused.told), _lifts(selection, one)
    if matrix is None and not lifts:
        _training(selection, one, confused)
    else:
        left, right = st.columns(2)
        with left:
            _training(selection, one, confused)
        with right:
            two_a_row([(matrix, "own_confusion", [_asked(selection, one)])])
            _lifted(selection, one, lifts)
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Signals**")
        usual = "Everybody in these days is what is usual."
        signals_table(people.signals(selection, one.id), usual)


def _picked(found: Sequence[Member]) -> Member:
    """Draw the choice of a person by name; the address holds the pseudonym, never a name."""
    by_id = {one.id: one for one in found}
    return by_id[pick({one.id: one.name for one in found}, 260)]


def _tiles(selection: Selection, one: Member) -> list[Tile]:
    where = people.is_person(one.id)
    made = selection.query("annotations_submitted", "annotator", where=where)
    shown = [Tile("Answers", formats.count(one.answers), "in these days", made)]
    if one.seconds is not None:
        about = selection.query("time_spent_median", "annotator")
        tile = estimate_tile("Median time", one.seconds, "s", "times", about)
        if one.pace is not None:
            tile = replace(tile, below=f"{formats.rate(one.pace)} × the others")
        shown.append(tile)
    shown += [
        _estimate(selection, label(metric), one.shares.get(metric), metric)
        for metric in people.comparing(selection)
    ]
    for name, metric in (("Skipped", "signal_skips"), ("Changed later", "signal_edits")):
        row = next(iter(selection.rows(metric, "annotator", where=where)), None)
        if row is not None and row["value"] is not None:
            tile = _estimate(selection, name, row, metric)
            told = (tile.below, row["note"])  # a source may not have told of it in all these days
            shown.append(replace(tile, below=" · ".join(one for one in told if one)))
    return shown


def label(metric: str) -> str:
    """Return the words of a tile about people."""
    return _LABELS.get(metric, formats.begun(people.measure_of(metric).name))


def _estimate(selection: Selection, name: str, row: Row | None, metric: str) -> Tile:
    """Return a tile of a share; of few answers it says how many, and no share."""
    known, about = METRICS[metric], selection.query(metric, "annotator")
    if row is not None and row["n"] < known.min_n:
        few = f"{formats.count(row['n'])} are too few: from {known.min_n} on"
        return Tile(name, formats.NONE, few, about)
    tile = estimate_tile(name, row, known.unit, "answers", about)
    if row is None or row.get("raw") is None:
        return tile
    counted = f"{formats.value(row['raw'], known.unit)} as counted"
    return replace(tile, below=f"{counted} · {tile.below}")


def _trends(
    selection: Selection, one: Member
) -> list[tuple[Figure | None, str, list[MetricQuery]]]:
    """Return the trends that the person has enough answers for: shares, and time."""
    shares = [metric for metric in reversed(people.comparing(selection)) if metric in one.shares]
    found: list[tuple[Figure | None, str, list[MetricQuery]]] = []
    for metric in [*shares, *(["time_spent_median"] if one.seconds else [])]:
        raw = "gold_accuracy" if metric == GOLD else metric
        key, rows = people.trend(selection, metric, one.name)
        if not people.firm(rows, metric, one.name):
            continue
        shown = among_peers(rows, one.name, selection.span, key=key, measure=people.measure_of(raw))
        found.append((shown, f"trend {raw}", [selection.query(raw, "annotator", key)]))
    return found


def _asked(selection: Selection, one: Member) -> MetricQuery:
    return selection.query("gold_accuracy", "label", where=people.is_person(one.id))


def _confusion(selection: Selection, one: Member, told: str) -> Figure | None:
    if GOLD not in one.shares:
        return None
    rows = selection.detail("gold_confusion", where=people.is_person(one.id))
    return heatmap.confusion(rows, told) if rows else None


def _training(selection: Selection, one: Member, confused: Mistakes) -> None:
    """Draw the training card: confusions, examples, words to copy, and what earlier ones did."""
    found = confused.weakest
    with st.container(border=True, gap="small"):
        st.markdown("**Training card**")
        if not found:
            note(_no_card(selection, confused))
        else:
            told = f"What others confuse less, by {found[0].evidence}."
            st.caption(esc(told))
            for each in found:
                st.markdown(f"- {esc(each.told)}")
            for each in found:
                if each.pair:
                    to_items(
                        f"Examples of {esc(each.truth)} and {esc(each.given)}",
                        project=selection.holding.info.label,
                        control=selection.control,
                        person=one.id,
                        pair=each.pair,
                    )
            st.code(training.card(one.name, found), language=None, wrap_lines=True)
        _trained(selection, one)


def _no_card(selection: Selection, confused: Mistakes) -> str:
    if not people.comparing(selection):
        return "Nothing tells right answers from wrong ones yet, so that there is nothing to train."
    return f"{confused.told}."


def _trained(selection: Selection, one: Member) -> None:
    """Draw the person's number before and after each training that was noted."""
    metric = next(iter(one.shares), None)
    if metric is None:
        return
    raw = "gold_accuracy" if metric == GOLD else metric
    rows = groups.trained(selection, raw, one.id)
    if not rows:
        return
    told = f"Before and after earlier trainings: {people.measure_of(raw).name}, 28 days."
    st.caption(esc(told))
    table(
        [
            {
                "Day": day_of(row["day"]),
                "Training": row["text"],
                "Before": _percent(row["before"]),
                "n": row["n_before"],
                "After": _percent(row["after"]),
                "n ": row["n_after"],
                "Moved": _moved(row),
            }
            for row in rows
        ],
        key="trainings",
        alt=told,
        config={"Before": PERCENT, "After": PERCENT},
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _moved(row: Row) -> str:
    if row["value"] is None:
        return "too few"
    if row["low"] is not None and row["low"] <= 0 <= row["high"]:
        return f"{formats.points(row['value'])} (chance)"
    return formats.points(row["value"])


def _lifts(selection: Selection, one: Member) -> list[Row]:
    """Return on which labels the person errs, what is beyond chance first."""
    if selection.scale not in LABELED or not people.comparing(selection):
        return []
    rows = selection.rows("error_lift", "annotator", "label", where=people.is_person(one.id))
    known = [row for row in rows if row["value"] is not None and row["errors"]]
    return sorted(known, key=lambda row: (not row["finding"], -row["value"], row["label"]))


def _lifted(selection: Selection, one: Member, known: Sequence[Row]) -> None:
    """Draw how often the person errs on each label, beside the others."""
    if not known:
        return
    often = (
        f"How often {one.name} differs from most others; 1 × = as often as the others."
        if known[0]["evidence"] == "others"
        else f"How often {one.name} is wrong; 1 × = as often as the others."
    )
    rows = [
        {
            "Label": row["label"],
            "Wrong": f"{row['errors']} of {row['n']}",
            "Others": _percent(row["peers"]),
            "Times as often": row["value"],
            "95 % interval": formats.interval(row["low"], row["high"], "ratio"),
            "Beyond chance": "yes" if row["finding"] else "may be chance",
        }
        for row in known
    ]
    asked = selection.query("error_lift", "annotator", "label", where=people.is_person(one.id))
    looks = {"Times as often": _TIMES}
    with st.container(border=True, gap="xsmall"):
        head("Errors by label, beside the others", often, "lifts", [asked], rows)
        table(rows, key="lifts", alt=often, config={"Others": PERCENT}, looks=looks)
