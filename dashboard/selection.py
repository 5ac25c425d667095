"""The head of every page: what it looks at, chosen in widgets that live in the URL.

An address shows somebody else the same page: project, team, control and days stand in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import streamlit as st

from dashboard import context
from dashboard.broken import alone
from dashboard.choice import choice, spot, tell_dropped, tell_outside
from dashboard.escape import esc
from dashboard.kiosk import KIOSK
from labelpulse.core import formats
from labelpulse.core.days import SECOND
from labelpulse.findings.pages import BETWEEN, EVER
from labelpulse.findings.selection import Choice, Days, Selection, selection_of
from labelpulse.reader.overview import Holding

USUAL_RANGE = "13 weeks"
RANGES = {
    "7 days": 7,
    "4 weeks": 28,
    USUAL_RANGE: 91,
    "1 year": 365,
    EVER: None,
    BETWEEN: None,
}
ALL_PROGRAMS, ALL_TEAMS = "All programs", "All teams"
NO_PROGRAM = "No program"

TICK_S = 4
"""With the beat of a source and `context.POLL_S`, new work is on a page within 15 s."""

CHARTS_S = 60
_SELECTION, _ASIDE = "chosen_selection", "told_of_choices"
MENU, HERE = "titles_in_menu", "title_of_page"
"""Where the entry keeps what pages there are, and which one is open."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chooses:
    """Which choices a page's header offers beside the project.

    Attributes:
        control: the page is about one question. shapes: that may ask for shapes, spans or texts;
            known: where gold is chosen. together: it has numbers of all questions together, too.
        days: the page has time charts or counts over days. compare: it has numbers of these days
            to set against those before. team: it can look at one team.
    """

    control: bool = False
    shapes: bool = False
    known: bool = False
    together: bool = False
    days: bool = True
    compare: bool = True
    team: bool = False

    @property
    def lacks(self) -> tuple[str, ...]:
        """Keys in the address of the choices that it does not offer."""
        offered = {
            "control": self.control,
            "team": self.team,
            "range": self.days,
            "compare": self.days and self.compare,
        }
        return tuple(key for key, there in offered.items() if not there)


def chosen(holdings: Sequence[Holding]) -> Holding | None:
    """Return the project that the URL or the widget names, else the first."""
    wanted = st.session_state.get("project") or st.query_params.get("project")
    named = (one for one in holdings if one.info.label == wanted)
    return next(named, next(iter(holdings), None))


def header(title: str, offers: Chooses) -> None:
    """Draw a page's head with its choices, which the page then finds by `current`.

    The entry draws it, not the page: so a choice is kept on the way from one page to another.
    """
    kind = "wall" if KIOSK in st.query_params else "choices"
    key = " ".join([kind, *(f"no {one}" for one in offers.lacks)])  # page.css hides by it
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=key)
    spot()
    with row:
        st.title(title, anchor=False, width="stretch")
        shown = _of_program(context.everything().projects)
        several = len(context.everything().projects) > 1
        _pick("Project", [one.info.label for one in shown], "project", 190, named=several)
        held = chosen(shown)
        if held is None:
            raise LookupError("pages are shown only where there is a project")
        names = [*held.controls, *_shapes(held, offers)]
        first, of_one = next(iter(names), None), partial(_pick_control, names, held)
        question = _chosen("control", first, of_one, offers)
        team = _chosen("team", ALL_TEAMS, _pick_team, offers)
        picked = _chosen("range", USUAL_RANGE, _pick_days, offers)
        days, between = picked or (RANGES[USUAL_RANGE], None)
        ended = between is None or None not in between
        compared = ended and (_chosen("compare", False, _compares, offers) or False)
    choice = Choice(question or first, team, days, between, compared)
    st.session_state[_SELECTION] = selection = selection_of(context, held, choice, _names(held))
    tell_outside(between, selection.span)
    st.session_state[_ASIDE] = [_questions(held, offers, choice.control), *_elsewhere(offers)]


def _shapes(held: Holding, offers: Chooses) -> Sequence[str]:
    """Return the questions without labels that a page may be about."""
    offered = offers.shapes or (offers.known and held.gold != "none")
    return held.unlabeled if offered or not (offers.control and held.controls) else ()


def _chosen(key: str, usual: object, draw: Callable[[], T], offers: Chooses) -> T | None:
    """Draw a choice where the page offers it, and return what is chosen; else None.

    One that was made elsewhere is drawn out of sight: so it stays in the address, through a reload
    too, until a page offers it again. It is drawn in its place, for the browser forgets what a
    widget holds that moves.

    Args:
        usual: what is chosen where nobody chose.
    """
    if key not in offers.lacks:
        return draw()
    if st.session_state.get(key, st.query_params.get(key)) not in (None, usual):
        draw()
    return None


def _questions(held: Holding, offers: Chooses, control: str | None) -> str:
    """Return which questions a page's numbers are of, where they do not follow the choice of one.

    A page without that choice judges quality, where it does, by the question that leads.
    """
    several = len({*held.controls, *held.unlabeled})
    if not offers.together or several < 2:
        return ""
    if not offers.control:
        return f"numbers are of the {several} questions together"
    return f"quality is of {control}, other numbers are of the {several} questions together"


def _elsewhere(offers: Chooses) -> list[str]:
    """Return which choices were made on another page, and are not followed by this one."""
    chose = st.session_state.get
    told = []
    if "team" in offers.lacks and (team := chose("team", ALL_TEAMS)) != ALL_TEAMS:
        told.append(f"of all teams, not {team} alone")
    if "range" in offers.lacks and chose("range", USUAL_RANGE) != USUAL_RANGE:
        told.append("not of the chosen days")
    return told


def current() -> Selection:
    """Return what the header of this page chose."""
    found: Selection = st.session_state[_SELECTION]
    return found


def of_project(held: Holding) -> Selection:
    """Return the selection of another project, on its own headline question."""
    names = [*held.controls, *held.unlabeled]
    return selection_of(context, held, Choice(next(iter(names), None)), _names(held))


def menu() -> frozenset[str]:
    """Return the titles of the other pages in the menu: those worth a link."""
    return frozenset(st.session_state.get(MENU, ())) - {st.session_state.get(HERE)}


def _names(held: Holding) -> dict[str, str]:
    """Return pseudonym -> name; nobody is named on a wall, or where names are turned off."""
    named = st.session_state.get("names", True) and KIOSK not in st.query_params
    return context.names(held.info.id) if named else {}


def program_of(held: Holding) -> str:
    """Return the program of a project, as the choice of one calls it."""
    return held.info.program or NO_PROGRAM


def of_program(holdings: Sequence[Holding], program: str | None) -> list[Holding]:
    """Return the projects of a program; all of them where it is no program of any."""
    return [one for one in holdings if program_of(one) == program] or list(holdings)


def _of_program(holdings: Sequence[Holding]) -> list[Holding]:
    """Draw the choice of a program where there are several, and return its projects."""
    known = sorted({program_of(one) for one in holdings})
    options = [ALL_PROGRAMS, *(known if len(known) > 1 else ())]
    return of_program(holdings, _pick("Program", options, "program", 150))


def _pick_control(names: list[str], held: Holding) -> str | None:
    """Draw the choice of a question; one that only other pages can show is kept for them."""
    if len(names) < 2:
        only, asked = next(iter(names), None), st.query_params.get("control")
        if only:
            known = {*held.controls, *held.unlabeled}
            tell_dropped("Control", "control", asked, known, only)
        return only
    return _pick("Control", names, "control", 150)


def _pick_team() -> str | None:
    teams = context.everything().teams
    found = _pick("Team", [ALL_TEAMS, *teams], "team", 130)
    return None if found == ALL_TEAMS else found


def _pick(
    label: str, options: list[str], key: str, width: int, *, named: bool = False
) -> str | None:
    """Draw a choice where there is one.

    Args:
        named: the address always names what is chosen, and so one option is drawn too.
    """
    if len(options) < 2 and not named:
        if st.session_state.get(key) not in options:
            st.session_state.pop(key, None)  # chosen on a page that offers more
        if options:
            tell_dropped(
                label,
                key,
                st.query_params.get(key),
                options,
                options[0],
            )
        return next(iter(options), None)
    return choice(label, options, key, width=width, usual=None if named else 0)


def _pick_days() -> tuple[int | None, Days | None]:
    """Draw the choice of days: the last so many, all, or those between two."""
    usual = list(RANGES).index(USUAL_RANGE)
    found = choice("Days", list(RANGES), "range", width=110, usual=usual)
    if found != BETWEEN:
        return RANGES.get(found or USUAL_RANGE, RANGES[USUAL_RANGE]), None
    picked = st.date_input(
        "First and last day",
        value=[],
        key="days",
        bind="query-params",
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=220,
    )
    return None, (picked[0] if picked else None, picked[-1] if len(picked) > 1 else None)


def _compares() -> bool:
    return st.toggle(
        "Compare",
        key="compare",
        bind="query-params",
        help=(
            "Says how far tiles and bars that follow the chosen days moved from the same number of "
            "days before them."
        ),
    )


def source_bar(selection: Selection) -> None:
    """Draw how fresh the source is, the zone of days, and a banner when numbers stand still."""
    state = selection.fresh
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(
            state.word,
            color=state.tone,
            icon=_ICONS.get(state.word, ":material/schedule:"),
        )
        st.caption(esc(" · ".join(_told(selection))), width="stretch")
    if state.stale:
        told = f"{state.text}. These numbers stand still."
        st.warning(esc(f"{told} {state.remedy}"))


def _told(selection: Selection) -> list[str]:
    """Return what the status line says of project, source, days and team."""
    told = [selection.holding.info.title, selection.fresh.text]
    if selection.file and selection.first is not None:
        told.append(f"answers to {formats.day_year(selection.span.until)}")
    told.append(selection.zone_line)
    if selection.against is not None:
        first, last = selection.against[0]
        compared = f"{formats.day(first)} to {formats.day(last)}"
        days = formats.count_of((last - first).days + 1, "day", "days")
        told.append(
            f"{days} without today against {compared}"
            if selection.without_today
            else f"against {compared}"
        )
    elif selection.compared:
        told.append("nothing before these days to set them against")
    if selection.team is not None:
        told.append(f"team {selection.team}; verdict, attention and drift are of the whole project")
    told += filter(None, st.session_state.get(_ASIDE, ()))
    if context.is_large(selection.holding):
        told.append(f"what needs all answers is up to {context.SLOW_MINUTES} min old")
    return told


_ICONS = {
    "Live": ":material/sensors:",
    "File": ":material/description:",
    "Broken": ":material/error:",
    "Stale": ":material/warning:",
    "Loading": ":material/downloading:",
}


def live(selection: Selection, draw: Callable[[Selection], None]) -> None:
    """Draw the part of a page that follows the data: status and tiles, never a chart.

    Charts around it are drawn anew when the data changed, and at most once a minute.
    """
    _live(selection, draw, context.now())


@st.fragment(run_every=TICK_S)
@alone("live")
def _live(selection: Selection, draw: Callable[[Selection], None], drawn_at: int) -> None:
    newest = selection.refreshed()
    source_bar(newest)
    draw(newest)
    if newest.version != selection.version and context.now() - drawn_at > CHARTS_S * SECOND:
        st.rerun()
