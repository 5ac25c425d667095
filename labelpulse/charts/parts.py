"""What a change is made of: worse answers, or other work and other people."""

import altair as alt
import pandas as pd

from labelpulse.charts.control import Alarm, Watched, moved
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    FONT_SIZE,
    MAIN,
    MUTED,
    Figure,
    layered,
    painted,
)
from labelpulse.core.catalogue import say

HEIGHT = 110
_STRATA = {"batch": say("batches"), "label": say("labels"), "annotator": say("people")}


def split(alarm: Alarm | None, watched: Watched) -> Figure | None:
    """Return two bars: how much of a change is quality and how much is mix; None = not known."""
    if alarm is None or alarm.quality is None or alarm.mix is None:
        return None
    unit, name = watched.measure.unit, watched.measure.name
    values = (alarm.quality, alarm.mix)
    words = [moved(value, unit) for value in values]
    what = _words(watched)
    ends = [max(value, 0) for value in values]
    frame = pd.DataFrame(
        {"part": what, "value": values, "end": ends, "text": words, "role": [ACCENT, MAIN]}
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("part:N", sort=None, axis=_NAMES),
        x=alt.X("value:Q", axis=None),
        tooltip=[alt.Tooltip("part:N", title=say("Part")), alt.Tooltip("text:N", title=name)],
    )
    zero = alt.Chart(pd.DataFrame({"value": [0]})).mark_rule(strokeWidth=1)
    layers = [
        base.mark_bar(height=22, cornerRadius=2, opacity=0.9).encode(color=BY_ROLE),
        painted(zero.encode(x=alt.X("value:Q", axis=None)), MUTED),
        painted(_beside(base), MUTED),
    ]
    title = _title(moved(alarm.quality + alarm.mix, unit), *words, unit=unit)
    note = _note(alarm, unit)
    described = say("Two bars. {finding}.", finding=title)
    return Figure(title, note, described, layered(layers, HEIGHT), 2)


def _note(alarm: Alarm, unit: str) -> str:
    if unit == "labels/day":
        return say(
            "Each makes: because those at work make more or fewer; at work: because there are "
            "more or fewer of them."
        )
    return say(
        "Mix: because other {strata} came in; quality: what is left when their shares are held "
        "still.",
        strata=_STRATA.get(alarm.strata) or say("work"),
    )


def _title(whole: str, first: str, second: str, *, unit: str) -> str:
    told = {"whole": whole, "first": first, "second": second}
    if unit == "labels/day":
        return say(
            "The days since against eight weeks before: {whole}, of it each makes {first} and "
            "at work {second}",
            **told,
        )
    return say(
        "The days since against eight weeks before: {whole}, of it quality {first} and "
        "mix {second}",
        **told,
    )


_NAMES = alt.Axis(title=None, ticks=False, domain=False, labelLimit=220, labelPadding=6)


def _words(watched: Watched) -> list[str]:
    if watched.measure.unit == "labels/day":
        return [say("Each makes"), say("At work")]
    return [say("Quality"), say("Mix")]


def _beside(base: alt.Chart) -> alt.Chart:
    """Return the words of the bars, right of each: of zero, or of a bar that goes beyond it."""
    words = base.mark_text(fontSize=FONT_SIZE, align="left", dx=6)
    drawn: alt.Chart = words.encode(text="text:N", x=alt.X("end:Q", axis=None))
    return drawn
