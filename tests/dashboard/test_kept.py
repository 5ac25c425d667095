"""What pages tell is worked out once, and anew when what it rests on changes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import context, kept
from dashboard.lately import lately
from labelpulse.findings.selection import Choice, Selection, selection_of
from tests.dashboard.conftest import Open

told: list[int] = []


@kept.kept
def by_data(selection: Selection) -> int:
    told.append(selection.version)
    return selection.version


@kept.a_minute
def by_minute(selection: Selection) -> int:
    told.append(selection.version)
    return selection.version


@pytest.fixture
def selection(single: Path, open_app: Open) -> Selection:
    open_app(single)  # sets the configuration in force
    told.clear()
    held = context.everything().projects[0]
    return selection_of(context, held, Choice(held.controls[0]), {})


def test_the_same_selection_is_told_once(selection: Selection):
    again = selection_of(context, selection.holding, Choice(selection.control), {})
    assert by_data(selection) == by_data(again) == selection.version
    assert told == [selection.version]


def test_other_data_days_control_or_names_are_told_anew(selection: Selection):
    by_data(selection)
    shorter = replace(selection.span, since=selection.span.since + timedelta(days=1))
    others = [
        replace(selection, version=selection.version + 1),
        replace(selection, span=shorter),
        replace(selection, control="another"),
        replace(selection, names={"Heron 12": "Ana"}),
        replace(selection, holding=replace(selection.holding, targets={"label": 0.9})),
        replace(selection, holding=replace(selection.holding, accuracy_targets={"label": 0.9})),
    ]
    for one in others:
        by_data(one)
    assert len(told) == 1 + len(others)


def test_a_marker_is_seen_at_once(selection: Selection, monkeypatch: pytest.MonkeyPatch):
    by_minute(selection)
    monkeypatch.setattr(context, "noted", lambda _project: ["a marker"])
    by_minute(selection)
    assert len(told) == 2


def test_what_takes_long_waits_for_the_minute_not_for_the_data(
    selection: Selection, monkeypatch: pytest.MonkeyPatch
):
    now = context.now()
    monkeypatch.setattr(context, "now", lambda: now)
    by_minute(selection)
    assert by_minute(replace(selection, version=selection.version + 1)) == selection.version
    monkeypatch.setattr(context, "now", lambda: now + context.MINUTE_US)
    assert by_minute(replace(selection, version=selection.version + 1)) == selection.version + 1


def test_what_takes_long_is_kept_while_nothing_comes_in(
    selection: Selection, monkeypatch: pytest.MonkeyPatch
):
    """An open page of a source that stands still would work anew every minute."""
    beat = kept.AGES_MINUTES * context.MINUTE_US
    now = (context.now() // beat + 1) * beat
    for minute in range(kept.AGES_MINUTES):
        monkeypatch.setattr(context, "now", lambda at=minute: now + at * context.MINUTE_US)
        by_minute(selection)
    assert len(told) == 1
    monkeypatch.setattr(context, "now", lambda: now + beat)
    by_minute(selection)
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
