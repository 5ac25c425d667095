"""One thing to tell of an alert, and the letter that tells several together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MOST_TOLD = 20
"""So many are told whole; the rest of a letter is counted."""


class Kind(StrEnum):
    """What happened, the most urgent first."""

    FIRED = "fired"
    AGAIN = "again"
    STALE = "stale"
    UNCONFIRMED = "unconfirmed"
    RESOLVED = "resolved"
    ENDED = "ended"
    FRESH = "fresh"
    DIGEST = "digest"
    TEST = "test"


LEVELS = ("critical", "warning", "info")
"""The most urgent first."""

_LEVEL_WORDS = {
    "critical": "Critical",
    "warning": "Warning",
    "info": "For information",
}
_KIND_WORDS = {
    Kind.RESOLVED: "Over",
    Kind.UNCONFIRMED: "Not confirmed",
    Kind.ENDED: "Ended",
    Kind.TEST: "Test",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    Attributes:
        kind: one of `Kind`. incident: its id, 0 = of none. level: one of `LEVELS`.
        project: its title, "" = of none. subject: which part of it, in words.
        title: what, on one line. lines: since when, how sure, likely cause, what to do; sentences.
        link: address of the page that shows it, "" = none.
        value, low, high: in the metric's unit. since: ISO day, "" = not by days.
    """

    kind: str
    title: str
    incident: int = 0
    rule: str = ""
    project: str = ""
    subject: str = ""
    level: str = "warning"
    lines: tuple[str, ...] = ()
    link: str = ""
    owner: str = ""
    metric: str = ""
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    since: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "lines": list(self.lines)}


def of(document: Mapping[str, Any]) -> Notice:
    """Return the notice that `Notice.document` wrote.

    >>> of(Notice("fired", "agreement fell").document())
    Notice(kind='fired', title='agreement fell', incident=0, rule='', project='', subject='', \
level='warning', lines=(), link='', owner='', metric='', unit='', value=None, low=None, high=None, \
n=None, since='')
    """
    return Notice(**{**document, "lines": tuple(document["lines"])})


@dataclass(frozen=True, slots=True)
class Letter:
    """Notices as people read them.

    Attributes:
        subject: one line. text: plain, for mail and chat. level: that of the most urgent; "" = all
            of it is good news.
    """

    subject: str
    text: str
    level: str


def letter(notices: Iterable[Notice]) -> Letter:
    """Return one message of one or more notices: what fires first, the most urgent first."""
    told = sorted(notices, key=_urgency)
    parts = [_part(one) for one in told[:MOST_TOLD]]
    rest = len(told) - MOST_TOLD
    if rest > 0:
        parts.append(f"{rest} more {'is' if rest == 1 else 'are'} not shown here.")
    bad = [one.level for one in told if one.kind in (Kind.FIRED, Kind.AGAIN, Kind.STALE)]
    return Letter(_subject(told), "\n\n".join(parts) + "\n", min(bad, key=_place, default=""))


def _urgency(one: Notice) -> tuple[int, int, str, str, int]:
    kinds = list(Kind)
    kind = kinds.index(Kind(one.kind)) if one.kind in kinds else len(kinds)
    return kind, _place(one.level), one.project, one.title, one.incident


def _place(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _subject(told: Sequence[Notice]) -> str:
    first = told[0]
    same = [one for one in told if one.kind == first.kind]
    return _line(_subject_of(first, len(same), _where(same)))


_SUBJECTS = {
    Kind.FIRED: ("Alert in", "alerts fire in"),
    Kind.AGAIN: ("Still firing in", "alerts still fire in"),
    Kind.UNCONFIRMED: ("Not confirmed in", "alerts were not confirmed in"),
    Kind.RESOLVED: ("Over in", "alerts are over in"),
    Kind.ENDED: ("Ended in", "alerts have ended in"),
}
"""How a subject line begins with one alert, and with several."""


def _subject_of(first: Notice, n: int, place: str) -> str:
    if first.kind not in _SUBJECTS:
        return first.title if n == 1 else f"{first.title}, and {n - 1} more"
    single, several = _SUBJECTS[Kind(first.kind)]
    if n == 1:
        return f"{single} {place}: {first.title}"
    return f"{n} {several} {place}: {first.title} …"


def _where(told: Sequence[Notice]) -> str:
    titles = {one.project for one in told}
    if len(titles) > 1:
        return f"{len(titles)} projects"
    (title,) = titles
    return title or "all projects"


def _part(one: Notice) -> str:
    word = _KIND_WORDS.get(Kind(one.kind)) if one.kind in set(Kind) else None
    if one.kind in (Kind.FIRED, Kind.AGAIN):
        word = _LEVEL_WORDS.get(one.level)
    title = f"{word}: {one.title}" if word else one.title
    named = one.subject == one.project or one.subject.startswith(f"{one.project} · ")
    place = ", ".join(filter(None, ("" if named else one.project, one.subject)))
    owner = f"Owner: {one.owner}" if one.owner else ""
    lines = map(_line, (title, place, *one.lines, owner, one.link))
    return "\n".join(filter(None, lines))


def _line(text: str) -> str:
    """Return a text on one line: a name of the source may hold others."""
    return " ".join(text.split())
