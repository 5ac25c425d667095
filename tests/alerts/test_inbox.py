"""Where alerts lie, in which order, and what is told of them."""

import json
from typing import Any

from labelpulse.alerts.inbox import in_places, not_told, pending, told_of
from labelpulse.alerts.looking import machine_json
from labelpulse.alerts.machine import Machine
from labelpulse.config import Alert
from labelpulse.findings.attention import Finding, Items
from labelpulse.reader.alerts import Incident, State
from tests.alerts.kept_alerts import DAY, incident, silence, subject


def rule(name: str, **more: Any) -> Alert:
    return Alert.model_validate({"name": name, "metric": "skip_rate", "above": 0.1, **more})


def test_an_alert_lies_in_one_place_the_most_urgent_first() -> None:
    kept = [
        incident(1),
        incident(2, 2 * DAY),
        incident(3, level="critical"),
        incident(4, acked_at=DAY + 1),
        incident(5, rule="noisy"),
        incident(6, rule="noisy", acked_at=DAY + 1),
        incident(7, ended_at=3 * DAY, ended_by="resolved"),
        incident(8, ended_at=4 * DAY, rule="noisy"),
    ]
    found = in_places(kept, [silence(rule="noisy")])
    assert {place: [one.id for one in those] for place, those in found.items()} == {
        "firing": [3, 2, 1],
        "acknowledged": [4],
        "silenced": [5, 6],
        "recent": [8, 7],
    }


def test_a_silence_covers_its_own_alone() -> None:
    one, other = incident(1, project_id=1), incident(2, project_id=2)
    found = in_places([one, other], [silence(project_id=2)])
    assert [alert.id for alert in found["silenced"]] == [2]
    found = in_places([one, other], [silence(subject=one.subject, rule="another rule")])
    assert not found["silenced"]


def test_what_was_said_is_told_and_else_rule_and_subject() -> None:
    said = {"title": "Agreement is 76 %", "lines": ["Since Mon."], "value": 0.76, "new_key": 1}
    told = told_of(incident(1, evidence=said))
    assert (told.title, told.lines, told.value) == ("Agreement is 76 %", ("Since Mon.",), 0.76)
    assert told_of(incident(2)).title == "fell · intent"


def state(machine: Machine, status: str, day: int, rule: str = "skips") -> State:
    of = subject(project="Tickets")
    closed = machine_json(machine)
    judged = json.dumps({})
    return State(rule, of.digest, of.document(), 1, "", status, day, closed, judged, 0)


def test_pending_counts_the_day_that_is_not_over() -> None:
    closed = Machine("pending", beyond=1, since=8, day=8)
    rules = [rule("skips", **{"for": 3})]
    (over,) = pending([state(closed, "pending", 8)], rules)
    (today,) = pending([state(closed, "pending", 9)], rules)
    (begun,) = pending([state(Machine(day=8), "pending", 9)], rules)
    assert [(one.beyond, one.since) for one in (over, today, begun)] == [(1, 8), (2, 8), (1, 9)]
    assert pending([state(closed, "pending", 8, "gone")], rules) == []
    assert pending([state(closed, "firing", 8)], rules) == []


def finding(metric: str = "", stage: str | None = None) -> Finding:
    items = None if stage is None else Items(stage=stage)
    return Finding("red", "what", "", "", "do", metric=metric, items=items)


def fires(metric: str, **keys: str) -> Incident:
    return incident(1, of=subject(**keys), evidence={"metric": metric})


def test_what_an_alert_tells_is_not_found_once_more() -> None:
    drift = finding("agreement_drift")
    own = fires("agreement_drift", project="Tickets", control="intent")
    assert not_told([drift, finding()], [own], 1, "intent") == [finding()]
    assert not_told([drift], [own], 1, "mood") == [drift], "of another question"
    assert not_told([drift], [own], 2, "intent") == [drift], "of another project"
    person = fires("agreement_drift", control="intent", annotator="Heron 7")
    assert not_told([drift], [person], 1, "intent") == [drift], "of one person's part"
    over = incident(1, evidence={"metric": "agreement_drift"}, ended_at=9)
    assert not_told([drift], [over], 1, "intent") == [drift], "it is over"


def test_a_queue_is_told_by_an_alert_on_the_same_stage() -> None:
    review, blocked = finding("stage_age_p85", "review"), finding("stage_age_p85", "blocked")
    own = fires("stage_age_p85", project="Tickets", stage="review")
    assert not_told([review, blocked], [own], 1, None) == [blocked]
