import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.tabular import Csv, JsonLines, Tsv
from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.core.events import AnnotationRecord, BadRecord, Origin, ProjectRecord
from labelpulse.source import ImportOptions

OPTIONS = ImportOptions("P")
HEADER = "item,annotator,label\n"


@pytest.fixture
def read(tmp_path: Path):
    def read(content, form=None, name="t.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        records = list((form or Csv()).read(path, ImportOptions("P", **options)))
        assert isinstance(records[0], ProjectRecord)
        assert not [one for one in records[1:] if isinstance(one, ProjectRecord)]
        return records[1:]

    return read


def said(records):
    """(item, annotator, answer) of good records, (record, reason) of bad ones."""
    return [
        (one.record, one.reason)
        if isinstance(one, BadRecord)
        else (one.item, one.annotator, one.answers[0][1])
        for one in records
    ]


def test_rows_come_out_in_order_with_their_place(read):
    records = read(HEADER + "i1,ann,x\ni2,bob,y\n")
    assert said(records) == [("i1", "ann", "x"), ("i2", "bob", "y")]
    assert [one.location for one in records] == ["t.csv line 2", "t.csv line 3"]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + "i1,ann,x\n",
        HEADER.replace("\n", "\r\n") + "i1,ann,x\r\n",
        HEADER.replace("\n", "\r") + "i1,ann,x",
        " item , annotator , label \ni1,ann,x",
        "item;annotator;label\ni1;ann;x\n",
        "item\tannotator\tlabel\ni1\tann\tx\n",
        '"item","annotator","label"\n"i1","ann","x"\n',
        HEADER + "\n,,\n  \ni1,ann,x\n\n",
        "other,label,item,annotator\nzzz,x,i1,ann\n",
    ],
)
def test_harmless_variety(read, content):
    assert said(read(content)) == [("i1", "ann", "x")]


def test_utf_16_as_spreadsheets_write_it(read):
    assert said(read((HEADER + "i1,änn,x\n").encode("utf-16"))) == [("i1", "änn", "x")]


def test_a_quoted_cell_may_hold_lines(read):
    records = read(HEADER + 'i1,ann,"x\ny"\ni2,bob,z\n')
    assert said(records) == [("i1", "ann", "x\ny"), ("i2", "bob", "z")]
    assert records[1].location == "t.csv line 4"


GOOD = [f"g{n},ann,x" for n in range(4)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("i1,ann", "ragged_row"),
        ("i1,ann,x,y", "ragged_row"),
        ('i1,ann,"x', "unclosed_quote"),
        ('i1,ann,"x" y', "bad_quotes"),
        ('i1,"ann"b",x', "bad_quotes"),
        ("i1,ann,x\0", "nul"),
        (",ann,x", "missing_item"),
        ("i1,ann," + "x" * 1_100_000, "huge_field"),
        ("i1,ann," + "x" * 17_000_000, "huge_line"),
    ],
)
def test_a_broken_line_costs_only_itself(read, line, reason):
    records = read(HEADER + "\n".join([*GOOD[:2], line, *GOOD[2:]]) + "\n")
    good = [(f"g{n}", "ann", "x") for n in range(4)]
    assert said(records) == [*good[:2], ("line 4", reason), *good[2:]]


def test_invalid_utf_8_costs_only_its_line(read):
    records = read(HEADER.encode() + b"i1,ann,\xe4\ni2,bob,x\n")
    assert said(records) == [("line 2", "bad_encoding"), ("i2", "bob", "x")]


def test_bytes_that_nobody_reads_are_harmless(read):
    content = b"item,annotator,label,text\ni1,ann,x,\xe4\xf6\0\n"
    assert said(read(content)) == [("i1", "ann", "x")]


def test_an_unclosed_quote_before_quoted_cells_costs_only_its_line(read):
    rows = ['i1,ann,"x', 'i2,bob,"y"', 'i3,cid,"z, z"']
    records = read(HEADER + "\n".join(rows) + "\n")
    assert said(records) == [("line 2", "bad_quotes"), ("i2", "bob", "y"), ("i3", "cid", "z, z")]


def test_a_bad_record_keeps_its_text_but_tells_no_value(read):
    (bad,) = read("item,annotator,label,status\ni1,ana.lopez,x,perhaps\n")
    assert (bad.location, bad.record, bad.project) == ("t.csv", "line 2", "P")
    assert bad.excerpt == "i1,ana.lopez,x,perhaps"
    assert "lopez" not in bad.detail
    assert "perhaps" not in bad.detail


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\n", "is empty"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"PAR1rest", "Parquet"),
        (b"SQLite format 3\x00rest", "SQLite"),
        (b"\x00\x01\x02\x03item", "no text file"),
        (b'item,"label\ni1,x\n', "header cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(read, content, told):
    with pytest.raises(FileRefused, match=told):
        read(content)


@pytest.mark.parametrize(
    ("header", "columns", "told"),
    [
        ("item,annotator,label", {"gold": "key"}, "no column 'key' for gold.*'item', 'annotator'"),
        ("unit,annotator,label", {}, "no column 'item'.*--map item=COLUMN.*'unit'"),
        ("item,label", {}, "no column 'annotator'"),
        ("item,annotator", {}, "no column 'label'"),
        ("item,annotator,label,label", {}, "2 columns 'label'"),
        ("item,annotator,x,x", {"label": "x"}, "2 columns 'x'"),
    ],
)
def test_a_map_that_does_not_fit_names_the_columns(read, header, columns, told):
    with pytest.raises(UsageError, match=told):
        read(f"{header}\ni1,ann,x,y\n", columns=columns)


def test_columns_nobody_reads_may_be_double(read):
    assert said(read("item,annotator,label,x,x\ni1,ann,a,1,2\n")) == [("i1", "ann", "a")]


def test_a_map_renames_columns_and_names_the_control(read):
    content = "task id,who,sentiment,annotation\n1,ann,x,77\n"
    columns = {"item": "task id", "annotator": "who", "label": "sentiment"}
    (record,) = read(content, columns={**columns, "annotation_id": "annotation"})
    assert (record.native_id, record.answers) == ("77", (("sentiment", "x"),))


def test_the_project_declares_the_control(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("item,annotator,tone\ni1,ann,x\n")
    options = ImportOptions("P", {"label": "tone"}, "ordinal", ("x", "y"))
    project = next(iter(Csv().read(path, options)))
    assert isinstance(project, ProjectRecord)
    ((name, scale, labels),) = [(c.name, c.scale, c.labels) for c in project.controls]
    assert (name, scale, labels) == ("tone", "ordinal", ("x", "y"))


def test_scales_that_no_cell_can_hold_are_refused(read):
    with pytest.raises(UsageError, match="--scale geometry is not for tables"):
        read(HEADER + "i1,ann,x\n", scale="geometry")


def test_tsv_with_and_without_quoting(read):
    content = 'item\tannotator\tlabel\ni1\tann\t"x\ty"\ni2\tbob\t"quoted" word\ni3\tcid\t5" nail\n'
    assert said(read(content, Tsv(), "t.tsv")) == [
        ("i1", "ann", "x\ty"),
        ("i2", "bob", '"quoted" word'),
        ("i3", "cid", '5" nail'),
    ]


# --- columns by number ---


def test_columns_by_number_read_the_first_line_as_data(read):
    columns = {"annotator": "1", "item": "2", "label": "03"}
    records = read("ann\ti1\t0\nbob\ti1\t1\n", Tsv(), "labels.txt", columns=columns)
    assert said(records) == [("i1", "ann", "0"), ("i1", "bob", "1")]
    assert [one.answers[0][0] for one in records] == ["label", "label"]
    assert records[0].location == "labels.txt line 1"


def test_a_number_that_is_also_a_value_in_the_first_line_is_no_name(read):
    columns = {"annotator": "1", "item": "2", "label": "3"}
    assert said(read("1,2,0\n2,2,3\n", columns=columns)) == [("2", "1", "0"), ("2", "2", "3")]


def test_a_header_of_numbers_names_its_columns(read):
    columns = {"annotator": "3", "item": "1", "label": "2"}
    assert said(read("3,2,1\nann,x,i1\n", columns=columns)) == [("i1", "ann", "x")]


def test_a_number_among_names_is_a_name(read):
    with pytest.raises(UsageError, match="no column '3' for label; its columns are 'item'"):
        read("item,annotator,x\ni1,ann,x\n", columns={"label": "3", "item": "item"})


@pytest.mark.parametrize("number", ["4", "0"])
def test_a_number_beyond_the_columns_is_wrong_usage(read, number):
    columns = {"annotator": "1", "item": "2", "label": number}
    with pytest.raises(UsageError, match=f"no column '{number}' for label; its columns are '1'"):
        read("ann,i1,x\n", columns=columns)


def test_an_operator_is_told_that_there_is_no_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("i1,ann,x\n")
    columns = {"item": "1", "annotator": "2", "label": "3"}
    project = next(iter(Csv().read(path, ImportOptions("P", columns))))
    assert isinstance(project, ProjectRecord)
    assert "without a header line" in project.remarks[0]


# --- known answers alone ---


def test_known_answers_are_nobodys_work(read):
    (record,) = read("item,truth\ni1,x\n", columns={"item": "item", "gold": "truth"})
    assert (record.item, record.annotator, record.answers) == ("i1", None, ())
    assert (record.origin, record.gold) == (Origin.BULK, (("label", "x"),))


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        (Csv, "t.csv", "item,gold\ni1,x\ni2,\n"),
        (JsonLines, "t.jsonl", '{"item": "i1", "gold": "x"}\n{"item": "i2", "gold": null}\n'),
    ],
)
def test_a_blank_known_answer_asserts_nothing(read, form, name, content):
    records = read(content, form(), name)
    assert [(one.item, one.gold) for one in records] == [("i1", (("label", "x"),)), ("i2", ())]


def test_several_known_answers_of_one_item_are_several_assertions(read):
    records = read("item,gold\ni1,x\ni1,y\ni2,x\n")
    assert len({(one.native_id, one.unique) for one in records}) == 3
    again = read("item,gold\ni1,z\n")
    assert (again[0].native_id, again[0].unique) == (records[0].native_id, records[0].unique)


@pytest.mark.parametrize(
    ("header", "controls", "control"),
    [
        ("item,gold", {}, "label"),
        ("item,gold", {"tone": "nominal"}, "tone"),
        ("item,gold,control", {"tone": "nominal", "topic": "set"}, "topic"),
        ("item,topic", {"tone": "nominal", "topic": "nominal"}, "topic"),
    ],
)
def test_known_answers_are_about_a_question_of_the_project(read, header, controls, control):
    gold = header.split(",")[1]
    columns = {"item": "item", "gold": gold}
    row = "i1,x,topic" if "control" in header else "i1,x"
    (record,) = read(f"{header}\n{row}\n", columns=columns, controls=controls)
    assert record.gold[0][0] == control


def test_known_answers_are_read_on_the_scale_of_their_question(read):
    (record,) = read("item,gold\ni1,b|a\n", controls={"tags": "set"})
    assert record.gold == (("tags", ["a", "b"]),)


def test_known_answers_of_one_of_several_questions_have_to_say_of_which(read):
    with pytest.raises(UsageError, match=r"2 questions .tone, topic.*--map control=COLUMN"):
        read("item,gold\ni1,x\n", controls={"tone": "nominal", "topic": "nominal"})


# --- JSON lines ---


def lines(*rows):
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def row(item="i1", **more):
    return {"item": item, "annotator": "ann", "label": "x", **more}


def test_json_lines_of_any_scalar(read):
    rows = [row(label=label) for label in ("x", 1, 2.0, 2.5, True)]
    records = read(lines(*rows), JsonLines(), "t.jsonl")
    assert [one.answers[0][1] for one in records] == ["x", "1", "2", "2.5", "true"]


def test_json_paths_and_lists(read):
    content = lines({"task": {"id": 7}, "by": "ann", "out": {"labels": ["b", "a"]}})
    columns = {"item": "task.id", "annotator": "by", "label": "out.labels"}
    (record,) = read(content, JsonLines(), "t.jsonl", columns=columns, scale="set")
    assert (record.item, record.answers) == ("7", (("out.labels", ["a", "b"]),))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"item": "i1", "annot', "bad_json"),
        ("[1, 2]", "bad_json"),
        ('"text"', "bad_json"),
        ("{} trailing", "bad_json"),
        ('{"item": NaN}', "not_a_number"),
        ('{"item": "i1", "item": "i2"}', "duplicate_key"),
        ('{"item": ' + "9" * 5000 + "}", "long_integer"),
        ("[" * 100_000, "too_deep"),
        ('{"item": ' + "[" * 70 + "]" * 70 + "}", "too_deep"),
        (row(label={"a": 1}), "unexpected_object"),
        (row(label=None), "missing_label"),
        (row(item=None), "missing_item"),
        (row(label="\ud800"), "bad_encoding"),
        (row(label="a\0b"), "nul"),
        ('{"item": "i1", "annotator": "ann", "label": 1e400}', "bad_json"),
        (row(label=["x"]), "unexpected_list"),
    ],
)
def test_a_broken_json_line_costs_only_itself(read, line, reason):
    records = read(lines(row("g1"), line, row("g2")), JsonLines(), "t.jsonl")
    assert said(records) == [("g1", "ann", "x"), ("line 2", reason), ("g2", "ann", "x")]


def test_a_half_written_last_line_is_a_broken_line(read):
    content = lines(row("g1"), row("g2"))[:-9]
    records = read(content, JsonLines(), "t.jsonl")
    assert said(records) == [("g1", "ann", "x"), ("line 2", "bad_json")]


def test_json_ids_beyond_two_to_the_64_stay_apart(read):
    rows = [row(2**64 + n) for n in range(2)]
    assert len({one.item for one in read(lines(*rows), JsonLines(), "t.jsonl")}) == 2


def test_a_json_column_that_never_occurs_is_wrong_usage(read):
    with pytest.raises(UsageError, match="no column 'key' for gold; its columns are 'annotator'"):
        read(lines(row()), JsonLines(), "t.jsonl", columns={"gold": "key"})
    with pytest.raises(UsageError, match="no column 'item'"):
        read(lines({"annotator": "a", "label": "x"}), JsonLines(), "t.jsonl")


# --- recognising ---


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.csv", b"item;label\n", "csv"),
        ("a.CSV", b"x", "csv"),
        ("a.tsv", b"item\tlabel\n", "tsv"),
        ("a.tab", b"item\tlabel\n", "tsv"),
        ("a.jsonl", b"{", "jsonl"),
        ("a.ndjson", b"{", "jsonl"),
        ("a.json", b'{"item": 1}\n{"item": 2}\n', "jsonl"),
        ("a.json", b'[{"item": 1}]\n', None),
        ("a.json", b'{\n"item": 1}\n', None),
        ("a.txt", b"item\tlabel\n", "tsv"),
        ("a.txt", b"item,label\n", "csv"),
        ("a", b'{"item": 1}\n', "jsonl"),
        ("a.txt", b"just words\n", None),
        ("a.xlsx", b"item,label\n", None),
    ],
)
def test_files_are_known_by_name_and_head(name, head, form):
    known = [one.name for one in (JsonLines(), Tsv(), Csv()) if one.recognises(Path(name), head)]
    assert known[:1] == ([] if form is None else [form])


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "t"
    path.write_bytes(content)
    for form in (Csv(), Tsv(), JsonLines()):
        try:
            records = list(form.read(path, ImportOptions("P")))
        except (FileRefused, UsageError):
            continue
        assert all(isinstance(one, ProjectRecord | AnnotationRecord | BadRecord) for one in records)


@given(st.binary(max_size=300))
def test_any_bytes_after_a_header_are_rows_or_bad_rows(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(HEADER.encode() + b"i1,ann,x\n" + content)
    first, good, *rest = list(Csv().read(path, OPTIONS))
    assert isinstance(first, ProjectRecord)
    assert isinstance(good, AnnotationRecord)
    assert all(isinstance(one, AnnotationRecord | BadRecord) for one in rest)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), st.sampled_from(",;\t|"))
def test_what_the_csv_module_writes_is_read_line_by_line(tmp_path_factory, rows, delimiter):
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["item", "annotator", "label"])
        writer.writerows(rows)
    records = list(Csv().read(path, OPTIONS))[1:]
    assert len(records) == sum(bool("".join(row).strip()) for row in rows)
    whole = [row for row in rows if all(cell.strip() for cell in row)]
    assert sum(isinstance(one, AnnotationRecord) for one in records) == len(whole)
