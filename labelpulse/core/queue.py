"""The queue of items that somebody shall look at: why, and how far that got."""

from enum import StrEnum

from labelpulse.core.catalogue import say


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
    Reason.GOLD_KEY: say("Gold key"),
    Reason.LABEL_ERROR: say("Label error"),
    Reason.AMBIGUOUS: say("Ambiguous"),
    Reason.MISTAKEN: say("Slip"),
    Reason.LABEL_PAIR: say("Label pair"),
    Reason.REVIEW_PLAN: say("Review plan"),
    Reason.BY_HAND: say("By hand"),
}
"""Each reason as a word or two, for tables and choices."""
