"""Walls between rooms, no circles, declared dependencies and the content of the wheel.

import-linter checks the order of the layers in `make lint`. Each rule here runs twice: on the
source, and on planted files that break it.
"""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.support import source_tree
from tests.support.source_tree import Module, within

ROOT = Path(__file__).resolve().parents[1]
ROOTS = ("labelpulse", "collectors", "dashboard")
TOOLS = ("tests", "benchmarks")
PURE = ("labelpulse.core", "labelpulse.stats", "labelpulse.charts")
SQL_LIBRARIES = ("sqlalchemy", "sqlite3", "psycopg2", "psycopg", "alembic")
SQL_ROOMS = (
    "labelpulse.schema",
    "labelpulse.warehouse",
    "labelpulse.metrics",
    "labelpulse.reader",
    "labelpulse.ingest.database",  # reads the databases of tools
    "labelpulse.ingest.stage",  # stages imports in a SQLite file
    "labelpulse.demo",  # owns the database of the tool that it simulates
    "collectors",
)
# Modules that import each other today. The rooms of issue 25 and the issues after it resolve them;
# the test fails when one of them is resolved, so that it is removed here.
KNOWN_CIRCLES = {
    frozenset(
        {
            "labelpulse.ingest.collect",
            "labelpulse.ingest.importer",
            "labelpulse.ingest.watching",
        }
    ),
    frozenset(
        {
            "labelpulse.metrics.arrays",
            "labelpulse.metrics.base",
            "labelpulse.metrics.throughput",
            "labelpulse.metrics.times",
        }
    ),
}

Rule = Callable[[list[Module]], list[str]]


def only_the_dashboard_imports_streamlit(modules: list[Module]) -> list[str]:
    return source_tree.importers(modules, ["streamlit"], ["dashboard"])


def only_the_scheduler_imports_apscheduler(modules: list[Module]) -> list[str]:
    return source_tree.importers(modules, ["apscheduler"], ["collectors.scheduler"])


def only_http_imports_httpx(modules: list[Module]) -> list[str]:
    return source_tree.importers(modules, ["httpx", "httpcore"], ["labelpulse.http"])


def sql_stays_in_its_rooms(modules: list[Module]) -> list[str]:
    return source_tree.importers(modules, SQL_LIBRARIES, SQL_ROOMS, allow_type_only=True)


def pure_rooms_reach_no_database_network_or_streamlit(modules: list[Module]) -> list[str]:
    return source_tree.reaches(modules, PURE, [*SQL_LIBRARIES, "httpx", "streamlit"])


def metrics_reach_no_network_or_streamlit(modules: list[Module]) -> list[str]:
    """Metrics join PURE when their rollups no longer need the tables of `labelpulse.schema`."""
    return source_tree.reaches(modules, ["labelpulse.metrics"], ["psycopg2", "httpx", "streamlit"])


def core_uses_the_standard_library_only(modules: list[Module]) -> list[str]:
    outside = {imported.name.split(".")[0] for module in modules for imported in module.imports} - {
        *sys.stdlib_module_names,
        "labelpulse",
    }
    core = [module for module in modules if within(module.name, "labelpulse.core")]
    return source_tree.importers(core, outside, [])


def tools_do_not_import_each_other(modules: list[Module]) -> list[str]:
    return source_tree.siblings(modules, "collectors", exempt=["collectors.scheduler"])


def the_product_does_not_import_its_tests(modules: list[Module]) -> list[str]:
    return source_tree.importers(modules, TOOLS, [])


# rule -> files that break it
PLANTED: dict[Rule, dict[str, str]] = {
    only_the_dashboard_imports_streamlit: {
        "labelpulse/cli/up.py": "def up():\n    import streamlit.web.cli\n",
        "collectors/cvat.py": "from streamlit import cache_data\n",
    },
    only_the_scheduler_imports_apscheduler: {
        "labelpulse/ingest/runner.py": "from apscheduler.schedulers import background\n",
    },
    only_http_imports_httpx: {"collectors/cvat.py": "import httpx\n"},
    sql_stays_in_its_rooms: {
        "dashboard/views/progress.py": "from sqlalchemy import select\n",
        "labelpulse/reports/digest.py": "def f():\n    import sqlite3\n",
    },
    pure_rooms_reach_no_database_network_or_streamlit: {
        "labelpulse/core/days.py": "from ..metrics import base\n",
        "labelpulse/charts/flow.py": "from labelpulse.metrics import base\n",
    },
    metrics_reach_no_network_or_streamlit: {
        "labelpulse/metrics/times.py": "from labelpulse import http\n",
    },
    core_uses_the_standard_library_only: {"labelpulse/core/days.py": "import numpy as np\n"},
    tools_do_not_import_each_other: {
        "collectors/cvat/source.py": "from collectors.doccano import read\n",
        "collectors/doccano.py": "from . import cvat\n",
    },
    the_product_does_not_import_its_tests: {
        "labelpulse/stats/drift.py": "import benchmarks.validation\n",
        "dashboard/app.py": "from tests.support import postgres\n",
    },
}
HARMLESS = {
    "labelpulse/core/days.py": "from datetime import UTC\n",
    "labelpulse/http.py": "import httpx\n",
    "labelpulse/ingest/runner.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy import Engine\n"
    ),
    "labelpulse/metrics/base.py": "import sqlalchemy\n",
    "collectors/cvat/__init__.py": "",
    "collectors/cvat/tables.py": "import sqlalchemy\nfrom labelpulse.schema import fact\n",
    "collectors/cvat/source.py": "from collectors.cvat import tables\n",
    "collectors/scheduler.py": "import apscheduler\nfrom collectors import cvat\n",
    "dashboard/app.py": "import streamlit as st\n",
}


@pytest.fixture(scope="module")
def source() -> list[Module]:
    return source_tree.read(ROOT, ROOTS)


def plant(root: Path, files: dict[str, str]) -> list[Module]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return source_tree.read(root, ROOTS)


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_source_follows(rule: Rule, source: list[Module]) -> None:
    assert len(source) > 10, "no source was found"
    offences = rule(source)
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_a_planted_offence_is_found(rule: Rule, tmp_path: Path) -> None:
    assert rule(plant(tmp_path, HARMLESS)) == []
    offences = rule(plant(tmp_path, PLANTED[rule]))
    assert {re.split("[: ]", offence)[0] for offence in offences} == PLANTED[rule].keys()


def test_only_known_modules_import_each_other(source: list[Module]) -> None:
    circles = source_tree.circles(source)
    assert circles - KNOWN_CIRCLES == set(), "these modules import each other"
    assert KNOWN_CIRCLES - circles == set(), "resolved: remove it from KNOWN_CIRCLES"


def test_a_circle_is_found_through_deferred_imports(tmp_path: Path) -> None:
    files = {
        "labelpulse/a.py": "from labelpulse import b\n",
        "labelpulse/b.py": "def f():\n    import labelpulse.c\n",
        "labelpulse/c.py": "from labelpulse.a import x\nfrom labelpulse.d import y\n",
        "labelpulse/d.py": "",
    }
    assert source_tree.circles(plant(tmp_path, files)) == {
        frozenset({"labelpulse.a", "labelpulse.b", "labelpulse.c"})
    }


@pytest.mark.parametrize("name", ["labelpulse.alerts", "labelpulse.reader", "labelpulse.cli.main"])
def test_rooms_without_figures_load_no_drawing_library(name: str, source: list[Module]) -> None:
    """Drawing libraries cost seconds and hundreds of megabytes at every start."""
    names = [module.name for module in source if within(module.name, name)]
    code = (
        "import importlib, sys\n"
        f"for name in {names}: importlib.import_module(name)\n"
        "heavy = ('altair', 'plotly', 'pandas', 'streamlit')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert names
    assert loaded.stdout.strip() == "[]"


def undeclared(modules: list[Module], requirements: list[str]) -> list[str]:
    """List imports of packages that a fresh installation would not have."""
    declared = {normalized(requirement) for requirement in requirements}
    own = {*sys.stdlib_module_names, *ROOTS, *TOOLS}
    owners = packages_distributions()
    return [
        f"{module.path}:{imported.line} imports {imported.name}"
        for module in modules
        for imported in module.imports
        if (package := imported.name.split(".")[0]) not in own
        and not declared & {normalized(owner) for owner in owners.get(package, [])}
    ]


def normalized(requirement: str) -> str:
    """Return the name in a requirement as package indexes compare names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def test_what_the_product_imports_is_declared(
    source: list[Module], project: dict[str, Any]
) -> None:
    required, extras = project["dependencies"], project["optional-dependencies"]
    testing = [module for module in source if within(module.name, "labelpulse.testing")]
    others = [module for module in source if module not in testing]
    assert testing
    assert undeclared(others, required) == []
    assert undeclared(testing, required + extras["testing"]) == []


def test_what_tests_and_benchmarks_import_is_declared(project: dict[str, Any]) -> None:
    requirements = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert undeclared(source_tree.read(ROOT, TOOLS), requirements) == []


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    text = "import json\nimport pytest\nimport sqlalchemy\nimport no_such_package\nimport tests\n"
    modules = plant(tmp_path, {"labelpulse/core/days.py": text})
    assert [offence.split()[-1] for offence in undeclared(modules, ["sqlalchemy>=2"])] == [
        "pytest",
        "no_such_package",
    ]


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in a freshly built wheel."""
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = target.glob("labelpulse-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_has_no_tests_and_no_benchmarks(wheel_names: list[str]) -> None:
    packages = {name.split("/")[0] for name in wheel_names}
    assert {name for name in packages if not name.endswith(".dist-info")} == set(ROOTS)


def test_the_wheel_has_every_file_of_the_product(wheel_names: list[str]) -> None:
    files = [p for root in ROOTS for p in (ROOT / root).rglob("*") if p.is_file()]
    expected = {p.relative_to(ROOT).as_posix() for p in files if "__pycache__" not in p.parts}
    assert expected - set(wheel_names) == set()


def test_the_wheel_has_the_theme(wheel_names: list[str]) -> None:
    assert "dashboard/.streamlit/config.toml" in wheel_names
