"""The collector on CVAT's own test data: what it reads, compared with plain SQL."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from collectors.cvat import CvatDatabase
from collectors.cvat.tables import NEEDED
from labelpulse.core.errors import ConfigError, StopSource
from labelpulse.core.events import AnnotationRecord, Batch, ItemRecord, Status, Verdict
from labelpulse.ingest.new_config import gold_choices
from labelpulse.source import ANNOTATIONS, ITEMS, Access
from tests.support import cvat, postgres
from tests.support.cvat import Cvat


@pytest.fixture(scope="module", params=[False, True], ids=["older", "newer"])
def sample(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Cvat]:
    """The data as they are, without and with the columns of later versions; only read."""
    with postgres.fresh_database(postgres_url) as url:
        cvat.fill(url, newer=request.param)
        tool = Cvat(url)
        yield tool
        tool.close()


@pytest.fixture(scope="module")
def done(postgres_url: str) -> Iterator[Cvat]:
    """The data with every job handed in; only read."""
    with postgres.fresh_database(postgres_url) as url:
        cvat.fill(url)
        tool = Cvat(url)
        tool.all("UPDATE engine_job SET state = 'completed'")
        yield tool
        tool.close()


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    """Data that a test may change."""
    with cvat.filled(pg_database) as made:
        yield made


def read(tool: Cvat, **options: Any) -> tuple[CvatDatabase, Batch]:
    """Everything a source holds, by its two streams."""
    source = CvatDatabase(tool.url, name="cvat", **options)
    source.open()
    try:
        found = [source.fetch(stream, seen(source, stream)) for stream in source.streams]
    finally:
        source.close()
    return source, Batch(items=found[0].items, annotations=found[1].annotations, bad=found[1].bad)


def seen(source: CvatDatabase, stream: str = ANNOTATIONS) -> list[str]:
    return [one.native_id for page in source.full(stream, None) for one in page.records]


def records(tool: Cvat, **options: Any) -> dict[str, AnnotationRecord]:
    return {one.native_id: one for one in read(tool, **options)[1].annotations}


def items(tool: Cvat) -> dict[str, ItemRecord]:
    return {one.native_id: one for one in read(tool)[1].items}


def answers(found: Mapping[str, AnnotationRecord], control: str) -> dict[str, Any]:
    return {
        key: dict(one.answers)[control]
        for key, one in found.items()
        if control in dict(one.answers)
    }


# --- as it is --------------------------------------------------------------------------------


def test_projects_people_and_items_are_those_of_the_tool(sample: Cvat) -> None:
    source = CvatDatabase(sample.url, name="cvat")
    opening = source.open()
    source.close()
    alone = sample.one("SELECT count(*) FROM engine_task WHERE project_id IS NULL")
    assert len(opening.projects) == sample.one("SELECT count(*) FROM engine_project") + alone == 23
    assert len(opening.people) == 21
    assert sample.one("SELECT count(*) FROM engine_job") == 25
    found = read(sample)[1].items
    assert len({one.native_id for one in found}) == len(found)
    assert len(found) == sample.one("SELECT sum(size) FROM engine_data") == 186
    titles = {one.native_id: one.title for one in opening.projects}
    assert (titles["1"], titles["task-22"]) == ("project1", "task3_with_gt_job")
    assert {titles["task-2"], titles["task-5"]} == {"task2 (task 2)", "task2 (task 5)"}


def test_frames_of_handed_in_jobs_are_answers_and_others_drafts(sample: Cvat) -> None:
    found = records(sample)
    submitted = {key for key, one in found.items() if one.status == Status.SUBMITTED}
    handed = sample.all(
        "SELECT j.id, s.start_frame, s.stop_frame, s.frames FROM engine_job j "
        "JOIN engine_segment s ON s.id = j.segment_id "
        "WHERE j.state IN ('completed', 'rejected') OR j.stage <> 'annotation'"
    )
    wanted = set()
    for job, start, stop, frames in handed:
        chosen = frames.split(",") if frames else range(start, stop + 1)
        wanted |= {f"{job}:{frame}" for frame in chosen}
    assert submitted == wanted
    assert len(submitted) == 27
    begun = sample.all(
        "SELECT job_id, frame FROM engine_labeledshape UNION "
        "SELECT job_id, frame FROM engine_labeledimage UNION "
        "SELECT t.job_id, k.frame FROM engine_trackedshape k "
        "JOIN engine_labeledtrack t ON t.id = k.track_id"
    )
    drafts = {f"{job}:{frame}" for job, frame in begun} - wanted
    open_jobs = {str(job) for job, *_ in handed}
    assert set(found) - submitted == {one for one in drafts if one.split(":")[0] not in open_jobs}
    assert all(found[one].answers == () for one in set(found) - submitted)


def test_the_counts_are_what_a_scan_yields(sample: Cvat) -> None:
    source, batch = read(sample)
    source.open()
    counts = source.counts()
    source.close()
    work = [one for one in batch.annotations if one.status == Status.SUBMITTED]
    assert {key: one.rows for key, one in counts.items() if one.rows} == Counter(
        one.project for one in work
    )
    assert {key: one.gold for key, one in counts.items() if one.gold} == Counter(
        one.project for one in work if one.gold_flag
    )
    assert sum(one.gold for one in counts.values()) == 6
    assert batch.bad == ()


def test_ground_truth_of_a_task_is_on_its_items(sample: Cvat) -> None:
    found = records(sample)
    gold = {key: one.item for key, one in found.items() if one.gold_flag}
    assert gold == {
        **{f"28:{frame}": f"21:{frame}" for frame in (0, 1, 2)},
        **{f"32:{frame}": f"22:{frame}" for frame in (4, 5, 7)},
    }
    assert found["30:5"].item == found["32:5"].item


def test_people_and_their_issues(sample: Cvat) -> None:
    found = records(sample)
    assert found["2:0"].annotator == "6"
    assert found["9:0"].annotator is None
    assert sample.one("SELECT count(*) FROM engine_issue") == 5
    on = sample.all(
        "SELECT job_id || ':' || frame, owner_id::text, resolved FROM engine_issue ORDER BY id"
    )
    said = {key: (who, resolved) for key, who, resolved in on if key in found}
    assert len(said) == 3  # two are on frames of unfinished jobs that nobody drew on
    for key, (who, resolved) in said.items():
        assert found[key].reviewer == who
        assert found[key].verdict == (Verdict.FIXED if resolved else Verdict.REJECTED)
    accepted = {key.split(":")[0] for key, one in found.items() if one.verdict == Verdict.ACCEPTED}
    assert accepted == {"29", "30", "31"}


# --- what is drawn ---------------------------------------------------------------------------


def test_every_shape_is_read(done: Cvat) -> None:
    """143 shapes: each is one, but points are as many as they have, and skeletons none."""
    assert done.one("SELECT count(*) FROM engine_labeledshape") == 143
    tracked = {job for (job,) in done.all("SELECT DISTINCT job_id FROM engine_labeledtrack")}
    rows = done.all(
        "SELECT job_id, frame, sum(CASE WHEN outside OR type = 'skeleton' THEN 0 WHEN "
        "type = 'points' THEN cardinality(string_to_array(points, ',')) / 2 ELSE 1 END)::int "
        "FROM engine_labeledshape GROUP BY job_id, frame"
    )
    found = records(done)
    drawn = answers(found, "shapes")
    there = {f"{job}:{frame}": n for job, frame, n in rows if n and job not in tracked}
    beyond = {f"32:{frame}" for frame in (6, 8, 9, 10)}  # its segment has 4, 5 and 7
    held = {key: len(value) for key, value in drawn.items() if value}
    untracked = {key: n for key, n in held.items() if int(key.split(":")[0]) not in tracked}
    assert untracked == {key: n for key, n in there.items() if key not in beyond}
    assert beyond < there.keys()
    frames = done.one(
        "SELECT sum(CASE WHEN frames = '' THEN stop_frame - start_frame + 1 "
        "ELSE cardinality(string_to_array(frames, ',')) END) FROM engine_segment"
    )
    assert len(found) == frames
    assert len(drawn) == frames - 1  # one task is in space
    assert min(map(len, drawn.values())) == 0


def test_shapes_are_shares_of_their_pictures(done: Cvat) -> None:
    rows = done.all(
        "SELECT a.job_id, a.frame, a.points, i.width, i.height, l.name FROM engine_labeledshape a "
        "JOIN engine_label l ON l.id = a.label_id JOIN engine_job j ON j.id = a.job_id "
        "JOIN engine_segment s ON s.id = j.segment_id JOIN engine_task t ON t.id = s.task_id "
        "JOIN engine_image i ON i.data_id = t.data_id AND i.frame = a.frame "
        "WHERE a.type = 'rectangle' AND a.rotation = 0 AND (s.frames = '' OR "
        "a.frame::text = ANY(string_to_array(s.frames, ',')))"
    )
    drawn = answers(records(done), "shapes")
    assert len(rows) == 54
    for job, frame, points, width, height, label in rows:
        x0, y0, x1, y1 = map(float, points.split(","))
        box = [x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height]
        boxes = [one for one in drawn[f"{job}:{frame}"] if len(one) == 5 and one[4] == label]
        assert any(one[:4] == pytest.approx(box, abs=1e-7) for one in boxes)


def test_masks_cover_their_pixels_of_the_whole_picture(done: Cvat) -> None:
    rows = done.all(
        "SELECT job_id, frame, points FROM engine_labeledshape WHERE type = 'mask' ORDER BY id"
    )
    drawn = answers(records(done), "shapes")
    wanted, found = [], []
    for job, frame, points in rows:
        runs = [float(one) for one in points.split(",")][:-4]
        wanted.append(sum(runs[1::2]))
        masks = [one[0] for one in drawn[f"{job}:{frame}"] if "runs" in str(one[0])]
        assert all(sum(one["runs"]) == one["size"][0] * one["size"][1] for one in masks)
        found += [sum(one["runs"][1::2]) for one in masks]
    assert found == wanted
    assert len(wanted) == 3


def test_tracks_are_on_every_frame_and_whole_on_the_first(done: Cvat) -> None:
    """15 tracks: three skeletons with four elements each."""
    assert done.one("SELECT count(*) FROM engine_labeledtrack") == 15
    found = records(done)
    whole = {key: value for key, value in answers(found, "tracks").items() if value}
    assert {key: [one[1] for one in value] for key, value in whole.items()} == {
        "18:0": ["s2"],
        "25:0": ["skeleton1"],
        "26:6": ["skeleton1"],
    }
    assert [frame[0] for frame in whole["18:0"][0][0]] == [0, 3, 7]
    drawn = answers(found, "shapes")
    assert [len(drawn[f"18:{frame}"]) for frame in range(8)] == [8, *[4] * 7]
    # one element of the second is hidden until frame 3
    assert [len(drawn[f"25:{frame}"]) for frame in range(6)] == [3, 3, 3, 4, 4, 4]
    (moved,) = [one for one in drawn["18:1"] if one[2] == "s2/1"]
    width, height = done.all(
        "SELECT width, height FROM engine_image WHERE data_id = 13 AND frame = 1"
    )[0]
    x = 381.9130434782637 + (137.0966796875 - 381.9130434782637) / 3
    y = 355.0592829431864 + (156.11214469590232 - 355.0592829431864) / 3
    assert moved[:2] == pytest.approx([x / width, y / height], abs=1e-7)


def test_tags_are_sets_and_their_attributes_questions(done: Cvat) -> None:
    rows = done.all(
        "SELECT t.job_id || ':' || t.frame, l.name FROM engine_labeledimage t "
        "JOIN engine_label l ON l.id = t.label_id"
    )
    found = records(done)
    tags = answers(found, "tags")
    assert {key: value for key, value in tags.items() if value} == {k: [v] for k, v in rows}
    assert len(rows) == 6
    assert tags["17:0"] == []
    assert answers(found, "cat.x") == {"28:0": "yy", "28:1": "yy"}
    assert answers(found, "cat.y") == {"28:0": "1", "28:1": "1"}
    assert "tags" not in dict(found["29:0"].answers)  # nobody ever tagged anything there


def test_shapes_of_videos_of_unknown_size_stay_in_pixels(tool: Cvat) -> None:
    tool.set_job(19, state="completed")
    assert min(answers(records(tool), "shapes")["19:0"])[0] > 1
    tool.all("CREATE TABLE engine_video (data_id int, width int, height int)")
    tool.all("INSERT INTO engine_video VALUES (14, 1920, 1080)")
    assert max(max(one[:4]) for one in answers(records(tool), "shapes")["19:0"]) < 1
    source = CvatDatabase(tool.url, name="cvat")
    assert "engine_video" in source.inspect().grant
    source.close()


def test_what_is_drawn_in_space_is_not_read(tool: Cvat) -> None:
    tool.draw(8, 0, 10, [0.5] * 16, type="cuboid")
    tool.set_job(8, state="completed")
    assert records(tool)["8:0"].answers == ()


def test_what_a_model_drew_is_told_apart(tool: Cvat) -> None:
    for frame, source in enumerate(("auto", "semi-auto", "file", "manual")):
        tool.draw(24, frame, 53, [0, 0, 9, 9], source=source)
    tool.all("UPDATE engine_segment SET stop_frame = 3 WHERE id = 24")
    old = {"24:0"}  # where somebody drew before
    drafts = {key for key in records(tool) if key.startswith("24:")} - old
    assert drafts == {"24:1", "24:3"}
    tool.set_job(24, state="completed")
    found = records(tool)
    assert [found[f"24:{frame}"].assisted for frame in range(4)] == [True, True, False, False]


def test_an_object_that_cannot_be_read_costs_its_frame_alone(tool: Cvat) -> None:
    tool.draw(29, 2, 73, [1, 2, 3])
    tool.draw(29, 3, 9, [1, 2, 3, 4])
    _, batch = read(tool)
    assert {(one.record, one.reason, one.project) for one in batch.bad} == {
        ("job 29, frame 2", "bad_points", "task-23"),
        ("job 29, frame 3", "unknown_label", "task-23"),
    }
    assert {f"29:{frame}" for frame in (0, 1, 4)} <= {one.native_id for one in batch.annotations}


# --- later versions --------------------------------------------------------------------------


def test_a_replica_is_an_answer_and_what_was_merged_from_them_is_none(tool: Cvat) -> None:
    one, two = (
        tool.job(
            23, 0, 4, type="consensus_replica", parent_job_id=29, state="completed", assignee_id=who
        )
        for who in (6, 9)
    )
    tool.draw(one, 0, 73, [1, 1, 9, 9])
    found = records(tool)
    assert not any(key.startswith("29:") for key in found)
    assert (found[f"{one}:0"].item, found[f"{two}:0"].item) == ("22:0", "22:0")
    assert (found[f"{one}:0"].annotator, found[f"{two}:0"].annotator) == ("6", "9")
    assert len(answers(found, "shapes")[f"{one}:0"]) == 1
    known = items(tool)
    assert (known["22:0"].required, known["22:0"].batch) == (2, "job 29")
    assert (known["22:5"].required, known["22:5"].batch) == (1, "job 30")
    source = CvatDatabase(tool.url, name="cvat")
    source.open()
    assert source.counts()["task-23"].rows == 14 - 5 + 10
    source.close()


def test_a_honeypot_is_the_frame_that_it_shows_again(tool: Cvat) -> None:
    tool.all(
        "UPDATE engine_image SET is_placeholder = true, real_frame = 10 "
        "WHERE data_id = 22 AND frame IN (1, 6)"
    )
    tool.all(
        "INSERT INTO engine_validationlayout (task_data_id, mode, frames, disabled_frames) "
        "VALUES (22, 'gt_pool', '10', '')"
    )
    found = records(tool)
    assert {key: found[key].item for key in ("29:1", "30:6", "31:10", "29:0")} == {
        **dict.fromkeys(("29:1", "30:6", "31:10"), "22:10"),
        "29:0": "22:0",
    }
    assert {"22:1", "22:6"}.isdisjoint(items(tool))
    tool.all("UPDATE engine_validationlayout SET mode = 'gt'")
    assert records(tool)["29:1"].item == "22:1"


def test_disabled_ground_truth_no_longer_counts(tool: Cvat) -> None:
    tool.all(
        "INSERT INTO engine_validationlayout (task_data_id, mode, frames, disabled_frames) "
        "VALUES (22, 'gt', '4,5,7', '5')"
    )
    found = records(tool)
    assert [found[f"32:{frame}"].gold_flag for frame in (4, 5, 7)] == [True, False, True]
    source = CvatDatabase(tool.url, name="cvat")
    source.open()
    assert (source.counts()["task-23"].rows, source.counts()["task-23"].gold) == (14, 2)
    source.close()


def test_deleted_frames_are_no_items(tool: Cvat) -> None:
    tool.all("UPDATE engine_data SET deleted_frames = '0,7' WHERE id = 22")
    found = records(tool)
    assert {"29:0", "30:7", "32:7"}.isdisjoint(found)
    assert {"22:0", "22:7"}.isdisjoint(items(tool))
    source = CvatDatabase(tool.url, name="cvat")
    source.open()
    assert (source.counts()["task-23"].rows, source.counts()["task-23"].gold) == (11, 2)
    source.close()


def test_frames_of_data_that_begin_later_and_leave_some_out(tool: Cvat) -> None:
    """Pictures 100, 105, … are the task's frames 0, 1, …; chosen frames go by the pictures."""
    tool.all("UPDATE engine_data SET start_frame = 100, frame_filter = 'step=5' WHERE id = 22")
    tool.all("UPDATE engine_image SET frame = 100 + frame * 5 WHERE data_id = 22")
    tool.all("UPDATE engine_segment SET frames = '120,125,135' WHERE id = 32")
    found = records(tool)
    assert {key for key in found if key.startswith("32:")} == {"32:4", "32:5", "32:7"}
    assert all(max(box[:4]) < 1 for box in answers(found, "shapes")["32:4"])


# --- ways in ---------------------------------------------------------------------------------


def test_a_missing_column_stops_the_source_and_one_of_later_versions_does_not(tool: Cvat) -> None:
    source = CvatDatabase(tool.url, name="cvat")
    for name, columns in NEEDED.items():
        tool.all(f"ALTER TABLE {name} RENAME COLUMN {columns[-1]} TO other")
        with pytest.raises(StopSource, match=f"no column {columns[-1]} of table {name}"):
            source.open()
        tool.all(f"ALTER TABLE {name} RENAME COLUMN other TO {columns[-1]}")
    tool.all("ALTER TABLE engine_data DROP COLUMN deleted_frames")
    tool.all("DROP TABLE engine_labeledimageattributeval")
    assert "cat.x" not in dict(records(tool)["28:0"].answers)
    source.close()


def test_projects_are_chosen_by_title_or_id(tool: Cvat) -> None:
    batch = read(tool, projects=("project1", "task-23"))[1]
    assert {one.project for one in batch.items} == {"1", "task-23"}
    assert {one.project for one in batch.annotations} == {"1", "task-23"}
    source = CvatDatabase(tool.url, name="cvat", projects=("project1",))
    source.open()
    assert source.counts().keys() == {"1"}
    with pytest.raises(StopSource, match="its key `projects` names"):
        CvatDatabase(tool.url, name="cvat", projects=("else",)).open()
    source.close()


def test_a_server_address_is_told_by_its_tables(tool: Cvat, tmp_path: Any) -> None:
    assert CvatDatabase.detects(tool.url)
    assert not CvatDatabase.detects("postgresql://r@127.0.0.1:1/cvat")
    assert not CvatDatabase.detects(str(tmp_path / "cvat.sqlite3"))
    with pytest.raises(StopSource, match="postgresql://"):
        CvatDatabase(f"sqlite:///{tmp_path / 'cvat.sqlite3'}", name="cvat").open()


def test_options_are_checked() -> None:
    made = CvatDatabase.from_access(
        Access("cvat", "postgresql://h/d", options={"assignee_stays": True})
    )
    made.close()
    with pytest.raises(ConfigError, match="assignee_stays"):
        CvatDatabase.from_access(Access("cvat", "postgresql://h/d", options={"assignee_stays": 1}))
    with pytest.raises(ConfigError, match="url is missing"):
        CvatDatabase.from_access(Access("cvat"))


def test_the_printed_grant_suffices(tool: Cvat) -> None:
    source = CvatDatabase(tool.url, name="cvat")
    found = source.inspect()
    source.close()
    assert any("may write" in one for one in found.remarks)
    assert "password" not in found.grant.replace("PASSWORD", "").split("-- or all")[0]
    role = f"lp_reader_{make_url(tool.url).database}"
    wanted = [line for line in found.grant.splitlines() if line.startswith(("CREATE", "GRANT"))]
    for line in wanted:
        tool.all(line.replace("labelpulse", role))
    try:
        url = make_url(tool.url).set(username=role, password="choose-one")
        reader = Cvat(url.render_as_string(hide_password=False))
        assert len(records(reader)) == 56
        looked = CvatDatabase(reader.url, name="cvat")
        assert not any("may write" in one for one in looked.inspect().remarks)
        looked.close()
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            reader.all("SELECT password FROM auth_user")
        reader.close()
    finally:
        tool.all(f"DROP OWNED BY {role}")
        tool.all(f"DROP ROLE {role}")


def test_a_first_look_counts_what_a_scan_yields(sample: Cvat) -> None:
    source, batch = read(sample)
    found = source.inspect()
    source.close()
    by_title = {one.title: one for one in found.projects}
    assert sum(one.items for one in found.projects) == len(batch.items)
    work = [one for one in batch.annotations if one.status == Status.SUBMITTED]
    assert sum(one.annotations for one in found.projects) == len(work)
    task = by_title["task with several jobs and ground truth job"]
    assert (task.items, task.annotations, task.gold_candidates) == (11, 14, {"job": 3})
    assert gold_choices(task) == ['gold = "job"']
    assert task.controls == ("shapes",)
    assert found.type == "cvat-db"
    assert sum(one.reviews for one in found.projects) == 5
    assert any("name no annotator" in one for one in found.remarks)
    assert json.dumps(found.grant).count("GRANT SELECT") >= 14


def test_a_first_look_says_where_two_answered(tool: Cvat) -> None:
    for who, job in ((6, 29), (9, 30)):
        tool.set_job(job, assignee_id=who, stage="annotation", state="completed")
    extra = tool.job(23, 0, 1, assignee_id=9, state="completed")
    tool.set_job(31, assignee_id=6)
    source = CvatDatabase(tool.url, name="cvat")
    found = source.inspect()
    task = next(one for one in found.projects if one.annotations == 16)
    assert task.share_two == pytest.approx(2 / 11)
    assert task.annotators == 2
    assert any("assigned to: 1" in one for one in found.remarks)
    source.close()
    assert seen_items(tool, extra) == {"22:0", "22:1"}


def seen_items(tool: Cvat, job: int) -> set[str]:
    return {one.item for key, one in records(tool).items() if key.startswith(f"{job}:")}


def test_a_scan_goes_on_where_it_broke_off(sample: Cvat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.cvat.source.PAGE", 7)
    source = CvatDatabase(sample.url, name="cvat")
    source.open()
    for stream in (ITEMS, ANNOTATIONS):
        pages = list(source.full(stream, None))
        assert len(pages) > 2
        assert pages[-1].last
        rest = source.full(stream, pages[1].position)
        ids = [one.native_id for page in (*pages[:2], *rest) for one in page.records]
        assert ids == seen(source, stream)
    source.close()
