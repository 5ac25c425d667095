"""Drift alarms and their causes, in worlds where quality, the mix or the pace changed."""

from collections.abc import Iterator
from datetime import date
from math import exp, log, sqrt
from typing import Any

import pytest

from labelpulse.metrics import causes
from labelpulse.stats.baseline import Point
from labelpulse.stats.causes import cause, decompose_counts
from labelpulse.stats.cusum import llr_cusum
from tests.reader.world import NOON, Say, World, at, engine_at

DAYS, CHANGE, HOLIDAY = 40, 34, 12
ANSWERED = ("agreement_drift", "gold_drift", "label_mix_drift")
EASY, HARD = 10_000, 60_000
"""Milliseconds that an answer takes."""


def day_of(n: int) -> int:
    return NOON.date().toordinal() + n


def iso(n: int) -> str:
    return date.fromordinal(day_of(n)).isoformat()


def rows_of(world: World, metric: str, **query: Any) -> dict[str, dict[str, Any]]:
    return {row["day"]: row for row in world.ask(metric, **query)}


def answers(day: int, easy: int, *, wrong: tuple[int, int], slow: int = 1) -> Iterator[Say]:
    """20 items known to be "a" if easy and "b" if hard, by ann, who is right, and by bob.

    Args:
        wrong: of easy and of hard items every so many-th is a "c" to bob; 0 = none.
    """
    for n in range(20):
        truth, often = ("a", wrong[0]) if n < easy else ("b", wrong[1])
        ms = slow * (EASY if n < easy else HARD)
        item = f"{'easy' if n < easy else 'hard'} {day} {n}"
        own: dict[str, Any] = {"time_ms": ms + 100 * n, "gold": {"label": truth}}
        yield Say(item, "ann", truth, at(day, n), **own)
        yield Say(
            item, "bob", "c" if often and n % often == often - 1 else truth, at(day, n), **own
        )


def fill(world: World, says: list[Say]) -> None:
    batches = {one.item: one.item.split()[0] for one in says if " " in one.item}
    world.project(says, gold="column", batches=batches, holidays=[iso(HOLIDAY)])


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """From a day on bob errs more and both are slower, in both batches; a holiday is all wrong.

    100 others give an answer each, on the first day.
    """
    made = World(engine_at(tmp_path_factory.mktemp("worse")))
    says = [Say(f"lone{n}", f"w{n}", "ab"[n % 2], at(0, n), time_ms=EASY) for n in range(100)]
    for day in range(DAYS):
        if day == HOLIDAY:
            says += answers(day, 10, wrong=(1, 1), slow=20)
        elif day < CHANGE:
            says += answers(day, 10, wrong=(3, 4))
        else:
            says += answers(day, 10, wrong=(1, 2), slow=2)
    fill(made, says)
    made.warehouse.teams({"All": ["ann", "bob"]})
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def harder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """From a day on more items are of the hard batch; within batches nothing changes."""
    made = World(engine_at(tmp_path_factory.mktemp("harder")))
    says: list[Say] = []
    for day in range(DAYS):
        says += answers(day, 16 if day < CHANGE else 4, wrong=(0, 2))
    fill(made, says)
    yield made
    made.engine.dispose()


def causes_told(world: World, metric: str, **query: Any) -> set[Any]:
    rows = world.ask(metric, **query)
    alarms = [row for row in rows if row["alarm"]]
    assert {row["cause"] for row in rows if not row["alarm"]} <= {None}
    assert alarms, metric
    assert {row["change_day"] for row in alarms} == {iso(CHANGE)}
    return {row["cause"] for row in alarms}


@pytest.mark.parametrize("metric", [*ANSWERED, "time_spent_drift"])
def test_worse_answers_are_quality(worse: World, metric: str) -> None:
    assert causes_told(worse, metric) == {"quality"}


@pytest.mark.parametrize("metric", [*ANSWERED, "time_spent_drift"])
def test_other_batches_are_mix(harder: World, metric: str) -> None:
    assert causes_told(harder, metric) == {"mix"}


@pytest.mark.parametrize("metric", ["agreement_drift", "gold_drift"])
def test_the_parts_of_a_change_make_the_whole(worse: World, harder: World, metric: str) -> None:
    for world, larger in ((worse, "quality_part"), (harder, "mix_part")):
        rows = world.ask(metric)
        last = rows[-1]
        assert last["alarm"]
        assert abs(last[larger]) > 2 * abs(last["quality_part"] + last["mix_part"] - last[larger])
        before = [row["rate"] for row in rows if row["day"] < iso(CHANGE) and row["rate"]]
        after = [row["rate"] for row in rows if row["day"] >= iso(CHANGE)]
        calm = [rate for rate in before if rate > 0]
        change = sum(after) / len(after) - sum(calm) / len(calm)
        assert last["quality_part"] + last["mix_part"] == pytest.approx(change, abs=0.03)
        assert last["strata"] in ("batch", "label", "annotator")
        assert {row["quality_part"] for row in rows if not row["alarm"]} == {None}


def test_by_team_answers_are_unclear_and_times_are_not(worse: World) -> None:
    for metric in ("gold_drift", "label_mix_drift"):
        assert causes_told(worse, metric, where=["team=All"], by=("team",)) == {"unclear"}
    assert causes_told(worse, "time_spent_drift", by=("team",), where=["team=All"]) == {"quality"}


def smoothed(z: float) -> float:
    """Return the EWMA of a first z that is not 0, in its standard deviations.

    Of the days before the change the holiday is no point, 28 are the baseline, the others are 0.
    """
    monitored = CHANGE - 1 - 28 + 1
    return 0.2 * z / sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * monitored)))


@pytest.mark.parametrize(
    ("metric", "before", "after", "n"),
    [("agreement_drift", 0.7, 0.25, 20), ("gold_drift", 0.85, 0.625, 40)],
)
def test_rates_and_deviations_are_those_of_the_answers(
    worse: World, metric: str, before: float, after: float, n: int
) -> None:
    rows = rows_of(worse, metric)
    assert (rows[iso(3)]["rate"], rows[iso(CHANGE)]["rate"]) == pytest.approx((before, after))
    assert {rows[iso(3)]["n"], rows[iso(CHANGE)]["n"]} == {n}
    z = (after - before) / (before * (1 - before) / n) ** 0.5
    assert rows[iso(CHANGE)]["value"] == pytest.approx(smoothed(z), rel=0.01)


def test_the_rate_of_times_is_their_geometric_mean(worse: World) -> None:
    rows = rows_of(worse, "time_spent_drift")
    for day, slow in ((5, 1), (CHANGE, 2)):
        ms = [slow * (EASY if n < 10 else HARD) + 100 * n for n in range(20)]
        mean = exp(sum(log(one / 1000) for one in ms) / 20)
        assert rows[iso(day)]["rate"] == pytest.approx(mean, rel=1e-9)
        assert rows[iso(day)]["n"] == 40
    last = rows[iso(DAYS - 1)]
    assert last["alarm"]
    assert last["baseline"] < last["upper"] < last["smooth"]


def test_a_times_deviation_is_worked_out_from_all_its_squares(worse: World) -> None:
    rows = rows_of(worse, "time_spent_drift", where=["annotator=bob"])
    logs = [log((EASY if n < 10 else HARD) / 1000 + n / 10) for n in range(20)]
    slow = [log(2 * (EASY if n < 10 else HARD) / 1000 + n / 10) for n in range(20)]
    level = sum(logs) / 20
    spread = sum((one - level) ** 2 for one in logs) / 20
    z = (sum(slow) / 20 - level) / (spread / 20) ** 0.5
    assert rows[iso(CHANGE)]["value"] == pytest.approx(smoothed(z), rel=0.01)


@pytest.mark.parametrize("metric", [*ANSWERED, "time_spent_drift", "throughput_drift"])
def test_holidays_are_skipped(worse: World, metric: str) -> None:
    where = [] if metric == "agreement_drift" else ["annotator=bob"]
    row = rows_of(worse, metric, where=where, until=iso(DAYS - 1))[iso(HOLIDAY)]
    assert (row["value"], row["note"], row["alarm"]) == (None, "holiday", False)


def test_over_100_series_the_limit_is_wider(worse: World) -> None:
    def limits(**query: Any) -> set[float]:
        rows = worse.ask("time_spent_drift", **query)
        return {row["limit"] for row in rows if row["limit"] is not None}

    assert limits() == {3.2}
    assert limits(by=("annotator",)) == {3.5}  # 102
    but_two = ["annotator!=w0", "annotator!=w1"]
    assert limits(by=("annotator",), where=but_two) == {3.2}


def test_a_careless_annotator_has_a_cusum(world: World) -> None:
    """ann errs in one of 10 answers, bob too, until he errs in every other one."""
    right = {
        "ann": [5 if day % 2 else 4 for day in range(24)],
        "bob": [(5 if day % 2 else 4) if day < 12 else 2 for day in range(24)],
    }
    says = [
        Say(f"{who} {day} {n}", who, "x" if n < k else "y", at(day, n), gold={"label": "x"})
        for who, days in right.items()
        for day, k in enumerate(days)
        for n in range(5)
    ]
    world.project(says, gold="column")
    pooled = (sum(right["ann"]) + sum(right["bob"])) / 240
    usual = (27 + 20 * pooled) / (30 + 20)  # both had 27 of their first 30 right
    rows = world.ask("gold_drift", by=("annotator",))
    for who, days in right.items():
        points = [Point(day_of(day), 5, k) for day, k in enumerate(days)]
        wanted = llr_cusum(points, usual)
        own = [row for row in rows if row["annotator"] == who]
        assert [row["value"] for row in own] == pytest.approx([one.statistic for one in wanted])
        assert [row["rate"] for row in own] == [k / 5 for k in days]
        assert [row["alarm"] for row in own] == [one.alarm for one in wanted]
        assert own[0]["baseline"] == pytest.approx(usual)
        assert own[-1]["alarm"] == (who == "bob")


def paced(usual: tuple[int, ...], now: tuple[int, ...]) -> list[Say]:
    """So many answers a working day by each of some people, until a day and from it on."""
    return [
        Say(f"{day} {who} {n}", f"p{who}", "x", at(day, n))
        for day in range(49)
        if day % 7 < 5
        for who, made in enumerate(usual if day < 42 else now)
        for n in range(made + day % 2 if made else 0)
    ]


@pytest.mark.parametrize(
    ("now", "told"),
    [((4, 4, 4), "quality"), ((9, 0, 0), "mix"), ((5, 6, 0), "unclear")],
    ids=["slower", "fewer", "both"],
)
def test_a_pace_falls_with_people_or_with_what_each_makes(
    world: World, now: tuple[int, ...], told: str
) -> None:
    world.project(paced((9, 9, 9), now), kind="import")
    rows = world.ask("throughput_drift")
    alarms = [row for row in rows if row["alarm"]]
    assert {row["change_day"] for row in alarms} == {iso(42)}
    assert {row["cause"] for row in alarms} == {told}
    assert {row["cause"] for row in rows if not row["alarm"]} == {None}


def test_a_person_makes_less_a_day_or_comes_on_fewer_days(world: World) -> None:
    often = {"slow": range(49), "rare": [*range(42), 46]}
    says = [
        Say(f"{day} {who} {n}", who, "x", at(day, n))
        for who, days in often.items()
        for day in days
        if day % 7 < 5
        for n in range(8 if who == "slow" and day >= 42 else 20)
    ]
    world.project(says, kind="import")
    rows = world.ask("throughput_drift", by=("annotator",))
    told = {(row["annotator"], row["cause"]) for row in rows if row["alarm"]}
    assert told == {("slow", "quality"), ("rare", "mix")}


def test_a_holiday_is_no_day_of_absence(world: World) -> None:
    """Holidays among slower days are not days on which fewer people came."""
    free = (43, 44)
    says = [one for one in paced((9, 9, 9), (3, 3, 3)) if int(one.item.split()[0]) not in free]
    world.project(says, kind="import", holidays=[iso(day) for day in free])
    alarms = [row for row in world.ask("throughput_drift") if row["alarm"]]
    assert {row["cause"] for row in alarms} == {"quality"}


def test_causes_know_how_much_days_scatter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    says: list[Say] = []
    for day in range(DAYS):
        if day < CHANGE:
            says += answers(day, (14, 6)[day % 2], wrong=(0, 2), slow=1 + day % 2)
        else:
            says += answers(day, 0, wrong=(1, 1), slow=9)
    fill(world, says)
    given: list[float] = []

    def spy(families: Any, dispersion: float = 1.0) -> Any:
        given.append(dispersion)
        return cause(families, dispersion)

    monkeypatch.setattr(causes, "cause", spy)
    for metric in (*ANSWERED, "time_spent_drift"):
        given.clear()
        assert any(row["alarm"] for row in world.ask(metric)), metric
        assert min(given) > 1.1, metric


def test_the_cause_of_a_pace_knows_how_much_days_scatter(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = [(3, 30)[day % 2] if day < CHANGE else 60 for day in range(DAYS)]
    world.project(
        [
            Say(f"{d} {n}", "ann", "x", at(d, n))
            for d, made in enumerate(usual)
            for n in range(made)
        ],
        kind="import",
    )
    given: list[float] = []

    def spy(before: Any, after: Any, days: tuple[float, float], dispersion: float = 1.0) -> Any:
        given.append(dispersion)
        return decompose_counts(before, after, days, dispersion)

    monkeypatch.setattr(causes, "decompose_counts", spy)
    assert any(row["alarm"] for row in world.ask("throughput_drift"))
    assert min(given) > 2
