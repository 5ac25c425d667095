"""Numbers beside each other in words: with as many decimals as tell them apart."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from labelpulse.alerts.conditions import COUNTS
from labelpulse.core import formats


def two(first: float, second: float, unit: str) -> tuple[str, str]:
    r"""Return two numbers in words that differ, unless they are the same to six decimals.

    >>> two(0.796, 0.8, "share"), two(0.76, 0.8, "share"), two(61, 90, "s")
    (('79.6\xa0%', '80.0\xa0%'), ('76\xa0%', '80\xa0%'), ('1\xa0min 1\xa0s', '1\xa0min 30\xa0s'))
    >>> two(0.01996, 0.02, "share"), two(0.7991, 0.8, "alpha"), two(38.4, 38, "s")
    (('1.996\xa0%', '2.000\xa0%'), ('0.799', '0.800'), ('38.4\xa0s', '38.0\xa0s'))
    """
    told = formats.value(first, unit), formats.value(second, unit)
    if told[0] != told[1] or first == second or unit not in (*_FINER, *COUNTS):
        return told
    finer = _FINER.get(unit, formats.number)
    pairs = ((finer(first, digits), finer(second, digits)) for digits in range(1, 7))
    return next((pair for pair in pairs if pair[0] != pair[1]), told)


def _seconds(value: float, digits: int) -> str:
    return f"{formats.number(value, digits)} s".replace(" ", "\N{NO-BREAK SPACE}")


_FINER: Mapping[str, Callable[[float, int], str]] = MappingProxyType(
    {
        "share": formats.percent,
        "s": _seconds,
        **dict.fromkeys(("alpha", "kappa", "AC1", "tau", "coefficient"), formats.number),
        **dict.fromkeys(("money", "rejections/item", "annotations/h"), formats.number),
        "labels/day": formats.number,
    }
)
"""Units of numbers that can be told with as many decimals as it takes."""


def priced(value: str, unit: str) -> str:
    """Return a number with its currency."""
    return f"{value}\N{NO-BREAK SPACE}{unit}" if unit else value
