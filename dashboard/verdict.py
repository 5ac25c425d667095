"""The verdict: one honest sentence by rules. Unknown quality is never called healthy."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.pace import Pace
from labelpulse.charts import formats

Tone = Literal["red", "orange", "green", "blue", "gray"]

FEW_ANSWERS, FEW_DAYS = 50, 3
"""With fewer answers, or on fewer days, every verdict is too early."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The best evidence of quality that there is.

    Attributes:
        kind: what it is, for the tile: ``gold accuracy`` or ``agreement``.
        noun: what n counts.
        enough: n reaches the metric's minimum.
        target: the operator's, None = none set.
    """

    kind: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    noun: str
    enough: bool
    target: float | None = None

    @property
    def known(self) -> bool:
        """True when there is a value that rests on enough."""
        return self.enough and self.value is not None

    @property
    def under(self) -> bool:
        """True when the value lies under its target."""
        return self.known and self.target is not None and (self.value or 0) < self.target


@dataclass(frozen=True, slots=True)
class Facts:
    """What the verdict is made from.

    Attributes:
        answers, days: answers submitted so far, and on how many days.
        progress: share of required labels that are there; None without items.
        quality: None = no gold, no overlap, no review.
        loading: first load still running. silent: names of sources that are late or broken.
        fallen: a sentence without full stop on quality that fell lately; "" = it did not.
    """

    answers: int
    days: int
    progress: float | None
    pace: Pace
    deadline: date | None
    quality: Quality | None
    today: date
    loading: bool = False
    silent: tuple[str, ...] = ()
    fallen: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence, a word for it with its tone, and the cheapest next step; "" = none."""

    word: str
    tone: Tone
    text: str
    remedy: str = ""


UNKNOWN_REMEDY = (
    "Let a second person label 100 items that are done: that gives agreement to about "
    "±8 points at 80 %; 400 give ±4. Or mark known answers as gold."
)


def verdict(facts: Facts) -> Verdict:
    """Return the verdict on a project as it stands now."""
    if facts.loading:
        return Verdict("Loading", "gray", "The history is still loading: numbers are not final.")
    found = _early(facts) or _judged(facts)
    if facts.silent:
        names = formats.listed(list(facts.silent))
        text = f"Nothing new from {names}. As last read: {found.text}"
        return Verdict("Stale", "orange", text, "Data says why, and what to do.")
    return found


def _early(facts: Facts) -> Verdict | None:
    if not facts.answers:
        return Verdict("No answers yet", "gray", "Nobody has submitted an answer yet.")
    if facts.answers < FEW_ANSWERS or facts.days < FEW_DAYS:
        counts = f"{formats.plural(facts.answers, 'answer')}, {formats.plural(facts.days, 'day')}"
        return Verdict("Too early", "gray", f"Too early: {counts}.")
    return None


def _judged(facts: Facts) -> Verdict:
    fallen = f" {facts.fallen}." if facts.fallen else ""
    text = f"{_time(facts)} {_quality(facts.quality)}{fallen}"
    known = facts.quality is not None and facts.quality.known
    if _is_late(facts):
        return Verdict("Late", "red", text, "" if known else UNKNOWN_REMEDY)
    if facts.quality is not None and facts.quality.under:
        return Verdict("Quality low", "orange", text)
    if facts.fallen:
        return Verdict("Quality fell", "orange", text, "Agreement says which labels and people.")
    if facts.quality is None or not known:
        return Verdict("Quality unknown", "gray", text, UNKNOWN_REMEDY)
    return _measured(facts, facts.quality, text)


def _measured(facts: Facts, quality: Quality, text: str) -> Verdict:
    """Return the verdict where nothing is wrong: on track only against a deadline and a target."""
    finished = facts.progress == 1
    missing = ["deadline"] if facts.deadline is None and not finished else []
    missing += ["target"] if quality.target is None else []
    if missing:
        word = "Finished" if finished else "Running"
        return Verdict(word, "blue", text, f"Set a {' and a '.join(missing)} to be judged by.")
    return Verdict("On track", "green", text)


def _is_late(facts: Facts) -> bool:
    passed = facts.deadline is not None and facts.deadline < facts.today
    open_work = facts.progress is not None and facts.progress < 1
    return open_work and (passed or facts.pace.late)


def _time(facts: Facts) -> str:
    done = f"{formats.percent(facts.progress)} done"
    if facts.progress == 1:
        return "All required labels are there."
    if facts.deadline is None:
        return f"{done}, no deadline set."
    day = formats.day_year(facts.deadline)
    if facts.deadline < facts.today:
        return f"{done}, and the deadline of {day} has passed."
    if facts.pace.needed is None or facts.pace.made is None:
        return f"{done}; the deadline is {day}."
    made, needed = formats.rate(facts.pace.made), formats.rate(facts.pace.needed)
    if facts.pace.late:
        return (
            f"{done} and late for {day}: it needs {needed} labels a working day and makes {made}."
        )
    return f"{done} and on pace for {day}: it needs {needed} labels a working day and makes {made}."


def _quality(quality: Quality | None) -> str:
    if quality is None:
        return "Quality unknown: no known answers, no second answers, no reviews."
    if not quality.known:
        n = formats.counted(quality.n, quality.noun)
        return f"Quality unknown: {quality.kind} rests on {n} only."
    value = formats.percent(quality.value)
    low_high = formats.interval(quality.low, quality.high, "share")
    words = f"{quality.kind.capitalize()} is {value}" + (f" ({low_high})" if low_high else "")
    if quality.target is None:
        return f"{words}, no target set."
    side = "under" if quality.under else "not under"
    return f"{words}, {side} its target of {formats.percent(quality.target)}."
