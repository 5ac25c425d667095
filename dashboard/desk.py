"""What a page looks at: one project, perhaps one control, some days; chosen in the header.

The choice lives in the URL, so that an address shows somebody else the same page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import context
from dashboard.escape import esc
from dashboard.freshness import FILES, Freshness, freshness
from labelpulse.charts import formats
from labelpulse.charts.series import by_period
from labelpulse.charts.theme import Span
from labelpulse.core.days import SECOND, zone
from labelpulse.core.events import Scale
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row
from labelpulse.reader.overview import Holding

RANGES = {"4 weeks": 28, "13 weeks": 91, "1 year": 365, "All": None}
USUAL_RANGE = "13 weeks"
_CHOICE = "chosen desk"
_PEOPLE = ("annotator", "annotator_a", "annotator_b")
_ZONES = {
    "set": "",
    "default": " (the default of the configuration)",
    "machine": " (this machine)",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """The choice of a page, and how it asks.

    Attributes:
        control: the chosen question, one with labels where there is any; None without questions.
        span: the days of charts, in the project's zone; a file has no now, so its days end with
            its last answer, and its today is the day after. whole: no day is left out.
        version: of the data that answers are about.
        names: pseudonym -> name, empty to show pseudonyms.
    """

    holding: Holding
    control: str | None
    span: Span
    whole: bool
    version: int
    names: dict[str, str]

    @property
    def timezone(self) -> str:
        """The IANA zone of days."""
        return self.holding.info.counted.timezone

    @property
    def deadline(self) -> date | None:
        """The last day that the operator set."""
        day = self.holding.info.deadline
        return None if day is None else date.fromordinal(day)

    @property
    def file(self) -> bool:
        """True when the project was imported: nobody is at work on it now."""
        return self.holding.info.source.type == FILES

    @property
    def now_day(self) -> date:
        """The project's day by the clock."""
        return _clock_day(self.timezone)

    @property
    def target(self) -> float | None:
        """The operator's target for the chosen control."""
        return self.holding.targets.get(self.control or "")

    @property
    def scale(self) -> Scale:
        """How answers to the chosen control compare."""
        rules = self.holding.info.counted.controls.values()
        return next((one.scale for one in rules if one.name == self.control), Scale.NOMINAL)

    @property
    def loading(self) -> bool:
        """True while the first load runs."""
        return self.holding.info.source.loading

    def refreshed(self) -> "Desk":
        """Return the same choice on the newest data."""
        held = context.holding(self.holding.info.id) or self.holding
        return replace(self, holding=held, version=context.version(held.info.id))

    def query(
        self,
        metric: str,
        *by: str,
        days: tuple[date | None, date | None] | None = None,
        where: Sequence[str] = (),
    ) -> MetricQuery:
        """Return a query on this choice; about the chosen control where the metric has one.

        Args:
            days: first and last day, None = open; by default the chosen span.
        """
        known = METRICS[metric]
        since, until = (None, None) if known.state else days or self._days()
        return MetricQuery(
            metric,
            project=_unique(self.holding),
            since=None if since is None else since.isoformat(),
            until=None if until is None else until.isoformat(),
            by=by,
            where=tuple(where),  # type: ignore[arg-type]
            control=self.control if known.on_control else None,
        )

    def _days(self) -> tuple[date | None, date | None]:
        return (None, None) if self.whole else (self.span.since, self.span.until)

    def rows(self, metric: str, *by: str, **more: Any) -> list[Row]:
        """Return a metric's rows, people named as chosen."""
        found = context.answer(self.query(metric, *by, **more), self.version)
        return [self._named(row) for row in found]

    def one(self, metric: str, **more: Any) -> Row | None:
        """Return the single row of a metric; None without data."""
        return next(iter(self.rows(metric, **more)), None)

    def detail(self, kind: str) -> list[Row]:
        """Return one of the tables behind single numbers, for this choice."""
        return context.detail(kind, self.query("agreement_percent"), self.version)

    def _named(self, row: Row) -> Row:
        if not self.names:
            return row
        people = {key: self.names.get(row[key], row[key]) for key in _PEOPLE if key in row}
        return {**row, **people}


def _unique(holding: Holding) -> str:
    """Return the project's name as the reader finds it among others of the same title."""
    return holding.info.label


def chosen(holdings: Sequence[Holding]) -> Holding | None:
    """Return the project that the URL or the widget names, else the first."""
    wanted = st.session_state.get("project") or st.query_params.get("project")
    named = (one for one in holdings if one.info.label == wanted)
    return next(named, next(iter(holdings), None))


def header(title: str, *, control: bool, days: bool, shapes: bool = False) -> None:
    """Draw a page's head with its choices, which the page then finds by `current`.

    The entry draws it, not the page: so a choice is kept on the way from one page to another.

    Args:
        control: the page is about one question. days: the page has time charts.
        shapes: that question may ask for shapes, spans or texts beside labels.
    """
    holdings = context.everything().projects
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(title, anchor=False, width="stretch")
        _pick("Project", [one.info.label for one in holdings], "project", 220)
        held = chosen(holdings)
        if held is None:
            raise LookupError("pages are shown only where there is a project")
        names = [*held.controls, *(held.unlabeled if shapes or not held.controls else ())]
        question = _pick("Control", names, "control", 180) if control else None
        length = _pick_range() if days else RANGES[USUAL_RANGE]
    st.session_state[_CHOICE] = _desk(held, question or next(iter(names), None), length)


def current() -> Desk:
    """Return what the header of this page chose."""
    found: Desk = st.session_state[_CHOICE]
    return found


def _pick(label: str, options: list[str], key: str, width: int) -> str | None:
    """Draw a choice where there is one."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)  # chosen on a page that offers more
    if len(options) < 2:
        return next(iter(options), None)
    return st.selectbox(
        label, options, key=key, bind="query-params", label_visibility="collapsed", width=width
    )


def _pick_range() -> int | None:
    found = st.segmented_control(
        "Days",
        list(RANGES),
        default=USUAL_RANGE,
        key="range",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return RANGES.get(found or USUAL_RANGE, RANGES[USUAL_RANGE])


def _desk(held: Holding, control: str | None, length: int | None) -> Desk:
    project = held.info
    today = _clock_day(project.counted.timezone)
    named = st.session_state.get("names", True)
    desk = Desk(
        holding=held,
        control=control,
        span=Span(today, today, today),
        whole=length is None,
        version=context.version(project.id),
        names=context.names(project.id) if named else {},
    )
    return replace(desk, span=_span(desk, length))


def _clock_day(zone_name: str) -> date:
    return datetime.fromtimestamp(context.now() / SECOND, UTC).astimezone(zone(zone_name)).date()


def _span(desk: Desk, length: int | None) -> Span:
    """Return the chosen days; what lies before the first day with work would be an empty half.

    A source's clock may be ahead of ours at midnight: no span begins after today.
    """
    today = until = desk.span.today
    found = by_period(desk.rows("annotations_submitted", "day", days=(None, None)), "day")
    if desk.file and found:
        until = max(found)
        today = until + timedelta(days=1)
    first = min([*found, until])
    return Span(
        first if length is None else max(first, until - timedelta(length - 1)), until, today
    )


def grain(desk: Desk) -> str:
    """Return what time charts are split by: days, or weeks where there are too many days."""
    return "day" if len(desk.span.days) <= 130 else "week"


def zone_line(desk: Desk) -> str:
    """Return the header's words on the zone of days."""
    return f"Days in {desk.timezone}{_ZONES[desk.holding.zone_from]}"


def fresh(desk: Desk) -> Freshness:
    """Return how fresh the project's source is now."""
    source = desk.holding.info.source
    return freshness(source, context.now(), desk.timezone, context.interval(source.name))


def source_bar(desk: Desk) -> None:
    """Draw how fresh the source is, the zone of days, and a banner when numbers stand still."""
    state = fresh(desk)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(state.word, color=state.tone, icon=_ICONS.get(state.word, ":material/schedule:"))
        ends = f" · answers to {formats.day_year(desk.span.until)}" if desk.file else ""
        line = f"{desk.holding.info.title} · {state.text}{ends} · {zone_line(desk)}"
        st.caption(esc(line), width="stretch")
    if state.stale:
        st.warning(esc(f"{state.text}. These numbers stand still. {state.remedy}"))


_ICONS = {
    "Live": ":material/sensors:",
    "File": ":material/description:",
    "Broken": ":material/error:",
    "Stale": ":material/warning:",
    "Loading": ":material/downloading:",
}


def live(desk: Desk, draw: Callable[[Desk], None]) -> None:
    """Draw the part of a page that follows the data: status and tiles, never a chart.

    Charts around it are drawn anew when the data changed, and at most once a minute.
    """
    _live(desk, draw, context.now())


TICK_S = 4
CHARTS_S = 60


@st.fragment(run_every=TICK_S)
def _live(desk: Desk, draw: Callable[[Desk], None], drawn_at: int) -> None:
    newest = desk.refreshed()
    source_bar(newest)
    draw(newest)
    if newest.version != desk.version and context.now() - drawn_at > CHARTS_S * SECOND:
        st.rerun()
