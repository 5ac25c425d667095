"""Agreement: how alike people answer, since when, on which labels, and what to look at first."""

from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from dashboard import judged, queue, second_answers, tables, two_readings
from dashboard.desk import current, live, menu
from dashboard.drill import TOOL, in_tool, to_items
from dashboard.escape import esc
from dashboard.heavy import at_once_or_later
from dashboard.kept import kept
from dashboard.watched import watched
from dashboard.widgets import attention_card, drawn, figure, note, table, tiles, two_a_row
from labelpulse.charts import heatmap, shares
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.events import LABELED, Scale
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.judgement.attention import on_quality
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile, metric_tile
from labelpulse.metrics.headline import Headline, headline
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.handover import evidence_words

TEN = 10
CHART = 170
"""Pixels of the first chart, so that it is seen below a finding without scrolling."""


def page() -> None:
    """Draw the page; without second answers, the plan to get some."""
    desk = current()
    if not desk.holding.double:
        live(desk, second_answers.plan)
        _attention(desk)
        second_answers.single(desk)
        return
    live(desk, _live_part)
    _first_screen(desk)
    if desk.scale in LABELED:
        _below(desk)
    else:
        _matched(desk)


def _live_part(desk: Desk) -> None:
    leads = _headline(desk)
    shown = [_tile(desk, leads.metric)]
    if desk.scale not in LABELED:
        shown += [_tile(desk, name) for name in leads.beside]
    if desk.scale in LABELED or judged.control_chart(desk, "agreement_drift") is not None:
        drifted = judged.change_of(desk, "agreement_drift", judged.blame(desk).mostly)
        shown.append(replace(drifted, label="Drift"))
    tiles([*shown, *judged.coverage(desk)])
    row = desk.one(leads.metric)
    why = leads.why if not desk.subjective else f"{leads.why} {_SUBJECTIVE}"
    note(" ".join(part for part in (why, _note(row)) if part))


_SUBJECTIVE = (
    "This question is marked as subjective: different answers are perspectives, not errors."
)


def _note(row: Row | None) -> str:
    return "" if row is None or row["value"] is None else formats.begun(row["note"] or "")


def _first_screen(desk: Desk) -> None:
    """Draw what needs attention, whether agreement left its band, and which items to look at."""
    left, right = st.columns([8, 5])
    with left:
        _attention(desk)
        mostly = judged.blame(desk).mostly
        shown = judged.control_chart(desk, "agreement_drift", mostly=mostly, height=CHART)
        if shown is None:
            shown = _over_time(desk)
        figure(shown, "agreement_drift", [desk.query("agreement_drift")])
    with right:
        _top_pair(desk)
        at_once_or_later(desk, _QUEUE, "queue", lambda: _queue(desk))


def _attention(desk: Desk) -> None:
    found = on_quality(judged.attention(desk))
    attention_card(desk, found, first=1, pages=menu())


_QUEUE = "Ten items to look at first"


def _top_pair(desk: Desk) -> None:
    """Draw the pair of labels that is confused most, and the way to its guideline card."""
    found = judged.confused(desk)
    if not found:
        return
    top = found[0]
    told = [
        f"{formats.percent(top.share)} of all disagreement, 1 pair of {top.of}",
        formats.count_of(top.n, "pair of answers", "pairs of answers"),
        *([f"{top.lift} chance"] if top.lift else []),
    ]
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{_pair_word(desk)}: {esc(top.title)}**", width="stretch")
            opened = st.button(
                "Guideline card",
                key="to_guideline",
                icon=":material/menu_book:",
                type="tertiary",
                on_click=two_readings.choose,
                args=[top.title],
                help="A text for the guideline's owner; both readings stand side by side below.",
            )
        st.caption(esc(" · ".join(told)))
    if opened:
        two_readings.open_card(desk, top)


def _pair_word(desk: Desk) -> str:
    return "Most often seen two ways" if desk.subjective else "Most often confused"


def _queue(desk: Desk) -> None:
    """Draw the first items of the page of items, as that page finds and orders them."""
    only = Reason.AMBIGUOUS if desk.subjective else None  # no reading of several is an error
    asked = queue.Asked(desk.holding.info.label, desk.control, reason=only)
    found = queue.suggested(asked, desk.version)[:TEN]
    if not found:
        st.caption("Nothing stands out by what the answers tell.")
        return
    table(
        [
            {
                "Item": one.item,
                **in_tool(desk, one.item),
                "Why": REASON_NAMES[one.reason],
                "Evidence": evidence_words(one),
            }
            for one in found
        ],
        key="queue_items",
        alt=_QUEUE,
        whole=True,
        config=TOOL,
    )
    reason = REASON_NAMES[only] if only else None
    label = "All items to look at"
    to_items(label, project=desk.holding.info.label, control=desk.control, reason=reason)


def _below(desk: Desk) -> None:
    left, right = st.columns(2)
    with left:
        two_readings.disagreement(desk)
        two_readings.chosen_pair(desk)
    with right:
        _pairs(desk)
    _beside(desk)
    if judged.control_chart(desk, "agreement_drift") is not None:
        two_a_row(
            [
                (_over_time(desk), "over_time", [_over_time_query(desk)]),
                watched(desk, "label_mix_drift"),
            ]
        )
    left, right = st.columns(2)
    with left:
        tables.item_agreement(desk)
        tables.agreement_by(desk, "batch")
        helped = partial(tables.agreement_by, desk, "assisted")
        at_once_or_later(desk, _HELPED, "helped", helped, carded=True)
    with right:
        tables.peers(desk)
    _without(desk)


def _without(desk: Desk) -> None:
    asked = [desk.query("agreement_without", "annotator")]
    at_once_or_later(desk, _WITHOUT, "without", lambda: tables.without(desk), about=asked)


_HELPED = "With and without help"
_WITHOUT = "What agreement would be without each person"


def _beside(desk: Desk) -> None:
    """Draw the coefficients beside the headline, and how alike answers to an item are."""
    names = [*_headline(desk).beside, "agreement_entropy"]
    tiles([_tile(desk, name) for name in dict.fromkeys(names)])


def _matched(desk: Desk) -> None:
    """Draw agreement of answers that are no labels: over time and by pair of people."""
    name = _measured(desk)
    metric = METRICS[name]
    pairs, overall = desk.rows(name, "annotator_pair"), _value(desk.one(name))
    known = heatmap.pairs(pairs, min_n=metric.min_n, overall=overall, unit=metric.unit)
    grown = None
    if judged.control_chart(desk, "agreement_drift") is not None:
        grown = _over_time(desk)  # else it stands on the first screen
    two_a_row(
        [
            (grown, "over_time", [_over_time_query(desk)]),
            (known, "pairs", [desk.query(name, "annotator_pair")]),
        ]
    )
    _without(desk)


def _tile(desk: Desk, name: str) -> Tile:
    metric = METRICS[name]
    noun = "items" if metric.counted.startswith("items") else metric.counted
    return metric_tile(desk, _label(desk, name), name, noun)


def _headline(desk: Desk) -> Headline:
    """Return the measure that leads on the chosen question."""
    mix = [row["value"] for row in desk.rows("label_share", "label") if row["value"] is not None]
    return headline(desk.scale, max(mix, default=None))


_LABELS = {
    "agreement_alpha": "Alpha",
    "agreement_percent": "Agreement",
    "agreement_coverage": "Second answers",
    "agreement_entropy": "Entropy of answers",
    "match_f1": "Matched F1",
    "match_iou": "Matched IoU",
    "text_similarity": "Similarity",
    "rank_tau": "Tau",
}


def _label(desk: Desk, metric: str) -> str:
    if metric == "agreement_ac1":
        return "AC1" if desk.scale == Scale.NOMINAL else "AC2"
    return _LABELS[metric]


def _measured(desk: Desk) -> str:
    """Return what is drawn over time: plain agreement of labels, else what leads."""
    return "agreement_percent" if desk.scale in LABELED else _headline(desk).metric


@kept
def _over_time(desk: Desk) -> Figure:
    name = _measured(desk)
    metric, by = METRICS[name], _grain(desk, name)

    def level(since: date, until: date) -> float | None:
        return _value(desk.one(name, days=(since, until)))

    plain = name == "agreement_percent"  # a share, and so the mean of its days over their n
    word, noun = ("agreement", "items") if plain else (_label(desk, name), metric.counted)
    return shares.over_time(
        desk.rows(name, by),
        desk.span,
        key=by,
        measure=Measure(word, metric.unit, noun, metric.min_n),
        target=desk.target,
        level=None if plain else level,
    )


def _over_time_query(desk: Desk) -> MetricQuery:
    name = _measured(desk)
    return desk.query(name, _grain(desk, name))


_BY_PAIR = {"Agreement": "pair_agreement", "Kappa": "pair_kappa"}


def _pairs(desk: Desk) -> None:
    """Draw the pairs of people, by plain agreement or beyond chance."""
    with st.container(border=True, gap="xsmall"):
        chosen = st.segmented_control(
            "Pairs by",
            list(_BY_PAIR),
            default="Agreement",
            key="pairs_by",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        _pairs_by(desk, chosen or "Agreement")


def _pairs_by(desk: Desk, chosen: str) -> None:
    metric = METRICS[_BY_PAIR.get(chosen, "pair_agreement")]
    drawn(_pair_grid(desk, metric.name), "pairs", [desk.query(metric.name, "annotator_pair")])


@kept
def _pair_grid(desk: Desk, name: str) -> Figure:
    metric = METRICS[name]
    rows = desk.rows(name, "annotator_pair")
    overall = _value(desk.one("pair_agreement")) if metric.name == "pair_agreement" else None
    return heatmap.pairs(rows, min_n=metric.min_n, overall=overall, unit=metric.unit)


def _value(row: Row | None) -> float | None:
    return None if row is None else row["value"]


def _grain(desk: Desk, metric: str) -> str:
    """Days where most of them rest on enough items, else weeks."""
    rows = desk.rows(metric, "day")
    enough = sum(row["n"] >= METRICS[metric].min_n for row in rows)
    return "day" if enough * 2 >= len(rows) and len(rows) <= 200 else "week"


if __name__ == "__main__":
    page()
