"""What the warehouse already holds of the records in a batch: their keys and their items."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Table, select

from labelpulse import schema
from labelpulse.warehouse import bulk, facts
from labelpulse.warehouse.facts import ItemFacts

Name = tuple[str, str]
"""(native id, unique): the identity of an annotation inside its source."""


class Known(NamedTuple):
    """Where a known annotation is kept, and how the source's row looked last."""

    annotation_id: int
    project_id: int
    fingerprint: str
    live: bool


class There:
    """Keys and items, loaded in a few queries and kept while a batch is written."""

    def __init__(self, conn: Connection, source_id: int) -> None:
        self._conn = conn
        self._source_id = source_id
        self._keys: dict[Name, Known] = {}
        self._uniques: dict[str, tuple[str, ...]] = {}
        self._items: dict[tuple[int, str], ItemFacts] = {}
        self._by_id: dict[tuple[int, int], ItemFacts] = {}
        self._predictions: dict[Name, Known] = {}
        self._predicted: dict[tuple[int, int], ItemFacts] = {}

    # --- annotations by identity ---

    def load_keys(self, native_ids: Iterable[str]) -> None:
        """Load what is known of native ids, under every unique they ever had."""
        for name, known in self._read_keys(set(native_ids)):
            self.know(name, known)

    def _read_keys(self, wanted: set[str]) -> Iterator[tuple[Name, Known]]:
        if not wanted:
            return
        key = schema.annotation_key.c
        columns = (key.annotation_id, key.project_id, key.fingerprint, key.live)
        rows = self._conn.execute(
            select(key.native_id, key.unique_key, *columns).where(
                key.source_id == self._source_id,
                key.native_id.in_(bulk.among_texts(self._conn, wanted)),
            )
        )
        for native_id, unique, annotation_id, project_id, fingerprint, live in rows:
            yield (native_id, unique), Known(annotation_id, project_id, fingerprint, live)

    def know(self, name: Name, known: Known) -> None:
        """Remember where an annotation is kept."""
        if name not in self._keys:
            self._uniques[name[0]] = (*self._uniques.get(name[0], ()), name[1])
        self._keys[name] = known

    def known(self, name: Name) -> Known | None:
        """Return where an annotation is kept; None for a new one."""
        return self._keys.get(name)

    def uniques(self, native_id: str) -> tuple[str, ...]:
        """Return every unique that a native id is known under."""
        return self._uniques.get(native_id, ())

    def unknown(self, names: Iterable[Name]) -> int:
        """Return how many of those identities are new."""
        return len(set(names) - self._keys.keys())

    # --- predictions by identity ---

    def load_predictions(self, native_ids: Iterable[str]) -> None:
        """Load what is known of predictions, under every unique they ever had."""
        self._predictions |= dict(self._read_keys(set(native_ids)))

    def know_prediction(self, name: Name, known: Known) -> None:
        """Remember where a prediction is kept."""
        self._predictions[name] = known

    def prediction(self, name: Name) -> Known | None:
        """Return where a prediction is kept; None for a new one."""
        return self._predictions.get(name)

    def predicts(self, item: ItemFacts, prediction_id: int) -> None:
        """Remember which item a prediction is about."""
        self._predicted[item.project_id, prediction_id] = item

    def item_predicting(self, known: Known) -> ItemFacts:
        """Return the loaded item that a prediction is about."""
        return self._predicted[known.project_id, known.annotation_id]

    # --- items ---

    def load_items(self, wanted: Mapping[int, set[str]]) -> None:
        """Load items by project and native id, and those that known rows stand on now."""
        for project_id, names in wanted.items():
            self._remember(facts.load_named(self._conn, project_id, names))
        for table, known, there in (
            (schema.annotation, self._keys, self._by_id),
            (schema.prediction, self._predictions, self._predicted),
        ):
            for project_id, item_ids in self._former_items(table, known.values(), there).items():
                self._remember(facts.load(self._conn, project_id, item_ids))

    def _remember(self, items: Mapping[int, ItemFacts]) -> None:
        for item in items.values():
            self.remember(item)

    def _former_items(
        self, table: Table, known: Iterable[Known], there: Container[tuple[int, int]]
    ) -> dict[int, set[int]]:
        """Other items that known rows stand on: they may be moving away."""
        places: dict[int, list[int]] = {}
        for one in known:
            if (one.project_id, one.annotation_id) not in there:
                places.setdefault(one.project_id, []).append(one.annotation_id)
        row = table.c
        return {
            project_id: set(
                self._conn.scalars(
                    select(row.item_id).where(
                        row.project_id == project_id, row.id.in_(bulk.among(self._conn, ids))
                    )
                )
            )
            for project_id, ids in places.items()
        }

    def remember(self, item: ItemFacts) -> None:
        """Keep an item with the annotations and predictions on it."""
        self._items[item.project_id, item.native_id] = item
        for annotation_id in item.annotations:
            self.stands_on(annotation_id, item)
        for prediction_id in item.predictions:
            self.predicts(item, prediction_id)

    def stands_on(self, annotation_id: int, item: ItemFacts) -> None:
        """Remember which item an annotation stands on."""
        self._by_id[item.project_id, annotation_id] = item

    def missing(self, wanted: Mapping[int, set[str]]) -> list[tuple[int, str]]:
        """Return (project id, native id) of the items that are new."""
        places = ((one, name) for one, names in wanted.items() for name in sorted(names))
        return [place for place in places if place not in self._items]

    def items(self) -> Iterable[ItemFacts]:
        """Return all items that are loaded."""
        return self._items.values()

    def item(self, project_id: int, native_id: str) -> ItemFacts:
        """Return a loaded item by its native id."""
        return self._items[project_id, native_id]

    def item_of(self, known: Known) -> ItemFacts:
        """Return the loaded item that an annotation stands on."""
        return self._by_id[known.project_id, known.annotation_id]
