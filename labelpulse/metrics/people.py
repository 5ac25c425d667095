"""People beside their team: skill, signs of careless work, groups who read the labels alike.

Whatever a query chooses of people says who is shown; who they are compared with is everybody of
the same project, question and days.
"""

from labelpulse.metrics.accuracy import KEYS
from labelpulse.metrics.base import PLACE, Finish, Metric, Need
from labelpulse.metrics.consensus import ANSWERS, lazy
from labelpulse.metrics.throughput import EDITED, SKIPPED, SUBMITTED

GOLD = Need("gold_confusion", ("annotator_id", "gold_label", "label_id"))
WORK = Need("activity", ("annotator_id", "event"), (("event", (SUBMITTED, SKIPPED, EDITED)),))

_KEYS = (*PLACE, "control")
_SHARE = "share"


def _of_gold(
    name: str, unit: str, counted: str, emits: tuple[str, ...], needs: tuple[Need, ...] = (GOLD,)
) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=(*_KEYS, *emits),
        where=KEYS,
        needs=needs,
        finish=lazy(name, "skill"),
        split=("project", "control"),
        implied=emits,
        emits=emits,
        min_n=20,
        chart="bar",
        takes=("merge",),
        on_control=True,
    )


def _of_answers(
    name: str,
    unit: str,
    counted: str,
    finish: Finish,
    emits: tuple[str, ...] = ("annotator",),
    min_n: int = 20,
) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=(*_KEYS, *emits),
        where=(*_KEYS, "team", "batch", "annotator"),
        needs=(ANSWERS,),
        finish=finish,
        split=("project", "control"),
        implied=emits,
        emits=emits,
        min_n=min_n,
        kind="fit",
        chart="bar",
        on_control=True,
    )


def _of_work(name: str, counted: str, finish: Finish) -> Metric:
    return Metric(
        name=name,
        unit=_SHARE,
        counted=counted,
        by=(*PLACE, "annotator"),
        where=(*PLACE, "team", "batch", "annotator"),
        needs=(WORK,),
        finish=finish,
        split=("project",),
        implied=("annotator",),
        emits=("annotator",),
        min_n=20,
        chart="bar",
    )


METRICS = (
    _of_gold("gold_accuracy_shrunk", _SHARE, "first answers to gold", ("annotator",)),
    _of_gold("error_lift", "ratio", "answers", ("annotator", "label"), (GOLD, ANSWERS)),
    _of_answers(
        "gold_item_health",
        "state",
        "first answers",
        lazy("gold_item_health", "gold_items"),
        ("item",),
        min_n=1,
    ),
    _of_answers("signal_too_fast", _SHARE, "times", lazy("too_fast", "behaviour")),
    _of_answers(
        "signal_straight_lining", "answers", "answers", lazy("straight_lining", "behaviour")
    ),
    _of_answers("signal_label_mix", _SHARE, "answers", lazy("label_mix", "behaviour")),
    _of_work("signal_skips", "submissions and skips", lazy("skips", "behaviour")),
    _of_work("signal_edits", "submissions", lazy("edits", "behaviour")),
    _of_answers(
        "signal_copying",
        _SHARE,
        "gold items both got wrong",
        lazy("copying", "behaviour"),
        ("annotator_pair",),
        min_n=1,
    ),
    _of_answers(
        "annotator_cluster",
        "group",
        "answers that others answered, too",
        lazy("annotator_cluster", "groups"),
    ),
)
