"""Fixtures of all tests: databases, a browser, and an environment of our own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres
from tests.support.availability import find_chromium, in_ci, missing
from tests.support.shared import run_folder

KINDS = ("pg", "faults", "browser")
KIND_OF_FIXTURE = {"postgres_url": "pg", "pg_database": "pg", "chromium": "browser"}
KEPT_VARIABLES = ("LABELPULSE_TEST_PG_URL", "LABELPULSE_CHROMIUM")

# The same examples in every CI run; a deadline would only measure how busy the machine is.
settings.register_profile("ci", derandomize=True, database=None, print_blob=True, deadline=None)
settings.register_profile(
    "dev", print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if in_ci() else "dev")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it needs; what needs nothing is a unit test."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if kind := KIND_OF_FIXTURE.get(fixture):
                item.add_marker(kind)
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker("unit")


@pytest.fixture(scope="session", autouse=True)
def own_environment() -> Iterator[None]:
    """Hide the settings of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("LABELPULSE_") and name not in KEPT_VARIABLES:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server on which tests may create databases."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres.server(run_folder(tmp_path_factory)))
        except postgres.ServerUnavailableError as error:
            missing("PostgreSQL", f"{error} Run `make test`, or set LABELPULSE_TEST_PG_URL.")
        yield url


@pytest.fixture
def pg_database(postgres_url: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of this test alone."""
    with postgres.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'warehouse.db'}"
    url = request.getfixturevalue("pg_database")
    assert isinstance(url, str)
    return url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium for Playwright's `executable_path`."""
    path = find_chromium()
    if path is None:
        missing(
            "Chromium", "Install it (Debian: apt-get install chromium) or set LABELPULSE_CHROMIUM."
        )
    return path
