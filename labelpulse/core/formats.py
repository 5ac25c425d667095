"""Format numbers, shares, durations, days, plurals and lists as text.

A missing value is an en dash. A space inside a number or before a unit does not break. Negative
numbers have a true minus sign, and no value is shown as minus zero.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NONE = "–"
MINUS = "\N{MINUS SIGN}"
_GAP = "\N{NO-BREAK SPACE}"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def count(value: float | None) -> str:
    """Return a whole number with thousands commas; from a million on as ``1.24 M``.

    >>> count(12042), count(None)
    ('12,042', '–')
    """
    if value is None:
        return NONE
    if abs(value) >= 1_000_000:
        return f"{number(value / 1_000_000, 2)}{_GAP}M"
    return number(value)


def number(value: float, digits: int = 0) -> str:
    """Return a number with so many decimals.

    >>> number(-1234.56, 1), number(-0.04, 1)
    ('−1,234.6', '0.0')
    """
    return f"{value:z,.{digits}f}".replace("-", MINUS)


def signed(difference: float, size: str) -> str:
    """Prefix the size of a difference with its sign; ± when it is rounded to zero.

    >>> signed(3.21, "3.2 s"), signed(-3.21, "3.2 s"), signed(-0.04, "0.0 s")
    ('+3.2 s', '−3.2 s', '±0.0 s')
    """
    sign = "+" if difference > 0 else MINUS
    return f"{sign if any(char in '123456789' for char in size) else '±'}{size}"


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


def percent(share: float | None, digits: int = 0, gap: str = _GAP) -> str:
    r"""Return a share 0-1 as a percentage; only an exact 0 or 1 is shown as 0 % or 100 %.

    Args:
        gap: the text between the number and the percent sign.

    >>> percent(0.7951), percent(0.7951, 1), percent(None)
    ('80\xa0%', '79.5\xa0%', '–')
    >>> percent(0.9991, gap=" "), percent(0.001, gap=" ")
    ('>99 %', '<1 %')
    """
    if share is None:
        return NONE
    if digits == 0 and 0 < share < 0.01:
        return f"<1{gap}%"
    if digits == 0 and 0.99 < share < 1:
        return f">99{gap}%"
    return f"{100 * share:z.{digits}f}{gap}%".replace("-", MINUS)


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
    return NONE if value is None else f"{number(value, 1)}{_GAP}SD"


def _factor(value: float) -> str:
    return number(value, int(round(abs(value), 1) < 10))


def points(apart: float | None, digits: int = 0) -> str:
    r"""Return a difference of two shares in points, signed.

    >>> points(-0.081)
    '−8\xa0points'
    """
    if apart is None:
        return NONE
    noun = "point" if not digits and abs(round(100 * apart)) == 1 else "points"
    return f"{difference(100 * apart, digits)}{_GAP}{noun}"


def change(before: float, now: float, unit: str) -> str:
    r"""Return a change: in points for a share, in percent for a count, else the difference.

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
    r"""Return a duration in its two largest units.

    >>> duration(38.4), duration(125), duration(12_000), duration(366_000)
    ('38\xa0s', '2\xa0min 5\xa0s', '3\xa0h 20\xa0min', '4.2\xa0days')
    >>> duration(-75), interval(-13.0, 3.4, "s")
    ('−1\xa0min 15\xa0s', '−13\xa0s to 3.4\xa0s')
    """
    if seconds is None or round(seconds, 1) < 0:
        return NONE if seconds is None else f"{MINUS}{duration(-seconds)}"
    if seconds < 10:
        return f"{number(seconds, 1)}{_GAP}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{_GAP}s"
    if whole < 3600:
        return _two_units(whole // 60, "min", whole % 60, "s")
    if whole < 86_400:
        return _two_units(whole // 3600, "h", whole % 3600 // 60, "min")
    return f"{whole / 86_400:.1f}{_GAP}days"


def _two_units(large: int, large_unit: str, small: int, small_unit: str) -> str:
    first = f"{large}{_GAP}{large_unit}"
    return f"{first} {small}{_GAP}{small_unit}" if small else first


def ago(seconds: float | None) -> str:
    r"""Return how long ago in one unit.

    >>> ago(4), ago(3_700), ago(None)
    ('4\xa0s ago', '1\xa0h ago', 'never')
    """
    if seconds is None:
        return "never"
    whole = max(round(seconds), 0)
    sizes = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    size, unit = next((pair for pair in sizes if whole >= pair[0]), sizes[-1])
    return f"{whole // size}{_GAP}{unit} ago"


def age(seconds: float | None) -> str:
    r"""Return an age, which is measured in whole hours.

    >>> age(120), age(90_000)
    ('<\xa01\xa0h', '1.0\xa0days')
    """
    if seconds is not None and seconds < 3600:
        return f"<{_GAP}1{_GAP}h"
    return duration(seconds)


def count_of(n: float, noun: str, many: str) -> str:
    """Return a count, shortened from a million on, with its noun.

    >>> count_of(1, "item", "items"), count_of(1240, "item", "items"), count_of(3, "man", "men")
    ('1 item', '1,240 items', '3 men')
    """
    return f"{count(n)} {noun if n == 1 else many}"


def plural(n: int, noun: str, many: str = "") -> str:
    """Return a whole number, every digit shown, with its noun.

    >>> plural(1, "item"), plural(1240, "item"), plural(3, "person", "people")
    ('1 item', '1,240 items', '3 people')
    """
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"


def singular(nouns: str) -> str:
    """Return the singular of a noun phrase: its first word, or two, without the s.

    >>> singular("answers that started from a prediction"), singular("people")
    ('answer that started from a prediction', 'person')
    >>> singular("submissions and skips")
    'submission and skip'
    """
    two = re.match(r"\w+s (and|or) ", nouns) is not None
    return "person" if nouns == "people" else re.sub(r"s\b", "", nouns, count=1 + two)


def counted(n: float, nouns: str) -> str:
    """Return a count with a noun phrase that is given in the plural.

    >>> counted(1, "labels"), counted(2, "answers"), counted(1, "items with two answers")
    ('1 label', '2 answers', '1 item with two answers')
    """
    return count_of(n, singular(nouns), nouns)


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
    "ratio": lambda times: NONE if times is None else f"{_factor(times)}{_GAP}×",
}


def value(number: float | str | None, unit: str) -> str:
    r"""Return a metric's value in the format of its unit; other units are counts.

    Text stays as it is, except ISO days of the unit ``day``.

    >>> value(0.8, "share"), value(0.8, "alpha"), value(61, "s"), value(9, "items")
    ('80\xa0%', '0.80', '1\xa0min 1\xa0s', '9')
    >>> value("2026-11-24", "day"), value(50.05, "ratio"), value(3.53, "ratio")
    ('24 Nov 2026', '50\xa0×', '3.5\xa0×')
    """
    if isinstance(number, str):
        return day_year(date.fromisoformat(number)) if unit == "day" else number
    return _BY_UNIT.get(unit, count)(number)


def interval(low: float | str | None, high: float | str | None, unit: str) -> str:
    r"""Return a 95 % interval; empty without one, or when both bounds are rounded to the same.

    >>> interval(0.761, 0.834, "share"), interval(None, None, "share")
    ('76–83\xa0%', '')
    >>> interval(0.9218, 0.9241, "share"), interval(0.83, 21.06, "ratio")
    ('92.2–92.4\xa0%', '0.8–21\xa0×')
    """
    if low is None or high is None:
        return ""
    if isinstance(low, str) or isinstance(high, str):
        return f"{value(low, unit)} to {value(high, unit)}"
    left, right = value(low, unit), value(high, unit)
    is_same = left == right
    if unit == "share":
        digits = int(f"{100 * low:.0f}" == f"{100 * high:.0f}")
        left, right = number(100 * low, digits), f"{number(100 * high, digits)}{_GAP}%"
        is_same = right == f"{left}{_GAP}%"
    elif unit == "ratio":
        left = _factor(low)
    if is_same:
        return ""
    if left.startswith(MINUS):
        return f"{left} to {right}"
    return f"{left}–{right}"


def day(moment: date) -> str:
    """Return a day with its weekday.

    >>> day(date(2026, 11, 24))
    'Tue 24 Nov'
    """
    weekday, month = WEEKDAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{weekday} {moment.day} {month}"


def day_month(moment: date) -> str:
    """Return a day without its weekday.

    >>> day_month(date(2026, 11, 24))
    '24 Nov'
    """
    return f"{moment.day} {MONTHS[moment.month - 1]}"


def day_year(moment: date) -> str:
    """Return a day with its year.

    >>> day_year(date(2026, 11, 24))
    '24 Nov 2026'
    """
    return f"{day_month(moment)} {moment.year}"


def period(first: date, key: str) -> str:
    """Return a week or month by its first day.

    >>> period(date(2026, 11, 23), "week")
    'week of 23 Nov 2026'
    """
    return f"{key} of {day_year(first)}"


def periods(n: int, key: str) -> str:
    """Return a number of days, weeks or months.

    >>> periods(1, "week"), periods(3, "day")
    ('1 week', '3 days')
    """
    return count_of(n, key, f"{key}s")


def clock(us: int | None, zone: str) -> str:
    """Return an instant as a day and clock time in a zone."""
    if us is None:
        return NONE
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    local = utc.astimezone(ZoneInfo(zone))
    return f"{day_year(local)}, {local:%H:%M}"


def ordinals(positions: Sequence[int]) -> str:
    """Return positions in a list, counted from 1, as ordinals; of many only the first three.

    >>> ordinals([2]), ordinals([1, 13]), ordinals([1, 2, 3, 21])
    ('the 2nd', 'the 1st and 13th', 'the 1st, 2nd, 3rd and 1 more')
    """
    ordered = [_ordinal(n) for n in positions[:3]]
    if len(positions) > 3:
        ordered.append(f"{len(positions) - 3} more")
    *first, last = ordered
    return "the " + (f"{', '.join(first)} and {last}" if first else last)


def _ordinal(n: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ending}"


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of a list, quoted, and how many more there are.

    >>> some(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def listed(names: Sequence[str], at_most: int = 3) -> str:
    """Return a few names, unquoted, and how many more there are.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > at_most:
        return f"{', '.join(names[:at_most])} and {len(names) - at_most} more"
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last


def begun(text: str) -> str:
    """Return a text with a capital first letter; later capitals are unchanged.

    >>> begun("gold accuracy"), begun("matched F1")
    ('Gold accuracy', 'Matched F1')
    """
    return text[:1].upper() + text[1:]


def lift(share: float, expected: float | None) -> str:
    """Return how many times as often as expected by chance; "" where that is not known.

    >>> lift(0.42, 0.1), lift(0.1, None)
    ('4.2×', '')
    """
    if not expected or not share:
        return ""
    return f"{share / expected:.1f}×"


def sentences(*parts: str) -> str:
    """Return the parts that are not empty, joined by a space.

    >>> sentences("Dots: days.", "", "Line: smoothed.")
    'Dots: days. Line: smoothed.'
    """
    return " ".join(part for part in parts if part)
