"""The verdict: one honest sentence by rules. Unknown quality is never called healthy."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from labelpulse.core import formats
from labelpulse.findings.pace import Pace

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
        target: the operator's for this kind of measure, None = none set.
        high_days: upper end of the interval that has days as its draws, where it is another one.
        weak: it may look good where work is bad, so that it calls nothing healthy.
    """

    kind: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    noun: str
    enough: bool
    target: float | None = None
    high_days: float | None = None
    weak: bool = False

    @property
    def known(self) -> bool:
        """True when there is a value that rests on enough, and that is no weak sign."""
        return self.enough and self.value is not None and not self.weak

    @property
    def under(self) -> bool:
        """True when the value lies under its target."""
        return self.known and self.target is not None and (self.value or 0) < self.target

    @property
    def clearly_under(self) -> bool:
        """True when the value lies under its target with its whole intervals."""
        ends = [end for end in (self.high, self.high_days) if end is not None]
        return self.under and bool(ends) and max(ends) < (self.target or 0)

    @property
    def against_target(self) -> str:
        """How the value stands to its target: clearly below = with its whole intervals."""
        target, value = self.target, self.value
        if target is None or value is None:
            return ""
        shown = formats.percent(target)
        if self.clearly_under:
            return f"clearly below its target of {shown}"
        if formats.percent(value) == shown:
            if self.under:
                return f"just below its target of {shown}"
            return f"at its target of {shown}"
        if self.under:
            return f"below its target of {shown}"
        return f"above its target of {shown}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the verdict is made from.

    Attributes:
        answers, days: answers submitted so far, and on how many days.
        progress: share of required labels that are there; None without items.
        quality: None = no gold, no overlap, no review.
        agreement: beside better evidence, where a target is set for it; else None.
        unmeasured: what there is, where answers are of a kind that is not measured; no full stop.
        unproven: target of accuracy that no gold and no review tells of; None = there is none.
        need: how far it is known how many labels the items need, ``ASSUMED`` or a sentence of
            this kind without full stop; "" = for all of them.
        loading: first load still running. silent: names of sources that are late or broken.
        fallen: a sentence without full stop on quality that fell lately; "" = it did not.
        missed: that sentence also says that a target is clearly missed.
        mix: other work or other people came in, and nobody answers worse than before.
    """

    answers: int
    days: int
    progress: float | None
    pace: Pace
    deadline: date | None
    quality: Quality | None
    today: date
    agreement: Quality | None = None
    unmeasured: str = ""
    unproven: float | None = None
    need: str = ""
    loading: bool = False
    silent: tuple[str, ...] = ()
    fallen: str = ""
    missed: bool = False
    mix: bool = False

    @property
    def judged_by_target(self) -> bool:
        """True when a target is set for a quality that is known."""
        return any(one and one.known and one.target is not None for one in self.measured)

    @property
    def measured(self) -> tuple[Quality | None, ...]:
        """The headline evidence of quality, and agreement beside it."""
        return self.quality, self.agreement


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
_ASSUMED = "(1 assumed)"


def needs_known(items: int, assumed: int) -> str:
    """Return how far it is known how many labels items need; "" = for all of them."""
    if not assumed:
        return ""
    unknown = "how many it needs is not known"
    if assumed < items:
        unknown = f"how many {formats.count(assumed)} of {formats.count(items)} need is not known"
    return f"{unknown} {_ASSUMED}"


def verdict(facts: Facts) -> Verdict:
    """Return the verdict on a project as it stands now."""
    if facts.loading:
        text = "The history is still loading: numbers are not final."
        return Verdict("Loading", "gray", text)
    found = _early(facts) or _judged(facts)
    if facts.silent:
        text = f"Nothing new from {formats.listed(list(facts.silent))}. As last read: {found.text}"
        return Verdict("Stale", "orange", text, "Data says why, and what to do.")
    return found


def _early(facts: Facts) -> Verdict | None:
    if not facts.answers:
        text = "Nobody has submitted an answer yet."
        return Verdict("No answers yet", "gray", text)
    if facts.answers < FEW_ANSWERS or facts.days < FEW_DAYS:
        answers = formats.count_of(facts.answers, "answer", "answers")
        text = f"Too early: {answers}, {formats.count_of(facts.days, 'day', 'days')}."
        return Verdict("Too early", "gray", text)
    return None


def _judged(facts: Facts) -> Verdict:
    fallen = f" {facts.fallen}." if facts.fallen else ""
    text = f"{_time(facts)} {_quality(facts)}{fallen}"
    known = facts.quality is not None and facts.quality.known
    remedy = "" if known or facts.unmeasured else UNKNOWN_REMEDY
    which = _MIXED if facts.mix else _WHICH
    if _is_late(facts):
        return Verdict("Late", "red", text, remedy)
    if facts.missed or any(one is not None and one.under for one in facts.measured):
        return Verdict("Quality low", "orange", text, which if facts.fallen else "")
    if facts.fallen:
        return Verdict("Quality fell", "orange", text, which)
    if not known:
        return Verdict("Quality unknown", "gray", text, remedy)
    return _measured(facts, text)


_WHICH = "Agreement says which labels and people."
_MIXED = "Nobody works worse: Drift says what came in."


def _measured(facts: Facts, text: str) -> Verdict:
    """Return the verdict where nothing is wrong: on track only against a deadline and a target.

    Nothing is finished or on track by an assumption of what is needed.
    """
    finished = facts.progress == 1
    remedy = _to_set(facts)
    if not finished and (facts.need or remedy):
        return Verdict("Running", "blue", text, remedy)
    if facts.need:
        return Verdict("Need unknown", "blue", text, remedy)
    if remedy:
        return Verdict("Finished", "blue", text, remedy)
    return Verdict("On track", "green", text)


def _to_set(facts: Facts) -> str:
    """Return what to set for a verdict to be made by it; "" = all is set that is needed."""
    if facts.unproven is not None:
        return "Mark known answers as gold, or review a sample: accuracy is to be known."
    deadline = facts.deadline is None and facts.progress != 1
    if facts.judged_by_target:
        return "Set a deadline to be judged by." if deadline else ""
    if deadline:
        return "Set a deadline and a target to be judged by."
    return "Set a target to be judged by."


def _is_late(facts: Facts) -> bool:
    passed = facts.deadline is not None and facts.deadline < facts.today
    open_work = facts.progress is not None and facts.progress < 1
    return open_work and (passed or facts.pace.late)


def _time(facts: Facts) -> str:
    if facts.progress == 1:
        if facts.need:
            return f"Every item has a label; {facts.need}."
        return "All required labels are there."
    done = f"{formats.percent(facts.progress)} done"
    if facts.need:
        need = facts.need.removesuffix(f" {_ASSUMED}")
        done = f"{done} ({need}: 1 assumed)"
    if facts.deadline is None:
        return f"{done}, no deadline set."
    day = formats.day_year(facts.deadline)
    if facts.deadline < facts.today:
        return f"{done}, and the deadline of {day} has passed."
    if facts.pace.needed is None or facts.pace.made is None:
        return f"{done}; the deadline is {day}."
    return _against_deadline(facts.pace, done, day)


def _against_deadline(pace: Pace, done: str, day: str) -> str:
    needed = formats.rate(pace.needed)
    made = formats.rate(pace.made)
    if pace.late:
        return (
            f"{done} and late for {day}: it needs {needed} labels per working day and makes {made}."
        )
    return (
        f"{done} and on pace for {day}: it needs {needed} labels per working day and makes {made}."
    )


def _quality(facts: Facts) -> str:
    quality = facts.quality
    if quality is None:
        why = facts.unmeasured or "no known answers, no second answers, no reviews"
        return f"Quality unknown: {why}."
    if quality.weak:
        return f"Quality unknown but for a weak sign: {_estimate(quality)}."
    if not quality.known:
        n = formats.counted(quality.n, quality.noun)
        return f"Quality unknown: {quality.kind} rests on {n} only."
    if quality.target is None and not facts.judged_by_target and facts.unproven is None:
        estimate = formats.begun(_estimate(quality))
        return f"{estimate}, no target set."
    said = [one for one in facts.measured if one is not None and one.known]
    if facts.missed:  # the sentence on the last days says how agreement stands to its target
        said = [quality]
    sentences = [f"{formats.begun(_estimate(one))}." for one in said]
    if facts.unproven is not None:
        aim = formats.percent(facts.unproven)
        unknown = f"Nothing tells whether accuracy reaches its target of {aim}."
        sentences.append(unknown)
    return " ".join(sentences)


def _estimate(quality: Quality) -> str:
    """Return a measure with its interval and target, as the middle of a sentence."""
    low_high = formats.interval(quality.low, quality.high, "share")
    value = formats.percent(quality.value)
    words = f"{quality.kind} is {value}"
    words += f" ({low_high})" if low_high else ""
    against = quality.against_target
    return f"{words}, {against}" if against else words
