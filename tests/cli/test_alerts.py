"""`labelpulse alerts` and what `collect` sends, as somebody outside would try them."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.conftest import Verb

CONFIG = """
[warehouse]
url = "sqlite:///labelpulse.db"
[alerting]
channels = ["team"]
heartbeat = "{beat}"
[[alerts]]
name = "agreement fell"
metric = "agreement_percent"
by = ["project", "control"]
window = "2d"
below = 0.80
for = 3
severity = "critical"
[[alerts]]
name = "hardly any"
metric = "agreement_percent"
below = 0.10
[channels.team]
url = "{url}"
secret = "a key"
"""


def lines(days: range, fell: range) -> str:
    """Thirty items a day from two people; in `fell` four of ten are alike, else nine."""
    told = ["item,annotator,label,submitted_at"]
    for day in days:
        alike = 12 if day in fell else 27
        for n in range(30):
            second = "x" if n < alike else "y"
            at = f"2026-03-{day:02}T09:{n:02}"
            told += [f"d{day}n{n},a,x,{at}:00Z", f"d{day}n{n},b,{second},{at}:30Z"]
    return "\n".join(told)


@pytest.fixture
def fallen(verb: Verb, folder: Path, httpserver: HTTPServer) -> None:
    """Ten days, of which the last four are beyond the line."""
    httpserver.expect_request("/hook", method="POST").respond_with_data()
    httpserver.expect_request("/beat", method="GET").respond_with_data()
    (folder / "labels.csv").write_text(lines(range(1, 11), range(7, 11)))
    urls = {"url": httpserver.url_for("/hook"), "beat": httpserver.url_for("/beat")}
    (folder / "labelpulse.toml").write_text(CONFIG.format(**urls))
    loaded = verb("import", "labels.csv", "--project", "P", "--timezone", "UTC")
    assert loaded.code == 0, loaded.err


def posted(httpserver: HTTPServer) -> list[Any]:
    return [request for request, _ in httpserver.log if request.path == "/hook"]


def test_check_evaluates_by_itself(verb: Verb, fallen: None) -> None:
    done = verb("alerts", "check", "--json")
    assert done.code == 4
    assert done.err == "1 alert of 2 rules fires\n"
    (one,) = done.json
    assert (one["rule"], one["state"], one["subject"]) == ("agreement fell", "firing", "P · label")
    assert one["value"] == pytest.approx(0.4)
    assert one["since"] == "2026-03-07"
    assert one["id"] is None  # nothing is kept by looking
    calm = verb("alerts", "check", "--rule", "hardly any")
    assert (calm.code, calm.err) == (0, "0 alerts of 1 rule fire\n")
    assert verb("alerts", "check", "--rule", "no such").code == 2
    listed = verb("alerts", "list", "--json").json
    assert {(row["rule"], row["state"]) for row in listed} == {
        ("agreement fell", "firing"),
        ("hardly any", "normal"),
    }


def test_backtest_tells_when_it_would_have_fired(verb: Verb, fallen: None) -> None:
    (one,) = verb("alerts", "backtest", "--json").json
    told = {key: one[key] for key in ("rule", "subject", "from", "to", "value")}
    assert told == {
        "rule": "agreement fell",
        "subject": "P · label",
        "from": "2026-03-09",  # the third day in a row beyond the line
        "to": None,
        "value": pytest.approx(0.4),
    }
    assert verb("alerts", "backtest", "--until", "2026-03-08", "--json").json == []
    shown = verb("alerts", "backtest")
    assert "would have fired 1 time" in shown.err
    assert " 0.4 " in shown.out
    assert str(one["low"]) not in shown.out, "a table for people is rounded"


def test_collect_tells_once_and_signed(verb: Verb, fallen: None, httpserver: HTTPServer) -> None:
    done = verb("collect", "--once")
    assert done.code == 0, done.err
    (request,) = posted(httpserver)
    body = json.loads(request.get_data())
    assert body["type"] == "alert.fired"
    (told,) = body["data"]["alerts"]
    assert (told["rule"], told["level"], told["since"]) == (
        "agreement fell",
        "critical",
        "2026-03-07",
    )
    assert (
        told["title"] == "Agreement on label is 40\N{NO-BREAK SPACE}%, below 80\N{NO-BREAK SPACE}%"
    )
    signed = b".".join(
        [
            request.headers["webhook-id"].encode(),
            request.headers["webhook-timestamp"].encode(),
            request.get_data(),
        ]
    )
    wanted = base64.b64encode(hmac.new(b"a key", signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{wanted}"
    assert [one.path for one, _ in httpserver.log] == ["/hook", "/beat"]
    verb("collect", "--once")
    assert len(posted(httpserver)) == 1


def test_what_is_over_is_told(
    verb: Verb, fallen: None, folder: Path, httpserver: HTTPServer
) -> None:
    verb("collect", "--once")
    (folder / "more.csv").write_text(lines(range(11, 14), range(0)))
    assert verb("import", "more.csv", "--project", "P", "--timezone", "UTC").code == 0
    assert verb("alerts", "check").code == 0
    verb("collect", "--once")
    kinds = [json.loads(one.get_data())["type"] for one in posted(httpserver)]
    assert kinds == ["alert.fired", "alert.resolved"]
    (one,) = verb("alerts", "backtest", "--json").json
    assert (one["from"], one["to"], one["over"]) == ("2026-03-09", "2026-03-11", "2026-03-12")


def test_by_hand(verb: Verb, fallen: None, httpserver: HTTPServer) -> None:
    verb("collect", "--once")
    (one,) = verb("alerts", "check", "--json").json
    assert verb("alerts", "ack", one["id"], "--note", "asked").out == "acknowledged 1 alert\n"
    assert verb("alerts", "list", "--json").json[0]["acknowledged"] is True
    items = verb("alerts", "export", one["id"], "--json").json
    assert {row["item"] for row in items} == {
        f"d{day}n{n}" for day in range(7, 11) for n in range(30)
    }
    assert verb("alerts", "export", one["id"]).out.startswith("item,batch,answered_by")
    silenced = verb("alerts", "silence", "--rule", "agreement fell", "--reason", "known")
    assert silenced.code == 0, silenced.err
    assert verb("alerts", "check").code == 0
    assert verb("alerts", "list", "--json").json[0]["state"] == "silenced"
    assert verb("alerts", "unsilence", 1).out == "silence 1 ended\n"
    assert verb("alerts", "judge", "true", one["id"]).out == "judged 1 alert\n"
    assert verb("alerts", "judge", "perhaps", one["id"]).code == 2
    assert verb("alerts", "close", one["id"]).out == "closed 1 alert\n"
    assert verb("alerts", "check").code == 0
    (message,) = verb("alerts", "messages", "--json").json
    assert (message["state"], message["channel"], message["attempts"]) == ("sent", "team", 1)
    assert verb("alerts", "retry", message["id"]).out == f"message {message['id']} is not dead\n"
    assert verb("alerts", "export", 99).code == 2


def test_a_channel_is_tried(verb: Verb, fallen: None, httpserver: HTTPServer) -> None:
    assert verb("alerts", "test", "team").code == 0
    (request,) = posted(httpserver)
    assert json.loads(request.get_data())["type"] == "alert.test"
    assert verb("alerts", "test", "nobody").code == 2


def test_what_cannot_be_asked_is_told(verb: Verb, fallen: None, folder: Path) -> None:
    config = folder / "labelpulse.toml"
    config.write_text(config.read_text().replace("below = 0.10", 'below = 0.1\ncontrol = "mood"'))
    done = verb("alerts", "check")
    assert done.code == 4
    assert "rule 'hardly any' cannot be evaluated" in done.err
    assert "mood" in done.err
    config.write_text(config.read_text().replace("below = 0.80", "below = 0.01"))
    assert verb("alerts", "check").code == 2


def test_nothing_is_silenced_unasked(verb: Verb, fallen: None) -> None:
    silence = ("alerts", "silence", "--reason", "known")
    refused = [verb(*silence), verb(*silence, "--all", "--project", "P")]
    assert [one.code for one in refused] == [2, 2]
    assert "--all silences everything" in refused[0].err
    assert verb("alerts", "check").code == 4
    assert verb(*silence, "--all").out == "silence 1 lasts 24 hours\n"
    assert verb("alerts", "check").code == 0
    verb("alerts", "unsilence", 1)
    assert verb(*silence, "--project", "P").code == 0
    assert verb("alerts", "check").code == 0


def test_ids_that_nothing_has_are_told(verb: Verb, fallen: None, httpserver: HTTPServer) -> None:
    verb("collect", "--once")
    (one,) = verb("alerts", "check", "--json").json
    known = one["id"]
    for words in (("ack",), ("judge", "false"), ("close",)):
        done = verb("alerts", *words, known, 99999, 99999, 99998)
        assert done.code == 2
        assert "there is no alert 99999, 99998: `labelpulse alerts list`" in done.err
    (same,) = verb("alerts", "check", "--json").json
    assert (same["id"], same["acknowledged"]) == (known, False), "of several nothing is changed"
    told = [verb("alerts", what, 77) for what in ("unsilence", "retry", "export")]
    assert [one.code for one in told] == [2, 2, 2]
    assert "there is no silence 77" in told[0].err
    assert "there is no message 77" in told[1].err
    assert verb("alerts", "ack", 10**30).code == 2


def test_a_channel_that_is_not_there_is_named_once(verb: Verb, fallen: None, folder: Path) -> None:
    config = folder / "labelpulse.toml"
    config.write_text(config.read_text().replace('channels = ["team"]', 'channels = ["nope"]'))
    told = "channel 'nope' is named by [alerting], but not there"
    fires = verb("alerts", "check")
    assert (fires.code, fires.err.count("nope'")) == (4, 1), "what fires comes first"
    assert told in fires.err
    calm = verb("alerts", "check", "--rule", "hardly any")
    assert calm.code == 2
    assert told in calm.err
    listed = verb("alerts", "list")
    assert (listed.code, listed.err.count(told)) == (0, 1)
    found = [one for one in verb("doctor", "--json").json if one["name"] == "channel nope"]
    assert [one["state"] for one in found] == ["failed"]


def test_before_there_is_a_warehouse_doctor_knows_channels(verb: Verb, folder: Path) -> None:
    (folder / "labelpulse.toml").write_text(
        '[[reports]]\nname = "Monday"\nchannels = ["board"]\n[alerting]\nchannels = ["diary"]\n'
        '[channels.diary]\ntype = "log"\n'
    )
    done = verb("doctor")
    assert done.code == 1
    assert "FAILED  channel board: named by report 'Monday', but not there" in done.out
    assert "channel diary" not in done.out


def test_a_warehouse_without_any_work_can_be_tested(verb: Verb, folder: Path) -> None:
    (folder / "labelpulse.toml").write_text("[alerting]\nstarter = true\n")
    assert verb("db", "upgrade").code == 0
    done = verb("alerts", "backtest", "--json")
    assert (done.code, done.json) == (0, []), done.err
