"""What is told when alerts end: the number of now, the place of now, and to whom it was told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, select, update

from labelpulse import schema
from labelpulse.alerts.ending import over
from labelpulse.alerts.evidence import explainer
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.notice import Kind, Notice, letter, of
from labelpulse.alerts.rules import Subject
from labelpulse.alerts.worded import Worded
from labelpulse.config import Alert
from labelpulse.core.events import Status
from labelpulse.warehouse.alerts import Silence
from labelpulse.warehouse.rates import SaidRate
from tests.alerts.site import DAY_US, DIARY, FELL, HOUR, Site, pairs, settings_of, site_of
from tests.reader.world import Say, at


@pytest.fixture
def fallen(engine: Engine, tmp_path: Path) -> Site:
    """A project whose agreement fell on day 1, told that night."""
    site = site_of(engine, tmp_path)
    days(site, 0.95, 0.3)
    return site


def days(site: Site, *shares: float, first: int = 0) -> None:
    """Let days go by with such agreement."""
    for day, share in enumerate(shares, first):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()


def notices(site: Site) -> list[Notice]:
    """What was told, with words and numbers."""
    with site.engine.connect() as conn:
        found = conn.scalars(select(schema.alert_intent.c.body).order_by(schema.alert_intent.c.id))
        return [of(json.loads(body)) for body in found]


def rename(site: Site, title: str) -> None:
    with site.engine.begin() as conn:
        conn.execute(update(schema.project).values(title=title))


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def test_what_is_over_tells_the_number_of_now(fallen: Site) -> None:
    days(fallen, 0.97, first=2)
    fired, over = notices(fallen)
    (row,) = fallen.world.ask("agreement_percent", by=("day",), since="2024-03-06")
    assert (over.value, over.low, over.high, over.n) == tuple(
        row[key] for key in ("value", "low", "high", "n")
    )
    assert plain(over.title) == (
        f"Agreement on label is {row['value']:.0%} ({100 * row['low']:.0f}–{row['high']:.0%}, n 60)"
        f", was {fired.value:.0%}"
    ).replace("%", " %")
    assert letter([over]).subject == f"Over in P: {plain(over.title)}"
    assert over.lines == ("The number is back within its line.",)
    assert parse_qs(urlsplit(over.link).query)["days"] == ["2024-03-06"] * 2


def test_what_is_not_confirmed_tells_it_too(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    days(site, 0.95)
    says = pairs(1, 0.2, n=100)
    site.day(1, says[:100])
    site.go()
    site.day(1, [*says[100:], *pairs(1, 1.0, n=500, seed=9)])
    site.night(1)
    site.go()
    fired, over = notices(site)
    assert over.kind == "unconfirmed"
    assert (over.n or 0) >= 500 > (fired.n or 0)
    assert plain(over.title).endswith(f"was {fired.value:.0%}".replace("%", " %"))
    assert (over.value or 0) > 0.9 > (fired.value or 0)


def test_of_days_nobody_looked_at_each_tells_its_own(fallen: Site) -> None:
    for day, share in ((2, 0.97), (3, 0.3), (4, 0.9)):
        fallen.day(day, pairs(day, share))
    fallen.day(5, pairs(5, 0.2, n=4))  # the next morning: too little to tell
    fallen.go()
    ends = [one for one in notices(fallen) if one.kind == "resolved"]
    assert [one.n for one in ends] == [60, 60]
    assert all((one.value or 0) > 0.8 for one in ends)


def test_a_count_is_told_as_one(engine: Engine, tmp_path: Path) -> None:
    rule = {"name": "skips", "metric": "annotations_skipped", "by": ("project",), "window": "1d"}
    site = site_of(engine, tmp_path, {**rule, "above": 10, "channels": ("diary",)})
    for day, n in ((0, 0), (1, 20), (2, 3)):
        skips = [
            Say(f"s{day}-{one}", "ann", None, at(day, one), Status.SKIPPED) for one in range(n)
        ]
        site.day(day, [*pairs(day, 0.9), *skips])
        site.night(day)
        site.go()
    _, last = notices(site)
    assert last.title == "Skipped annotations: 3, was 20"


def test_a_new_name_of_the_project_stands_in_every_link(fallen: Site) -> None:
    rename(fallen, "Q")
    fallen.poll(fallen.now + HOUR)
    fallen.go()
    (alert,) = fallen.incidents()
    assert parse_qs(urlsplit(alert.evidence["link"]).query)["project"] == ["Q"]
    assert alert.evidence["query"]["project"] == "Q"
    fallen.poll(fallen.now + 4 * HOUR)
    fallen.go()
    fallen.day(2, pairs(2, 0.98))
    rename(fallen, "R")
    fallen.night(2)
    fallen.go()
    told = [(one.kind, parse_qs(urlsplit(one.link).query)["project"]) for one in notices(fallen)]
    assert told == [("fired", ["P"]), ("again", ["Q"]), ("resolved", ["R"])]


TOTALS = [
    ("annotations_submitted", 30, "Submitted annotations: 20, below 30"),
    ("time_spent_total", 900, "Total time is 10 min, below 15 min"),
]


@pytest.mark.parametrize(("metric", "line", "title"), TOTALS)
def test_a_total_is_told_again_by_the_newest_day_that_is_over(
    metric: str, line: float, title: str, engine: Engine, tmp_path: Path
) -> None:
    few = {"name": "few", "metric": metric, "by": ("project",), "window": "1d", "below": line}
    site = site_of(engine, tmp_path, {**few, "min_n": 1, "channels": ("diary",)})
    for day, n in enumerate((60, 60, 20)):
        says = [Say(f"{day}-{one}", "ann", "a", at(day, one), time_ms=30_000) for one in range(n)]
        site.day(day, says)
        site.night(day)
        site.go()
    site.now = at(3) + HOUR
    site.world.project([Say(f"3-{n}", "ann", "a", at(3, n), time_ms=30_000) for n in range(3)])
    site.poll(site.now + 4 * HOUR)
    site.go()
    fired, again = notices(site)
    assert (fired.kind, again.kind) == ("fired", "again")
    assert plain(fired.title) == plain(again.title) == title
    assert (again.value, again.link) == (fired.value, fired.link)


def test_what_was_closed_by_hand_is_not_explained_anew(
    fallen: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained: list[str] = []

    def spy(*asked: Any) -> Any:
        explain = explainer(*asked)

        def told(*of: Any) -> Any:
            explained.append(of[1].words)
            return explain(*of)

        return told

    monkeypatch.setattr("labelpulse.alerts.engine.explainer", spy)
    (one,) = fallen.incidents()
    fallen.book.close([one.id], "ann")
    for n in (60, 61, 62):
        fallen.day(2, pairs(2, 0.3, n=n))
        fallen.go()
    assert explained == []
    days(fallen, 0.97, 0.3, first=3)
    assert explained == ["P · label"]


def other(site: Site, *rules: dict[str, Any], **more: Any) -> Site:
    """The same place an hour later, with other rules."""
    found = site_of(site.engine, Path(), *rules, **more)
    found.poll(site.now + HOUR)
    found.go()
    return found


def test_a_silence_puts_off_that_it_is_over(fallen: Site) -> None:
    fallen.book.silence(Silence(fallen.now + 3 * DAY_US, "known", "ann"))
    days(fallen, 0.97, 0.3, first=2)  # over, and it fires anew
    assert len(notices(fallen)) == 1
    fallen.poll(fallen.now + 2 * DAY_US)
    fallen.go()
    _, fired, over = sorted(notices(fallen), key=lambda one: (one.kind == "resolved", one.incident))
    assert (fired.kind, over.kind, over.incident) == ("fired", "resolved", 1)
    assert (over.value or 0) > 0.9
    fallen.go()
    assert len(notices(fallen)) == 3


def test_who_was_never_told_hears_of_no_end(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.book.silence(Silence(at(2), "known", "ann"))
    days(site, 0.95, 0.3, 0.97, 0.97)
    assert [one.ended_by for one in site.incidents()] == ["resolved"]
    assert notices(site) == []


def test_an_end_by_hand_is_told_once(fallen: Site) -> None:
    (one,) = fallen.incidents()
    fallen.book.close([one.id], "ann")
    fallen.go()
    fallen.go()
    fired, ended = notices(fallen)
    assert (ended.kind, ended.incident, ended.level) == ("ended", fired.incident, fired.level)
    assert plain(ended.title) == "Agreement on label was 33 %"
    assert ended.lines == ("Closed by hand.",)
    assert letter([ended]).subject == "Ended in P: Agreement on label was 33 %"
    assert letter([ended]).level == ""


def test_an_end_with_its_rule_is_told_where_it_was_told(fallen: Site) -> None:
    elsewhere = {"other": {"type": "log"}, **DIARY}
    site = other(fallen, {**FELL, "below": 0.2, "channels": ("other",)}, channels=elsewhere)
    assert [one.lines for one in notices(site) if one.kind == "ended"] == [
        ("The rule was changed.",)
    ]
    with site.engine.connect() as conn:
        asked = select(schema.alert_intent.c.channel)
        told = conn.scalars(asked.where(schema.alert_intent.c.kind == "ended"))
        assert list(told) == ["diary"]
    again = other(site, {**FELL, "name": "renamed"}, channels=elsewhere)
    assert [one.kind for one in notices(again)] == ["fired", "ended", "fired"]
    last = other(again, {**FELL, "name": "yet another", "below": 0.1}, channels=elsewhere)
    assert notices(last)[-1].lines == ("The rule was removed.",)
    assert [one.ended_by for one in last.incidents()] == ["removed", "changed"]


def test_the_end_of_a_project_is_told(fallen: Site) -> None:
    with fallen.engine.begin() as conn:
        conn.execute(update(schema.project).values(state="gone"))
    fallen.go()
    assert [one.lines for one in notices(fallen)[1:]] == [("The project is gone.",)]


def test_money_is_told_with_its_currency(engine: Engine, tmp_path: Path) -> None:
    rule = {"name": "cost", "metric": "cost_per_label", "by": ("project",), "window": "1d"}
    site = site_of(engine, tmp_path, {**rule, "above": 0.1, "min_n": 1, "channels": ("diary",)})
    for day, seconds in enumerate((30, 90, 30)):
        took = seconds * 1000
        says = [Say(f"{day}-{n}", "ann", "a", at(day, n), time_ms=took) for n in range(40)]
        site.day(day, says)
        site.world.warehouse.rates([SaidRate(None, "ann", 0, 8_000_000, "USD")])
        site.night(day)
        site.go()
    fired, over = (plain(one.title) for one in notices(site))
    assert fired == "Cost per label is 0.20 USD, above 0.10 USD"
    assert over == "Cost per label is 0.07 USD (n 40), was 0.20 USD"


IN_WORDS = [
    ({"metric": "agreement_drift", "drift": True}, "sd", "x is back within its control limits"),
    ({"metric": "finish_date", "late": True}, "days", "x: no longer forecast after the deadline"),
    ({"metric": "labels_remaining", "above": 5}, "labels", "x: 3, was 36"),
]


@pytest.mark.parametrize(("rule", "unit", "title"), IN_WORDS)
def test_what_is_no_plain_number_is_told_in_words(
    rule: dict[str, Any], unit: str, title: str
) -> None:
    known = Alert.model_validate({"name": "r", **rule})
    said = {"title": "of before", "measure": "x", "unit": unit, "value": 36.0}
    one = Worded(1, "r", known, Subject((("project", "P"),), "P"), "info", said)
    told = over(one, Kind.RESOLVED, Judged(738_900, "within", True, 3.0, n=3), "http://x")
    assert (told.title, told.value, told.project) == (title, 3.0, "P")
    lost = over(one, Kind.RESOLVED, None, "http://x")
    assert lost.value is None
    assert lost.title == ("x was 36" if unit == "labels" else "of before")


def test_an_end_that_waits_outlives_a_change_of_its_rule(fallen: Site) -> None:
    fallen.book.silence(Silence(fallen.now + 3 * DAY_US, "known", "ann"))
    days(fallen, 0.97, first=2)
    late = {"name": "fell", "metric": "finish_date", "late": True, "channels": ("diary",)}
    for rule in ({**FELL, "metric": "agrement_percent"}, late):
        fallen.settings = settings_of(Path(), rule, channels=DIARY)
        fallen.poll(fallen.now + HOUR)
        fallen.go()
    fallen.poll(fallen.now + 3 * DAY_US)
    fallen.settings = settings_of(Path(), {**FELL, "metric": "agrement_percent"}, channels=DIARY)
    fallen.go()
    _, over = notices(fallen)
    assert plain(over.title).startswith("Agreement on label is 100 % (94")
    assert (over.metric, over.unit, over.kind) == ("agreement_percent", "share", "resolved")


def test_the_number_of_a_changed_rule_is_not_told_as_that_of_before() -> None:
    late = Alert.model_validate({"name": "fell", "metric": "finish_date", "late": True})
    said = {"measure": "x", "metric": "agreement_percent", "unit": "share", "value": 0.3}
    one = Worded(1, "fell", late, Subject((("project", "P"),), "P"), "info", said)
    told = over(one, Kind.RESOLVED, Judged(738_900, "within", True, 0.97, n=60), "http://x")
    assert plain(told.title) == "x is 97 % (n 60), was 30 %"


def test_what_could_not_be_explained_ends_in_the_unit_of_its_metric() -> None:
    known = Alert.model_validate(FELL)
    one = Worded(1, "fell", known, Subject((("project", "P"),), "P"), "info", {})
    told = over(one, Kind.RESOLVED, Judged(738_900, "within", True, 0.97, n=60), "http://x")
    assert (plain(told.title), told.unit) == ("fell: 97 % (n 60)", "share")
    wrong = replace(one, rule=known.model_copy(update={"metric": "no such"}))
    assert over(wrong, Kind.RESOLVED, Judged(1, "within", True, 0.97), "").title == "fell"
