"""Exports in forms that public repositories show: what documentation alone did not tell.

The values are invented; the forms are those of files and tests in Labelbox/labelbox-python,
v7labs/darwin-py, kili-technology/kili-python-sdk, encord-team/encord-client-python,
superannotateai/superannotate-python-sdk, and of single public items of Dataloop and Scale.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.days import iso
from labelpulse.core.events import AnnotationRecord, BadRecord, ItemRecord, ProjectRecord, Verdict
from tests.collectors.exporting import answers, of, read, scales

ANA = "ana@example.org"


def saved(folder: Path, content: Any) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(content))
    return path


def told(records: list[Any]) -> str:
    (project,) = of(ProjectRecord, records)
    assert not of(BadRecord, records)
    return " | ".join(project.remarks)


def only(records: list[Any]) -> AnnotationRecord:
    one: AnnotationRecord
    (one,) = of(AnnotationRecord, records)
    return one


# --- Labelbox --------------------------------------------------------------------------------


def row(annotations: dict[str, Any]) -> dict[str, Any]:
    label = {"label_kind": "Default", "version": "1.0.0", "id": "l1", "annotations": annotations}
    return {"data_row": {"id": "r1", "row_data": "x"}, "projects": {"p": {"labels": [label]}}}


def test_labelbox_the_token_of_an_entity_has_its_last_sign(tmp_path: Path) -> None:
    where = {"start": 4, "end": 12, "token": "Lovelace "}
    entity = {"name": "who", "annotation_kind": "TextEntity", "location": where}
    records = read("labelbox", saved(tmp_path, [row({"objects": [entity]})]))
    ((start, end, _),) = answers(records, "r1")[0]["spans"]
    assert (start, "Ada Lovelace wrote"[start:end]) == (4, where["token"])


def test_labelbox_says_what_it_leaves_of_a_conversation(tmp_path: Path) -> None:
    said = {"name": "tone", "message_id": "0", "conversational_radio_answer": {"name": "kind"}}
    whole = {"name": "topic", "radio_answer": {"name": "cats"}}
    records = read("labelbox", saved(tmp_path, [row({"classifications": [said, whole]})]))
    assert answers(records, "r1") == [{"topic": "cats"}]
    assert "single messages of a conversation stay unread (1 time)" in told(records)


# --- V7 --------------------------------------------------------------------------------------


def darwin(*made: dict[str, Any], said: Any = (), **slot: Any) -> dict[str, Any]:
    size = {"type": "image", "slot_name": "0", "width": 100, "height": 100, **slot}
    item = {"name": "a.jpg", "path": "/", "source_info": {"item_id": "i1"}, "slots": [size]}
    return {"version": "2.0", "item": item, "annotations": list(made), "properties": list(said)}


def asked(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"frame_index": 0, "name": name, "value": value, **more}


BOX = {"x": 10, "y": 10, "w": 20, "h": 20}


def test_v7_properties_are_answers(tmp_path: Path) -> None:
    mood = [asked("mood", "b"), asked("mood", "a"), asked("size", "1"), asked("empty", None)]
    made = [
        {"id": "1", "name": "Cat", "bounding_box": BOX, "properties": mood},
        {"id": "2", "name": "photo", "tag": {}, "properties": [asked("quality", "good")]},
    ]
    document = darwin(
        *made, said=[{"name": "scene", "value": "1"}, {"name": "scene", "value": "2"}]
    )
    records = read("v7", saved(tmp_path, document))
    cat = [0.1, 0.1, 0.2, 0.2, "Cat"]
    assert answers(records, "i1") == [
        {
            "Cat / mood": [[cat, ["a", "b"]]],
            "Cat / size": [[cat, "1"]],
            "boxes": [cat],
            "photo / quality": "good",
            "scene": ["1", "2"],
            "tags": ["photo"],
        }
    ]


def test_v7_an_item_that_was_only_answered_is_work(tmp_path: Path) -> None:
    records = read("v7", saved(tmp_path, darwin(said=[{"name": "scene", "value": "night"}])))
    assert answers(records, "i1") == [{"scene": "night"}]
    assert "export with authorship (1 time)" in told(records)


def test_v7_properties_without_a_value_are_nobodys_work(tmp_path: Path) -> None:
    records = read("v7", saved(tmp_path, darwin(said=[asked("mood", None)])))
    assert [one.native_id for one in of(ItemRecord, records)] == ["i1"]
    assert of(AnnotationRecord, records) == []


def test_v7_the_last_change_is_the_time_and_is_in_utc(tmp_path: Path) -> None:
    made = [
        {"id": str(n), "name": "Cat", "bounding_box": BOX, "updated_at": f"2023-08-03T0{n}:04:37"}
        for n in (3, 2)
    ]
    for zone in ("UTC", "Europe/Berlin"):
        records = read("v7", saved(tmp_path, darwin(*made)), naive_zone=zone)
        one = only(records)
        assert iso(one.submitted_at) == iso(one.updated_at) == "2023-08-03T03:04:37Z"
        assert "tells no times" not in told(records)


def test_v7_a_track_is_not_seen_where_it_is_hidden(tmp_path: Path) -> None:
    frames = {"0": {"bounding_box": BOX}, "10": {"bounding_box": {**BOX, "x": 20}}}
    track = {"id": "1", "name": "Car", "frames": frames, "ranges": [[0, 11]]}
    document = darwin({**track, "hidden_areas": [[4, 8]]}, type="video")
    ((found, label),) = answers(read("v7", saved(tmp_path, document)), "i1")[0]["tracks"]
    assert label == "Car"
    assert [(one[0], one[1], one[6]) for one in found] == [
        (0, 0.1, 1),
        (3, 0.13, 1),
        (4, 0.13, 0),
        (8, 0.18, 1),
        (10, 0.2, 1),
    ]


# --- Kili ------------------------------------------------------------------------------------


def asset(response: dict[str, Any], key: str = "labels", **label: Any) -> dict[str, Any]:
    author = {"id": "u1", "email": ANA, "firstname": "Ana", "lastname": "A"}
    made = {"author": author, "createdAt": "2024-01-08T10:21:00.624Z", "labelType": "DEFAULT"}
    whole = {**made, "jsonResponse": response, **label}
    return {"id": "a1", "content": "x", key: whole if key == "latestLabel" else [whole]}


def test_kili_rankings_have_ties(tmp_path: Path) -> None:
    orders = [
        {"rank": 3, "elements": ["c"]},
        {"rank": 1, "elements": ["a"]},
        {"rank": 2, "elements": ["d", "b"]},
    ]
    records = read("kili", saved(tmp_path, [asset({"ORDER": {"orders": orders}})]))
    assert answers(records, "a1") == [{"ORDER": ["a", ["b", "d"], "c"]}]
    assert scales(records) == {"ORDER": "ranking"}


def test_kili_objects_of_documents_are_on_pages(tmp_path: Path) -> None:
    corners = [{"x": x, "y": y} for x, y in ((0.1, 0.2), (0.1, 0.4), (0.5, 0.4), (0.5, 0.2))]
    poly = [{"normalizedVertices": [corners]}]
    part = {"boundingPoly": poly, "pageNumberArray": [2], "polys": poly}
    kind = {"KIND": {"categories": [{"name": "total"}]}}
    marked = {"annotations": [part], "categories": [{"name": "Sum"}], "children": kind, "mid": "1"}
    response = {"BOXES": {"annotations": [{**marked, "content": ""}]}}
    records = read("kili", saved(tmp_path, [asset(response, "latestLabel")]))
    box = [0.1, 0.2, 0.4, 0.2, "Sum", {"item": 2}]
    assert answers(records, "a1") == [{"BOXES": [box], "Sum / KIND": [[box, "total"]]}]
    assert told(records) == ""


def test_kili_lists_of_latest_labels_and_the_total_time(tmp_path: Path) -> None:
    response = {"KIND": {"categories": [{"name": "C", "confidence": 100}]}}
    label = asset(response, "latestLabels", secondsToLabel=None, totalSecondsToLabel=10)
    records = read("kili", saved(tmp_path, [label]))
    assert answers(records, "a1") == [{"KIND": "C"}]
    assert only(records).time_spent_ms == 10_000


# --- Dataloop --------------------------------------------------------------------------------


def marked(kind: str, label: str, coordinates: Any = None, **system: Any) -> dict[str, Any]:
    times = {"createdAt": "2023-02-28T23:38:25.259Z", "updatedAt": "2023-02-28T23:38:25.259Z"}
    told_ = {"metadata": {"system": {"snapshots_": [], **system}}, "itemId": "i1"}
    where = {} if coordinates is None else {"coordinates": coordinates}
    return {"id": label, "type": kind, "label": label, "creator": ANA, **times, **told_, **where}


def of_dataloop(folder: Path, mimetype: str, *made: dict[str, Any]) -> list[Any]:
    system = {"mimetype": mimetype, "width": 100, "height": 100}
    item = {"id": "i1", "filename": "/a", "metadata": {"system": system}}
    return read("dataloop", saved(folder, [{**item, "annotations": list(made)}]))


def test_dataloop_classes_of_recordings_are_stretches(tmp_path: Path) -> None:
    when = {"startTime": 0.5005, "endTime": 1.9352, "frame": 15, "endFrame": 58}
    records = of_dataloop(tmp_path, "video/webm", marked("class", "Step", **when))
    assert answers(records, "i1") == [{"segments": [[0.5005, 1.9352, "Step"]]}]
    still = marked("class", "Cat", startTime=0, endTime=1)
    assert answers(of_dataloop(tmp_path, "image/png", still), "i1") == [{"tags": ["Cat"]}]


def test_dataloop_boxes_of_videos_are_tracks(tmp_path: Path) -> None:
    def at(x: int) -> list[dict[str, int]]:
        return [{"x": x, "y": 10}, {"x": x + 20, "y": 30}]

    later = [
        {"frame": 10, "data": at(20), "objectVisible": True},
        {"frame": 20, "data": at(20), "objectVisible": False},
        {"frame": 30, "data": at(40), "objectVisible": True},
    ]
    where = {"frame": 2, "endFrame": 40, "snapshots_": later, "attributes": {"1": "red"}}
    ring = marked("segment", "Road", [[{"x": 0, "y": 0}, {"x": 1, "y": 1}]], frame=0)
    records = of_dataloop(tmp_path, "video/mp4", marked("box", "Car", at(10), **where), ring)
    (said,) = answers(records, "i1")
    assert [(one[0], one[1], one[6]) for one in said["tracks"][0][0]] == [
        (2, 0.1, 1),
        (10, 0.2, 1),
        (19, 0.2, 1),
        (20, 0.2, 0),
        (30, 0.4, 1),
        (40, 0.4, 1),
    ]
    assert said["Car / 1"] == [[said["tracks"][0], "red"]]
    assert "shapes in videos that are no boxes stay unread (1 time)" in told(records)


def test_dataloop_texts_are_marked_or_typed(tmp_path: Path) -> None:
    span = marked("text_mark", "PER", {"type": "block", "label": "PER", "start": 0, "end": 12})
    typed = marked("text", "answer", {"text": "free words"})
    records = of_dataloop(tmp_path, "text/plain", span, typed)
    assert answers(records, "i1") == [{"answer": "free words", "spans": [[0, 12, "PER"]]}]


# --- Encord ----------------------------------------------------------------------------------


def test_encord_web_pages_and_times_without_a_zone(tmp_path: Path) -> None:
    where = {"xpath": "/html[1]/p[1]", "offset": 5}
    said = {
        "objectHash": "o",
        "name": "who",
        "shape": "text",
        "range": [],
        "range_html": [{"start": where, "end": {**where, "offset": 9}}],
        "createdBy": ANA,
        "createdAt": "Tue, 05 Nov 2024 09:41:37 ",
    }
    units = {"u": {"data_type": "text/html", "labels": {}}}
    line = {"label_hash": "l", "data_hash": "d", "data_units": units, "object_answers": {"o": said}}
    line |= {"data_type": "plain_text", "created_at": "2023-02-09 14:12:03"}
    records = read("encord", saved(tmp_path, [line]), naive_zone="Europe/Berlin")
    assert iso(only(records).submitted_at) == "2024-11-05T09:41:37Z"
    (item,) = of(ItemRecord, records)
    assert iso(item.created_at) == "2023-02-09T14:12:03Z"
    assert "stretches of web pages stay unread (1 time)" in told(records)


def test_encord_what_changes_in_a_video_is_told_and_what_was_deleted_is_gone(
    tmp_path: Path,
) -> None:
    box = {"x": 0.4, "y": 0.2, "w": 0.1, "h": 0.1}
    one = {"name": "Cat", "shape": "bounding_box", "boundingBox": box, "createdBy": ANA}
    at_0 = [{**one, "objectHash": "a"}, {**one, "objectHash": "b", "isDeleted": True}]
    frames = {"0": {"objects": at_0}, "1": {"objects": [{**one, "objectHash": "a"}]}}
    acts = {"a": {"objectHash": "a", "actions": [{"name": "mood", "range": [[0, 0]]}]}}
    units = {"u": {"data_type": "video/mp4", "labels": frames}}
    line = {"label_hash": "l", "data_hash": "d", "data_units": units, "object_actions": acts}
    records = read("encord", saved(tmp_path, [line]))
    track = [[[at, *box.values(), 0, 1] for at in (0, 1)], "Cat"]
    assert answers(records, "d") == [{"tracks": [track]}]
    assert told(records) == "attributes that change within a video stay unread (1 time)"


# --- Scale -----------------------------------------------------------------------------------


def test_scale_links_between_objects_say_what_is_linked(tmp_path: Path) -> None:
    sides = {"type": "box", "left": 0, "top": 36, "width": 14, "height": 10}
    person = {**sides, "label": "Person", "uuid": "d55", "attributes": {"head": "35f", "cut": "no"}}
    head = {**sides, "label": "Head", "uuid": "35f", "attributes": {}}
    made = {"annotations": [person, head], "links": [], "global_attributes": {}}
    task = {"task_id": "t1", "status": "completed", "type": "imageannotation", "params": {}}
    task |= {"completed_at": "2023-05-16T23:37:01.253Z"}
    response = {**made, "is_customer_fix": True}
    records = read("scale", saved(tmp_path, [{**task, "response": response}]))
    box = [0, 36, 14, 10, "Person"]
    (said,) = answers(records, "t1")
    assert (said["Person / head"], said["Person / cut"]) == ([[box, "Head"]], [[box, "no"]])
    assert only(records).verdict == Verdict.FIXED


# --- SuperAnnotate ---------------------------------------------------------------------------


def test_superannotate_recordings(tmp_path: Path) -> None:
    made = {"className": "Step", "createdBy": {"email": ANA}, "start": 5528212, "end": 7083022}
    event = {**made, "type": "event", "createdAt": "2021-10-22T10:40:26.151Z"}
    box = {"meta": {**event, "type": "bbox"}, "parameters": [{"start": 0, "end": 1}]}
    instances = [{"meta": event, "parameters": []}, box]
    metadata = {"name": "a.mp4", "status": "QualityCheck", "width": 480, "height": 270}
    records = read("superannotate", saved(tmp_path, {"metadata": metadata, "instances": instances}))
    assert answers(records, "a.mp4") == [{"segments": [[5.528212, 7.083022, "Step"]]}]
    assert (only(records).annotator, iso(only(records).submitted_at)) == (
        ANA,
        "2021-10-22T10:40:26.151000Z",
    )
    assert told(records) == "shapes in videos stay unread (1 time)"


# --- odd ones ---------------------------------------------------------------------------------


ODD_TYPES: dict[str, dict[str, Any]] = {
    "superannotate": {"metadata": {"name": "i1", "status": "Completed"}, "instances": []},
    "dataloop": {"id": "i1", "filename": "/a.jpg", "annotations": []},
}


@pytest.mark.parametrize(
    ("tool", "key"), [("superannotate", "instances"), ("dataloop", "annotations")]
)
def test_a_type_that_is_no_word_keeps_no_other_record_out(
    tool: str, key: str, tmp_path: Path
) -> None:
    odd = {"type": ["box"], "label": "cat", "className": "cat"}
    records = read(tool, saved(tmp_path, [{**ODD_TYPES[tool], key: [odd]}]))
    assert len(of(AnnotationRecord, records)) == 1
    assert "that is not read (1 time)" in told(records)


def test_v7_a_frame_that_is_no_number_is_another_frame(tmp_path: Path) -> None:
    moods = [asked("mood", "a"), {**asked("mood", "b"), "frame_index": [1]}]
    made = {"id": "1", "name": "Cat", "bounding_box": BOX, "properties": moods}
    records = read("v7", saved(tmp_path, darwin(made)))
    assert answers(records, "i1") == [{"boxes": [[0.1, 0.1, 0.2, 0.2, "Cat"]]}]
