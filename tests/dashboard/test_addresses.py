"""Every number has a page, at an address that the app knows and that chooses just that."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from dashboard.app import _PAGES, TITLES
from dashboard.views.people import _VIEWS
from labelpulse.findings import pages
from labelpulse.findings.attention import Items
from labelpulse.findings.watch import WATCHED
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Condition, MetricQuery, condition
from tests.dashboard.conftest import Open
from tests.dashboard.test_pages import go

OFFERS = {name: spec.offers for part in _PAGES.values() for name, spec in part.items()}
BASE = "http://localhost:8501"


def terms(*texts: str) -> tuple[Condition, ...]:
    return tuple(map(condition, texts))


def told(query: MetricQuery) -> tuple[str, dict[str, str]]:
    """The page of a query's address, and what that says of each key."""
    parts = urlsplit(pages.address(BASE, *pages.place(query)))
    return TITLES[parts.path.strip("/")], dict(parse_qsl(parts.query))


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_page(metric: str) -> None:
    page, asked = told(MetricQuery(metric, project="Ads & more", control="mood"))
    assert page == pages.page_of(metric)
    assert (asked["project"], asked["control"]) == ("Ads & more", "mood")
    assert page != "Data" or asked["metric"] == metric


def test_only_metrics_and_pages_that_there_are_stand_in_the_list() -> None:
    assert set(pages._PAGE) <= set(METRICS)
    assert set(pages._PAGE.values()) <= set(OFFERS)
    assert {one for one in METRICS if pages.page_of(one) == pages.DRIFT} == set(WATCHED)
    assert {name for name, offers in OFFERS.items() if offers.team} == pages.OF_TEAMS
    assert all(OFFERS[name].days for name in pages.OF_DAYS)
    assert pages.PROFILE in _VIEWS


@pytest.mark.parametrize(
    ("query", "page", "chosen"),
    [
        (MetricQuery("skip_rate", "P", where=terms("team=A")), "Progress", {"team": "A"}),
        (MetricQuery("skip_rate", "P", where=terms("batch=b")), "Progress", {}),
        (
            MetricQuery("time_spent_median", "P", where=terms("batch=b")),
            "Data",
            {"metric": "time_spent_median", "where": "batch=b", "explain": "true"},
        ),
        (MetricQuery("progress", "P", by=("batch",)), "Progress", {}),
        (
            MetricQuery("skip_rate", "P", by=("team",)),
            "Data",
            {"metric": "skip_rate", "by": "team", "explain": "true"},
        ),
        (
            MetricQuery("first_pass_yield", "P", where=terms("reviewer=Heron 12")),
            "Data",
            {"metric": "first_pass_yield", "where": "reviewer=Heron 12", "explain": "true"},
        ),
        (
            MetricQuery("throughput_drift", "P", by=("day",), where=terms("source=studio")),
            "Data",
            {
                "metric": "throughput_drift",
                "by": "day",
                "where": "source=studio",
                "explain": "true",
            },
        ),
        (
            MetricQuery("gold_accuracy", "P", where=terms("annotator=Heron 12")),
            "People",
            {"view": "Profile", "person": "Heron 12"},
        ),
        (
            MetricQuery("gold_drift", "P", where=terms("annotator=Heron 12")),
            "Drift",
            {"of": "Accuracy", "part": "annotator=Heron 12"},
        ),
        (MetricQuery("stage_age_p85", "P", where=terms("stage=review")), "Flow", {}),
        (
            MetricQuery("agreement_percent", "P", where=terms("batch=a")),
            "Data",
            {"metric": "agreement_percent", "where": "batch=a", "explain": "true"},
        ),
        (
            MetricQuery("agreement_percent", "P", where=terms("team!=A")),
            "Data",
            {"metric": "agreement_percent", "where": "team!=A", "explain": "true"},
        ),
        (
            MetricQuery("gold_drift", "P", where=terms("team=A", "batch=b")),
            "Data",
            {"metric": "gold_drift", "where": "batch=b", "explain": "true"},
        ),
    ],
)
def test_an_address_chooses_what_the_query_is_about(
    query: MetricQuery, page: str, chosen: dict[str, str]
) -> None:
    assert told(query) == (page, {"project": "P", **chosen})


def test_a_number_of_all_projects_is_told_of_all() -> None:
    page, asked = told(MetricQuery("annotations_submitted", where=terms("team=A")))
    assert (page, asked["projects"], asked["where"]) == ("Data", "all", "team=A")
    assert "project" not in asked


def test_an_address_chooses_the_days() -> None:
    asked = MetricQuery("skip_rate", "P", since="2026-11-01", until="2026-11-07")
    days = {"range": "Between", "days": ["2026-11-01", "2026-11-07"]}
    assert pages.place(asked) == ("Progress", {"project": "P", **days})
    assert pages.place(asked, whole=True) == ("Progress", {"project": "P", "range": "All"})


def test_items_are_chosen_as_a_finding_names_them() -> None:
    asked = pages.of_items("Ads", None, Items(pair=("a", "b"), stage="review"))
    assert asked == {"project": "Ads", "pair": "a|b", "stage": "review"}


@pytest.mark.parametrize(
    "query",
    [
        MetricQuery("throughput_drift", "Tickets", where=terms("team=Manila")),
        MetricQuery("skip_rate", "Tickets", where=terms("team=Nairobi")),
    ],
    ids=lambda query: query.metric,
)
def test_a_page_follows_such_an_address(query: MetricQuery, demo: Path, open_app: Open) -> None:
    page, asked = pages.place(query)
    app = open_app(demo)
    app.query_params |= asked
    app = go(app.run(), pages.slug(page).replace("-", "_"))
    assert not app.exception
    assert not [one.value for one in app.warning if "there is no" in str(one.value)]
    chose = {str(one.key).removesuffix("_picked"): one.value for one in app.selectbox}
    of = [one.value for one in app.segmented_control if one.key == "of"]
    chose |= {"of": of[0]} if of else {}
    assert asked.items() <= chose.items()


def test_the_page_of_data_explains_all_projects_together(demo: Path, open_app: Open) -> None:
    page, asked = pages.place(MetricQuery("annotations_submitted"))
    app = open_app(demo)
    app.query_params |= asked
    app = go(app.run(), pages.slug(page))
    assert not app.exception
    assert [one for one in app.caption if one.value.startswith("Of all projects together")]
    (same,) = [one.value for one in app.code if one.value.startswith("labelpulse explain")]
    assert "--project" not in same
