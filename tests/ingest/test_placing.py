"""Which item a name of a file means, and what of a file may be said of it."""

from collections.abc import Collection, Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, Batch, Origin, is_gold_only
from labelpulse.ingest.known import assertion, last, parts
from labelpulse.ingest.placing import Places, Placing
from labelpulse.ingest.polled import Polled
from labelpulse.warehouse.called import Called

TO = Polled(1, "cvat", "cvat-db", 1, "p", "Street", configured=True)
SCALES = {"tags": "set", "kind": "nominal", "shapes": "geometry", "note": "text"}


class Project:
    """Items by native id, as a warehouse tells them."""

    def __init__(self, **items: str) -> None:
        self.items = items

    def items_there(self, _project: int, names: Collection[str]) -> set[str]:
        return {one for one in names if one in self.items}

    def items_called(self, _project: int) -> Iterator[Called]:
        return (Called(*one) for one in self.items.items() if one[1])


def places(project: Project, *names: str) -> Places:
    return Places(cast("Any", project), 1, names)


def meant(project: Project, *names: str) -> dict[str, str]:
    """Name -> item, or why none."""
    made, found = places(project, *names), {}
    for name in names:
        try:
            found[name] = made.of(name)
        except SkipRecord as error:
            found[name] = error.reason
    return found


@given(st.text(alphabet="a./\\ ", max_size=9))
def test_the_last_part_of_a_path(path: str) -> None:
    assert last(path) == (parts(path) or ("",))[-1]


@pytest.mark.parametrize(
    ("items", "names", "wanted"),
    [
        ({"i1": "1.jpg"}, ["i1", "1.jpg"], ["i1", "i1"]),  # once by its id, once by its name
        ({"i1": "1.jpg", "1.jpg": "2.jpg"}, ["1.jpg"], ["1.jpg"]),  # an id goes before a name
        ({"i1": "a/1.jpg"}, ["1.jpg"], ["i1"]),
        ({"i1": "1.jpg"}, ["train/1.jpg"], ["i1"]),
        ({"i1": "a\\1.jpg"}, ["b/1.jpg"], ["i1"]),
        ({"i1": ""}, ["1.jpg", ""], ["unknown_item", "unknown_item"]),
        ({"i1": "a/1.jpg", "i2": "b/1.jpg"}, ["1.jpg"], ["ambiguous_item"]),
        ({"i1": "a/1.jpg", "i2": "b/1.jpg"}, ["c/1.jpg"], ["ambiguous_item"]),
        ({"i1": "a/1.jpg", "i2": "b/1.jpg"}, ["x/b/1.jpg"], ["i2"]),
        ({"i1": "a/b/1.jpg", "i2": "b/1.jpg"}, ["b/1.jpg"], ["i2"]),  # the very name
        ({"i1": "a/b/1.jpg", "i2": "c/b/1.jpg"}, ["b/1.jpg"], ["ambiguous_item"]),
        ({"i1": "a/1.jpg", "i2": "a/1.jpg"}, ["a/1.jpg"], ["ambiguous_item"]),
        ({"i1": "1.jpg"}, ["a/1.jpg", "b/1.jpg"], ["ambiguous_item"] * 2),
        ({"i1": "a/1.jpg"}, ["a/1.jpg", "b/1.jpg"], ["i1", "ambiguous_item"]),
        ({"i1": "a/1.jpg"}, ["x/a/1.jpg", "y/a/1.jpg"], ["ambiguous_item"] * 2),
    ],
)
def test_an_item_is_found_by_its_id_else_by_its_name(
    items: dict[str, str], names: list[str], wanted: list[str]
) -> None:
    assert list(meant(Project(**items), *names).values()) == wanted


def test_what_is_found_in_another_folder_is_told() -> None:
    items = Project(i1="train/1.jpg", i2="2.jpg", i3="a/3.jpg", i4="4.jpg")
    found = places(items, "val/1.jpg", "val/2.jpg", "x/a/3.jpg", "4.jpg")
    assert found.elsewhere == {"val/1.jpg": "train/1.jpg"}


def test_a_project_without_names_is_told() -> None:
    assert places(Project(i1=""), "1.jpg").nameless
    assert not places(Project(i1=""), "i1").nameless
    assert not places(Project(i1="2.jpg"), "1.jpg").nameless
    assert not places(Project(i1="2.jpg"), "1.jpg")


# --- records ---------------------------------------------------------------------------------


def known(item: str, number: int = 1, **gold: Any) -> AnnotationRecord:
    return assertion(("F", item), item, tuple(gold.items()), number=number, place=f"at {item}")


def blank(item: str, control: str) -> AnnotationRecord:
    return assertion(("F", item, control), item, (), place=f"at {item}")


def placed(*records: AnnotationRecord) -> Batch:
    project = Project(i1="1.jpg", i2="2.jpg")
    found = places(project, *(one.item for one in records))
    return Placing(TO, found, SCALES).batch(Batch(annotations=records), "known.json")


def test_a_record_becomes_an_assertion_a_question() -> None:
    batch = placed(known("1.jpg", tags=["a"], shapes=[]), known("i2", kind="b"))
    said = [(one.project, one.item, one.gold) for one in batch.annotations]
    assert said == [
        ("p", "i1", (("tags", ["a"]),)),
        ("p", "i1", (("shapes", []),)),
        ("p", "i2", (("kind", "b"),)),
    ]
    assert all(is_gold_only(one) for one in batch.annotations)
    assert {one.origin for one in batch.annotations} == {Origin.GOLD}
    assert len({one.native_id for one in batch.annotations}) == 3
    assert batch.bad == ()


def test_it_is_the_same_whatever_else_the_file_says_and_however_it_names_the_item() -> None:
    one, *_ = placed(known("1.jpg", tags=["a"], shapes=[])).annotations
    (other,) = placed(known("i1", tags=["b"])).annotations
    assert (one.native_id, one.unique) == (other.native_id, other.unique)


def test_several_of_one_question_and_item_are_numbered() -> None:
    batch = placed(known("1.jpg", tags=["a"]), known("i1", tags=["b"]), known("i2", tags=[]))
    assert [one.unique[-1] for one in batch.annotations] == ["1", "2", "1"]


def test_a_blank_takes_back_what_is_known_of_its_question() -> None:
    (one,), (other,) = (
        placed(record).annotations for record in (blank("1.jpg", "kind"), known("i1", kind="b"))
    )
    assert one.gold == ()
    assert (one.native_id, one.unique) == (other.native_id, other.unique)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (known("3.jpg", tags=[]), "unknown_item"),
        (known("i1", size="big"), "unknown_question"),
        (blank("i1", "size"), "unknown_question"),
        (known("i1", kind=["a", "b"]), "several_labels"),
        (known("i1", kind=[]), "several_labels"),
        (known("i1", shapes=["a"]), "unfit_answer"),
        (known("i1", tags=[[0, 0, 1, 1, "a"]]), "unfit_answer"),
        (known("i1", tags=["a"], kind=["a", "b"]), "several_labels"),
    ],
)
def test_what_cannot_be_known_of_an_item_is_set_aside(
    record: AnnotationRecord, reason: str
) -> None:
    batch = placed(record, known("i2", note="x", tags=[], shapes=[], kind=["a"]))
    assert [one.reason for one in batch.bad] == [reason]
    assert batch.bad[0].record == record.location
    assert record.item not in batch.bad[0].detail
    assert {one.item for one in batch.annotations} == {"i2"}
