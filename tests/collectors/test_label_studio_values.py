"""Labeling configurations -> controls, and results -> canonical values."""

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale, canonical
from labelpulse.ingest.fields import instant, milliseconds, native_id, person_record
from labelpulse.ingest.label_studio_config import Control, form, parse_config
from labelpulse.ingest.label_studio_values import Learner, answers

DATA = Path(__file__).resolve().parents[1] / "data" / "label_studio"
CONFIGS = json.loads((DATA / "label_configs.json").read_text())


def one(config: str) -> Control:
    """The only control of a configuration."""
    (control,) = parse_config(f"<View>{config}</View>").values()
    return control


def result(type_: str, value: dict[str, Any], name: str = "c", **more: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "type": type_,
        "from_name": name,
        "to_name": "t",
        "value": value,
        **more,
    }


def value(*results: Any, config: str = "") -> Any:
    """The value of control c, with or without a configuration."""
    controls = parse_config(f"<View>{config}</View>") if config else {}
    return dict(answers(list(results), controls)).get("c")


# --- configurations --------------------------------------------------------------------------


def test_the_configurations_of_the_samples() -> None:
    box, occluded, note = parse_config(CONFIGS["box"]).values()
    assert box == Control(
        ControlRecord("box", Scale.GEOMETRY, ("Car", "Person"), "rectanglelabels"), always=True
    )
    assert occluded == Control(
        ControlRecord("occluded", Scale.GEOMETRY, ("yes", "no"), "choices per region"),
        per_region=True,
    )
    assert note == Control(ControlRecord("note", Scale.TEXT, None, "textarea"))
    (ner,) = parse_config(CONFIGS["ner"]).values()
    assert (ner.record.scale, ner.record.labels, ner.always) == (
        Scale.SPAN,
        ("PER", "ORG", "LOC"),
        True,
    )
    (kind,) = parse_config(CONFIGS["aud"]).values()
    assert (kind.record.scale, kind.always) == (Scale.SET, True)
    (cls,) = parse_config(CONFIGS["cls"]).values()
    assert (cls.record.scale, cls.always) == (Scale.NOMINAL, False)


@pytest.mark.parametrize(
    ("tag", "scale", "labels"),
    [
        ('<Rating name="c" toName="t" maxRating="3"/>', Scale.ORDINAL, ("1", "2", "3")),
        ('<Rating name="c" toName="t"/>', Scale.ORDINAL, ("1", "2", "3", "4", "5")),
        ('<Number name="c" toName="t"/>', Scale.NUMBER, None),
        ('<TextArea name="c" toName="t"/>', Scale.TEXT, None),
        ('<DateTime name="c" toName="t"/>', Scale.TEXT, None),
        ('<Pairwise name="c" toName="a,b"/>', Scale.NOMINAL, ("left", "right")),
        ('<Ranker name="c" toName="t"/>', Scale.RANKING, None),
        ('<EllipseLabels name="c" toName="t"><Label value="x"/></EllipseLabels>',
         Scale.GEOMETRY, ("x",)),
        ('<BrushLabels name="c" toName="t"/>', Scale.GEOMETRY, None),
        ('<VideoRectangle name="c" toName="t"/>', Scale.GEOMETRY, None),
        ('<TimelineLabels name="c" toName="t"/>', Scale.SPAN, None),
        ('<TimeSeriesLabels name="c" toName="t"/>', Scale.SPAN, None),
        ('<HyperTextLabels name="c" toName="t"/>', Scale.SPAN, None),
        ('<ParagraphLabels name="c" toName="t"/>', Scale.SPAN, None),
        ('<Choices name="c" toName="t" choice="single-radio"><Choice value="a"/></Choices>',
         Scale.NOMINAL, ("a",)),
        ('<choices name="c" toname="t"><choice alias="A" value="a"/></choices>',
         Scale.NOMINAL, ("A",)),
        ('<Choices name="c" toName="t" value="$options"/>', Scale.NOMINAL, None),
        (('<Choices name="c" toName="t" allowNested="true"><Choice value="a"><Choice value="b"/>'
         '</Choice><Choice value="c"/></Choices>'), Scale.NOMINAL, ("a/b", "c")),
        (('<Taxonomy name="c" toName="t"><Choice value="a"><Choice value="b/c"/></Choice>'
         '</Taxonomy>'), Scale.SET, ("a", "a/b\\/c")),
        (('<Taxonomy name="c" toName="t" leafsOnly="true"><Choice value="a"><Choice value="b"/>'
         '</Choice></Taxonomy>'), Scale.SET, ("a/b",)),
        ('<Taxonomy name="c" toName="t" apiUrl="https://x"/>', Scale.SET, None),
        ('<Relations><Relation value="is"/></Relations>', Scale.SPAN, None),
    ],
)  # fmt: skip
def test_every_tag_has_its_scale_and_labels(
    tag: str, scale: Scale, labels: tuple[str, ...] | None
) -> None:
    record = one(tag).record
    assert (record.scale, record.labels) == (scale, labels)


@pytest.mark.parametrize(
    ("config", "always"),
    [
        ('<Choices name="c" toName="t" choice="multiple"/>', True),
        ('<Choices name="c" toName="t"/>', False),
        ('<RectangleLabels name="c" toName="t"/>', True),
        ('<Labels name="c" toName="t"/><Text name="t" value="$t"/>', True),
        ('<Labels name="c" toName="t"/><Image name="t" value="$t"/>', False),
        ('<Choices name="c" toName="t" choice="multiple" visibleWhen="choice-selected"/>', False),
        ('<View visibleWhen="region-selected"><Taxonomy name="c" toName="t"/></View>', False),
        ('<Choices name="c" toName="t" choice="multiple" perRegion="true"/>', False),
        ('<Choices name="c" toName="t" choice="multiple" perItem="TRUE"/>', False),
    ],
)
def test_nothing_is_an_answer_only_where_the_question_is_always_shown(
    config: str, always: bool
) -> None:
    found = parse_config(f"<View>{config}</View>")["c"]
    assert found.always is always
    assert dict(answers([], {"c": found})) == ({"c": []} if always else {})
    assert dict(answers(None, {"c": found})) == ({"c": []} if always else {})


def test_labels_take_the_scale_of_what_they_are_on() -> None:
    on_text = parse_config('<View><Text name="t"/><Labels name="c" toName="t"/></View>')["c"]
    on_image = parse_config('<View><Image name="t"/><Labels name="c" toName="t"/></View>')["c"]
    assert (on_text.record.scale, on_image.record.scale) == (Scale.SPAN, Scale.GEOMETRY)


ENTITY = '<!DOCTYPE View [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "config",
    [
        None,
        "",
        "no xml",
        "<View>",
        f'{ENTITY}<View><Choices name="c" toName="t"><Choice value="&b;"/></Choices></View>',
        '<!DOCTYPE View SYSTEM "file:///etc/passwd"><View><Rating name="c" toName="t"/></View>',
        "<View>" * 5000 + "</View>" * 5000,
        '<View><Choices name="c_{{idx}}" toName="t"/><Choices toName="t"/><Text name="x"/></View>',
    ],
    ids=["none", "empty", "text", "open", "entity", "doctype", "deep", "no control"],
)
def test_what_is_no_plain_configuration_declares_nothing(config: str | None) -> None:
    assert dict(parse_config(config)) == {}


def test_the_form_changes_with_how_answers_are_valued_and_not_with_labels() -> None:
    single = '<View><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
    relabeled = single.replace('"a"', '"b"')
    multiple = single.replace('toName="t"', 'toName="t" choice="multiple"')
    hidden = multiple.replace('toName="t"', 'toName="t" visibleWhen="x"')
    forms = [form(parse_config(each)) for each in (single, relabeled, multiple, hidden)]
    assert forms[0] == forms[1]
    assert len(set(forms)) == 3


# --- values ----------------------------------------------------------------------------------

MULTI = '<Choices name="c" toName="t" choice="multiple"/>'
SINGLE = '<Choices name="c" toName="t"/>'


@pytest.mark.parametrize(
    ("content", "config", "expected"),
    [
        (("choices", {"choices": ["Cat"]}), SINGLE, "Cat"),
        (("choices", {"choices": ["Cat"]}), "", "Cat"),
        (("choices", {"choices": ["b", "a", "b"]}), "", ["a", "b"]),
        (("choices", {"choices": [" Cat "]}), MULTI, ["Cat"]),
        (("choices", {"choices": []}), MULTI, []),
        (("choices", {"choices": []}), SINGLE, None),
        (("choices", {"choices": ["b", "a"]}), SINGLE, '["a","b"]'),
        (("choices", {"choices": [["a", "b/c"]]}), SINGLE, "a/b\\/c"),
        (("choices", {"choices": [3]}), SINGLE, "3"),
        (("taxonomy", {"taxonomy": [["b"], ["a", "x"], ["b"]]}), "", ["a/x", "b"]),
        (("rating", {"rating": 4}), "", 4),
        (("number", {"number": 2.50}), "", 2.5),
        (("number", {"number": 2.0}), "", 2),
        (("textarea", {"text": ["  two\n words  ", ""]}), "", "two words"),
        (("textarea", {"text": ["one", "two"]}), "", "one\ntwo"),
        (("textarea", {"text": "cafe\u0301"}), "", "caf\u00e9"),
        (("textarea", {"text": [" "]}), "", None),
        (("datetime", {"datetime": "2026-01-02"}), "", "2026-01-02"),
        (("pairwise", {"selected": "left"}), "", "left"),
        (("ranker", {"ranker": ["b", "a"]}), "", ["b", "a"]),
        (("ranker", {"ranker": {"rank": ["b", "a"], "_": ["c"]}}), "", ["b", "a"]),
        (("ranker", {"ranker": {"good": ["b"], "bad": []}}), "", {"good": ["b"], "bad": []}),
        (("chat", {"chat": [{"a": 1.0}]}), "", '[{"a":1.0}]'),
    ],
)
def test_a_whole_item_answer(content: Any, config: str, expected: Any) -> None:
    assert value(result(*content), config=config) == expected


BOX = {"x": 12.5, "y": 0, "width": 50, "height": 33.333333333333, "rotation": 0}


@pytest.mark.parametrize(
    ("type_", "content", "expected"),
    [
        ("rectanglelabels", {**BOX, "rectanglelabels": ["Car"]},
         [0.125, 0, 0.5, 0.33333333, "Car"]),
        ("rectanglelabels", {**BOX, "rotation": 370.5, "rectanglelabels": ["Car"]},
         [0.125, 0, 0.5, 0.33333333, "Car", 10.5]),
        ("rectanglelabels", {**BOX, "rectanglelabels": []}, [0.125, 0, 0.5, 0.33333333, None]),
        ("rectanglelabels", {**BOX, "rectanglelabels": ["b", "a"]},
         [0.125, 0, 0.5, 0.33333333, ["a", "b"]]),
        ("rectangle", BOX, [0.125, 0, 0.5, 0.33333333, None]),
        ("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5, "ellipselabels": ["e"]},
         [0.5, 0.5, 0.1, 0.05, "e"]),
        ("keypointlabels", {"x": 1, "y": 2, "width": 0.4, "keypointlabels": ["k"]},
         [0.01, 0.02, "k"]),
        ("polygonlabels", {"points": [[0, 0], [10, 0], [0, 10]], "closed": True,
                           "polygonlabels": ["p"]}, [[[[0, 0], [0.1, 0], [0, 0.1]]], "p"]),
        ("vectorlabels", {"vertices": [{"x": 1, "y": 2, "id": "a"}], "vectorlabels": ["v"]},
         [[[[0.01, 0.02]]], "v"]),
        ("labels", {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}, [0, 3, "PER"]),
        ("labels", {"start": 1.2, "end": 3.0, "channel": 0, "labels": ["S"]}, [1.2, 3, "S"]),
        ("hypertextlabels", {"start": "/p[1]", "end": "/p[1]", "startOffset": 2, "endOffset": 5,
                             "globalOffsets": {"start": 12, "end": 15},
                             "hypertextlabels": ["h"]}, [12, 15, "h"]),
        ("paragraphlabels", {"start": "0", "end": "1", "startOffset": 2, "endOffset": 5,
                             "paragraphlabels": ["h"]}, [["0", 2], ["1", 5], "h"]),
        ("timeserieslabels", {"start": "2020-01-01", "end": "2020-01-02", "instant": False,
                              "timeserieslabels": ["t"]}, ["2020-01-01", "2020-01-02", "t"]),
        ("timelinelabels", {"ranges": [{"start": 1, "end": 9}], "timelinelabels": ["w"]},
         [1, 9, "w"]),
        ("videorectangle", {"labels": ["Car"], "framesCount": 9, "sequence": [
            {"frame": 5, "x": 1, "y": 2, "width": 3, "height": 4, "enabled": False, "rotation": 0},
            {"frame": 1, "x": 1, "y": 2, "width": 3, "height": 4, "enabled": True}]},
         [[[1, 0.01, 0.02, 0.03, 0.04, 0, 1], [5, 0.01, 0.02, 0.03, 0.04, 0, 0]], "Car"]),
    ],
)  # fmt: skip
def test_a_region(type_: str, content: dict[str, Any], expected: list[Any]) -> None:
    assert value(result(type_, content)) == [expected]


def test_a_mask_keeps_its_size() -> None:
    mask = result(
        "brushlabels",
        {"rle": [0, 1, 2], "format": "rle", "brushlabels": ["m"]},
        original_width=640,
        original_height=480,
    )
    assert value(mask) == [[{"rle": [0, 1, 2], "size": [640, 480]}, "m"]]


def test_a_region_of_a_further_picture_does_not_match_one_of_the_first() -> None:
    first, further = (result("rectangle", BOX, item_index=index) for index in (0, 1))
    assert value(first) == [[0.125, 0, 0.5, 0.33333333, None]]
    assert value(further) == [[0.125, 0, 0.5, 0.33333333, None, {"item": 1}]]


def test_answers_per_region_stand_with_their_region() -> None:
    box = result("rectanglelabels", {**BOX, "rectanglelabels": ["Car"]}, "box", id="a")
    own = result("choices", {**BOX, "choices": ["yes"]}, "c", id="a")
    assert value(box, own) == [[[0.125, 0, 0.5, 0.33333333], "yes"]]
    by_id = result("rating", {"rating": 2}, "c", id="a")
    per_region = '<Rating name="c" toName="t" perRegion="true"/>'
    assert value(box, by_id, config=per_region) == [[[0.125, 0, 0.5, 0.33333333, "Car"], 2]]
    assert value(box, config=per_region) is None


def test_answers_per_picture_stand_with_its_number() -> None:
    second = result("choices", {"choices": ["x"]}, item_index=1)
    assert value(second) == [[{"item": 1}, "x"]]


def test_relations_join_regions_by_what_they_are() -> None:
    ada = result("labels", {"start": 0, "end": 3, "labels": ["PER"]}, "ner", id="a")
    acme = result("labels", {"start": 9, "end": 12, "labels": ["ORG"]}, "ner", id="b")
    link = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}
    ends = [[0, 3, "PER"], [9, 12, "ORG"]]

    def linked(**more: Any) -> Any:
        return dict(answers([ada, acme, {**link, **more}], {}))["relations"]

    assert linked(labels=["works at"]) == [[*ends, "works at"]]
    assert linked(direction="left") == [[*reversed(ends), None]]
    turned = linked(from_id="b", to_id="a", direction="bi")
    assert turned == linked(direction="bi") == [[*ends, None]]
    assert linked(to_id="gone") == [[ends[0], None, None]]


def test_an_answer_to_an_earlier_question_is_kept_apart() -> None:
    old = result("choices", {"choices": ["Cat"]})
    boxes = parse_config('<View><RectangleLabels name="c" toName="t"/></View>')
    assert dict(answers([old], boxes)) == {"c (choices)": "Cat", "c": []}
    once_per_region = result("choices", {**BOX, "choices": ["yes"]})
    found = dict(answers([once_per_region], parse_config(f"<View>{SINGLE}</View>")))
    assert list(found) == ["c (choices per region)"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"a": 1}, "bad_result"),
        ("text", "bad_result"),
        (["text"], "bad_region"),
        ([{"from_name": "c", "value": {}}], "bad_region"),
        ([{"type": "choices", "from_name": "c"}], "bad_region"),
        ([{"type": "choices", "value": {}}], "bad_region"),
        ([result("choices", {})], "bad_value"),
        ([result("choices", {"choices": "Cat"})], "bad_value"),
        ([result("choices", {"choices": [None]})], "bad_value"),
        ([result("choices", {"choices": ["a\0b"]})], "nul"),
        ([result("choices", {"choices": ["\ud83d"]})], "bad_encoding"),
        ([result("choices", {"choices": ["a"]}, "\ud83d")], "bad_encoding"),
        ([result("number", {"number": math.nan})], "bad_value"),
        ([result("number", {"number": 10**400})], "bad_value"),
        ([result("number", {"number": True})], "bad_value"),
        ([result("rectanglelabels", {"rectanglelabels": ["a"]})], "bad_value"),
        ([result("rectangle", {**BOX, "x": "1"})], "bad_value"),
        ([result("rectangle", {**BOX, "width": None})], "bad_value"),
        ([result("polygon", {"points": [[1]]})], "bad_value"),
        ([result("polygon", {"points": 3})], "bad_value"),
        ([result("brush", {"rle": "x"})], "bad_value"),
        ([result("videorectangle", {"sequence": [1]})], "bad_value"),
        ([result("labels", {"start": None, "end": 2})], "bad_value"),
        ([result("ranker", {"ranker": 3})], "bad_value"),
        ([result("rating", {"rating": 1}), result("rectangle", BOX)], "mixed_types"),
    ],
)
def test_what_label_studio_never_writes_is_refused_with_a_reason(bad: Any, reason: str) -> None:
    with pytest.raises(SkipRecord) as caught:
        answers(bad, {})
    assert caught.value.reason == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "value", "from_name", "id", "x", "y", "start", "end", "points", "choices",
                 "labels", "rectanglelabels", "rle", "sequence", "ranker", "text", "item_index"]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip
REGION = st.builds(
    result,
    st.sampled_from(
        ["choices", "labels", "rectanglelabels", "textarea", "relation", "ranker", "x"]
    ),
    st.dictionaries(
        st.sampled_from(["choices", "labels", "x", "y", "width", "height", "start", "end", "text"]),
        JSON,
    ),
    st.sampled_from(["a", "b"]),
)


@given(st.lists(REGION | JSON, max_size=4) | JSON)
def test_whatever_comes_is_valued_or_skipped_and_can_be_stored(anything: Any) -> None:
    found: Any = ()
    with suppress(SkipRecord):
        found = answers(anything, {})
    for name, one_value in found:
        json.loads(canonical([name, one_value]).encode())
        assert "\0" not in name


SAID = [
    [result("choices", {"choices": ["a"]})],
    [result("choices", {"choices": ["a", "b"]})],
    [result("choices", {**BOX, "choices": ["a"]}, "p")],
    [result("choices", {"choices": ["a"]}, "p")],
    [result("rectanglelabels", {**BOX, "rectanglelabels": ["r"]}, "b"),
     result("labels", {"start": 0, "end": 1, "labels": []}, "s")],
    [],
]  # fmt: skip


@given(st.permutations(SAID))
def test_what_is_learnt_does_not_depend_on_the_order(said: list[list[Any]]) -> None:
    learner = Learner()
    for one_result in said:
        learner.see(one_result)
    found = {name: (c.record.scale, c.per_region, c.always) for name, c in learner.found.items()}
    assert found == {
        "c": (Scale.SET, False, True),
        "p": (Scale.GEOMETRY, True, False),
        "b": (Scale.GEOMETRY, False, True),
        "s": (Scale.SPAN, False, True),
    }


@given(st.permutations([result("rectangle", {**BOX, "x": x}, id=str(x)) for x in range(4)]))
def test_the_order_of_regions_means_nothing(regions: list[Any]) -> None:
    assert [shape[0] for shape in value(*regions)] == [0, 0.01, 0.02, 0.03]


# --- fields ----------------------------------------------------------------------------------


def test_fields_of_rows() -> None:
    assert instant("2026-10-26 16:11:39.602983") == instant("2026-10-26T16:11:39.602983Z")
    assert instant("2026-10-26 18:11:39", "Europe/Berlin") == instant("2026-10-26 17:11:39+00")
    assert instant(None) is None
    assert [milliseconds(one) for one in (None, 0, -1.5, 12.3456, 4e9, math.inf)] == [
        None, 0, -1500, 12346, None, None,
    ]  # fmt: skip
    assert native_id(7) == native_id("7") == "7"
    account = {"id": 3, "email": "ana\0@lab.test", "username": "ana"}
    assert person_record(account).email == "ana\ufffd@lab.test"
    assert person_record({"id": 3, "first_name": "Ana", "last_name": ""}).name == "Ana"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: instant("yesterday"), "bad_time"),
        (lambda: instant("0001-01-01T00:00:00Z"), "bad_time"),
        (lambda: instant(["x"]), "bad_time"),
        (lambda: native_id(None), "missing_id"),
        (lambda: native_id(True), "bad_id"),
        (lambda: native_id({"a": 1}), "bad_id"),
        (lambda: milliseconds("12"), "bad_time_spent"),
    ],
)
def test_fields_that_cannot_be_read(call: Any, reason: str) -> None:
    with pytest.raises(SkipRecord) as caught:
        call()
    assert caught.value.reason == reason
