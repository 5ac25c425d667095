"""People: who can be told apart and who cannot, what each needs, reviewers, teams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from dashboard import judged, profile
from dashboard.escape import esc
from dashboard.kept import kept
from dashboard.people_tables import (
    members_table,
    reviewers_table,
    signals_table,
    states_table,
    teams_table,
)
from dashboard.person import choose
from dashboard.selection import current, live
from dashboard.widgets import empty, figure, later, note, tiles, two_a_row
from labelpulse.charts.caterpillar import Beside, caterpillar, finding
from labelpulse.charts.shares import over_time
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure
from labelpulse.findings import groups, people
from labelpulse.findings.assess import target_for
from labelpulse.findings.pages import PROFILE
from labelpulse.findings.people import GOLD, PEERS
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, estimate_tile, metric_tile
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery

LINKS, SHOWN = 3, 6
BY_NAME, BY_VALUE = "By name", "By value"


def page() -> None:
    """Draw the chosen part of the page."""
    selection = current()
    chosen = _choose("view", list(_VIEWS), "View")
    _VIEWS[chosen](selection)


def _choose(key: str, options: list[str], label: str) -> str:
    """Draw a choice that lives in the address; the first option is the usual one."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)  # chosen on another page
    if len(options) < 2:
        return options[0]
    found = st.segmented_control(
        label,
        options,
        default=options[0],
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return found or options[0]


def _table(selection: Selection) -> None:
    live(selection, _live_part)
    found, members = judged.people_evidence(selection), judged.members(selection)
    if found:
        _compared(selection, members, found)
    else:
        _nothing_to_compare(selection)
    members_table(selection, members)
    told = "Signals and states: reasons to talk, no proof"
    later(told, "signals", lambda: _signals(selection))


def _live_part(selection: Selection) -> None:
    counts = {
        "People": "active_annotators",
        "Labels submitted": "annotations_submitted",
    }
    shown = [replace(metric_tile(selection, *one), below="") for one in counts.items()]
    shown.append(metric_tile(selection, "Median time", "time_spent_median", "times"))
    for metric in people.comparing(selection):
        raw, label = people.plain_of(metric), profile.label(metric)
        shown.append(metric_tile(selection, label, raw, "answers"))
    tiles([*shown, *_reviewed(selection)])


def _reviewed(selection: Selection) -> list[Tile]:
    row = selection.one("first_pass_yield")
    if row is None or row["value"] is None:
        return []
    about = selection.query("first_pass_yield")
    label = "Accepted at first review"
    return [estimate_tile(label, row, "share", "items", about)]


def _compared(
    selection: Selection, members: Sequence[people.Member], found: Sequence[people.Evidence]
) -> None:
    """Draw the caterpillar by the best evidence or the other, and say what the other shows.

    People stand by name unless a ranking is chosen.
    """
    by_label = {_BY[one.metric]: one for one in found}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = by_label[_choose("by", list(by_label), "Compared by")]
        order = _choose("order", [BY_NAME, BY_VALUE], "Order")
        _profiles(members, found)
    drawn = _caterpillar(selection, chosen.metric, order == BY_VALUE)
    figure(drawn, "caterpillar", [selection.query(chosen.metric, "annotator")])
    for one in found:
        if one is not chosen and any(row["below"] for row in one.rows):
            told = finding(one.rows, one.measure)
            note(f"By {one.measure.name}: {told}.")


@kept
def _caterpillar(selection: Selection, metric: str, ranked: bool) -> Figure:
    shown = next(one for one in judged.people_evidence(selection) if one.metric == metric)
    beside = Beside(*people.weekly(selection))
    target = target_for(selection, people.plain_of(metric))
    return caterpillar(shown.rows, shown.measure, target=target, beside=beside, ranked=ranked)


_BY = {
    GOLD: "Known answers",
    "gold_match_f1": "Known answers",
    PEERS: "The others",
    "match_f1": "The others",
    "text_similarity": "The others",
    "rank_tau": "The others",
}


def _profiles(members: Sequence[people.Member], found: Sequence[people.Evidence]) -> None:
    """Draw ways to the profiles of those who stand apart from the rest, few at most."""
    apart = people.apart(found)
    for one in [member for member in members if member.name in apart][:LINKS]:
        st.button(
            f"Training card of {esc(one.name)}",
            key=f"profile {one.id}",
            icon=":material/person:",
            type="tertiary",
            on_click=_open,
            args=(one.id,),
        )


def _open(person: str) -> None:
    """Choose a profile: a link to one's own page would lose what stands in the address."""
    st.session_state["view"] = PROFILE
    choose(person)


def _nothing_to_compare(selection: Selection) -> None:
    """Say that nothing tells how good anybody's answers are, and what would."""
    measures = people.comparing(selection)
    least = METRICS[GOLD].min_n
    if measures:
        names = formats.listed([people.measure_of(one).name for one in measures])
        note(
            f"Of fewer than two people the {names} is known well enough: from {least} answers "
            "each on they are compared."
        )
        return
    empty(
        "Nobody can be compared yet: nothing tells right answers from wrong ones",
        f"Let two people answer the same items: with {least} items in common each, it shows "
        "who differs from the others. Known answers tell who is right. Until then this page shows "
        "volume and speed alone, which say nothing of quality.",
    )


def _signals(selection: Selection) -> None:
    signals_table(people.signals(selection), context_of(selection))
    if selection.control is not None:
        states_table(people.states(selection))


def context_of(selection: Selection) -> str:
    """Return whom signals compare with."""
    return f"Everybody in {selection.holding.info.title} in these days is what is usual."


def _profile(selection: Selection) -> None:
    live(selection, lambda _: None)
    profile.draw(selection)


def _reviewers(selection: Selection) -> None:
    if groups.reviewed(selection) is None:
        live(selection, lambda _: None)
        empty(
            "No reviews in these days",
            (
                "Reviewers appear here once the source has verdicts: a review stage in the tool, "
                "or an import with a status of accepted or rejected and the reviewer's name."
            ),
        )
        return
    live(selection, _reviews_part)
    found = groups.reviewers(selection)
    if found:
        reviewers_table(selection, found)
    else:
        note("The source has verdicts, but does not name who gave them.")


def _reviews_part(selection: Selection) -> None:
    about = [
        ("Reviewed", "review_coverage"),
        ("Accepted unchanged", "review_acceptance"),
    ]
    shown = [metric_tile(selection, label, metric) for label, metric in about]
    shown += _reviewed(selection)
    if selection.control is not None:
        row, why = selection.one("review_error"), selection.query("review_error")
        shown.append(estimate_tile("Wrong work", row, "share", "items", why))
        tiles(shown)
        note("" if row is None or row["value"] is None else row["note"])
        return
    tiles(shown)


def _teams(selection: Selection) -> None:
    live(selection, lambda _: None)
    found = groups.teams(selection)
    if found:
        teams_table(selection, found)
        two_a_row(
            [_inside(selection, one.name) for one in found if groups.INSIDE in one.rows][:SHOWN]
        )
        return
    empty(
        "No teams yet",
        (
            "Teams are named in labelpulse.toml, members by e-mail address or native id; the next "
            "poll counts by them, history too."
        ),
        [
            (
                "Add this to labelpulse.toml",
                '[[teams]]\nname = "Manila"\nmembers = ["ana@example.org", "ben@example.org"]',
            )
        ],
    )


@kept
def _inside(selection: Selection, team: str) -> tuple[Figure, str, list[MetricQuery]]:
    """Return how a team's people agree with each other, week by week."""
    rows = groups.inside(selection, team, "week")
    name = f"{team}: agreement inside"
    named = Measure(name, "share", "items", METRICS[groups.INSIDE].min_n)
    shown = over_time(rows, selection.span, key="week", measure=named, target=selection.target)
    query = selection.query(groups.INSIDE, "week", where=groups.of_team(team))
    return shown, f"inside {team}", [query]


_VIEWS: Mapping[str, Callable[[Selection], None]] = {
    "Table": _table,
    PROFILE: _profile,
    "Reviewers": _reviewers,
    "Teams": _teams,
}


if __name__ == "__main__":
    page()
