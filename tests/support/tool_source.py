"""The collector of the tool in memory: a `LiveSource` as the contract asks for it.

Every page names its serial number in its position, so that a test can tell which page's cursor a
warehouse holds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from labelpulse.core.errors import RetryLater
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Scale,
    ScannedRecord,
    Status,
)
from labelpulse.source import (
    ANNOTATIONS,
    DRAFTS,
    ITEMS,
    PREDICTIONS,
    Counts,
    Inspection,
    Opening,
    Page,
    Position,
)
from tests.support.tool import OVERLAP, Guess, Identity, Item, Row, Tool


def print_of(row: Row, project: str) -> str:
    """Return a row's fingerprint: another one whenever anything in the row is another."""
    said = (
        *(row.item, project, row.author, row.editor, row.status, row.origin, row.gold, row.bad),
        *(row.parent, row.verdict, row.reviewer, row.reviewed_at),
    )
    return f"{said} {row.time_ms} {sorted(row.answers.items())} {row.updated_at}"


def print_of_item(item: Item) -> str:
    """Return an item's fingerprint."""
    return f"{item.required} {item.batch} {item.updated_at}"


def print_of_guess(guess: Guess) -> str:
    """Return a prediction's fingerprint."""
    return f"{guess.item} {guess.model} {guess.score} {sorted(guess.answers.items())}"


class ToolSource:
    """Reads the tool in pages.

    Attributes:
        overlap: how far `changes` looks back behind its cursor.
        polled_at: the tool's clock at the last opening.
        given: of each page whose position becomes a cursor: serial number -> what was fetched for
            it, identity -> fingerprint, as long as nothing newer of that row was fetched.
        between: called before each page; a test's way to act while a poll is under way.
    """

    streams: tuple[str, ...] = (ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS)

    def __init__(self, tool: Tool, page: int = 3, overlap: int = OVERLAP) -> None:
        self.tool = tool
        self.page = page
        self.overlap = overlap
        self.polled_at = 0
        self.serial = 0
        self.given: dict[int, dict[Identity, str]] = {}
        self._cursor_moves = False
        self._loaded = False
        self.between: Callable[[str], None] = lambda stream: None
        self.refuse: str = ""

    # --- LiveSource ---

    def open(self) -> Opening:
        """Say what is there first."""
        if self.refuse:
            raise RetryLater(self.refuse)
        self.polled_at = self.tool.now
        shown = [one for one in self.tool.projects.values() if one.shown]
        projects = tuple(
            ProjectRecord(
                one.name,
                one.title,
                tuple(ControlRecord(c.name, Scale(c.scale), c.labels) for c in one.controls),
            )
            for one in shown
        )
        people = tuple(
            PersonRecord(name, name.title(), mail) for name, mail in self.tool.people.items()
        )
        return Opening(self.polled_at, projects, people)

    def counts(self) -> Mapping[str, Counts]:
        """Count rows by project."""
        found = {one.name: [0, 0, 0] for one in self.tool.projects.values() if one.shown}
        for row in self.tool.visible(self.tool.rows):
            sums = found[self.tool.project_of(row)]
            sums[0] += 1
            sums[1] += row.gold
            sums[2] += row.status == Status.SKIPPED
        return {name: Counts(*sums) for name, sums in found.items()}

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Scan everything, newest first."""
        began = self.tool.now if resume is None else resume["began"]
        self._cursor_moves = stream == ANNOTATIONS and not self._loaded
        met = sorted(self._scan(stream), key=_age, reverse=True)
        if resume is not None:
            met = [one for one in met if _age(one) < resume["before"]]
        for at in range(0, max(len(met), 1), self.page):
            part = met[at : at + self.page]
            last = at + self.page >= len(met)
            before = _age(part[-1]) if part else 0
            position = {"at": began} if last else {"before": before, "began": began}
            yield self._page(stream, part, position, last)
            self._loaded = self._loaded or (last and stream == ANNOTATIONS)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Scan what may have changed."""
        self._cursor_moves = stream == ANNOTATIONS
        met = sorted(self._changed(stream, position["at"] - self.overlap), key=_stamp)
        reached = position["at"]
        for at in range(0, max(len(met), 1), self.page):
            part = met[at : at + self.page]
            last = at + self.page >= len(met)
            reached = self.reach(reached, part)
            yield self._page(stream, part, {"at": reached}, last)

    def reach(self, reached: int, part: Sequence[Row | Item | Guess]) -> int:
        """Return where the cursor stands after a page: never beyond the tool's own clock."""
        return max(reached, min(max(map(_stamp, part), default=0), self.polled_at))

    def _changed(self, stream: str, since: int) -> list[Row | Item | Guess]:
        return [one for one in self._scan(stream) if one.updated_at >= since]

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the full records of some ids."""
        if stream == ITEMS:
            items = [self.tool.items[one] for one in native_ids if one in self.tool.items]
            return Batch(items=tuple(self._item(one) for one in items))
        if stream == PREDICTIONS:
            there = self.tool.guesses
            return Batch(predictions=tuple(self._guess(there[o]) for o in native_ids if o in there))
        table = self.tool.rows if stream == ANNOTATIONS else self.tool.drafts
        rows = [table[one] for one in native_ids if one in table]
        good = tuple(self._record(row) for row in rows if not row.bad)
        bad = tuple(
            BadRecord(stream, row.id, "bad_value", "the value cannot be read")
            for row in rows
            if row.bad
        )
        self._note_given({(one.native_id, one.unique): one.fingerprint for one in good})
        return Batch(annotations=good, bad=bad)

    def close(self) -> None:
        """Nothing to let go of."""

    def inspect(self) -> Inspection:
        """Nothing that a test here asks for."""
        raise NotImplementedError

    # --- within ---

    def _note_given(self, fetched: dict[Identity, str]) -> None:
        for page in self.given.values():
            for identity in fetched:
                page.pop(identity, None)
        if self._cursor_moves and fetched:
            self.given[self.serial] = fetched

    def _scan(self, stream: str) -> list[Any]:
        if stream == ITEMS:
            shown = self.tool.projects
            return [one for one in self.tool.items.values() if shown[one.project].shown]
        if stream == PREDICTIONS:
            guesses, shown = self.tool.guesses, self.tool.projects
            return [o for o in guesses.values() if shown[self.tool.items[o.item].project].shown]
        return list(
            self.tool.visible(self.tool.rows if stream == ANNOTATIONS else self.tool.drafts)
        )

    def _page(self, stream: str, part: Sequence[Any], position: dict[str, Any], last: bool) -> Page:
        self.between(stream)
        self.serial += 1
        there = self._scan(stream)
        seen = tuple(self._seen(one) for one in part if one in there)
        return Page(seen, {**position, "page": self.serial}, last)

    def _seen(self, one: Row | Item | Guess) -> ScannedRecord:
        if isinstance(one, Guess):
            project = self.tool.items[one.item].project
            return ScannedRecord(one.id, str(one.created_at), project, print_of_guess(one))
        if isinstance(one, Item):
            return ScannedRecord(one.id, "", one.project, print_of_item(one))
        project = self.tool.project_of(one)
        return ScannedRecord(one.id, one.unique, project, print_of(one, project))

    def _item(self, item: Item) -> ItemRecord:
        self.tool.tell_item(item)
        return ItemRecord(
            item.project,
            item.id,
            item.required,
            item.batch,
            item.created_at,
            fingerprint=print_of_item(item),
            content=item.content,
        )

    def _guess(self, guess: Guess) -> PredictionRecord:
        self.tool.tell_guess(guess)
        return PredictionRecord(
            project=self.tool.items[guess.item].project,
            item=guess.item,
            native_id=guess.id,
            unique=str(guess.created_at),
            model_version=guess.model,
            score=guess.score,
            created_at=guess.created_at,
            answers=tuple(guess.answers.items()),
            fingerprint=print_of_guess(guess),
        )

    def _record(self, row: Row) -> AnnotationRecord:
        self.tool.tell(row)
        project = self.tool.project_of(row)
        draft = row.status == Status.DRAFT
        return AnnotationRecord(
            project=project,
            item=row.item,
            native_id=row.id,
            unique=row.unique,
            annotator=row.author,
            origin=row.origin,
            status=row.status,
            submitted_at=None if draft else row.created_at,
            updated_at=row.updated_at,
            started_at=row.created_at if draft else None,
            time_spent_ms=row.time_ms,
            answers=tuple(row.answers.items()),
            gold_flag=row.gold,
            assisted=row.parent is not None,
            parent_prediction=row.parent,
            editor=row.editor,
            verdict=row.verdict,
            reviewer=row.reviewer,
            reviewed_at=row.reviewed_at,
            fingerprint=print_of(row, project),
        )


def _age(one: Row | Item | Guess) -> int:
    digits = "".join(char for char in one.id if char.isdigit())
    return int(digits)


def _stamp(one: Row | Item | Guess) -> int:
    return one.updated_at
