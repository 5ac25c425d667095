"""The desk: who gets which ticket, and what becomes of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from labelpulse.demo import cast, tickets
from labelpulse.demo.acts import Act, Edit
from labelpulse.demo.answers import Answer, Judge, Shown
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import chance
from labelpulse.demo.dates import Dates
from labelpulse.demo.shifts import Moment
from labelpulse.demo.tickets import Ticket, ticket

QUEUE, GROWTH = 60, 3.9
BAD_LUCK, BAD_LUCK_WRONG = 9, (2, 5, 6, 8)
_AHEAD, _EDITS = 150, 0.03


@dataclass
class Desk:
    """The queue of tickets, and the one place that decides who gets which."""

    seed: int
    dates: Dates
    size: int
    steps: list[Moment]
    acts: list[Act] = field(default_factory=list)
    v2_from: int = 0
    attempt: int = 0
    _next: int = 1
    _half: list[int] = field(default_factory=list)
    _gold: list[int] = field(default_factory=list)
    _gold_seen: int = 0
    _skipped: list[int] = field(default_factory=list)
    _hands: dict[int, set[int]] = field(default_factory=dict)
    _given: dict[int, int] = field(default_factory=dict)
    _luck: int = 0
    _since_leave: int = 0

    def __post_init__(self) -> None:
        self._rng = chance(self.seed, "desk", self.attempt)
        self._judge = Judge(chance(self.seed, "judge", self.attempt))
        self._wrong_keys = tickets.wrong_keys(self.seed)
        self._condemned = tickets.condemned(self.seed, self.size)
        self._after_leave = sum(step.at.date() >= self.dates.leave for step in self.steps)

    def fork(self, attempt: int) -> "Desk":
        """Return the desk as it stands, with no acts yet and luck of its own."""
        return replace(
            self,
            attempt=attempt,
            acts=[],
            _half=list(self._half),
            _gold=list(self._gold),
            _skipped=list(self._skipped),
            _hands={n: set(people) for n, people in self._hands.items()},
            _given=dict(self._given),
        )

    def take(self, step: Moment) -> None:
        """Let one person do one thing."""
        if not self.v2_from and step.at.date() >= self.dates.model_v2:
            self.v2_from = self._next
        self._since_leave += step.at.date() >= self.dates.leave
        if step.person.role == cast.EXPERT:
            self._key_gold(step)
            return
        n = self._pick(step.person)
        if n is not None:
            self._work(step, ticket(self.seed, n))

    # -- which ticket -----------------------------------------------------------------------

    def _pick(self, person: Person) -> int | None:
        if self._rng.random() < self._gold_rate(person):
            n = self._first_free(self._gold, person)
            if n is not None:
                return n
        if self._skipped and self._rng.random() < 0.026:
            n = self._first_free(self._skipped, person)
            if n is not None:
                return n
        if self._rng.random() < self._second_rate(person):
            n = self._first_free(self._half, person)
            if n is not None:
                return n
        return self._fresh()

    def _fresh(self) -> int | None:
        while self._next <= self.size and ticket(self.seed, self._next).gold:
            self._next += 1
        if self._next > self.size:
            return None
        self._next += 1
        return self._next - 1

    def _first_free(self, queue: list[int], person: Person) -> int | None:
        free = [n for n in queue if person.id not in self._hands.get(n, ())]
        if person.role == cast.SLOW:  # a wrong key must not spoil the one who is always right
            free = [n for n in free if n not in self._wrong_keys]
        return self._rng.choice(free[:8]) if free else None

    def _gold_rate(self, person: Person) -> float:
        if person.role == cast.NEWCOMER:
            return 0.35 if self._luck < BAD_LUCK else 0.0
        usual = min(0.35, max(0.0, 0.076 + 0.01 * (len(self._gold) - 14)))
        return max(usual, 0.10) if person.role in (cast.FAST, cast.SLOW) else usual

    def _second_rate(self, person: Person) -> float:
        """Return the chance of giving a second answer.

        The two who leave do little else; the others keep to their share, which holds the queue
        level while the two are there and lets it grow to its planted length afterwards.
        """
        over = len(self._half) + len(self._gold) - self._target()
        if person.role == cast.LEAVER:
            return 0.9 if over > -25 else 0.3
        if person.role == cast.NEWCOMER:  # with others enough to show that it was bad luck
            return 0.8
        return min(0.6, max(0.02, 0.125 + 0.006 * over))

    def _target(self) -> float:
        share = self._since_leave / max(1, self._after_leave)
        return QUEUE * (1 + (GROWTH - 1) * share)

    # -- what becomes of it -----------------------------------------------------------------

    def _work(self, step: Moment, it: Ticket) -> None:
        person = step.person
        self._hands.setdefault(it.n, set()).add(person.id)
        may_skip = not it.gold and it.n not in self._condemned
        if may_skip and self._judge.skips(person):
            seconds = self._judge.seconds(person, 0.4)
            self.acts.append(Act(step.at, person, it.n, None, seconds))
            self._file(it, given=0)
            return
        shown = self._shown(it)
        answer = self._answer(step, it, shown)
        edit = self._edit(step, it, answer)
        version = shown.version if shown else None
        self.acts.append(
            Act(step.at, person, it.n, answer.label, answer.seconds, version,
                answer.started_from, edit=edit)
        )  # fmt: skip
        self._file(it, given=1)

    def _answer(self, step: Moment, it: Ticket, shown: Shown | None) -> Answer:
        if it.n in self._wrong_keys:
            return self._judge.given(step.person, it.label)
        if it.gold and step.person.role == cast.NEWCOMER:
            self._luck += 1
            unlucky = self._luck in BAD_LUCK_WRONG
            return self._judge.given(step.person, cast.SIBLING[it.label] if unlucky else it.label)
        misread = step.at.date() >= self.dates.drift
        return self._judge.answer(step.person, it, shown, misread=misread)

    def _shown(self, it: Ticket) -> Shown | None:
        """Return what the tool shows: guesses of the model that is set, and no older ones."""
        if 0 < it.n < self.v2_from:
            return None
        version = "v2" if self.v2_from else "v1"
        guess = tickets.guess(self.seed, it.n, version)
        return Shown(version, guess) if guess else None

    def _edit(self, step: Moment, it: Ticket, answer: Answer) -> Edit | None:
        settled = it.gold or it.n in self._condemned
        if settled or self._rng.random() >= _EDITS:
            return None
        at = step.at + timedelta(seconds=self._rng.uniform(90, 2_400))
        mends = not it.border and self._rng.random() < 0.5
        seconds = self._judge.seconds(step.person, 0.5)
        return Edit(at, it.label if mends else answer.label, seconds)

    def _file(self, it: Ticket, given: int) -> None:
        """Put the ticket where the next one to need it will look."""
        have = self._given[it.n] = self._given.get(it.n, 0) + given
        home = self._gold if it.gold else self._half if have else self._skipped
        for queue in (self._gold, self._half, self._skipped):
            if it.n in queue and (queue is not home or have >= it.overlap):
                queue.remove(it.n)
        if have >= it.overlap:
            self._hands.pop(it.n, None)
        elif it.n not in home:
            home.append(it.n)

    def _key_gold(self, step: Moment) -> None:
        """Let the expert key the gold tickets that the others will soon reach."""
        at = step.at
        last = min(self.size, self._next + _AHEAD)
        for n in range(self._gold_seen + 1, last + 1):
            it = ticket(self.seed, n)
            if it.gold:
                at += timedelta(seconds=self._rng.uniform(40, 150))
                label = cast.SIBLING[it.label] if n in self._wrong_keys else it.label
                seconds = self._judge.seconds(step.person)
                self.acts.append(Act(at, step.person, n, label, seconds, gold=True))
                self._hands[n] = {step.person.id}
                self._file(it, given=1)
        self._gold_seen = max(self._gold_seen, last)
