"""Lines of the log: their level says whether something failed."""

import json

from labelpulse.cli.logs import event_log


def test_what_failed_is_a_warning(capsys):
    log = event_log()
    log("poll", source="studio", state="ok", loaded=3)
    log("poll", source="studio", state="failed", error="the server is away")
    log("message not taken", channel="team", why="HTTP 500")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "warning"]
