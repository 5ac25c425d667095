"""What people read, in one catalogue: gettext finds each English message, and a translation of it.

Every message is an argument of `say`, or of `plural` with both its forms, or of `in_sense` where
one English word is two messages, so that `python -m tests.support.messages` can gather them into
``labelpulse/locale/labelpulse.pot``. The language is this machine's (LANGUAGE, LC_ALL, LC_MESSAGES,
LANG), read once when the process starts; where there is no translation into it, messages stay
English.
"""

import os
from collections.abc import Iterable, Mapping
from gettext import NullTranslations, translation
from itertools import takewhile
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
"""The catalogue, and a folder for each language: ``de/LC_MESSAGES/labelpulse.mo``."""


def languages(environ: Mapping[str, str]) -> list[str]:
    """Return the languages to look for, the most wanted first: those before English, which we have.

    >>> languages({"LANGUAGE": "fr:en_GB:de"}), languages({"LANG": "en_US.UTF-8"}), languages({})
    (['fr'], [], [])
    """
    said = (environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    named = next(filter(None, said), "").split(":")
    return [one for one in takewhile(lambda one: not one.startswith("en"), named) if one]


def unsaid(language: NullTranslations, tables: Iterable[str]) -> frozenset[str]:
    r"""Return the headings that stay English: an earlier one of the table reads the same.

    Headings are keys of rows, so that a column whose heading reads as another's would be lost.

    Args:
        tables: their headings in order, one table a line, with tabs between.

    >>> unsaid(NullTranslations(), ["Before\tAfter", "Before\tBefore"])
    frozenset()
    """
    found: set[str] = set()
    for table in tables:
        told: dict[str, str] = {}
        for heading in table.rstrip("\n").split("\t"):
            sense, _, message = heading.rpartition("\x04")
            said = language.pgettext(sense, message) if sense else language.gettext(message)
            if told.setdefault(message if heading in found else said, heading) != heading:
                found.add(heading)
    return frozenset(found)


_FOUND = translation("labelpulse", LOCALE, languages(os.environ), fallback=True)
_TABLES = LOCALE / "tables.txt"
_UNSAID = unsaid(_FOUND, _TABLES.read_text("utf-8").splitlines())


def say(message: str, /, **values: object) -> str:
    """Return a message in the reader's language, with its values put in by name.

    A message is a whole sentence, or a whole label: pieces cannot be put in another order.

    >>> say("{items} wait in {stage}", items="12 items", stage="Review")
    '12 items wait in Review'
    """
    known = message and message not in _UNSAID  # gettext keeps its own header under ""
    found = _FOUND.gettext(message) if known else message
    return found.format(**values) if values else found


def in_sense(sense: str, message: str, /) -> str:
    """Return a message that has another sense elsewhere, in the reader's language.

    Args:
        sense: which of them, for who translates: gettext's context, never shown.

    >>> in_sense("a link", "Open")
    'Open'
    """
    return message if f"{sense}\x04{message}" in _UNSAID else _FOUND.pgettext(sense, message)


def form_of(n: float | None, one: str, many: str) -> str:
    """Return the form of a noun or message that a count wants; None = the count is not known.

    >>> form_of(1, "item", "items"), form_of(0, "item", "items")
    ('item', 'items')
    """
    whole = n is not None and n == int(n)  # gettext wants it whole: 1.5 is many, as 2 is
    return _FOUND.ngettext(one, many, int(n or 0) if whole else 2)


def marked(message: str) -> str:
    """Return a message as it is: it is looked up where it is shown, and a key until then.

    >>> marked("Summary")
    'Summary'
    """
    return message
