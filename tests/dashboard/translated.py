"""Prints the words of all pages that no translation reached; run as a process of its own.

`python -m tests.dashboard.translated CONFIG FOLDER`: the language is fixed when a process starts.
"""

import os
import re
import sys
from gettext import translation
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
QUOTED = re.compile(r"«[^«»]*»")
PROSE = re.compile(r"[^\W\d_]{3,} [^\W\d_]{3,}")
KINDS = ("title", "markdown", "caption", "metric", "button", "badge", "warning", "info")


def main() -> None:
    """Translate every message into itself in quotes, and read all pages."""
    config, folder = Path(sys.argv[1]), Path(sys.argv[2])
    _write(folder)
    from labelpulse.core import catalogue

    catalogue._FOUND = translation("labelpulse", folder, ["de"])
    os.environ["LABELPULSE_CONFIG"] = str(config)
    from streamlit.testing.v1 import AppTest

    from dashboard.kiosk import slug

    app = AppTest.from_file(str(APP), default_timeout=100)
    app.query_params["names"] = "false"  # a person's name is no message
    app.run()
    names = app.session_state["titles_in_menu"]
    for name in names:
        if name != "Summary":
            app.switch_page(f"views/{slug(name).replace('-', '_')}.py").run()
        if app.exception:
            print(f"{name}: {app.exception[0].value}")
        print(f"{name}: {len(list(_words(app)))} texts", file=sys.stderr)
        for text in _words(app):
            if PROSE.search(_unquoted(text)):
                print(f"{name}: {text}")


def _write(folder: Path) -> None:
    from tests.support.messages import gathered

    quoted = Catalog(locale="de")
    for one in gathered():
        if one.id:
            forms = (one.id,) if isinstance(one.id, str) else one.id
            said = tuple(f"«{form}»" for form in forms)
            shown = said[0] if isinstance(one.id, str) else said
            quoted.add(one.id, shown, context=one.context)
    place = folder / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "labelpulse.mo").open("wb") as file:
        write_mo(file, quoted)


def _unquoted(text: str) -> str:
    """Return a text without its messages, the inner ones first."""
    without = QUOTED.sub("", text)
    return without if without == text else _unquoted(without)


def _words(app: object) -> "list[str]":
    found = []
    for kind in KINDS:
        for one in app.get(kind):  # type: ignore[attr-defined]
            texts = (getattr(one, name, "") for name in ("label", "value", "body", "help"))
            found += [text for text in texts if isinstance(text, str) and text]
    for one in app.get("vega_lite_chart"):  # type: ignore[attr-defined]
        found.append(one.proto.alt)
    for one in app.dataframe:  # type: ignore[attr-defined]
        found += [str(name) for name in one.value.columns]
    return found


if __name__ == "__main__":
    main()
