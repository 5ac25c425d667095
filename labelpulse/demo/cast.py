"""Who works where: teams with their zones and hours, invented people and their habits."""

from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

PROJECT_ID = 1
PROJECT_TITLE = "Tickets"
CONTROL = "intent"
TEXT = "text"

BILLING, REFUND, SHIPPING = "Billing", "Refund", "Shipping"
TECHNICAL, ACCOUNT, CANCELLATION = "Technical", "Account", "Cancellation"

SHARES = MappingProxyType(
    {
        BILLING: 0.22,
        REFUND: 0.22,
        SHIPPING: 0.18,
        TECHNICAL: 0.16,
        ACCOUNT: 0.12,
        CANCELLATION: 0.10,
    }
)
LABELS = tuple(SHARES)
SIBLING = MappingProxyType(
    {
        BILLING: REFUND,
        REFUND: BILLING,
        SHIPPING: CANCELLATION,
        CANCELLATION: SHIPPING,
        TECHNICAL: ACCOUNT,
        ACCOUNT: TECHNICAL,
    }
)

LABEL_CONFIG = (
    f'<View><Text name="{TEXT}" value="$text"/>'
    f'<Choices name="{CONTROL}" toName="{TEXT}" choice="single">'
    + "".join(f'<Choice value="{label}"/>' for label in LABELS)
    + "</Choices></View>"
)


@dataclass(frozen=True, slots=True)
class Team:
    """A group that shares a place: its zone, and working hours on the local clock."""

    name: str
    zone: ZoneInfo
    opens: int
    closes: int


MANILA = Team("Manila", ZoneInfo("Asia/Manila"), 8, 17)
NAIROBI = Team("Nairobi", ZoneInfo("Africa/Nairobi"), 8, 17)
KRAKOW = Team("Kraków", ZoneInfo("Europe/Warsaw"), 8, 17)
MONTEVIDEO = Team("Montevideo", ZoneInfo("America/Montevideo"), 8, 17)
TEAMS = (MANILA, NAIROBI, KRAKOW, MONTEVIDEO)


@dataclass(frozen=True, slots=True)
class Person:
    """One invented account.

    `weight` is work in units of an ordinary annotator's day, `accuracy` the chance of a right
    answer unaided, `pace` the median seconds an answer takes, `role` the part in the story.
    """

    id: int
    first: str
    last: str
    handle: str
    team: Team
    weight: float
    accuracy: float
    pace: float
    role: str = "annotator"

    @property
    def email(self) -> str:
        """The address at example.org, which no one can own."""
        return f"{self.handle}@example.org"


OWNER, EXPERT, ANNOTATOR = "owner", "expert", "annotator"
FAST, SLOW, NEWCOMER, LEAVER = "fast", "slow", "newcomer", "leaver"

_OWNER = Person(1, "Odile", "Brandt", "odile.brandt", KRAKOW, 0.0, 1.0, 30.0, OWNER)
_EXPERT = Person(2, "Maren", "Holt", "maren.holt", KRAKOW, 0.0, 1.0, 48.0, EXPERT)

ANNOTATORS = (
    Person(3, "Amihan", "Dalisay", "amihan.dalisay", MANILA, 1.10, 0.950, 31.0),
    Person(4, "Bayani", "Ilagan", "bayani.ilagan", MANILA, 0.95, 0.925, 27.0),
    Person(5, "Tala", "Macaraeg", "tala.macaraeg", MANILA, 1.05, 0.940, 35.0),
    Person(6, "Dakila", "Soriano", "dakila.soriano", MANILA, 0.90, 0.930, 29.0),
    Person(7, "Luningning", "Abad", "luningning.abad", MANILA, 1.00, 0.955, 38.0),
    Person(8, "Isagani", "Mercado", "isagani.mercado", MANILA, 1.15, 0.920, 25.0),
    Person(9, "Hiraya", "Castillo", "hiraya.castillo", MANILA, 1.00, 0.945, 33.0),
    Person(10, "Ligaya", "Panopio", "ligaya.panopio", MANILA, 1.00, 0.935, 30.0),
    Person(11, "Wanjiru", "Kimotho", "wanjiru.kimotho", NAIROBI, 1.05, 0.945, 32.0),
    Person(12, "Otieno", "Barasa", "otieno.barasa", NAIROBI, 1.60, 0.620, 7.0, FAST),
    Person(13, "Achieng", "Odera", "achieng.odera", NAIROBI, 0.95, 0.935, 36.0),
    Person(14, "Kiprono", "Langat", "kiprono.langat", NAIROBI, 1.10, 0.930, 26.0),
    Person(15, "Nyambura", "Gathogo", "nyambura.gathogo", NAIROBI, 0.90, 0.950, 34.0),
    Person(16, "Mutua", "Nzioka", "mutua.nzioka", NAIROBI, 2.10, 0.940, 30.0, LEAVER),
    Person(17, "Zawadi", "Chebet", "zawadi.chebet", NAIROBI, 1.00, 0.985, 37.0, NEWCOMER),
    Person(18, "Bożena", "Wilk", "bozena.wilk", KRAKOW, 1.00, 0.950, 33.0),
    Person(19, "Grzegorz", "Sowa", "grzegorz.sowa", KRAKOW, 1.10, 0.925, 28.0),
    Person(20, "Jagna", "Morawiec", "jagna.morawiec", KRAKOW, 0.95, 0.945, 31.0),
    Person(21, "Wiesława", "Jeleń", "wieslawa.jelen", KRAKOW, 0.75, 0.985, 96.0, SLOW),
    Person(22, "Tymon", "Kalina", "tymon.kalina", KRAKOW, 2.10, 0.940, 31.0, LEAVER),
    Person(23, "Lech", "Borsuk", "lech.borsuk", KRAKOW, 1.00, 0.930, 30.0),
)
_DRAWERS = (
    Person(24, "Ximena", "Barreto", "ximena.barreto", MONTEVIDEO, 1.00, 1.0, 31.0),
    Person(25, "Nahuel", "Olivera", "nahuel.olivera", MONTEVIDEO, 1.10, 1.0, 28.0),
    Person(26, "Renata", "Fagundez", "renata.fagundez", MONTEVIDEO, 0.95, 1.0, 34.0),
    Person(27, "Braulio", "Techera", "braulio.techera", MONTEVIDEO, 1.05, 1.0, 30.0),
)
WORKERS = (*ANNOTATORS, *_DRAWERS)
EVERYONE = (_OWNER, _EXPERT, *WORKERS)
BY_ID = MappingProxyType({person.id: person for person in EVERYONE})
STREET = MappingProxyType(
    {one: one.weight for one in _DRAWERS} | {BY_ID[shared]: 0.45 for shared in (13, 18, 19, 20)}
)
"""Who boxes pictures, with their work: a team of their own, and some from Tickets."""


def the(role: str) -> Person:
    """Return the first person who plays `role`."""
    return next(person for person in EVERYONE if person.role == role)


def playing(role: str) -> tuple[Person, ...]:
    """Return everyone who plays `role`."""
    return tuple(person for person in EVERYONE if person.role == role)
