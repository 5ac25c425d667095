"""Which kind of channel an address is, and the log among them."""

import pytest

from labelpulse.alerts.channels import channel_of, receiver_of
from labelpulse.alerts.channels.apprise_ import Apprise
from labelpulse.alerts.channels.log import Lines as Log
from labelpulse.alerts.channels.message import Means, Message
from labelpulse.alerts.channels.smtp import Smtp
from labelpulse.alerts.channels.webhook import Webhook
from labelpulse.alerts.heartbeat import beat
from labelpulse.alerts.queue import webhook_of
from labelpulse.core.errors import ConfigError, DeliveryFailed, UsageError
from labelpulse.http import Client
from tests.alerts.posting import Lines, notice, settings
from tests.reader.world import NOW

MAIL = "smtp://mail.example.org/?from=a@example.org&to=b@example.org"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"url": "https://hooks.example.org/x"}, Webhook),
        ({"url": "HTTP://127.0.0.1:9/x"}, Webhook),
        ({"url": MAIL}, Smtp),
        ({"url": MAIL.replace("smtp", "smtps")}, Smtp),
        ({"url": "slack://A/B/C"}, Apprise),
        ({"url": "https://hooks.slack.com/services/A/B/C", "type": "apprise"}, Apprise),
        ({"type": "log"}, Log),
    ],
)
def test_the_type_decides_else_the_address(said: dict[str, str], kind: type) -> None:
    with Client(1) as client:
        found = channel_of(settings({"it": said}), "it", Means(client, Lines()))
    assert isinstance(found, kind)
    assert "example" not in repr(found)


def test_what_is_missing_is_told() -> None:
    known = settings({"it": {}, "mail": {"url": MAIL}})
    with pytest.raises(ConfigError, match="url is missing"):
        receiver_of(known, "it")
    with pytest.raises(UsageError, match=r"no \[channels\.other\]"):
        receiver_of(known, "other")
    with pytest.raises(UsageError, match="is no webhook"):
        webhook_of(known, "mail")


def test_the_log_names_nobody() -> None:
    told = [
        notice(title="Ana fell", subject="Ana", owner="Bo", lines=("Ana did it.",)),
        notice("resolved", project="Ana's"),
    ]
    message = Message("msg_1", "alert.several", NOW, {"alerts": [one.document() for one in told]})
    lines = Lines()
    Log(lines).deliver(message, NOW)
    assert [(event, values["kind"]) for event, values in lines.told] == [
        ("alert", "fired"),
        ("alert", "resolved"),
    ]
    assert lines.told[0][1] == {
        "kind": "fired",
        "incident": 7,
        "rule": "agreement",
        "severity": "warning",
        "metric": "",
        "since": "2026-11-20",
        "message": "msg_1",
    }
    assert "Ana" not in str(lines.told)
    assert "Bo" not in str(lines.told)


def test_the_heartbeat_is_asked_for(httpserver) -> None:
    httpserver.expect_ordered_request("/secret", method="GET").respond_with_data("ok")
    httpserver.expect_ordered_request("/secret").respond_with_data("secret words", status=410)
    known = settings({}, heartbeat=httpserver.url_for("/secret"))
    assert not beat(settings({}))
    assert httpserver.log == []
    assert beat(known)
    with pytest.raises(DeliveryFailed, match="heartbeat cannot be requested") as told:
        beat(known)
    assert "secret" not in repr(told.value)
    assert told.value.why == "HTTP status 410"
