"""What reviewers said, worked out a second time from what the tool told; for `oracle`."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from labelpulse.core.events import Verdict

NAMES = {Verdict.ACCEPTED: "accepted", Verdict.REJECTED: "rejected", Verdict.FIXED: "fixed"}
Add = Callable[..., None]


class Review(NamedTuple):
    """A reviewer's word; sorting puts the earliest first."""

    at: int
    name: str
    reviewer: str
    verdict: str


def reviews(rows: list[Any], own: list[bool], texts: list[Any]) -> list[Review]:
    """Return the reviews of an annotation from every version of it that was told.

    Args:
        own: by version: its author wrote it; texts: what it says, to compare.
    """
    found: dict[str, Review] = {}
    writer: str | None = None
    mine = content = None
    for row, is_mine, says in zip(rows, own, texts, strict=True):
        if is_mine:
            mine, writer = says, None
        elif says != content:
            writer = row.editor
        content = says
        if writer and mine is not None and mine != content:
            found["overwrite"] = Review(row.updated_at, "overwrite", writer, "fixed")
        if row.verdict is not None:
            name = f"verdict {row.reviewed_at}"
            found[name] = Review(row.reviewed_at, name, row.reviewer or "", NAMES[row.verdict])
    return sorted(found.values())


def ends(works: list[Any]) -> tuple[int, int]:
    """Return the numbers of the first and of the last verdict on a person's answer; 0 = none."""
    found = sorted((said.at, said.name, said.verdict) for one in works for said in one.reviews)
    numbers = {text: verdict.value for verdict, text in NAMES.items()}
    return (numbers[found[0][2]], numbers[found[-1][2]]) if found else (0, 0)


def count(add: Add, works: Iterator[Any], day: Callable[[int | None], int], batch: str) -> None:
    """Add the reviews of one item.

    Args:
        works: its submissions by people, in the order in which they were first told.
    """
    reviewed = [one for one in works if one.reviews]
    for one in reviewed:
        ever = [said.verdict for said in one.reviews]
        stands = "fixed" if ever[-1] == "accepted" and "fixed" in ever else ever[-1]
        rejected = "rejected" in ever
        ms = one.time_ms if rejected and one.time_ms is not None and one.time_ms > 0 else 0
        key = (day(one.at), batch, one.author, one.reviews[-1].reviewer, stands)
        add("review_work", key, 1, int(rejected), int(ms > 0), ms)
    everything = [
        (said.at, place, number)
        for place, one in enumerate(reviewed)
        for number, said in enumerate(one.reviews)
    ]
    before: list[str] = []
    for _, place, number in sorted(everything):
        one = reviewed[place]
        said = one.reviews[number]
        yes = said.verdict == "accepted"
        first, own = not before, one.author not in before
        before.append(one.author)
        looked, reversed_ = second_look(one, number)
        flags = [yes, said.verdict == "rejected", first, first and yes, own, own and yes]
        where = (day(one.at), batch, one.author, said.reviewer)
        add("review_counts", where, 1, *map(int, [*flags, looked, reversed_]))


def second_look(one: Any, number: int) -> tuple[bool, bool]:
    """Return whether somebody else looked again right after a review, and took it back."""
    if number + 1 == len(one.reviews):
        return False, False
    said, later = one.reviews[number : number + 2]
    fixes = [review for review in one.reviews if review.verdict == "fixed"]
    if one.edited and not fixes:
        return False, False
    if said.at == later.at or "" in (said.reviewer, later.reviewer):
        return False, False
    if said.reviewer == later.reviewer:
        return False, False
    pairs = {
        ("accepted", "rejected"),
        ("accepted", "fixed"),
        ("fixed", "rejected"),
        ("fixed", "fixed"),
        ("rejected", "accepted"),
    }
    return True, (said.verdict, later.verdict) in pairs
