"""One human with several accounts, people who change teams, and visitors who are nobody."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product

import pytest

from labelpulse.core.errors import UsageError
from labelpulse.core.events import PersonRecord
from labelpulse.reader import MetricQuery
from labelpulse.reader.explain import explain
from labelpulse.reader.overview import names_of, overview
from labelpulse.warehouse.projects import SaidMember
from tests.reader.world import HIDDEN, NAMES, NOW, Say, World, at

DAY = date(2024, 3, 4).toordinal()
ANA = {"Ana": ("studio/3", "cvat/ana")}


def work(people: Mapping[str, int], *, day: float = 0, label: str = "x") -> list[Say]:
    """So many answers of each person, to items of their own."""
    return [
        Say(f"{who}-{n}", who, label, at(day, n)) for who, k in people.items() for n in range(k)
    ]


@pytest.fixture
def tools(world: World) -> World:
    """Ana is 3 in the studio and ana in cvat; 3 in cvat is somebody else."""
    world.project(work({"3": 4, "4": 2}), title="Ads", source="studio")
    world.project(work({"ana": 8, "3": 1}), title="Boxes", source="cvat")
    return world


def told(world: World, metric: str = "annotations_submitted", **query: object) -> dict[str, float]:
    """Annotator -> value, under pseudonyms."""
    rows = world.ask(metric, HIDDEN, by=("annotator",), **query)
    assert len({row["annotator"] for row in rows}) == len(rows)
    return {row["annotator"]: row["value"] for row in rows}


def test_linked_accounts_are_one_person_in_every_tool(tools: World):
    apart = told(tools)
    assert sorted(apart.values()) == [1, 2, 4, 8]
    assert tools.one("active_annotators")["value"] == 4
    assert tools.warehouse.people(ANA) is True
    joined = told(tools)
    assert sorted(joined.values()) == [1, 2, 12]
    assert tools.one("active_annotators")["value"] == 3
    assert tools.by("active_annotators", "source") == {"cvat": 2, "studio": 2}
    (ana,) = [who for who, n in joined.items() if n == 12]
    (before,) = [who for who, n in apart.items() if n == 4]
    assert ana == before, "the pseudonym of the account that was seen first"
    assert told(tools, project="Boxes")[ana] == 8
    assert joined.items() - {(ana, 12)} <= apart.items(), "nobody else is called otherwise"


def test_projects_come_by_source_whichever_was_loaded_first(world: World):
    world.warehouse.source("studio", "label-studio-db")
    world.project(work({"ana": 1}), title="Boxes", source="cvat")
    world.project(work({"3": 1}), title="Ads", source="studio")
    assert [one.info.title for one in overview(world.engine).projects] == ["Ads", "Boxes"]


def test_unlinking_gives_everybody_back(tools: World):
    apart = told(tools)
    tools.warehouse.people(ANA)
    assert tools.warehouse.people(ANA) is False, "nothing new"
    assert tools.warehouse.people({}) is True
    assert told(tools) == apart


@pytest.mark.parametrize("name", ["studio/3", "cvat/ana", "ana", "Ana"])
def test_a_filter_takes_any_account_of_a_person(tools: World, name: str):
    tools.warehouse.people(ANA)
    assert tools.one("annotations_submitted", where=f"annotator={name}")["value"] == 12
    assert tools.one("annotations_submitted", where=f"annotator!={name}")["value"] == 3
    only = tools.one("annotations_submitted", project="Ads", where=f"annotator={name}")
    assert only["value"] == 4


def test_a_bare_id_means_who_has_it_in_the_projects_asked_for(tools: World):
    tools.warehouse.people(ANA)
    assert tools.one("annotations_submitted", where="annotator=3", project="Boxes")["value"] == 1
    tools.warehouse.people({"Ben": ("cvat/3", "studio/4")})
    assert tools.one("annotations_submitted", where="annotator=3", project="Ads")["value"] == 4
    with pytest.raises(UsageError, match="nobody here is called"):
        tools.ask("annotations_submitted", where="annotator=nobody")


def test_those_who_may_see_ids_see_the_name_that_links_them(tools: World):
    tools.warehouse.people(ANA)
    names = tools.by("annotations_submitted", "annotator")
    assert names == {"Ana": 12, "4": 2, "cvat/3": 1}
    alone = tools.by("annotations_submitted", "annotator", project="Ads")
    assert alone == {"3": 4, "4": 2}, "one account is called by its own id"
    tools.warehouse.people({"4": ("studio/3", "cvat/ana")})
    assert tools.by("annotations_submitted", "annotator")["4 (linked)"] == 12


def test_real_names_are_those_of_persons(tools: World):
    tools.warehouse.people(ANA)
    found = names_of(tools.engine, HIDDEN)
    assert max(found.values()) == "Ana"
    assert len(found) == 3


@pytest.mark.parametrize("said", ["Ana.Lee@Example.org", "ana.lee@example.org"])
def test_a_mail_address_is_the_same_however_it_is_capitalised(world: World, said: str):
    for source, name, mail in (
        ("studio", "3", "ana.lee@example.org"),
        ("cvat", "a", "Ana.Lee@EXAMPLE.org"),
    ):
        people = [PersonRecord(name, "Ana", mail)]
        world.project(work({name: 2}), title=source, source=source, people=people)
    world.warehouse.people({"Ana": (said,)})
    assert list(told(world).values()) == [4]


def test_a_mail_address_links_and_the_first_claim_counts(world: World):
    mail = "ana@example.org"
    known = [PersonRecord("3", "Ana", mail)], [PersonRecord("a", "A. Lee", mail)]
    for source, people in zip(("studio", "cvat"), known, strict=True):
        said = work({people[0].native_id: 2})
        world.project(said, title=source, source=source, people=people)
    world.warehouse.people({"Ana": (mail,), "Other": ("cvat/a",)})
    assert list(told(world).values()) == [4]
    world.warehouse.people({"Other": ("cvat/a",), "Ana": (mail,)})
    assert list(told(world).values()) == [2, 2]


def test_an_account_is_linked_when_it_appears(world: World):
    world.project(work({"3": 4}), title="Ads", source="studio")
    world.warehouse.people(ANA)
    world.project(work({"ana": 8}), title="Boxes", source="cvat")
    assert sorted(told(world).values()) == [4, 8]
    world.warehouse.people(ANA)
    assert list(told(world).values()) == [12]


def test_two_accounts_of_one_person_are_no_pair(world: World):
    said = [Say(f"i{n}", who, "x", at(0, n)) for n, who in product(range(5), ("1", "2", "3"))]
    world.project(said)
    world.warehouse.people({"Ana": ("studio/1", "studio/2")})
    rows = world.ask("pair_agreement", HIDDEN, by=("annotator_pair",))
    assert [row["annotator_a"] != row["annotator_b"] for row in rows] == [True]
    assert rows[0]["n"] == 10


# --- teams ---


def test_work_counts_for_the_team_of_its_day(world: World):
    said = [one for day in range(4) for one in work({"ana": 3, "ben": 1}, day=day, label=f"{day}")]
    world.project([Say(f"{one.item}-{one.at}", one.who, "x", one.at) for one in said])
    teams: dict[str, list[SaidMember | str]] = {
        "North": [SaidMember("ana", until=DAY + 1)],
        "South": [SaidMember("ana", since=DAY + 2), "ben"],
    }
    assert world.warehouse.teams(teams) is True
    assert world.warehouse.teams(teams) is False
    assert world.by("annotations_submitted", "team") == {"North": 6, "South": 10}
    rows = world.ask("annotations_submitted", by=("team", "day"))
    north = {row["day"]: row["value"] for row in rows if row["team"] == "North"}
    assert north == {"2024-03-04": 3, "2024-03-05": 3}
    only = world.one("annotations_submitted", where="team=South", until="2024-03-05")
    assert only["value"] == 2
    teams = {"North": [SaidMember("ana", until=DAY)], "South": ["ben"]}
    assert world.warehouse.teams(teams) is True
    assert world.by("annotations_submitted", "team") == {"North": 3, "South": 4, None: 9}


def test_somebody_may_come_back_to_a_team(world: World):
    world.project([one for day in range(5) for one in work({f"a{day}": 1}, day=day)])
    spans: Sequence[tuple[int, int | None]] = ((0, DAY), (DAY + 3, None))
    world.warehouse.teams({"N": [SaidMember(f"a{n}", *own) for n in range(5) for own in spans]})
    assert world.by("annotations_submitted", "team") == {"N": 3, None: 2}


def test_a_linked_person_is_in_a_team_with_all_accounts(tools: World):
    tools.warehouse.people(ANA)
    tools.warehouse.teams({"North": ["studio/3"], "South": ["cvat/3"]})
    assert tools.by("annotations_submitted", "team") == {"North": 12, "South": 1, None: 2}
    tools.warehouse.teams({"North": ["Ana"]})
    assert tools.by("annotations_submitted", "team") == {"North": 12, None: 3}
    assert tools.by("active_annotators", "team") == {"North": 1, None: 2}


# --- visitors ---

VISITORS = [PersonRecord("v1", anonymous=True), PersonRecord("v2", anonymous=True)]


@pytest.fixture
def open_site(world: World) -> World:
    """Two people and two visitors answer thirty items of known answers."""
    people = ("ana", "ben", "v1", "v2")
    said = [
        Say(f"i{n}", who, "ab"[(n + k) % (k + 1) % 2], at(0, n), gold={"label": "a"})
        for n, (k, who) in product(range(30), enumerate(people))
    ]
    world.project(said, people=VISITORS, gold="column")
    return world


def test_answers_of_visitors_count_for_items(open_site: World):
    assert open_site.one("annotations_submitted")["value"] == 120
    assert open_site.one("agreement_percent")["n"] == 30
    assert open_site.by("annotations_submitted", "day") == {"2024-03-04": 120}
    assert open_site.one("label_share", where="label=a")["n"] == 120
    assert open_site.one("gold_accuracy")["n"] == 120
    assert open_site.one("consensus_share", by=("label",), where="label=a")["value"] > 0


def test_visitors_are_no_annotators(open_site: World):
    row = open_site.one("active_annotators")
    assert (row["value"], row["note"]) == (2, "60 submissions by nobody known left out")
    rows = open_site.ask("annotations_submitted", by=("annotator",))
    assert {row["annotator"]: row["value"] for row in rows} == {"ana": 30, "ben": 30}
    assert {row["note"] for row in rows} == {"left out: 60 annotations by anonymous visitors"}
    gold = open_site.ask("gold_accuracy", by=("annotator",))
    assert [row["annotator"] for row in gold] == ["ana", "ben"]
    assert "left out: 60 first answers to gold by anonymous visitors" in gold[0]["note"]
    days = open_site.ask("annotations_submitted", by=("day", "annotator"))
    assert [(row["annotator"], row["value"]) for row in days] == [("ana", 30), ("ben", 30)]


def test_what_compares_people_leaves_visitors_out(open_site: World):
    (pair,) = open_site.ask("pair_agreement", by=("annotator_pair",))
    assert (pair["annotator_a"], pair["annotator_b"], pair["n"]) == ("ana", "ben", 30)
    assert pair["note"] == "left out: 150 shared items by anonymous visitors"
    whole = open_site.one("pair_agreement")
    assert (whole["value"], whole["n"]) == (pair["value"], 30)
    assert whole["note"] == "answers by anonymous visitors left out"
    assert open_site.by("peer_agreement", "annotator", "n").keys() == {"ana", "ben"}


FITS = (
    *("consensus_accuracy", "contributor_state", "gold_accuracy_shrunk", "agreement_without"),
    *("signal_too_fast", "signal_straight_lining", "signal_skips", "error_lift"),
)


@pytest.mark.parametrize("metric", FITS)
def test_fits_tell_nothing_of_single_visitors(open_site: World, metric: str):
    rows = open_site.ask(metric, by=("annotator",))
    assert {row["annotator"] for row in rows} <= {"ana", "ben", None}


def test_visitors_alone_make_a_row_that_says_so(world: World):
    world.project(work({"v1": 3}), people=VISITORS)
    (row,) = world.ask("annotations_submitted", by=("annotator",))
    assert (row["annotator"], row["value"]) == (None, None)
    assert row["note"] == "left out: 3 annotations by anonymous visitors"
    (held,) = overview(world.engine).projects
    assert held.peopled is False, "the source names nobody"
    assert world.one("active_annotators")["value"] == 0


def test_an_account_that_turns_out_to_be_a_visitor_is_one_from_then_on(world: World):
    world.project(work({"v1": 3}))
    before = overview(world.engine).projects[0].info.data_version
    assert world.one("active_annotators")["value"] == 1
    world.project(work({"v1": 3}), people=VISITORS[:1])
    assert world.one("active_annotators")["value"] == 0
    assert overview(world.engine).projects[0].info.data_version > before
    world.project([], people=[PersonRecord("v1")])
    assert world.one("active_annotators")["value"] == 1


def test_an_explanation_calls_visitors_what_they_are(open_site: World):
    query = MetricQuery("gold_accuracy", by=("annotator",))
    found = explain(open_site.engine, query, NAMES, clock=lambda: NOW)
    assert {row["annotator"] for row in found.result.rows} == {"ana", "ben"}
    told = {str(one) for row in found.sums["gold_confusion"] for one in row.values()}
    assert not {"v1", "v2"} & told
