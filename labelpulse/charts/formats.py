"""How numbers, times and days read: the one place that turns values into words.

A missing value reads as an en dash; a space inside a number or before a unit never breaks. A
negative number has a true minus, and nothing reads as minus nought.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from labelpulse.core import words
from labelpulse.core.catalogue import form_of, marked, say
from labelpulse.core.words import MONTHS, noun_of, singular

NONE = "–"
_GAP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
# Note: seconds, minutes, hours
_S, _MIN, _H = marked("{n} s"), marked("{n} min"), marked("{n} h")
# Note: days, and millions of anything
_D, _M = marked("{n} d"), marked("{n} M")

PERIODS = (marked("day"), marked("week"), marked("month"))
"""What a time chart goes by: each is a key, and shown as `say` of it."""

WEEKDAYS = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))


def count(value: float | None) -> str:
    """Return a whole number with thousands commas; from a million on as ``1.24 M``.

    >>> count(12042), count(None)
    ('12,042', '–')
    """
    if value is None:
        return NONE
    if abs(value) >= 1_000_000:
        return _in(_M, number(value / 1_000_000, 2))
    return number(value)


def number(value: float, digits: int = 0) -> str:
    """Return a number with so many decimals.

    >>> number(-1234.56, 1), number(-0.04, 1)
    ('−1,234.6', '0.0')
    """
    return f"{value:z,.{digits}f}".replace("-", MINUS)


def signed(difference: float, size: str) -> str:
    """Return the size of a difference with its sign; ± where rounding leaves nothing of it.

    >>> signed(3.21, "3.2 s"), signed(-3.21, "3.2 s"), signed(-0.04, "0.0 s")
    ('+3.2 s', '−3.2 s', '±0.0 s')
    """
    sign = "+" if difference > 0 else MINUS
    return f"{sign if any(one in '123456789' for one in size) else '±'}{size}"


def difference(value: float, digits: int = 0) -> str:
    """Return a difference with so many decimals, signed.

    >>> difference(3.21, 1), difference(-3.21, 1), difference(-0.04, 1)
    ('+3.2', '−3.2', '±0.0')
    """
    return signed(value, number(abs(value), digits))


def rate(value: float | None, unit: str = "") -> str:
    """Return a number a day or an hour: one decimal below a hundred, none above.

    >>> rate(12.34), rate(412.3)
    ('12.3', '412')
    """
    if value is None:
        return NONE
    text = number(value, 1 if abs(value) < 100 else 0)
    return f"{text}{_GAP}{unit}" if unit else text


def percent(value: float | None, digits: int = 0) -> str:
    r"""Return a share 0-1 as a percentage that keeps its sign on the line.

    >>> percent(0.7951), percent(0.001), percent(None)
    ('80\xa0%', '<1\xa0%', '–')
    """
    return NONE if value is None else words.percent(value, digits, _GAP).replace("-", MINUS)


def coefficient(value: float | None) -> str:
    """Return a coefficient such as alpha with two decimals.

    >>> coefficient(-0.031)
    '−0.03'
    """
    return NONE if value is None else number(value, 2)


def deviations(value: float | None) -> str:
    r"""Return a number of standard deviations.

    >>> deviations(-10.057), deviations(None)
    ('−10.1\xa0SD', '–')
    """
    return NONE if value is None else _in(marked("{n} SD"), number(value, 1))


def _factor(value: float) -> str:
    return number(value, int(round(abs(value), 1) < 10))


def points(apart: float | None, digits: int = 0) -> str:
    r"""Return a difference of two shares in points, signed.

    >>> points(-0.081)
    '−8\xa0points'
    """
    if apart is None:
        return NONE
    n = None if digits else abs(round(100 * apart))
    return _in(form_of(n, "{n} point", "{n} points"), difference(100 * apart, digits))


def change(before: float, now: float, unit: str) -> str:
    r"""Return how far a number moved: points of a share, part of a count, else the difference.

    >>> change(0.87, 0.79, "share"), change(200, 250, "labels"), change(40, 31, "s")
    ('−8\xa0points', '+25\xa0%', '−9.0\xa0s')
    >>> change(24.01, 24.0, "s")
    '±0.0\xa0s'
    """
    if unit == "share":
        return points(now - before)
    gap = now - before
    if unit == "s":
        return signed(gap, duration(abs(gap)))
    if _BY_UNIT.get(unit) is coefficient:
        return difference(gap, 2)
    return NONE if not before else signed(gap, percent(abs(now / before - 1)))


def duration(seconds: float | None) -> str:
    r"""Return a duration in the two units that matter.

    >>> duration(38.4), duration(125), duration(12_000), duration(366_000)
    ('38\xa0s', '2\xa0min 5\xa0s', '3\xa0h 20\xa0min', '4.2\xa0days')
    >>> duration(-75), interval(-13.0, 3.4, "s")
    ('−1\xa0min 15\xa0s', '−13\xa0s to 3.4\xa0s')
    """
    if seconds is None or round(seconds, 1) < 0:
        return NONE if seconds is None else f"{MINUS}{duration(-seconds)}"
    if seconds < 10:
        return _in(_S, number(seconds, 1))
    whole = round(seconds)
    if whole < 60:
        return _in(_S, whole)
    if whole < 3600:
        return _two(whole // 60, _MIN, whole % 60, _S)
    if whole < 86_400:
        return _two(whole // 3600, _H, whole % 3600 // 60, _MIN)
    return _in(marked("{n} days"), f"{whole / 86_400:.1f}")


def _two(large: int, unit: str, small: int, sub: str) -> str:
    first = _in(unit, large)
    return f"{first} {_in(sub, small)}" if small else first


def _in(unit: str, n: object) -> str:
    """Return a number in a unit, which is a message: translators need not know the space."""
    return say(unit, n=n).replace(" ", _GAP)


def ago(seconds: float | None) -> str:
    r"""Return how long ago in one unit.

    >>> ago(4), ago(3_700), ago(None)
    ('4\xa0s ago', '1\xa0h ago', 'never')
    """
    if seconds is None:
        return say("never")
    whole = max(round(seconds), 0)
    sizes = ((86_400, _D), (3600, _H), (60, _MIN), (1, _S))
    size, unit = next((one for one in sizes if whole >= one[0]), sizes[-1])
    return say("{time} ago", time=_in(unit, whole // size))


def age(seconds: float | None) -> str:
    r"""Return an age, which is known to the hour.

    >>> age(120), age(90_000)
    ('<\xa01\xa0h', '1.0\xa0days')
    """
    if seconds is not None and seconds < 3600:
        return _in(marked("< {n} h"), 1)
    return duration(seconds)


def plural(n: float, noun: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> plural(1, "item", "items"), plural(1240, "item", "items"), plural(3, "person", "people")
    ('1 item', '1,240 items', '3 people')
    """
    return f"{count(n)} {noun_of(n, noun, many)}"


def counted(n: float, nouns: str) -> str:
    """Return a count with a noun that is given in the plural: its first word in s.

    >>> counted(1, "labels"), counted(2, "answers"), counted(1, "items with two answers")
    ('1 label', '2 answers', '1 item with two answers')
    """
    return plural(n, singular(nouns), nouns)


_BY_UNIT: dict[str, Callable[[float | None], str]] = {
    "share": percent,
    "alpha": coefficient,
    "kappa": coefficient,
    "AC1": coefficient,
    "tau": coefficient,
    "coefficient": coefficient,
    "rejections/item": coefficient,
    "money": coefficient,
    "s": duration,
    "annotations/h": rate,
    "labels/day": rate,
    "sd": deviations,
    "ratio": lambda times: NONE if times is None else _in(marked("{n} ×"), _factor(times)),
}


def value(number: float | str | None, unit: str) -> str:
    r"""Return a metric's value by the unit its definition names; other units are counts.

    Names read as they are; days of the unit ``day`` come as ISO.

    >>> value(0.8, "share"), value(0.8, "alpha"), value(61, "s"), value(9, "items")
    ('80\xa0%', '0.80', '1\xa0min 1\xa0s', '9')
    >>> value("2026-11-24", "day"), value(50.05, "ratio"), value(3.53, "ratio")
    ('24 Nov 2026', '50\xa0×', '3.5\xa0×')
    """
    if isinstance(number, str):
        return day_year(date.fromisoformat(number)) if unit == "day" else number
    return _BY_UNIT.get(unit, count)(number)


def interval(low: float | str | None, high: float | str | None, unit: str) -> str:
    r"""Return a 95 % interval; empty when there is none, or none that rounding leaves to see.

    >>> interval(0.761, 0.834, "share"), interval(None, None, "share")
    ('76–83\xa0%', '')
    >>> interval(0.9218, 0.9241, "share"), interval(0.83, 21.06, "ratio")
    ('92.2–92.4\xa0%', '0.8–21\xa0×')
    """
    if low is None or high is None:
        return ""
    if isinstance(low, str) or isinstance(high, str):
        return say("{low} to {high}", low=value(low, unit), high=value(high, unit))
    left, right = value(low, unit), value(high, unit)
    alike = left == right
    if unit == "share":
        digits = int(f"{100 * low:.0f}" == f"{100 * high:.0f}")
        left, right = number(100 * low, digits), f"{number(100 * high, digits)}{_GAP}%"
        alike = right == f"{left}{_GAP}%"
    elif unit == "ratio":
        left = _factor(low)
    if alike:
        return ""
    if left.startswith(MINUS):
        return say("{low} to {high}", low=left, high=right)
    return f"{left}–{right}"


def day(moment: date) -> str:
    """Return a day with its weekday.

    >>> day(date(2026, 11, 24))
    'Tue 24 Nov'
    """
    weekday, month = WEEKDAYS[moment.weekday()], MONTHS[moment.month - 1]
    return say("{weekday} {day} {month}", weekday=weekday, day=moment.day, month=month)


def day_month(moment: date) -> str:
    """Return a day without its weekday.

    >>> day_month(date(2026, 11, 24))
    '24 Nov'
    """
    return say("{day} {month}", day=moment.day, month=MONTHS[moment.month - 1])


day_year = words.day_year


def period(first: date, key: str) -> str:
    """Return a week or month by its first day.

    >>> period(date(2026, 11, 23), "week")
    'week of 23 Nov 2026'
    """
    if key == "week":
        return say("week of {day}", day=day_year(first))
    return say("month of {day}", day=day_year(first))


def periods(n: int, key: str) -> str:
    """Return how many of `PERIODS`.

    >>> periods(1, "week"), periods(3, "day")
    ('1 week', '3 days')
    """
    if key == "day":
        return plural(n, "day", "days")
    return plural(n, "week", "weeks") if key == "week" else plural(n, "month", "months")


def clock(us: int | None, zone: str) -> str:
    """Return an instant as wall time in a zone: today's by the clock, with its day otherwise."""
    if us is None:
        return NONE
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    local = utc.astimezone(ZoneInfo(zone))
    return say("{day}, {time}", day=day_year(local), time=format(local, "%H:%M"))


def begun(text: str) -> str:
    """Return a text as a sentence begins, capitals further on kept.

    >>> begun("gold accuracy"), begun("matched F1")
    ('Gold accuracy', 'Matched F1')
    """
    return text[:1].upper() + text[1:]


def listed(names: list[str], at_most: int = 3) -> str:
    """Return a few names and how many more there are.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > at_most:
        first, n = ", ".join(names[:at_most]), len(names) - at_most
        return say("{names} and {n} more", names=first, n=n)
    *others, last = names or [""]
    return say("{names} and {last}", names=", ".join(others), last=last) if others else last
