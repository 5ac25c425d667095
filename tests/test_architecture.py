"""The house: its three roots, its layers, what may import what, and how long a thing may be.

Each rule is tried twice: on the source, and on a planted offence that it must find.
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

from tests.support import source_tree as tree

ROOT = Path(__file__).resolve().parents[1]
ROOTS = ("labelpulse", "collectors", "dashboard")
PURE = ("labelpulse.core", "labelpulse.stats", "labelpulse.charts")
# Ingest: reading tools' databases, which collectors share, and the file it stages imports in.
# The demo owns the labeling tool's database that it plays.
SQL_ROOMS = (
    "labelpulse.schema",
    "labelpulse.warehouse",
    "labelpulse.metrics",
    "labelpulse.reader",
    "labelpulse.ingest.database",
    "labelpulse.ingest.stage",
    "labelpulse.demo",
    "collectors",
)
SQL_LIBRARIES = ("sqlalchemy", "sqlite3", "psycopg2", "psycopg", "alembic")
FILE_LINES = 350
FUNCTION_LINES = 50
# A migration is history: written once, as long as its tables are many, never edited again.
HISTORY = "labelpulse.warehouse.migrations"

Rule = Callable[[list[tree.Module]], list[str]]


def lasting(modules: list[tree.Module]) -> list[tree.Module]:
    return [module for module in modules if not tree.within(module.name, HISTORY)]


def only_pages_import_streamlit(modules: list[tree.Module]) -> list[str]:
    return tree.importers(modules, ("streamlit",), ("dashboard",), types=False)


def only_the_scheduler_imports_apscheduler(modules: list[tree.Module]) -> list[str]:
    return tree.importers(modules, ("apscheduler",), ("collectors.scheduler",), types=False)


def only_one_file_imports_httpx(modules: list[tree.Module]) -> list[str]:
    return tree.importers(modules, ("httpx", "httpcore"), ("labelpulse.http",), types=False)


def sql_stays_in_its_rooms(modules: list[tree.Module]) -> list[str]:
    return tree.importers(modules, SQL_LIBRARIES, SQL_ROOMS, types=True)


def pure_parts_reach_no_io(modules: list[tree.Module]) -> list[str]:
    return tree.reaches(modules, PURE, ("sqlalchemy", "httpx", "streamlit"))


def core_is_standard_library_only(modules: list[tree.Module]) -> list[str]:
    core = [module for module in modules if tree.within(module.name, "labelpulse.core")]
    allowed = {*sys.stdlib_module_names, "labelpulse"}
    return [
        f"{module.path}:{found.line} imports {found.name}"
        for module in core
        for found in module.imports()
        if found.name.split(".")[0] not in allowed
    ]


def tools_do_not_import_each_other(modules: list[tree.Module]) -> list[str]:
    return tree.siblings(modules, "collectors", apart=("collectors.scheduler",))


def files_have_one_subject(modules: list[tree.Module]) -> list[str]:
    return tree.long_files(lasting(modules), FILE_LINES)


def functions_fit_a_screen(modules: list[tree.Module]) -> list[str]:
    return tree.long_functions(lasting(modules), FUNCTION_LINES)


def public_things_are_documented(modules: list[tree.Module]) -> list[str]:
    return tree.undocumented(modules)


LONG_FUNCTION = "def long():\n" + "    pass\n" * FUNCTION_LINES
# rule -> files that break it, each in another way
PLANTED: dict[Rule, dict[str, str]] = {
    only_pages_import_streamlit: {
        "labelpulse/cli/up.py": "def up():\n    import streamlit.web.cli\n",
        "collectors/cvat.py": "from streamlit import cache_data\n",
    },
    only_the_scheduler_imports_apscheduler: {
        "labelpulse/ingest/runner.py": "from apscheduler.schedulers import background\n",
        "collectors/cvat.py": "import apscheduler\n",
    },
    only_one_file_imports_httpx: {"collectors/cvat.py": "import httpx\n"},
    sql_stays_in_its_rooms: {
        "dashboard/views/progress.py": "from sqlalchemy import select\n",
        "labelpulse/reports/digest.py": "def f():\n    import sqlite3\n",
    },
    pure_parts_reach_no_io: {
        "labelpulse/core/days.py": "from ..schema import fact\n",
        "labelpulse/schema.py": "import sqlalchemy\n",
        "labelpulse/charts/flow.py": "from labelpulse import schema\n",
    },
    core_is_standard_library_only: {"labelpulse/core/days.py": "import numpy as np\n"},
    tools_do_not_import_each_other: {
        "collectors/cvat.py": "from collectors.doccano import read\n",
        "collectors/doccano.py": "from . import cvat\n",
    },
    files_have_one_subject: {"labelpulse/core/days.py": "#\n" * (FILE_LINES + 1)},
    functions_fit_a_screen: {"labelpulse/core/days.py": f"class A:\n    x = 1\n{LONG_FUNCTION}"},
    public_things_are_documented: {
        "labelpulse/core/days.py": '"""Days."""\ndef day_of(x):\n    return x\n',
        "labelpulse/core/estimate.py": '"""Estimates."""\nclass Estimate:\n    pass\n',
        "labelpulse/core/rules.py": "RULES = 1\n",
    },
}
# what looks like an offence and is none
HARMLESS = {
    "labelpulse/__init__.py": '"""L."""\n',
    "labelpulse/core/__init__.py": '"""C."""\n',
    "labelpulse/core/days.py": '"""D."""\nfrom datetime import UTC\ndef _private():\n    pass\n',
    "labelpulse/ingest/runner.py": (
        '"""R."""\nfrom typing import TYPE_CHECKING\n'
        "if TYPE_CHECKING:\n    from sqlalchemy import Engine\n"
    ),
    "labelpulse/schema.py": '"""S."""\nimport sqlalchemy\n',
    "labelpulse/warehouse/migrations/v1.py": (
        '"""M."""\nimport alembic\n'
        + LONG_FUNCTION.replace(":", ':\n    """L."""')
        + "#\n" * FILE_LINES
    ),
    "collectors/__init__.py": '"""C."""\n',
    "collectors/cvat.py": '"""C."""\nimport sqlalchemy\nfrom labelpulse.schema import fact\n',
    "collectors/scheduler.py": '"""S."""\nimport apscheduler\nfrom collectors import cvat\n',
    "dashboard/app.py": '"""A."""\nimport streamlit as st\n',
}


@pytest.fixture(scope="module")
def source() -> list[tree.Module]:
    return tree.read(ROOT, ROOTS)


def planted(root: Path, files: dict[str, str]) -> list[tree.Module]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree.read(root, ROOTS)


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_source_keeps(rule: Rule, source: list[tree.Module]) -> None:
    assert len(source) > 10, "the walker found no source"
    offences = rule(source)
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_an_offence_is_found(rule: Rule, tmp_path: Path) -> None:
    files = PLANTED[rule]
    offences = rule(planted(tmp_path, files))
    offenders = {offence.split(":")[0].split(" ")[0] for offence in offences}
    innocent = {"labelpulse/schema.py"} if rule is pure_parts_reach_no_io else set()
    assert offenders == set(files) - innocent


def test_the_harmless_is_let_pass(tmp_path: Path) -> None:
    modules = planted(tmp_path, HARMLESS)
    assert {rule.__name__: found for rule in PLANTED if (found := rule(modules))} == {}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_layers_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labelpulse/core/days.py", "import labelpulse.stats.drift"),
        ("labelpulse/metrics/base.py", "from labelpulse.warehouse import facts"),
        ("labelpulse/reader.py", "import dashboard"),
        ("collectors/cvat.py", "import dashboard.app"),
        ("labelpulse/homeless.py", "x = 1"),
    ],
)
def test_a_broken_layer_is_found(name: str, text: str, tmp_path: Path) -> None:
    packages = [
        *ROOTS,
        *(f"labelpulse/{part}" for part in ("core", "stats", "metrics", "warehouse")),
    ]
    house = {f"{package}/__init__.py": "" for package in packages}
    house |= {
        "labelpulse/stats/drift.py": "",
        "labelpulse/warehouse/facts.py": "",
        "dashboard/app.py": "",
    }
    planted(tmp_path, house)
    assert lint_imports(tmp_path).returncode == 0
    planted(tmp_path, {name: text})
    assert lint_imports(tmp_path).returncode == 1


def undeclared(modules: list[tree.Module], declared: set[str]) -> list[str]:
    """Imports of packages that a fresh machine would not have."""
    owners = packages_distributions()
    return [
        f"{module.path}:{found.line} imports {found.name}"
        for module in modules
        for found in module.imports()
        if (top := found.name.split(".")[0]) not in {*sys.stdlib_module_names, *ROOTS, "tests"}
        and not declared & {canonical(owner) for owner in owners.get(top, [])}
    ]


def canonical(requirement: str) -> str:
    """The name in a requirement, as package indexes compare names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def test_what_it_imports_is_declared(source: list[tree.Module], project: dict[str, Any]) -> None:
    declared = {canonical(each) for each in project["dependencies"]}
    extra = {canonical(each) for each in project["optional-dependencies"]["testing"]}
    shipped = [one for one in source if one.path.startswith("labelpulse/testing/")]
    rest = [one for one in source if one not in shipped]
    assert shipped
    assert not (found := undeclared(rest, declared)), "\n".join(found)
    assert not (found := undeclared(shipped, declared | extra)), "\n".join(found)


def test_what_tests_import_is_declared(project: dict[str, Any]) -> None:
    extra = project["optional-dependencies"]["dev"]
    declared = {canonical(each) for each in [*project["dependencies"], *extra]}
    assert not (found := undeclared(tree.read(ROOT, ["tests"]), declared)), "\n".join(found)


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    text = "import json\nimport pytest\nimport sqlalchemy\nimport no_such_package\nimport tests\n"
    modules = planted(tmp_path, {"labelpulse/core/days.py": text})
    assert [found.split()[-1] for found in undeclared(modules, {"sqlalchemy"})] == [
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


def test_the_wheel_has_three_roots(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOTS)


def test_the_wheel_has_all_that_the_checkout_has(wheel_names: list[str]) -> None:
    files = [p for root in ROOTS for p in (ROOT / root).rglob("*") if p.is_file()]
    wanted = {p.relative_to(ROOT).as_posix() for p in files if "__pycache__" not in p.parts}
    assert wanted - set(wheel_names) == set()


def test_the_wheel_has_the_theme(wheel_names: list[str]) -> None:
    assert "dashboard/.streamlit/config.toml" in wheel_names
