"""Exports that are read as documented, without an account to try them on: each value by eye."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    Status,
    Verdict,
)
from tests.collectors.exporting import CAT, DATA, answers, cut, of, read, scales

ANA, BEN, REV = "ana@example.org", "ben@example.org", "rev@example.org"
SOFA = [[[[0, 0], [1, 0], [1, 1]]], "Sofa"]
TAIL = [{"line": [[0.1, 0.1], [0.2, 0.2]]}, "Tail"]
NOSE = [0.5, 0.5, "Nose"]
EYE = [{"ellipse": [0.5, 0.5, 0.1, 0.1]}, "Eye"]
PEOPLE = [("Ada Lovelace", "PER"), ("Charles Babbage", "PER")]
AT = 0.1
HIDDEN = [[2, *[AT] * 4, 0, 1], [3, *[AT] * 4, 0, 1], [4, *[AT] * 4, 0, 0], [6, *[AT] * 4, 0, 1]]
SHAPES = {"lines": [TAIL], "points": [NOSE], "polygons": [SOFA]}


def notes(form: str, name: str) -> list[AnnotationRecord]:
    return of(AnnotationRecord, read(form, name))


def reviewed(one: AnnotationRecord) -> tuple[Any, ...]:
    return one.verdict, one.reviewer, one.reviewed_at


# --- Kili ------------------------------------------------------------------------------------


def test_kili_jobs_are_controls() -> None:
    records = read("kili", "kili.json")
    assert scales(records) == {
        "BOXES": "geometry",
        "KIND": "nominal",
        "NER": "span",
        "NOTE": "text",
        "REL": "span",
        "WHERE": "nominal",
    }
    first, second = answers(records, "a1")
    assert first == {"KIND": "DRAWING"}
    assert second == {
        "BOXES": [[*CAT, "CAT"]],
        "KIND": "PHOTO",
        "NOTE": "A cat",
        "WHERE": "INDOOR",
    }
    _, other, draft = answers(records, "a2")
    upper = [[*CAT, "CAT"], [0.5, 0.5, "NOSE"], [SOFA[0], "SOFA"], [TAIL[0], "TAIL"]]
    assert (other["BOXES"], draft) == (upper, {})


def test_kili_entities_relations_and_videos() -> None:
    records = read("kili", "kili.json")
    (text,), (video,) = answers(records, "a4"), answers(records, "a5")
    assert cut(text["NER"]) == PEOPLE
    assert text["REL"] == [[[0, 12, "PER"], [22, 37, "PER"], "WROTE_TO"]]
    assert video["BOXES"] == [[HIDDEN, "CAR"]]


def test_kili_labels_of_one_person_are_versions_of_one() -> None:
    first, second = (one for one in notes("kili", "kili.json") if one.item == "a1")
    assert first.native_id == second.native_id
    assert [first.revision, second.revision] == [1_688_385_600_000_000, 1_688_389_200_000_000]
    assert (first.annotator, first.time_spent_ms) == (ANA, 12_000)


def test_kili_reviews_judge_and_on_honeypots_know() -> None:
    found = {(one.item, one.annotator, one.status): one for one in notes("kili", "kili.json")}
    assert reviewed(found["a1", ANA, Status.SUBMITTED])[:2] == (Verdict.ACCEPTED, REV)
    gold = found["a3", REV, Status.SUBMITTED]
    assert gold.gold_flag
    assert not found["a3", BEN, Status.SUBMITTED].gold_flag
    assert found["a2", BEN, Status.DRAFT].answers == ()


def test_kili_a_review_that_says_something_else_fixed_it(tmp_path: Path) -> None:
    assets = json.loads((DATA / "kili.json").read_text())
    assets[0]["labels"][2]["jsonResponse"] = "{}"
    path = tmp_path / "kili.json"
    path.write_text(json.dumps(assets[:1]))
    verdicts = [one.verdict for one in of(AnnotationRecord, read("kili", path))]
    assert verdicts == [None, Verdict.FIXED]


def test_kili_predictions_are_a_models() -> None:
    (guess,) = of(PredictionRecord, read("kili", "kili.json"))
    assert (guess.model_version, guess.answers) == ("small-model", (("KIND", "PHOTO"),))


def test_kili_a_list_of_labels_is_the_same_work() -> None:
    alone, by_asset = notes("kili", "kili_labels.json"), notes("kili", "kili.json")
    assert {one.native_id for one in alone} <= {one.native_id for one in by_asset}
    assert len(alone) == 7


def test_kili_a_turned_rectangle_is_a_polygon(tmp_path: Path) -> None:
    assets = json.loads((DATA / "kili.json").read_text())[1:2]
    ring = [{"x": 0.5, "y": 0.1}, {"x": 0.9, "y": 0.5}, {"x": 0.5, "y": 0.9}, {"x": 0.1, "y": 0.5}]
    mark = assets[0]["labels"][0]["jsonResponse"]["BOXES"]["annotations"][0]
    mark["boundingPoly"] = [{"normalizedVertices": ring}]
    path = tmp_path / "kili.json"
    path.write_text(json.dumps(assets))
    said = answers(read("kili", path), "a2")[0]
    assert said["BOXES"] == [[[[[0.5, 0.1], [0.9, 0.5], [0.5, 0.9], [0.1, 0.5]]], "CAT"]]


# --- Encord ----------------------------------------------------------------------------------


def test_encord_objects_and_answers() -> None:
    (said,) = answers(read("encord", "encord.json"), "u1")
    hole = [[0.4, 0.2], [0.6, 0.2], [0.6, 0.4]]
    assert said == {
        "boxes": [[*CAT, "Cat"]],
        "polygons": [[[[[0, 0], [1, 0], [1, 1]], hole], "Sofa"]],
        "lines": [TAIL],
        "points": [NOSE],
        "Kind": "Photo",
        "Note": "A cat",
        "Cat / Mood": [[[*CAT, "Cat"], ["Angry"]]],
        "Cat / Called": [[[*CAT, "Cat"], "Leo"]],
    }


def test_encord_groups_videos_and_texts() -> None:
    records = read("encord", "encord.json")
    assert answers(records, "u2") == [{"boxes": [[*CAT, "Cat", {"item": 1}]]}]
    assert answers(records, "u4") == [{"tracks": [[HIDDEN, "Car"]]}]
    (text,) = answers(records, "u5")
    assert cut(text["spans"]) == PEOPLE
    assert answers(records, "u6") == []
    assert "u6" in [one.native_id for one in of(ItemRecord, records)]


def test_encord_a_row_is_the_work_of_whoever_made_most_of_it() -> None:
    records = read("encord", "encord.json")
    first = of(AnnotationRecord, records)[0]
    assert (first.annotator, first.editor) == (BEN, None)
    assert any("several people worked on" in one for one in records[0].remarks)
    alone = notes("encord", "encord_row.json")
    assert [one.native_id for one in alone] == [first.native_id]


def test_encord_is_rejected_where_an_object_is(tmp_path: Path) -> None:
    row = json.loads((DATA / "encord_row.json").read_text())
    objects = row["data_units"]["u1"]["labels"]["objects"]
    objects[0]["reviews"].pop()
    path = tmp_path / "row.json"
    path.write_text(json.dumps(row))
    (one,) = of(AnnotationRecord, read("encord", path))
    assert reviewed(one)[:2] == (Verdict.REJECTED, REV)
    (whole,) = notes("encord", "encord_row.json")
    assert whole.verdict is None  # two of its objects were not reviewed


def test_encord_branches_of_a_consensus_are_apart(tmp_path: Path) -> None:
    row = json.loads((DATA / "encord_row.json").read_text())
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([row, {**row, "branch_name": "annotator-2"}]))
    ids = [one.native_id for one in of(AnnotationRecord, read("encord", path))]
    assert len(set(ids)) == 2


def test_encord_log_tells_who_submitted_and_judged_whenever() -> None:
    records = read("encord", "encord_log.json")
    told = [(one.item, one.annotator, one.verdict) for one in of(AnnotationRecord, records)]
    assert told == [
        ("u1", ANA, Verdict.REJECTED),
        ("u1", ANA, None),
        ("u1", ANA, None),
        ("u1", ANA, Verdict.ACCEPTED),
        ("u2", BEN, None),
    ]
    assert of(AnnotationRecord, records)[-1].status == Status.SKIPPED
    assert records[0].identity
    assert len({one.native_id for one in of(AnnotationRecord, records)}) == 2


def test_encord_log_and_rows_are_no_one_file(tmp_path: Path) -> None:
    rows = json.loads((DATA / "encord.json").read_text())
    log = json.loads((DATA / "encord_log.json").read_text())
    path = tmp_path / "both.json"
    path.write_text(json.dumps([rows[0], log[0]]))
    (bad,) = of(BadRecord, read("encord", path))
    assert bad.record == "record 2"


# --- V7 --------------------------------------------------------------------------------------


def test_v7_shapes_and_tags() -> None:
    records = read("v7", "v7.json")
    (said,) = answers(records, "0188-one.png")
    shapes = {"boxes": [[*CAT, "Cat"]], "ellipses": [EYE], **SHAPES}
    assert said == {**shapes, "tags": ["photo"]}
    assert any("not read (1 time)" in one for one in records[0].remarks)
    (one,) = of(AnnotationRecord, records)
    assert (one.annotator, one.submitted_at, one.verdict) == (BEN, None, None)
    assert {one.name for one in of(PersonRecord, records)} == {"Ana", "Ben"}


def test_v7_masks_come_out_of_their_layer() -> None:
    (said,) = answers(read("v7", "v7_mask.json"), "0188-mask.png")
    fur, eye = {"runs": [3, 2, 3], "size": [4, 2]}, {"runs": [5, 1, 2], "size": [4, 2]}
    assert said == {"masks": [[fur, "Fur"], [eye, "Eye"]]}


def test_v7_tracks_keep_to_their_ranges() -> None:
    (said,) = answers(read("v7", "v7_video.json"), "0188-three.mp4")
    later = [[6, 0.2, *[AT] * 3, 0, 1], [7, 0.2, *[AT] * 3, 0, 1]]
    assert said == {"tracks": [[[*HIDDEN[:3], *later], "Car"]]}


# --- SuperAnnotate ---------------------------------------------------------------------------


def test_superannotate_instances() -> None:
    records = read("superannotate", "superannotate.json")
    (said,) = answers(records, "one.png")
    assert said == {
        "boxes": [[*CAT, "Cat"]],
        "ellipses": [EYE],
        **SHAPES,
        "tags": ["photo"],
        "Cat / Mood": [[[*CAT, "Cat"], "asleep"]],
    }
    (text,) = answers(records, "ada.txt")
    assert cut(text["spans"]) == PEOPLE


def test_superannotate_status_and_quality_check() -> None:
    found = {one.item: one for one in notes("superannotate", "superannotate.json")}
    assert {key: one.status for key, one in found.items()} == {
        "one.png": Status.SUBMITTED,
        "two.png": Status.SUBMITTED,
        "three.png": Status.DRAFT,
        "five.png": Status.SKIPPED,
        "ada.txt": Status.SUBMITTED,
    }
    checked = 1_634_899_300_000_000
    assert reviewed(found["one.png"]) == (Verdict.ACCEPTED, REV, checked)
    assert found["two.png"].verdict == Verdict.REJECTED
    assert found["ada.txt"].verdict is None
    assert (found["one.png"].annotator, found["ada.txt"].annotator) == (ANA, ANA)


# --- Dataloop --------------------------------------------------------------------------------


def test_dataloop_annotations() -> None:
    records = read("dataloop", "dataloop.json")
    (said,) = answers(records, "i1")
    assert said == {"boxes": [[*CAT, "Cat"]], "ellipses": [EYE], **SHAPES, "tags": ["photo"]}
    (text,) = answers(records, "i2")
    assert cut(text["spans"]) == PEOPLE
    assert [one.native_id for one in of(ItemRecord, records)] == ["i1", "i2", "i3"]
    (guess,) = of(PredictionRecord, records)
    assert (guess.model_version, dict(guess.answers)) == (
        "small-model",
        {"boxes": [[*CAT, "Cat"]]},
    )


def test_dataloop_an_issue_rejects() -> None:
    first, second = notes("dataloop", "dataloop.json")
    assert (first.verdict, second.verdict) == (Verdict.REJECTED, None)
    assert (first.annotator, second.annotator) == (BEN, ANA)


def test_dataloop_a_single_item_has_pixels() -> None:
    records = read("dataloop", "dataloop_item.json")
    (said,) = answers(records, "i1")
    assert said["boxes"] == [[100, 50, 200, 100, "Cat"]]
    assert any("in pixels" in one for one in records[0].remarks)


def test_scale_short_texts_are_texts_where_the_user_says_so() -> None:
    assert scales(read("scale", "scale.json"))["note"] == "nominal"
    assert scales(read("scale", "scale.json", scale="text"))["note"] == "text"


# --- Scale -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scale.json", "scale.jsonl", "scale_page.json"])
def test_scale_tasks(name: str) -> None:
    records = read("scale", name)
    (said,) = answers(records, "s1")
    assert said == {
        "boxes": [[*CAT, "Cat"]],
        **SHAPES,
        "Cat / asleep": [[[*CAT, "Cat"], "yes"]],
        "weather": "sunny",
        "cars": 3,
    }
    (text,) = answers(records, "s5")
    assert cut(text["spans"]) == PEOPLE
    assert answers(records, "s6") == [{"mood": "good", "note": "A short note."}]
    assert [one.native_id for one in of(ItemRecord, records)] == [f"s{n}" for n in range(1, 7)]


def test_scale_reviews_have_no_reviewer_and_work_no_worker() -> None:
    found = {one.item: one for one in notes("scale", "scale.json")}
    assert {key: one.verdict for key, one in found.items()} == {
        "s1": Verdict.ACCEPTED,
        "s2": Verdict.FIXED,
        "s5": Verdict.REJECTED,
        "s6": None,
    }
    assert {one.annotator for one in found.values()} == {None}
    assert found["s1"].submitted_at == 1_682_935_200_000_000


def test_scale_an_inclusive_end_is_known_by_the_text(tmp_path: Path) -> None:
    tasks = json.loads((DATA / "scale.json").read_text())[4:5]
    for one in tasks[0]["response"]["annotations"]:
        one["end"] -= 1
    path = tmp_path / "scale.json"
    path.write_text(json.dumps(tasks))
    (said,) = answers(read("scale", path), "s5")
    assert cut(said["spans"]) == PEOPLE
