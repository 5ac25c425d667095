"""Reviews: a quiet project in another tool, doccano, in which nothing is wrong."""

from datetime import datetime
from types import MappingProxyType

from labelpulse.demo.chance import ROOT3, Quota, chance, spread
from labelpulse.demo.story import Person
from labelpulse.demo.work import Queue, Submission

PROJECT_ID, TITLE, CONTROL = 1, "Reviews", "label"
SHARES = MappingProxyType({"Positive": 0.46, "Negative": 0.34, "Neutral": 0.20})
LABELS = tuple(SHARES)
DAILY = 7.0
PROGRESS = 0.72
_WAITING = 3
_ERRORS = 0.04
_THINGS = ("soap", "lamp", "kettle", "jacket", "rucksack", "mouse", "blanket", "chair")
_TEXTS = {
    "Positive": "The {} does what it promises, I would buy it again.",
    "Negative": "The {} broke in the first week and nobody answers.",
    "Neutral": "The {} came on Monday; I have not used it much yet.",
}


def required(n: int) -> int:
    """Return how many people label review `n`; doccano does not know."""
    return 1 + n % 2


def label_of(n: int) -> str:
    """Return the right label of review `n`."""
    point, edge = spread(n, ROOT3), 0.0
    for label, share in SHARES.items():
        edge += share
        if point < edge:
            return label
    return LABELS[-1]


def text_of(n: int) -> str:
    """Return what review `n` says."""
    return f"{_TEXTS[label_of(n)].format(_THINGS[n % len(_THINGS)])} ({n})"


class ReviewsWork:
    """The people of Reviews at work: who gets which review, and what they answer."""

    def __init__(self, name: str = "history") -> None:
        self.queue = Queue(required)
        self._rng = chance("reviews", name)
        self._quota = Quota()

    def pick(self, person: Person) -> int:
        """Return the review that a person gets next."""
        waiting = self.queue.waiting_for(person)
        if waiting and len(self.queue.waiting) > _WAITING:
            return waiting[0]
        return self.queue.first_new()

    def submit(self, at: datetime, person: Person, n: int) -> Submission:
        """Label a review."""
        label = label_of(n)
        is_right_so_far = all(answer == label for answer in self.queue.answered(n))
        group = len(self.queue.answered(n))
        if is_right_so_far and self._quota.due(_ERRORS, group, (group, person.id)):
            others = [other for other in LABELS if other != label]
            label = self._rng.choice(others)
        self.queue.add(n, person.id, label)
        return Submission(at, person, n, label, 0.0)
