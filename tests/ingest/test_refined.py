"""A scale that is said later gives what it gives at the import, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from labelpulse.config import load_settings
from labelpulse.ingest.collect import apply_settings
from labelpulse.reader import Condition, MetricQuery, Scope, read
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import load, make, table

METRICS = (
    *("agreement_percent", "agreement_alpha", "agreement_fleiss", "agreement_ac1", "agreement_bp"),
    *("gold_accuracy", "label_count", "pair_kappa", "pair_agreement"),
)
NUMBERS = [("2.0", "2"), ("1e1", "10"), ("3", "2"), ("10", "10.0"), ("3", "3"), ("2.0", "3")]
SETS = [("a;b", "b;a"), ("a", "a;b"), ("c", "c"), ("b;c", "a"), ("a;a", "a"), ("c", "b")]
CASES = [
    ("interval", {"labels": ("2.0", "1e1", "3")}, NUMBERS),
    ("ratio", {}, NUMBERS),
    ("number", {}, NUMBERS),
    ("set", {"separator": ";"}, SETS),
]


def rows(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {
            "item": f"i{n}",
            "annotator": who,
            "label": label,
            "gold": pairs[n % len(pairs)][1],
            "submitted_at": f"2024-03-{1 + n:02d}T09:00:00Z",
        }
        for n in range(24)
        for who, label in zip("ab", pairs[n % len(pairs)], strict=True)
    ]


def answers(warehouse: Warehouse) -> dict[str, Any]:
    """Every number, without notes on what is not declared."""
    scope = Scope(names=True, key=b"k")
    return {
        name: sorted(
            [(row.get("label"), row["value"], row["low"], row["high"], row["n"]) for row in found],
            key=str,
        )
        for name in METRICS
        for found in [read(warehouse.engine, MetricQuery(name, by=_by(name)), scope).rows]
    }


def _by(metric: str) -> tuple[str, ...]:
    return ("label",) if metric == "label_count" else ()


def refined(tmp_path: Path, scale: str, labels: tuple[str, ...] | None) -> Any:
    said = f"labels = {list(labels)}\n" if labels else ""
    path = tmp_path / "labelpulse.toml"
    path.write_text(
        '[[projects]]\nsource = "import:P"\ntitle = "P"\n'
        f'[projects.controls.label]\nscale = "{scale}"\n{said}'
    )
    return load_settings(path, environ={})


def apply(warehouse: Warehouse, settings: Any) -> None:
    (source_id,) = warehouse.sources()
    apply_settings(
        warehouse, source_id, lambda title: settings.project_data("import:P", title), print
    )
    assert warehouse.verify(1) == []


@pytest.mark.parametrize(("scale", "flags", "pairs"), CASES, ids=[one[0] for one in CASES])
def test_a_later_scale_is_as_good_as_an_early_one(
    database_url: str, tmp_path: Path, scale: str, flags: dict[str, Any], pairs: Any
) -> None:
    path = table(tmp_path / "t.csv", rows(pairs))
    early = make(f"sqlite:///{tmp_path / 'early.db'}")
    load(early, path, scale=scale, **flags)
    late = make(database_url)
    plain = {key: value for key, value in flags.items() if key == "separator"}
    load(late, path, **plain)
    before = answers(late)
    apply(late, refined(tmp_path, scale, flags.get("labels")))
    assert answers(late) == answers(early)
    apply(late, refined(tmp_path, "nominal", None))
    assert answers(late) == before


def test_declared_labels_are_spelled_as_the_answers_are(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", rows(NUMBERS))
    one, other = (make(f"sqlite:///{tmp_path / name}") for name in ("a.db", "b.db"))
    first = load(one, path, scale="interval", labels=("2.0", "1e1", "3"))
    second = load(other, path, scale="interval", labels=("2", "10", "3"))
    assert first.warnings == second.warnings == []
    assert answers(one) == answers(other)


def test_a_query_may_spell_a_label_as_the_file_does(tmp_path: Path) -> None:
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    cafe, decomposed = "caf\u00e9", "cafe\u0301"
    load(warehouse, table(tmp_path / "t.csv", rows([(cafe, decomposed), ("tea", "tea")])))
    where = (Condition("label", decomposed),)
    (row,) = read(
        warehouse.engine, MetricQuery("label_share", where=where), Scope(names=True, key=b"k")
    ).rows
    assert (row["label"], row["value"]) == (cafe, 0.5)


def test_a_rebuild_labels_what_an_older_version_left_without(tmp_path: Path) -> None:
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    load(warehouse, table(tmp_path / "t.csv", rows(NUMBERS)), scale="number")
    wanted = answers(warehouse)
    with warehouse.engine.begin() as conn:
        for name in ("answer", "gold"):
            text_of = f"(SELECT text FROM label WHERE label.id = {name}.label_id)"
            conn.execute(text(f"UPDATE {name} SET value = {text_of}, label_id = NULL"))
    (source_id,) = warehouse.sources()
    with warehouse.lease(source_id) as held:
        warehouse.rebuild(held, 1)
    assert warehouse.verify(1) == []
    assert answers(warehouse) == wanted
    assert wanted["agreement_percent"][0][1] > 0
