"""Numbers and days in sentences: one item, two items, the 2nd of them, since 24 Nov 2026."""

import re
from collections.abc import Sequence
from datetime import date

from labelpulse.core.catalogue import form_of, say

MONTHS = (
    say("Jan"),
    say("Feb"),
    say("Mar"),
    say("Apr"),
    say("May"),
    say("Jun"),
    say("Jul"),
    say("Aug"),
    say("Sep"),
    say("Oct"),
    say("Nov"),
    say("Dec"),
)


def noun_of(n: float | None, noun: str, many: str = "") -> str:
    """Return a noun as a count wants it.

    >>> noun_of(1, "item", "items"), noun_of(0, "item"), noun_of(2, "person", "people")
    ('item', 'items', 'people')
    """
    return form_of(n, noun, many or noun + "s")


def plural(n: int, noun: str, many: str = "") -> str:
    """Return a whole number with its noun.

    >>> plural(1, "item", "items"), plural(1240, "item", "items"), plural(3, "person", "people")
    ('1 item', '1,240 items', '3 people')
    """
    return f"{n:,} {noun_of(n, noun, many)}"


def singular(nouns: str) -> str:
    """Return the singular of what metrics count: their first word, or two, without its s.

    >>> singular("answers that started from a prediction"), singular("people")
    ('answer that started from a prediction', 'person')
    >>> singular("submissions and skips")
    'submission and skip'
    """
    two = re.match(r"\w+s (and|or) ", nouns) is not None
    return "person" if nouns == "people" else re.sub(r"s\b", "", nouns, count=1 + two)


def ordinals(places: Sequence[int]) -> str:
    """Return places in a list, counted from 1, as words; of many only the first three.

    >>> ordinals([2]), ordinals([1, 13]), ordinals([1, 2, 3, 21])
    ('the 2nd', 'the 1st and 13th', 'the 1st, 2nd, 3rd and 1 more')
    """
    words = [_ordinal(one) for one in places[:3]]
    rest = [f"{len(places) - 3} more"] if len(places) > 3 else []
    *first, last = [*words, *rest]
    return "the " + (f"{', '.join(first)} and {last}" if first else last)


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of a list, quoted, and how many more there are.

    >>> some(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def percent(share: float, digits: int = 0, gap: str = " ") -> str:
    """Return a share 0-1 as a percentage; what is not quite none or all never reads as it.

    >>> percent(0.7951), percent(0.7951, 1), percent(0.9991), percent(0.001)
    ('80 %', '79.5 %', '>99 %', '<1 %')
    """
    if digits == 0 and 0 < share < 0.01:
        return f"<1{gap}%"
    if digits == 0 and 0.99 < share < 1:
        return f">99{gap}%"
    return f"{100 * share:z.{digits}f}{gap}%"


def _ordinal(n: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ending}"


def day_year(moment: date) -> str:
    """Return a day with its year.

    >>> day_year(date(2026, 11, 24))
    '24 Nov 2026'
    """
    month = MONTHS[moment.month - 1]
    return say("{day} {month} {year}", day=moment.day, month=month, year=moment.year)
