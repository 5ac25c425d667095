"""What the page on alerts says of channels is true: its tables, and its ten lines."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from labelpulse.alerts.channels import channel_of
from labelpulse.alerts.channels.apprise_ import Apprise, _service
from labelpulse.alerts.channels.message import Means
from labelpulse.alerts.channels.webhook import sign
from labelpulse.alerts.delivery import send_test
from labelpulse.alerts.notice import Kind
from labelpulse.config import Settings
from labelpulse.core.days import now_us
from labelpulse.http import Client
from tests.alerts.posting import Lines, settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "alerts.md").read_text(encoding="utf-8")
CHANNELS = PAGE[PAGE.index("\n## Channels\n") : PAGE.index("\n## When delivery fails\n")]


def blocks(language: str) -> list[str]:
    """The fenced blocks of the section on channels."""
    return re.findall(rf"^```{language}\n(.*?)^```", CHANNELS, re.MULTILINE | re.DOTALL)


@pytest.fixture
def genuine() -> Any:
    """The page's own function."""
    names: dict[str, Any] = {}
    (lines,) = blocks("python")
    exec(lines, names)
    return names["genuine"]


def test_its_tables_are_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUALITY_CHAT", "EXPERTS_WEBHOOK"):
        monkeypatch.setenv(name, "https://hooks.example.org/x")
    monkeypatch.setenv("EXPERTS_SECRET", "words")
    found = {}
    with Client(1) as client:
        for block in blocks("toml"):
            known = Settings.model_validate(tomllib.loads(block))
            for name in known.channels:
                found[name] = channel_of(known, name, Means(client, Lines()))
    assert {name: type(one).__name__ for name, one in found.items()} == {
        "quality-team": "Apprise",
        "slack": "Apprise",
        "teams": "Apprise",
        "mail": "Apprise",
        "on-call": "Apprise",
        "experts": "Webhook",
        "lead": "Smtp",
        "log": "Lines",
    }
    for name in ("slack", "teams", "mail", "on-call"):
        way = found[name]
        assert isinstance(way, Apprise)
        assert _service(way.to.address) is not None, name


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "any words"])
def test_its_lines_know_our_messages(httpserver: HTTPServer, genuine: Any, secret: str) -> None:
    httpserver.expect_request("/x").respond_with_data()
    known = settings({"hook": {"url": httpserver.url_for("/x"), "secret": secret}})
    send_test(known, "hook", now_us())
    ((request, _),) = httpserver.log
    body = request.get_data()
    assert genuine(secret, request.headers, body)
    assert not genuine(secret, request.headers, body + b" ")
    assert not genuine("other words", request.headers, body)


def test_its_lines_refuse_what_was_signed_long_ago(genuine: Any) -> None:
    at = int(datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": sign("words", "msg_1", at, b"{}"),
    }
    assert not genuine("words", headers, b"{}")


def test_it_names_every_kind() -> None:
    missing = {one for one in Kind if f"alert.{one}" not in CHANNELS}
    assert missing == set()
