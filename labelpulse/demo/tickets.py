"""Tickets: what a customer wants, one label a ticket, with gold and with a model's predictions.

Every ticket is a function of its number, so that the live team knows it, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType

from labelpulse.demo.chance import GOLDEN, ROOT2, ROOT3, ROOT7, Quota, chance, spread
from labelpulse.demo.story import EXPERT, MANILA, Person
from labelpulse.demo.work import Queue, Stopwatch, Submission

PROJECT_ID, TITLE, CONTROL, TEXT = 1, "Tickets", "intent", "text"
BILLING, REFUND, SHIPPING = "Billing", "Refund", "Shipping"
TECHNICAL, ACCOUNT, CANCELLATION = "Technical", "Account", "Cancellation"
SHARES = MappingProxyType(
    {BILLING: 0.22, REFUND: 0.22, SHIPPING: 0.18, TECHNICAL: 0.16, ACCOUNT: 0.12, CANCELLATION: 0.1}
)
LABELS = tuple(SHARES)
SIBLING = MappingProxyType(
    {
        BILLING: REFUND,
        REFUND: BILLING,
        SHIPPING: CANCELLATION,
        CANCELLATION: SHIPPING,
        TECHNICAL: ACCOUNT,
        ACCOUNT: TECHNICAL,
    }
)
"""The label that each is most often confused with."""
LABEL_CONFIG = (
    f'<View><Text name="{TEXT}" value="$text"/><Choices name="{CONTROL}" toName="{TEXT}">'
    + "".join(f'<Choice value="{label}"/>' for label in LABELS)
    + "</Choices></View>"
)
GUIDELINE = (
    "<p>Guideline v2: a charge that was taken twice is Billing; "
    "money that was promised back is Refund.</p>"
)

DAILY = 8.0
"""Submissions a day of a person with weight 1."""
PROGRESS, OVERLAP_SHARE = 0.61, 0.40
QUEUE, QUEUE_NOW = 60, 235
"""Tickets that wait for more labels: until two people left, and today."""
MISREADS = 0.62
"""How often Manila, misreading guideline v2, takes Billing for Refund or the other way round."""
WRONG_GOLD = (60, 120, 180)
"""Gold tickets to which the expert gave a wrong label."""
NEWCOMER_GOLD, NEWCOMER_WRONG = 9, (2, 5, 6, 8)
_CALIBRATION = 480
"""Gold tickets up to this number go to five annotators, later ones to two."""
_KEYED_AHEAD = 150

_TEXTS = {
    BILLING: (
        "My card was charged {amount} twice for {thing}; put one of the two right.",
        "The discount on {thing} was not applied, I paid {amount} too much.",
        "Please send the invoice for order {order}, our bookkeeping needs the tax number on it.",
    ),
    REFUND: (
        "There is a credit of {amount} on my invoice for {thing}, when do I get it?",
        "{thing} was cancelled, yet {amount} was taken from my card again.",
        "Order {order} arrived damaged, I want my money back and not a voucher.",
    ),
    SHIPPING: (
        "Order {order} has been at the depot in {city} for a week.",
        "The tracking for {thing} says delivered, but nothing came to {city}.",
    ),
    TECHNICAL: (
        "The app closes as soon as I open {thing} in the catalogue.",
        "Since the update the page for order {order} stays white.",
    ),
    ACCOUNT: (
        "I cannot sign in from {city}; the reset mail for order {order} never reaches me.",
        "Please change the address of my account to {city}, the form refuses it.",
    ),
    CANCELLATION: (
        "Please cancel order {order}, I ordered {thing} twice by mistake.",
        "Stop the delivery of {thing} to {city}, I no longer need it.",
    ),
}
_THINGS = (
    "the oak selection",
    "a blue kettle",
    "the garden lamp",
    "two bar stools",
    "the wool rug",
)
_CITIES = ("Lindholm", "Port Averno", "Brackwede", "Sankt Odo", "Mirepoint", "Tallow Bay")


def is_gold(n: int) -> bool:
    """Return whether the expert gives ticket `n` a known answer: one in twenty."""
    return n % 20 == 0


def required(n: int) -> int:
    """Return how many answers ticket `n` needs, the expert's included."""
    if is_gold(n):
        return 6 if n <= _CALIBRATION else 3
    return 2 if n % 5 in (1, 3) else 1


@cache
def label_of(n: int) -> str:
    """Return the right label of ticket `n`."""
    point, edge = spread(n, ROOT2), 0.0
    for label, share in SHARES.items():
        edge += share
        if point < edge:
            return label
    return LABELS[-1]


def text_of(n: int) -> str:
    """Return what ticket `n` says."""
    rng = chance("ticket", n)
    text = rng.choice(_TEXTS[label_of(n)]).format(
        amount=f"{rng.randrange(900, 24_900) / 100:.2f} EUR",
        thing=rng.choice(_THINGS),
        city=rng.choice(_CITIES),
        order=f"{rng.choice('ABKLRT')}-{rng.randrange(10_000, 99_999)}",
    )
    return f"{text[0].upper()}{text[1:]} Customer {rng.randrange(1_000, 9_999)}."


def upload_of(n: int, count: int) -> int:
    """Return the upload (1-3) that brought ticket `n` of `count`; nobody has begun the third."""
    return 1 + (n > 0.15 * count) + (n > 0.70 * count)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a version of the model says about a ticket."""

    model: str
    label: str
    score: float


@cache
def prediction_of(n: int, model: str) -> Prediction | None:
    """Return the prediction of model "v1" or "v2"; neither has one for every fifth ticket.

    v2 is better, but calls some Technical tickets Account with confidence.
    """
    if spread(n, ROOT7) >= 0.8:
        return None
    rng, label = chance(model, n), label_of(n)
    if model == "v2" and label == TECHNICAL and rng.random() < (0.35 if is_gold(n) else 0.2):
        return Prediction(model, ACCOUNT, round(rng.uniform(0.86, 0.97), 3))
    if rng.random() < (0.88 if model == "v2" else 0.78):
        return Prediction(model, label, round(rng.betavariate(9, 2), 3))
    return Prediction(model, _slip(n, label), round(rng.betavariate(5, 4), 3))


def _slip(n: int, label: str) -> str:
    """Return a wrong label for ticket `n`, half of the time the one it is confused with."""
    if spread(n, GOLDEN) < 0.5:
        return SIBLING[label]
    others = [other for other in LABELS if other != label]
    return others[int(spread(7 * n, ROOT3) * len(others))]


class TicketsWork:
    """The people of Tickets at work: who gets which ticket, and what they answer.

    Attributes:
        target: how many tickets wait for more labels; above it people give second answers.
        first_v2: the first ticket with a prediction of v2; None before v2 is released.
        is_misread: Manila misreads guideline v2.
    """

    def __init__(self, name: str = "history") -> None:
        self.queue = Queue(required)
        self.target: float = QUEUE
        self.first_v2: int | None = None
        self.is_misread = False
        self._rng = chance("tickets", name)
        self._quota = Quota()
        self._watch = Stopwatch()

    def pick(self, person: Person) -> int:
        """Return the ticket that a person gets next."""
        waiting = self.queue.waiting_for(person)
        gold = [
            n for n in waiting if is_gold(n) and not (person.role == "slow" and n in WRONG_GOLD)
        ]
        rate = self._gold_rate(person)
        if gold and rate and self._quota.due(rate, "gets gold", ("gets gold", person.id)):
            return gold[0]
        second = [n for n in waiting if not is_gold(n)]
        if second and len(self.queue.waiting) > self.target:
            return self._rng.choice(second[:8])
        return self.queue.first_new(1, is_gold)

    def _gold_rate(self, person: Person) -> float:
        if person.role == "newcomer":
            return 0.35 if self._gold_of(person) < NEWCOMER_GOLD else 0.0
        return 0.11 if person.role in ("fast", "slow") else 0.07

    def _gold_of(self, person: Person) -> int:
        return sum(is_gold(n) and person.id in given for n, given in self.queue.answers.items())

    def submit(self, at: datetime, person: Person, n: int) -> Submission:
        """Answer or skip a ticket."""
        if not is_gold(n) and self._quota.due(0.03, "skip", ("skip", person.id)):
            return self._add(Submission(at, person, n, None, self._watch.seconds(person, 0.4)))
        shown = self._shown(n)
        label = self._label(person, n, shown)
        is_kept = shown is not None and label == shown.label
        seconds = self._watch.seconds(person, 0.6 if is_kept else 1.0)
        is_edited = not is_gold(n) and self._quota.due(0.03, "edit", ("edit", person.id))
        edited = at + timedelta(seconds=self._rng.uniform(90, 2_400)) if is_edited else None
        model = shown.model if shown else None
        return self._add(Submission(at, person, n, label, seconds, model, edited_at=edited))

    def key_gold(self, at: datetime, limit: int | None = None) -> list[Submission]:
        """Let the expert answer the gold tickets that the others will soon reach."""
        last = self.queue.first_new(1, is_gold) + _KEYED_AHEAD
        new = [n for n in range(20, last + 1, 20) if n not in self.queue.answers]
        keyed = []
        for n in new[:limit]:
            label = SIBLING[label_of(n)] if n in WRONG_GOLD else label_of(n)
            seconds = self._watch.seconds(EXPERT)
            keyed.append(self._add(Submission(at, EXPERT, n, label, seconds, is_gold=True)))
            at += timedelta(seconds=self._rng.uniform(40, 150))
        return keyed

    def _add(self, submission: Submission) -> Submission:
        self.queue.add(submission.n, submission.person.id, submission.answer)
        return submission

    def _shown(self, n: int) -> Prediction | None:
        """Return the prediction that the answer starts from, if any."""
        model = "v1" if self.first_v2 is None else "v2"
        is_shown = n >= (self.first_v2 or 0) and spread(n, ROOT3) < 0.8
        return prediction_of(n, model) if is_shown else None

    def _label(self, person: Person, n: int, shown: Prediction | None) -> str:
        label = label_of(n)
        if n in WRONG_GOLD:
            return label
        if is_gold(n) and person.role == "newcomer":
            return SIBLING[label] if self._gold_of(person) + 1 in NEWCOMER_WRONG else label
        if shown and shown.label != label and self._keeps_wrong(person, n, shown):
            return shown.label
        group = "gold" if is_gold(n) else "double" if required(n) > 1 else "single"
        if group != "gold" and any(answer != label for answer in self.queue.answered(n)):
            return label  # two people never slip on the same ticket: each slip is a disagreement
        may_misread = self.is_misread and person.team is MANILA and group != "gold"
        if may_misread and label in (BILLING, REFUND):
            keys: tuple[object, ...] = (group, "misread"), (group, "misread", person.id)
            if self._quota.due(MISREADS, *keys):
                return SIBLING[label]
        keys = (group, person.team.name, person.role), (group, person.id)
        is_easy = group == "gold" and person.role != "fast"  # the expert keys clear tickets
        rate = (1 - person.accuracy) * (0.5 if is_easy else 1.0)
        return _slip(n, label) if self._quota.due(rate, *keys) else label

    def _keeps_wrong(self, person: Person, n: int, shown: Prediction) -> bool:
        """Return whether a wrong prediction stands: one that convinces one convinces all."""
        if person.role == "fast":
            return False
        is_readily_believed = shown.model == "v2" and shown.label == ACCOUNT
        rate = 0.92 if is_readily_believed and person.role != "slow" else 0.1
        return spread(n, GOLDEN) < rate
