from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core.answers import AnswerReader, clean, number
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale, Status, Verdict
from labelpulse.ingest.mapping import FIELDS, RowMapper

COLUMNS = {field: field for field in FIELDS}
MAPPER = RowMapper("P", COLUMNS, naive_zone="UTC")
ROW = {"item": "i1", "annotator": "ann", "label": "x"}


def mapped(scale=Scale.NOMINAL, separator="|", **cells):
    mapper = replace(MAPPER, answers=AnswerReader(scale, separator))
    return mapper.record({**ROW, **cells}, "t.csv line 2")


def refused(scale=Scale.NOMINAL, **cells):
    with pytest.raises(SkipRecord) as error:
        mapped(scale, **cells)
    return error.value.reason


def test_a_row_becomes_an_annotation():
    record = mapped(
        annotation_id="7",
        gold="y",
        started_at="2024-03-04T08:59:00Z",
        submitted_at="2024-03-04T09:00:00Z",
        updated_at="2024-03-04T09:05:00Z",
        time_spent="1:30",
        batch="b1",
        control="tone",
    )
    assert (record.native_id, record.unique, record.item, record.annotator) == (
        "7",
        "tone",
        "i1",
        "ann",
    )
    assert record.answers == (("tone", "x"),)
    assert record.gold == (("tone", "y"),)
    assert record.submitted_at == 1_709_542_800_000_000
    assert record.started_at == record.submitted_at - 60_000_000
    assert record.revision == record.updated_at == record.submitted_at + 300_000_000
    assert (record.time_spent_ms, record.batch) == (90_000, "b1")
    assert record.location == "t.csv line 2"


@pytest.mark.parametrize(
    ("word", "status", "deleted", "verdict"),
    [
        ("", Status.SUBMITTED, False, None),
        (" Submitted ", Status.SUBMITTED, False, None),
        ("draft", Status.DRAFT, False, None),
        ("SKIPPED", Status.SKIPPED, False, None),
        ("deleted", Status.SUBMITTED, True, None),
        ("accepted", Status.SUBMITTED, False, Verdict.ACCEPTED),
        ("rejected", Status.SUBMITTED, False, Verdict.REJECTED),
    ],
)
def test_status_words(word, status, deleted, verdict):
    record = mapped(status=word)
    assert (record.status, record.deleted, record.verdict) == (status, deleted, verdict)


def test_a_judged_row_says_who_judged_it_and_when():
    times = {"submitted_at": "2024-03-04T09:00:00Z", "reviewed_at": "2024-03-05T09:00:00Z"}
    record = mapped(status="accepted", reviewer="rex", **times)
    assert record.reviewer == "rex"
    assert record.reviewed_at == record.revision == mapped(updated_at=times["reviewed_at"]).revision
    assert record.submitted_at is not None
    untold = {**times, "reviewed_at": ""}
    assert mapped(status="accepted", **untold).reviewed_at == record.submitted_at
    named = mapped(status="accepted", reviewer="rex", **untold)
    assert (named.reviewer, named.reviewed_at) == ("rex", None)
    updated = {**untold, "updated_at": times["reviewed_at"]}
    assert mapped(status="accepted", reviewer="rex", **updated).reviewed_at == record.reviewed_at
    unjudged = mapped(status="submitted", reviewer="rex", **times)
    assert (unjudged.reviewer, unjudged.reviewed_at, unjudged.verdict) == (None, None, None)
    assert unjudged.revision == record.submitted_at


def test_a_skip_has_no_answer_and_a_draft_no_submission():
    at = "2024-03-04T09:00:00Z"
    assert mapped(status="skipped", label="left over").answers == ()
    assert mapped(status="skipped", label="", submitted_at=at).submitted_at is not None
    draft = mapped(status="draft", label="", submitted_at=at)
    assert (draft.submitted_at, draft.answers) == (None, ())
    assert draft.updated_at is not None
    assert mapped(status="deleted", label="").answers == ()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"item": " "}, "missing_item"),
        ({"annotator": ""}, "missing_annotator"),
        ({"label": ""}, "missing_label"),
        ({"status": "perhaps"}, "unknown_status"),
        ({"submitted_at": "soon"}, "bad_time"),
        ({"updated_at": "0001-01-01"}, "bad_time"),
        ({"started_at": "31/12/2024"}, "bad_time"),
        ({"time_spent": "1,250"}, "bad_time_spent"),
        ({"time_spent": "nan"}, "bad_time_spent"),
        ({"time_spent": "1e400"}, "bad_time_spent"),
        ({"time_spent": "1:2:3:4"}, "bad_time_spent"),
        ({"revision": "two"}, "bad_revision"),
        ({"revision": "1.5"}, "bad_revision"),
        ({"item": "a\0b"}, "nul"),
        ({"label": "a\0b"}, "nul"),
        ({"label": "\udce4"}, "bad_encoding"),
        ({"item": "x" * 2000}, "long_item"),
        ({"annotator": "ä" * 600}, "long_annotator"),
        ({"label": ["x"]}, "unexpected_list"),
        ({"item": ["x"]}, "bad_item"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(cells, reason):
    assert refused(**cells) == reason


def test_no_refusal_shows_a_value():
    for field in ("status", "submitted_at", "time_spent", "revision"):
        with pytest.raises(SkipRecord) as error:
            mapped(**{field: "ana.lopez@example.org"})
        assert "ana" not in str(error.value)
        assert field in str(error.value)


def test_a_zone_word_that_is_refused_is_named():
    with pytest.raises(SkipRecord, match="names the zone IST, a word of several zones: write it"):
        mapped(submitted_at="2024-03-04 09:00:00 IST")
    with pytest.raises(SkipRecord, match="is no time that can be read"):
        mapped(submitted_at="ANNA 7 IST")


def test_an_annotation_id_needs_no_annotator():
    record = mapped(annotation_id="7", annotator="")
    assert (record.native_id, record.annotator) == ("7", None)


def test_without_an_id_item_annotator_and_control_make_the_identity():
    ids = {
        mapped().native_id,
        mapped(item="i2").native_id,
        mapped(annotator="bob").native_id,
        mapped(control="tone").native_id,
        replace(MAPPER, project="Q").record(ROW, "").native_id,
    }
    assert len(ids) == 5
    assert mapped(label="y", submitted_at="2024-03-04").native_id == mapped().native_id


def test_revision_is_the_column_else_updated_else_submitted():
    times = {"submitted_at": "2024-03-04T09:00:00Z", "updated_at": "2024-03-05T09:00:00Z"}
    assert mapped(revision="3", **times).revision == 3
    assert mapped(revision="", **times).revision == mapped(**times).updated_at
    assert mapped(**times).revision == mapped(**times).updated_at
    assert mapped(submitted_at=times["submitted_at"]).revision == 1_709_542_800_000_000
    assert mapped().revision is None


@pytest.mark.parametrize(
    ("scale", "cell", "value"),
    [
        (Scale.NOMINAL, " x ", "x"),
        (Scale.NOMINAL, "cafe\u0301", "caf\u00e9"),
        (Scale.ORDINAL, "2.0", "2.0"),
        (Scale.INTERVAL, "2.0", 2),
        (Scale.RATIO, "+1.5e1", 15),
        (Scale.NUMBER, "-0.25", -0.25),
        (Scale.SET, "b|a|b|", ["a", "b"]),
        (Scale.SET, '["b", "a"]', ["a", "b"]),
        (Scale.SET, ["b", "a"], ["a", "b"]),
        (Scale.SET, "", []),
        (Scale.TEXT, " two \n words ", "two words"),
    ],
)
def test_answers_by_scale(scale, cell, value):
    ((_, answer),) = mapped(scale, label=cell).answers
    assert answer == value
    assert type(answer) is type(value)


@pytest.mark.parametrize("cell", ["x", "1,5", "1e400", "nan", "inf", "1_000", "0x10", "١"])
def test_what_is_no_number_is_refused(cell):
    assert refused(Scale.INTERVAL, label=cell) == "bad_number"
    assert refused(Scale.RATIO, label="1", gold=cell) == "bad_number"


def test_another_separator():
    assert mapped(Scale.SET, separator=";", label="a;b|c").answers == (("label", ["a", "b|c"]),)


@given(st.lists(st.text(st.characters(blacklist_characters="|[]", codec="utf-8"), max_size=8)))
def test_order_and_repetition_make_no_other_set(options):
    options = [one.replace("\0", "") for one in options]
    there = AnswerReader(Scale.SET).read("|".join(options), "label")
    back = AnswerReader(Scale.SET).read("|".join(reversed([*options, *options])), "label")
    assert (there or []) == (back or [])
    assert (there or []) == sorted(set(there or []) - {""})


@given(st.one_of(st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_read_back_exactly(value):
    assert number(repr(value)) == value


@given(st.text(max_size=30))
def test_clean_texts_are_stable_and_storable(text):
    try:
        once = clean(text)
    except SkipRecord:
        return
    assert clean(once) == once
    assert "\0" not in once.encode().decode()


CELL = st.one_of(st.text(max_size=12), st.lists(st.text(max_size=5), max_size=3))


@given(
    st.dictionaries(st.sampled_from(FIELDS), CELL),
    st.sampled_from([Scale.NOMINAL, Scale.SET, Scale.INTERVAL, Scale.TEXT]),
)
def test_any_row_is_mapped_or_refused_with_a_reason(row, scale):
    mapper = replace(MAPPER, answers=AnswerReader(scale))
    try:
        record = mapper.record(row, "line 1")
    except SkipRecord as error:
        reason = error.reason
    else:
        reason = ""
        assert (record.item, record.native_id) > ("", "")
        assert record.project == "P"
    assert reason == "" or reason.isidentifier()
