"""Tables of people, reviewers and teams: always in alphabetical order."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.escape import esc
from dashboard.tables import firm, head
from dashboard.widgets import PERCENT, day_of, note, table
from labelpulse.charts import formats
from labelpulse.charts.theme import Row
from labelpulse.core.catalogue import in_sense, say
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.groups import OF_REVIEWERS, OF_TEAMS, Group
from labelpulse.judgement.people import GOLD, PEERS, Member, Signal
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS

_SHARES = {
    GOLD: say("Accuracy"),
    "gold_match_f1": say("Matched F1 on gold"),
    PEERS: say("Agrees with most others"),
    "match_f1": say("Matched F1"),
    "text_similarity": say("Similarity"),
    "self_consistency": say("Same answer again"),
    "first_pass_yield": say("Accepted at first review"),
}
_F1 = "gold_match_f1"
_STATES = {
    "new": say("new"),
    "proving": say("proving"),
    "active": say("active"),
    "idle": say("idle"),
    "left": say("left"),
}
_DECISIONS = {
    "proven": say("proven"),
    "failed": in_sense("somebody on known answers", "failed"),
    "undecided": say("undecided"),
}
_TIMES = st.column_config.NumberColumn(format="%.1f ×")


def members_table(desk: Desk, found: Sequence[Member]) -> None:
    """Draw everybody: volume, speed, and every share that somebody has."""
    if not found:
        note(say("Nobody is known to have answered in these days."))
        return
    metrics = [one for one in _SHARES if any(one in member.shares for member in found)]
    with st.container(border=True, gap="xsmall"):
        asked = ("annotations_submitted", "time_spent_median", *metrics)
        queries = [desk.query(metric, "annotator") for metric in asked]
        people = formats.plural(len(found), "person", "people")
        title = say("{people}, by name", people=people)
        rows = [_member(one, metrics) for one in found]
        head(title, _about(metrics, found), "members", queries, rows)
        percents = {_SHARES[metric]: PERCENT for metric in metrics}
        columns = {
            say("Against peers"): _TIMES,
            say("As counted"): PERCENT,
            **percents,
        }
        timed = (say("Median time"), say("Against peers"))
        table(rows, key="members", alt=title, config=columns, whole=True, sparse=timed)


def _about(metrics: Sequence[str], found: Sequence[Member]) -> str:
    told = []
    if any(one.pace is not None for one in found):
        told.append(say("Against peers: median time over that of the others."))
    if GOLD in metrics:
        told.append(
            say(
                "Accuracy: on known answers, drawn towards the team's by how little it rests on; "
                "as counted beside it."
            )
        )
    if any(_few(one, metric) for one in found for metric in metrics):
        told.append(say("Too few: no share is told of so few answers."))
    return " ".join(told)


def _few(member: Member, metric: str) -> bool:
    row = member.shares.get(metric)
    return row is not None and row["n"] < METRICS[metric].min_n


def _member(one: Member, metrics: Sequence[str]) -> dict[str, object]:
    cells: dict[str, object] = {
        say("Person"): one.name,
        say("Answers"): one.answers,
        say("Median time"): "" if one.seconds is None else formats.duration(one.seconds["value"]),
        say("Against peers"): one.pace,
    }
    for metric in metrics:
        cells |= _share(one.shares.get(metric), metric)
    return cells


def _share(row: Row | None, metric: str) -> dict[str, object]:
    """Return the cells of a share, of accuracy with what it was as counted."""
    told = firm(row, metric, _SHARES[metric], list(_SHARES).index(metric))
    if metric != GOLD:
        return told
    known = told[_SHARES[GOLD]] is not None and row is not None
    (name, value), *rest = told.items()
    counted = 100 * row["raw"] if known and row else None
    return {name: value, say("As counted"): counted, **dict(rest)}


def signals_table(found: Sequence[Signal], usual: str) -> None:
    """Draw what chance does not explain in how people work, with what it rests on."""
    told = say("Each is a reason to talk, no proof of anything.")
    st.caption(esc(f"{told} {usual}"))
    if not found:
        note(say("Nothing that chance does not explain."))
        return
    rows = sorted(found, key=lambda one: one.who.casefold())
    table(
        [
            {
                say("Who"): one.who,
                say("Signal"): glossary()[one.metric].title,
                say("What it rests on"): one.evidence,
            }
            for one in rows
        ],
        key="signals_found",
        alt=told,
    )


def states_table(found: Sequence[Row]) -> None:
    """Draw where each person stands, and what their answers to gold decide."""
    if not found:
        return
    decided = any(row.get("decision") for row in found)
    rows = []
    for row in found:
        cells = {
            say("Person"): row["annotator"],
            say("State"): _STATES.get(row["value"], row["value"]),
            say("Since"): day_of(row["since"]),
        }
        if decided:
            cells |= {say("On known answers"): _decision(row), say("Known answers"): row["gold_n"]}
        rows.append({**cells, say("Last answer"): day_of(row["last_day"])})
    table(rows, key="states", alt=say("Where each person stands"), whole=True)


def _decision(row: Row) -> str:
    if row.get("decision") == "undecided" and row.get("remaining"):
        return say("undecided, about {n} more answers", n=row["remaining"])
    decision = str(row.get("decision") or "")
    return _DECISIONS.get(decision, decision)


def reviewers_table(desk: Desk, found: Sequence[Group]) -> None:
    """Draw reviewers: volume, acceptance, leniency, overturned decisions, rubber stamps."""
    with st.container(border=True, gap="xsmall"):
        people = formats.plural(len(found), "reviewer", "reviewers")
        title = say("{people}, by name", people=people)
        rows = [_reviewer(one) for one in found]
        head(
            title,
            say(
                "Lenient: how much more they accept of the same people's work than the others do. "
                "Quick: accepted sooner than careful reviews take. Signals, no verdicts."
            ),
            "reviewers",
            [desk.query(metric, "reviewer") for metric in OF_REVIEWERS],
            rows,
        )
        table(
            rows,
            key="reviewers",
            alt=title,
            config={
                say("Accepted"): PERCENT,
                say("Overturned"): PERCENT,
                say("Quick"): PERCENT,
            },
            looks={say("Lenient"): lambda points: formats.points(points / 100)},
        )


def _reviewer(one: Group) -> dict[str, object]:
    accepted = one.rows.get("review_acceptance")
    cells: dict[str, object] = {
        say("Reviewer"): one.name,
        say("Reviewed"): None if accepted is None else accepted["n"],
    }
    columns = {
        say("Accepted"): "review_acceptance",
        say("Lenient"): "reviewer_leniency",
        say("Overturned"): "reviewer_overturn",
        say("Quick"): "rubber_stamps",
    }
    for at, (name, metric) in enumerate(columns.items()):
        cells |= firm(one.rows.get(metric), metric, name, at)
    return cells


def teams_table(desk: Desk, found: Sequence[Group]) -> None:
    """Draw teams: people, volume, pace, accuracy, agreement with others and inside."""
    with st.container(border=True, gap="xsmall"):
        asked = [metric for metric in OF_TEAMS if any(metric in one.rows for one in found)]
        teams = formats.plural(len(found), "team", "teams")
        title = say("{teams}, by name", teams=teams)
        told = [_team(one) for one in found]
        kept = [name for name in told[0] if any(row[name] not in (None, "") for row in told)]
        rows = [{name: row[name] for name in kept} for row in told]
        head(
            title,
            say(
                "Inside: how often two people of the team agree with each other. Teams may get "
                "different items: ask by batch before you ask the team."
            ),
            "teams",
            [desk.query(metric, "team") for metric in asked],
            rows,
        )
        table(
            rows,
            key="teams",
            alt=title,
            config={
                say("Accuracy"): PERCENT,
                say("Matched F1 on gold"): PERCENT,
                say("Agrees with most others"): PERCENT,
                say("Inside"): PERCENT,
            },
        )


def _team(one: Group) -> dict[str, object]:
    seconds = one.rows.get("time_spent_median")
    return {
        say("Team"): one.name,
        say("People"): _value(one.rows, "active_annotators"),
        say("Answers"): _value(one.rows, "annotations_submitted"),
        say("Median time"): "" if seconds is None else formats.duration(seconds["value"]),
        **firm(one.rows.get("gold_accuracy"), "gold_accuracy", say("Accuracy"), 0),
        **firm(one.rows.get(_F1), _F1, say("Matched F1 on gold"), 1),
        **firm(one.rows.get("peer_agreement"), "peer_agreement", say("Agrees with most others"), 2),
        **firm(one.rows.get("agreement_percent"), "agreement_percent", say("Inside"), 3),
    }


def _value(rows: Mapping[str, Row], metric: str) -> object:
    return rows[metric]["value"] if metric in rows else None
