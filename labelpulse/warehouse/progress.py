"""How far a long count has come, told in tenths."""

from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[str], None]
"""Takes a sentence for people."""

LONG = 20_000
"""Fewer items than this are counted in a moment, so that their progress is not worth telling."""


@dataclass(slots=True)
class Progress:
    """Tells about a project that is being counted anew.

    Attributes:
        items: how many it has. done: how many are counted.
    """

    tell: Tell
    title: str
    items: int
    done: int = 0

    def begin(self, why: str) -> None:
        """Tell that it begins, where there is anything to count."""
        if self.items:
            self.tell(f"counting project {self.title!r} anew{why and f': {why}'}")

    def more(self, items: int) -> None:
        """Note that more items are counted."""
        before, self.done = self.done, self.done + items
        tenth = 10 * self.done // max(self.items, 1)
        if self.items >= LONG and tenth > 10 * before // self.items:
            self.tell(f"counting project {self.title!r} anew: {tenth * 10} %")


def silent(_: str) -> None:
    """Tell nobody."""
