"""The calendar of the story: which planted thing happens on which day."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta

from labelpulse.demo.cast import Person

SHORTEST, LONGEST = 21, 730
_FULL = 40
"""A shorter history squeezes the story's distances from today in proportion."""
SEEDS = (12, 18, 11, 11, 17, 14, 7)
"""Of a history that ends on a Monday, on a Tuesday, …: each tells the whole story, as tests see."""
_REHEARSAL = date(2026, 3, 2)
"""The Monday of the week whose days every history is simulated to; no clock changes near it."""


@dataclass(frozen=True, slots=True)
class Dates:
    """Days (UTC) of everything planted; `first` and `today` bound the history, both inclusive."""

    first: date
    today: date
    model_v2: date
    guideline: date
    drift: date
    joined: date
    leave: date
    night: date
    holiday: date
    outage: date
    imports: tuple[date, ...]

    @property
    def outage_hours(self) -> tuple[datetime, datetime]:
        """The span on the day of the outage in which the tool took no work."""
        midnight = datetime.combine(self.outage, time.min, tzinfo=UTC)
        return midnight + timedelta(hours=6), midnight + timedelta(hours=13)

    def works(self, person: Person, day: date) -> bool:
        """Say whether `person` has a shift on the local `day`."""
        if day.weekday() >= 5 or day == self.holiday:
            return False
        if person.role == "leaver":
            return day < self.leave
        return person.role != "newcomer" or day >= self.joined

    @property
    def since_rehearsal(self) -> timedelta:
        """The whole weeks from the day that the story is simulated to, to today.

        On one weekday the story is the same in every week of every year, so that seven tellings
        can be tried and found good, and are.
        """
        return self.today - _REHEARSAL - timedelta(days=self.today.weekday())

    def moved(self, by: timedelta) -> "Dates":
        """Return the same calendar so much later."""
        days = {one.name: getattr(self, one.name) for one in fields(self)}
        later = {name: day + by for name, day in days.items() if name != "imports"}
        return replace(self, **later, imports=tuple(day + by for day in self.imports))

    @property
    def days(self) -> tuple[date, ...]:
        """Every calendar day of the history."""
        count = (self.today - self.first).days + 1
        return tuple(self.first + timedelta(days=i) for i in range(count))


def dates(now: datetime, days: int) -> Dates:
    """Lay the story over the `days` that end on the day (UTC) of the aware time `now`.

    Raises:
        ValueError: `days` is outside 21-730, or `now` has no zone.
    """
    if not SHORTEST <= days <= LONGEST:
        raise ValueError(f"The demo needs {SHORTEST} to {LONGEST} days of history, not {days}.")
    if now.tzinfo is None:
        raise ValueError("The demo needs an aware time; give `now` a zone, UTC for one.")
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)

    def ago(offset: int) -> date:
        return today - timedelta(days=round(offset * min(1.0, days / _FULL)))

    return Dates(
        first=first,
        today=today,
        model_v2=ago(30),
        guideline=ago(18),
        drift=_seen(ago(16)),
        joined=ago(14),
        leave=ago(12),
        night=_seen(ago(10)),
        holiday=_weekday(ago(26), first),
        outage=_weekday(ago(37), first),
        imports=tuple(first + timedelta(days=at) for at in (-1, days // 6, 2 * days // 3)),
    )


def seed_of(today: date) -> int:
    """Return what the chance of a history is made of that ends on a day (UTC)."""
    return SEEDS[today.weekday()]


def _seen(day: date) -> date:
    """Return the nearest day from which on a change is seen: not the eve of two days off."""
    return day + timedelta(days=(0, 0, 0, 0, -1, 2, 1)[day.weekday()])


def _weekday(day: date, first: date) -> date:
    back = day - timedelta(days=max(0, day.weekday() - 4))
    return back if back >= first else day + timedelta(days=7 - day.weekday())


def on_shift(person: Person, now: datetime) -> bool:
    """Say whether the aware `now` lies in the working hours of the person's place."""
    local = now.astimezone(person.team.zone)
    return local.weekday() < 5 and person.team.opens <= local.hour < person.team.closes
