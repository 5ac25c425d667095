"""Tables of people, reviewers and teams: always in alphabetical order."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.escape import esc
from dashboard.tables import firm, head
from dashboard.widgets import PERCENT, day_of, note, table
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.groups import OF_REVIEWERS, OF_TEAMS, Group
from labelpulse.findings.people import GOLD, PEERS, Member, Signal
from labelpulse.findings.selection import Selection
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS

_SHARES = {
    GOLD: "Accuracy",
    "gold_match_f1": "Matched F1 on gold",
    PEERS: "Agrees with most others",
    "match_f1": "Matched F1",
    "text_similarity": "Similarity",
    "self_consistency": "Same answer again",
    "first_pass_yield": "Accepted at first review",
}
_F1 = "gold_match_f1"
_TIMES = st.column_config.NumberColumn(format="%.1f ×")


def members_table(selection: Selection, found: Sequence[Member]) -> None:
    """Draw everybody: volume, speed, and every share that somebody has."""
    if not found:
        note("Nobody is known to have answered in these days.")
        return
    metrics = [one for one in _SHARES if any(one in member.shares for member in found)]
    with st.container(border=True, gap="xsmall"):
        asked = ("annotations_submitted", "time_spent_median", *metrics)
        queries = [selection.query(metric, "annotator") for metric in asked]
        people = formats.count_of(len(found), "person", "people")
        title = f"{people}, by name"
        rows = [_member(one, metrics) for one in found]
        head(title, _about(metrics, found), "members", queries, rows)
        percents = {_SHARES[metric]: PERCENT for metric in metrics}
        columns = {
            "Against peers": _TIMES,
            "As counted": PERCENT,
            **percents,
        }
        timed = ("Median time", "Against peers")
        table(rows, key="members", alt=title, config=columns, whole=True, sparse=timed)


def _about(metrics: Sequence[str], found: Sequence[Member]) -> str:
    told = []
    if any(one.pace is not None for one in found):
        told.append("Against peers: median time over that of the others.")
    if GOLD in metrics:
        told.append(
            "Accuracy: on known answers, drawn towards the team's by how little it rests on; "
            "as counted beside it."
        )
    if any(_few(one, metric) for one in found for metric in metrics):
        told.append("Too few: no share is told of so few answers.")
    return " ".join(told)


def _few(member: Member, metric: str) -> bool:
    row = member.shares.get(metric)
    return row is not None and row["n"] < METRICS[metric].min_n


def _member(one: Member, metrics: Sequence[str]) -> dict[str, object]:
    cells: dict[str, object] = {
        "Person": one.name,
        "Answers": one.answers,
        "Median time": "" if one.seconds is None else formats.duration(one.seconds["value"]),
        "Against peers": one.pace,
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
    return {name: value, "As counted": counted, **dict(rest)}


def signals_table(found: Sequence[Signal], usual: str) -> None:
    """Draw what chance does not explain in how people work, with what it rests on."""
    told = "Each is a reason to talk, no proof of anything."
    st.caption(esc(f"{told} {usual}"))
    if not found:
        note("Nothing that chance does not explain.")
        return
    rows = sorted(found, key=lambda one: one.who.casefold())
    table(
        [
            {
                "Who": one.who,
                "Signal": glossary()[one.metric].title,
                "What it rests on": one.evidence,
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
            "Person": row["annotator"],
            "State": row["value"],
            "Since": day_of(row["since"]),
        }
        if decided:
            cells |= {"On known answers": _decision(row), "Known answers": row["gold_n"]}
        rows.append({**cells, "Last answer": day_of(row["last_day"])})
    table(rows, key="states", alt="Where each person stands", whole=True)


def _decision(row: Row) -> str:
    if row.get("decision") == "undecided" and row.get("remaining"):
        return f"undecided, about {row['remaining']} more answers"
    return str(row.get("decision") or "")


def reviewers_table(selection: Selection, found: Sequence[Group]) -> None:
    """Draw reviewers: volume, acceptance, leniency, overturned decisions, rubber stamps."""
    with st.container(border=True, gap="xsmall"):
        people = formats.count_of(len(found), "reviewer", "reviewers")
        title = f"{people}, by name"
        rows = [_reviewer(one) for one in found]
        head(
            title,
            (
                "Lenient: how much more they accept of the same people's work than the others do. "
                "Quick: accepted sooner than careful reviews take. Signals, no verdicts."
            ),
            "reviewers",
            [selection.query(metric, "reviewer") for metric in OF_REVIEWERS],
            rows,
        )
        table(
            rows,
            key="reviewers",
            alt=title,
            config={
                "Accepted": PERCENT,
                "Overturned": PERCENT,
                "Quick": PERCENT,
            },
            looks={"Lenient": lambda points: formats.points(points / 100)},
        )


def _reviewer(one: Group) -> dict[str, object]:
    accepted = one.rows.get("review_acceptance")
    cells: dict[str, object] = {
        "Reviewer": one.name,
        "Reviewed": None if accepted is None else accepted["n"],
    }
    columns = {
        "Accepted": "review_acceptance",
        "Lenient": "reviewer_leniency",
        "Overturned": "reviewer_overturn",
        "Quick": "rubber_stamps",
    }
    for at, (name, metric) in enumerate(columns.items()):
        cells |= firm(one.rows.get(metric), metric, name, at)
    return cells


def teams_table(selection: Selection, found: Sequence[Group]) -> None:
    """Draw teams: people, volume, pace, accuracy, agreement with others and inside."""
    with st.container(border=True, gap="xsmall"):
        asked = [metric for metric in OF_TEAMS if any(metric in one.rows for one in found)]
        teams = formats.count_of(len(found), "team", "teams")
        title = f"{teams}, by name"
        told = [_team(one) for one in found]
        kept = [name for name in told[0] if any(row[name] not in (None, "") for row in told)]
        rows = [{name: row[name] for name in kept} for row in told]
        head(
            title,
            (
                "Inside: how often two people of the team agree with each other. Teams may get "
                "different items: ask by batch before you ask the team."
            ),
            "teams",
            [selection.query(metric, "team") for metric in asked],
            rows,
        )
        table(
            rows,
            key="teams",
            alt=title,
            config={
                "Accuracy": PERCENT,
                "Matched F1 on gold": PERCENT,
                "Agrees with most others": PERCENT,
                "Inside": PERCENT,
            },
        )


def _team(one: Group) -> dict[str, object]:
    seconds = one.rows.get("time_spent_median")
    return {
        "Team": one.name,
        "People": _value(one.rows, "active_annotators"),
        "Answers": _value(one.rows, "annotations_submitted"),
        "Median time": "" if seconds is None else formats.duration(seconds["value"]),
        **firm(one.rows.get("gold_accuracy"), "gold_accuracy", "Accuracy", 0),
        **firm(one.rows.get(_F1), _F1, "Matched F1 on gold", 1),
        **firm(one.rows.get("peer_agreement"), "peer_agreement", "Agrees with most others", 2),
        **firm(one.rows.get("agreement_percent"), "agreement_percent", "Inside", 3),
    }


def _value(rows: Mapping[str, Row], metric: str) -> object:
    return rows[metric]["value"] if metric in rows else None
