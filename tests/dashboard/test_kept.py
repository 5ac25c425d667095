"""What pages tell is worked out once, and anew when what it rests on changes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import context, kept
from dashboard.lately import lately
from labelpulse.judgement.desk import Choice, Desk, desk_of
from tests.dashboard.conftest import Open

told: list[int] = []


@kept.kept
def by_data(desk: Desk) -> int:
    told.append(desk.version)
    return desk.version


@kept.a_minute
def by_minute(desk: Desk) -> int:
    told.append(desk.version)
    return desk.version


@pytest.fixture
def desk(single: Path, open_app: Open) -> Desk:
    open_app(single)  # sets the configuration in force
    told.clear()
    held = context.everything().projects[0]
    return desk_of(context, held, Choice(held.controls[0]), {})


def test_the_same_desk_is_told_once(desk: Desk):
    again = desk_of(context, desk.holding, Choice(desk.control), {})
    assert by_data(desk) == by_data(again) == desk.version
    assert told == [desk.version]


def test_other_data_days_control_or_names_are_told_anew(desk: Desk):
    by_data(desk)
    shorter = replace(desk.span, since=desk.span.since + timedelta(days=1))
    others = [
        replace(desk, version=desk.version + 1),
        replace(desk, span=shorter),
        replace(desk, control="another"),
        replace(desk, names={"Heron 12": "Ana"}),
        replace(desk, holding=replace(desk.holding, targets={"label": 0.9})),
        replace(desk, holding=replace(desk.holding, accuracy_targets={"label": 0.9})),
    ]
    for one in others:
        by_data(one)
    assert len(told) == 1 + len(others)


def test_a_marker_is_seen_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    by_minute(desk)
    monkeypatch.setattr(context, "noted", lambda _project: ["a marker"])
    by_minute(desk)
    assert len(told) == 2


def test_what_takes_long_waits_for_the_minute_not_for_the_data(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    now = context.now()
    monkeypatch.setattr(context, "now", lambda: now)
    by_minute(desk)
    assert by_minute(replace(desk, version=desk.version + 1)) == desk.version
    monkeypatch.setattr(context, "now", lambda: now + context.MINUTE_US)
    assert by_minute(replace(desk, version=desk.version + 1)) == desk.version + 1


def test_what_takes_long_is_kept_while_nothing_comes_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """An open page of a source that stands still would work anew every minute."""
    beat = kept.AGES_MINUTES * context.MINUTE_US
    now = (context.now() // beat + 1) * beat
    for minute in range(kept.AGES_MINUTES):
        monkeypatch.setattr(context, "now", lambda at=minute: now + at * context.MINUTE_US)
        by_minute(desk)
    assert len(told) == 1
    monkeypatch.setattr(context, "now", lambda: now + beat)
    by_minute(desk)
    assert len(told) == 2, "ages have moved"


def test_an_answer_by_the_clock_is_asked_once_a_beat(monkeypatch: pytest.MonkeyPatch):
    seconds = [0.0]
    monkeypatch.setattr("dashboard.lately.monotonic", lambda: seconds[0])
    asked: list[str] = []

    @lately(2.0, 4)
    def ask(word: str) -> int:
        asked.append(word)
        return len(asked)

    assert [ask("a"), ask("a"), ask("b")] == [1, 1, 2]
    seconds[0] = 2.0
    assert ask("a") == 3
    ask.clear()
    assert ask("a") == 4
