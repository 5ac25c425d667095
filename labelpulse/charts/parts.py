"""What a change is made of: worse answers, or other work and other people."""

from collections.abc import Sequence
from math import exp, floor

import altair as alt
import pandas as pd

from labelpulse.charts.control import Alarm, Watched
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    FONT_SIZE,
    MAIN,
    MUTED,
    Figure,
    layered,
    painted,
    sentence,
)
from labelpulse.core import formats

HEIGHT = 110
_SEEN = 0.05
"""Points of a part that has a bar."""
_STRATA = {"batch": "batches", "label": "labels", "annotator": "people"}


def split(alarm: Alarm | None, watched: Watched) -> Figure | None:
    """Return two bars: how much of a change is quality and how much is mix; None = not known."""
    if alarm is None or alarm.quality is None or alarm.mix is None:
        return None
    unit, name = watched.measure.unit, watched.measure.name
    values = (alarm.quality, alarm.mix)
    whole, *words = moved(values, unit)
    what = _words(watched)
    ends = [max(value, 0) for value in values]
    frame = pd.DataFrame(
        {"part": what, "value": values, "end": ends, "text": words, "role": [ACCENT, MAIN]}
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("part:N", sort=None, axis=_NAMES),
        x=alt.X("value:Q", axis=None),
        tooltip=[alt.Tooltip("part:N", title="Part"), alt.Tooltip("text:N", title=name)],
    )
    zero = alt.Chart(pd.DataFrame({"value": [0]})).mark_rule(strokeWidth=1)
    layers = [
        base.mark_bar(height=22, cornerRadius=2, opacity=0.9).encode(color=BY_ROLE),
        painted(zero.encode(x=alt.X("value:Q", axis=None)), MUTED),
        painted(_beside(base), MUTED),
    ]
    title = _title(whole, *words, unit=unit)
    note = _note(alarm, unit)
    described = f"Two bars. {title}."
    return Figure(title, note, described, layered(layers, HEIGHT), 2)


def moved(parts: Sequence[float], unit: str) -> list[str]:
    r"""Return a change and its parts in words, whose numbers add up.

    Points of a share have a decimal where whole ones would not add up, or leave nothing of a part;
    parts of a time are of its logarithm, and multiply to the whole.

    >>> moved([-0.06, -0.02], "share"), moved([-20.4, 3.0], "labels/day")[0]
    (['−8\xa0points', '−6\xa0points', '−2\xa0points'], '−17.4\xa0labels a day')
    >>> moved([-0.072, -0.004], "share")
    ['−7.6\xa0points', '−7.2\xa0points', '−0.4\xa0points']
    """
    if unit == "s":
        both = [exp(part) - 1 for part in (sum(parts), *parts)]
        return [formats.signed(one, formats.percent(abs(one))) for one in both]
    size = 100 if unit == "share" else 1
    there = [size * part for part in parts]
    if unit == "share":
        digits = 0 if _whole(there) else 1
        return [formats.points(one / size, digits) for one in adding(there, digits)]
    digits = int(max(abs(one) for one in (sum(there), *there)) < 100)
    texts = [formats.difference(one, digits) for one in adding(there, digits)]
    return [f"{one} labels a day" for one in texts]


def _whole(parts: Sequence[float]) -> bool:
    """Return whether whole numbers add up, and leave something of each part that a bar shows."""
    seen = [part for part in parts if abs(part) >= _SEEN]
    return sum(map(round, parts)) == round(sum(parts)) and all(map(round, seen))


def adding(parts: Sequence[float], digits: int) -> list[float]:
    """Return a sum and its parts, rounded so that these add up: the largest remainders go up.

    >>> adding([-7.46, -0.44], 1)
    [-7.9, -7.5, -0.4]
    """
    size = 10**digits
    whole, low = round(sum(parts) * size), [floor(part * size) for part in parts]
    order = sorted(range(len(parts)), key=lambda n: low[n] - parts[n] * size)
    up = order[: whole - sum(low)]
    return [whole / size, *((one + (n in up)) / size for n, one in enumerate(low))]


def _note(alarm: Alarm, unit: str) -> str:
    if unit == "labels/day":
        return (
            "Each makes: because those at work make more or fewer; at work: because there are "
            "more or fewer of them."
        )
    strata = _STRATA.get(alarm.strata) or "work"
    told = (
        f"Mix: because other {strata} came in; quality: what is left when their shares are held "
        "still."
    )
    return sentence(told, "The parts multiply to the whole." if unit == "s" else "")


def _title(whole: str, first: str, second: str, *, unit: str) -> str:
    if unit == "labels/day":
        return (
            f"The days since against eight weeks before: {whole}, of it each makes {first} and "
            f"at work {second}"
        )
    return (
        f"The days since against eight weeks before: {whole}, of it quality {first} and mix "
        f"{second}"
    )


_NAMES = alt.Axis(title=None, ticks=False, domain=False, labelLimit=220, labelPadding=6)


def _words(watched: Watched) -> list[str]:
    if watched.measure.unit == "labels/day":
        return ["Each makes", "At work"]
    return ["Quality", "Mix"]


def _beside(base: alt.Chart) -> alt.Chart:
    """Return the words of the bars, right of each: of zero, or of a bar that goes beyond it."""
    words = base.mark_text(fontSize=FONT_SIZE, align="left", dx=6)
    drawn: alt.Chart = words.encode(text="text:N", x=alt.X("end:Q", axis=None))
    return drawn
