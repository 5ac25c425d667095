"""Cost: reported time at dated rates of people and teams, against exact fractions."""

import random
from collections import defaultdict
from datetime import date
from fractions import Fraction

import pytest

from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status, Verdict
from labelpulse.warehouse.rates import SaidRate
from tests.reader.world import Judged, Say, World, at

YES, NO = Verdict.ACCEPTED, Verdict.REJECTED
HOUR = 3_600_000
FIRST = date(2024, 3, 4).toordinal()
COST = ("cost_per_completed", "cost_per_accepted", "rework_cost")


def work(item: str, who: str, ms: int | None = HOUR, day: float = 0, *verdicts: Verdict) -> Say:
    reviews = tuple(Judged(one, "rex", at(day, n + 1)) for n, one in enumerate(verdicts))
    return Say(item, who, "x", at(day), time_ms=ms, reviews=reviews)


def price(world: World, *rates: tuple[str, str], teams: dict[str, list[str]] | None = None) -> bool:
    """Set rates like ("Manila", "9.5 USD"), ("ann", "12 EUR 5"): from day 5 of the world on."""
    world.warehouse.teams(teams or {})
    said = []
    for who, text in rates:
        hourly, currency, *since = text.split()
        first = FIRST + int(since[0]) if since else 0
        is_team = who in (teams or {})
        exact = int(Fraction(hourly) * 1_000_000)
        said.append(
            SaidRate(who if is_team else None, None if is_team else who, first, exact, currency)
        )
    return world.warehouse.rates(said)


def test_cost_of_completed_accepted_and_rejected_work(world: World):
    world.project(
        [
            work("i1", "ann", HOUR, 0, YES),
            work("i2", "ann", HOUR // 2, 0, NO, YES),
            work("i3", "bob", HOUR // 4, 0, NO),
            work("i4", "bob", HOUR // 4, 0),
        ]
    )
    price(world, ("ann", "12 USD"), ("North", "8 USD"), teams={"North": ["ann", "bob"]})
    whole = 12 * 1.5 + 8 * 0.5
    row = world.one("cost_per_completed")
    assert (row["value"], row["n"], row["currency"]) == (whole / 4, 4, "USD")
    assert row["low"] is None
    assert row["per_label"] == whole / 4
    assert row["note"].endswith("; 4 items, fewer than 20")
    row = world.one("cost_per_accepted")
    assert (row["value"], row["n"]) == (whole / 2, 2)
    row = world.one("rework_cost")
    assert (row["value"], row["share"], row["n"]) == (12 / 2 + 8 / 4, 8 / whole, 3)


def test_a_rate_counts_from_its_first_day_and_a_new_date_changes_history(world: World):
    world.project([work(f"i{day}", "ann", HOUR, day) for day in range(4)])
    assert price(world, ("ann", "10 USD"), ("ann", "20 USD 2"))
    days = [f"2024-03-0{day}" for day in (4, 5, 6, 7)]
    assert world.by("cost_per_completed", "day") == dict(zip(days, (10, 10, 20, 20), strict=True))
    assert not price(world, ("ann", "20 USD 2"), ("ann", "10 USD"))
    assert price(world, ("ann", "10 USD"), ("ann", "20 USD 1"))
    assert world.by("cost_per_completed", "day") == dict(zip(days, (10, 20, 20, 20), strict=True))
    assert world.one("cost_per_completed", since=days[1], until=days[3])["value"] == 20


def test_changed_rates_are_another_version_of_the_data(world: World):
    """So that pages and reports that keep answers ask again."""
    world.project([work("i1", "ann")])

    def version() -> int:
        with world.engine.connect() as conn:
            return int(conn.exec_driver_sql("SELECT data_version FROM project").scalar_one())

    before = version()
    price(world, ("ann", "10 USD"))
    after = version()
    price(world, ("ann", "10.000000 USD"))
    assert before < after == version()


def test_an_own_rate_beats_the_teams_once_it_has_begun(world: World):
    world.project([work(f"i{day}", "ann", HOUR, day) for day in range(3)])
    price(world, ("North", "7 USD"), ("ann", "9 USD 1"), teams={"North": ["ann"]})
    assert list(world.by("cost_per_completed", "day").values()) == [7, 9, 9]


def test_somebody_in_two_teams_has_a_rate_where_both_agree(world: World):
    world.project([work("i1", "ann", HOUR, 0, YES), work("i2", "bob", HOUR, 0, YES)])
    teams = {"North": ["ann", "bob"], "South": ["ann"]}
    price(world, ("North", "8 USD"), ("South", "8 USD"), teams=teams)
    assert world.one("cost_per_completed")["value"] == 8
    assert world.by("cost_per_accepted", "team") == {"North": 8, "South": 8}
    price(world, ("North", "8 USD"), ("South", "9 USD"), teams=teams)
    row = world.one("cost_per_completed")
    assert (row["value"], row["n"]) == (None, 2)
    assert row["note"] == "1 person without a rate, 50 % of the time"
    assert world.one("cost_per_accepted", where=["team!=South"])["value"] == 8
    price(world, ("North", "8 USD"), ("South", "9 USD"), ("ann", "10 USD"), teams=teams)
    assert world.one("cost_per_completed")["value"] == 9
    price(world, ("North", "8 USD"), teams=teams)
    assert world.by("cost_per_accepted", "team") == {"North": 8, "South": 8}


def test_people_without_a_rate_are_counted_and_leave_it_open(world: World):
    world.project([work("i1", "ann"), work("i2", "bob", HOUR * 3), work("i3", "cid", None)])
    price(world, ("ann", "10 USD"))
    row = world.one("cost_per_completed")
    assert (row["value"], row["n"]) == (None, 3)
    assert row["note"] == "1 person without a rate, 75 % of the time"
    price(world, ("ann", "10 USD"), ("bob", "10 USD"))
    row = world.one("cost_per_completed", min_n=0)
    assert row["value"] == 40 / 3
    assert row["note"].endswith("; 1 of 3 submissions have no reported time")


def test_currencies_are_never_added_up(world: World):
    world.project(
        [work("i1", "ann", HOUR, 0, YES), work("i2", "bob", HOUR, 1, NO)],
        batches={"i1": "one", "i2": "two"},
    )
    price(world, ("ann", "10 USD"), ("bob", "500 PHP"))
    row = world.one("cost_per_completed")
    assert (row["value"], row["currency"]) == (None, None)
    assert row["note"] == "rates in PHP and USD make no sum"
    assert world.by("cost_per_completed", "batch") == {"one": 10, "two": 500}
    assert world.by("cost_per_completed", "batch", "currency") == {"one": "USD", "two": "PHP"}
    row = world.one("rework_cost")
    assert (row["value"], row["currency"], row["share"]) == (500, "PHP", None)


def test_long_times_are_in_it_and_named(world: World):
    world.project([work("i1", "ann", HOUR * 2), work("i2", "ann", HOUR // 2)])
    price(world, ("ann", "10 USD"))
    row = world.one("cost_per_completed", min_n=0)
    assert (row["value"], row["note"]) == (12.5, "1 of 2 times over 30 min, 80 % of the sum")


def test_a_label_costs_what_it_takes_without_open_tabs(world: World):
    """Ann takes 30 min and nine times 15, Bob nine times 15; two tabs stay open."""
    said = [work(f"{who}{n}", who, HOUR // 4) for n in range(9) for who in ("ann", "bob")]
    said += [work("half", "ann", HOUR // 2), work("untimed", "bob", None)]
    said += [work("open", "ann", HOUR * 2), work("noted", "cid", HOUR * 7)]
    world.project(said, batches={"open": "open"})
    assert "no rates are set" in world.one("cost_per_label")["note"]
    price(world, ("ann", "12 USD"), ("bob", "8 USD"))
    row = world.one("cost_per_label", min_n=0)
    assert (row["value"], row["n"], row["currency"]) == (
        float(Fraction(6 + 27 + 18, 19)),
        19,
        "USD",
    )
    untimed = "1 of 22 submissions have no reported time"
    assert row["note"] == f"without 2 of 21 times over 30 min, 64 % of the sum; {untimed}"
    price(world, ("ann", "12 USD"))
    assert world.one("cost_per_label")["note"] == "1 person without a rate, 45 % of the time"


def test_long_work_is_paid_whole(world: World):
    """More than a tenth over half an hour is how long the work takes."""
    world.project([work("short", "ann", HOUR // 4), work("long", "ann", HOUR * 2)])
    price(world, ("ann", "12 USD"))
    row = world.one("cost_per_label", min_n=0)
    assert (row["value"], row["n"]) == ((3 + 24) / 2, 2)
    assert row["note"] == "with 1 of 2 times over 30 min, 89 % of the sum: so many are work"


def test_the_cost_of_a_label_counts_answers_whether_items_are_complete_or_not(world: World):
    """Two items need two answers each; one has them on the second day, one never."""
    said = [work("i1", "ann", HOUR // 2, 0), work("i1", "bob", HOUR // 4, 1)]
    said += [work("i2", "ann", HOUR // 4, 0), work("i3", "ann", None, 2)]
    world.project(
        [*said, work("i4", "dee", HOUR, 3)], required={"i1": 2, "i2": 2, "i3": 2, "i4": 2}
    )
    price(world, ("ann", "12 USD"), ("bob", "8 USD"))
    wanted = {
        "2024-03-04": (None, 0, 9 / 2),  # 6 and 3 USD for two labels
        "2024-03-05": (2, 1, 2),
        "2024-03-06": (None, 0, None),  # no time
        "2024-03-07": (None, 0, None),  # no rate
        "2024-03-08": (None, 0, None),  # nothing at all
    }
    for day, told in wanted.items():
        row = world.one("cost_per_completed", since=day, until=day)
        assert (row["value"], row["n"], row.get("per_label")) == told
    row = world.one("cost_per_completed", until="2024-03-06")
    assert (row["value"], row["n"], row["per_label"]) == (11, 1, float(Fraction(11, 4)))
    assert world.one("cost_per_completed")["per_label"] is None
    price(world, ("ann", "12 USD"), ("bob", "8 USD"), ("dee", "1 USD"))
    assert world.one("cost_per_completed")["per_label"] == float(Fraction(12, 5))


def test_a_skips_time_is_not_in_it(world: World):
    skip = Say("i2", "ann", None, at(0), Status.SKIPPED, time_ms=HOUR)
    world.project([work("i1", "ann", HOUR // 2), skip])
    price(world, ("ann", "10 USD"))
    assert world.one("cost_per_completed")["value"] == 5


def test_nothing_to_divide_by_is_said(world: World):
    world.project([work("i1", "ann")], required={"i1": 2})
    assert world.one("rework_cost")["note"] == "nothing was reviewed"
    price(world, ("ann", "10 USD"))
    assert world.one("cost_per_completed")["note"] == "no item was completed"
    assert world.one("cost_per_accepted")["note"] == "no answer was accepted in review"


def test_without_rates_it_says_where_they_belong(world: World):
    world.project([work("i1", "ann", HOUR, 0, YES), work("i2", "ann", HOUR, 0, NO)])
    for name in COST:
        row = world.one(name)
        assert row["value"] is None
        assert row["note"].startswith("no rates are set: [[rates]] in labelpulse.toml")


def test_without_times_it_says_so(world: World):
    world.project([work("i1", "ann", None, 0, YES), work("i2", "ann", 0, 0, NO)])
    price(world, ("ann", "10 USD"))
    for name in COST[:2]:
        assert world.one(name)["note"].startswith("no submission has a reported time")
    assert world.one("rework_cost")["note"] == "no rejected answer has a reported time"


def test_nothing_rejected_costs_nothing(world: World):
    world.project([work("i1", "ann", HOUR, 0, YES)])
    price(world, ("ann", "10 USD"))
    row = world.one("rework_cost")
    assert (row["value"], row["share"], row["n"], row["currency"]) == (0, 0, 1, "USD")


def test_on_unknown_days_only_rates_without_a_beginning_hold(world: World):
    world.project([Say("i1", "ann", "x", None, time_ms=HOUR)])
    price(world, ("ann", "10 USD"), ("ann", "20 USD 0"))
    assert world.one("cost_per_completed")["value"] == 10
    price(world, ("ann", "20 USD 0"))
    assert world.one("cost_per_completed")["value"] is None


def test_what_no_number_can_be_split_by_is_refused(world: World):
    world.project([work("i1", "ann")])
    for name in COST:
        with pytest.raises(UsageError, match="cannot be split by 'annotator'"):
            world.ask(name, by=("annotator",))
    with pytest.raises(UsageError, match="cannot be split by 'team'"):
        world.ask("cost_per_completed", by=("team",))


@pytest.mark.parametrize("seed", range(3))
def test_random_work_at_random_rates_is_exact(world: World, seed: int):
    """Every sum is that of exact fractions, rounded once."""
    rng = random.Random(seed)
    people, teams = ["ann", "bob", "cid", "dee"], {"North": ["ann", "bob"], "South": ["cid"]}
    rates = [
        (who, f"{rng.randrange(1, 50_000_000)}/1000000 USD {since}")
        for who in ("ann", "dee", "North", "South")
        for since in rng.sample(range(8), 3)
    ]
    rates += [(who, f"{rng.randrange(1, 40)} USD") for who in ("dee", "North", "South")]
    said = [
        work(
            f"i{n}", rng.choice(people), rng.choice([None, 0, 1, rng.randrange(9_000_000)]),
            rng.randrange(10), *rng.choices([YES, NO], k=rng.randrange(3)),
        )
        for n in range(80)
    ]  # fmt: skip
    world.project(said)
    price(world, *rates, teams=teams)

    def hourly(who: str, day: int) -> Fraction:
        for name in (who, *(team for team, own in teams.items() if who in own)):
            begun = []
            for one, text in rates:
                amount, _, *since = text.split()
                if one == name and (not since or int(since[0]) <= day):
                    begun.append((int(since[0]) if since else -1, Fraction(amount)))
            if begun:
                return max(begun)[1]
        raise AssertionError("everybody has a rate")

    whole: dict = defaultdict(Fraction)
    rejected: dict = defaultdict(Fraction)
    accepted: dict = defaultdict(int)
    labels: dict = defaultdict(int)
    for one in said:
        day = ((one.at or 0) - at(0)) // 86_400_000_000
        cost = Fraction(max(one.time_ms or 0, 0), HOUR) * hourly(one.who or "", day)
        verdicts = [review.verdict for review in one.reviews]
        for key in (None, f"2024-03-{4 + day:02}"):
            whole[key] += cost
            rejected[key] += cost if NO in verdicts else 0
            accepted[key] += verdicts[-1:] == [YES]
            labels[key] += 1
    assert world.one("cost_per_completed")["value"] == float(whole[None] / 80)
    assert world.one("cost_per_completed")["per_label"] == float(whole[None] / 80)
    each = world.by("cost_per_completed", "day", "per_label")
    assert world.one("cost_per_accepted")["value"] == float(whole[None] / accepted[None])
    row = world.one("rework_cost")
    assert row["value"] == float(rejected[None])
    assert row["share"] == pytest.approx(float(rejected[None] / whole[None]))
    for day, value in world.by("cost_per_accepted", "day").items():
        assert each[day] == float(whole[day] / labels[day])
        if value is not None:
            assert value == float(whole[day] / accepted[day])
