"""Counting the items that a transaction changes: minus before, plus after."""

from sqlalchemy import Connection

from labelpulse.core.items import ItemState, ItemView
from labelpulse.core.rules import Rules
from labelpulse.warehouse import generations, rollups, settings
from labelpulse.warehouse.decided import Decisions
from labelpulse.warehouse.facts import ItemFacts
from labelpulse.warehouse.names import Names
from labelpulse.warehouse.rollups import Rollups, Sums


class Counting:
    """Signed deltas of one transaction, under the rules that its projects are counted with.

    Args:
        decisions: told what stands on an item before and after.
    """

    def __init__(
        self, conn: Connection, kinds: Rollups, names: Names, now: int, decisions: Decisions
    ) -> None:
        self._conn = conn
        self._kinds = kinds
        self._names = names
        self._now = now
        self._decisions = decisions
        self._deltas: dict[str, Sums] = {}
        self._touched: dict[tuple[int, int], ItemFacts] = {}
        self._rules: dict[int, Rules] = {}

    def add(self, item: ItemFacts) -> None:
        """Note a new item, which contributed nothing before."""
        self._touched[item.project_id, item.id] = item

    def touch(self, item: ItemFacts) -> None:
        """Take away what an item contributes, before its first change."""
        if (item.project_id, item.id) not in self._touched:
            self._count(item, -1)
            self._decisions.before(item, lambda: self._view(item))
            self.add(item)

    def _count(self, item: ItemFacts, sign: int) -> None:
        rules = self._rules_of(item.project_id)
        self._kinds.contribute(self._state(item), rules, self._deltas, sign)

    def _state(self, item: ItemFacts) -> ItemState:
        options = self._names.options(self._conn, item.project_id)
        return item.state(self._names.people.known, options)

    def _view(self, item: ItemFacts) -> ItemView:
        return ItemView(self._state(item), self._rules_of(item.project_id))

    def _rules_of(self, project_id: int) -> Rules:
        if project_id not in self._rules:
            rules = generations.current(self._conn, project_id)
            if rules is None:
                rules = settings.make_rules(self._conn, project_id)
                generations.adopt(self._conn, self._kinds, project_id, rules, self._now)
            self._rules[project_id] = rules
        return self._rules[project_id]

    def follow_rules(self, projects: set[int]) -> None:
        """Follow new controls and labels; what needs a recount waits for `apply_rules`."""
        for project_id in projects:
            new = settings.make_rules(self._conn, project_id)
            old = generations.current(self._conn, project_id)
            if old is None:
                generations.adopt(self._conn, self._kinds, project_id, new, self._now)
                self._rules[project_id] = new
            elif old.counts_like(new) and old != new:
                generations.follow(self._conn, project_id, new, self._now)
                self._rules[project_id] = new
        projects.clear()

    def apply(self) -> set[int]:
        """Add what the changed items contribute now; return the projects that changed."""
        for item in self._touched.values():
            self._count(item, 1)
            self._decisions.after(item, lambda one=item: self._view(one))  # type: ignore[misc]
        changed = rollups.apply(self._conn, self._kinds, self._deltas)
        return changed | {project_id for project_id, _ in self._touched}
