"""Warehouses that pages are tried on: the demo, the first design case, gold to choose, hostile."""

import csv
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import alerting, context, kept, posting
from dashboard.app import TITLES
from dashboard.links import file_of
from labelpulse.config import load_settings
from labelpulse.core.days import SECOND
from labelpulse.demo.home import Home, prepare
from labelpulse.ingest.collect import Collector
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import Watch, import_files
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.support.shared import once_a_run, scan_packages_once

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
PAGES = tuple(Path(file_of(name)).stem for name in TITLES.values())
CONFIG = '[warehouse]\nurl = "sqlite:///labelpulse.db"\n'

Open = Callable[[Path], AppTest]


def finding_nothing(asked: list[object]) -> Callable[..., list[object]]:
    """A question that notes what it is asked, and finds nothing."""

    def find(*args: object, **_more: object) -> list[object]:
        asked.append(args)
        return []

    return find


@pytest.fixture
def hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hours pass without a poll."""
    now = context.now()
    monkeypatch.setattr(context, "now", lambda: now + 2 * 3_600 * SECOND)


@pytest.fixture(scope="session", autouse=True)
def packages_known() -> None:
    """No AppTest searches all packages again."""
    scan_packages_once()


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """A test sees what a page asks, whatever was shown before."""
    kept.forget()
    alerting.forget()
    posting.forget()
    for known in (alerting._looked, alerting._tested, alerting._history):
        known.clear()


def polled(folder: Path) -> None:
    """Simulate three projects of 60 days, and poll their tools once by the real collector."""
    home = Home(folder)
    prepare(home, 60, datetime.now(UTC))
    warehouse = new_warehouse(folder)
    turns = Collector(warehouse, load_settings(home.config), sweep=False).once()
    assert [turn.error for turn in turns] == [None, None]
    warehouse.engine.dispose()


def new_warehouse(folder: Path) -> Warehouse:
    """A folder with a configuration and an empty warehouse."""
    config = folder / "labelpulse.toml"
    if not config.exists():
        config.write_text(CONFIG)
    engine = connect(load_settings(config).database.get_secret_value())
    upgrade(engine)
    return Warehouse(engine, ROLLUPS)


def load_csv(folder: Path, rows: list[dict[str, object]], title: str, **flags: object) -> Path:
    """Import rows as a project, and return the configuration."""
    file = folder / f"{len(list(folder.iterdir()))}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return load_file(folder, file, title, **flags)


def load_file(folder: Path, file: Path, title: str, **flags: object) -> Path:
    """Import a file as a project, and return the configuration."""
    warehouse = new_warehouse(folder)
    config = folder / "labelpulse.toml"
    wanted = ImportFlags(project=title, timezone="Europe/Berlin", **flags)  # type: ignore[arg-type]
    import_files(warehouse, load_settings(config), [file], wanted, Watch(lambda _text: None))
    warehouse.engine.dispose()
    return config


def single_labels(days: int = 40, per_day: int = 32) -> list[dict[str, object]]:
    """One label an item, on working days up to now, by three people; no gold."""
    rng, now = random.Random(3), datetime.now(UTC)
    rows: list[dict[str, object]] = []
    for back in range(days, -1, -1):
        day = now - timedelta(days=back)
        if day.isoweekday() > 5:
            continue
        for n in range(per_day):
            at = min(day.replace(hour=8 + n % 9, minute=rng.randrange(60)), now)
            rows.append(
                {
                    "item": f"t{len(rows)}",
                    "annotator": rng.choice(["ann", "bob", "cleo"]),
                    "label": rng.choices(["good", "bad", "so-so"], [5, 3, 2])[0],
                    "submitted_at": at.isoformat(),
                    "time_spent": round(rng.lognormvariate(3, 0.6), 1),
                }
            )
    return rows


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration of a simulation of 60 days, polled once by the real collector."""
    return Home(once_a_run(tmp_path_factory, "demo", polled)).config


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first design case: single labels, no gold, no reviews, no predictions."""
    return load_csv(tmp_path_factory.mktemp("single"), single_labels(), "Reviews")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve answers of one day."""
    rows = single_labels(0, 12) or single_labels(3, 12)[:12]
    return load_csv(tmp_path_factory.mktemp("tiny"), rows[:12], "Pilot")


@pytest.fixture(scope="session")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Label Studio export with ground truth flags that nobody has chosen as gold."""
    folder = tmp_path_factory.mktemp("flagged")
    at = "2026-11-0{}T10:00:00.000000Z"
    tasks = [
        {
            "id": n,
            "data": {"text": f"ticket {n}"},
            "annotations": [
                {
                    "id": 2 * n + who,
                    "completed_by": who + 1,
                    "ground_truth": who == 0,
                    "was_cancelled": False,
                    "created_at": at.format(1 + n % 9),
                    "updated_at": at.format(1 + n % 9),
                    "lead_time": 9.5,
                    "result": [
                        {
                            "id": f"r{n}{who}",
                            "from_name": "intent",
                            "to_name": "text",
                            "type": "choices",
                            "value": {"choices": ["Billing" if n % 3 else "Refund"]},
                        }
                    ],
                }
                for who in range(2)
            ],
        }
        for n in range(40)
    ]
    file = folder / "export.json"
    file.write_text(json.dumps(tasks))
    return load_file(folder, file, "Tickets", format="label-studio")


HOSTILE = (
    '=HYPERLINK("http://example.org")',
    "**bold** :red[shout] $x^2$",
    "<script>document.title='owned'</script>",
    "![img](http://example.org/x.png) [link](javascript:alert(1))",
    ":material/delete: `code` ~~gone~~",
)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names, labels and a title that try to be markup, links and formulas."""
    now = datetime.now(UTC)
    rows: list[dict[str, object]] = [
        {
            "item": f"t{n}",
            "annotator": HOSTILE[(n + who) % len(HOSTILE)],
            "label": HOSTILE[(n * (who + 1)) % len(HOSTILE)],
            "submitted_at": (now - timedelta(days=n % 20)).isoformat(),
        }
        for n in range(150)
        for who in range(2)
    ]
    return load_csv(tmp_path_factory.mktemp("hostile"), rows, "*x* [y](http://example.org)")


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with tables and nothing in them."""
    folder = tmp_path_factory.mktemp("nothing")
    new_warehouse(folder).engine.dispose()
    return folder / "labelpulse.toml"


@pytest.fixture(scope="session")
def missing_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose warehouse is not there."""
    config = tmp_path_factory.mktemp("missing") / "labelpulse.toml"
    config.write_text(CONFIG)
    return config


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the app on a configuration, as `streamlit run` does."""

    def opened(config: Path) -> AppTest:
        monkeypatch.setenv("LABELPULSE_CONFIG", str(config))
        monkeypatch.delenv("LABELPULSE_DATABASE_URL", raising=False)
        monkeypatch.setenv("XDG_STATE_HOME", str(config.parent / "state"))
        return AppTest.from_file(str(APP), default_timeout=50)

    return opened
