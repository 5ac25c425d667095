"""The queue of items that somebody shall look at: why, and how far that got."""

from enum import StrEnum

from labelpulse.core.catalogue import marked, say


class Reason(StrEnum):
    """Why an item is in the queue."""

    GOLD_KEY = "gold_key"
    LABEL_ERROR = "label_error"
    AMBIGUOUS = "ambiguous"
    MISTAKEN = "mistaken"
    LABEL_PAIR = "label_pair"
    REVIEW_PLAN = "review_plan"
    BY_HAND = "by_hand"


class State(StrEnum):
    """How far an entry got."""

    OPEN = "open"
    SENT = "sent"
    DECIDED = "decided"


REASON_WORDS = {
    Reason.GOLD_KEY: say("the gold key may be wrong"),
    Reason.LABEL_ERROR: say("the label may be wrong"),
    Reason.AMBIGUOUS: say("able people disagree: ask the guideline's owner"),
    Reason.MISTAKEN: say("one slip: able people agree"),
    Reason.LABEL_PAIR: say("two people gave these two labels"),
    Reason.REVIEW_PLAN: say("next in the review plan"),
    Reason.BY_HAND: say("put there by hand"),
}
"""Each reason as people read it."""

REASON_NAMES = {
    Reason.GOLD_KEY: marked("Gold key"),
    Reason.LABEL_ERROR: marked("Label error"),
    Reason.AMBIGUOUS: marked("Ambiguous"),
    Reason.MISTAKEN: marked("Slip"),
    Reason.LABEL_PAIR: marked("Label pair"),
    Reason.REVIEW_PLAN: marked("Review plan"),
    Reason.BY_HAND: marked("By hand"),
}
"""Each reason as a word or two: a key of choices and addresses, looked up where it is shown."""
