"""An alert as a notice: what was said of it, with the present name and page of its project."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.evidence import link_of
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.query import MetricQuery

if TYPE_CHECKING:
    from labelpulse.alerts.rules import Subject
    from labelpulse.config import Alert

Evidence = Mapping[str, Any]
"""What was said of an alert when it was told last: see `labelpulse.alerts.evidence.Said`."""

_SAID = ("title", "lines", "link", "metric", "unit", "value", "low", "high", "n", "since")


@dataclass(frozen=True, slots=True)
class Worded:
    """An alert and what was said of it.

    Attributes:
        name: of its rule. rule: None = it is no longer in force. subject: by the present label of
            its project.
    """

    id: int
    name: str
    rule: "Alert | None"
    subject: "Subject"
    level: str
    said: Evidence

    def notice(self, kind: Kind, base: str) -> Notice:
        """Return it as a notice of some kind.

        Args:
            base: where the pages are.
        """
        said = {key: self.said[key] for key in _SAID if key in self.said}
        found = Notice(
            kind=kind,
            incident=self.id,
            rule=self.name,
            project=self.subject.project or "",
            subject=self.subject.words,
            level=self.level,
            owner=(self.rule.owner if self.rule else None) or "",
            **{"title": self.name, **said, "lines": tuple(said.get("lines", ()))},
        )
        if self.rule is None or (query := self.query) is None:
            return found
        return replace(found, link=link_of(base, self.rule, query, found.since))

    @property
    def query(self) -> MetricQuery | None:
        """What asks for the number that was told; None = it was not kept, or cannot be asked."""
        asked = self.said.get("query")
        if not asked or asked.get("metric") not in METRICS:
            return None
        return MetricQuery(**{**asked, "project": self.subject.project or asked.get("project")})
