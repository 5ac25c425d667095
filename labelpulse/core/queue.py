"""The review queue: the reasons and states of its entries."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an item is in the review queue."""

    GOLD_KEY = "gold_key"
    LABEL_ERROR = "label_error"
    AMBIGUOUS = "ambiguous"
    MISTAKEN = "mistaken"
    LABEL_PAIR = "label_pair"
    REVIEW_PLAN = "review_plan"
    BY_HAND = "by_hand"


class State(StrEnum):
    """The progress of a queue entry."""

    OPEN = "open"
    SENT = "sent"
    DECIDED = "decided"


REASON_SENTENCES = {
    Reason.GOLD_KEY: "the gold key may be wrong",
    Reason.LABEL_ERROR: "the label may be wrong",
    Reason.AMBIGUOUS: "able people disagree: ask the guideline's owner",
    Reason.MISTAKEN: "one slip: able people agree",
    Reason.LABEL_PAIR: "two people gave these two labels",
    Reason.REVIEW_PLAN: "next in the review plan",
    Reason.BY_HAND: "put there by hand",
}
"""Each reason as a phrase."""

REASON_NAMES = {
    Reason.GOLD_KEY: "Gold key",
    Reason.LABEL_ERROR: "Label error",
    Reason.AMBIGUOUS: "Ambiguous",
    Reason.MISTAKEN: "Slip",
    Reason.LABEL_PAIR: "Label pair",
    Reason.REVIEW_PLAN: "Review plan",
    Reason.BY_HAND: "By hand",
}
"""Each reason as a short label; page addresses and filters use it too."""
