"""What every rollup must hold, worked out a second time from the tool and what it told.

Nothing here comes from the warehouse, its rollups or its definition of what counts: plain loops
over plain values, slow and short, after the words of the design. Names stand in the place of ids:
"" for nobody (no batch, the unknown author), 0 for no day.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from math import log
from typing import Any
from zoneinfo import ZoneInfo

from labelpulse.core.events import Origin, Status
from tests.support.tool import Tool, Version
from tests.warehouse import in_common, oracle_reviews

Sums = dict[tuple[Any, ...], list[int]]
SECOND = 1_000_000
LAST = 2**62
"""In place of an unknown instant: after all that is known."""
LABELED = {"nominal", "set", "ordinal", "interval", "ratio"}
EXACT = LABELED | {"number", "ranking"}


@dataclass(frozen=True)
class Said:
    """A project's settings, as a test chose them.

    Attributes:
        gold: "none", "flag", or the authors (ids or addresses) whose answers are known to be right.
        scales: control -> scale.
    """

    timezone: str
    gold: str | tuple[str, ...]
    scales: dict[str, str]


@dataclass
class Work:
    """One annotation, as far as it was seen."""

    identity: tuple[str, str]
    item: str
    author: str
    status: Status
    origin: Origin
    live: bool
    at: int | None
    time_ms: int | None
    gold: bool
    edited: bool
    first: dict[str, Any]
    last: dict[str, Any]
    reviews: list[oracle_reviews.Review]
    parent: str | None


def truth(tool: Tool, project: str, said: Said, now: int) -> dict[str, Sums]:
    """Return rollup name -> key of names -> sums, for a reader that has just seen everything.

    Args:
        now: the tool's clock at the reader's last opening.
    """
    works = [work(tool, identity, told, now) for identity, told in tool.seen.items()]
    here = [one for one in works if tool.seen[one.identity][-1].project == project]
    return Truth(tool, project, said, here).everything()


def work(tool: Tool, identity: tuple[str, str], told: list[Version], now: int) -> Work:
    """Return an annotation from every version of it that was told."""
    rows = [version.row for version in told]
    last = rows[-1]
    table = tool.drafts if last.status == Status.DRAFT else tool.rows
    there = table.get(identity[0])
    authors = [row.author for row in rows if row.author is not None]
    mine = [is_own(rows, at) for at in range(len(rows))]
    own = [row.answers for at, row in enumerate(rows) if mine[at]] or [last.answers]
    stamps = [row.created_at for row in rows if row.status != Status.DRAFT]
    at = min(stamps, default=None)
    pairs = pairwise(rows)
    started = [row.parent for row in rows if row.parent is not None]
    return Work(
        identity=identity,
        item=last.item,
        author=authors[-1] if authors else "",
        status=last.status,
        origin=last.origin,
        live=there is not None and there.unique == identity[1],
        at=None if at is None or at > now else at,
        time_ms=last.time_ms,
        gold=last.gold,
        edited=any(as_said(a.answers) != as_said(b.answers) for a, b in pairs),
        first=own[0],
        last=own[-1],
        reviews=oracle_reviews.reviews(rows, mine, [as_said(row.answers) for row in rows]),
        parent=started[-1] if started else None,
    )


def is_own(rows: list[Any], at: int) -> bool:
    """True when the author wrote that version (as far as the author was known by then)."""
    known = [row.author for row in rows[: at + 1] if row.author is not None]
    return rows[at].editor is None or rows[at].editor in known[-1:]


def as_said(answers: dict[str, Any]) -> dict[str, str]:
    """Return answers by control as texts of labels."""
    return {control: label_of(value) for control, value in answers.items()}


def label_of(value: Any) -> str:
    """Return the text that a value has as a label; a set of one is its option."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        options = sorted(set(value))
        return options[0] if len(options) == 1 else json.dumps(options, separators=(",", ":"))
    return str(value)


class Truth:
    """One project, counted by hand."""

    def __init__(self, tool: Tool, project: str, said: Said, works: list[Work]) -> None:
        self.tool = tool
        self.project = project
        self.said = said
        self.zone = ZoneInfo(said.timezone)
        self.works = works
        self.by_item: dict[str, list[Work]] = defaultdict(list)
        for one in works:
            self.by_item[one.item].append(one)
        for name, item in tool.items.items():
            if item.project == project:
                self.by_item.setdefault(name, [])
        self.sums: dict[str, Sums] = defaultdict(lambda: defaultdict(list))

    def everything(self) -> dict[str, Sums]:
        from tests.warehouse import oracle_assisted as assisted
        from tests.warehouse import oracle_stages

        for item in self.by_item:
            self.throughput(item)
            assisted.times(self, item)
            oracle_stages.count(self, item)
            self.shown(item)
            submitted = self.persons(item, Status.SUBMITTED)
            oracle_reviews.count(self.add, submitted, self.day, self.batch(item))
            self.known_answers(item)
            for control, people in self.answers(item).items():
                self.matrix(item, control, people)
                self.agreement(item, control, people)
                in_common.pairs(self, item, control, people)
                self.repeats(item, control, people)
                self.accuracy(item, control, people)
                in_common.known(self, item, control, people)
                self.labels(control, people)
                assisted.count(self, item, control, people)
        held = [one for one in self.works if one.live and one.status != Status.DRAFT]
        if held:
            skipped = sum(one.status == Status.SKIPPED for one in held)
            self.add("live_rows", (), len(held), sum(one.gold for one in held), skipped)
        return {name: dict(sums) for name, sums in self.sums.items()}

    def add(self, rollup: str, key: tuple[Any, ...], *values: int) -> None:
        there = self.sums[rollup][key] or [0] * len(values)
        self.sums[rollup][key] = [a + b for a, b in zip(there, values, strict=True)]

    # --- days and names ---

    def local(self, at: int) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(self.zone)

    def day(self, at: int | None) -> int:
        return 0 if at is None else self.local(at).date().toordinal()

    def second(self, at: int | None) -> int:
        if at is None:
            return 0
        clock = self.local(at)
        return clock.hour * 3600 + clock.minute * 60 + clock.second

    def hour(self, at: int | None) -> int:
        return -1 if at is None else self.local(at).hour

    def batch(self, item: str) -> str:
        there = self.tool.items.get(item)
        if there is not None and there.project == self.project:
            return there.batch or ""
        told = [one.batch for one in self.tool.seen_items.get((self.project, item), ())]
        named = [one for one in told if one]
        return named[-1] if named else ""

    # --- what was done ---

    def persons(self, item: str, status: Status) -> Iterator[Work]:
        for one in self.by_item[item]:
            if one.origin == Origin.PERSON and one.status == status:
                yield one

    def throughput(self, item: str) -> None:
        batch = self.batch(item)
        for status, event in ((Status.SUBMITTED, "submitted"), (Status.SKIPPED, "skipped")):
            for one in self.persons(item, status):
                when = (self.day(one.at), self.hour(one.at), batch, one.author)
                self.add("activity", (*when, event), 1)
                if event == "submitted" and one.edited:
                    self.add("activity", (*when, "edited"), 1)
                if event == "submitted" and one.time_ms is not None and one.time_ms > 0:
                    key = (self.day(one.at), batch, one.author)
                    self.add("time_hist", key, 1, one.time_ms)
                    self.add("time_days", (self.day(one.at),), 1, one.time_ms)

    def content(self, item: str) -> str:
        """Return the last that was told of what an item shows."""
        there = self.tool.items.get(item)
        if there is not None and there.project == self.project:
            return there.content
        told = [one.content for one in self.tool.seen_items.get((self.project, item), ())]
        return next((one for one in reversed(told) if one), "")

    def shown(self, item: str) -> None:
        there = self.tool.items.get(item)
        if there is not None and there.project == self.project and there.content:
            self.add("item_content", (there.content,), 1)

    # --- what counts as an answer ---

    def is_gold(self, one: Work) -> bool:
        if self.said.gold == "flag":
            return one.gold
        return self.said.gold != "none" and bool(
            {one.author, f"{one.author}@example.org"} & set(self.said.gold)
        )

    def answers(self, item: str) -> dict[str, dict[str, list[Work]]]:
        """Return control -> author -> their countable submissions, earliest first."""
        found: dict[str, dict[str, list[Work]]] = defaultdict(lambda: defaultdict(list))
        for one in self.persons(item, Status.SUBMITTED):
            if one.live and not self.is_gold(one):
                for control in one.last:
                    found[control][one.author].append(one)
        for people in found.values():
            for own in people.values():
                own.sort(key=lambda one: (one.at is None, one.at or 0))
        return found

    def agreement(self, item: str, control: str, people: dict[str, list[Work]]) -> None:
        given = {who: label_of(own[-1].last[control]) for who, own in people.items() if who}
        if not given:
            return
        m = len(given)
        times = sorted(own[0].at for who, own in people.items() if who and own[0].at is not None)
        place = 0 if m == 1 else 1
        day = self.day(times[place]) if len(times) > place else 0
        if self.said.scales[control] not in EXACT:
            self.add("agree_items", (day, control, self.batch(item), m), 1, 0, 0, 0, 0)
            return
        counts = Counter(given.values())
        agree = sum(a == b for a, b in combinations(given.values(), 2)) * 2
        entropy = round(-sum(n / m * log(n / m) for n in counts.values()) * 1_000_000_000)
        sums = (1, agree, agree**2, int(len(counts) == 1), entropy)
        self.add("agree_items", (day, control, self.batch(item), m), *sums)
        for label, n in counts.items():
            self.add("agree_labels", (day, control, m, label), n, n * (n - 1))
        for a, b in combinations(sorted(counts), 2):
            self.add("agree_pairs", (day, control, m, a, b), counts[a] * counts[b])
        monday = day - datetime.fromordinal(day).weekday() if day else 0
        for a, b in combinations(sorted(given), 2):
            alike = int(given[a] == given[b])
            self.add("annotator_pairs", (monday, control, a, b), 1, alike)
            self.add("annotator_pair_days", (day, control, a, b), 1, alike)
            first = day - datetime.fromordinal(day).day + 1 if day else 0
            two = sorted([(a, given[a]), (b, given[b])])
            key = (first, control, *(who for who, _ in two), *(label for _, label in two))
            self.add("annotator_pair_labels", key, 1)
        for who, own in given.items():
            others = Counter(label for name, label in given.items() if name != who)
            leading = [one for one, n in others.items() if n == max(others.values())]
            if others:
                alike = int(leading == [own])
                key = (day, control, self.batch(item), who)
                self.add("peer_loo", key, 1, alike, int(len(leading) > 1))

    def repeats(self, item: str, control: str, people: dict[str, list[Work]]) -> None:
        if self.said.scales[control] not in EXACT:
            return
        for who, own in people.items():
            for one, later in combinations(own if who else (), 2):
                alike = int(label_of(one.last[control]) == label_of(later.last[control]))
                key = (self.day(later.at), control, self.batch(item), who)
                self.add("self_repeats", key, 1, alike)

    # --- single answers, whose "sums" are what they say ---

    def matrix(self, item: str, control: str, people: dict[str, list[Work]]) -> None:
        exact = self.said.scales[control] in EXACT
        for who, own in people.items():
            first = own[0].first.get(control, own[0].last[control])
            last = own[-1].last[control]
            labels = [label_of(one) if exact else "*" for one in (last, first)]
            shown = sum(bit for bit, one in ((1, own[-1]), (2, own[0])) if one.parent is not None)
            told = (
                *(own[0].at or 0, self.batch(item), shown),
                sum(one.time_ms or 0 for one in own),
            )
            said = [1, *labels, *told, *oracle_reviews.ends(own), self.content(item)]
            self.sums["answer_matrix"][control, item, who] = said  # type: ignore[assignment]

    def known_answers(self, item: str) -> None:
        for control, scale in self.said.scales.items():
            chosen = self.chosen(item, control)
            if len(set(chosen)) == 1 and scale in EXACT:
                said = [1, chosen[0], chosen[0], 0, self.batch(item), 0, 0, 0, 0]
                said.append(self.content(item))
                self.sums["answer_matrix"][control, item, "(gold)"] = said  # type: ignore[assignment]

    def chosen(self, item: str, control: str) -> list[str]:
        """Return the answers to a question of an item that are known to be right."""
        return [label_of(one.last[control]) for one in self.gold_works(item, control)]

    def gold_works(self, item: str, control: str) -> list[Work]:
        return [
            one
            for one in self.persons(item, Status.SUBMITTED)
            if one.live and self.is_gold(one) and control in one.last
        ]

    def accuracy(self, item: str, control: str, people: dict[str, list[Work]]) -> None:
        chosen = self.chosen(item, control)
        if len(set(chosen)) != 1 or self.said.scales[control] not in EXACT:
            return
        for who, own in people.items():
            first = own[0].first.get(control, own[0].last[control])
            key = (self.day(own[0].at), control, who, chosen[0], label_of(first))
            self.add("gold_confusion", key, 1)

    def labels(self, control: str, people: dict[str, list[Work]]) -> None:
        if self.said.scales[control] not in LABELED:
            return
        for who, own in people.items():
            day, value = self.day(own[0].at), own[-1].last[control]
            if self.said.scales[control] != "set":
                self.add("label_counts", (day, control, who, label_of(value)), 1)
                continue
            self.add("label_counts", (day, control, who, "*"), 1)
            for option in sorted(set(value if isinstance(value, list) else [value])):
                self.add("label_counts", (day, control, who, str(option)), 1)
