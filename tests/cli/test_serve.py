"""What `dashboard` and `up` say before they serve."""

import socket

import pytest

from labelpulse.core.errors import LabelpulseError
from labelpulse.processes import Children

PUBLIC = "https://labels.example.org/pulse"


@pytest.fixture
def stopped(monkeypatch):
    """No child process starts: the command ends where it would start one."""

    def refuse(*_: object, **__: object) -> None:
        raise LabelpulseError("no child is started here")

    monkeypatch.setattr(Children, "start", refuse)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("command", ["dashboard", "up"])
@pytest.mark.parametrize("is_shared", [True, False])
def test_a_shared_dashboard_warns_that_it_has_no_sign_in(verb, stopped, port, command, is_shared):
    options = ("--public-url", PUBLIC) if is_shared else ()
    done = verb(command, "--no-browser", "--port", port, *options)
    assert "no child is started here" in done.err, "it came as far as starting the app"
    assert ("WARNING: THE DASHBOARD HAS NO SIGN-IN" in done.err) == is_shared
    assert (PUBLIC in done.err) == is_shared


@pytest.mark.parametrize("command", ["dashboard", "up"])
def test_an_address_beyond_this_machine_is_refused(verb, command):
    done = verb(command, "--no-browser", "--address", "0.0.0.0")
    assert done.code == 2
    assert "set public_url under [dashboard]" in done.err
