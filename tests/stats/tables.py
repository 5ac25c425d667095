"""The published tables as items of category numbers."""

import csv
from collections import defaultdict
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def answers(name: str, person: str = "annotator") -> dict[str, dict[str, str]]:
    """Item -> person -> label."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(name):
        found[row["item"]][row[person]] = row["label"]
    return found


def items(name: str, labels: str, person: str = "annotator") -> list[list[int]]:
    """Each item as the numbers of its labels."""
    order = labels.split(",")
    return [[order.index(x) for x in one.values()] for one in answers(name, person).values()]


def square(name: str, labels: str) -> dict[tuple[int, int], int]:
    """Two people's table: (category of one, of the other) -> items."""
    order = labels.split(",")
    return {
        (order.index(row["rater1"]), order.index(row["rater2"])): int(row["count"])
        for row in rows(name)
    }


def items_of_square(cells: dict[tuple[int, int], int]) -> list[list[int]]:
    return [list(pair) for pair, n in cells.items() for _ in range(n)]


def items_of_counts(name: str) -> list[list[int]]:
    """Rows of how many people chose each category."""
    found = []
    for row in rows(name):
        row.pop("patient")
        found.append([c for c, n in enumerate(row.values()) for _ in range(int(n))])
    return found


def as_printed(found: float, text: str) -> None:
    """Assert that a number is the printed one to half a unit of its last digit."""
    digits = len(text.partition(".")[2])
    assert abs(found - float(text)) <= 0.5 * 10**-digits + 1e-12, (found, text)
