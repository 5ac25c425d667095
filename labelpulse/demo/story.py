"""The story: who works on which project, and what happens on which working day.

Days are counted in working days before today, so that the story is the same on any day: day 1 is
the last working day before today, and day 0 is today, on which nobody works at a weekend.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

SHORTEST, LONGEST = 21, 730
PROGRAM = "Customer AI"
SHIFT_HOURS = 9


@dataclass(frozen=True, slots=True)
class Team:
    """A group of annotators: the hour (UTC) its shift begins, and the euros that an hour costs."""

    name: str
    opens: int
    hourly: float


MANILA = Team("Manila", 0, 6.5)
NAIROBI = Team("Nairobi", 5, 7.0)
KRAKOW = Team("Kraków", 7, 13.5)
MONTEVIDEO = Team("Montevideo", 11, 9.5)
TEAMS = (MANILA, NAIROBI, KRAKOW, MONTEVIDEO)
EXPERT_HOURLY = 24.0


@dataclass(frozen=True, slots=True)
class Person:
    """One invented account.

    Attributes:
        weight: the work of a day, in units of an ordinary annotator's.
        accuracy: the share of right answers without help.
        pace_s: the median seconds that an answer takes.
        role: the part in the story.
    """

    id: int
    name: str
    team: Team
    weight: float
    accuracy: float
    pace_s: float
    role: str = "annotator"

    @property
    def handle(self) -> str:
        """The user name, in ASCII letters."""
        plain = unicodedata.normalize("NFKD", self.name.casefold().replace("ł", "l"))
        return plain.encode("ascii", "ignore").decode().replace(" ", ".")

    @property
    def email(self) -> str:
        """An address at example.org, which belongs to nobody."""
        return f"{self.handle}@example.org"

    def is_on_shift(self, now: datetime) -> bool:
        """Return whether the aware `now` lies in the working hours of the person's team."""
        hours = (now.astimezone(UTC).hour - self.team.opens) % 24
        return now.astimezone(UTC).weekday() < 5 and hours < SHIFT_HOURS


EXPERT = Person(2, "Maren Holt", KRAKOW, 0.0, 1.0, 48.0, "expert")
ANNOTATORS = (
    Person(3, "Amihan Dalisay", MANILA, 1.10, 0.960, 31.0),
    Person(4, "Bayani Ilagan", MANILA, 0.95, 0.945, 27.0),
    Person(5, "Tala Macaraeg", MANILA, 1.05, 0.955, 35.0),
    Person(6, "Dakila Soriano", MANILA, 0.90, 0.950, 29.0),
    Person(7, "Luningning Abad", MANILA, 1.00, 0.960, 38.0),
    Person(8, "Isagani Mercado", MANILA, 1.15, 0.945, 25.0),
    Person(9, "Hiraya Castillo", MANILA, 1.00, 0.955, 33.0),
    Person(10, "Ligaya Panopio", MANILA, 1.00, 0.950, 30.0),
    Person(11, "Wanjiru Kimotho", NAIROBI, 1.05, 0.955, 32.0),
    Person(12, "Otieno Barasa", NAIROBI, 1.60, 0.620, 7.0, "fast"),
    Person(13, "Achieng Odera", NAIROBI, 0.95, 0.950, 36.0),
    Person(14, "Kiprono Langat", NAIROBI, 1.10, 0.950, 26.0),
    Person(15, "Nyambura Gathogo", NAIROBI, 0.90, 0.960, 34.0),
    Person(16, "Mutua Nzioka", NAIROBI, 2.10, 0.955, 30.0, "leaver"),
    Person(17, "Zawadi Chebet", NAIROBI, 1.00, 0.970, 37.0, "newcomer"),
    Person(18, "Bożena Wilk", KRAKOW, 1.00, 0.960, 33.0),
    Person(19, "Grzegorz Sowa", KRAKOW, 1.10, 0.945, 28.0),
    Person(20, "Jagna Morawiec", KRAKOW, 0.95, 0.955, 31.0),
    Person(21, "Wiesława Jeleń", KRAKOW, 0.75, 0.990, 96.0, "slow"),
    Person(22, "Tymon Kalina", KRAKOW, 2.10, 0.955, 31.0, "leaver"),
    Person(23, "Lech Borsuk", KRAKOW, 1.00, 0.950, 30.0),
)
"""Who works on Tickets."""
BOX_ANNOTATORS = (
    Person(24, "Ximena Barreto", MONTEVIDEO, 1.00, 1.0, 50.0),
    Person(25, "Nahuel Olivera", MONTEVIDEO, 1.10, 1.0, 45.0),
    Person(26, "Renata Fagundez", MONTEVIDEO, 0.95, 1.0, 54.0),
    Person(27, "Braulio Techera", MONTEVIDEO, 1.05, 1.0, 48.0),
)
PEOPLE = MappingProxyType({person.id: person for person in (EXPERT, *ANNOTATORS, *BOX_ANNOTATORS)})

Staff = MappingProxyType[Person, float]
TICKETS_STAFF = MappingProxyType({person: person.weight for person in ANNOTATORS})
STREET_STAFF = MappingProxyType(
    {person: person.weight for person in BOX_ANNOTATORS}
    | {PEOPLE[id_]: 0.45 for id_ in (13, 18, 19, 20)}
)
REVIEWS_STAFF = MappingProxyType({PEOPLE[id_]: 1.0 for id_ in (7, 9, 10, 18, 23, 24)})
"""Who works on which project, with the work of a day."""


def with_role(role: str) -> tuple[Person, ...]:
    """Return the people who play `role`."""
    return tuple(person for person in PEOPLE.values() if person.role == role)


EVENTS = MappingProxyType(
    {
        "outage": 26,
        "model v2": 21,
        "holiday": 18,
        "guideline v2": 13,
        "agreement fell": 11,
        "newcomer": 10,
        "two people left": 9,
        "night pictures": 7,
    }
)
"""How many working days ago each thing happened; a short history moves them closer to today."""
_UNSCALED_WORKDAYS = 30


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a history: `dates[day]` is the date (UTC) that lies `day` working days back."""

    dates: tuple[date, ...]

    @property
    def today(self) -> date:
        """The last day of the history."""
        return self.dates[0]

    @property
    def first(self) -> date:
        """The first day of the history."""
        return self.dates[-1]

    def ago(self, event: str) -> int:
        """Return how many working days ago an event happened."""
        return round(EVENTS[event] * min(1.0, len(self.dates) / _UNSCALED_WORKDAYS))

    def date_of(self, event: str) -> date:
        """Return the date of an event."""
        return self.dates[self.ago(event)]

    def outage(self) -> tuple[datetime, datetime]:
        """Return the hours in which Label Studio could not be reached."""
        midnight = midnight_of(self.date_of("outage"))
        return midnight + timedelta(hours=6), midnight + timedelta(hours=13)

    def works(self, person: Person, day: int) -> bool:
        """Return whether a person works on a day (in working days ago)."""
        if day == self.ago("holiday") or self.dates[day].weekday() >= 5:
            return False
        if person.role == "leaver":
            return day > self.ago("two people left")
        return person.role != "newcomer" or day <= self.ago("newcomer")


def calendar_for(now: datetime, days: int) -> Calendar:
    """Return the calendar of about `days` days that end on the day (UTC) of the aware `now`.

    Raises:
        ValueError: `days` is outside 21-730, or `now` has no time zone.
    """
    if not SHORTEST <= days <= LONGEST:
        raise ValueError(f"The demo needs {SHORTEST} to {LONGEST} days of history, not {days}.")
    if now.tzinfo is None:
        raise ValueError("The demo needs a time with a time zone.")
    today = now.astimezone(UTC).date()
    earlier = (today - timedelta(days=back) for back in range(1, days + 3))
    workdays = [day for day in earlier if day.weekday() < 5]
    return Calendar((today, *workdays[: days * 5 // 7]))


def midnight_of(day: date) -> datetime:
    """Return the beginning (UTC) of a day."""
    return datetime.combine(day, time(), tzinfo=UTC)
