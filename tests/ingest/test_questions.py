import pytest

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale
from labelpulse.ingest.questions import UNREADABLE, Question, Shapes, Ticked, answers, unpacked

BOX = [0, 0, 1, 1, "cat"]


def seen(*values, **how):
    question = Question("q", **how)
    for value in values:
        question.note(value)
    return question


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["a", "b", None, ""], "nominal"),
        ([["a"], ["a", "b"]], "set"),
        (["a", ["b"]], "set"),
        ([[]], "set"),
        ([1, 2.5], "number"),
        ([1, "many"], "nominal"),
        ([True, False], "nominal"),
        ([Ticked(("a",)), Ticked(())], "nominal"),
        ([Ticked(("a",)), Ticked(("a", "b"))], "set"),
        ([Shapes((BOX,)), []], "geometry"),
        ([Shapes(([0, 3, "PER"],), Scale.SPAN)], "span"),
        (["x" * 65, "a", "a"], "text"),
        ([f"answer {n}" for n in range(12)], "text"),
        ([f"answer {n}" for n in range(9)], "nominal"),
        (["a", "b"] * 40, "nominal"),
    ],
)
def test_what_all_values_have_in_common_is_the_scale(values, scale):
    assert seen(*values).scale == scale


def test_a_separator_makes_sets_of_short_texts_only():
    assert seen("a|b", "a", separator="|").scale == "set"
    assert seen("a|b", "a").scale == "nominal"
    assert seen("either | or, " + "long " * 20, "a", separator="|").scale == "text"


@pytest.mark.parametrize(
    ("among", "value", "answer"),
    [
        (["a"], " a ", "a"),
        (["a"], True, "true"),
        (["a"], 2.0, "2"),
        (["a"], Ticked(("a",)), "a"),
        (["a"], Ticked(()), None),
        (["a"], ["a"], "a"),
        (["a"], [], None),
        ([["a", "b"]], ["b", "a", "b", None, ""], ["a", "b"]),
        ([["a", "b"]], "a", ["a"]),
        ([["a", "b"]], [2, True], ["2", "true"]),
        ([["a", "b"]], Ticked(("b", "a")), ["a", "b"]),
        ([["a", "b"]], [], []),
        ([1, 2], 2.0, 2),
        (["x" * 65], "a   b\n", "a b"),
        ([Shapes((BOX,))], Shapes((BOX, [0, 0, 0.5, 1, "cat"])), [[0, 0, 0.5, 1, "cat"], BOX]),
        ([Shapes((BOX,))], [], []),
        (["a"], UNREADABLE, None),
        (["a"], None, None),
    ],
)
def test_values_are_read_on_the_scale_of_their_question(among, value, answer):
    assert seen(*among).read(value) == answer


@pytest.mark.parametrize(
    ("among", "value"),
    [
        (["a"], ["a", "b"]),
        (["a"], Shapes((BOX,))),
        ([Shapes((BOX,))], "a"),
        ([Shapes((BOX,))], Shapes(([0, 3, "PER"],), Scale.SPAN)),
    ],
)
def test_a_value_of_another_kind_is_refused(among, value):
    with pytest.raises(SkipRecord) as error:
        seen(*among).read(value)
    assert error.value.reason == "mixed_answers"


def test_the_users_scale_goes_before():
    assert seen("1", "2", forced=Scale.RATIO).read("2.0") == 2
    assert seen("a", forced=Scale.SET, separator="|").read("b|a") == ["a", "b"]


def test_a_question_whose_values_nobody_can_read_is_none():
    assert not seen(UNREADABLE, None).readable
    assert seen(UNREADABLE, "a").readable
    assert not seen().readable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["a", 1]', ["a", 1]),
        (" a ", "a"),
        ("", None),
        ("[sic]", "[sic]"),
        ('[{"a": 1}]', UNREADABLE),
        ('{"a": 1}', '{"a": 1}'),
    ],
)
def test_cells_hold_lists_as_json(text, value):
    assert unpacked(text) == value


def test_what_was_not_answered_is_absent():
    questions = {"a": seen("x"), "b": seen(["x"])}
    assert answers(questions, {"b": [], "c": "x"}) == (("b", []),)
