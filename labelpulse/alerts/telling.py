"""What is to be told, to whom: an intent for each channel, written with the change it tells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.heard import Ends
from labelpulse.alerts.live import Live, urgency
from labelpulse.alerts.look import Look
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.worded import Worded
from labelpulse.core import formats
from labelpulse.core.days import SECOND
from labelpulse.findings.freshness import freshness
from labelpulse.reader.alerts import silencing
from labelpulse.warehouse.alerts import Cycle
from labelpulse.warehouse.outbox import Intent

if TYPE_CHECKING:
    from labelpulse.config import Alert, Settings
    from labelpulse.reader.catalog import SourceInfo

STALE = "stale"
"""The note on sources that were told to be silent: name -> since when, seconds UTC."""

LATELY = 7
"""Days without data after which what fires is not told again."""

TOLD_TO = "told_to"
"""Where the channels that were told of an alert are kept, beside what was said of it."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Turns a cycle's incidents into intents.

    Attributes:
        now: microseconds UTC.
    """

    settings: "Settings"
    look: Look
    now: int

    def tell(self, cycle: Cycle, live: Sequence[Live]) -> list[Intent]:
        """Return what is to be told now, and note that it was."""
        found: list[Intent] = []
        for one in live:
            if one.ended:
                continue
            self._rename(cycle, one)
            kind = self._due(one)
            if kind is not None:
                found += self._of_open(cycle, one, kind)
        return [*found, *self._ends(cycle, live), *self._sources(cycle)]

    def _of_open(self, cycle: Cycle, one: Live, kind: Kind) -> Iterator[Intent]:
        notice = _worded(one).notice(kind, self._base)
        channels = self._channels(one.rule, one.level)
        yield from _intents(notice, one.told + 1, channels)
        heard = dict.fromkeys((*one.evidence.get(TOLD_TO, ()), *channels))
        told = {**one.evidence, "told_level": one.level, TOLD_TO: list(heard)}
        one.told += 1
        cycle.change(one.id, told=one.told, told_at=self.now, evidence=told)

    def _ends(self, cycle: Cycle, live: Sequence[Live]) -> Iterator[Intent]:
        """Tell who was told of an alert that it has ended."""
        rules = {seen.rule.name: seen.rule for seen in self.look.seen}
        for one, notice in Ends(self.look, self._base).told(cycle, live):
            heard = one.evidence.get(TOLD_TO)
            known = self._channels(rules.get(one.rule), one.level) if heard is None else heard
            there = [channel for channel in known if channel in self.settings.channels]
            yield from _intents(notice, one.told + 1, there)

    @property
    def _base(self) -> str:
        return self.settings.dashboard.url

    def _rename(self, cycle: Cycle, one: Live) -> None:
        """Let what was said of an alert lead to its project by its present label."""
        label, query = one.subject.project, one.evidence.get("query") or {}
        if label is None or query.get("project") in (None, label):
            return
        link = _worded(one).notice(Kind.AGAIN, self._base).link
        one.evidence |= {"query": {**query, "project": label}, "link": link}
        cycle.change(one.id, evidence=one.evidence)

    def _due(self, one: Live) -> Kind | None:
        at = (one.rule.name, one.project_id, one.subject.digest)
        if silencing(self.look.silences, *at) is not None:
            return None
        if not one.told or one.evidence.get("told_level", one.level) != one.level:
            return Kind.FIRED
        if one.acked or self._waits(one) or self._is_old(one):
            return None
        repeat = int(self.settings.alerting.repeat.total_seconds() * SECOND)
        return Kind.AGAIN if self.now - (one.told_at or 0) >= repeat else None

    def _waits(self, one: Live) -> bool:
        """True while nothing comes in from where the subject is: then there is no news of it."""
        return bool(self.look.places.held(one.subject.project))

    def _is_old(self, one: Live) -> bool:
        """True where nothing came in for days: to say the same again tells nobody anything."""
        today = self.look.places.day(one.subject.project)
        return bool(one.day) and today - one.day > LATELY

    def _channels(self, rule: "Alert | None", level: str) -> list[str]:
        """Return the channels that are told of what is so urgent."""
        named = (
            self.settings.alerting.channels if rule is None else channels_of(rule, self.settings)
        )
        return [one for one in named if self._wants(one, level)]

    def _wants(self, channel: str, level: str) -> bool:
        known = self.settings.channels.get(channel)
        return known is not None and urgency(level) >= urgency(known.least)

    def _sources(self, cycle: Cycle) -> Iterator[Intent]:
        """Tell once of each source that stands still, and once when it answers again."""
        before: Mapping[str, int] = dict(self.look.notes.get(STALE, {}))  # type: ignore[call-overload]
        stale = {one.name: one for one in self.look.places.stale}
        after = {name: before.get(name, _since(one)) for name, one in stale.items()}
        for name, since in after.items():
            if name not in before:
                yield from self._of_source(Kind.STALE, since, self._silent(stale[name]))
        for name, since in before.items():
            if name not in stale:
                yield from self._of_source(Kind.FRESH, since, _answers(name))
        if after != before:
            cycle.note(STALE, after)

    def _of_source(self, kind: Kind, since: int, notice: Notice) -> Iterator[Intent]:
        for channel in self._everywhere():
            yield Intent(
                incident_id=0,
                channel=channel,
                kind=f"{kind}:{notice.subject}",
                sequence=since,
                grouped_by=f"source {notice.subject}",
                notice=notice.document(),
            )

    def _everywhere(self) -> list[str]:
        every = [one for seen in self.look.seen for one in channels_of(seen.rule, self.settings)]
        return [one for one in dict.fromkeys(every) if one in self.settings.channels]

    def _silent(self, source: "SourceInfo") -> Notice:
        beats = {one.name: one.beat for one in self.settings.sources}
        beat = [beats[source.name]] if source.name in beats else []
        found = freshness(source, self.now, "UTC", *beat)
        held = sum(source.name == one.project.source.name for one in self._places())
        lines = [found.text, "Its rules wait: what fired goes on firing, nothing is resolved."]
        return Notice(
            kind=Kind.STALE,
            title=f"{source.name} is silent",
            subject=source.name,
            level="critical",
            lines=tuple(one for one in (*lines, _held(held), found.remedy) if one),
        )

    def _places(self) -> Iterator[Any]:
        yield from self.look.places.by_label.values()


def _held(projects: int) -> str:
    return (
        "" if not projects else formats.count_of(projects, "project is held", "projects are held")
    )


def _answers(source: str) -> Notice:
    return Notice(
        kind=Kind.FRESH,
        title=f"{source} answers again",
        subject=source,
        level="info",
        lines=("Its rules are judged again.",),
    )


def _since(source: "SourceInfo") -> int:
    return (source.ok_at or source.tried_at or 0) // SECOND


def channels_of(rule: "Alert", settings: "Settings") -> tuple[str, ...]:
    """Return where a rule is told."""
    return settings.alerting.channels if rule.channels is None else rule.channels


def _worded(one: Live) -> Worded:
    return Worded(one.id, one.rule.name, one.rule, one.subject, one.level, one.evidence)


def _intents(notice: Notice, sequence: int, channels: Iterable[str]) -> Iterator[Intent]:
    for channel in channels:
        yield Intent(
            incident_id=notice.incident,
            channel=channel,
            kind=notice.kind,
            sequence=sequence,
            grouped_by=notice.project,
            notice=notice.document(),
        )


def day_text(day: int) -> str:
    """Return a day as ISO; "" = none."""
    return date.fromordinal(day).isoformat() if day else ""
