"""Where the dashboard listens, the address people open, and what follows from them."""

import socket
from pathlib import Path

import pytest

from dashboard.server import cannot_listen, environment, launch
from labelpulse.config import Dashboard, load_settings
from labelpulse.core.errors import ConfigError, UsageError

PUBLIC = "https://labels.example.org/pulse"


def settings_of(folder: Path, table: str, **environ: str):
    file = folder / "labelpulse.toml"
    file.write_text(table)
    return load_settings(file, environ=environ)


def test_without_configuration_it_serves_this_machine(tmp_path):
    served = settings_of(tmp_path, "").dashboard
    assert (served.address, served.port, served.is_shared) == ("127.0.0.1", 8501, False)
    assert served.url == "http://127.0.0.1:8501"
    assert served.allowed_hosts == ("127.0.0.1", "localhost", "::1")


def test_a_public_url_gives_links_hosts_and_base_path(tmp_path):
    table = f'[dashboard]\naddress = "0.0.0.0"\nport = 9000\npublic_url = "{PUBLIC}/"\n'
    served = settings_of(tmp_path, table).dashboard
    assert (served.url, served.base_path) == (PUBLIC, "/pulse")
    assert served.local_url == "http://127.0.0.1:9000/pulse"
    assert served.allowed_hosts[0] == "labels.example.org"
    assert "0.0.0.0" not in served.allowed_hosts


def test_hosts_are_compared_as_browsers_send_them():
    served = Dashboard(address="::1", public_url="https://Büro.example.org:8443")
    assert served.public_host == "xn--bro-hoa.example.org"
    assert served.local_url == "http://[::1]:8501"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "labels.internal"])
def test_an_address_beyond_loopback_needs_a_public_url(tmp_path, address):
    with pytest.raises(ConfigError, match="set public_url under"):
        settings_of(tmp_path, f'[dashboard]\naddress = "{address}"\n')
    plain = settings_of(tmp_path, "")
    with pytest.raises(UsageError, match="give --public-url"):
        plain.with_dashboard(address=address)
    assert plain.with_dashboard(address=address, public_url=PUBLIC).dashboard.is_shared


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_needs_none(tmp_path, address):
    table = f'[dashboard]\naddress = "{address}"\n'
    assert not settings_of(tmp_path, table).dashboard.is_shared


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("public_url", "labels.example.org", "begins with http"),
        ("public_url", "https://labels.example.org/pulse?x=1", "without a user, a"),
        ("public_url", "https://ana@labels.example.org", "without a user, a"),
        ("public_url", "https://labels.example.org/a b", "a plain path such as /pulse"),
        ("public_url", "https://labels.example.org/../x", "a plain path such as /pulse"),
        ("public_url", "https://labels.example.org:99999", "an invalid host or port"),
        ("address", "0.0.0.0:8501", "without a port"),
        ("port", 0, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_served_is_refused(tmp_path, key, value, remedy):
    text = f'"{value}"' if isinstance(value, str) else value
    with pytest.raises(ConfigError, match=remedy) as error:
        settings_of(tmp_path, f"[dashboard]\n{key} = {text}\n")
    assert f"[dashboard]: {key}" in str(error.value)


def test_options_beat_the_environment_which_beats_the_file(tmp_path):
    table = f'[dashboard]\nport = 9000\npublic_url = "{PUBLIC}"\n'
    settings = settings_of(tmp_path, table, LABELPULSE_DASHBOARD__PORT="9001")
    assert settings.dashboard.port == 9001
    assert settings.with_dashboard(port=9002).dashboard.port == 9002
    assert settings.with_dashboard().dashboard.url == PUBLIC


def test_children_load_what_the_command_line_said(tmp_path):
    settings = settings_of(tmp_path, "").with_dashboard(port=9002, public_url=PUBLIC)
    again = load_settings(environ=environment(settings, {}))
    assert again.dashboard == settings.dashboard


def test_the_server_is_started_as_configured(tmp_path):
    settings = settings_of(tmp_path, "").with_dashboard(
        address="0.0.0.0", port=9002, public_url=PUBLIC
    )
    argv = launch(settings, environ={}).argv
    assert {
        "--server.address=0.0.0.0",
        "--server.port=9002",
        "--server.baseUrlPath=pulse",
        "--browser.serverAddress=labels.example.org",
        "--server.allowedHosts=labels.example.org",
        "--server.allowedHosts=127.0.0.1",
    } <= set(argv)


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cannot_listen("127.0.0.1", port) == f"port {port} is in use"
    assert cannot_listen("127.0.0.1", port) is None
    assert "cannot listen on 192.0.2.7" in str(cannot_listen("192.0.2.7", port))
