"""From label ids to answers that can be compared: merged, ordered, numbered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labelpulse.core.events import Scale
from labelpulse.metrics.base import Ask, Control
from labelpulse.stats.domain import Domain, Kind

Answer = str | frozenset[str]
"""A label, or the options of a set."""

NO_OPTION = "(none)"
MAX_SETS = 2_000
"""Distances between more different sets than this are not summed."""


def answer_of(control: Control, ask: Ask, label: int) -> Answer:
    """Return what a label id says, after merging."""
    if control.is_set:
        options = control.options.get(label, (label,))
        return frozenset(ask.text(control.labels[one]) for one in options)
    return ask.text(control.labels[label])


def label_name(answer: Answer) -> str:
    """Return an answer as one text; the options of a set are joined with a bar.

    >>> label_name("a"), label_name(frozenset("ba")), label_name(frozenset())
    ('a', 'a|b', '(none)')
    """
    return answer if isinstance(answer, str) else "|".join(sorted(answer)) or NO_OPTION


def natural(text: str) -> tuple[bool, float, str]:
    """Return a sort key that puts numbers first, by size, and then texts.

    >>> sorted(["b", "10", "9", "a"], key=natural)
    ['9', '10', 'a', 'b']
    """
    number = as_number(text)
    return (True, 0.0, text) if number is None else (False, number, text)


def as_number(text: str) -> float | None:
    """Return the finite number that a label is; None when it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


@dataclass(frozen=True, slots=True)
class Categories:
    """The answers of a question, numbered.

    Attributes:
        answers: by number.
        of: label id -> number.
        why: why they cannot be compared on this scale; "" = they can.
        note: what was assumed about them.
    """

    answers: tuple[Answer, ...]
    of: Mapping[int, int]
    domain: Domain
    why: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The answers as texts."""
        return tuple(map(label_name, self.answers))


def categories(control: Control, ask: Ask, used: Iterable[int], *, whole: bool) -> Categories:
    """Number the answers of a question.

    Args:
        used: label ids that occur.
        whole: how many categories there are matters, so that without a declaration all labels
            of present answers count, also those outside the query.
    """
    declared = control.rules.labels
    ids = set(used)
    note = ""
    if whole and declared is None and not control.is_set:
        ids |= control.seen()
        note = "labels are not declared: those seen count"
    answers = {one: answer_of(control, ask, one) for one in ids}
    if control.is_set:
        return _sets(ask, answers)
    texts = [ask.text(text) for text in declared or ()]
    seen = {answer for answer in answers.values() if isinstance(answer, str)}
    order = tuple(dict.fromkeys([*texts, *sorted(seen - set(texts), key=natural)]))
    numbers = {text: at for at, text in enumerate(order)}
    of = {one: numbers[str(answer)] for one, answer in answers.items()}
    return _scaled(control, order, of, note)


def _sets(ask: Ask, answers: Mapping[int, Answer]) -> Categories:
    order = tuple(sorted({frozenset(answer) for answer in answers.values()}, key=label_name))
    numbers = {answer: at for at, answer in enumerate(order)}
    of = {one: numbers[frozenset(answer)] for one, answer in answers.items()}
    domain = Domain("set", len(order), order, ask.distance or "jaccard")
    why = ""
    if len(order) > MAX_SETS and not domain.alike:
        why = f"{len(order):,} different sets, more than {MAX_SETS:,}: use --distance exact"
    return Categories(order, of, domain, why)


def _scaled(
    control: Control, order: tuple[str, ...], of: Mapping[int, int], note: str
) -> Categories:
    scale, q = control.rules.scale, len(order)
    kinds: dict[Scale, Kind] = {Scale.INTERVAL: "interval", Scale.RATIO: "ratio"}
    if scale in kinds:
        values = [as_number(text) for text in order]
        wrong = [text for text, value in zip(order, values, strict=True) if value is None]
        why = ""
        if wrong:
            why = f"label {wrong[0]!r} is no number, as scale {scale} needs"
        return Categories(order, of, Domain(kinds[scale], q, tuple(values)), why, note)
    if scale == Scale.ORDINAL:
        guessed = control.rules.labels is None and any(as_number(one) is None for one in order)
        alphabetical = "order of labels not declared: alphabetical"
        order_note = alphabetical if guessed else note
        return Categories(order, of, Domain("ordinal", q), note=order_note)
    return Categories(order, of, Domain("nominal", q), note=note)
