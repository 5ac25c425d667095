"""Models in the loop: acceptance, edits, agreement with the model, automation bias."""

from collections.abc import Callable, Iterable

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.accuracy import why_none
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.assisted import Sums
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.stats.intervals import ratio_of_shares, wilson

COUNTS = Need("assist_counts", ("label_id",))
ENOUGH = 20
"""Below so many answers, or pairs of people, two agreements are not held against each other."""

NONE_SHOWN = "no answer started from a prediction that is known"
NONE_BLIND = "no answer was given without a prediction on an item that has one"


def _by_label(group: Group) -> dict[str | None, Sums]:
    """Return the sums by predicted label, all under None where labels do not matter."""
    found: dict[str | None, Sums] = {}
    apart = group.ask.by_label or group.ask.wanted is not None
    for (label_id,), values in group.sums(COUNTS).items():
        name = label_name(answer_of(group.control, group.ask, label_id)) if label_id else None
        if group.ask.wanted is not None and (name is None or not group.ask.keeps(name)):
            continue
        label = name if apart else None
        found[label] = found.get(label, Sums(*[0] * len(values))).plus(Sums(*values))
    return found


def _each(number: Callable[[Group, Sums], Estimate]) -> Finish:
    """Return a finish that makes a number of the sums of each label, or of all together."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        found = _by_label(group)
        if group.ask.by_label:
            return [({"label": label}, number(group, sums)) for label, sums in found.items()]
        total = Sums(*[0] * len(Sums._fields))
        for sums in found.values():
            total = total.plus(sums)
        return single(number(group, total))

    return finish


def _share(part: float, n: int, why: str) -> Estimate:
    return estimate.estimate(part / n, wilson(part, n), n) if n else estimate.undefined(0, why)


def _acceptance(_: Group, sums: Sums) -> Estimate:
    return _share(sums.accepted, sums.shown, NONE_SHOWN)


def _edits(_: Group, sums: Sums) -> Estimate:
    return _share(sums.objects - sums.kept, sums.objects, NONE_SHOWN)


def _agreement(group: Group, sums: Sums) -> Estimate:
    found = _share(sums.alike, sums.blind, group.control.unlike() or NONE_BLIND)
    # Each pair of people is seen from both sides, unless one side is asked for.
    sides = 1 if "annotator" in group.ask.by else 2
    alike, pairs = sums.pairs_alike / sides, sums.pairs // sides
    human = _share(alike, pairs, NONE_BLIND)
    held, note = _NO_RATIO, ""
    if found.value is not None and alike and min(sums.blind, pairs) >= ENOUGH:
        ends = ratio_of_shares((sums.alike, sums.blind), (alike, pairs))
        held = Estimate(float(found.value) * pairs / alike, *ends, pairs)
    elif found.value is not None:
        note = f"no ratio: fewer than {ENOUGH} answers or pairs of people who saw no prediction"
    shown = {"human": human.value, "human_low": human.low, "human_high": human.high}
    shown |= {"human_n": pairs, "ratio": held.value, "ratio_low": held.low, "ratio_high": held.high}
    return found.showing(**shown).noting(note)


_NO_RATIO = Estimate(None, None, None, 0)


def _bias(group: Group, sums: Sums) -> Estimate:
    exposed = "nobody was shown a wrong prediction on an item with gold"
    why = group.control.unlike() or (exposed if group.gold != "none" else why_none(group))
    return _share(sums.wrong_accepted, sums.wrong, why)


_KEYS = (*PLACE, "control", "team", "batch", "annotator", "model_version", "score_band", "label")


def _metric(name: str, counted: str, number: Callable[[Group, Sums], Estimate]) -> Metric:
    return Metric(
        name=name,
        unit="share",
        counted=counted,
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(COUNTS,),
        finish=_each(number),
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    )


METRICS = (
    _metric("prediction_acceptance", "answers that started from a prediction", _acceptance),
    _metric("prediction_edit_rate", "predicted objects", _edits),
    _metric("prediction_agreement", "answers given without a prediction", _agreement),
    _metric("automation_bias", "wrong predictions shown on gold", _bias),
)
