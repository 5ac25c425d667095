"""A project's rules: the frozen settings that decide how its facts are counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from typing import Any

from labelpulse.core.answers import NUMERIC
from labelpulse.core.events import EXACT, LABELED, MATCHED, Scale, canonical

MAX_LABELS = 1000
MAX_LABEL_LENGTH = 64
CONSTANT_ROWS = 20
"""A time that is the same on that many rows, and on all, tells nothing."""
WIDE = 50
"""Above this many labels, pairs of labels are kept by month instead of by day."""


@dataclass(frozen=True, slots=True)
class ControlRules:
    """How one control's answers compare.

    Attributes:
        labels: the label domain in order; None = the labels seen so far.
        refused: why answers cannot be treated as labels, with the remedy; "" = they can.
        wide: label pairs are kept by month (more than 50 labels).
        ellipses: shapes of four numbers are ellipses, a centre and two radii, and no boxes.
    """

    name: str
    scale: Scale = Scale.NOMINAL
    labels: tuple[str, ...] | None = None
    refused: str = ""
    wide: bool = False
    ellipses: bool = False

    @property
    def labeled(self) -> bool:
        """True when answers are labels."""
        return self.scale in LABELED and not self.refused

    @property
    def exact(self) -> bool:
        """True when exact agreement of answers means something."""
        return self.scale in EXACT and not self.refused

    @property
    def counting(self) -> tuple[bool | str, ...]:
        """What contributions depend on: how answers compare, and is it wide."""
        return (
            *(self.exact, self.labeled, self.scale == Scale.SET, self.scale in NUMERIC),
            *(self.scale == Scale.RANKING, self.wide),
            *(self.scale if self.scale in MATCHED else "", self.ellipses),
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one project that contributions and readers depend on.

    Attributes:
        timezone: IANA zone of days.
        gold: ``none``, ``column``, ``flag`` or ``authors``: what counts as a known answer.
        gold_authors: ids of the annotators whose answers are gold, for ``authors``.
        reviewed: answers are accepted or rejected, so that a complete item goes through review.
        required: labels an item needs where nothing is said of the item itself; None = unknown.
        controls: by control id.
    """

    timezone: str = "UTC"
    gold: str = "none"
    gold_authors: frozenset[int] = frozenset()
    reviewed: bool = False
    required: int | None = None
    controls: Mapping[int, ControlRules] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as plain JSON values."""
        return {
            "timezone": self.timezone,
            "gold": self.gold,
            "gold_authors": sorted(self.gold_authors),
            "reviewed": self.reviewed,
            "required": self.required,
            "controls": {str(key): asdict(one) for key, one in sorted(self.controls.items())},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rules":
        """Return the rules that `to_json` wrote."""
        controls = {int(key): _control(one) for key, one in data["controls"].items()}
        return cls(
            timezone=data["timezone"],
            gold=data["gold"],
            gold_authors=frozenset(data["gold_authors"]),
            reviewed=data["reviewed"],
            required=data["required"],
            controls=controls,
        )

    def counts_like(self, other: "Rules") -> bool:
        """True when facts counted under these rules need no recount under `other`.

        A control that only `other` knows has no facts yet; a longer label domain changes how sums
        finish, not the sums.
        """
        same = replace(self, controls={}) == replace(other, controls={})
        mine = self.controls.items()
        return same and all(
            key in other.controls and one.counting == other.controls[key].counting
            for key, one in mine
        )

    def digest(self) -> str:
        """Return a short text that changes exactly when the rules do."""
        return blake2b(canonical(self.to_json()).encode(), digest_size=12).hexdigest()


def _control(data: Mapping[str, Any]) -> ControlRules:
    labels = None if data["labels"] is None else tuple(data["labels"])
    return ControlRules(
        *(data["name"], Scale(data["scale"]), labels, data["refused"], data["wide"]),
        ellipses=data["ellipses"],
    )
