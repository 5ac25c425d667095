"""Services of apprise on a real socket, by its address for plain JSON."""

import json
import logging

import pytest
from pytest_httpserver import HTTPServer

from labelpulse.alerts.channels import apprise_
from labelpulse.alerts.channels.apprise_ import Apprise
from labelpulse.alerts.channels.message import Message, Receiver
from labelpulse.core.errors import DeliveryFailed
from tests.alerts.posting import notice
from tests.reader.world import NOW
from tests.support.trickle import trickling

PATH = "/very-secret-path"


def message(kind: str, level: str) -> Message:
    told = notice(kind, level=level, title="agreement fell – <b>")
    return Message("msg_1", f"alert.{kind}", NOW, {"alerts": [told.document()]})


def service(httpserver: HTTPServer) -> Apprise:
    host = httpserver.url_for(PATH).removeprefix("http://")
    return Apprise(Receiver("team", f"json://{host}", kind="apprise"))


@pytest.mark.parametrize(
    ("kind", "level", "type_"),
    [
        ("fired", "critical", "failure"),
        ("again", "warning", "warning"),
        ("stale", "info", "info"),
        ("resolved", "critical", "success"),
    ],
)
def test_a_letter_arrives(httpserver: HTTPServer, kind: str, level: str, type_: str) -> None:
    httpserver.expect_request(PATH, method="POST").respond_with_data()
    service(httpserver).deliver(message(kind, level), NOW)
    told = json.loads(httpserver.log[0][0].get_data())
    assert told["title"].endswith("agreement fell – <b>")
    assert told["type"] == type_
    assert "https://labels.example.org/alerts?project=Ads" in told["message"].splitlines()


@pytest.mark.parametrize("why", ["not taken", "redirect", "away", "not understood"])
def test_no_address_and_no_answer_is_told(
    httpserver: HTTPServer,
    why: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    status = 302 if why == "redirect" else 503
    away = {"Location": httpserver.url_for("/very-secret-elsewhere")}
    httpserver.expect_request(PATH).respond_with_data("very-secret answer", status, away)
    to = {
        "away": Apprise(Receiver("team", f"json://127.0.0.1:1{PATH}")),
        "not understood": Apprise(Receiver("team", "very-secret://very-secret")),
    }.get(why, service(httpserver))
    with pytest.raises(DeliveryFailed) as told:
        to.deliver(message("fired", "warning"), NOW)
    ours = (one.getMessage() for one in caplog.records if one.name != "werkzeug")
    shown = f"{told.value!r} {to!r} {' '.join(ours)} {capsys.readouterr()}"
    assert "very-secret" not in shown
    assert len(httpserver.log) == (1 if why in ("not taken", "redirect") else 0)
    unknown = why == "not understood"
    assert told.value.lasting == unknown
    assert told.value.why == ("address not understood" if unknown else "not taken")


def test_a_try_ends_however_slowly_the_answer_comes() -> None:
    with trickling(b"HTTP/1.1 200 OK\r\nx: ") as port:
        slow = Apprise(Receiver("slow", f"json://127.0.0.1:{port}{PATH}"), try_s=0.1)
        for why in ("too slow", "the last try goes on"):  # so that tries do not pile up
            with pytest.raises(DeliveryFailed) as told:
                slow.deliver(message("fired", "warning"), NOW)
            assert (told.value.why, told.value.lasting) == (why, False)


def test_what_apprise_trips_over_reaches_who_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def trips(*_: object) -> bool:
        raise RuntimeError("very-secret")

    monkeypatch.setattr(apprise_, "_taken", trips)
    with pytest.raises(RuntimeError):
        Apprise(Receiver("team", "json://127.0.0.1:1")).deliver(message("fired", "info"), NOW)
    assert capsys.readouterr().err == ""
