"""The tickets: what each one says, what it is about, and what the models guess.

Every ticket is a function of (seed, number), so that the live part knows the truth of a ticket
that the history wrote without the truth being stored in the tool's database.
"""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate, count, islice

from labelpulse.demo import cast
from labelpulse.demo.chance import chance, spread

WRONG_KEYS, SILENT_DELETES = 3, 6
GOLD_SHARE, OVERLAP_SHARE, BORDER_SHARE = 0.05, 0.40, 0.60

# Fractional parts of irrational numbers none of which is made of the others: what is drawn with
# one is independent of what is drawn with another.
_GOLDEN, _ROOT2, _ROOT3, _ROOT7 = 0.6180339887, 0.4142135624, 0.7320508076, 0.6457513111
_COVERAGE = 0.80
_RIGHT = {"v1": 0.78, "v2": 0.88}
_READY_SHARE = 0.22

_TEXTS = {
    cast.BILLING: (
        "My card was charged {amount} for {thing} but the invoice says {amount2}.",
        "Why is there a fee of {amount} on my {month} statement for {thing}?",
        "Please send the invoice for order {order}, our bookkeeping needs the tax number on it.",
        "The payment for {thing} failed three times and my bank says the problem is on your side.",
        "I changed from monthly to yearly and was billed for both in {month}.",
    ),
    cast.REFUND: (
        "I returned {thing} in {month} and still wait for my {amount}.",
        "Order {order} arrived damaged, I want my money back and not a voucher.",
        "You promised a refund of {amount} within five days; that was in {month}.",
        "How do I send back {thing} and get {amount} returned to my card?",
        "Only half of the refund for order {order} has arrived.",
    ),
    cast.SHIPPING: (
        "Order {order} has stood at the depot in {city} since {weekday}.",
        "The tracking for {thing} says delivered, but nothing came to {city}.",
        "Can {thing} be delivered to a pick-up point in {city} instead of my home?",
        "When will order {order} leave the warehouse? It was due on {weekday}.",
        "The parcel with {thing} came open and one part is missing.",
    ),
    cast.TECHNICAL: (
        "The app closes as soon as I open {thing} in the catalogue.",
        "Since the update in {month} the page for order {order} stays white.",
        "Error {code} appears whenever I try to upload a photo of {thing}.",
        "Notifications for {thing} arrive twice, once in the app and once by mail.",
        "The search finds nothing at all since {weekday}, not even {thing}.",
    ),
    cast.ACCOUNT: (
        "I cannot sign in since {weekday}; the reset mail never reaches me.",
        "Please change the address of my account to {city}, the form refuses it.",
        "Two accounts exist under my name since {month}, can you join them?",
        "Someone from {city} signed in to my account, lock it please.",
        "How do I add a second user to our account? Error {code} comes up.",
    ),
    cast.CANCELLATION: (
        "Please cancel order {order}, I ordered {thing} twice by mistake.",
        "I want to end my subscription before {month}.",
        "Stop the delivery of {thing} to {city}, I no longer need it.",
        "The button to cancel order {order} is grey, please do it for me by {weekday}.",
        "We close our shop in {city}; end the contract with the next month.",
    ),
}
_BORDER = (
    "I was charged {amount} twice for {thing}; put one of the two right.",
    "Invoice {order} shows {amount2} but I paid {amount}, what about the difference?",
    "{thing} was cancelled in {month}, yet {amount} was taken from my card again.",
    "The discount on {thing} was not applied, I paid {amount} instead of {amount2}.",
    "There is a credit of {amount} on my {month} invoice, when do I get it?",
)
_OPENERS = ("", "", "Hello.", "Hi team.", "Good morning.", "My second mail.", "Dear support.")
_CLOSERS = (
    "", "Thanks.", "Please hurry.", "My customer number is {code}.", "Customer {code}, {city}.",
    "I wrote on {weekday} already.", "The order is {order}.", "Call me after {hour} o'clock.",
)  # fmt: skip
_THINGS = (
    "the oak desk", "a blue kettle", "the garden lamp", "two bar stools", "the wool rug",
    "the baby monitor", "a rain jacket", "the coffee grinder", "the wall shelf", "a bike helmet",
    "the desk fan", "the photo book", "a travel cot", "the tool box", "the picnic set",
)  # fmt: skip
_CITIES = ("Lindholm", "Port Averno", "Brackwede", "Sankt Odo", "Mirepoint", "Tallow Bay")
_MONTHS = ("January", "March", "May", "June", "August", "October", "November")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One item: its true label, whether it stands on the Billing/Refund border, and its duties.

    `overlap` counts the answers wanted, the expert's on a `gold` ticket included.
    """

    n: int
    label: str
    border: bool
    overlap: int
    gold: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """A model's answer to a ticket: label and score."""

    label: str
    score: float


def _is_gold(n: int) -> bool:
    return spread(n, _GOLDEN) < GOLD_SHARE


CALIBRATION = tuple(islice(filter(_is_gold, count(1)), 24))
"""The numbers of the first gold tickets: they go to five annotators instead of two."""


@cache
def _phase(seed: int) -> float:
    return chance(seed, "labels").random()


@cache
def ticket(seed: int, n: int) -> Ticket:
    """Return the duties and the truth of ticket number `n` (from 1)."""
    label = _pick_label(spread(n, _ROOT2, _phase(seed)))
    money = label in (cast.BILLING, cast.REFUND)
    clear = _is_gold(n)  # experts key what they are sure of
    border = money and not clear and spread(n, _ROOT3, 0.5) < BORDER_SHARE
    return Ticket(n, label, border, _overlap(n), _is_gold(n))


def _overlap(n: int) -> int:
    if _is_gold(n):
        return 6 if n in CALIBRATION else 3
    return 2 if spread(n, _GOLDEN) < GOLD_SHARE + OVERLAP_SHARE else 1


def _pick_label(u: float) -> str:
    edges = accumulate(cast.SHARES.values())
    return next(
        (label for label, edge in zip(cast.LABELS, edges, strict=True) if u < edge),
        cast.LABELS[-1],
    )


def text(seed: int, n: int) -> str:
    """Return what ticket `n` says: invented, and fitting its label or its border."""
    rng = chance(seed, "text", n)
    it = ticket(seed, n)
    body = rng.choice(_BORDER if it.border else _TEXTS[it.label])
    opener, closer = rng.choice(_OPENERS), rng.choice(_CLOSERS)
    cents = rng.randrange(900, 24900)
    filled = f"{body} {closer}".format(
        amount=f"{cents / 100:.2f} EUR",
        amount2=f"{(cents + rng.randrange(150, 3000)) / 100:.2f} EUR",
        thing=rng.choice(_THINGS),
        month=rng.choice(_MONTHS),
        weekday=rng.choice(_WEEKDAYS),
        city=rng.choice(_CITIES),
        order=f"{rng.choice('ABKLRT')}-{rng.randrange(10_000, 99_999)}",
        code=rng.randrange(1000, 9999),
        hour=rng.randrange(9, 18),
    )
    return f"{opener} {filled[0].upper()}{filled[1:]}".strip()


@cache
def guess(seed: int, n: int, version: str) -> Guess | None:
    """Return what model `version` says about ticket `n`; None for the fifth it leaves out.

    v2 is better than v1 but for one habit: it calls one in six of the Technical tickets Account,
    with confidence.
    """
    if spread(n, _ROOT7, 0.25) >= _COVERAGE:
        return None
    it, rng = ticket(seed, n), chance(seed, "guess", version, n)
    if version == "v2" and it.label == cast.TECHNICAL and rng.random() < _READY_SHARE:
        return Guess(cast.ACCOUNT, round(rng.uniform(0.86, 0.97), 3))
    if rng.random() < _RIGHT[version]:
        return Guess(it.label, round(rng.betavariate(9, 2), 3))
    return Guess(slip(rng.random(), it.label), round(rng.betavariate(5, 4), 3))


def slip(u: float, label: str) -> str:
    """Return the wrong label that a slip from `label` lands on: half the time its sibling."""
    if u < 0.5:
        return cast.SIBLING[label]
    others = [other for other in cast.LABELS if other != label]
    return others[int((u - 0.5) * 2 * len(others))]


def import_of(n: int, size: int) -> int:
    """Return which of the three imports (0-2) brought ticket `n` of `size`."""
    return (n > 0.15 * size) + (n > 0.70 * size)


def wrong_keys(seed: int) -> tuple[int, ...]:
    """Return the gold tickets whose key the expert got wrong."""
    return tuple(sorted(chance(seed, "wrong keys").sample(CALIBRATION[4:], WRONG_KEYS)))


def condemned(seed: int, size: int) -> tuple[int, ...]:
    """Return the tickets (one answer wanted, no gold) whose answer will vanish in the live part."""
    single = [n for n in range(size // 10, size // 2) if ticket(seed, n).overlap == 1]
    return tuple(sorted(chance(seed, "condemned").sample(single, SILENT_DELETES)))
