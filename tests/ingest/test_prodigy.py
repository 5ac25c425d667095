"""Prodigy's tasks -> annotations, interface by interface; tasks as the tool's docs show them."""

from typing import Any

import pytest

from labelpulse.core.days import SECOND
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ControlRecord, Scale, Status
from labelpulse.ingest.prodigy import Told, annotator, item_record, task_record
from labelpulse.ingest.prodigy_questions import Asking, Questions

TEXT = "😀 Ada met IBM in Köln"
TOKENS = [
    {"text": word, "start": at, "end": at + len(word), "id": n}
    for n, (word, at) in enumerate(
        [("😀", 0), ("Ada", 2), ("met", 6), ("IBM", 10), ("in", 14), ("Köln", 17)]
    )
]
AT = 1_700_000_000


def task(view: str | None = None, **more: Any) -> dict[str, Any]:
    shared = {"_input_hash": -17, "_task_hash": 99, "answer": "accept", "_timestamp": AT}
    return {**shared, "_session_id": "news-abe", **({"_view_id": view} if view else {}), **more}


def choice(accept: list[Any], **more: Any) -> dict[str, Any]:
    options = [{"id": "POS", "text": "positive"}, {"id": "NEG", "text": "negative"}]
    return task("choice", **{"text": TEXT, "options": options, "accept": accept, **more})


def read(*tasks: dict[str, Any], how: Asking | None = None) -> list[AnnotationRecord]:
    questions = Questions(how or Asking())
    for one in tasks:
        questions.see(one)
    return [task_record(one, questions, Told("News", "news")) for one in tasks]


def answers(one: dict[str, Any], how: Asking | None = None) -> dict[str, Any]:
    return dict(read(one, how=how)[0].answers)


def span(word: str, label: str, **more: Any) -> dict[str, Any]:
    start = TEXT.index(word)
    return {"start": start, "end": start + len(word), "label": label, **more}


def test_a_task_becomes_an_annotation() -> None:
    (record,) = read(choice(["POS"]))
    assert record == AnnotationRecord(
        project="News",
        item="-17",
        native_id=record.native_id,
        annotator="abe",
        submitted_at=AT * SECOND,
        revision=AT * SECOND,
        answers=(("label", "POS"),),
    )
    assert len(record.native_id) == 32


def test_a_choice_is_one_label_or_a_set_as_its_style_or_its_answers_show() -> None:
    assert answers(choice(["POS"])) == {"label": "POS"}
    assert answers(choice([])) == {}
    multiple = {"config": {"choice_style": "multiple"}}
    assert answers(choice(["POS"], **multiple)) == {"label": ["POS"]}
    assert answers(choice([], **multiple)) == {"label": []}
    one, two = read(choice(["NEG"]), choice(["POS", "NEG"]))
    assert dict(one.answers) == {"label": ["NEG"]}
    assert dict(two.answers) == {"label": ["NEG", "POS"]}
    numbered = choice([2], options=[{"id": 1, "text": "a"}, {"id": 2, "text": "b"}])
    assert answers(numbered) == {"label": "2"}


def test_controls_are_learnt_and_options_declared_only_where_they_are_the_same() -> None:
    questions = Questions()
    assert questions.see(choice(["POS"]))
    assert questions.controls == (ControlRecord("label", Scale.NOMINAL, ("POS", "NEG"), "choice"),)
    assert not questions.see(choice(["NEG"]))
    assert questions.see(choice(["NEG"], config={"choice_style": "multiple"}))
    assert questions.controls == (ControlRecord("label", Scale.SET, ("POS", "NEG"), "choice"),)
    assert questions.see(choice(["C"], options=[{"id": "C"}]))
    assert questions.controls == (ControlRecord("label", Scale.SET, None, "choice"),)
    assert not questions.see(choice(["POS"]))


@pytest.mark.parametrize("view", ["ner_manual", "spans_manual", "pos_manual", "blocks", None])
def test_spans_are_code_points_with_an_exclusive_end(view: str | None) -> None:
    marked = task(view, text=TEXT, tokens=TOKENS, spans=[span("IBM", "ORG"), span("Ada", "PER")])
    told = answers(marked)
    assert told == {"spans": [[10, 13, "ORG"], [2, 5, "PER"]]}
    assert [TEXT[start:end] for start, end, _ in told["spans"]] == ["IBM", "Ada"]


def test_nothing_marked_is_an_answer_and_rejected_manual_work_is_none() -> None:
    nothing = task("ner_manual", text=TEXT, tokens=TOKENS)
    assert answers(nothing) == {"spans": []}
    (rejected,) = read({**nothing, "answer": "reject"})
    assert (rejected.status, rejected.answers) == (Status.SUBMITTED, ())
    how = Asking(decisions=True)
    assert answers(nothing, how) == {"spans": [], "decision": "accept"}
    assert answers({**nothing, "answer": "reject"}, how) == {"decision": "reject"}


def test_an_ignored_task_is_a_skip_without_answers() -> None:
    (record,) = read(choice(["POS"], answer="ignore"))
    assert (record.status, record.answers) == (Status.SKIPPED, ())


def test_accept_or_reject_about_a_label_is_a_control_of_that_name() -> None:
    first = task("classification", text=TEXT, label="SPORT", answer="reject")
    other = task("classification", text=TEXT, label="label", _task_hash=100)
    one, two = read(first, other)
    assert (one.item, one.answers) == ("-17", (("SPORT", "reject"),))
    assert (two.item, two.answers) == ("-17", (("label (label)", "accept"),))
    questions = Questions()
    questions.see(first)
    assert questions.controls == (
        ControlRecord("SPORT", Scale.NOMINAL, ("accept", "reject"), "decision"),
    )


@pytest.mark.parametrize(
    "more",
    [
        {"_view_id": "ner", "spans": [span("Ada", "PER")], "label": "PER"},
        {"_is_binary": True, "spans": [span("Ada", "PER")]},
        {"spans": [span("Ada", "PER", score=0.4)]},
        {"_view_id": "image", "image": "a.png", "spans": [{"points": [[0, 0]], "label": "x"}]},
        {"_view_id": "html", "html": "<b>ok?</b>"},
        {"_view_id": "compare", "accept": {"text": "a"}, "reject": {"text": "b"}},
        {},
    ],
)
def test_other_binary_questions_are_items_of_their_own(more: dict[str, Any]) -> None:
    one, two = read(task(text=TEXT, **more), task(text=TEXT, **more, _task_hash=5, answer="reject"))
    assert (one.item, one.answers) == ("-17:99", (("decision", "accept"),))
    assert (two.item, two.answers) == ("-17:5", (("decision", "reject"),))


def test_an_item_is_known_by_what_it_shows_unless_the_question_is_its_own() -> None:
    tasks = (
        choice(["POS"], _input_hash=1),
        choice(["NEG"], _input_hash=2),
        choice(["NEG"], text="else", _input_hash=3),
        task("ner", text=TEXT, spans=[span("Ada", "PER")]),
    )
    told = [item_record(one, record) for one, record in zip(tasks, read(*tasks), strict=True)]
    assert [one.native_id for one in told] == ["1", "2", "3", "-17:99"]
    assert told[0].content == told[1].content != told[2].content != told[3].content == ""


def test_marks_that_name_a_model_are_assisted_work() -> None:
    corrected = task("ner_manual", spans=[span("Ada", "PER", source="en_core_web_sm")])
    assert [one.assisted for one in read(corrected, task("ner_manual", spans=[]))] == [True, False]


def test_shapes_are_shares_of_the_image() -> None:
    box = {"label": "cat", "x": 64, "y": 48, "width": 320, "height": 240, "type": "rect"}
    old = {"label": "cat", "points": [[64, 48], [64, 288], [384, 288], [384, 48]]}
    drawn = {"label": "dog", "points": [[0, 0], [640, 0], [320, 480]], "type": "polygon"}
    marked = task("image_manual", width=640, height=480, spans=[drawn, box])
    assert answers(marked) == {
        "shapes": [[0.1, 0.1, 0.5, 0.5, "cat"], [[[[0, 0], [1, 0], [0.5, 1]]], "dog"]]
    }
    again = answers({**marked, "spans": [old, drawn]})
    assert again == answers(marked)
    assert answers(task("image_manual", width=640, height=480)) == {"shapes": []}


def test_shapes_on_an_image_of_unknown_size_stay_in_pixels_and_that_is_said() -> None:
    box = {"label": "cat", "x": 64, "y": 48, "width": 320, "height": 240}
    unsized = task("image_manual", spans=[box])
    assert answers(unsized) == {"shapes": [[64, 48, 320, 240, "cat"]]}
    questions = Questions()
    questions.see({**unsized, "width": 640, "height": 480})
    assert not questions.remarks
    assert questions.see(unsized)
    assert "pixels" in questions.remarks[0]


def test_recordings_relations_and_typed_texts() -> None:
    recording = task("audio_manual", audio_spans=[{"start": 1.5, "end": 2.25, "label": "speech"}])
    assert answers(recording) == {"segments": [[1.5, 2.25, "speech"]]}
    assert answers(task("audio_manual")) == {"segments": []}
    ada, ibm = span("Ada", "PER"), span("IBM", "ORG")
    by_span = {"head": 1, "child": 3, "head_span": ada, "child_span": ibm, "label": "WORKS"}
    by_token = {"head": 1, "child": 3, "label": "MET"}
    related = task(
        "relations", text=TEXT, tokens=TOKENS, spans=[ada], relations=[by_span, by_token]
    )
    assert answers(related) == {
        "relations": [
            [[2, 5, "PER"], [10, 13, "ORG"], "WORKS"],
            [[2, 5, None], [10, 13, None], "MET"],
        ],
        "spans": [[2, 5, "PER"]],
    }
    assert answers(task("text_input", user_input=" zu  Köln ")) == {"text": "zu Köln"}
    assert answers(task("text_input", field_id="comment", comment="fine")) == {"comment": "fine"}
    assert answers(task("text_input")) == {}


def test_blocks_answer_several_questions_at_once() -> None:
    both = task("blocks", options=[{"id": "A"}], accept=["A"], spans=[span("Ada", "PER")], why="so")
    expected = {"label": "A", "spans": [[2, 5, "PER"]]}
    assert answers(both) == expected
    assert answers(both, Asking(fields=("why",))) == {**expected, "why": "so"}


def test_a_review_is_read_by_the_interface_that_it_looks_at() -> None:
    reviewed = task("review", view_id="ner_manual", versions=[{"answer": "ignore"}], sessions=["x"])
    assert answers(reviewed) == {"spans": []}


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ({"_annotator_id": "news-abe", "_session_id": "news-abe"}, "abe"),
        ({"_annotator_id": "abe", "_session_id": "news-x"}, "abe"),
        ({"_annotator_id": None, "_session_id": "news-abe"}, "abe"),
        ({"_session_id": "other-abe"}, "other-abe"),
        ({"_session_id": "2024-03-01_10-20-30"}, None),
        ({"_session_id": "news-2024-03-01_10-20-30"}, None),
        ({"_session_id": "news"}, None),
        ({}, None),
    ],
)
def test_the_annotator_is_who_the_session_is_named_after(
    told: dict[str, Any], who: str | None
) -> None:
    assert annotator(told, "news") == who


def test_older_tasks_have_no_time_and_raw_ones_no_hash() -> None:
    old = choice(["POS"])
    del old["_timestamp"]
    assert read(old)[0].submitted_at is None
    raw = {"text": TEXT, "label": "SPORT", "answer": "accept"}
    one, same, other = read(raw, {**raw, "answer": "reject"}, {**raw, "text": "else"})
    assert one.item == same.item != other.item


def test_an_answer_has_one_id_in_every_export_and_another_when_given_again() -> None:
    first, again, later = read(choice(["POS"]), choice(["POS"]), choice(["POS"], _timestamp=AT + 9))
    assert first.native_id == again.native_id != later.native_id
    by = read(choice(["POS"], _session_id="news-ben"))[0]
    assert by.native_id != first.native_id


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (choice(["POS"], answer="maybe"), "unknown_answer"),
        (choice(["POS"], answer=None), "unknown_answer"),
        (choice(["POS"], _timestamp="soon"), "bad_time"),
        (choice([{"id": 1}]), "bad_value"),
        (choice({"POS": 1}), "bad_value"),  # type: ignore[arg-type]
        (task("ner_manual", spans=[{"start": 4, "end": 1}]), "bad_value"),
        (task("ner_manual", spans={"start": 4}), "bad_value"),
        (task("image_manual", spans=[{"label": "x"}]), "bad_value"),
        (task("image_manual", width=0, height=4, spans=[{"x": 1}]), "bad_size"),
        (task("relations", relations=[{"head": 9, "child": 1}]), "bad_value"),
        ({"answer": "accept"}, "missing_item"),
        (task("classification", label="SPORT", _session_id="x" * 1001), "long_name"),
    ],
)
def test_what_cannot_be_used_says_why(bad: dict[str, Any], reason: str) -> None:
    with pytest.raises(SkipRecord) as caught:
        read(bad)
    assert caught.value.reason == reason
