"""What was read from a warehouse and is kept in memory while its data stand still."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from labelpulse.reader.catalog import ProjectInfo

T = TypeVar("T")


class Kept(Generic[T]):
    """Things by place, each of one data version; those asked for last stay. For several threads.

    Args:
        most: rows that are kept in all; the last thing stays, however large.
        size: the rows of a thing.
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self._most = most
        self._size = size
        self._lock = Lock()
        self._kept: WeakKeyDictionary[Engine, OrderedDict[Any, T]] = WeakKeyDictionary()

    def get(
        self, conn: Connection, project: ProjectInfo, place: object, read: Callable[[], T]
    ) -> T:
        """Return what there is at a place of a project; as kept, where nothing changed."""
        at, version = (project.id, place), (project.data_version, project.counted.digest())
        with self._lock:
            kept = self._kept.setdefault(conn.engine, OrderedDict())
            found = kept.get((at, version))
            if found is not None:
                kept.move_to_end((at, version))
                return found
        found = read()  # outside of the lock: others need not wait for it
        with self._lock:
            for key in [key for key in kept if key[0] == at]:
                del kept[key]
            kept[at, version] = found
            while len(kept) > 1 and sum(map(self._size, kept.values())) > self._most:
                kept.popitem(last=False)
        return found
