"""What sums about predictions must hold, after the words of the design: see `oracle`."""

from math import log
from typing import Any

from labelpulse.core.events import Status
from tests.support.tool import Guess
from tests.warehouse.oracle import EXACT, Truth, Work, label_of


def count(truth: Truth, item: str, control: str, people: dict[str, list[Work]]) -> None:
    """Count one question of an item that models have answered, too."""
    Assisted(truth, item, control, people).count()


def times(truth: Truth, item: str) -> None:
    """Count the times of an item's submissions by what they started from."""
    for one in truth.persons(item, Status.SUBMITTED):
        if one.time_ms is not None and one.time_ms > 0:
            within = int(one.time_ms <= 30 * 60 * 1000)
            place = (truth.day(one.at), truth.batch(item), one.author)
            key = (*place, started_from(truth, one), band_of(guess_of(truth, one)))
            logs = [round(10**9 * log(min(one.time_ms, 1_800_000)) ** power) for power in (1, 2)]
            truth.add("time_totals", key, 1, one.time_ms, within, one.time_ms * within, *logs)


def guess_of(truth: Truth, one: Work) -> Guess | None:
    """Return the prediction that work started from, where it stands on the same item."""
    found = truth.tool.seen_guesses.get(one.parent or "")
    return found if found is not None and found.item == one.item else None


def started_from(truth: Truth, one: Work) -> str:
    """Return the model version that work started from."""
    if one.parent is None:
        return "alone"
    guess = guess_of(truth, one)
    return (guess.model if guess else "") or "unknown"


def band_of(guess: Guess | None) -> int:
    """Return the tenth in which a prediction's score lies, -1 = none."""
    if guess is None or guess.score is None or not 0 <= guess.score <= 1_000_000:
        return -1
    return next(tenth for tenth in (9, 8, 7, 6, 5, 4, 3, 2, 1, 0) if tenth * 100_000 <= guess.score)


class Assisted:
    """One question of an item that models have answered, too."""

    def __init__(
        self, truth: Truth, item: str, control: str, people: dict[str, list[Work]]
    ) -> None:
        self.truth = truth
        self.item = item
        self.control = control
        self.people = people
        self.exact = truth.said.scales[control] in EXACT

    def count(self) -> None:
        for who, own in self.people.items():
            self.started(who, own)
            if self.exact and who and own[-1].parent is None:
                self.alone(who, own)

    def add(self, who: str, own: list[Work], guess: Guess, **sums: int) -> None:
        names = "shown accepted objects kept wrong wrong_accepted blind alike pairs pairs_alike"
        band = band_of(guess)
        place = (self.truth.day(own[0].at), self.control, self.truth.batch(self.item), who)
        key = (*place, guess.model, self.label(guess.answers[self.control]), band)
        self.truth.add("assist_counts", key, 1, *(sums.get(name, 0) for name in names.split()))

    def label(self, value: Any) -> str:
        """Return a label's text; "*" where people's answers cannot be that."""
        several = isinstance(value, list) and len(set(map(str, value))) != 1
        nominal = self.truth.said.scales[self.control] == "nominal"
        return "*" if (several and nominal) or not self.exact else label_of(value)

    def started(self, who: str, own: list[Work]) -> None:
        guess = guess_of(self.truth, own[-1])
        if guess is not None and self.control in guess.answers:
            there, given = guess.answers[self.control], own[-1].last[self.control]
            accepted = int(self.label(there) == self.label(given))
            self.add(who, own, guess, shown=1, accepted=accepted, objects=1, kept=accepted)
        guess = guess_of(self.truth, own[0])
        known = self.truth.chosen(self.item, self.control)
        if self.exact and guess is not None and self.control in guess.answers and known:
            predicted = self.label(guess.answers[self.control])
            first = own[0].first.get(self.control, own[0].last[self.control])
            if len(set(known)) == 1 and predicted not in ("*", known[0]):
                self.add(who, own, guess, wrong=1, wrong_accepted=int(label_of(first) == predicted))

    def alone(self, who: str, own: list[Work]) -> None:
        mine = label_of(own[-1].last[self.control])
        others = [
            label_of(works[-1].last[self.control])
            for name, works in self.people.items()
            if name not in ("", who) and works[-1].parent is None
        ]
        newest: dict[str, Guess] = {}
        for guess in self.truth.tool.guesses.values():
            said = self.label(guess.answers[self.control]) if self.control in guess.answers else "*"
            if guess.item == self.item and said != "*":
                there = newest.setdefault(guess.model, guess)
                newest[guess.model] = max(there, guess, key=lambda one: one.created_at)
        for guess in newest.values():
            self.add(
                *(who, own, guess),
                blind=1,
                alike=int(self.label(guess.answers[self.control]) == mine),
                pairs=len(others),
                pairs_alike=others.count(mine),
            )
