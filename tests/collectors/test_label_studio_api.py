"""The collector over Label Studio's API: what it asks, what drift and old tokens do to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina
from pytest_httpserver import HTTPServer

from collectors.label_studio_api import LabelStudioApi, api
from labelpulse.core.errors import ConfigError, RetryLater, StopSource
from labelpulse.core.events import AnnotationRecord, Origin, Status
from labelpulse.http import reading
from labelpulse.ingest.trial import try_out
from labelpulse.source import ANNOTATIONS, ITEMS, PREDICTIONS, Access, Counts, Page, Position
from labelpulse.testing import LiveSourceContract
from tests.support.label_studio_api import (
    LEGACY,
    PERSONAL,
    Request,
    Response,
    Tool,
    failed,
    stamp,
)

Make = Callable[..., LabelStudioApi]
CAT = [
    {
        "id": "r1",
        "type": "choices",
        "from_name": "cls",
        "to_name": "image",
        "value": {"choices": ["Cat"]},
    }
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Repeats come at once, and no server is left alone because of another test."""
    monkeypatch.setattr(reading, "_paused_until", {})
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def tool(httpserver: HTTPServer) -> Tool:
    return Tool(httpserver)


@pytest.fixture
def make(tool: Tool) -> Iterator[Make]:
    made: list[LabelStudioApi] = []

    def build(token: str = PERSONAL, **options: Any) -> LabelStudioApi:
        made.append(LabelStudioApi(tool.url, token, name="studio", **options))
        return made[-1]

    yield build
    for one in made:
        one.close()


class TestContract(LiveSourceContract):
    @pytest.fixture
    def source(self, tool: Tool) -> LabelStudioApi:
        return LabelStudioApi.from_access(Access("studio", tool.url, PERSONAL))

    @pytest.fixture
    def add(self, tool: Tool) -> Callable[[], object]:
        return lambda: tool.submit(1, 2, CAT)

    @pytest.fixture
    def remove(self, tool: Tool) -> Callable[[], object]:
        return lambda: tool.drop(1)


def pages(found: Iterator[Page]) -> tuple[dict[str, str], Position]:
    """What a scan met (native id -> fingerprint), and where it ended."""
    met: dict[str, str] = {}
    position: Position = {}
    for page in found:
        met |= {one.native_id: one.fingerprint for one in page.records}
        position = json.loads(json.dumps(page.position))
    return met, position


def paths(tool: Tool) -> list[str]:
    return [path for path, _ in tool.asked]


# --- tokens ---------------------------------------------------------------------------------


def test_a_personal_token_is_exchanged_once_and_again_when_it_ends(tool: Tool, make: Make) -> None:
    tool.lives = 3
    source = make()
    source.open()
    assert paths(tool) == ["/api/token/refresh", "/api/projects/", "/api/users/"]
    assert len(pages(source.full(ANNOTATIONS, None))[0]) == 183
    assert paths(tool).count("/api/token/refresh") == 2
    assert not any("page" in query for _, query in tool.asked[3:]), "pages drift"


def test_a_legacy_token_is_told_by_its_form(tool: Tool, make: Make) -> None:
    make(LEGACY).open()
    assert "/api/token/refresh" not in paths(tool)


@pytest.mark.parametrize(
    ("token", "says"),
    [("f" * 40, "personal access token"), ("a.b.revoked", "refuses the token: create one")],
)
def test_a_token_that_is_refused_stops_with_the_remedy(make: Make, token: str, says: str) -> None:
    with pytest.raises(StopSource, match=says) as error:
        make(token).open()
    assert token not in str(error.value)


def test_a_missing_token_is_told_before_anything_is_asked(tool: Tool) -> None:
    with pytest.raises(ConfigError, match="token_env"):
        LabelStudioApi.from_access(Access("studio", tool.url, " "))
    assert tool.asked == []


def test_a_token_is_in_no_repr(tool: Tool, make: Make) -> None:
    source = make(LEGACY)
    source.open()
    assert LEGACY not in repr(source) + repr(vars(source))


# --- wrong servers, busy servers ------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        Response("<html>Sign in</html>", 200, mimetype="text/html"),
        Response("[]", 200),
        Response('{"results": [{"id": 1}], "count": 1}', 200),
        Response('{"results": [{"name": "x"}], "count": 1}', 200),
        Response("nothing", 404),
    ],
)
def test_another_server_stops(tool: Tool, make: Make, said: Response) -> None:
    tool.before = lambda request: said if "token" not in request.path else None
    with pytest.raises(StopSource, match="start page"):
        make().open()


def test_a_busy_tool_is_left_alone_for_as_long_as_it_asks(tool: Tool, make: Make) -> None:
    tool.before = lambda _: failed(429, "Throttled", **{"Retry-After": "900"})
    for _ in range(3):  # three polls
        with pytest.raises(RetryLater, match="asked for a pause"):
            make().open()
    assert len(tool.asked) == 1


def test_what_fails_once_is_asked_again(tool: Tool, make: Make) -> None:
    failures = [failed(502, "Bad gateway"), failed(500, "Deleted meanwhile")]

    def flaky(request: Request) -> Response | None:
        return failures.pop() if request.path == "/api/tasks/" and failures else None

    source = make()
    source.open()
    with stamina.set_testing(True, attempts=3):
        tool.before = flaky
        assert len(pages(source.full(ANNOTATIONS, None))[0]) == 183


# --- drift ----------------------------------------------------------------------------------


def test_a_scan_loses_nothing_to_what_comes_and_goes_meanwhile(tool: Tool, make: Make) -> None:
    """A page in, tasks above, below and on the next page vanish, and one is new."""
    ids = [str(task["id"]) for task in tool.tasks(1)]
    gone = {ids[0], ids[4], ids[7]}

    def meanwhile(request: Request) -> None:
        if request.path == "/api/tasks/" and '"less"' in request.args["query"]:
            tool.rows["tasks"]["1"] = [
                one for one in tool.tasks(1) if str(one["id"]) not in gone
            ] + [{**tool.tasks(1)[0], "id": 9999}]
            tool.before = lambda _: None

    source = make(page=3, projects=["Lab image classification"])
    source.open()
    tool.before = meanwhile
    met, _ = pages(source.full(ITEMS, None))
    assert set(ids) - gone <= set(met)
    tool.task(9999)["updated_at"] = "2999-01-01T00:00:00Z"
    position = {"since": 0, "tokens": {}}
    assert "9999" in pages(source.changes(ITEMS, position))[0]


def test_projects_are_listed_until_they_add_up(
    tool: Tool, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one pushes another from the second page to the first of what was read already."""
    monkeypatch.setattr(api, "PROJECTS", 2)

    def meanwhile(request: Request) -> None:
        if request.args.get("page") == "2":
            new = {**tool.rows["projects"][0], "id": 5}
            tool.rows["projects"].insert(0, new)
            tool.rows["tasks"]["5"] = []
            tool.before = lambda _: None

    tool.before = meanwhile
    assert [one.native_id for one in make().open().projects] == ["1", "2", "3", "4", "5"]


def test_a_list_that_never_adds_up_is_no_list(tool: Tool, make: Make) -> None:
    def shorter(request: Request) -> Response | None:
        if request.path != "/api/projects/":
            return None
        rows = [{"id": 1, "title": "P", "label_config": ""}]
        return Response(json.dumps({"count": 2, "next": None, "results": rows}), 200)

    tool.before = shorter
    with pytest.raises(RetryLater, match="come and go"):
        make().open()


# --- what a poll sees -----------------------------------------------------------------------


def loaded(source: LabelStudioApi) -> dict[str, tuple[dict[str, str], Position]]:
    source.open()
    return {stream: pages(source.full(stream, None)) for stream in source.streams}


def test_an_idle_poll_asks_each_project_once_for_all_streams(tool: Tool, make: Make) -> None:
    source = make()
    before = loaded(source)
    source.open()
    tool.asked.clear()
    for stream, (met, position) in before.items():
        found, _ = pages(source.changes(stream, position))
        assert found.items() <= met.items(), "nothing differs"
    assert paths(tool) == ["/api/tasks/"] * 4
    pages(source.changes(ITEMS, before[ITEMS][1]))
    assert len(tool.asked) == 8, "asked again, it is read anew"


def test_an_edit_is_seen_by_its_task(tool: Tool, make: Make) -> None:
    source = make()
    met, position = loaded(source)[ANNOTATIONS]
    row = tool.task(1)["annotations"][0]
    row["updated_at"] = tool.task(1)["updated_at"] = stamp()
    row["result"] = CAT
    source.open()
    found, _ = pages(source.changes(ANNOTATIONS, position))
    differs = [key for key, print_ in found.items() if met[key] != print_]
    assert differs == ["1"]
    batch = source.fetch(ANNOTATIONS, differs)
    assert batch.bad == ()
    (record,) = batch.annotations
    assert record.answers == (("cls", "Cat"),)
    assert record.fingerprint == found["1"]


def test_a_removed_author_differs_in_a_sweep(tool: Tool, make: Make) -> None:
    source = make()
    met, _ = loaded(source)[ANNOTATIONS]
    tool.task(1)["annotations"][0]["completed_by"] = None
    source.open()
    again, _ = pages(source.full(ANNOTATIONS, None))
    assert [key for key in met if met[key] != again[key]] == ["1"]


def test_a_setting_that_changes_items_has_them_all_looked_at(tool: Tool, make: Make) -> None:
    """The tool changes their overlap without stamping them."""
    source = make()
    before = loaded(source)
    tool.rows["projects"][-1]["maximum_annotations"] = 3
    for task in tool.tasks(1):
        task["overlap"] = 3
    source.open()
    met, position = before[ITEMS]
    found, _ = pages(source.changes(ITEMS, position))
    differs = {key for key in found if met[key] != found[key]}
    assert differs == {str(task["id"]) for task in tool.tasks(1)}
    batch = source.fetch(ITEMS, sorted(differs))
    assert {one.required for one in batch.items} == {3}


def test_another_form_of_answers_has_all_of_a_project_read_anew(tool: Tool, make: Make) -> None:
    source = make()
    met, position = loaded(source)[ANNOTATIONS]
    project = tool.rows["projects"][-1]
    project["label_config"] = project["label_config"].replace('"single"', '"multiple"')
    source.open()
    found, _ = pages(source.changes(ANNOTATIONS, position))
    assert sum(met[key] != found[key] for key in found) == 53
    record = source.fetch(ANNOTATIONS, ["1"]).annotations[0]
    assert record.answers == (("cls", ["Dog"]),)


def test_only_named_projects_are_read(tool: Tool, make: Make) -> None:
    source = make(projects=["Lab text NER", "4"])
    assert [one.native_id for one in source.open().projects] == ["3", "4"]
    assert source.counts() == {"3": Counts(42, 2, 0), "4": Counts(45, 2, 3)}
    assert len(pages(source.full(ANNOTATIONS, None))[0]) == 87
    with pytest.raises(StopSource, match="none of the projects"):
        make(projects=["Lab"]).open()


def test_older_versions_count_in_the_list_of_projects(tool: Tool, make: Make) -> None:
    source = make()
    source.open()
    known = source.counts()
    tool.before = lambda request: failed(404, "") if "counts" in request.path else None
    assert source.counts() == known
    assert known["1"] == Counts(53, 3, 2)


def test_a_model_is_not_asked_because_we_read(tool: Tool, make: Make) -> None:
    """The tool evaluates predictions when tasks are listed, unless they are for review."""
    tool.rows["projects"][0]["evaluate_predictions_automatically"] = True
    source = make()
    loaded(source)
    asked = {(q["project"], q.get("review")) for path, q in tool.asked if path == "/api/tasks/"}
    assert asked == {("1", None), ("2", None), ("3", None), ("4", "true")}
    assert any("evaluates predictions" in one for one in source.inspect().remarks)


# --- records --------------------------------------------------------------------------------


def fetched(source: LabelStudioApi) -> dict[str, AnnotationRecord]:
    met, _ = loaded(source)[ANNOTATIONS]
    return {one.native_id: one for one in source.fetch(ANNOTATIONS, list(met)).annotations}


def test_tasks_are_called_by_the_file_that_they_show(tool: Tool, make: Make) -> None:
    source = make()
    rows = [one for key in "1234" for one in tool.tasks(int(key))]
    shown = {str(one["id"]): one["data"] for one in rows}
    wanted = {
        key: data.get("image", data.get("audio", "")).removeprefix("https://example.com/")
        for key, data in shown.items()
    }
    for stream, (met, _) in loaded(source).items():
        found = {one.native_id: one.name for one in source.fetch(stream, list(met)).items}
        assert found.items() <= wanted.items()
        assert stream != ITEMS or found == wanted
    assert {"cls/19.jpg", "19.wav", ""} <= {*wanted.values()}


def test_odd_rows_come_as_they_are(tool: Tool, make: Make) -> None:
    found = fetched(make())
    assert len(found) == 183
    rows = {
        str(one["id"]): one
        for key in "1234"
        for task in tool.tasks(int(key))
        for one in task["annotations"]
    }
    for key, one in found.items():
        row = rows[key]
        assert (one.status == Status.SKIPPED) == row["was_cancelled"]
        assert one.gold_flag == row["ground_truth"]
        assert one.annotator == (None if row["completed_by"] is None else str(row["completed_by"]))
        assert one.origin == Origin.PERSON
        assert one.unique == str(one.submitted_at)
        assert bool(one.answers) or one.status == Status.SKIPPED or row["result"] == []
    assert [one for one in found.values() if one.annotator is None]


def test_an_unusable_row_is_set_aside_and_the_rest_loads(tool: Tool, make: Make) -> None:
    rows = tool.task(1)["annotations"]
    rows[0]["result"], rows[1]["created_at"] = "no list", "yesterday"
    source = make()
    met, _ = loaded(source)[ANNOTATIONS]
    batch = source.fetch(ANNOTATIONS, list(met))
    assert [(one.location, one.record, one.reason) for one in batch.bad] == [
        ("annotation", "id 1", "bad_result"),
        ("annotation", "id 2", "bad_time"),
    ]
    assert len(batch.annotations) == 181


def test_ids_that_no_scan_met_are_found_by_themselves(make: Make) -> None:
    source = make()
    source.open()
    batch = source.fetch(ANNOTATIONS, ["1", "77777"])
    assert [one.native_id for one in batch.annotations] == ["1"]
    assert [one.native_id for one in source.fetch(PREDICTIONS, ["prediction-1"]).predictions]
    assert [one.native_id for one in source.fetch(ITEMS, ["2", "88888"]).items] == ["2"]


def test_tasks_that_are_large_together_come_apart(tool: Tool, make: Make) -> None:
    source = make(projects=["1"])
    found = fetched(source)
    source._api._reader._max_bytes = 4000
    tool.asked.clear()
    again = source.fetch(ANNOTATIONS, list(found))
    assert {one.native_id: one for one in again.annotations} == found
    assert len(tool.asked) > 2


def test_a_task_too_large_by_itself_is_set_aside(tool: Tool, make: Make) -> None:
    source = make(projects=["1"])
    found = fetched(source)
    tool.task(1)["annotations"][0]["result"] = CAT * 100
    source._api._reader._max_bytes = 8000
    batch = source.fetch(ANNOTATIONS, list(found))
    assert [(one.location, one.record, one.reason) for one in batch.bad] == [
        ("task", "id 1", "too_large")
    ]
    lost = {str(one["id"]) for one in tool.task(1)["annotations"]}
    assert {one.native_id for one in batch.annotations} == set(found) - lost


# --- the first look -------------------------------------------------------------------------


def test_a_first_look_counts_and_says_what_stays_unknown(tool: Tool, make: Make) -> None:
    found = make().inspect()
    assert (found.tool, found.version, found.type) == ("Label Studio", "1.23.2", "label-studio-api")
    assert [(one.title, one.items, one.annotations) for one in found.projects] == [
        ("Lab image classification", 19, 53),
        ("Lab bounding boxes", 20, 43),
        ("Lab text NER", 20, 42),
        ("Lab audio classification", 20, 45),
    ]
    assert found.link == f"{tool.url}/projects/{{project}}/data?task={{item}}"
    assert any("drafts" in one for one in found.remarks)
    assert not any("list of users" in one for one in found.remarks)


def test_a_token_without_sight_of_people_still_reads(tool: Tool, make: Make) -> None:
    tool.before = lambda request: failed(403, "") if "users" in request.path else None
    source = make()
    assert source.open().people == ()
    assert any("list of users" in one for one in source.inspect().remarks)


@pytest.mark.parametrize(
    ("target", "ours"),
    [("https://studio.example", True), ("HTTP://localhost:8080/x", True), ("studio.json", False)],
)
def test_addresses_of_the_web_may_be_one(target: str, ours: bool) -> None:
    assert LabelStudioApi.detects(target) is ours


def test_a_source_is_tried_step_by_step(tool: Tool, make: Make) -> None:
    trial = try_out(make())
    steps = {one.name: one.ok for one in trial.steps}
    assert steps == {"connection": True, "permissions": None, "clock": True, "sample": True}
    assert trial.sample["annotator"] == "known"
