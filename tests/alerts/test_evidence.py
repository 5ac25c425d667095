"""What alerts say, on small worlds: the number, its line, since when, how sure, why, what to do."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, event

from labelpulse.alerts import causes
from labelpulse.alerts.evidence import Explain, explainer
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.rules import Subject, question_digest
from labelpulse.config import Alert
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status
from labelpulse.metrics.direction import WORSE
from labelpulse.reader import MetricQuery, read
from labelpulse.warehouse.alerts import SampleRow
from tests.alerts.site import Site, pairs, settings_of
from tests.reader.world import HIDDEN, Say, at

CANARY = "real.name@example.org"
FELL = {"metric": "agreement_percent", "by": ("project", "control"), "window": "2d", "below": 0.8}
HOUR, DAY = 3600 * 1_000_000, timedelta(days=1)


def site_of(engine: Engine, folder: Path, *rules: dict[str, Any], **more: Any) -> Site:
    named = [{"name": f"rule {n}", **one} for n, one in enumerate(rules)]
    return Site(engine, settings_of(folder, *named, **more))


def explained(site: Site) -> Explain:
    return explainer(site.engine, site.settings, HIDDEN, site.now)


def firing(site: Site) -> list[dict[str, Any]]:
    """What there is to say of every subject that fires, as a cycle asks for it."""
    explain = explained(site)
    return [
        explain(seen.rule, one.subject, one.judged, one.now.since)
        for seen in site.seen().seen
        for one in seen.stands
        if one.now.fires and one.judged is not None
    ]


def again(site: Site, said: dict[str, Any]) -> list[Any]:
    """The number that the query of an alert asks for."""
    rows = read(site.engine, MetricQuery(**said["query"]), HIDDEN, clock=lambda: site.now).rows
    return [row["value"] for row in rows]


@pytest.fixture
def fallen(engine: Engine, tmp_path: Path) -> Site:
    """Agreement fell on day 3, and it is the evening of day 4."""
    found = site_of(engine, tmp_path, FELL)
    days = enumerate((0.97, 0.97, 0.97, 0.4, 0.4))
    found.day(4, [one for day, share in days for one in pairs(day, share)])
    found.night(4)
    return found


def test_it_says_all_in_order_in_plain_words(fallen: Site) -> None:
    (said,) = firing(fallen)
    title, lines = (
        said["title"].replace("\xa0", " "),
        [one.replace("\xa0", " ") for one in said["lines"]],
    )
    assert title == f"Agreement on label is {said['value']:.0%}, below 80 %".replace("%,", " %,")
    assert lines[0] == "Beyond the line since Thu 7 Mar."
    assert lines[1].startswith("95 % interval ")
    assert lines[1].endswith("(n 120): the whole interval is beyond the line.")
    assert lines[2] == "Likely cause: mostly a / b."
    assert lines[3] == "120 items were answered since then: Alerts exports them for another look."
    assert lines[4] == "Settle a against b: guideline, five examples, re-check."
    assert (said["since"], said["items"], said["unit"], said["n"]) == (
        "2024-03-07",
        120,
        "share",
        120,
    )
    assert json.loads(json.dumps(said)) == said


def test_the_query_and_the_page_are_of_this_number(fallen: Site) -> None:
    (said,) = firing(fallen)
    assert again(fallen, said) == [said["value"]]
    parts = urlsplit(said["link"])
    assert (parts.netloc, parts.path) == ("127.0.0.1:8501", "/agreement")
    assert parse_qs(parts.query) == {
        "project": ["P"],
        "control": ["label"],
        "range": ["Between"],
        "days": ["2024-03-07", "2024-03-08"],
    }


def test_near_its_line_only_the_estimate_is_beyond(engine: Engine, tmp_path: Path) -> None:
    rule = {**FELL, "window": "1d"}
    site = site_of(engine, tmp_path, rule)
    site.day(1, [*pairs(0, 0.97), *pairs(1, 0.75)])
    site.night(1)
    (said,) = firing(site)
    assert said["low"] < 0.8 < said["high"]
    assert "only the estimate is beyond the line" in said["lines"][1]


def test_what_recovers_tells_what_it_was(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path, {**FELL, "window": "1d", "keep_firing": 2})
    site.day(2, [one for day, share in enumerate((0.97, 0.4, 0.95)) for one in pairs(day, share)])
    site.night(2)
    (said,) = firing(site)
    rows = site.world.ask("agreement_percent", by=("day",), since="2024-03-05")
    was, now = (f"{row['value']:.0%}".replace("%", " %") for row in rows)
    title = said["title"].replace("\xa0", " ")
    assert title == f"Agreement on label was {was}, below 80 %, and is {now} by now"
    assert said["value"] == rows[1]["value"]


def test_a_day_that_says_too_little_yet_is_not_told_of(fallen: Site) -> None:
    (before,) = firing(fallen)
    fallen.settings = fallen.settings.model_copy(
        update={"alerts": (fallen.settings.alerts[0].model_copy(update={"window": DAY}),)}
    )
    fallen.day(5, [Say("few", who, "a", at(5)) for who in ("ann", "bob")])
    (said,) = firing(fallen)
    assert said["query"]["until"] == before["query"]["until"] == "2024-03-08"
    assert (said["n"], said["since"]) == (60, before["since"])
    assert again(fallen, said) == [said["value"]]


LINES = [
    ({"below": 0.5}, 0.496, "is 49.6 %, below 50.0 %"),
    ({"above": 0.5}, 0.7, "is 70 %, above 50 %"),
    ({"below": 0.2, "above": 0.5}, 0.7, "is 70 %, above 50 %"),
    ({"below": 0.2, "above": 0.5}, 0.1, "is 10 %, below 20 %"),
    ({"below": 0.5}, 0.52, "is 52 %, after it was beyond 50 %"),
    ({"below": 0.02}, 0.01996, "is 1.996 %, below 2.000 %"),
]


@pytest.mark.parametrize(("line", "value", "told"), LINES)
def test_the_title_tells_the_line_that_is_passed(
    line: dict[str, float], value: float, told: str, fallen: Site
) -> None:
    rule = Alert.model_validate({"name": "r", "metric": "skip_rate", "by": ("project",), **line})
    number = Judged(738_900, "beyond", True, value, None, None, 40)
    said = explained(fallen)(rule, Subject((("project", "P"),), "P"), number, 0)
    assert said["title"].replace("\xa0", " ") == f"Skip rate {told}"
    assert (said["since"], said["items"]) == ("", None)


OF_NONE = [
    ("skip_rate", "batch", "Skip rate in no batch", "/progress"),
    ("time_spent_median", "batch", "Median time in no batch", "/data"),
    ("skip_rate", "team", "Skip rate in no team", "/data"),
    (
        "prediction_acceptance",
        "model_version",
        "Accepted predictions on label (model version unknown)",
        "/labels-and-model",
    ),
]


@pytest.mark.parametrize(("metric", "key", "title", "path"), OF_NONE)
def test_what_is_in_no_part_says_so_and_asks_for_the_split(
    metric: str, key: str, title: str, path: str, fallen: Site
) -> None:
    rule = Alert.model_validate({"name": "r", "metric": metric, "by": ("project", key), "above": 1})
    subject = Subject((("project", "P"), ("control", "label"), (key, None)), "P")
    said = explained(fallen)(rule, subject, Judged(738_900, "beyond", True, 0.7, n=40), 0)
    assert said["title"].startswith(title)
    assert subject.words in ("P · label · in no " + key, "P · label · model version unknown")
    link = urlsplit(said["link"])
    assert link.path == path  # the pages show batches and versions side by side
    assert path != "/data" or parse_qs(link.query)["by"] == [key]
    assert (said["query"]["by"], said["query"]["where"]) == ([key], [])


NAMED = [
    ("disagreement_share", {"kind": "label pair", "cause": "a / b"}, "of label pair a / b is"),
    ("review_gain", {"item": "17", "batch": "night"}, "of item 17, batch night is"),
    ("prediction_acceptance", {"score_band": "2"}, "of scores 0.2–0.3 is"),
    ("agreement_percent", {"assisted": "True"}, "Agreement on label with a prediction is"),
    ("gold_accuracy", {"label": "a"}, "Gold accuracy on label of a is"),
]


@pytest.mark.parametrize(("metric", "keys", "told"), NAMED)
def test_the_title_names_every_key(
    metric: str, keys: dict[str, str], told: str, fallen: Site
) -> None:
    rule = Alert.model_validate({"name": "r", "metric": metric, "above": 0.5})
    subject = Subject((("project", "P"), ("control", "label"), *keys.items()), "P")
    said = explained(fallen)(rule, subject, Judged(738_900, "beyond", True, 0.7, n=40), 0)
    assert told in said["title"]
    asked = {one.split("=")[0] for one in said["query"]["where"]} | set(said["query"]["by"])
    assert asked == set(keys)


def worked(days: Sequence[int], people: str = "abc") -> list[Say]:
    """Twelve answers a day of each of some people, to an item each."""
    return [
        Say(f"{day} {who} {n}", who, "x", at(day, n))
        for day in days
        for who in people
        for n in range(12)
    ]


def test_against_its_own_past_it_tells_both_numbers_and_the_batch(
    engine: Engine, tmp_path: Path
) -> None:
    rule = {"metric": "skip_rate", "by": ("project",), "window": "1d", "worse_than_own": "7d"}
    site = site_of(engine, tmp_path, rule)
    skips = [Say(f"s{n}", "abc"[n % 3], None, at(4, 60 + n), Status.SKIPPED) for n in range(24)]
    usual = [Say(f"u{day}", "a", None, at(day, 50), Status.SKIPPED) for day in range(4)]
    batches = {one.item: "night" for one in skips} | {one.item: "day" for one in usual[:1]}
    batches |= {"u0": "night", "4 a 0": "day"}
    site.day(4, [*worked(range(5)), *skips, *usual], batches={**batches, "s0": "day"})
    site.night(4)
    (said,) = firing(site)
    title = said["title"].replace("\xa0", " ")
    assert title == "Skip rate is 40 %, against 3 % in the 7 days before"
    assert "95 % intervals" in said["lines"][1]
    assert said["cause"] == "mostly batch night"
    assert said["do"] == "Read what was skipped: unclear data or an unclear guideline?"
    assert again(site, said) == [said["value"]]


def test_a_person_goes_by_pseudonym_whatever_the_rule_calls_them(
    engine: Engine, tmp_path: Path
) -> None:
    rule = {
        "metric": "gold_accuracy",
        "by": ("project", "control", "annotator"),
        "where": (f"annotator={CANARY}",),
        "below": 0.9,
    }
    site = site_of(engine, tmp_path, rule)
    says = [Say(f"i{n}", "key", "ab"[n % 2], at(0, n), gold_flag=True) for n in range(40)]
    for n in range(40):
        says += [Say(f"i{n}", who, "ab"[n % 2], at(1, n), time_ms=30_000) for who in ("bob", "cid")]
        says.append(Say(f"i{n}", CANARY, "a", at(1, 100 + n), time_ms=2_000))
    site.day(1, says, gold="flag")
    site.night(1)
    (said,) = firing(site)
    person = site.world.ask("gold_accuracy", HIDDEN, by=("annotator",), where=rule["where"])[0]
    who = str(person["annotator"])
    assert (
        said["title"].replace("\xa0", " ") == f"Gold accuracy on label of {who} is 50 %, below 90 %"
    )
    assert said["lines"][2].startswith(
        "A reason to talk, no proof: b taken for a: 20 of 20 answers"
    )
    assert f"{who} takes 2.0\xa0s an answer, usual are 30\xa0s" in said["cause"]
    assert said["do"] == "Talk about five examples of b."
    assert said["items"] == 40
    assert parse_qs(urlsplit(said["link"]).query)["person"] == [who]
    assert CANARY not in json.dumps(said)
    assert again(site, said) == [0.5]


def test_of_a_person_the_subject_s_own_label_is_told(engine: Engine, tmp_path: Path) -> None:
    by = ("project", "control", "annotator")
    site = site_of(engine, tmp_path, {"metric": "gold_accuracy", "by": by, "below": 0.9})
    truths = ["abc"[n % 3] for n in range(60)]
    says = [Say(f"i{n}", "key", truth, at(0, n), gold_flag=True) for n, truth in enumerate(truths)]
    for n, truth in enumerate(truths):
        says += [Say(f"i{n}", who, truth, at(1, n)) for who in ("bob", "cid")]
        given = {"a": "a", "b": "a", "c": "b" if n < 45 else "c"}[truth]  # b worse than c
        says.append(Say(f"i{n}", "eve", given, at(1, 100 + n)))
    site.day(1, says, gold="flag")
    site.night(1)
    (whole,) = firing(site)
    assert whole["do"] == "Talk about five examples of b."
    (seen,) = site.seen().seen
    (one,) = (one for one in seen.stands if one.now.fires)
    rule = Alert.model_validate(
        {**FELL, "name": "c", "metric": "gold_accuracy", "by": (*by, "label")}
    )
    of_c = Subject((*one.subject.keys, ("label", "c")), "P", one.subject.project_id)
    assert one.judged is not None
    said = explained(site)(rule, of_c, one.judged, one.now.since)
    assert said["cause"].startswith("c taken for b: 15 of 20 answers")
    assert said["do"] == "Talk about five examples of c."
    signal = Alert.model_validate(
        {"name": "s", "metric": "signal_straight_lining", "by": by, "above": 0.5}
    )
    told = explained(site)(signal, one.subject, one.judged, one.now.since)
    assert "taken for" not in told["cause"]
    assert told["do"] == "Talk about five examples."


def test_a_day_without_work_tells_what_is_usual(engine: Engine, tmp_path: Path) -> None:
    rule = {"metric": "annotations_submitted", "by": ("project",), "no_data": 1}
    site = site_of(engine, tmp_path, rule)
    site.day(28, worked([0, 7, 14, 21, 27]))
    site.night(28)
    (said,) = firing(site)
    assert said["title"] == (
        "Nobody submitted anything in P on Mon 1 Apr; about 36 are usual on such a day"
    )
    assert said["cause"].startswith("the source answers, so people stopped")
    assert again(site, said) == [0]


def test_a_silent_source_tells_the_remedy(engine: Engine, tmp_path: Path) -> None:
    rule = {"metric": "source_lag", "by": ("source",), "above": 900}
    site = site_of(engine, tmp_path, rule)
    site.day(0, worked([0]))
    site.now += 5 * HOUR
    (said,) = firing(site)
    title = said["title"].replace("\xa0", " ")
    assert title == "Source lag of studio is 5 h, above 15 min"
    assert said["cause"].startswith("studio answered 5")
    assert "labelpulse collect" in said["do"]
    assert urlsplit(said["link"]).path == "/data"
    assert again(site, said) == [said["value"]]


def test_a_queue_tells_what_comes_and_leaves(engine: Engine, tmp_path: Path) -> None:
    rule = {"metric": "stage_age_p85", "by": ("project", "stage"), "above": 60}
    site = site_of(engine, tmp_path, {**rule, "where": ("stage=waiting_for_labels",)})
    says = worked(range(5))
    site.day(4, says, required={one.item: 2 for one in says})
    site.night(4)
    (said,) = firing(site)
    assert "(waiting for more labels) is " in said["title"]
    assert said["cause"].endswith("has grown from none to 180 since 4 Mar: in 36.0, out 0.0 a day")
    assert said["do"].startswith("Point people at second labels before new items: 36.0 more a day")
    assert urlsplit(said["link"]).path == "/flow"


def test_a_number_known_only_as_of_now_is_held_against_what_was_kept(
    engine: Engine, tmp_path: Path
) -> None:
    said = {"metric": "labels_remaining", "by": ("project",), "worse_than_own": "28d", "factor": 2}
    site = site_of(engine, tmp_path, said)
    says = worked([4])
    site.day(4, says, required={one.item: 2 for one in says})
    (rule,), subject = site.settings.alerts, Subject((("project", "P"),), "P", 1)
    today, keys = date(2024, 3, 8).toordinal(), subject.document()
    asked, digest = question_digest(rule), subject.digest
    with site.book.cycle(site.seen().cycle) as cycle:
        cycle.sample(SampleRow(asked, digest, today - n, keys, 10, 10, 10, 5) for n in range(1, 20))
    told = explained(site)(rule, subject, Judged(today, "beyond", True, 36.0, n=36), today)
    assert told["title"] == "Labels remaining: 36, against 10 in the 28 days before"
    assert again(site, told) == [36]


def test_of_all_projects_together_there_is_no_cause(fallen: Site) -> None:
    rule = Alert.model_validate({"name": "r", "metric": "annotations_submitted", "below": 50_000})
    number = Judged(738_900, "beyond", True, 600, None, None, 600)
    fallen.world.project(worked([0]), title="Q")
    said = explained(fallen)(rule, Subject(()), number, 738_900)
    assert said["title"] == "Submitted annotations: 600, below 50,000"
    assert "The cause is not told apart." in said["lines"]
    assert said["query"]["project"] is None


def test_what_cannot_be_asked_is_left_out(fallen: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise UsageError("no such thing")

    (rule,) = fallen.settings.alerts
    gone = Subject((("project", "P"), ("control", "gone")), "P")
    number = Judged(738_951, "beyond", True, 0.5, 0.4, 0.6, 60)
    said = explained(fallen)(rule, gone, number, 738_951)
    assert said["title"].replace("\xa0", " ") == "Agreement on gone is 50 %, below 80 %"
    assert (said["items"], said["cause"]) == (None, "")
    monkeypatch.setattr(causes, "blame", refuse)
    (said,) = firing(fallen)
    assert (said["cause"], said["items"]) == ("", 120)


def test_many_subjects_are_asked_for_at_once(fallen: Site) -> None:
    """Each further subject counts its own items, and asks for nothing of the project again."""
    ran: list[str] = []

    @event.listens_for(fallen.engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        ran.append(statement)

    (rule,), explain = fallen.settings.alerts, explained(fallen)
    number = Judged(738_952, "beyond", True, 0.5, 0.4, 0.6, 120)
    one = Subject((("project", "P"), ("control", "label")), "P")
    explain(rule, one, number, 738_951)
    first = len(ran)
    for n in range(50):
        explain(rule, replace(one, keys=(*one.keys, ("batch", None))), number, 738_951)
        explain(rule, one, replace(number, value=0.5 + n / 1000), 738_951)
    assert len(ran) == first


def test_every_metric_that_gets_worse_can_be_told(fallen: Site) -> None:
    explain = explained(fallen)
    subject = Subject((("project", "P"), ("control", "label")), "P")
    for name, way in WORSE.items():
        line = {"below": 2.0} if way == "lower" else {"above": 0.0}
        rule = Alert.model_validate({"name": name, "metric": name, "by": ("project",), **line})
        said = explain(rule, subject, Judged(738_952, "beyond", True, 1.0, None, None, 60), 738_951)
        assert said["title"]
        assert said["do"] or said["cause"], name
        assert said["link"].startswith("http://127.0.0.1:8501/")


@pytest.mark.parametrize(
    ("terms", "project", "where"),
    [
        (("project=P",), "P", []),
        (("project!=Q", "project!=R"), None, ["project!=Q", "project!=R"]),
        (("project=P", "project=R"), None, ["project=P", "project=R"]),
    ],
)
def test_a_rule_on_some_projects_links_to_the_work_of_those(
    terms: tuple[str, ...], project: str | None, where: list[str], engine: Engine, tmp_path: Path
) -> None:
    rule = {"metric": "annotations_submitted", "window": "1d", "above": 10, "where": terms}
    site = site_of(engine, tmp_path, rule)
    for n, title in enumerate("PQR"):
        says = [Say(f"{title}{one}", "ann", "a", at(0, one)) for one in range(20 * (n + 1))]
        site.day(0, says, title=title)
    site.night(0)
    (said,) = firing(site)
    assert again(site, said) == [said["value"]]
    assert (said["query"]["project"], said["query"]["where"]) == (project, where)
