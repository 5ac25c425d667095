"""What was planted in Tickets, with the numbers to expect.

The numbers are counted from the acts by the definitions of the metrics, in a few plain lines of
their own, so that they can stand against what the pages show.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import fmean, median

from labelpulse.demo import cast, live_garbled, story, tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.agreement import Shared, agreement, shared_items, with_team, without_team
from labelpulse.demo.ends import likely_end
from labelpulse.demo.rows import history_id_of
from labelpulse.demo.story import Plan
from labelpulse.demo.tickets import ticket

LATE_DAYS = 9
Number = int | float | str


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing that was hidden: on which day (UTC), by whom, on which labels, and what to see.

    `who` holds e-mail addresses; `labels` a pair, one label, or nothing. `pages` must name it, with
    the `cause` if it has one.
    """

    what: str
    day: str | None
    who: tuple[str, ...]
    team: str | None
    labels: tuple[str, ...]
    expected: Mapping[str, Number]
    pages: tuple[str, ...]
    cause: str | None = None
    project: str = cast.PROJECT_TITLE


def planted_in_tickets(plan: Plan, acts: Sequence[Act]) -> tuple[Planted, ...]:
    """Return everything that was planted in Tickets."""
    return (
        *_of_quality(plan, acts),
        *_of_people(plan, acts),
        *_of_flow(plan, acts),
        *_of_data(plan, acts),
        _garbled(plan),
    )


# -- totals -------------------------------------------------------------------------------------


def numbers(plan: Plan, acts: Sequence[Act]) -> dict[str, Number]:
    """Return the totals of Tickets."""
    done = _submitted(acts)
    required = sum(ticket(plan.seed, n).overlap for n in range(1, plan.size + 1))
    return {
        "tasks": plan.size,
        "annotations": len(acts),
        "submitted": len(done),
        "skipped": len(acts) - len(done),
        "gold_keys": sum(act.gold for act in acts),
        "people": len({act.person.id for act in acts}),
        "required": required,
        "filled": len(done),
        "progress": len(done) / required,
        "items_double_labeled": len(shared_items(acts)),
        "forecast_finish_p50": tickets_end(plan, acts).isoformat(),
    }


def _submitted(acts: Iterable[Act]) -> list[Act]:
    return [act for act in acts if act.label is not None]


def tickets_end(plan: Plan, acts: Sequence[Act]) -> date:
    """Return the day on which the last place is likely to be filled."""
    required = sum(ticket(plan.seed, n).overlap for n in range(1, plan.size + 1))
    return likely_end(plan.dates, (act.at.date() for act in _submitted(acts)), required)


# -- agreement ----------------------------------------------------------------------------------


def _of_quality(plan: Plan, acts: Sequence[Act]) -> list[Planted]:
    when = plan.dates
    items = shared_items(acts)
    manila = cast.MANILA.name
    since = [item for item in items if item.day >= when.drift]
    before = [item for item in items if when.drift - timedelta(days=28) <= item.day < when.drift]
    pair = (cast.BILLING, cast.REFUND)
    apart = Counter(pair for item in since for pair in item.apart)
    expected: dict[str, Number] = {}
    for name, part in (("before", before), ("after", since)):
        expected |= _counted(name, part)
        expected |= _counted(f"{name}_with_team", with_team(part, manila))
        expected |= _counted(f"{name}_without_team", without_team(part, manila))
    expected["pair_share_of_disagreement"] = apart[pair] / max(1, sum(apart.values()))
    people = tuple(p.email for p in cast.ANNOTATORS if p.team is cast.MANILA)
    return [
        Planted(
            *("guideline v2", when.guideline.isoformat(), (), None, pair, {}),
            pages=("agreement", "drift"),
        ),
        Planted(
            *("agreement fell", when.drift.isoformat(), people, manila, pair, expected),
            pages=("summary", "drift", "agreement", "items", "alerts"),
            cause="quality",
        ),
    ]


def _counted(name: str, items: list[Shared]) -> dict[str, Number]:
    value, n = agreement(items)
    return {f"agreement_{name}": value, f"n_{name}": n}


# -- people and gold ----------------------------------------------------------------------------


def _gold(acts: Sequence[Act]) -> dict[int, list[bool]]:
    """Return for each annotator whether each answer on a keyed ticket met the key."""
    keys = {act.n: act.label for act in acts if act.gold}
    met: dict[int, list[bool]] = defaultdict(list)
    for act in _submitted(acts):
        if not act.gold and act.n in keys:
            met[act.person.id].append(act.label == keys[act.n])
    return met


def _of_people(plan: Plan, acts: Sequence[Act]) -> list[Planted]:
    joined = plan.dates.joined.isoformat()
    return [
        _person("fast and wrong", cast.FAST, None, acts),
        _person("slow and right", cast.SLOW, None, acts),
        _person("bad luck, too few to rank", cast.NEWCOMER, joined, acts),
    ]


def _person(what: str, role: str, day: str | None, acts: Sequence[Act]) -> Planted:
    person = cast.the(role)
    gold = _gold(acts)
    mine = gold[person.id]
    peers = [met for other, met in gold.items() if other != person.id]
    expected: dict[str, Number] = {
        "gold_exposures": len(mine),
        "gold_right": sum(mine),
        "gold_accuracy_peers": sum(map(sum, peers)) / max(1, sum(map(len, peers))),
        "time_spent_median": _pace(acts, {person.id}),
        "time_spent_median_peers": _pace(acts, set(gold) - {person.id}),
    }
    pages = ("people", "accuracy", "alerts")[: 3 if role == cast.FAST else 2]
    return Planted(what, day, (person.email,), person.team.name, (), expected, pages)


def _pace(acts: Sequence[Act], people: set[int]) -> float:
    times = [
        act.seconds + (act.edit.seconds if act.edit else 0.0)
        for act in _submitted(acts)
        if act.person.id in people and act.seconds > 0
    ]
    return median(times) if times else 0.0


# -- flow ---------------------------------------------------------------------------------------


def _of_flow(plan: Plan, acts: Sequence[Act]) -> list[Planted]:
    when = plan.dates
    before = _waiting_before(plan, acts)
    now = len(story.waiting(plan.seed, acts))
    people = tuple(person.email for person in cast.playing(cast.LEAVER))
    grown: dict[str, Number] = {
        "waiting_before": before,
        "waiting_now": now,
        "growth": now / max(1.0, before),
        "days_late_p50": LATE_DAYS,
    }
    return [
        Planted(
            *("two people left", when.leave.isoformat(), people, None, (), grown),
            pages=("summary", "progress", "flow", "alerts"),
            cause="mix",
        ),
        Planted("holiday", when.holiday.isoformat(), (), None, (), {"annotations": 0}, ("data",)),
        _outage(plan, acts),
    ]


def _waiting_before(plan: Plan, acts: Sequence[Act]) -> float:
    """Return the mean queue at the seven midnights up to the day the two left."""
    last = datetime.combine(plan.dates.leave, time.min, tzinfo=UTC)
    nights = [last - timedelta(days=back) for back in range(7)]
    return fmean(
        len(story.waiting(plan.seed, (act for act in acts if act.at < night))) for night in nights
    )


def _outage(plan: Plan, acts: Sequence[Act]) -> Planted:
    down, up = plan.dates.outage_hours
    day = plan.dates.outage
    expected: dict[str, Number] = {
        "from": down.isoformat(),
        "to": up.isoformat(),
        "annotations": sum(act.at.date() == day for act in acts),
    }
    return Planted("outage", day.isoformat(), (), None, (), expected, ("data",))


# -- gold keys, the model, the data -------------------------------------------------------------


def _of_data(plan: Plan, acts: Sequence[Act]) -> list[Planted]:
    keyed = [n for n in tickets.wrong_keys(plan.seed) if any(a.gold and a.n == n for a in acts)]
    expert = (cast.the(cast.EXPERT).email,)
    gone = tickets.condemned(plan.seed, plan.size)
    by_item = {act.n: act.person.id for act in _submitted(acts) if act.n in gone}
    ids = {n: history_id_of(plan.seed, n, user) for n, user in by_item.items()}
    return [
        *(
            Planted(
                *("wrong gold key", None, expert, None, _key(plan, acts, n)),
                expected={"inner_id": n},
                pages=("accuracy",),
            )
            for n in keyed
        ),
        _ready(plan, acts),
        *(
            Planted(
                *("silent delete", None, (), None, ()),
                expected={"inner_id": n, "unique_id": unique},
                pages=("data",),
            )
            for n, unique in sorted(ids.items())
        ),
    ]


def _garbled(plan: Plan) -> Planted:
    """Tell of the import that comes while the demo runs."""
    some, of = live_garbled.SKIPS
    expected: dict[str, Number] = {
        "after_seconds": live_garbled.AFTER.total_seconds(),
        "batch": f"upload {live_garbled.UPLOAD}",
        "tickets": live_garbled.TICKETS,
        "unreadable": live_garbled.UNREADABLE,
        "skipped": live_garbled.UNREADABLE * some // of,
    }
    return Planted("garbled import", plan.dates.today.isoformat(), (), None, (), expected, ())


def _key(plan: Plan, acts: Sequence[Act], n: int) -> tuple[str, str]:
    key = next(act.label or "" for act in acts if act.gold and act.n == n)
    return key, ticket(plan.seed, n).label


def _ready(plan: Plan, acts: Sequence[Act]) -> Planted:
    """Count how often a wrong guess of v2 stood, on the label in question and elsewhere."""
    kept: dict[bool, list[bool]] = {True: [], False: []}
    for act in _submitted(acts):
        guess = tickets.guess(plan.seed, act.n, "v2") if act.started_from == "v2" else None
        if guess and guess.label != ticket(plan.seed, act.n).label:
            kept[guess.label == cast.ACCOUNT].append(act.final == guess.label)
    expected: dict[str, Number] = {
        "wrong_guesses": len(kept[True]),
        "wrong_guesses_kept": sum(kept[True]),
        "wrong_guesses_other_labels": len(kept[False]),
        "wrong_guesses_other_labels_kept": sum(kept[False]),
    }
    day = plan.dates.model_v2.isoformat()
    pages = ("labels-and-model",)
    return Planted("v2 accepted too readily", day, (), None, (cast.ACCOUNT,), expected, pages)
