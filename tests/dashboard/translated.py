"""Prints the words of all pages that no translation reached; run as a process of its own.

`python -m tests.dashboard.translated FOLDER CONFIG…`: the language is fixed when a process starts.
In FOLDER it leaves `tables.json`: the headings of each table, as messages.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from gettext import translation
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
WIDE = {ord(one): ord(one) + 0xFEE0 for one in "".join(map(chr, (*range(65, 91), *range(97, 123))))}
"""Letters of another alphabet: a message is written in them, what is put into it is not."""

NARROW = {wide: narrow for narrow, wide in WIDE.items()}
FIELD = re.compile(r"(\{[^{}]*\}|%[-+.\d]*f)")
WORD = re.compile(r"[A-Za-z]{2,}")
MARKUP = re.compile(r":material/\w+:|:[a-z]+(-badge)?\[|labelpulse mark |--kind \w+|https?://\S+")
"""What Streamlit draws as signs and colours, and a command amid words."""

COPIED = re.compile(r"(labelpulse|curl|SELECT) |\[\[|\[[a-z.-]+\]|https?://")
"""How commands, queries, addresses and the configuration begin, which stay as they are."""

OF_CODE = ("project", "item")
"""How tables begin that explain a number under the names that commands have; headings are begun
with a capital letter."""

UNSEEN = frozenset(
    (
        *("id", "key", "type", "element_id", "form_id", "page_script_hash", "query_param_key"),
        *("spec", "data", "styler", "columns", "datasets", "selection_mode", "theme", "format"),
        *("url", "page", "query_string", "deferred_file_id", "icon", "tag", "language"),
        *("raw_value", "raw_values", "default", "min", "max", "proto"),
    )
)
"""What elements hold beside words: settings, and data that is read apart."""

TERMS = frozenset(
    (
        *("AC1", "F1", "CSV", "JSON", "Parquet", "EUR", "UTC", "Etc/UTC", "Europe/Berlin"),
        *("labelpulse.toml", "log"),  # a file, and a type of channel in it
    )
)
VIEWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("Progress", {"compare": True, "what_if": True}),
    ("Agreement", {"chosen_pair": "Billing / Refund", "range": "All"}),
    ("People", {"signals": True}),
    ("People", {"view": "Profile"}),
    ("People", {"view": "Reviewers"}),
    ("People", {"view": "Teams"}),
    ("Items", {"view": "Suggested"}),
    ("Items", {"view": "Queue", "state": "All states"}),
    ("Alerts", {"alerts": "Acknowledged", "closer 1": True}),
    ("Alerts", {"alerts": "Silenced"}),
    ("Alerts", {"alerts": "Recent"}),
    ("Alerts", {"part": "Rules", "builder": True, "draft_start": "0.8"}),
    ("Alerts", {"part": "Channels"}),
    ("Alerts", {"part": "Quality"}),
    ("Data", {"explain": True}),
)
"""Choices on pages that show other words; where a page does not offer them nothing changes."""


def main() -> None:
    """Translate every message into another alphabet, and read all pages."""
    folder, configs = Path(sys.argv[1]), sys.argv[2:]
    from labelpulse.core import catalogue  # first: others look up as they are imported
    from tests.support.shared import scan_packages_once

    scan_packages_once()
    catalogue._FOUND = translation("labelpulse", folder, ["de"])
    tables: set[tuple[str, ...]] = set()
    for config in configs:
        os.environ["LABELPULSE_CONFIG"] = config
        left = set()
        names = _names()
        for name, app in _pages():
            frames = [one for one in app.dataframe if one.value.columns[0] not in OF_CODE]
            shown = [*_texts(app), *_cells(frames)]
            print(f"{name}: {len(shown)} texts", file=sys.stderr)
            left |= {f"{name}: {text}" for text in shown if WORD.search(rest(text, names))}
            tables |= {tuple(map(_message, one.value.columns)) for one in frames}
        print(*sorted(left), sep="\n", end="\n" if left else "")
    (folder / "tables.json").write_text(json.dumps(sorted(tables)))


def foreign(message: str) -> str:
    """Return a message in another alphabet, with its fields as they are."""
    parts = FIELD.split(message)
    return "".join(one if FIELD.fullmatch(one) else one.translate(WIDE) for one in parts)


def _message(shown: object) -> str:
    return str(shown).translate(NARROW)


def write(folder: Path) -> None:
    """Write the translation for a process that starts then."""
    from tests.support.messages import gathered

    catalogue = Catalog(locale="de")
    for one in gathered():
        if one.id:
            forms = (one.id,) if isinstance(one.id, str) else one.id
            said = tuple(map(foreign, forms))
            shown = said[0] if isinstance(one.id, str) else said
            catalogue.add(one.id, shown, context=one.context)
    place = folder / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "labelpulse.mo").open("wb") as file:
        write_mo(file, catalogue)


def _pages() -> Iterator[tuple[str, Any]]:
    """Yield every page of the menu as it opens, then with choices made."""
    from streamlit.testing.v1 import AppTest

    from dashboard.desk import MENU
    from dashboard.links import file_of

    app = AppTest.from_file(str(APP), default_timeout=100)
    app.query_params["names"] = "false"  # a person's name is no message
    app.run()
    there = app.session_state.get(MENU, ())
    yield "first", app
    for name, chosen in (*((one, {}) for one in there if one != "Summary"), *VIEWS):
        if name in there:
            for key, value in chosen.items():
                app.session_state[key] = value
            app.switch_page(file_of(name)).run()
            for error in app.exception:
                print(f"{name}: {error.value}")
            yield name, app


def _names() -> re.Pattern[str]:
    """Return what finds the names that come from data, and those that commands take."""
    from sqlalchemy import select

    from dashboard import context
    from labelpulse import schema
    from labelpulse.alerts.starter import starter
    from labelpulse.metrics.registry import METRICS, PARTIALS
    from labelpulse.reader.overview import names_of

    found = {*METRICS, *PARTIALS, *TERMS}
    if context.trouble() is None:
        columns = (
            *(schema.label.c.text, schema.project.c.title, schema.batch.c.name),
            *(schema.team.c.name, schema.program.c.name, schema.source.c.name),
            *(schema.source.c.type, schema.control.c.name, schema.model_version.c.name),
            *(schema.marker.c.text, schema.item.c.native_id),
        )
        with context.engine().connect() as conn:
            found |= {one for column in columns for one in conn.scalars(select(column)) if one}
        found |= set(names_of(context.engine(), context.scope()))
        alerts = (*context.settings().alerts, *starter(context.settings()))
        found |= {word for one in alerts for word in (one.name, one.owner) if word}
    for metric in METRICS.values():
        found |= {", ".join(metric.by), ", ".join(metric.where)} - {""}
    longest = sorted(filter(WORD.search, found), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest))


def rest(text: str, names: re.Pattern[str]) -> str:
    """Return a text without markup and names."""
    return names.sub("", MARKUP.sub("", text.replace("\\", "")))


def _texts(app: Any) -> Iterator[str]:
    """Yield all texts of a page: of elements with their options and tooltips, of charts' titles."""
    for root in app._tree.children.values():
        yield from _of_node(root)
    for one in app.get("vega_lite_chart"):
        yield from _titles(json.loads(one.proto.spec))


def _cells(frames: Sequence[Any]) -> Iterator[str]:
    """Yield the texts of tables: headings, cells, what their columns say by themselves."""
    for one in frames:
        yield from map(str, one.value.columns)
        yield from _titles(json.loads(one.proto.columns or "{}"))
        for column in one.value.columns:
            cells = (cell for cell in one.value[column] if isinstance(cell, str))
            yield from (cell for cell in cells if not _of_code(cell))


def _of_node(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if hasattr(proto, "ListFields"):
        yield from (one for one in _strings(proto) if not _of_code(one))
    for child in getattr(node, "children", {}).values():
        yield from _of_node(child)


def _of_code(text: str) -> bool:
    return text.startswith("<style>") or bool(COPIED.match(text))


def _strings(proto: Any) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name not in UNSEEN:
            for one in value if field.is_repeated else (value,):
                if isinstance(one, str):
                    yield one
                elif hasattr(one, "ListFields"):
                    yield from _strings(one)


def _titles(spec: Any) -> Iterator[str]:
    """Yield what a chart or a table's columns say by themselves: titles, labels, tooltips."""
    for key, value in spec.items() if isinstance(spec, dict) else enumerate(spec):
        if isinstance(value, dict | list):
            yield from _titles(value)
        elif isinstance(value, str) and key in ("title", "label", "help", "display_text"):
            yield value


if __name__ == "__main__":
    main()
