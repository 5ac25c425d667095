"""Pace, verdict and what needs attention: rules without a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from dashboard.availability import absent_pages, shows
from labelpulse.core.forecast import Forecast
from labelpulse.core.periods import Mark, Span
from labelpulse.findings import attention, quality_rules
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.attention import Finding, Items, Topic
from labelpulse.findings.blame import NOBODY, Blame
from labelpulse.findings.moved import Moved
from labelpulse.findings.pace import (
    Pace,
    pace,
    short_since,
    working_days_between,
    working_weekdays,
)
from labelpulse.findings.quality_rules import Period
from labelpulse.findings.selection import Choice, span_of
from labelpulse.findings.verdict import Facts, Quality, needs_known, verdict
from labelpulse.reader.markers import Marker


@dataclass(frozen=True)
class Holdings:
    """What a project has, as availability asks."""

    items: int = 1240
    controls: tuple[str, ...] = ("sentiment",)
    double: int = 0
    unlabeled: tuple[str, ...] = ()
    gold: str = "none"
    candidates: Mapping[str, int] = field(default_factory=dict)
    peopled: bool = True
    predicted: bool = False


TUESDAY = date(2026, 11, 24)
WORKDAYS = frozenset(range(1, 6))


def weekdays_of(weeks: int, per_day: float, days: range = range(1, 6)) -> dict[date, float]:
    span = (TUESDAY - timedelta(days=n) for n in range(1, weeks * 7 + 1))
    return {day: per_day for day in span if day.isoweekday() in days}


def test_working_weekdays_are_those_on_which_people_work() -> None:
    assert working_weekdays(weekdays_of(6, 100), TUESDAY) == WORKDAYS
    assert working_weekdays(weekdays_of(6, 100, range(1, 8)), TUESDAY) == frozenset(range(1, 8))
    stray = {**weekdays_of(6, 100), TUESDAY - timedelta(days=2): 40}
    assert working_weekdays(stray, TUESDAY) == WORKDAYS, "one busy Sunday makes no working day"


def test_little_history_means_monday_to_friday() -> None:
    assert working_weekdays({TUESDAY - timedelta(days=2): 50}, TUESDAY) == WORKDAYS
    assert working_weekdays({}, TUESDAY) == WORKDAYS


def test_pace_is_the_mean_of_ten_working_days_without_today() -> None:
    made = {**weekdays_of(4, 100), TUESDAY: 5}
    found = pace(made, TUESDAY, remaining=1000, deadline=TUESDAY + timedelta(days=14))
    assert (found.made, found.days) == (100, 10)
    assert (found.days_left, found.needed) == (10, 100)
    assert not found.late


def test_days_before_the_first_answer_do_not_slow_the_pace() -> None:
    made = {TUESDAY - timedelta(days=1): 80.0, TUESDAY - timedelta(days=4): 40.0}
    found = pace(made, TUESDAY, remaining=10, deadline=None)
    assert (found.made, found.days, found.needed) == (60, 2, None)


def test_a_holiday_slows_no_pace_but_a_quiet_day_does() -> None:
    made, monday = weekdays_of(4, 100), TUESDAY - timedelta(days=1)
    made[monday] = 0
    assert pace(made, TUESDAY, remaining=1, deadline=None).made == 90
    free = frozenset({monday})
    found = pace(made, TUESDAY, remaining=1, deadline=None, holidays=free)
    assert (found.made, found.days) == (100, 10)


def test_no_work_is_expected_on_holidays_to_come() -> None:
    made, end = weekdays_of(4, 100), TUESDAY + timedelta(days=14)
    free = frozenset({TUESDAY + timedelta(days=2), TUESDAY + timedelta(days=4)})
    found = pace(made, TUESDAY, remaining=900, deadline=end, holidays=free)
    assert (found.days_left, found.needed) == (9, 100), "one of the two is a Saturday"
    assert not found.late


def test_a_holiday_is_no_silence() -> None:
    days = [day for day in weekdays_of(4, 30) if day < TUESDAY - timedelta(days=3)]
    made = {"Heron 12": dict.fromkeys(days, 30.0)}
    assert max(days) == date(2026, 11, 20)
    thursday = date(2026, 11, 26)
    assert "Heron 12" in attention.who_stopped(made, thursday, WORKDAYS)
    assert not attention.who_stopped(made, thursday, WORKDAYS, frozenset({TUESDAY}))
    (found,) = attention.silent_people(
        made, thursday + timedelta(days=1), WORKDAYS, frozenset({TUESDAY})
    )
    assert found.what == "Heron 12 has submitted nothing for 3 working days"


def test_no_working_day_is_left() -> None:
    made = weekdays_of(4, 100)
    found = pace(made, TUESDAY, remaining=10, deadline=TUESDAY)
    assert (found.days_left, found.needed, found.late) == (0, None, False)
    assert working_days_between(TUESDAY, TUESDAY + timedelta(days=7), WORKDAYS) == 5


GOOD = Quality("agreement", 0.9, 0.87, 0.93, 400, "items", True, 0.85)
FACTS = Facts(
    answers=5000,
    days=60,
    progress=0.61,
    pace=Pace(150.0, 10, 100.0, 30),
    deadline=date(2027, 1, 15),
    quality=GOOD,
    today=TUESDAY,
)
LATE = Pace(80.0, 10, 100.0, 30)


def test_on_track_needs_time_and_quality_and_targets() -> None:
    assert verdict(FACTS).word == "On track"
    assert verdict(FACTS).tone == "green"


@pytest.mark.parametrize(
    ("change", "word", "tone"),
    [
        ({"pace": LATE}, "Late", "red"),
        ({"deadline": TUESDAY - timedelta(days=3)}, "Late", "red"),
        ({"quality": None}, "Quality unknown", "gray"),
        ({"quality": None, "pace": LATE}, "Late", "red"),
        ({"quality": replace(GOOD, enough=False, n=12)}, "Quality unknown", "gray"),
        ({"quality": replace(GOOD, value=0.79)}, "Quality low", "orange"),
        ({"quality": replace(GOOD, target=None)}, "Running", "blue"),
        ({"deadline": None, "pace": Pace(150.0, 10, None, None)}, "Running", "blue"),
        ({"deadline": None, "progress": 1.0}, "On track", "green"),
        ({"quality": replace(GOOD, target=None), "progress": 1.0}, "Finished", "blue"),
        ({"answers": 12, "days": 1}, "Too early", "gray"),
        ({"answers": 0, "days": 0}, "No answers yet", "gray"),
        ({"loading": True}, "Loading", "gray"),
        ({"silent": ("studio",)}, "Stale", "orange"),
        ({"silent": ("studio",), "pace": LATE}, "Stale", "orange"),
        ({"fallen": "Agreement fell"}, "Quality fell", "orange"),
    ],
)
def test_every_lack_takes_the_green_away(change: dict[str, object], word: str, tone: str) -> None:
    found = verdict(replace(FACTS, **change))  # type: ignore[arg-type]
    assert (found.word, found.tone) == (word, tone)


@pytest.mark.parametrize("change", [{}, {"progress": 1.0}, {"deadline": None}, {"pace": LATE}])
def test_unknown_quality_is_said_and_never_green(change: dict[str, object]) -> None:
    found = verdict(replace(FACTS, quality=None, **change))  # type: ignore[arg-type]
    assert "Quality unknown" in found.text
    assert found.tone not in ("green", "blue")
    assert "100 items" in found.remedy


def test_tiny_data_is_too_early() -> None:
    assert verdict(replace(FACTS, answers=12, days=1)).text == "Too early: 12 answers, 1 day."


def test_a_finished_project_is_not_late() -> None:
    done = replace(FACTS, progress=1.0, deadline=TUESDAY - timedelta(days=3), pace=LATE)
    assert verdict(done).word == "On track"


def test_late_says_what_is_needed_and_what_is_made() -> None:
    text = verdict(replace(FACTS, pace=LATE)).text
    assert "it needs 100 labels per working day and makes 80.0" in text


def test_standing_still_keeps_what_was_last_known() -> None:
    text = verdict(replace(FACTS, silent=("studio",), pace=LATE)).text
    assert text.startswith("Nothing new from studio. As last read: 61\xa0% done and late")


def until(back: int, *more: int) -> dict[date, float]:
    """Labels of somebody who was at work on three days up to one so many days ago."""
    days = (back, back + 1, back + 2, *more)
    return {TUESDAY - timedelta(days=one): 30.0 for one in days}


def test_silent_people_were_at_work_before() -> None:
    recent, gone = until(1), until(12)
    found = attention.silent_people(
        {"Heron 12": gone, "Otter 3": recent, "Wren 1": {}, "Stoat 9": {TUESDAY: 1.0}},
        TUESDAY,
        WORKDAYS,
    )
    assert [one.what for one in found] == ["Heron 12 has submitted nothing for 7 working days"]
    assert found[0].since == "last answers Thu 12 Nov"


def test_who_helped_out_once_is_not_missed() -> None:
    once = {TUESDAY - timedelta(days=12): 500.0}
    twice = {**once, TUESDAY - timedelta(days=13): 30.0, TUESDAY - timedelta(days=14): 0.0}
    spread = {**twice, TUESDAY - timedelta(days=40): 30.0}
    made = {"Heron 12": once, "Otter 3": twice, "Wren 1": spread}
    assert attention.who_stopped(made, TUESDAY, WORKDAYS) == {}, "28 days lie between 12 and 40"
    seldom = {**twice, TUESDAY - timedelta(days=39): 30.0}
    found = attention.who_stopped({"Wren 1": seldom}, TUESDAY, WORKDAYS)
    assert found == {"Wren 1": TUESDAY - timedelta(days=12)}


def test_a_weekend_is_no_silence() -> None:
    monday = date(2026, 11, 23)
    made = {"Heron 12": until(4)}
    assert max(made["Heron 12"]) == date(2026, 11, 20)
    assert attention.silent_people(made, monday, WORKDAYS) == []


def test_the_backlog_is_no_queue_but_second_labels_are() -> None:
    week = 8 * 86_400.0
    assert attention.worst_queue([("waiting", 5000, 60 * week)]) == []
    assert attention.worst_queue([("waiting_for_labels", 19, week)]) == []
    assert attention.worst_queue([("waiting_for_labels", 20, 3 * 86_400.0)]) == []
    (found,) = attention.worst_queue(
        [("waiting", 9, week), ("blocked", 30, week), ("waiting_for_labels", 249, 2 * week)]
    )
    assert found.what.startswith("Waiting for more labels: 249 items")
    assert found.items == Items(stage="waiting_for_labels"), "it leads to them"
    assert "overlap" in found.do


DAYS = "the last 14 days"


def test_a_fall_of_agreement_is_one_that_chance_does_not_explain() -> None:
    before, lately = Period(0.87, 0.85, 0.88, 1073), Period(0.79, 0.76, 0.83, 490)
    (found,) = quality_rules.agreement_fell(
        before, lately, days=DAYS, measure="Agreement on intent"
    )
    assert "−8\xa0points" in found.what
    assert "n 490" in found.sure
    assert not quality_rules.agreement_fell(
        before, replace(lately, high=0.86), days=DAYS, measure="Agreement on intent"
    )
    assert not quality_rules.agreement_fell(
        lately, before, days=DAYS, measure="Agreement on intent"
    )
    assert not quality_rules.agreement_fell(None, lately, days=DAYS, measure="Agreement on intent")
    unsure = Period(0.5, None, None, 9)
    assert not quality_rules.agreement_fell(
        before, unsure, days=DAYS, measure="Agreement on intent"
    )


@pytest.mark.parametrize(
    ("topic", "whose"),
    [
        ("time", "for project managers"),
        ("quality", "for quality leads"),
        ("data", "for operators"),
    ],
)
def test_what_is_about_nobody_says_for_whom_it_is(topic: Topic, whose: str) -> None:
    one = Finding("red", "It fell", "since 3 Nov", "chart", "Look.", topic=topic)
    assert one.detail == f"since 3 Nov · {whose} · chart"
    assert replace(one, who="team Manila").detail == "since 3 Nov · team Manila · chart"


def test_only_a_whole_interval_far_under_all_names_somebody() -> None:
    rows = [
        {"annotator": "Heron 12", "value": 0.69, "high": 0.79},
        {"annotator": "Otter 3", "value": 0.75, "high": 0.90},
        {"annotator": "Wren 1", "value": 0.2, "high": None},
    ]
    (found,) = quality_rules.standing_low(rows, 0.92)
    assert found.who == "Heron 12"
    assert "under all together" in found.what, "that is what they are compared with"
    met = [("Heron 12", "2026-11-02"), ("Heron 12", "2026-09-07"), ("Otter 3", "2026-08-31")]
    by_day = [{"annotator": who, "day": day} for who, day in met]
    (dated,) = quality_rules.standing_low(rows, 0.92, by_day=lambda: by_day)
    assert dated.since == "known answers of Mon 7 Sep to Mon 2 Nov"
    assert quality_rules.standing_low(rows, None) == []
    for who, person in ((["Heron 12"], "Heron 12"), (["Heron 12", "Otter 3"], None), ([], None)):
        (led,) = quality_rules.standing_low(rows, 0.92, pseudonyms={"Heron 12": who})
        assert (led.items and led.items.person) == person, "of two of one name nobody is meant"


def test_the_first_design_case_has_no_accuracy_page() -> None:
    held = Holdings()
    assert [one.pages for one in absent_pages(held)] == [("Accuracy",)]
    assert shows(held, "Agreement"), "there it stands with the plan"
    assert shows(replace(held, candidates={"flag": 400}), "Accuracy")
    assert shows(replace(held, gold="flag"), "Accuracy")


def test_shapes_alone_bring_no_agreement() -> None:
    held = Holdings(controls=())
    assert not shows(held, "Agreement")
    assert shows(held, "Progress")
    assert not shows(replace(held, items=0), "Flow")


def selection(days: list[date], *, file: bool, noted: Sequence[Marker] = ()) -> SimpleNamespace:
    """What a span is worked out from."""
    return SimpleNamespace(
        ask=SimpleNamespace(noted=lambda _project: noted),
        holding=SimpleNamespace(info=SimpleNamespace(id=1)),
        file=file,
        span=Span(TUESDAY, TUESDAY, TUESDAY),
        rows=lambda *_, **__: [{"day": day.isoformat(), "value": 1} for day in days],
    )


def test_a_span_never_begins_after_today() -> None:
    found = span_of(selection([TUESDAY + timedelta(days=1)], file=False), Choice(days=28))  # type: ignore[arg-type]
    assert found == Span(TUESDAY, TUESDAY, TUESDAY)


def test_a_span_has_what_was_noted_for_days() -> None:
    noted = [Marker(1, None, TUESDAY.isoformat(), "release", "Model v2")]
    found = span_of(selection([TUESDAY], file=False, noted=noted), Choice())  # type: ignore[arg-type]
    assert found.marks == (Mark(TUESDAY, "Model v2"),)


def test_the_days_of_a_file_end_with_its_last_answer() -> None:
    days = [TUESDAY - timedelta(days=back) for back in range(100, 60, -1)]
    found = span_of(selection(days, file=True), Choice(days=28))  # type: ignore[arg-type]
    assert found == Span(days[-28], days[-1], days[-1] + timedelta(days=1))
    live = span_of(selection(days, file=False), Choice(days=None))  # type: ignore[arg-type]
    assert live == Span(days[0], TUESDAY, TUESDAY)


NEED = needs_known(600, 600)


@pytest.mark.parametrize("quality", [GOOD, replace(GOOD, target=None), None])
@pytest.mark.parametrize("deadline", [None, date(2027, 1, 15)])
def test_nothing_is_finished_by_an_assumption(
    quality: Quality | None, deadline: date | None
) -> None:
    found = verdict(replace(FACTS, progress=1.0, need=NEED, quality=quality, deadline=deadline))
    assert found.text.startswith(
        "Every item has a label; how many it needs is not known (1 assumed)."
    )
    assert found.word not in ("Finished", "On track")
    assert found.tone != "green"
    part = verdict(replace(FACTS, need=NEED, quality=quality, deadline=deadline))
    assert "61\xa0% done (how many it needs is not known: 1 assumed)" in part.text
    assert part.tone != "green"


def test_what_is_needed_may_be_known_of_some() -> None:
    assert needs_known(600, 0) == ""
    assert needs_known(600, 9) == "how many 9 of 600 need is not known (1 assumed)"


def test_what_cannot_be_measured_is_said_without_a_remedy_that_would_not_help() -> None:
    told = "74 items have two answers; agreement of shapes, spans and texts is not measured yet"
    for change in ({}, {"pace": LATE}):
        found = verdict(replace(FACTS, quality=None, unmeasured=told, **change))  # type: ignore[arg-type]
        assert f"Quality unknown: {told}." in found.text
        assert "no second answers" not in found.text
        assert found.remedy == ""


def test_a_target_is_missed_clearly_or_not() -> None:
    clear = replace(GOOD, value=0.78, low=0.74, high=0.82)
    assert verdict(replace(FACTS, quality=clear)).text.endswith(
        "Agreement is 78\xa0% (74–82\xa0%), clearly below its target of 85\xa0%."
    )
    assert replace(clear, high=0.86).against_target == "below its target of 85\xa0%"
    assert replace(clear, high_days=0.86).against_target == "below its target of 85\xa0%"
    assert replace(GOOD, value=0.847).against_target == "just below its target of 85\xa0%"
    assert replace(GOOD, value=0.853).against_target == "at its target of 85\xa0%"
    assert GOOD.against_target == "above its target of 85\xa0%"


GOLD = Quality("gold accuracy", 0.8, 0.78, 0.82, 400, "first answers", True, None)


def test_agreement_keeps_its_target_beside_gold() -> None:
    good = verdict(replace(FACTS, quality=GOLD, agreement=GOOD))
    assert good.word == "On track"
    assert "Gold accuracy is 80\xa0% (78–82\xa0%). Agreement is 90\xa0% (87–93\xa0%), above" in (
        good.text
    )
    low = replace(GOOD, value=0.7, low=0.65, high=0.75)
    found = verdict(replace(FACTS, quality=GOLD, agreement=low))
    assert (found.word, found.tone) == ("Quality low", "orange")
    assert "clearly below its target of 85\xa0%" in found.text
    assert verdict(replace(FACTS, quality=GOLD)).word == "Running", "no target is set for gold"


def test_a_target_missed_of_late_makes_quality_low() -> None:
    before, lately = Period(0.87, 0.85, 0.88, 1073), Period(0.78, 0.74, 0.82, 490)
    (fell,) = quality_rules.agreement_fell(
        before, lately, days=DAYS, measure="Agreement on intent", target=0.85
    )
    assert fell.what == (
        "Agreement on intent is 78\xa0% in the last 14 days, −9\xa0points against all days before, "
        "clearly below its target of 85\xa0%"
    )
    (low,) = quality_rules.agreement_fell(
        None, lately, days=DAYS, measure="Agreement on intent", target=0.85
    )
    assert low.what.endswith("in the last 14 days, clearly below its target of 85\xa0%")
    assert low.sure == "95 % interval 74–82\xa0% (n 490)"
    assert not quality_rules.agreement_fell(
        None, lately, days=DAYS, measure="Agreement on intent", target=0.8
    )
    found = verdict(replace(FACTS, quality=GOLD, fallen=fell.what, missed=True))
    assert (found.word, found.tone) == ("Quality low", "orange")


def test_silence_is_counted_and_not_rounded_to_its_threshold() -> None:
    made = {
        "Heron 12": until(12),
        "Otter 3": until(6),
        "unknown": until(20),
    }
    (found,) = attention.silent_people(made, TUESDAY, WORKDAYS)
    assert found.what == "Heron 12 and Otter 3 have submitted nothing for 3 to 7 working days"
    assert "unknown" not in found.who


def test_the_unknown_is_below_nobody() -> None:
    rows = [{"annotator": "unknown", "value": 0.1, "high": 0.2}]
    assert quality_rules.standing_low(rows, 0.9) == []


def test_known_answers_on_shapes_bring_accuracy() -> None:
    held = Holdings(controls=(), unlabeled=("boxes",), double=30)
    assert not shows(held, "Accuracy")
    assert "shapes, spans or texts are known" in next(
        one.when for one in absent_pages(held) if one.pages == ("Accuracy",)
    )
    assert shows(replace(held, candidates={"flag": 400}), "Accuracy")
    assert shows(replace(held, gold="flag", candidates={"flag": 400}), "Accuracy")


def test_second_shapes_bring_agreement() -> None:
    held = Holdings(controls=(), unlabeled=("boxes",))
    assert not shows(held, "Agreement")
    assert shows(replace(held, double=30), "Agreement")


ALARM = Alarm(TUESDAY - timedelta(days=5), TUESDAY, 0.87, 0.79, "quality")


def test_a_fall_is_told_by_the_days_since_it_began() -> None:
    """Those of the chart and the tiles: the last 14 days have a level of their own."""
    far = Moved(0.87, 0.77, (-0.15, -0.05), "share", "95 % intervals 72–82 % (n 306)")
    below = quality_rules.below_target(Period(0.77, 0.72, 0.82, 306), 0.85)
    (found,) = quality_rules.drifted(ALARM, "Agreement", "Agreement", NOBODY, far, below)
    assert found.what == (
        "Agreement has fallen from 87\xa0% to 77\xa0%, clearly below its target of 85\xa0%"
    )
    assert found.since == "since Thu 19 Nov"
    assert found.sure == f"{far.sure}; control chart: quality"
    assert not quality_rules.below_target(Period(0.77, 0.72, 0.86, 306), 0.85)


def test_a_control_chart_alone_is_a_finding() -> None:
    (found,) = quality_rules.drifted(ALARM, "Agreement on intent", "Agreement")
    assert found.what == "Agreement on intent has fallen from 87\xa0% to 79\xa0%"
    assert (found.weight, found.since) == ("red", "since Thu 19 Nov")
    assert found.sure == "control chart: quality"
    assert found.items == Items(since=ALARM.since)


@pytest.mark.parametrize(
    ("sits", "items"),
    [
        (Blame(pair=("a", "b"), team="Manila"), Items(pair=("a", "b"), since=ALARM.since)),
        (Blame(batch="two"), Items(batch="two", since=ALARM.since)),
    ],
)
def test_a_fall_leads_to_the_items_it_sits_in(sits: Blame, items: Items) -> None:
    (found,) = quality_rules.drifted(ALARM, "Agreement", "Agreement", sits)
    assert found.items == items


def test_other_work_blames_nobody() -> None:
    (found,) = quality_rules.drifted(replace(ALARM, cause="mix"), "Agreement on boxes", "Agreement")
    assert found.weight == "orange"
    assert "people" not in found.do
    assert found.sure == "control chart: other work or other people, not quality"
    assert found.do.startswith("Nobody works worse")


@pytest.mark.parametrize("missed", [True, False])
def test_other_work_sends_the_verdict_to_nobody(missed: bool) -> None:
    fallen = replace(FACTS, quality=GOLD, fallen="Agreement fell", missed=missed)
    assert "people" in verdict(fallen).remedy
    mixed = verdict(replace(fallen, mix=True))
    assert mixed.remedy == "Nobody works worse: Drift says what came in."


def test_no_alarm_and_a_rise_need_no_attention() -> None:
    risen = replace(ALARM, usual=0.79, now=0.87)
    assert quality_rules.drifted(None, "Agreement on intent", "Agreement") == []
    assert quality_rules.drifted(risen, "Agreement on intent", "Agreement") == []


LATE_BY = Forecast(TUESDAY, TUESDAY + timedelta(days=9), TUESDAY + timedelta(days=30), None)


@pytest.mark.parametrize(
    ("deadline", "weights"),
    [(None, []), (9, []), (20, []), (8, ["orange"]), (0, ["orange"]), (-1, ["red"])],
)
def test_a_finish_past_the_deadline_needs_attention(
    deadline: int | None, weights: list[str]
) -> None:
    day = None if deadline is None else TUESDAY + timedelta(days=deadline)
    found = attention.past_deadline(replace(LATE_BY, deadline=day), "6 of 6 held")
    assert [one.weight for one in found] == weights
    assert all(one.sure == "6 of 6 held" and "after the deadline" in one.what for one in found)


def test_a_late_finish_says_since_when_and_whose_it_is() -> None:
    late = replace(LATE_BY, deadline=TUESDAY)
    monday = TUESDAY - timedelta(days=8)
    (found,) = attention.past_deadline(late, "", attention.Short(monday), 22)
    assert (found.since, found.who) == ("pace too low since Mon 16 Nov", "22 people at work")
    left = {"Wren 4": monday, "Lynx 12": monday - timedelta(days=3)}
    (fewer,) = attention.past_deadline(late, "", attention.Short(monday, 3805), 20, left)
    assert fewer.since == "pace too low since Mon 16 Nov, when 3,805 items came"
    assert fewer.who == "20 people at work; nothing from Lynx 12 and Wren 4 after Mon 16 Nov"
    (bare,) = attention.past_deadline(late, "")
    assert (bare.since, bare.who) == ("by today's forecast", "")


def test_a_pace_is_too_low_since_the_first_day_without_a_break() -> None:
    fell, end = date(2026, 11, 9), date(2026, 12, 22)
    made = {day: 100.0 if day < fell else 60.0 for day in weekdays_of(9, 1)}

    def since(made: dict[date, float], left: float, deadline: date | None = end) -> date | None:
        return short_since(made, made, TUESDAY, remaining=left, deadline=deadline)

    # On Mon 16 Nov 2,100 are left in 26 working days and 80 are made; the day before, 2,160 in 27.
    assert since(made, 1800) == date(2026, 11, 16)
    assert since(made, 1000) is None
    assert since(made, 1800, None) is None
    few = dict.fromkeys(weekdays_of(1, 1), 60.0)
    assert since(few, 1800) is None, "a pace is of ten days"


def test_wrong_keys_are_dated_by_the_newest() -> None:
    days = ("2026-09-07", "2026-11-02", None)
    rows = [{"value": "suspect key", "n": 5, "first_day": day} for day in days]
    (found,) = quality_rules.wrong_keys([*rows, {"value": "fine", "n": 9}], "intent")
    assert found.since == "the newest since Mon 2 Nov"
    (bare,) = quality_rules.wrong_keys(rows[2:], "intent")
    assert bare.since == ""


def test_without_a_date_nothing_is_said_of_the_deadline() -> None:
    assert attention.past_deadline(None, "") == []


def test_second_answers_bring_accuracy_by_consensus() -> None:
    assert not shows(Holdings(), "Accuracy")
    assert shows(Holdings(double=40), "Accuracy")
    assert not shows(Holdings(double=40, controls=()), "Accuracy")
