"""What pages tell of a selection: worked out once for all sessions, kept by what it depends on.

A figure costs ten times what it takes to send it, and most runs of a page change nothing of it:
a click, a colleague's visit, another tick of the live part.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from dashboard import context
from labelpulse.findings.selection import Selection

KEPT = 400
"""Figures, lists and tiles kept for all sessions together; the oldest go first."""

AGES_MINUTES = 5
"""How old ages may be where no data came in."""

More = ParamSpec("More")
Told = TypeVar("Told")
Teller = Callable[Concatenate[Selection, More], Told]


@dataclass(frozen=True, slots=True)
class _Question:
    """A selection and a function of it, equal if they give the same result: a key of the cache."""

    key: tuple[Any, ...]
    selection: Selection = field(compare=False)
    tell: Callable[..., Any] = field(compare=False)


def kept(tell: Teller[More, Told]) -> Teller[More, Told]:
    """Cache what a function returns for a selection. All sessions share the result: read only.

    It must rest on nothing but its arguments. Ages move without new data: they are of hours and
    days here, so that what is told may be some minutes old.
    """
    return _keeping(tell, _version)


def a_minute(tell: Teller[More, Told]) -> Teller[More, Told]:
    """Let what a function tells be worked out once a minute, whatever data comes in meanwhile.

    Where none comes in, it is kept as long as all else.
    """
    return _keeping(tell, _of_the_minute)


_MINUTES: dict[tuple[object, ...], tuple[int, object]] = {}
"""By project, the newest minute in which somebody looked, and the data that was there first."""


def _version(selection: Selection) -> object:
    return selection.version, *_counts(selection)


def _of_the_minute(selection: Selection) -> object:
    minute, key = (
        context.now() // context.MINUTE_US,
        (context.warehouse(), selection.holding.info.id),
    )
    if (seen := _MINUTES.get(key)) is None or seen[0] != minute:
        seen = _MINUTES[key] = (minute, _version(selection))
    return seen[1]


def _keeping(
    tell: Teller[More, Told], version: Callable[[Selection], object]
) -> Teller[More, Told]:
    @wraps(tell)
    def told(selection: Selection, /, *args: More.args, **more: More.kwargs) -> Told:
        # a view is compiled once and run anew for each session: its code tells its functions apart
        code = tell.__code__
        now = context.now() // (AGES_MINUTES * context.MINUTE_US)
        key = (code.co_filename, code, version(selection), now, *_rests_on(selection))
        found: Told = _told(_Question(key, selection, tell), *args, **more)  # type: ignore[arg-type]
        return found

    return told


@lru_cache(maxsize=KEPT)
def _told(asked: _Question, *args: Any, **more: Any) -> Any:
    return asked.tell(asked.selection, *args, **more)


def _rests_on(selection: Selection) -> tuple[Any, ...]:
    """Return what an answer rests on beside data and time: settings, markers, the choice."""
    held, info = selection.holding, selection.holding.info
    return (
        *(context.warehouse(), info.id),
        *(info.label, info.title, info.program, info.deadline, info.holidays, info.building),
        *(held.controls, held.unlabeled, held.subjective, held.zone_from, held.gold),
        *(held.peopled, held.predicted, bool(held.double)),
        *(tuple(held.targets.items()), tuple(held.accuracy_targets.items())),
        *(selection.loading, selection.fresh.word, tuple(context.noted(info.id))),
        *(
            selection.control,
            selection.span,
            selection.whole,
            selection.team,
            selection.compared,
            bool(selection.names),
        ),
    )


def _counts(selection: Selection) -> tuple[int, ...]:
    """Return the counts of a holding, which is read a moment before or after its data version."""
    held = selection.holding
    return held.items, held.answers, held.assumed, held.double, *held.candidates.values()


def forget() -> None:
    """Forget all that was told."""
    _told.cache_clear()
    _MINUTES.clear()
