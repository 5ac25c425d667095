"""Answers that age by the clock: all sessions ask for them once in a while, not at each run.

Streamlit's own cache copies what it gives, for each of a hundred questions of a run; here all share
one answer, which nobody may change.
"""

from collections.abc import Callable
from functools import lru_cache
from time import monotonic
from typing import Any, Generic, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Lately(Generic[Asked, Answer]):
    """A question whose answers are so many seconds old at most."""

    def __init__(self, ask: Callable[Asked, Answer], seconds: float, entries: int) -> None:
        @lru_cache(maxsize=entries)
        def kept(_beat: int, *args: Any, **more: Any) -> Answer:
            return ask(*args, **more)

        self._kept, self._seconds, self.__doc__ = kept, seconds, ask.__doc__

    def __call__(self, *args: Asked.args, **more: Asked.kwargs) -> Answer:
        """Return the answer of this moment."""
        return self._kept(int(monotonic() / self._seconds), *args, **more)  # type: ignore[arg-type]

    def clear(self) -> None:
        """Forget all answers."""
        self._kept.cache_clear()


def lately(
    seconds: float, entries: int
) -> Callable[[Callable[Asked, Answer]], Lately[Asked, Answer]]:
    """Keep the answers to a question for some seconds, at most so many at a time."""
    return lambda ask: Lately(ask, seconds, entries)
