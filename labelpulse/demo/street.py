"""Street: boxes on pictures, where a harder batch taken at night lowers agreement for everybody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from types import MappingProxyType

from labelpulse.demo.chance import Quota, chance
from labelpulse.demo.story import Person
from labelpulse.demo.work import Answer, Box, Queue, Stopwatch, Submission

PROJECT_ID, TITLE, CONTROL, IMAGE = 2, "Street", "object", "image"
SHARES = MappingProxyType({"Car": 0.45, "Person": 0.30, "Bicycle": 0.15, "Sign": 0.10})
LABELS = tuple(SHARES)
LABEL_CONFIG = (
    f'<View><Image name="{IMAGE}" value="$image"/><RectangleLabels name="{CONTROL}" '
    f'toName="{IMAGE}">'
    + "".join(f'<Label value="{label}"/>' for label in LABELS)
    + "</RectangleLabels></View>"
)
WIDTH, HEIGHT = 1920, 1080

DAILY = 6.0
PROGRESS, OVERLAP_SHARE = 0.66, 0.50
NIGHT_FROM, NIGHT_SHARE = 100_001, 0.7
"""Numbers of pictures taken at night; their share of the pictures that are begun since."""
_SECOND_UPLOAD_FROM = 201
_WAITING = 3
_ERRORS_BY_DAY, _ERRORS_AT_NIGHT = (0.02, 0.015, 0.02), (0.115, 0.065, 0.07)
"""Of the boxes that are there: missed, given another label, and drawn where nothing is."""
_COLUMNS, _ROWS = 4, 3


def is_night(n: int) -> bool:
    """Return whether picture `n` was taken at night."""
    return n >= NIGHT_FROM


def required(n: int) -> int:
    """Return how many answers picture `n` needs."""
    return 1 + n % 2


def upload_of(n: int) -> int:
    """Return the upload that brought picture `n`: the batch of the collector."""
    return 6 if is_night(n) else 5 if n >= _SECOND_UPLOAD_FROM else 4


@cache
def boxes_of(n: int) -> tuple[Box, ...]:
    """Return the boxes that picture `n` should have, far enough apart to match only one each."""
    rng = chance("picture", n)
    width, height = 100 / _COLUMNS, 100 / _ROWS
    boxes = []
    for cell in rng.sample(range(_COLUMNS * _ROWS), rng.randint(3, 6)):
        (label,) = rng.choices(LABELS, list(SHARES.values()))
        row, column = divmod(cell, _COLUMNS)
        x, y = column * width + rng.uniform(2, 7), row * height + rng.uniform(2, 10)
        boxes.append(Box(label, x, y, rng.uniform(9, 16), rng.uniform(10, 19)))
    return tuple(boxes)


class StreetWork:
    """The people of Street at work: who gets which picture, and what they draw."""

    def __init__(self, name: str = "history") -> None:
        self.queue = Queue(required)
        self.has_night = False
        self._rng = chance("street", name)
        self._quota = Quota()
        self._watch = Stopwatch()

    def pick(self, person: Person) -> int:
        """Return the picture that a person gets next."""
        waiting = self.queue.waiting_for(person)
        if waiting and len(self.queue.waiting) > _WAITING:
            return waiting[-1]  # second answers to the night come soon after the first
        is_dark = self.has_night and self._quota.due(NIGHT_SHARE, "night")
        return self.queue.first_new(NIGHT_FROM if is_dark else 1)

    def submit(self, at: datetime, person: Person, n: int) -> Submission:
        """Draw boxes on a picture, or skip it."""
        answer: Answer = None
        if not self._quota.due(0.02, "skip", ("skip", person.id)):
            answer = tuple(self._draw(person, n))
        seconds = self._watch.seconds(person, 0.4 if answer is None else 1.0)
        self.queue.add(n, person.id, answer)
        return Submission(at, person, n, answer, seconds)

    def _draw(self, person: Person, n: int) -> Iterator[Box]:
        rates = _ERRORS_AT_NIGHT if is_night(n) else _ERRORS_BY_DAY
        for box in boxes_of(n):
            is_missed, is_mistaken, is_invented = (
                self._quota.due(rate, (kind, is_night(n)), (kind, is_night(n), person.id))
                for kind, rate in zip(("missed", "mistaken", "invented"), rates, strict=True)
            )
            if is_invented:  # in the gap to the next place where a box may be
                below = box.y + box.height + 1.5
                yield self._traced(Box(self._rng.choice(LABELS), box.x, below, 4.0, 2.5))
            if is_mistaken:
                others = [label for label in LABELS if label != box.label]
                yield self._traced(replace(box, label=self._rng.choice(others)))
            elif not is_missed:
                yield self._traced(box)

    def _traced(self, box: Box) -> Box:
        """Return a box as a hand draws it: each side a little off."""
        x, y, width, height = (
            round(side + self._rng.gauss(0, 0.015 * size), 6)
            for side, size in (
                (box.x, box.width),
                (box.y, box.height),
                (box.width, box.width),
                (box.height, box.height),
            )
        )
        return Box(box.label, x, y, width, height)
