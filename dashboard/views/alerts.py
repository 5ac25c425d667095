"""Alerts: what fires and who looks after it, the rules, where they are told, how good they were."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from dashboard import alert_acts, alerting, context, inbox, judged
from dashboard.alert_channels import channels
from dashboard.alert_quality import quality
from dashboard.alert_rules import rules
from dashboard.selection import current, live, menu, of_project
from dashboard.widgets import attention_card, empty, note, tiles
from labelpulse.alerts.inbox import PLACES, Place, not_told
from labelpulse.core import formats
from labelpulse.findings.attention import Finding
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile

INBOX, RULES, CHANNELS, QUALITY = (
    *("Inbox", "Rules"),
    *("Channels", "Quality"),
)
_PARTS: Mapping[str, Callable[[Selection], None]] = {
    RULES: rules,
    CHANNELS: lambda _selection: channels(),
    QUALITY: quality,
}
STARTER = """\
[alerting]
starter = true"""


def page() -> None:
    """Draw the page: numbers first, then the part that is chosen."""
    selection = current()
    live(selection, partial(_live_part, drawn=alerting.opened().stamp()))
    part = _part()
    alert_acts.tell_done()
    if part in _PARTS:
        _PARTS[part](selection)
    else:
        _inbox(selection)


def _part() -> str:
    """Draw the choice of the part to show; it lives in the address."""
    return (
        st.segmented_control(
            "Part",
            [INBOX, *_PARTS],
            default=INBOX,
            key="part",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        or INBOX
    )


def _live_part(selection: Selection, drawn: int) -> None:
    """Draw the tiles; where alerts changed since the page was drawn, it is drawn anew."""
    found = alerting.opened()
    if found.stamp() != drawn:
        st.rerun()
    own = found.of([selection.holding.info.id])
    places, elsewhere = own.in_places(), found.in_places()
    fires, all_fire = places["firing"], len(elsewhere["firing"])
    urgent = sum(one.level == "critical" for one in fires)
    below = f"{formats.count(urgent)} critical" if urgent else "in this project"
    if len(fires) < all_fire:
        below = f"{formats.count(all_fire)} in all projects"
    tiles(
        [
            Tile("Firing", formats.count(len(fires)), below, _FIRING),
            Tile("Pending", formats.count(len(own.waiting)), "not yet", _PENDING),
            Tile(
                "Acknowledged",
                formats.count(len(places["acknowledged"])),
                "looked after",
                _ACKNOWLEDGED,
            ),
            Tile("Silenced", formats.count(len(places["silenced"])), "for now", _QUIET),
        ]
    )


_FIRING = "Alerts of this project that are open, and that nobody acknowledged or silenced."
_PENDING = "Beyond their lines, but for fewer days than their rules wait."
_ACKNOWLEDGED = "Open alerts that somebody looks after: they are not told again."
_QUIET = "Open alerts of which nothing is told for now."


def _inbox(selection: Selection) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        projects, place = _scope(selection)
        found = alerting.opened().of(projects)
        those = alerting.recent(projects) if place == "recent" else found.in_places()[place]
        alert_acts.all_at_once(those, place)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if not context.may_name():
            note("Alerts are changed where the dashboard runs, or by `labelpulse alerts`.")
        if not those:
            _nothing(place, selection)
        names = _names(selection)
        inbox.cards(those, place, names)
        if place == "firing":
            inbox.waiting(found.waiting, names)
    with right:
        _attention(selection)


def _scope(selection: Selection) -> tuple[list[int] | None, Place]:
    """Draw which alerts are shown: of this project or of all, and where they lie."""
    labels = {label: place for place, label in PLACES.items()}
    chosen = st.segmented_control(
        "Alerts",
        list(labels),
        default=PLACES["firing"],
        key="alerts",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    projects = inbox.projects(selection)
    if alerting.may_write():
        alert_acts.who()
    return projects, labels[chosen or PLACES["firing"]]


def _names(selection: Selection) -> Callable[[int | None], Mapping[str, str]]:
    """Return what gives the names of a project's people, where they are shown."""
    shown = bool(selection.names)

    def of(project: int | None) -> Mapping[str, str]:
        return context.names(project) if shown and project is not None else {}

    return of


def _nothing(place: Place, selection: Selection) -> None:
    """Say why there is no alert here."""
    if not alerting.rules():
        empty(
            "Nothing is watched yet",
            (
                "What needs attention is found without rules. Rules watch a number day by day, "
                "remember, and tell people: turn on those that need no tuning, or make one here "
                "under Rules."
            ),
            [("Add to labelpulse.toml", STARTER)],
        )
        return
    if place == "recent":
        empty("No alert ended in the last 30 days", "")
    elif place != "firing":
        empty("No alert lies here", "")
    elif selection.loading:
        empty(
            "The first load is still running",
            "Rules wait for its end: half a history would fire at what is not there yet.",
        )
    else:
        n = formats.count_of(len(alerting.rules()), "rule", "rules")
        empty(
            "Nothing fires",
            f"{n} in force; Rules says how each of them stands.",
        )


def _attention(selection: Selection) -> None:
    """Draw the findings of the chosen project that no alert tells, and those of each other."""
    every = context.everything().projects
    open_ = alerting.opened().incidents

    def untold(one: Selection) -> list[Finding]:
        return not_told(judged.attention(one), open_, one.holding.info.id, one.control)

    attention_card(selection, untold(selection), first=4, pages=menu())
    for other in (of_project(one) for one in every if one.info.id != selection.holding.info.id):
        if those := untold(other):
            attention_card(other, those, first=3, pages=menu(), elsewhere=True)


if __name__ == "__main__":
    page()
