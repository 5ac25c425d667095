"""Rules that need no tuning: they hold a project against its own past, its deadline, its target.

They wait for the end of the first load; of a source that cannot fill them they see nothing. What is
only known as of now (forecast, stages, signals, gaps) has the history that was kept of it: one
number a day, from the day on which its rule began. So a queue is held against its own past after
fourteen days, and a forecast is late on the second day that says so.

How often they fire on a calm project, and what they find, is in docs/validation.md.
"""

from typing import TYPE_CHECKING, Any

from labelpulse.config import Alert

if TYPE_CHECKING:
    from labelpulse.config import Settings

MANAGER, QUALITY, OPERATOR = "project manager", "quality lead", "operator"


def starter(settings: "Settings") -> list[Alert]:
    """Return the starter rules, with the silence of each source by its own beat."""
    return [
        *map(_rule, _ANYWHERE),
        *(_silent(one.name, one.beat.total_seconds()) for one in settings.sources),
    ]


def _rule(said: dict[str, Any]) -> Alert:
    return Alert.model_validate(said)


def _silent(source: str, beat_s: float) -> Alert:
    """Return the rule on a source that is silent or broken: no poll of it succeeds.

    It stands on the page and among what fires, and is told nowhere: each channel is told of a
    silent source anyway, once, whatever the rules.
    """
    return _rule(
        {
            "name": f"{source} is silent",
            "metric": "source_lag",
            "by": ("source",),
            "where": (f"source={source}",),
            "above": max(5 * beat_s, 900.0),
            "severity": "critical",
            "owner": OPERATOR,
            "channels": (),
        }
    )


_ANYWHERE: tuple[dict[str, Any], ...] = (
    {
        "name": "late finish",
        "metric": "finish_date",
        "by": ("project",),
        "late": True,
        "for": 2,
        "keep_firing": 2,
        "severity": "critical",
        "owner": MANAGER,
    },
    {
        "name": "pace left its band",
        "metric": "throughput_drift",
        "by": ("project",),
        "drift": "low",
        "min_n": 20,
        "owner": MANAGER,
    },
    {
        "name": "nobody works",
        "metric": "annotations_submitted",
        "by": ("project",),
        "no_data": 1,
        "owner": MANAGER,
    },
    {  # by length: age also grows on each day off; a backlog, and what all skipped, is no queue
        "name": "queue grows",
        "metric": "stage_items",
        "by": ("project", "stage"),
        "where": ("stage=waiting_for_labels", "stage=review"),
        "worse_than_own": "28d",
        "factor": 2,
        "min_n": 20,
        "for": 2,
        "keep_firing": 2,
        "owner": MANAGER,
    },
    {
        "name": "many skips",
        "metric": "skip_rate",
        "by": ("project",),
        "window": "3d",
        "worse_than_own": "28d",
        "factor": 1.5,  # of three times as many, one interval in four reaches below twice
        "min_n": 50,
        "owner": MANAGER,
    },
    {
        "name": "agreement left its band",
        "metric": "agreement_drift",
        "by": ("project", "control"),
        "drift": True,
        "severity": "critical",
        "owner": QUALITY,
    },
    {
        "name": "wrong more often than the others",
        "metric": "gold_accuracy",
        "by": ("project", "control", "annotator"),
        "window": "28d",
        "worse_than_peers": 0.05,  # beyond chance: of some twenty answers that is often 20 points
        "keep_firing": 5,
        "owner": QUALITY,
    },
    {
        "name": "accuracy of one person fell",
        "metric": "gold_drift",
        "by": ("project", "control", "annotator"),
        "drift": True,
        "owner": QUALITY,
    },
    {
        "name": "mix of labels changed",
        "metric": "label_mix_drift",
        "by": ("project", "control"),
        "drift": True,
        "min_n": 100,
        "severity": "info",
        "owner": QUALITY,
    },
    {
        "name": "no evidence of quality",
        "metric": "quality_evidence",
        "by": ("project",),
        "below": 1,
        "min_n": 500,
        "for": 2,
        "severity": "info",
        "owner": MANAGER,
    },
    {  # a signal, no proof: some texts are short
        "name": "too fast to be read",
        "metric": "signal_too_fast",
        "by": ("project", "control", "annotator"),
        "above": 0.25,
        "min_n": 30,
        "severity": "info",
        "owner": QUALITY,
    },
    {
        "name": "source and warehouse differ",
        "metric": "reconciliation_gap",
        "by": ("project",),
        "below": 0,
        "above": 0,
        "for": 2,
        "owner": OPERATOR,
    },
    {
        "name": "records in quarantine",
        "metric": "records_quarantined",
        "by": ("source",),
        "window": "1d",
        "above": 10,
        "owner": OPERATOR,
    },
)
