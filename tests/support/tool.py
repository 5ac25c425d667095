"""An annotation tool in memory, with every habit that loses rows, and a memory of what it told.

Rows become visible when their transaction commits, however long after their stamp. `seen` keeps
each version of a row that a reader fetched and kept, so that "first and last version seen" has a
truth that no warehouse was asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from labelpulse.core.events import Origin, Status, Verdict

SECOND = 1_000_000
START = 1_772_355_600 * SECOND  # 2026-03-01 09:00 UTC
OVERLAP = 900 * SECOND

Identity = tuple[str, str]
"""(native id, unique)."""


@dataclass(slots=True)
class Control:
    """A question of a project."""

    name: str
    scale: str
    labels: tuple[str, ...] | None = None


@dataclass(slots=True)
class Project:
    """A project; `shown` = the tool lists it."""

    name: str
    title: str
    controls: tuple[Control, ...]
    shown: bool = True


@dataclass(slots=True)
class Item:
    """A thing to label; `content` = what it shows, "" = the tool does not say."""

    id: str
    project: str
    required: int | None
    batch: str | None
    created_at: int
    updated_at: int
    content: str = ""


@dataclass(slots=True)
class Row:
    """An annotation (or a draft) as the tool holds it.

    Attributes:
        editor: who wrote the present content, when that is not the author.
        verdict, reviewer, reviewed_at: the last review; None = nobody knows who, or there is none.
        unseen: the last change cannot be seen by a poll, because it left the stamp alone or was
            committed longer after its stamp than pollers look back.
        parent: id of the prediction that it started from.
    """

    id: str
    unique: str
    item: str
    author: str | None
    answers: dict[str, Any]
    created_at: int
    updated_at: int
    status: Status = Status.SUBMITTED
    origin: Origin = Origin.PERSON
    editor: str | None = None
    time_ms: int | None = None
    gold: bool = False
    bad: bool = False
    unseen: bool = False
    verdict: Verdict | None = None
    reviewer: str | None = None
    reviewed_at: int | None = None
    parent: str | None = None


@dataclass(slots=True)
class Guess:
    """A prediction as the tool holds it; `score` in millionths."""

    id: str
    item: str
    model: str
    score: int | None
    answers: dict[str, Any]
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Version:
    """A row as it was told: what a reader could know at that moment."""

    row: Row
    project: str
    told_at: int


@dataclass(slots=True)
class Transaction:
    """Changes that nobody else sees yet, and the rows and items that they hold."""

    changes: list[Callable[[], None]] = field(default_factory=list)
    stamps: list[tuple[Row, int]] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)


class Tool:
    """The tool's tables and the people who work in it. Time moves by `tick` alone.

    Attributes:
        rows, drafts, items, projects: what is committed, by id.
        seen, seen_items: what readers fetched and kept, oldest first.
    """

    def __init__(self) -> None:
        self.now = START
        self.projects: dict[str, Project] = {}
        self.items: dict[str, Item] = {}
        self.rows: dict[str, Row] = {}
        self.drafts: dict[str, Row] = {}
        self.guesses: dict[str, Guess] = {}
        self.seen_guesses: dict[str, Guess] = {}
        self._pending_guesses: list[Guess] = []
        self.people: dict[str, str] = {}
        self.seen: dict[Identity, list[Version]] = {}
        self.seen_items: dict[tuple[str, str], list[Item]] = {}
        self._pending: list[tuple[Identity, Version]] = []
        self._pending_items: list[Item] = []
        self._number = self._items = self._uniques = 0
        self._free: list[int] = []
        self.open: dict[int, Transaction] = {}

    # --- time and transactions ---

    def tick(self, seconds: float = 1.0) -> int:
        """Let time pass; return the clock in microseconds."""
        self.now += max(1, int(seconds * SECOND))
        return self.now

    def begin(self) -> int:
        """Open a transaction; return its number."""
        number = max(self.open, default=0) + 1
        self.open[number] = Transaction()
        return number

    def commit(self, number: int) -> None:
        """Make a transaction's changes visible, stamped as they were when they were made."""
        transaction = self.open.pop(number)
        for change in transaction.changes:
            change()
        for row, stamp in transaction.stamps:
            row.unseen = row.unseen or self.now - stamp > OVERLAP

    def free(self, row_id: str) -> bool:
        """True when no open transaction holds the row."""
        return not any(row_id in one.locked for one in self.open.values())

    def free_item(self, item_id: str) -> bool:
        """True when no open transaction changes something on the item."""
        return not any(item_id in one.items for one in self.open.values())

    def _do(
        self, tx: int | None, row: Row, change: Callable[[], None], stamp: int | None = None
    ) -> None:
        if tx is None:
            change()
            return
        transaction = self.open[tx]
        transaction.changes.append(change)
        transaction.locked.add(row.id)
        transaction.items.add(row.item)
        if stamp is not None:
            transaction.stamps.append((row, stamp))

    # --- projects, people, items ---

    def add_project(self, name: str, *controls: Control) -> Project:
        """Create a project."""
        self.projects[name] = Project(name, f"Project {name}", controls)
        return self.projects[name]

    def hide(self, project: str) -> None:
        """Let a project vanish from the tool."""
        self.projects[project].shown = False

    def show(self, project: str) -> None:
        """Bring a project back; nothing moved a stamp."""
        self.projects[project].shown = True
        for row in self.rows.values():
            if self.items[row.item].project == project:
                row.unseen = True

    def add_item(self, project: str, required: int | None = 2, batch: str | None = None) -> Item:
        """Create an item."""
        self._items += 1
        item = Item(f"i{self._items}", project, required, batch, self.tick(), self.now)
        self.items[item.id] = item
        return item

    def set_required(self, item: Item, required: int | None, silent: bool = False) -> None:
        """Change how many labels an item needs."""
        item.required = required
        item.updated_at = item.updated_at if silent else self.tick()

    def set_content(self, item: Item, content: str) -> None:
        """Let an item show something else, perhaps what another shows."""
        item.content, item.updated_at = content, self.tick()

    def set_batch(self, item: Item, batch: str) -> None:
        """Put an item into another batch."""
        item.batch, item.updated_at = batch, self.tick()

    def remove_item(self, item_id: str) -> None:
        """Delete an item with everything on it, without a trace."""
        del self.items[item_id]
        for table in (self.rows, self.drafts, self.guesses):
            for row_id in [key for key, row in table.items() if row.item == item_id]:
                del table[row_id]

    def remove_person(self, author: str) -> None:
        """Delete an account; its rows stay, without an author, and no stamp moves."""
        self.people.pop(author, None)
        for row in self.rows.values():
            if row.author == author:
                row.author, row.unseen = None, True

    # --- predictions ---

    def predict(
        self, item_id: str, answers: dict[str, Any], model: str = "v1", score: int | None = 500_000
    ) -> Guess:
        """Let a model say something of an item."""
        at, name = self.tick(), f"guess-{self._next_unique()}"
        self.guesses[name] = Guess(name, item_id, model, score, answers, at, at)
        return self.guesses[name]

    def correct(self, guess: Guess, **new: Any) -> None:
        """Change fields of a prediction."""
        for name, value in new.items():
            setattr(guess, name, value)
        guess.updated_at = self.tick()

    def withdraw(self, guess: Guess) -> None:
        """Delete a prediction; annotations that started from it forget that, and no stamp moves."""
        del self.guesses[guess.id]
        for row in self.rows.values():
            if row.parent == guess.id:
                row.parent, row.unseen = None, True

    # --- annotations ---

    def submit(
        self,
        item_id: str,
        author: str | None,
        answers: dict[str, Any],
        *,
        tx: int | None = None,
        stamp: int | None = None,
        **more: Any,
    ) -> Row:
        """Submit an annotation (status=Status.SKIPPED: skip).

        Args:
            stamp: created_at and updated_at; None = now.
            more: further fields of `Row`.
        """
        at = self.tick() if stamp is None else stamp
        if author is not None:
            self.people.setdefault(author, f"{author}@example.org")
        number = self._free.pop() if self._free else self._next()
        row = Row(str(number), f"u{self._next_unique()}", item_id, author, answers, at, at, **more)
        row.unseen = self.now - at > OVERLAP
        self._do(tx, row, lambda: self.rows.__setitem__(row.id, row), at)
        return row

    def _next(self) -> int:
        taken = [int(key) for key in self.rows]
        self._number = max([self._number, *taken]) + 1
        return self._number

    def _next_unique(self) -> int:
        self._uniques += 1
        return self._uniques

    def reuse(self, row_id: str) -> None:
        """Delete a row and give its id to the next annotation, as SQLite may."""
        del self.rows[row_id]
        self._free.append(int(row_id))

    def edit(self, row: Row, *, tx: int | None = None, silent: bool = False, **new: Any) -> None:
        """Change fields of a row; a silent change leaves its stamp alone."""
        stamp = self.tick()

        def change() -> None:
            for name, value in new.items():
                setattr(row, name, value)
            row.unseen = silent
            row.updated_at = row.updated_at if silent else stamp

        self._do(tx, row, change, stamp)
        if tx is not None and "item" in new:
            self.open[tx].items.add(new["item"])

    def review(self, row: Row, verdict: Verdict, reviewer: str | None, **new: Any) -> None:
        """Let somebody judge a row; the tool keeps the last verdict only."""
        at = self.tick()
        self.edit(row, verdict=verdict, reviewer=reviewer, reviewed_at=at, **new)

    def delete(self, row: Row, *, tx: int | None = None) -> None:
        """Delete a row without a trace."""

        def change() -> None:
            del self.rows[row.id]

        self._do(tx, row, change)

    def draft(self, item_id: str, author: str, answers: dict[str, Any]) -> Row:
        """Save a draft."""
        self.people.setdefault(author, f"{author}@example.org")
        at = self.tick()
        name = f"draft-{self._next_unique()}"
        row = Row(name, "", item_id, author, answers, at, at, status=Status.DRAFT)
        self.drafts[row.id] = row
        return row

    def submit_draft(self, draft_id: str) -> Row:
        """Turn a draft into a submission."""
        draft = self.drafts.pop(draft_id)
        return self.submit(draft.item, draft.author, draft.answers)

    # --- what is there, and what was told ---

    def project_of(self, row: Row) -> str:
        """Return the project of a row's item."""
        return self.items[row.item].project

    def visible(self, table: dict[str, Row]) -> Iterator[Row]:
        """Yield the rows of projects that the tool lists."""
        for row in table.values():
            if self.projects[self.project_of(row)].shown:
                yield row

    def tell(self, row: Row) -> None:
        """Note that a reader was given a row."""
        copy = replace(row, answers=dict(row.answers))
        version = Version(copy, self.project_of(row), self.now)
        self._pending.append(((row.id, row.unique), version))

    def tell_item(self, item: Item) -> None:
        """Note that a reader was given an item."""
        self._pending_items.append(replace(item))

    def tell_guess(self, guess: Guess) -> None:
        """Note that a reader was given a prediction."""
        self._pending_guesses.append(replace(guess, answers=dict(guess.answers)))

    def kept(self) -> None:
        """The reader has kept what it was told since the last word."""
        for identity, version in self._pending:
            self.seen.setdefault(identity, []).append(version)
        for item in self._pending_items:
            self.seen_items.setdefault((item.project, item.id), []).append(item)
        self.seen_guesses |= {one.id: one for one in self._pending_guesses}
        self.lost()

    def lost(self) -> None:
        """The reader has not kept what it was told since the last word."""
        self._pending.clear()
        self._pending_items.clear()
        self._pending_guesses.clear()
