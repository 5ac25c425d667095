"""Rows as the reader gives them, few and made up, one set a chart."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

from labelpulse.alerts.firing_texts import timeline_text, watched_text
from labelpulse.charts import (
    assist,
    burn_up,
    caterpillar,
    heatmap,
    influence,
    labels,
    profile,
    ranking,
    series,
    shares,
    spells,
    team,
    triangle,
)
from labelpulse.charts.burn_up import Course
from labelpulse.charts.stages import Outlined
from labelpulse.charts.theme import Figure
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Mark, Point, Span, Spell
from labelpulse.findings.alarms import MIX_CAUSES, Watched, current_alarm
from labelpulse.reports import figures

TODAY = date(2026, 11, 24)
AGES = ("< 1 day", "1–3 days", "3–7 days", "> 7 days")
NOTED = Mark(TODAY - timedelta(days=6), "Guideline v2")
SPAN = Span(TODAY - timedelta(days=15), TODAY, TODAY, (NOTED,))
AGREEMENT = Measure("agreement", "share", "items", 20)
ACCURACY = Measure("accuracy", "share", "known answers", 20)


def row(value: float | None, n: int = 1, half: float | None = None, **keys: object) -> Row:
    """A row with an interval of ± half around the value."""
    low = high = None
    if half is not None and value is not None:
        low, high = max(0.0, value - half), min(1.0, value + half)
    return {**keys, "value": value, "low": low, "high": high, "n": n, "note": ""}


DAILY = [
    row(value, value, day=(TODAY - timedelta(days=back)).isoformat())
    for back, value in ((15, 90), (14, 180), (12, 100), (5, 70), (4, 60), (1, 50), (0, 20))
]
DAILY_AGREEMENT = [
    row(0.90 - back * 0.0, 40 if back != 3 else 9, 0.08 if back != 3 else None, day=_day)
    for back in range(9, -1, -1)
    if (_day := (TODAY - timedelta(days=back)).isoformat())
]
PEOPLE = [
    row(0.95, 60, 0.05, annotator="Wren 4"),
    row(0.60, 80, 0.10, annotator="lynx 12"),
    row(0.40, 9, 0.30, annotator="Heron 7"),
    row(None, 0, None, annotator="Stoat 1"),
]
WATCHED = Watched(AGREEMENT)
MIX = Watched(Measure("mix of labels", "", "labels", 20), MIX_CAUSES)


def drift(back: int, smooth: float | None = None, **more: object) -> Row:
    """A row of a drift metric, so many days back: usually 90 %, with limits of ± 5 points."""
    known = smooth is not None
    level = {"baseline": 0.9, "lower": 0.85, "upper": 0.95} if known else {}
    empty = dict.fromkeys(("baseline", "lower", "upper", "episode", "change_day", "cause"))
    day = (TODAY - timedelta(days=back)).isoformat()
    return {
        **row(None if smooth is None else 40 * (smooth - 0.9), 40, day=day),
        **empty,
        **level,
        "note": None if known else "baseline",
        "rate": 0.9 if smooth is None else smooth,
        "limit": 3.2 if known else None,
        "smooth": smooth,
        "alarm": False,
        **more,
    }


def fallen(back: int, smooth: float, **more: object) -> Row:
    """A row on which an alarm stands that began five days ago."""
    change = (TODAY - timedelta(days=5)).isoformat()
    told = {"alarm": True, "episode": 1, "change_day": change, "cause": "quality"}
    return drift(back, smooth, **{**told, **more})


DRIFT = [
    *(drift(back) for back in (12, 11, 10)),
    *(drift(back, 0.9) for back in (9, 8, 7, 6)),
    drift(5, 0.86),
    fallen(4, 0.84),
    fallen(3, 0.83),
    fallen(1, 0.82),
]
WITHOUT = [
    row(0.74, 300, 0.03, annotator="Wren 4", headline=0.70, difference=0.04),
    row(0.69, 280, 0.03, annotator="Lynx 12", headline=0.70, difference=-0.01),
    row(None, 0, annotator="Stoat 1", headline=0.70, difference=None),
]
FINISH = {
    **row(None, 60),
    "value": "2026-12-21",
    "note": "if the present pace holds; 6 of 6 past forecasts held the day in their 80 % band",
    "p10": "2026-12-17",
    "p50": "2026-12-21",
    "p90": "2027-01-05",
    "deadline": "2026-12-18",
    "remaining": 4000,
}
REQUIRED = {**row(250.0, 4000), "made": 210.0}
HELD = [
    Point(
        day=TODAY - timedelta(days=back),
        value=0.9 if back > 6 else 0.72,
        low=0.85 if back > 6 else 0.66,
        high=0.94 if back > 6 else 0.78,
        n=40 + back,
        floor=0.8,
        open=back == 0,
    )
    for back in (12, 11, 9, 7, 6, 5, 4, 1, 0)
]
FIRED = [
    Spell(TODAY - timedelta(days=11), TODAY - timedelta(days=10)),
    Spell(TODAY - timedelta(days=5), TODAY, open=True),
]
COURSE = Course(
    made={date.fromisoformat(str(one["day"])): one["value"] for one in DAILY},
    before=30,
    scope=[(SPAN.since - timedelta(days=30), 4000), (TODAY - timedelta(days=9), 4580)],
    span=SPAN,
    deadline=date(2026, 12, 18),
    finish=FINISH,
    then={
        "day": "2026-11-10",
        "p10": "2026-12-10",
        "p50": "2026-12-14",
        "p90": "2026-12-20",
        "remaining": 4400,
    },
    required=REQUIRED,
    off=[TODAY - timedelta(days=n) for n in (10, 9, 3, 2, 1, -4, -5)],
    known=True,
)


def present(figure: Figure | None) -> Figure:
    """A figure that is there."""
    assert figure is not None
    return figure


def stands(value: float, n: int, group: int | None, **more: object) -> Row:
    """A row of somebody's accuracy, in a group of people who cannot be told apart."""
    told = {"raw": value - 0.02, "group": group, "below": False, **more}
    return {**row(value, n, 0.08), **told}


CROWD = [
    stands(0.90, 60, 1, annotator="Wren 4"),
    stands(0.88, 40, 1, annotator="lynx 12"),
    stands(0.85, 90, 1, annotator="Otter 3"),
    stands(0.55, 70, 2, annotator="Heron 7", below=True),
    stands(0.70, 9, None, annotator="Stoat 1"),
]
EIGHT_WEEKS = caterpillar.Beside(
    "agreement with the others",
    [
        row(
            0.9 - 0.1 * (who == "Heron 7") + 0.01 * (week % 3),
            30,
            annotator=who,
            week=f"2026-W{week}",
        )
        for who in ("Wren 4", "lynx 12", "Heron 7")
        for week in range(40, 48)
    ],
)
MIXED = [
    row(share, 1000, 0.03, label=label)
    for label, share in (("Billing", 0.5), ("Refund", 0.4), ("Account", 0.09), ("Other", 0.01))
]
BY_WEEK = [
    row(n, n, label=label, week=f"2026-W{week}")
    for week in range(46, 49)
    for label, n in (("Billing", 50), ("Refund", 40 + 10 * (week == 46)), ("Account", 10))
]
TWO_WEEKS = [
    row(value, 30, 0.05, annotator=who, week=f"2026-W{week}")
    for week in (46, 47)
    for who, value in zip("abcdefg", (0.55, 0.85, 0.86, 0.88, 0.9, 0.91, 0.93), strict=True)
]
THIS_WEEK = row(0.6, 30, 0.05, annotator="a", week="2026-W48")
ACCEPTED = [
    row(0.94, 330, 0.03, label="Account"),
    row(0.83, 500, 0.03, label="Billing"),
    row(0.80, 9, 0.20, label="Refund"),
]
BLIND = [row(0.78, 90, 0.08, label="Account"), row(0.72, 130, 0.08, label="Billing")]


SUBJECTS = {"Ads · mood": FIRED, "Ads · tone": []}
_DRAW: dict[str, Callable[[], Any]] = {
    "daily_counts": lambda: series.daily_counts(DAILY, SPAN, need=95),
    "weekly_counts": lambda: series.weekly_counts(
        [row(300, week="2026-W46"), row(250, week="2026-W47"), row(40, week="2026-W48")], SPAN
    ),
    "shares": lambda: shares.over_time(
        DAILY_AGREEMENT, SPAN, key="day", measure=AGREEMENT, target=0.85
    ),
    "times": lambda: shares.times(
        [row(30.0, 50, day="2026-11-20"), row(32.0, 50, day="2026-11-24")],
        [row(90.0, 50, day="2026-11-20"), row(80.0, 50, day="2026-11-24")],
        SPAN,
        key="day",
    ),
    "people_dots": lambda: ranking.dots(PEOPLE, key="annotator", measure=ACCURACY, overall=0.88),
    "people_bars": lambda: ranking.bars(PEOPLE[:3], key="annotator", noun="answers"),
    "activity": lambda: heatmap.activity(
        [row(7, weekday=1, hour=9), row(4, weekday=6, hour=23), row(3, weekday=None, hour=None)]
    ),
    "disagreement": lambda: triangle.disagreement(
        [
            row(42, label_a="Refund", label_b="Billing", expected=0.2),
            row(8, label_a="Account", label_b="Billing", expected=None),
        ]
    ),
    "pairs": lambda: heatmap.pairs(
        [
            row(0.7, 40, 0.1, annotator_a="Wren 4", annotator_b="Lynx 12"),
            row(0.9, 25, 0.1, annotator_a="Lynx 12", annotator_b="Heron 7"),
            row(0.1, 5, 0.1, annotator_a="Heron 7", annotator_b="Wren 4"),
        ],
        min_n=20,
        overall=0.88,
    ),
    "confusion": lambda: heatmap.confusion(
        [
            row(40, gold="Billing", label="Billing"),
            row(10, gold="Billing", label="Refund"),
            row(30, gold="Refund", label="Refund"),
        ]
    ),
    "control": lambda: figures.draw_levels([*DRIFT, fallen(0, 0.82)], SPAN, WATCHED),
    "mix_control": lambda: figures.draw_distances([*DRIFT, fallen(0, 0.82)], SPAN, MIX),
    "parts": lambda: figures.draw_split(
        current_alarm([*DRIFT[:-1], fallen(1, 0.82, quality_part=-0.06, mix_part=-0.02)]),
        WATCHED,
    ),
    "without": lambda: influence.without(WITHOUT, "alpha", "coefficient"),
    "burn_up_fan": lambda: burn_up.burn_up(COURSE),
    "piled": lambda: figures.draw_stages(
        {"waiting_for_labels": [3, 4, 9], "started": [1, 0, 2]},
        Span(TODAY - timedelta(days=2), TODAY, TODAY, (Mark(TODAY, NOTED.text),)),
        outlined=Outlined("waiting_for_labels", TODAY - timedelta(days=1)),
    ),
    "cycle": lambda: present(
        figures.draw_cycle_times(
            [row(90_000.0, 50, week="2026-W46")], [row(2e5, 50, week="2026-W46")], SPAN
        )
    ),
    "middle_person": lambda: present(
        team.middle_person(
            [row(n, annotator=f"p{n}", day="2026-11-20") for n in (3, 5, 9)],
            SPAN,
            key="day",
            noun="labels",
        )
    ),
    "pair_kappas": lambda: heatmap.pairs(
        [row(0.7, 40, 0.1, annotator_a="Wren 4", annotator_b="Lynx 12")], min_n=20, unit="kappa"
    ),
    "caterpillar": lambda: caterpillar.caterpillar(CROWD, ACCURACY, target=0.8, beside=EIGHT_WEEKS),
    "label_mix": lambda: labels.mix(MIXED),
    "labels_over_time": lambda: labels.over_time(BY_WEEK, SPAN),
    "among_peers": lambda: profile.among_peers(
        [*TWO_WEEKS, THIS_WEEK], "a", SPAN, key="week", measure=AGREEMENT
    ),
    "predictions_by_label": lambda: assist.by_label(ACCEPTED, BLIND, version="v2"),
    "predictions_by_score": lambda: assist.by_score(
        [row(0.95, 300, 0.02, score_band=9), row(0.4, 12, 0.2, score_band=3)],
        [row(0.80, 200, 0.05, score_band=9)],
    ),
    "watched": lambda: spells.watched(
        HELD, FIRED, SPAN, watched_text(HELD, FIRED, "agreement"), unit="share", name="agreement"
    ),
    "spells": lambda: spells.timeline(SUBJECTS, SPAN, timeline_text(SUBJECTS)),
    "queues": lambda: figures.draw_queues(
        [
            row(30, stage="waiting", age=AGES[3]),
            row(9, stage="waiting_for_labels", age=AGES[0]),
            row(500, stage="done", age=AGES[0]),
        ],
        AGES,
    ),
}

FIGURES: dict[str, Callable[[], Any]] = {name: cache(draw) for name, draw in _DRAW.items()}
"""The same figure at each call; nobody may change it."""


@cache
def vega(name: str) -> dict[str, Any]:
    """Return the valid Vega-Lite of a figure, made once; nobody may change it."""
    found: dict[str, Any] = FIGURES[name]().chart.to_dict(validate=True)
    return found
