"""Simulate annotators who submit while the trial changes data and the collector reads."""

import random
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.lab.label_studio import LabelStudio, Question, RequestRefusedError

PAUSE_S = 0.3
SKIPPED = 0.08

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Post:
    """One submission: its start (monotonic seconds), its length, and its error ("" = none)."""

    began: float
    seconds: float
    failure: str = ""

    def during(self, intervals: Iterable[Interval]) -> bool:
        """Return True when any of the intervals overlaps it."""
        end = self.began + self.seconds
        return any(self.began < to and end > since for since, to in intervals)


@dataclass
class Annotators:
    """A few annotators. Each is a thread that submits, waits and submits again.

    Attributes:
        tasks: control -> their tasks. The trial does not delete these.
    """

    tool: LabelStudio
    people: Sequence[str]
    tasks: Mapping[Question, Sequence[int]]
    posts: list[Post] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _seed: int = 0

    def start(self) -> None:
        """Start or resume all annotators."""
        self._stop.clear()
        for who in self.people:
            self._seed += 1
            thread = threading.Thread(target=self._work, args=(who, random.Random(self._seed)))
            thread.start()
            self._threads.append(thread)

    def pause(self) -> None:
        """Stop all annotators after their current submission."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self, who: str, rng: random.Random) -> None:
        while not self._stop.wait(PAUSE_S * rng.uniform(0.5, 1.5)):
            question = rng.choice(list(self.tasks))
            task = rng.choice(self.tasks[question])
            skipped = rng.random() < SKIPPED
            result = [] if skipped else question.likely_answer(task, rng)
            began, failure = time.monotonic(), ""
            try:
                self.tool.submit(who, task, result, was_cancelled=skipped)
            except (RequestRefusedError, OSError) as error:
                failure = str(error)
            self.posts.append(Post(began, time.monotonic() - began, failure))
