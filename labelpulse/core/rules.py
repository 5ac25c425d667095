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
"""A time that is equal in all rows, and in at least this many, is treated as unknown."""
WIDE = 50
"""Above this many labels, label pairs are counted by month instead of by day."""


@dataclass(frozen=True, slots=True)
class ControlRules:
    """How one control's answers compare.

    Attributes:
        labels: the label domain in order; None = the labels that occurred so far.
        refused: why answers cannot be treated as labels, with the remedy; "" = they can.
        wide: label pairs are counted by month (more than 50 labels).
        ellipses: shapes of four numbers are ellipses (a centre and two radii), not boxes.
    """

    name: str
    scale: Scale = Scale.NOMINAL
    labels: tuple[str, ...] | None = None
    refused: str = ""
    wide: bool = False
    ellipses: bool = False

    @property
    def labeled(self) -> bool:
        """Whether answers are treated as labels."""
        return self.scale in LABELED and not self.refused

    @property
    def exact(self) -> bool:
        """Whether exact agreement of answers is meaningful."""
        return self.scale in EXACT and not self.refused

    @property
    def counting(self) -> tuple[bool | str, ...]:
        """The properties that partials depend on."""
        return (
            *(self.exact, self.labeled, self.scale == Scale.SET, self.scale in NUMERIC),
            *(self.scale == Scale.RANKING, self.wide),
            *(self.scale if self.scale in MATCHED else "", self.ellipses),
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one project that partials and readers depend on.

    Attributes:
        timezone: IANA zone of days.
        gold: ``none``, ``column``, ``flag`` or ``authors``: where gold labels come from.
        gold_authors: ids of the annotators whose answers are gold, for ``authors``.
        reviewed: reviewers accept or reject answers, so a complete item waits for review.
        required: labels needed by an item that states no number itself; None = unknown.
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
            "controls": {str(key): asdict(rules) for key, rules in sorted(self.controls.items())},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rules":
        """Return rules from the result of `to_json`."""
        controls = {int(key): _control(rules) for key, rules in data["controls"].items()}
        return cls(
            timezone=data["timezone"],
            gold=data["gold"],
            gold_authors=frozenset(data["gold_authors"]),
            reviewed=data["reviewed"],
            required=data["required"],
            controls=controls,
        )

    def counts_like(self, new: "Rules") -> bool:
        """Return whether facts counted under these rules need no recount under new rules.

        A control that only the new rules have has no facts yet; a longer label domain changes how
        a metric is computed from its partials, not the partials.
        """
        has_same_settings = replace(self, controls={}) == replace(new, controls={})
        return has_same_settings and all(
            key in new.controls and control.counting == new.controls[key].counting
            for key, control in self.controls.items()
        )

    def digest(self) -> str:
        """Return a digest that changes exactly when the rules change."""
        return blake2b(canonical(self.to_json()).encode(), digest_size=12).hexdigest()


def _control(data: Mapping[str, Any]) -> ControlRules:
    labels = None if data["labels"] is None else tuple(data["labels"])
    return ControlRules(
        *(data["name"], Scale(data["scale"]), labels, data["refused"], data["wide"]),
        ellipses=data["ellipses"],
    )
