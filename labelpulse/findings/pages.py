"""Where a number is plotted: the page of a metric, and what its address says of a query."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from labelpulse.core.queue import REASON_NAMES
from labelpulse.metrics.base import TIMES

if TYPE_CHECKING:
    from labelpulse.findings.attention import Items
    from labelpulse.reader.query import Condition, MetricQuery

Params = Mapping[str, str | Sequence[str]]
"""What an address says after its question mark."""

BETWEEN, EVER = "Between", "All"
"""Choices of days that an address names: those between two, and all."""
PROFILE = "Profile"
"""The view of the page of people that is about one of them."""

EVERY = "all"
"""Which projects an address is about that names none."""

DATA, DRIFT, PEOPLE = "Data", "Drift", "People"
ITEMS, MODEL = "Items", "Labels and model"
"""Titles of pages."""

_BY_PAGE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Progress": (
            *("annotations_submitted", "annotations_skipped", "skip_rate", "time_spent_median"),
            *("time_spent_p90", "time_spent_mean", "items_completed", "progress"),
            *("labels_remaining", "finish_date", "required_rate"),
        ),
        "Flow": (
            *("stage_items", "stage_age_p50", "stage_age_p85", "stage_arrivals"),
            *("stage_departures", "bottleneck"),
        ),
        "Agreement": (
            *("agreement_percent", "agreement_alpha", "agreement_ac1", "agreement_entropy"),
            *("agreement_coverage", "pair_agreement", "pair_kappa", "match_f1", "match_iou"),
            "quality_evidence",
            *("text_similarity", "rank_tau", "agreement_without"),
        ),
        DRIFT: (
            *("agreement_drift", "gold_drift", "label_mix_drift", "throughput_drift"),
            "time_spent_drift",
        ),
        "Accuracy": (
            *("gold_accuracy", "gold_precision", "gold_recall", "gold_f1"),
            *("gold_match_f1", "gold_match_iou"),
            *("gold_accuracy_shrunk", "gold_item_health", "consensus_accuracy"),
            *("expected_label_error", "item_ambiguity", "batch_sign_off", "review_gain"),
        ),
        PEOPLE: (
            *("active_annotators", "peer_agreement", "self_consistency", "review_coverage"),
            *("review_acceptance", "first_pass_yield", "reviewer_leniency", "reviewer_overturn"),
            *("rubber_stamps", "review_error", "contributor_state", "error_lift"),
            *("signal_too_fast", "signal_straight_lining", "signal_label_mix", "signal_skips"),
            *("signal_edits", "signal_copying"),
        ),
        MODEL: (
            *("label_count", "label_share", "label_imbalance", "prediction_acceptance"),
            *("prediction_edit_rate", "prediction_agreement", "automation_bias"),
            "prediction_time_saved",
        ),
    }
)
_PAGE: Mapping[str, str] = {one: page for page, named in _BY_PAGE.items() for one in named}

OF_TEAMS = frozenset({"Progress", "Agreement", "Accuracy", PEOPLE, MODEL})
"""Pages that can look at one team."""
OF_DAYS = OF_TEAMS | {"Flow", DRIFT}
"""Pages of numbers over chosen days."""

_SIDE_BY_SIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "batch": ("progress", "labels_remaining", "finish_date", "skip_rate"),
        "stage": _BY_PAGE["Flow"],
        "annotator_pair": (
            *("pair_agreement", "pair_kappa", "match_f1", "match_iou", "text_similarity"),
            "rank_tau",
        ),
        "label": (
            *("gold_accuracy", "gold_precision", "gold_recall", "gold_f1"),
            *("label_count", "label_share", "prediction_acceptance", "prediction_agreement"),
        ),
        "reviewer": (
            *("review_acceptance", "reviewer_leniency", "reviewer_overturn", "rubber_stamps"),
        ),
        "model_version": (
            *("prediction_acceptance", "prediction_edit_rate", "prediction_agreement"),
            *("automation_bias", "prediction_time_saved"),
        ),
        "score_band": ("prediction_acceptance", "prediction_agreement"),
    }
)
"""Keys that the page of a metric tells apart without a choice, with those metrics."""

_OF_PERSON = frozenset(
    {
        *_BY_PAGE[PEOPLE],
        *("annotations_submitted", "time_spent_median", "match_f1", "text_similarity"),
        *("rank_tau", "gold_accuracy", "gold_accuracy_shrunk"),
    }
)
"""Metrics whose numbers of one person stand in that person's profile."""


def page_of(metric: str) -> str:
    """Return the title of the page that plots a metric; Data explains those that none plots."""
    return _PAGE.get(metric, DATA)


def slug(title: str) -> str:
    """Return the page of a title as addresses have it.

    >>> slug("Labels and model")
    'labels-and-model'
    """
    return title.lower().replace(" ", "-")


def explained(query: "MetricQuery") -> dict[str, str | list[str]]:
    """Return what the address of the page of data says, so that it explains a query."""
    asked = {
        "metric": query.metric,
        "project": query.project,
        "control": query.control,
        "since": query.since,
        "until": query.until,
        "by": ",".join(query.by),
        "where": [one.text() for one in query.where],
        "explain": "true",
        "projects": "" if query.project else EVERY,
    }
    return {name: value for name, value in asked.items() if value}


def place(query: "MetricQuery", *, whole: bool = False) -> tuple[str, Params]:
    """Return the page that plots a query, and what its address says to choose just that.

    A query that no page can choose by its filters, or that is of all projects, is explained by the
    page of data.

    Args:
        whole: time charts shall begin with the first day with work.
    """
    of = {one.key: one for one in query.where}
    plain = len(of) == len(query.where) and all(one.equal for one in query.where)
    page = page_of(query.metric)
    shown = plain and query.project is not None and _shows(query)
    found = _narrowed(page, query.metric, of) if shown and page != DATA else None
    if found is None:
        return DATA, explained(query)
    if "person" in found:
        page = PEOPLE
    told = {"project": query.project, "control": query.control, **found}
    told |= {"range": EVER} if whole and page in OF_DAYS else _days(page, query)
    return page, {name: one for name, one in told.items() if one}


def _shows(query: "MetricQuery") -> bool:
    """Return whether the page of a metric tells apart all that a query is split by."""
    split = (key for key in query.by if key not in TIMES)
    return all(query.metric in _SIDE_BY_SIDE.get(key, ()) for key in split)


def _narrowed(page: str, metric: str, of: Mapping[str, "Condition"]) -> dict[str, Any] | None:
    """Return what chooses a part of the work on a page; None = it has no such choice."""
    if page == DRIFT:
        return _drifting(metric, list(of.values()))
    left = {key: one for key, one in of.items() if metric not in _SIDE_BY_SIDE.get(key, ())}
    if len(of) - len(left) > 1:
        return None
    pairs = {"pairs_by": "Kappa"} if metric == "pair_kappa" else {}
    if not left:
        return pairs
    if len(left) > 1 or len(of) > 1:
        return None
    ((key, one),) = left.items()
    if key == "team" and page in OF_TEAMS:
        return {"team": one.value, **pairs}
    person = key == "annotator" and metric in _OF_PERSON
    return {"view": PROFILE, "person": one.value} if person else None


_CHARTED = ("team", "batch", "annotator")
"""Parts of the work that the page of control charts lets one choose."""


def _drifting(metric: str, of: Sequence["Condition"]) -> dict[str, Any] | None:
    """Return what the page of control charts shows: a number, and at most one part of the work."""
    from labelpulse.core import formats
    from labelpulse.findings.watch import WATCHED

    if len(of) > 1 or any(one.key not in _CHARTED for one in of):
        return None
    part = {"part": of[0].text()} if of else {}
    return {"of": formats.begun(WATCHED[metric].measure.name), **part}


def _days(page: str, query: "MetricQuery") -> dict[str, Any]:
    if page not in OF_DAYS or not query.since or not query.until:
        return {}
    return {"range": BETWEEN, "days": [query.since, query.until]}


def of_items(project: str, control: str | None, items: "Items") -> Params:
    """Return what the address of the page of items says, so that it shows those of a finding."""
    asked = {
        "project": project,
        "control": control,
        "pair": None if items.pair is None else "|".join(items.pair),
        "batch": items.batch,
        "person": items.person,
        "reason": None if items.reason is None else REASON_NAMES[items.reason],
        "stage": items.stage,
        "since": None if items.since is None else items.since.isoformat(),
    }
    return {name: value for name, value in asked.items() if value}


def address(base: str, page: str, params: Params) -> str:
    """Return the address of a page.

    Args:
        base: where the pages are, such as ``http://localhost:8501``.

    >>> address("http://localhost:8501/", "Labels and model", {"project": "Ads & more"})
    'http://localhost:8501/labels-and-model?project=Ads+%26+more'
    """
    where = "" if page == "Summary" else slug(page)
    asked = urlencode(params, doseq=True)
    return f"{base.rstrip('/')}/{where}{'?' if asked else ''}{asked}"
