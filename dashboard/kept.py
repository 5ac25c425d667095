"""What pages tell of a desk: worked out once for all sessions, kept by what it depends on.

A figure costs ten times what it takes to send it, and most runs of a page change nothing of it:
a click, a colleague's visit, another tick of the live part.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from dashboard import context
from labelpulse.judgement.desk import Desk

KEPT = 400
"""Figures, lists and tiles kept for all sessions together; the oldest go first."""

AGES_MINUTES = 5
"""How old ages may be where no data came in."""

More = ParamSpec("More")
Told = TypeVar("Told")
Teller = Callable[Concatenate[Desk, More], Told]


@dataclass(frozen=True, slots=True)
class _Question:
    """A desk and who tells of it, equal by what the answer rests on: both are new in each run."""

    key: tuple[Any, ...]
    desk: Desk = field(compare=False)
    tell: Callable[..., Any] = field(compare=False)


def kept(tell: Teller[More, Told]) -> Teller[More, Told]:
    """Let what a function tells of a desk be worked out once; all sessions share it: read only.

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


def _version(desk: Desk) -> object:
    return desk.version, *_counts(desk)


def _of_the_minute(desk: Desk) -> object:
    minute, key = context.now() // context.MINUTE_US, (context.warehouse(), desk.holding.info.id)
    if (seen := _MINUTES.get(key)) is None or seen[0] != minute:
        seen = _MINUTES[key] = (minute, _version(desk))
    return seen[1]


def _keeping(tell: Teller[More, Told], version: Callable[[Desk], object]) -> Teller[More, Told]:
    @wraps(tell)
    def told(desk: Desk, /, *args: More.args, **more: More.kwargs) -> Told:
        # a view is compiled once and run anew for each session: its code tells its functions apart
        code = tell.__code__
        now = context.now() // (AGES_MINUTES * context.MINUTE_US)
        key = (code.co_filename, code, version(desk), now, *_rests_on(desk))
        found: Told = _told(_Question(key, desk, tell), *args, **more)  # type: ignore[arg-type]
        return found

    return told


@lru_cache(maxsize=KEPT)
def _told(asked: _Question, *args: Any, **more: Any) -> Any:
    return asked.tell(asked.desk, *args, **more)


def _rests_on(desk: Desk) -> tuple[Any, ...]:
    """Return what an answer rests on beside data and time: settings, markers, the choice."""
    held, info = desk.holding, desk.holding.info
    return (
        *(context.warehouse(), info.id),
        *(info.label, info.title, info.program, info.deadline, info.holidays, info.building),
        *(held.controls, held.unlabeled, held.subjective, held.zone_from, held.gold),
        *(held.peopled, held.predicted, bool(held.double)),
        *(tuple(held.targets.items()), tuple(held.accuracy_targets.items())),
        *(desk.loading, desk.fresh.word, tuple(context.noted(info.id))),
        *(desk.control, desk.span, desk.whole, desk.team, desk.compared, bool(desk.names)),
    )


def _counts(desk: Desk) -> tuple[int, ...]:
    """Return the counts of a holding, which is read a moment before or after its data version."""
    held = desk.holding
    return held.items, held.answers, held.assumed, held.double, *held.candidates.values()


def forget() -> None:
    """Forget all that was told."""
    _told.cache_clear()
    _MINUTES.clear()
