"""People who go on submitting while the trial changes things and the collector reads."""

import random
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.lab.studio import Question, Studio, StudioRefusedError

PAUSE_S = 0.3
SKIPPED = 0.08

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Post:
    """One submission: when (monotonic seconds), how long it took, and how it failed ("" = not)."""

    began: float
    seconds: float
    failure: str = ""

    def during(self, intervals: Iterable[Interval]) -> bool:
        """Return True when any of the intervals overlaps it."""
        end = self.began + self.seconds
        return any(self.began < to and end > since for since, to in intervals)


@dataclass
class Annotators:
    """A few people, each a thread that submits, thinks for a moment and submits again.

    Attributes:
        tasks: question -> the tasks that are theirs; the trial deletes none of these.
    """

    studio: Studio
    people: Sequence[str]
    tasks: Mapping[Question, Sequence[int]]
    posts: list[Post] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _seed: int = 0

    def start(self) -> None:
        """Let everybody begin, or go on."""
        self._stop.clear()
        for who in self.people:
            self._seed += 1
            thread = threading.Thread(target=self._work, args=(who, random.Random(self._seed)))
            thread.start()
            self._threads.append(thread)

    def pause(self) -> None:
        """Let everybody finish what they are submitting, and wait for it."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self, who: str, rng: random.Random) -> None:
        while not self._stop.wait(PAUSE_S * rng.uniform(0.5, 1.5)):
            question = rng.choice(list(self.tasks))
            task = rng.choice(self.tasks[question])
            skipped = rng.random() < SKIPPED
            result = [] if skipped else question.likely(task, rng)
            began, failure = time.monotonic(), ""
            try:
                self.studio.submit(who, task, result, was_cancelled=skipped)
            except (StudioRefusedError, OSError) as error:
                failure = str(error)
            self.posts.append(Post(began, time.monotonic() - began, failure))
