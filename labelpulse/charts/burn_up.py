"""The burn-up fan: labels made so far, what is needed, and where the forecast leads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate, groupby

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days
from labelpulse.charts.theme import MAIN, MUTED, Figure, day_axis, painted, utc, value_axis
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.forecast import Forecast, read_forecast
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Mark, Span
from labelpulse.stats.forecast import HORIZON

HEIGHT = 346
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
_MARGIN = 0.03
"""Free days after the last one drawn, as a part of all."""
_FAR = 2
"""A late day further than so many times the way to the middle one is cut off, and told."""
_STRIPES = 260
"""Over more days than this, days without work would be stripes."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a burn-up draws, all of it in required labels.

    Attributes:
        made: labels by day. before: labels of unknown days, which count from the start.
        scope: (from which day on, labels needed in all), oldest first; the last is today's.
        finish: of ``finish_date``. then: a forecast of before, its ``day``, p50 and remaining.
        required: of ``required_rate``, and ``made``: labels submitted per working day.
        off: days without work that are to be shaded.
        unsure: why it is not known how many labels are needed; "" = it is.
        why: why there is no forecast where there is none; "" = as the forecast's note says.
        known: the scope is known by day; else it is drawn as it is now.
    """

    made: Mapping[date, float]
    before: float
    scope: Sequence[tuple[date, float]]
    span: Span
    deadline: date | None = None
    finish: Row | None = None
    then: Row | None = None
    required: Row | None = None
    off: Sequence[date] = ()
    unsure: str = ""
    why: str = ""
    known: bool = False
    done: Mapping[date, float] = field(init=False)

    def __post_init__(self) -> None:
        """Sum up what was done by the end of each day, up to today though the span ends before."""
        first, today = min([*self.made, self.span.since]), self.span.today
        days = Span(first, max(self.span.until, today), today).days
        sums = accumulate((self.made.get(day, 0) for day in days), initial=self.before)
        object.__setattr__(self, "done", dict(zip([first - _DAY, *days], sums, strict=True)))

    @property
    def total(self) -> float:
        """Labels needed in all, as of now."""
        return self.scope[-1][1] if self.scope else 0

    @property
    def now(self) -> float:
        """Labels made so far, those after the span too."""
        return self.done[max(self.span.until, self.span.today)]

    @property
    def found(self) -> Forecast | None:
        """The forecast, where there is one."""
        return read_forecast(self.finish)


def burn_up(course: Course) -> Figure:
    """Return labels made and needed by day, and the fan of the forecast up to its late day."""
    found = course.found
    shown = _shown(course, found)
    layers = [*_off(course, shown), _scope(course, shown)]
    if found is not None:
        layers += [*_then(course, shown), *_fan(course, found, shown)]
    done, today = _done(course, shown)
    layers += done
    title = _title(course, found)
    last = formats.day_year(shown.until)
    described = f"Lines over days, to {last}. {title}."
    chart = over_days(layers, shown, HEIGHT, _marks(course, found))
    return Figure(title, _note(course, found, today=today), described, chart, len(course.done))


def _title(course: Course, found: Forecast | None) -> str:
    if found is not None:
        return "; ".join(filter(None, (_against(found), _pace(course.required))))
    share = formats.percent(course.now / course.total if course.total else None)
    made = formats.count(course.now)
    if course.unsure:
        items = formats.count_of(course.total, "item", "items")
        return f"{share} have a label: {made} of {items}"
    labels = formats.count_of(course.total, "label", "labels")
    return f"{share} done: {made} of {labels}"


def _against(found: Forecast) -> str:
    day, late = formats.day_year(found.middle), found.days_late
    if late is None:
        return f"Likely done {day}"
    if not late:
        return f"Likely done {day}, the day of the deadline"
    days = formats.count_of(abs(late), "day", "days")
    if late > 0:
        return f"Likely done {day}, {days} late"
    return f"Likely done {day}, {days} early"


def _pace(required: Row | None) -> str:
    if required is None or required["value"] is None or not required["made"]:
        return ""
    need, has = formats.rate(required["value"]), formats.rate(required["made"])
    return f"needs {need} labels a day, makes {has}"


def _note(course: Course, found: Forecast | None, *, today: bool) -> str:
    finish = course.finish
    untold = course.why or ("" if finish is None else finish["note"] or "")
    return sentences(
        _unit(course),
        _told(finish) if found is not None else "",
        _then_told(course) if found is not None else "",
        _BEYOND if found is not None and course.span.until < course.span.today else "",
        f"No forecast: {untold}." if untold and found is None else "",
        "Shaded: days without work." if course.off else "",
        "Ring: today, so far." if today else "",
    )


_BEYOND = "The chosen days end before today; drawn are those up to it, for the forecast starts now."


def _told(finish: Row | None) -> str:
    if finish is None:
        return "Fan: four forecasts in five end in it."
    return f"Fan: four forecasts in five end in it ({finish['note']})."


def _unit(course: Course) -> str:
    if course.unsure:
        return f"In labels, one an item: {course.unsure}."
    if course.known:
        return "Upper line: labels needed by the items that were there then."
    return "Upper line: labels needed, as they are now."


def _then_told(course: Course) -> str:
    then = read_forecast(None if course.then is None else {"deadline": None, **course.then})
    if then is None or course.then is None:
        return ""
    made, end = date.fromisoformat(course.then["day"]), then.middle
    day, likely = formats.day_month(made), formats.day_month(end)
    return f"Grey dots: the forecast of {day}, which ended on {likely}."


def _shown(course: Course, found: Forecast | None) -> Span:
    """Return the days of the axis: to the late day of the forecast and the deadline."""
    span = course.span
    ends = [span.until]
    if found is not None:
        far = span.today + _FAR * (found.middle - span.today) + timedelta(days=14)
        ends += [found.middle, min(found.late or far, far)]
        if course.deadline is not None:
            ends.append(course.deadline)
    elif course.deadline is not None and span.until < course.deadline <= span.until + _YEAR:
        ends.append(course.deadline)
    until = max(ends)
    ahead = until > span.until
    margin = timedelta(days=max(round((until - span.since).days * _MARGIN), 1) if ahead else 0)
    return replace(span, until=until + margin)


def _marks(course: Course, found: Forecast | None) -> list[Mark]:
    """Return the deadline and the middle day, at the ends of their days."""
    marks = []
    if course.deadline is not None:
        deadline = f"deadline {formats.day_month(course.deadline)}"
        marks.append(Mark(course.deadline + _DAY, deadline, True))
    if found is not None:
        marks.append(Mark(found.middle + _DAY, _likely(found)))
    return marks


def _likely(found: Forecast) -> str:
    day, late = formats.day_month(found.middle), found.days_late or 0
    if late <= 0:
        return f"p50 {day}"
    return f"p50 {day}, {formats.count_of(late, 'day', 'days')} late"


def _off(course: Course, shown: Span) -> list[alt.Chart]:
    """Return pale bands over the days without work."""
    days = sorted(day for day in course.off if shown.since <= day <= shown.until)
    if not days or len(shown.days) > _STRIPES:
        return []
    placed = groupby(enumerate(days), key=lambda one: one[1].toordinal() - one[0])
    runs = [[day for _, day in run] for _, run in placed]
    frame = pd.DataFrame(
        {"day": utc([run[0] for run in runs]), "end": utc([run[-1] + _DAY for run in runs])}
    )
    bands = alt.Chart(frame).mark_rect(opacity=0.12)
    return [
        painted(bands.encode(x=day_axis(shown.since, shown.until, whole=False), x2="end:T"), MUTED)
    ]


def _lines(rows: Iterable[tuple[date, float]], title: str) -> pd.DataFrame:
    """Return points at the end of their days, which is where the next ones begin."""
    known = list(rows)
    days = [day for day, _ in known]
    return pd.DataFrame(
        {
            "day": utc([day + _DAY for day in days]),
            "value": [value for _, value in known],
            "when": [formats.day_year(day) for day in days],
            "what": title,
        }
    )


def _base(frame: pd.DataFrame, shown: Span) -> alt.Chart:
    chart: alt.Chart = alt.Chart(frame).encode(
        x=day_axis(shown.since, shown.until),
        y=value_axis("value", "labels", tickMinStep=1),
        tooltip=[
            alt.Tooltip("when:N", title="By the end of"),
            alt.Tooltip("value:Q", title="labels", format=",.0f"),
            alt.Tooltip("what:N", title=" "),
        ],
    )
    return chart


def _scope(course: Course, shown: Span) -> alt.Chart:
    """Return the labels needed: steps where items came, to the end of the axis."""
    before = [total for day, total in course.scope if day <= shown.since]
    steps = [(shown.since - _DAY, before[-1])] if before else []
    steps += [(day - _DAY, n) for day, n in course.scope if shown.since < day <= shown.until]
    frame = _lines([*steps, (shown.until, course.total)], "needed")
    line = _base(frame, shown).mark_line(interpolate="step-after", strokeWidth=1.5)
    return painted(line, MUTED)


def _done(course: Course, shown: Span) -> tuple[list[alt.Chart], bool]:
    """Return the labels made by the end of each day, and today's so far; is today in it?"""
    last = min(shown.today - _DAY, shown.until)
    over = {d: n for d, n in course.done.items() if shown.since - _DAY <= d <= last}
    frame = _lines(over.items(), "made")
    area = _base(frame, shown).mark_area(opacity=0.16, line={"strokeWidth": 2.5})
    layers = [painted(area, MAIN)]
    today = course.span.until >= course.span.today or course.found is not None
    if today:
        point = _lines([(course.span.today, course.now)], "today, so far")
        ring = _base(point, shown).mark_point(size=55, strokeWidth=2, filled=False)
        layers.append(painted(ring, MAIN))
    return layers, today


def _fan(course: Course, found: Forecast, shown: Span) -> list[alt.Chart]:
    """Return the band and the middle way; both edges are straight: only their ends are forecast."""
    start = course.span.today - _DAY
    done, total = course.done[start], course.total
    late = found.late or start + timedelta(days=HORIZON)
    ends = {start, found.early, found.middle, late, shown.until}
    days = sorted(day for day in ends if day <= shown.until)

    def at(day: date, end: date) -> float:
        return done + (total - done) * min((day - start).days / max((end - start).days, 1), 1)

    most = "at most, four times in five"
    frame = _lines([(day, at(day, found.early)) for day in days], most)
    frame["least"] = [at(day, late) for day in days]
    band = _base(frame, shown).mark_area(opacity=0.22).encode(y2="least:Q")
    way = _lines([(start, done), (found.middle, total)], "middle forecast")
    dashed = _base(way, shown).mark_line(strokeDash=[6, 3], strokeWidth=2)
    return [painted(band, MAIN), painted(dashed, MAIN)]


def _then(course: Course, shown: Span) -> list[alt.Chart]:
    """Return the middle way of the forecast of before, from what was done then."""
    row = course.then
    if row is None or row["p50"] is None:
        return []
    day, end = date.fromisoformat(row["day"]), date.fromisoformat(row["p50"])
    start = day - _DAY
    done = course.done.get(start)
    if done is None:
        return []
    way = _cut((start, done), (end, done + row["remaining"]), shown)
    title = f"as forecast on {formats.day(day)}"
    line = _base(_lines(way, title), shown)
    drawn = line.mark_line(strokeDash=[2, 3], strokeWidth=2)
    return [painted(drawn, MUTED)]


def _cut(
    first: tuple[date, float], last: tuple[date, float], shown: Span
) -> list[tuple[date, float]]:
    """Return the part of a straight line that lies within the axis."""
    days = max((last[0] - first[0]).days, 1)

    def at(day: date) -> tuple[date, float]:
        return day, first[1] + (last[1] - first[1]) * (day - first[0]).days / days

    since, until = shown.since - _DAY, shown.until
    return [at(max(first[0], since)), last if last[0] <= until else at(until)]
