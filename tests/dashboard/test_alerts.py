"""The page of alerts: each state, and each thing that can be done, on alerts that are made up."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import alert_rules, alerting, context, inbox, posting
from dashboard.rule_fields import KEYS
from labelpulse import schema
from labelpulse.alerts.drafts import keys_of, watchable
from labelpulse.alerts.looking import machine_json
from labelpulse.alerts.machine import Judged, Machine
from labelpulse.alerts.plotted import interval_name
from labelpulse.alerts.rules import Subject
from labelpulse.config import load_settings
from labelpulse.core import formats
from labelpulse.core.days import now_us
from labelpulse.core.errors import DeliveryFailed
from labelpulse.reader.alerts import (
    Incident,
    entered_channels,
    incidents,
    made_rules,
    silences,
)
from labelpulse.warehouse.alerts import AlertBook, Opening, Silence, StateRow, cycles
from labelpulse.warehouse.engine import connect, snapshot
from labelpulse.warehouse.outbox import Outbox
from labelpulse.warehouse.posted import State
from tests.alerts.kept_alerts import DAY, HOUR
from tests.dashboard.conftest import HOSTILE, Open, load_csv, single_labels
from tests.dashboard.test_pages import assert_stale, go, tile, words

RULES = """
[[alerts]]
name = "many skips"
metric = "skip_rate"
by = ["project", "batch"]
above = 0.1
for = 3
owner = "quality lead"
channels = ["team"]

[channels.team]
url = "http://127.0.0.1:9/very-secret-hook"
least = "warning"
quiet = "19:00-08:00"
quiet_days = ["saturday"]
"""
SAID = {
    "title": "Skips of batch a are 14 %, above 10 %",
    "lines": ["95 % interval 11 to 17 %, n = 120.", "Do: read the guideline."],
    "link": "http://127.0.0.1:8501/progress?project=Reviews&range=All",
    "metric": "skip_rate",
    "unit": "share",
    "since": "2026-11-02",
    "items": 214,
    "query": {"metric": "skip_rate", "control": "label", "where": ["batch=batch 0"]},
}


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of single labels with a rule and a channel."""
    config = load_csv(tmp_path_factory.mktemp("alerts"), single_labels(20), "Reviews")
    config.write_text(config.read_text() + RULES)
    return config


@pytest.fixture
def config(reviews: Path, tmp_path: Path) -> Path:
    """The same, of this test alone."""
    folder = tmp_path / "own"
    shutil.copytree(reviews.parent, folder)
    return folder / reviews.name


class Kept:
    """The alerts of a warehouse, as a cycle keeps them."""

    def __init__(self, config: Path) -> None:
        self.engine = connect(load_settings(config).database.get_secret_value())
        self.now = now_us()
        self.book = AlertBook(self.engine, lambda: self.now)
        with self.engine.connect() as conn:
            self.project = conn.exec_driver_sql("SELECT min(id) FROM project").scalar()

    def fire(self, n: int = 1, *, said: Mapping[str, Any] = SAID, **more: Any) -> list[int]:
        """Let so many alerts fire, each of a batch of its own."""
        with self.book.cycle(self._seen()) as cycle:
            return [cycle.open(self._opening(f"batch {at}", said, **more)) for at in range(n)]

    def _opening(self, batch: str, said: Mapping[str, Any], **more: Any) -> Opening:
        of = Subject((("project", "Reviews"), ("batch", batch)), "Reviews", self.project)
        values: dict[str, Any] = {
            "rule": "many skips",
            "project_id": self.project,
            "severity": "warning",
            "level": "warning",
            "state": "firing",
            "since_day": 739_000,
            "fired_day": 739_002,
            "early": False,
            "evidence": said,
            **more,
        }
        return Opening(subject=of.digest, keys=of.document(), **values)

    def end(self, ids: list[int], by: str = "resolved") -> None:
        """Let alerts be over."""
        with self.book.cycle(self._seen()) as cycle:
            for one in ids:
                cycle.end(one, 739_005, by)

    def wait(self, beyond: int = 2) -> None:
        """Let a subject be beyond its line, but not for long enough."""
        of = Subject((("project", "Reviews"), ("batch", "late")), "Reviews", self.project)
        closed = machine_json(Machine("pending", beyond, since=739_000, day=739_001))
        row = (*("many skips", of.digest, of.document(), self.project, "", "pending"), 739_001)
        with self.book.cycle(self._seen()) as cycle:
            cycle.keep([StateRow(*row, closed, "{}")])

    def judge(self, batch: str, judged: Judged) -> None:
        """Let a later cycle judge the subject of an alert again."""
        of = Subject((("project", "Reviews"), ("batch", batch)), "Reviews", self.project)
        closed = machine_json(Machine("firing", 3, since=739_000, day=739_001))
        row = (*("many skips", of.digest, of.document(), self.project, "", "firing"), judged.day)
        with self.book.cycle(self._seen()) as cycle:
            cycle.keep([StateRow(*row, closed, json.dumps(asdict(judged)))])

    def _seen(self) -> int:
        with snapshot(self.engine) as conn:
            return cycles(conn)

    def all(self) -> list[Incident]:
        """All alerts there are, by id."""
        return sorted(incidents(self.engine), key=lambda one: one.id)


@pytest.fixture
def kept(config: Path) -> Kept:
    return Kept(config)


def opened(open_app: Open, config: Path, **choices: str) -> AppTest:
    app = open_app(config)
    app.query_params |= choices
    return go(app, "alerts")


def press(app: AppTest, key: str) -> AppTest:
    """Click a button, and draw the page anew as the browser does."""
    next(one for one in app.button if one.key == key).click().run()
    assert not app.exception, app.exception
    return app


def unfold(app: AppTest, key: str) -> AppTest:
    """Open a popover or an expander."""
    app.session_state[key] = True
    app.run()
    assert not app.exception, app.exception
    return app


# --- states ---


def test_without_rules_the_page_says_how_to_begin(single: Path, open_app: Open) -> None:
    app = opened(open_app, single)
    assert "Nothing is watched yet" in words(app)
    assert "starter = true" in words(app)
    assert tile(app, "Firing") == "0"
    rules = opened(open_app, single, part="Rules")
    assert "No rules yet" in words(rules)
    assert [one.key for one in rules.selectbox if str(one.key).startswith("draft_start")]


def test_rules_that_are_kept_say_that_nothing_fires(config: Path, open_app: Open) -> None:
    app = opened(open_app, config)
    assert "Nothing fires" in words(app)
    assert "1 rule in force" in words(app)
    for place, told in (("Acknowledged", "No alert lies here"), ("Recent", "No alert ended")):
        assert told in words(opened(open_app, config, alerts=place))


def test_an_alert_says_what_since_when_how_sure_and_what_to_do(
    kept: Kept, config: Path, open_app: Open
) -> None:
    kept.fire()
    app = opened(open_app, config)
    told = words(app)
    assert "Skips of batch a are 14 %, above 10 %" in told
    assert "95 % interval 11 to 17 %, n = 120." in told
    assert "Do: read the guideline." in told
    for fact in ("rule “many skips”", "owner quality lead", "not told yet", "open < 1 h"):
        assert fact in told.replace("\N{NO-BREAK SPACE}", " ")
    assert any(":orange-badge[" in one.value and "Warning" in one.value for one in app.markdown)
    assert tile(app, "Firing") == "1"
    page_links = [one.proto for one in app.get("page_link")]
    (plot,) = (one for one in page_links if one.label == "Open Progress")
    assert "range=All" in plot.query_string, "the page is opened with its filters"
    (items,) = (one for one in page_links if one.label.startswith("Re-check: 214 items since"))
    asked = dict(parse_qsl(items.query_string))
    assert asked.pop("via")
    assert asked == {
        "project": "Reviews",
        "control": "label",
        "batch": "batch 0",
        "since": "2026-11-02",
    }


def test_what_was_not_explained_is_told_by_rule_and_subject(
    kept: Kept, config: Path, open_app: Open
) -> None:
    kept.fire(said={})
    assert "many skips · Reviews · batch 0" in words(opened(open_app, config))


def test_the_menu_counts_what_nobody_looks_after(kept: Kept, config: Path, open_app: Open) -> None:
    first, _ = kept.fire(2)
    opened(open_app, config)
    assert alerting.firing() == 2
    kept.book.acknowledge([first], "Mia")
    alerting._opened.clear()
    assert alerting.firing() == 1


def test_two_hundred_alerts_are_shown_ten_at_a_time(
    kept: Kept, config: Path, open_app: Open
) -> None:
    kept.fire(200)
    app = opened(open_app, config)
    assert tile(app, "Firing") == "200"
    assert sum(str(one.key).startswith("close ") for one in app.button) == 10
    app = press(app, "more_alerts_shown firing")
    assert sum(str(one.key).startswith("close ") for one in app.button) == 30


def test_what_will_fire_stands_below(kept: Kept, config: Path, open_app: Open) -> None:
    kept.wait(beyond=2)
    app = opened(open_app, config)
    assert tile(app, "Pending") == "1"
    assert "2 of 3 days beyond its line" in words(app)


def test_an_open_page_follows_what_fires(kept: Kept, config: Path, open_app: Open) -> None:
    """The live part draws the page anew where alerts changed since it was drawn."""
    app = opened(open_app, config)
    before = alerting.opened().stamp()
    kept.fire()
    alerting._opened.clear()
    assert alerting.opened().stamp() != before
    app.run()
    assert "Skips of batch a" in words(app)


def test_what_fired_stays_while_nothing_comes_in(
    demo: Path, open_app: Open, hours_later: None
) -> None:
    app = opened(open_app, demo)
    assert_stale(app)


def test_of_another_project_alerts_show_on_a_switch(
    kept: Kept, config: Path, open_app: Open
) -> None:
    load_csv(config.parent, single_labels(3), "Other")
    kept.fire()
    app = opened(open_app, config, project="Other")
    assert (tile(app, "Firing"), "Skips of batch a" in words(app)) == ("0", False)
    assert "1 in all projects" in words(app)
    assert "Skips of batch a" in words(opened(open_app, config, project="Other", every="true"))


def test_hostile_texts_are_no_markup(kept: Kept, config: Path, open_app: Open) -> None:
    said = {"title": HOSTILE[1], "lines": list(HOSTILE[2:])}
    kept.fire(said=said, rule=HOSTILE[0])
    kept.book.acknowledge([1], HOSTILE[3], HOSTILE[4])
    app = opened(open_app, config, alerts="Acknowledged")
    for text in HOSTILE:
        assert text not in [one.value for one in (*app.markdown, *app.caption)]
    assert HOSTILE[1] in words(app)


def test_people_in_rules_are_named_whatever_they_do() -> None:
    names = {"Martin 79": "Rhea", "Heron 12": "Ann"}
    keys = (("project", "Reviews"), ("reviewer", "Martin 79"), ("annotator", "Heron 12"))
    told = alert_rules._subject(Subject(keys, "Reviews"), names, "Reviews")
    assert told == "reviewer Rhea · Ann"


# --- what can be done ---


def test_an_alert_is_acknowledged_with_a_note(kept: Kept, config: Path, open_app: Open) -> None:
    (one,) = kept.fire()
    app = unfold(opened(open_app, config), f"_acknowledge {one}")
    app.text_input(key="who_alerts").input("Mia")
    app.text_input(key=f"ack_note {one}").input("asked the team")
    next(each for each in app.button if each.label == "Acknowledge").click().run()
    (alert,) = kept.all()
    assert (alert.acked_by, alert.ack_note) == ("Mia", "asked the team")
    app = opened(open_app, config, alerts="Acknowledged")
    assert "Acknowledged by Mia" in words(app)
    assert "asked the team" in words(app)
    assert tile(app, "Acknowledged") == "1"


def test_all_alerts_are_acknowledged_at_once(kept: Kept, config: Path, open_app: Open) -> None:
    kept.fire(3)
    app = unfold(opened(open_app, config), "all_at_once")
    app.text_input(key="ack_all_note").input("one outage")
    next(each for each in app.button if each.label == "Acknowledge all").click().run()
    assert {one.ack_note for one in kept.all()} == {"one outage"}


def test_a_silence_needs_a_reason_and_can_be_ended(
    kept: Kept, config: Path, open_app: Open
) -> None:
    (one,) = kept.fire()
    app = unfold(opened(open_app, config), f"_silence {one}")
    silence = next(each for each in app.button if each.label == "Silence")
    silence.click().run()
    assert [each.value for each in app.error] == [
        "A silence needs a reason and an author, for those who look later"
    ]
    app.text_input(key=f"reason {one}").input("migration")
    next(each for each in app.button if each.label == "Silence").click().run()
    with snapshot(kept.engine) as conn:
        (kept_silence,) = silences(conn, kept.now)
    assert (kept_silence.rule, kept_silence.reason) == ("many skips", "migration")
    assert kept_silence.subject == kept.all()[0].subject
    assert 23 * HOUR < kept_silence.until_at - kept.now < 25 * HOUR
    app = opened(open_app, config, alerts="Silenced")
    assert "migration" in words(app)
    press(app, f"unsilence {one}")
    with snapshot(kept.engine) as conn:
        assert silences(conn, now_us()) == []


def test_an_alert_is_closed_and_judged(kept: Kept, config: Path, open_app: Open) -> None:
    (one,) = kept.fire()
    app = press(opened(open_app, config), f"false {one}")
    assert kept.all()[0].verdict == "false"
    assert "a false alarm" in words(app)
    app = press(app, f"false {one}")
    assert kept.all()[0].verdict is None, "a second click takes it back"
    press(app, f"close {one}")
    assert kept.all()[0].ended_by == "closed"
    recent = opened(open_app, config, alerts="Recent")
    assert "closed by hand" in words(recent)
    press(recent, f"true {one}")
    assert kept.all()[0].verdict == "true"


def test_somebody_has_to_be_named(kept: Kept, config: Path, open_app: Open) -> None:
    (one,) = kept.fire()
    app = opened(open_app, config)
    app.text_input(key="who_alerts").input(" ").run()
    app = press(app, f"close {one}")
    (told,) = (each.value for each in app.error)
    assert told.startswith("Say who you are")
    assert kept.all()[0].open


@pytest.mark.parametrize("part", ["Inbox", "Rules", "Channels"])
def test_where_writing_is_forbidden_there_is_nothing_to_press(
    part: str, kept: Kept, config: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "may_name", lambda: False)
    kept.fire(2)
    app = opened(open_app, config, part=part)
    told = {one.label for one in app.button}
    assert told == set(), "nothing that writes"
    with pytest.raises(PermissionError):
        alerting.close([1], "Mia")
    assert kept.all()[0].open


def test_a_wall_shows_alerts_and_no_buttons(kept: Kept, config: Path, open_app: Open) -> None:
    kept.fire()
    app = opened(open_app, config, kiosk="summary,alerts")
    assert "Skips of batch a" in words(app)
    assert not app.button


def test_the_number_over_days_is_drawn_when_it_is_opened(
    kept: Kept, config: Path, open_app: Open
) -> None:
    of = Subject((("project", "Reviews"),), "Reviews", kept.project)
    config.write_text(config.read_text().replace('by = ["project", "batch"]', 'by = ["project"]'))
    (one,) = kept.fire()
    with kept.engine.begin() as conn:
        values = (of.digest, of.document())
        conn.exec_driver_sql("UPDATE alert_incident SET subject = ?, keys = ?", values)
    app = opened(open_app, config)
    assert not app.get("vega_lite_chart"), "nothing is worked out at first"
    app = unfold(app, f"closer {one}")
    (chart,) = app.get("vega_lite_chart")
    assert "Dashed: the line." in words(app)
    assert chart.proto.spec


# --- rules ---


def field(app: AppTest, kind: str, name: str) -> Any:
    """A field of the builder."""
    found = (one for one in app.get(kind) if str(one.key).startswith(f"draft_{name} "))
    return next(found)


def building(open_app: Open, config: Path) -> AppTest:
    return unfold(opened(open_app, config, part="Rules"), "builder")


def test_a_rule_is_tried_then_saved_then_removed(kept: Kept, config: Path, open_app: Open) -> None:
    app = building(open_app, config)
    assert "Percent agreement: below 80" in words(app), "it begins with what makes sense"
    field(app, "text_input", "where").input("nonsense").run()
    assert "nonsense" in words(app), "what makes no sense is said in words"
    assert not [one for one in app.button if one.key == "draft_save"], "and cannot be saved"
    field(app, "selectbox", "metric").select("annotations_submitted").run()
    field(app, "selectbox", "kind").select("above").run()
    field(app, "text_input", "name").input("busy").run()
    field(app, "number_input", "above").set_value(100).run()
    assert "above 100 over 7 days" in words(app)
    app = press(app, "draft_test")
    assert "Would have fired 1 time" in words(app)
    assert "Would have fired, by how long it waits" in words(app)
    fires = next(one.value for one in app.dataframe if "Urgency" in one.value)
    assert list(fires["Subject"]) == ["Reviews"]
    assert len(app.get("vega_lite_chart")) == 2
    press(app, "draft_save")
    with snapshot(kept.engine) as conn:
        (made,) = made_rules(conn)
    assert (made.name, made.data["above"], made.data["window"]) == ("busy", 100, "7d")
    assert made.author
    app = building(open_app, config)
    table = next(one.value for one in app.dataframe if "Origin" in one.value)
    assert "made here by" in table[table["Rule"] == "busy"]["Origin"].iloc[0]
    app.selectbox(key="draft_start").select("busy").run()
    press(app, "draft_remove")
    with snapshot(kept.engine) as conn:
        assert made_rules(conn) == []


@pytest.mark.parametrize(
    ("name", "where", "told"),
    [
        ("many skips", "", "stands in labelpulse.toml"),
        ("new", "batch=no such batch", "no such batch"),
        ("new", "colour=red", "colour"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_in_words(
    name: str, where: str, told: str, kept: Kept, config: Path, open_app: Open
) -> None:
    app = building(open_app, config)
    field(app, "selectbox", "metric").select("skip_rate").run()
    field(app, "text_input", "name").input(name).run()
    field(app, "text_input", "where").input(where).run()
    app = press(app, "draft_save")
    (refused,) = (one.value.replace("\\", "") for one in app.error)
    assert told in refused
    with snapshot(kept.engine) as conn:
        assert made_rules(conn) == []


def test_a_rule_of_the_configuration_is_copied_as_it_is(config: Path, open_app: Open) -> None:
    app = building(open_app, config)
    app.selectbox(key="draft_start").select("many skips").run()
    assert field(app, "number_input", "above").value == pytest.approx(0.1)
    assert field(app, "number_input", "for").value == 3
    assert field(app, "multiselect", "by").value == ["project", "batch"]
    text = "\n".join(one.value for one in app.code)
    assert 'name = "many skips"' in text
    assert "for = 3" in text


def test_one_side_of_a_control_chart_can_be_watched(config: Path, open_app: Open) -> None:
    app = building(open_app, config)
    field(app, "selectbox", "metric").select("throughput_drift").run()
    assert "drift = true" in "\n".join(one.value for one in app.code)
    field(app, "button_group", "drift").set_value("Below").run()
    assert "below its control limits" in words(app)
    assert 'drift = "low"' in "\n".join(one.value for one in app.code)


def test_every_key_of_a_rule_has_words() -> None:
    assert {key for metric in watchable() for key in keys_of(metric)} == {*KEYS}


def test_a_rule_that_cannot_be_asked_says_why(config: Path, open_app: Open) -> None:
    broken = '\n[[alerts]]\nname = "typo"\nmetric = "skip_rat"\nabove = 0.1\n'
    config.write_text(config.read_text() + broken)
    app = opened(open_app, config, part="Rules")
    (rules,) = (one.value for one in app.dataframe)
    typo = rules[rules["Rule"] == "typo"].iloc[0]
    assert typo["State"] == "Cannot be asked"
    assert "did you mean" in typo["Note"]


# --- channels and quality ---


def test_channels_are_told_without_their_addresses(config: Path, open_app: Open) -> None:
    app = opened(open_app, config, part="Channels")
    told = words(app)
    for fact in ("team", "from warning on", "quiet from 19:00 to 08:00", "quiet on Sat"):
        assert fact in told
    shown = f"{told} {[one.help for one in app.button]}"
    assert "very-secret" not in shown
    assert "127.0.0.1" not in shown


def test_without_channels_the_page_says_that_nobody_is_told(single: Path, open_app: Open) -> None:
    assert "there is no channel" in words(opened(open_app, single, part="Channels"))


def enter(app: AppTest, name: str, address: str) -> AppTest:
    """Enter a webhook."""
    app = unfold(app, "enter_channel")
    app.text_input(key="entered_name").input(name)
    app.text_input(key="entered_address").input(address)
    next(one for one in app.button if one.label == "Add").click().run()
    assert not app.exception, app.exception
    return app


def test_a_webhook_is_entered_tells_its_secret_once_and_is_removed(
    kept: Kept, config: Path, open_app: Open
) -> None:
    app = enter(opened(open_app, config, part="Channels"), "page", "https://example.org/canary")
    with snapshot(kept.engine) as conn:
        (one,) = entered_channels(conn)
    assert (one.name, one.address) == ("page", "https://example.org/canary")
    assert one.secret in words(app)
    assert "webhook, entered here" in words(app)
    app.run()
    assert one.secret not in words(app)
    assert "canary" not in words(app)
    assert "page" in posting.channels(), "rules can be told there"
    press(app, "forget page")
    with snapshot(kept.engine) as conn:
        assert entered_channels(conn) == []


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("page", "http://127.0.0.1/canary", "cannot be entered here"),
        ("team", "https://example.org/canary", "already"),
        (" ", "https://example.org/canary", "a name"),
    ],
)
def test_a_webhook_that_may_not_be_entered_is_refused(
    name: str, address: str, told: str, kept: Kept, config: Path, open_app: Open
) -> None:
    app = enter(opened(open_app, config, part="Channels"), name, address)
    (refused,) = (one.value for one in app.error)
    assert told in refused
    assert "canary" not in refused
    with snapshot(kept.engine) as conn:
        assert entered_channels(conn) == []


def test_a_test_message_says_how_it_went(
    config: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(posting, "send_test", lambda _settings, name, _now: sent.append(name))
    app = press(opened(open_app, config, part="Channels"), "test team")
    assert sent == ["team"]
    assert not app.error

    def refuse(*_: object) -> None:
        raise DeliveryFailed("status 410", lasting=True)

    monkeypatch.setattr(posting, "send_test", refuse)
    app = press(opened(open_app, config, part="Channels"), "test team")
    assert "410" in app.error[0].value


def test_messages_that_were_given_up_can_be_tried_again(
    kept: Kept, config: Path, open_app: Open
) -> None:
    (one,) = kept.fire()
    told = {"title": "Skips are high", "incident": one}
    message = {
        "id": 7,
        "key": "msg_1",
        "channel": "team",
        "kind": "fired",
        "grouped_by": "Reviews",
        "body": json.dumps({"notices": [told]}),
        "state": State.DEAD,
        "created_at": kept.now - DAY,
        "attempts": 9,
        "next_try_at": 0,
        "failure": "status 500",
    }
    with kept.engine.begin() as conn:
        conn.execute(schema.alert_incident.update().values(told=1))
        conn.execute(schema.alert_message.insert().values(**message))
    assert "told once on team; not taken by team" in words(opened(open_app, config))
    app = opened(open_app, config, part="Channels")
    assert "Skips are high" in words(app)
    assert "status 500" in words(app)
    press(app, "revive 7")
    assert Outbox(kept.engine, lambda: kept.now + DAY).due() == ["team"]


def test_quality_counts_what_people_said(kept: Kept, config: Path, open_app: Open) -> None:
    assert "No alert fired" in words(opened(open_app, config, part="Quality"))
    ids = kept.fire(4)
    kept.book.judge(ids[:3], "false", "Mia")
    kept.now += HOUR
    kept.end(ids[:1])
    alerting._since.clear()
    app = opened(open_app, config, part="Quality")
    assert (tile(app, "Fired"), tile(app, "True")) == ("4", "0\N{NO-BREAK SPACE}%")
    assert "1 unjudged" in words(app)
    (table,) = (one.value for one in app.dataframe)
    assert table["False"].iloc[0] == 3
    assert table["Advice"].iloc[0].startswith("Most were false")


def test_a_silence_of_a_whole_rule_covers_its_other_subjects(
    kept: Kept, config: Path, open_app: Open
) -> None:
    kept.fire(2)
    kept.book.silence(Silence(kept.now + DAY, "migration", "Mia", rule="many skips"))
    app = opened(open_app, config)
    assert (tile(app, "Firing"), tile(app, "Silenced")) == ("0", "2")


def test_a_pseudonym_within_another_is_left_alone() -> None:
    names = {"Martin 7": "Ann Lee", "Martin 79": "Bo Martin 7"}
    told = inbox._named("Martin 79 and Martin 7, not Martin 790", names)
    assert told == "Bo Martin 7 and Ann Lee, not Martin 790"


def test_a_card_shows_what_fired_and_what_it_is_now(
    config: Path, kept: Kept, open_app: Open
) -> None:
    kept.fire()
    assert "**Now**" not in words(opened(open_app, config)), "nothing was judged since"
    kept.judge("batch 0", Judged(739_010, "beyond", True, 0.21, 0.16, 0.27, 230))
    alerting.forget()
    shown = words(opened(open_app, config))
    assert "**When it fired**" in shown
    day = formats.day(date.fromordinal(739_010))
    plain = shown.replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")
    assert f"**Now** 21 %, 95 % interval 16\N{EN DASH}27 %, n = 230 ({day})" in plain


def test_the_interval_of_a_forecast_is_named(config: Path, kept: Kept, open_app: Open) -> None:
    assert interval_name("finish_date") == "80 % range"
    assert interval_name("skip_rate") == "95 % interval"
    frame = opened(open_app, config, part="Rules").dataframe[0].value
    assert "95 % interval" not in frame.columns
