"""With every message translated, no page says anything in English beside them."""

import json
import os
import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from labelpulse import schema
from labelpulse.alerts.looking import machine_json
from labelpulse.alerts.machine import Machine
from labelpulse.alerts.rules import Subject
from labelpulse.config import load_settings
from labelpulse.core.catalogue import LOCALE
from labelpulse.core.days import now_us
from labelpulse.reader import MetricQuery
from labelpulse.reader.queue import suggestions, wanted
from labelpulse.warehouse.alerts import AlertBook, Opening, Silence, StateRow
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.posted import State
from labelpulse.warehouse.queue import Queue
from tests.dashboard import translated
from tests.support import messages
from tests.support.shared import once_a_run

ROOT = Path(__file__).resolve().parents[2]
RULE = """
[[alerts]]
name = "{below}"
metric = "agreement_percent"
by = ["project", "control"]
window = "7d"
below = {below}
"""


CHANNEL = """
[channels.1]
type = "log"
quiet = "19:00-08:00"
quiet_days = ["saturday"]
"""


class Read(NamedTuple):
    """What was said in English, how many texts each page has, the headings of the tables."""

    left: str
    counted: str
    tables: list[list[str]]


@pytest.fixture(scope="module")
def busy(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with rules, kept and broken, and entries of each state; its own words are none."""
    folder = tmp_path_factory.mktemp("busy") / "demo"
    shutil.copytree(demo.parent, folder)
    config = folder / demo.name
    with config.open("a") as file:
        file.writelines(RULE.format(below=below) for below in (0.1, 0.8, 0.99))
        file.write(CHANNEL)
    engine = connect(load_settings(config).database.get_secret_value())
    found = suggestions(engine, MetricQuery("", project="Tickets"))
    queue = Queue(engine)
    ids = queue.add([wanted(one, "1") for one in found]).ids
    queue.sent(ids[::3])
    queue.decide(ids[1::3], "2")
    _alerted(engine)
    engine.dispose()
    return config


def _alerted(engine: Engine) -> None:
    """Alerts that fire, are looked after, silenced and over, and messages of each state."""
    book, now = AlertBook(engine), now_us()
    of = Subject((("project", "Tickets"), ("control", "intent")), "Tickets")
    with book.cycle(0) as cycle:
        first, _, third, _ = (
            cycle.open(
                Opening(
                    rule="0.99",
                    subject=f"{n}",
                    keys=of.document(),
                    project_id=1,
                    severity="critical",
                    level=("critical", "warning", "info", "critical")[n],
                    state="recovering",
                    since_day=739_580,
                    fired_day=739_581,
                    early=n == 1,
                )
            )
            for n in range(4)
        )
        cycle.end(third, 739_590, "unconfirmed")
        closed = machine_json(Machine("pending", 1, since=739_580, day=739_581))
        row = ("0.99", of.digest, of.document(), 1, "", "pending", 739_581, closed, "{}")
        cycle.keep([StateRow(*row)])
    book.acknowledge([first], "1", "2")
    book.judge([first, third], "false", "1")
    book.silence(Silence(now + 10**12, "2", "1", rule="0.99", subject="3"))
    with engine.begin() as conn:
        for n, state in enumerate(State):
            values = {"key": str(n), "channel": "1", "kind": "1", "grouped_by": "", "state": state}
            more = {"body": "{}", "created_at": now, "attempts": n, "next_try_at": now}
            told = {"id": n + 1, "sent_at": now, "failure": "500"}
            conn.execute(schema.alert_message.insert().values(**values, **more, **told))


@pytest.fixture(scope="module")
def read(
    busy: Path,
    single: Path,
    tiny: Path,
    flagged: Path,
    nothing: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Read:
    """What the pages of all these show in translation, and the headings of their tables."""

    def read_all(folder: Path) -> None:
        translated.write(folder)
        configs = map(str, (busy, single, tiny, flagged, nothing))
        argv = [sys.executable, "-m", "tests.dashboard.translated", str(folder), *configs]
        state = {**os.environ, "XDG_STATE_HOME": str(folder)}
        done = subprocess.run(argv, cwd=ROOT, env=state, capture_output=True, text=True, check=True)
        (folder / "stdout").write_text(done.stdout)
        (folder / "stderr").write_text(done.stderr)

    folder = once_a_run(tmp_path_factory, "translated", read_all)
    left, counted = ((folder / name).read_text() for name in ("stdout", "stderr"))
    return Read(left, counted, json.loads((folder / "tables.json").read_text()))


def test_words_that_no_message_holds_are_told_from_names_and_markup():
    shown = translated.foreign("{n} of {all} %+.0f").format(n="x", all="y")
    assert shown == "x \uff4f\uff46 y %+.0f"
    names = re.compile("Billing")
    left = translated.rest(f":material/info: {shown} Billing, open", names)
    assert translated.WORD.findall(left) == ["open"]


@pytest.mark.timeout(180)
def test_a_translation_reaches_every_page(read):
    assert read.left == ""
    texts = [line for line in read.counted.splitlines() if line.endswith(" texts")]
    assert len(texts) >= 40
    assert all(int(line.split()[-2]) > 20 for line in texts[:20]), texts


@pytest.mark.timeout(180)
def test_no_shipped_translation_loses_a_column_of_a_table_on_any_page(read):
    """Headings are keys of rows, so that two of them that read alike would be one column."""
    assert len(read.tables) > 30
    assert messages.alike(read.tables, NullTranslations()) == []
    for file in LOCALE.glob("*/LC_MESSAGES/*.mo"):
        with file.open("rb") as compiled:
            assert messages.alike(read.tables, GNUTranslations(compiled)) == [], file
