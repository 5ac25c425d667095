"""The question and the answer: a metric query, who asks, and plain rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any, NamedTuple

from labelpulse.core.errors import UsageError
from labelpulse.core.escapes import split, split_list, unescape

Row = dict[str, Any]
"""The keys asked for, then value, low, high, n, note (None = nothing to say)."""


class Condition(NamedTuple):
    """One term of `where`: a key has a value, or has it not."""

    key: str
    value: str
    equal: bool = True

    def text(self) -> str:
        """Return the term as it is written, escapes included."""
        value = self.value.replace("\\", "\\\\").replace("=", r"\=")
        return f"{self.key}{'=' if self.equal else '!='}{value}"


def condition(text: str) -> Condition:
    r"""Return the term written as ``key=value`` or ``key!=value``; UsageError otherwise.

    >>> condition(r"label!=x\=y")
    Condition(key='label', value='x=y', equal=False)
    """
    key, *value = split(text, "=", 1)
    equal = not key.endswith("!")
    key = key.removesuffix("!").strip()
    if not value or not key:
        raise UsageError(f"--where {text!r}: write it as key=value or key!=value")
    return Condition(key, unescape(value[0]), equal)


Merge = tuple[str, tuple[str, ...]]
"""A label, and those that it stands for."""


def merging(text: str) -> Merge:
    r"""Return the labels to merge, written as ``NEW=old1+old2``; UsageError otherwise.

    >>> merging(r"all=red\, deep+black\+white")
    ('all', ('red, deep', 'black+white'))
    """
    new, *old = split(text, "=", 1)
    olds = tuple(split_list(old[0], "+")) if old else ()
    if not olds or not new.strip():
        raise UsageError(f"--merge {text!r}: write it as NEW=old1+old2")
    return unescape(new.strip()), olds


WhatIf = tuple[str, float]
"""Something supposed, and how much of it: people +2, overlap 3, review 0.2."""


def supposing(text: str) -> WhatIf:
    """Return what is supposed, written as ``key=number``; UsageError otherwise.

    >>> supposing("people=+2")
    ('people', 2.0)
    """
    key, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not isfinite(number) or not key.strip():
        raise UsageError(f"--what-if {text!r}: write it as key=number, such as people=+2")
    return key.strip(), number


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked: the shareable address of a number.

    Attributes:
        metric: its stable name.
        project: a title, or SOURCE/TITLE; None = all that are visible.
        since, until: local days like 2026-03-04, both inclusive.
        by: keys to split by. where: terms; also accepted as ``key=value`` texts.
        control: name of a question. distance: between sets: jaccard, masi, exact.
        merge: labels to take as one; also accepted as ``NEW=old1+old2`` texts.
        what_if: what to suppose of the future; also accepted as ``key=number`` texts.
        min_n: below this n a note says so; None = the metric's own.
    """

    metric: str
    project: str | None = None
    since: str | None = None
    until: str | None = None
    by: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    control: str | None = None
    distance: str | None = None
    merge: tuple[Merge, ...] = ()
    what_if: tuple[WhatIf, ...] = ()
    min_n: int | None = None

    def __post_init__(self) -> None:
        """Take lists and texts, keep tuples, so that equal queries are equal keys."""
        keep = object.__setattr__
        keep(self, "by", _words(self.by))
        keep(self, "where", tuple(map(_condition, _listed(self.where))))
        keep(self, "merge", tuple(map(_merge, _listed(self.merge))))
        keep(self, "what_if", tuple(map(_what_if, _listed(self.what_if))))


def _listed(given: Any) -> Iterable[Any]:
    return (given,) if isinstance(given, str) else given


def _words(given: Any) -> tuple[str, ...]:
    words = given.split(",") if isinstance(given, str) else given
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def _condition(given: Any) -> Condition:
    return condition(given) if isinstance(given, str) else Condition(*given)


def _merge(given: Any) -> Merge:
    return merging(given) if isinstance(given, str) else (given[0], tuple(given[1]))


def _what_if(given: Any) -> WhatIf:
    return supposing(given) if isinstance(given, str) else (given[0], float(given[1]))


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and so what they may see.

    Attributes:
        names: show people's native ids instead of pseudonyms.
        projects: ids of the projects they may see; None = all.
        key: what pseudonyms are made with; None = this user's own.
    """

    names: bool = False
    projects: frozenset[int] | None = None
    key: bytes | None = field(default=None, repr=False)


EVERYONE = Scope()


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: rows, and how to read them.

    Attributes:
        as_of: source name -> when it was last read well, ISO 8601, or None.
    """

    metric: str
    unit: str
    definition_version: int
    as_of: dict[str, str | None]
    rows: list[Row]

    def document(self) -> dict[str, Any]:
        """Return the answer as one JSON document."""
        return {
            "metric": self.metric,
            "unit": self.unit,
            "definition_version": self.definition_version,
            "as_of": self.as_of,
            "rows": self.rows,
        }
