"""Working time: read from CVAT's events, and shared among the answers of a job."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from collectors.cvat import CvatDatabase
from collectors.cvat.working_time import EVERY_US, WorkingTime, of_job, share
from labelpulse.core.errors import ConfigError, RetryLater, StopSource
from labelpulse.http import reading
from labelpulse.source import ANNOTATIONS, Access
from tests.support import cvat
from tests.support.cvat import Cvat

NAMES = ("scope", "source", "timestamp", "duration", "job_id", "user_id", "payload")
HUSH = "hush-hush"


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asked to be left alone before, and tries are not repeated."""
    monkeypatch.setattr(reading, "_paused_until", {})
    monkeypatch.setattr(reading, "ATTEMPTS", 1)


def event(scope: str, job: int | None, user: int, ms: int, **more: Any) -> dict[str, Any]:
    row = {"scope": scope, "source": "server", "timestamp": "2026-03-01 09:00:00.123"}
    payload = json.dumps(more.pop("payload", {}))
    ids = {"duration": ms, "job_id": job, "user_id": user, "payload": payload}
    return {**row, **ids, **more}


def table(*rows: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, NAMES)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def clickhouse(httpserver: HTTPServer, **how: Any) -> WorkingTime:
    login = how.pop("login", ("reader", HUSH))
    return WorkingTime(httpserver.url_for("/"), "cvat", login=login, **how)


def test_clickhouse_adds_up_and_is_asked_as_its_user(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("29\t6\t60000\n29\t9\t1\n30\t6\t5\n")
    assert clickhouse(httpserver).read(0) == {29: {"6": 60_000, "9": 1}, 30: {"6": 5}}
    ((request, _),) = httpserver.log
    assert request.method == "GET"  # ClickHouse lets GET only read
    assert request.headers["X-ClickHouse-User"] == "reader"
    assert request.headers["X-ClickHouse-Key"] == HUSH
    assert "send:working_time" in request.args["query"]


def test_times_hold_for_a_while_and_while_they_cannot_be_read(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/").respond_with_data("29\t6\t1\n")
    httpserver.expect_ordered_request("/").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/").respond_with_data("29\t6\t2\n")
    times = clickhouse(httpserver)
    found = [times.read(at) for at in (0, EVERY_US // 2, EVERY_US, 2 * EVERY_US)]
    assert found == [{29: {"6": 1}}] * 3 + [{29: {"6": 2}}]
    assert len(httpserver.log) == 3


def test_the_events_of_cvat_are_prepared_first_and_added_up_here(httpserver: HTTPServer) -> None:
    rows = [
        event("send:working_time", 29, 6, 40_000),
        event("send:working_time", 29, 6, 40_000),  # the same event, told twice
        event("send:working_time", 29, 6, 20_000, timestamp="2026-03-01 09:01:00.000"),
        event("send:working_time", 30, 9, 0, payload={"working_time": 7}),
        event("save:job", 30, 9, 5, source="client", payload={"working_time": 3}),
        event("save:job", 30, 9, 99, source="client"),
        event("create:shapes", 30, 9, 99),
        event("send:working_time", None, 9, 99),
        event("send:working_time", 31, 9, 4) | {"payload": "no JSON"},
    ]
    waited: list[float] = []
    for status, body in ((202, '{"query_id": "x"}'), (201, ""), (200, table(*rows))):
        httpserver.expect_ordered_request("/api/events").respond_with_data(body, status=status)
    times = WorkingTime(httpserver.url_for("/"), "cvat", token=HUSH, pause=waited.append)
    assert times.read(0) == {29: {"6": 60_000}, 30: {"9": 12}, 31: {"9": 4}}
    assert len(waited) == 2
    requests = [request for request, _ in httpserver.log]
    assert {one.headers["Authorization"] for one in requests} == {f"Token {HUSH}"}
    assert len({one.args["query_id"] for one in requests}) == 1


def test_a_csv_of_cvat_has_all_columns_of_the_table(httpserver: HTTPServer) -> None:
    header = (
        *("scope", "obj_name", "obj_id", "obj_val", "source", "timestamp", "count", "duration"),
        *("project_id", "task_id", "job_id", "user_id", "user_name", "user_email", "org_id"),
        *("org_slug", "payload", "access_token_id"),
    )
    out = io.StringIO()
    writer = csv.writer(out)  # as CVAT writes what ClickHouse answers: what is null is empty
    writer.writerow(header)
    for job, ms in ((29, 61_500), (None, 5)):
        row = dict.fromkeys(header) | {"scope": "send:working_time", "source": "server"}
        row |= {"timestamp": "2026-03-01 09:00:00.123000+00:00", "job_id": job, "user_id": 6}
        row |= {"duration": ms, "payload": json.dumps({"working_time": ms})}
        writer.writerow(row.values())
    httpserver.expect_request("/api/events").respond_with_data(out.getvalue())
    times = WorkingTime(httpserver.url_for("/"), "cvat", token=HUSH)
    assert times.read(0) == {29: {"6": 61_500}}


def test_events_that_are_never_ready_are_asked_for_later(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/events").respond_with_data("{}", status=202)
    times = WorkingTime(httpserver.url_for("/"), "cvat", token=HUSH, pause=lambda _: None)
    with pytest.raises(RetryLater, match=r"^options\.events_url of source 'cvat' is still"):
        times.read(0)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, "", StopSource, "HTTP status 403: correct the address, and events_user"),
        (200, "29\t6\n", StopSource, "no events of CVAT"),
        (200, "a\tb\tc\n", StopSource, "no events of CVAT"),
        (503, "", RetryLater, "answers HTTP status 503"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_option(
    httpserver: HTTPServer, status: int, body: str, kind: type[Exception], words: str
) -> None:
    httpserver.expect_request("/").respond_with_data(body, status=status)
    with pytest.raises(kind, match=words) as caught:
        clickhouse(httpserver).read(0)
    assert str(caught.value).startswith("options.events_url of source 'cvat' ")
    assert HUSH not in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        'send:working_time,server,1,2,3,"{}",more',
        "send:working_time,server,1",
        'send:working_time,server,1,2,3,"{""working_time"": [1]}"',
        'send:working_time,server,1,2,3,"{""working_time"": 1e999}"',
    ],
)
def test_rows_that_are_no_events_are_told_so(httpserver: HTTPServer, row: str) -> None:
    body = f"scope,source,job_id,user_id,duration,payload\n{row}\n"
    httpserver.expect_request("/api/events").respond_with_data(body)
    with pytest.raises(StopSource, match="no events of CVAT"):
        WorkingTime(httpserver.url_for("/"), "cvat", token=HUSH).read(0)


def test_too_many_events_lead_to_clickhouse(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_of_them(*_: Any) -> bytes:
        raise reading.TooLarge("url of source 'cvat' answers with more than 64 MiB")

    monkeypatch.setattr(reading.Reader, "bytes", all_of_them)
    with pytest.raises(StopSource, match="point it at ClickHouse"):
        WorkingTime(httpserver.url_for("/"), "cvat", token=HUSH).read(0)


def test_the_options_name_where_events_are(httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/")
    for options in ({"events_url": 5}, {"events_url": url, "events_token": 1}):
        with pytest.raises(ConfigError, match=r"options\.events_"):
            CvatDatabase.from_access(Access("cvat", "postgresql://h/d", options=options))


# --- whose, and how it is shared -------------------------------------------------------------


@given(st.integers(0, 10**9), st.integers(1, 1_000))
def test_the_parts_of_a_time_are_the_whole(ms: int, parts: int) -> None:
    found = [share(ms, parts, place) for place in range(parts)]
    known = [one for one in found if one is not None]
    assert sum(known) == ms
    assert max(known) - min(known) <= 1
    assert share(None, parts, 0) is None


def test_the_time_is_the_annotators() -> None:
    times = {"6": 10, "9": 4}
    assert of_job(times, "6", None) == 10
    assert of_job(times, "5", None) is None
    assert of_job(times, None, "9") == 10
    assert of_job(times, None, None) == 14
    assert of_job({}, None, None) is None


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    cvat.fill(pg_database)
    made = Cvat(pg_database)
    yield made
    made.close()


def test_the_answers_of_a_job_share_its_time(httpserver: HTTPServer, tool: Cvat) -> None:
    tool.set_job(29, stage="annotation", assignee_id=6)
    httpserver.expect_request("/").respond_with_data("29\t6\t60003\n29\t9\t7\n30\t9\t5\n2\t6\t5\n")
    options = {"events_url": httpserver.url_for("/")}
    access = Access("cvat", tool.url, options=options, projects=("task-23", "task-2"))
    source = CvatDatabase.from_access(access)
    source.open()
    seen = [one for page in source.full(ANNOTATIONS, None) for one in page.records]
    batch = source.fetch(ANNOTATIONS, [one.native_id for one in seen])
    source.close()
    spent = {one.native_id: one.time_spent_ms for one in batch.annotations}
    mine = [spent[f"29:{frame}"] for frame in range(5)]
    assert mine == [12_001, 12_001, 12_001, 12_000, 12_000]
    assert [spent[f"30:{frame}"] for frame in range(5, 10)] == [1] * 5
    assert (spent["31:10"], spent["2:0"]) == (None, None)
    assert {one.fingerprint for one in seen} == {one.fingerprint for one in batch.annotations}
