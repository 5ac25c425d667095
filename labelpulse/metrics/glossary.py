"""The texts of metrics: read from glossary.toml when somebody asks for them."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Entry:
    """What a metric means, in words.

    Attributes:
        title: a short name for people.
        definition: one sentence; formula: how it is worked out.
        population: what is counted and what is left out.
        edges: what happens where there is little or nothing.
        interval: how its 95 % interval is made, or why it has none.
        reference: where the formula comes from, or that it is plain counting.
    """

    title: str
    definition: str
    formula: str
    population: str
    edges: str
    interval: str
    reference: str


@cache
def _texts() -> dict[str, dict[str, str]]:
    """Return the texts of all metrics as glossary.toml has them."""
    import tomllib

    text = files("labelpulse.metrics").joinpath("glossary.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def glossary() -> dict[str, Entry]:
    """Return the entries of all metrics by name."""
    return {name: Entry(**entry) for name, entry in _texts().items()}


def has_interval(name: str) -> bool:
    """Return whether a metric's numbers come with a 95 % interval."""
    return not _texts()[name]["interval"].startswith("None")
