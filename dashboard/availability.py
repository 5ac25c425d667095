"""Which pages a project can fill, and what the others wait for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Held(Protocol):
    """What of a project's holdings decides on pages."""

    @property
    def items(self) -> int:
        """Live items."""

    @property
    def controls(self) -> tuple[str, ...]:
        """Questions whose answers are labels."""

    @property
    def unlabeled(self) -> tuple[str, ...]:
        """Questions whose answers are shapes, spans or texts."""

    @property
    def double(self) -> int:
        """Items with answers of two people or more."""

    @property
    def gold(self) -> str:
        """What is chosen as known answers; ``none`` = nothing."""

    @property
    def peopled(self) -> bool:
        """The source tells who answered, of somebody at least."""

    @property
    def predicted(self) -> bool:
        """Answers stand beside predictions of a model."""

    @property
    def candidates(self) -> Mapping[str, int]:
        """What could be chosen, with how many there are."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Pages that are not in the menu, and what would bring them."""

    pages: tuple[str, ...]
    when: str


def absent_pages(held: Held, *, comparable: bool = True) -> list[Absent]:
    """Return the pages that this project cannot fill; Summary and Data are always there.

    Args:
        comparable: the warehouse holds several tools, teams or programs.
    """
    missing = []
    if not comparable:
        missing.append(
            Absent(
                ("Compare",),
                (
                    "there are two tools, two teams or two programs: load a second source, or name "
                    "[[teams]] or the program of [[projects]] in labelpulse.toml"
                ),
            )
        )
    if not held.peopled:
        missing.append(
            Absent(
                ("People",),
                (
                    "the source names who answered; map the column of an import with "
                    "--map annotator=COLUMN"
                ),
            )
        )
    if not held.controls and not held.predicted:
        missing.append(
            Absent(
                ("Labels and model",),
                (
                    "a question has answers that are labels, or a model's predictions are in the "
                    "source; shapes, spans and texts have no mix of labels yet"
                ),
            )
        )
    if not held.items:
        missing.append(Absent(("Progress", "Flow", "Drift"), "the source has items"))
    if not held.controls and not (held.unlabeled and held.double):
        missing.append(
            Absent(("Agreement",), "a question has labels, or answers of two people to an item")
        )
    missing += _no_accuracy(held)
    if not held.items or not (held.controls or held.unlabeled):
        missing.append(Absent(("Items",), "the source has items with a question"))
    return missing


def _no_accuracy(held: Held) -> list[Absent]:
    if not (held.gold != "none" or held.candidates or held.double):
        when = (
            "there are known answers: mark some annotations in the tool as ground truth, "
            "or import a column of them; or two people answered the same items"
        )
    elif not held.controls and held.gold == "none" and not held.candidates:
        when = "a question has answers that are labels, or shapes, spans or texts are known"
    else:
        return []
    return [Absent(("Accuracy",), when)]


def shows(held: Held, page: str, *, comparable: bool = True) -> bool:
    """Return whether a page stands in the menu."""
    return not any(page in one.pages for one in absent_pages(held, comparable=comparable))
