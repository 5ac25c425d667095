"""Labels: which labels people give, one countable answer each; a set counts each option."""

from collections.abc import Iterable, Iterator
from math import exp, fsum, log, sqrt

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Scale
from labelpulse.core.formats import plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.answers import answer_of
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, Partial, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats.intervals import Z95, wilson

ANSWERS = 0
"""In place of a label: answers to a control of sets, whose options sum to more or less."""


def label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of submission, control, annotator, label or option): 1."""
    for control, rows in view.countable.items():
        rules = view.rules.controls.get(control)
        if rules is None or not rules.labeled:
            continue
        for row in rows:
            if row.label is None:
                continue
            day, _ = local_day_hour(row.since, view.rules.timezone)
            if rules.scale == Scale.SET:
                yield (day, control, row.annotator, ANSWERS), (1,)
                for option in view.item.options.get(row.label, (row.label,)):
                    yield (day, control, row.annotator, option), (1,)
            else:
                yield (day, control, row.annotator, row.label), (1,)


def answer_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of submission, control, annotator, label, sets whole): 1."""
    for control, rows in view.countable.items():
        rules = view.rules.controls.get(control)
        for row in rows if rules is not None and rules.labeled else ():
            if row.label is not None:
                day, _ = local_day_hour(row.since, view.rules.timezone)
                yield (day, control, row.annotator, row.label), (1,)


ROLLUPS = (Rollup(schema.label_counts, label_partials),)
FACTS = (
    Partial(
        "label_answers", ("day", "control_id", "annotator_id", "label_id"), ("n",), answer_partials
    ),
)
"""Sets whole, for merging their options: an answer with two merged options has one label."""

GIVEN = Need("label_counts", ("label_id",))
WHOLE = Need("label_answers", ("label_id",))
SAID = Need("label_answers", ("annotator_id", "label_id"))
"""Who gave which label: what fits to answers rest on."""


def _by_label(group: Group) -> tuple[dict[str, int], int]:
    """Return how often each label was given, and how many answers there are."""
    if any(control.is_set for control in group.controls) and group.ask.merge:
        return _merged_sets(group)
    sets = {id_ for control in group.controls if control.is_set for id_ in control.labels}
    texts = {id_: text for control in group.controls for id_, text in control.labels.items()}
    given: dict[str, int] = {}
    answers = 0
    for (label,), (n,) in group.sums(GIVEN).items():
        if label not in sets:
            answers += n
        if label != ANSWERS:
            text = group.ask.text(texts[label])
            given[text] = given.get(text, 0) + n
    return given, answers


def _merged_sets(group: Group) -> tuple[dict[str, int], int]:
    owners = {id_: control for control in group.controls for id_ in control.labels}
    given: dict[str, int] = {}
    answers = 0
    for (label,), (n,) in group.sums(WHOLE).items():
        answers += n
        answer = answer_of(owners[label], group.ask, label)
        for text in (answer,) if isinstance(answer, str) else answer:
            given[text] = given.get(text, 0) + n
    return given, answers


def _unlabeled(group: Group) -> str:
    whys = [control.unlabeled() for control in group.controls]
    return whys[0] if whys and all(whys) else ""


def _count(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    given, _ = _by_label(group)
    kept = {text: n for text, n in given.items() if group.ask.keeps(text)}
    if not group.ask.by_label:
        why = _unlabeled(group)
        return single(estimate.undefined(0, why) if why else estimate.count(sum(kept.values())))
    return [({"label": text}, estimate.count(n)) for text, n in kept.items()]


def _share(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    given, n = _by_label(group)
    if n == 0:
        why = _unlabeled(group) or "no label was given"
        return [({}, estimate.undefined(0, why))]
    return [
        ({"label": text}, estimate.estimate(count / n, wilson(count, n), n))
        for text, count in given.items()
        if group.ask.keeps(text)
    ]


def _imbalance(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    given, n = _by_label(group)
    counts = {text: count for text, count in given.items() if group.ask.keeps(text)}
    if len(counts) < 2:
        none = "no label was given"
        one = f"only {next(iter(counts))!r} was given" if counts else none
        return single(estimate.undefined(n, _unlabeled(group) or one))
    ordered = sorted(counts, key=lambda text: (-counts[text], text))  # even ties have two ends
    largest, smallest = ordered[0], ordered[-1]
    most, least, total = counts[largest], counts[smallest], sum(counts.values())
    value, half = most / least, exp(Z95 * sqrt(1 / most + 1 / least))
    ends = (max(value / half, 1.0), value * half)
    entropy = -fsum(count / total * log(count / total) for count in counts.values())
    absent = {text for text in _declared(group) if group.ask.keeps(text)} - counts.keys()
    labels = plural(len(absent), "declared label", "declared labels")
    left = f"{labels} never given left out"
    found = estimate.estimate(value, ends, n, left if absent else "")
    return single(
        found.showing(
            effective=exp(entropy), labels=len(counts), largest=largest, smallest=smallest
        )
    )


def _declared(group: Group) -> set[str]:
    labels = (text for control in group.controls for text in control.rules.labels or ())
    return {group.ask.text(text) for text in labels}


_KEYS = (*PLACE, "control", "team", "batch", "annotator", "label")
METRICS = (
    Metric(
        name="label_count",
        unit="labels",
        counted="labels",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(GIVEN,),
        finish=_count,
        split=("control",),
        takes=("merge",),
        chart="bar",
        on_control=True,
    ),
    Metric(
        name="label_share",
        unit="share",
        counted="answers",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(GIVEN,),
        finish=_share,
        split=("project", "control"),
        joins=True,
        implied=("label",),
        min_n=20,
        takes=("merge",),
        chart="bar",
        on_control=True,
    ),
    Metric(
        name="label_imbalance",
        unit="ratio",
        counted="answers",
        by=(*(key for key in _KEYS if key != "label"), *DATES),
        where=_KEYS,
        needs=(GIVEN,),
        finish=_imbalance,
        split=("project", "control"),
        joins=True,
        min_n=20,
        takes=("merge",),
        on_control=True,
    ),
)
