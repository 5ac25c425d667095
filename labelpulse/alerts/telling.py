"""What is to be told, to whom: an intent for each channel, written with the change it tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from labelpulse.alerts import ending
from labelpulse.alerts.live import Live
from labelpulse.alerts.evidence import link_of
from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Stand
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.walk import Walked
from labelpulse.charts import formats
from labelpulse.core.catalogue import say
from labelpulse.core.days import SECOND
from labelpulse.judgement.freshness import freshness
from labelpulse.warehouse.alerts import Cycle
from labelpulse.warehouse.outbox import Intent

if TYPE_CHECKING:
    from labelpulse.config import Alert, Settings
    from labelpulse.reader.catalog import SourceInfo

STALE = "stale"
"""The note on sources that were told to be silent: name -> since when, seconds UTC."""

LATELY = 7
"""Days without data after which what fires is not told again."""

_CALM = ("within", "between")
"""Verdicts of numbers that are not beyond their line."""

_RANKS = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True)
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
            self._rename(cycle, one)
            kind = self._due(one)
            if kind is not None:
                found += self._intents(one, kind)
                if not one.ended:
                    told = {**one.evidence, "told_level": one.level}
                    cycle.change(one.id, told=one.told + 1, told_at=self.now, evidence=told)
        return [*found, *self._sources(cycle)]

    def _rename(self, cycle: Cycle, one: Live) -> None:
        """Let what was said of an alert lead to its project by its present label."""
        label, query = one.subject.project, one.evidence.get("query") or {}
        if one.ended or label is None or query.get("project") in (None, label):
            return
        link = notice_of(one, Kind.AGAIN, self.settings.alerting.dashboard).link
        one.evidence |= {"query": {**query, "project": label}, "link": link}
        cycle.change(one.id, evidence=one.evidence)

    def _due(self, one: Live) -> Kind | None:
        if self._silenced(one):
            return None
        if one.ended:
            over = {"resolved": Kind.RESOLVED, "unconfirmed": Kind.UNCONFIRMED}
            return over.get(one.ended) if one.told or one.began else None
        if not one.told or one.evidence.get("told_level", one.level) != one.level:
            return Kind.FIRED
        if one.acked or self._waits(one) or self._is_old(one):
            return None
        repeat = int(self.settings.alerting.repeat.total_seconds() * SECOND)
        return Kind.AGAIN if self.now - (one.told_at or 0) >= repeat else None

    def _silenced(self, one: Live) -> bool:
        at = (one.rule.name, one.project_id, one.subject.digest)
        return any(silence.covers(*at) for silence in self.look.silences)

    def _waits(self, one: Live) -> bool:
        """True while nothing comes in from where the subject is: then there is no news of it."""
        return bool(self.look.places.held(one.subject.project))

    def _is_old(self, one: Live) -> bool:
        """True where nothing came in for days: to say the same again tells nobody anything."""
        today = self.look.places.day(one.subject.project)
        return bool(one.day) and today - one.day > LATELY

    def _intents(self, one: Live, kind: Kind) -> Iterator[Intent]:
        notice = notice_of(one, kind, self.settings.alerting.dashboard)
        if one.ended:
            base, now = self.settings.alerting.dashboard, self._newest(one)
            notice = ending.over(notice, one.rule, one.evidence, now, base)
            notice = replace(notice, lines=(*notice.lines, *_began(one)))
        for channel in channels_of(one.rule, self.settings):
            if self._wants(channel, one.level):
                yield Intent(
                    incident_id=one.id,
                    channel=channel,
                    kind=kind,
                    sequence=one.told + 1,
                    grouped_by=one.subject.project or "",
                    notice=notice.document(),
                )

    def _newest(self, one: Live) -> Judged | None:
        """Return the number by which an alert is over: the newest, or that of an earlier day."""
        stand, walked = self._stands.get((one.rule.name, one.subject.digest), (None, None))
        if stand is None or (stand.judged is not None and stand.judged.verdict in _CALM):
            return None if stand is None else stand.judged
        events = [] if walked is None else walked.events
        ends = (each for each in events if each.kind == "over" and each.day >= one.day)
        return next((each.judged for each in ends if each.subject == stand.subject), stand.judged)

    @cached_property
    def _stands(self) -> dict[tuple[str, str], tuple[Stand, Walked | None]]:
        return {
            (seen.rule.name, one.subject.digest): (one, seen.walked)
            for seen in self.look.seen
            for one in seen.stands
        }

    def _wants(self, channel: str, level: str) -> bool:
        known = self.settings.channels.get(channel)
        return known is not None and _RANKS[level] >= _RANKS[known.least]

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
        lines = [found.text, say("Its rules wait: what fired goes on firing, nothing is resolved.")]
        return Notice(
            kind=Kind.STALE,
            title=say("{source} is silent", source=source.name),
            subject=source.name,
            level="critical",
            lines=tuple(one for one in (*lines, _held(held), found.remedy) if one),
        )

    def _places(self) -> Iterator[Any]:
        yield from self.look.places.by_label.values()


def _held(projects: int) -> str:
    return "" if not projects else formats.plural(projects, "project is held", "projects are held")


def _answers(source: str) -> Notice:
    return Notice(
        kind=Kind.FRESH,
        title=say("{source} answers again", source=source),
        subject=source,
        level="info",
        lines=(say("Its rules are judged again."),),
    )


def _since(source: "SourceInfo") -> int:
    return (source.ok_at or source.tried_at or 0) // SECOND


def channels_of(rule: "Alert", settings: "Settings") -> tuple[str, ...]:
    """Return where a rule is told."""
    return settings.alerting.channels if rule.channels is None else rule.channels


def notice_of(one: Live, kind: Kind, base: str) -> Notice:
    """Return what there is to tell of an incident.

    Args:
        base: where the pages are.
    """
    said = {key: one.evidence[key] for key in _SAID if key in one.evidence}
    found = Notice(
        kind=kind,
        incident=one.id,
        rule=one.rule.name,
        project=one.subject.project or "",
        subject=one.subject.words,
        level=one.level,
        owner=one.rule.owner or "",
        **{"title": one.rule.name, **said, "lines": tuple(said.get("lines", ()))},
    )
    query = ending.query_of(one.evidence, found.project)
    link = found.link if query is None else link_of(base, one.rule, query, found.since)
    return replace(found, link=link)


_SAID = ("title", "lines", "link", "metric", "unit", "value", "low", "high", "n", "since")


def _began(one: Live) -> tuple[str, ...]:
    """Say that it began, where nobody was told of that."""
    if not one.began:
        return ()
    day = formats.day_month(date.fromordinal(one.day)) if one.day else ""
    return (say("It fired on {day}, before anybody looked.", day=day),) if day else ()


def day_text(day: int) -> str:
    """Return a day as ISO; "" = none."""
    return date.fromordinal(day).isoformat() if day else ""
