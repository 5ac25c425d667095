"""Labels and model: what people say how often, and what they do with a model's predictions."""

import streamlit as st

from dashboard.desk import current, live
from dashboard.escape import esc
from dashboard.watched import watched
from dashboard.widgets import COUNT, PERCENT, note, table, tiles, two_a_row
from labelpulse.charts import assist, formats, labels
from labelpulse.charts.theme import Row
from labelpulse.core.events import LABELED
from labelpulse.judgement import reliance
from labelpulse.judgement.assess import definition
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile, metric_tile
from labelpulse.metrics.registry import METRICS

LONGEST = 40
_SECONDS = st.column_config.NumberColumn(format="%.1f s")
_TIMES = st.column_config.NumberColumn(format="%.2f")


def page() -> None:
    """Draw labels where answers are labels, and the model where there are predictions."""
    desk = current()
    live(desk, _live_part)
    labeled = desk.scale in LABELED and desk.control is not None
    if labeled:
        _labels(desk)
    if desk.holding.predicted:
        _model(desk, labeled=labeled)
    else:
        note(
            "No model yet: acceptance, edits and time saved appear here when the source holds "
            "predictions that people start from."
        )
    if labeled:
        _each(desk)


def _live_part(desk: Desk) -> None:
    shown: list[Tile] = []
    if desk.scale in LABELED and desk.control is not None:
        shown += [metric_tile(desk, "Labels given", "label_count", ""), *_imbalance(desk)]
    if desk.holding.predicted and desk.control is not None:
        shown += [
            metric_tile(desk, "Predictions accepted", "prediction_acceptance", "answers"),
            metric_tile(desk, "Agree unseen", "prediction_agreement", "answers"),
            metric_tile(desk, "Wrong ones accepted", "automation_bias", "shown on gold"),
            metric_tile(desk, "Saved per answer", "prediction_time_saved", "times"),
        ]
    tiles(shown)


def _imbalance(desk: Desk) -> list[Tile]:
    """Return the tile of imbalance; of few answers it says how many labels there are."""
    row, about = desk.one("label_imbalance"), definition("label_imbalance")
    if row is None or row["value"] is None:
        return [Tile("Imbalance", formats.NONE, "" if row is None else str(row["note"]), about)]
    least = METRICS["label_imbalance"].min_n
    if row["n"] < least:
        few = f"{formats.plural(row['n'], 'answer')}: too few to tell, from {least} on"
        return [Tile("Imbalance", formats.NONE, few, about)]
    value = f"{formats.rate(row['value'])} : 1"
    between = f"{formats.rate(row['low'])}–{formats.rate(row['high'])}"
    below = f"{between} · {row['largest']} to {row['smallest']}"
    return [Tile("Imbalance", value, below, about)]


def _labels(desk: Desk) -> None:
    shares = [row for row in desk.rows("label_share", "label") if row["value"] is not None]
    weeks = len(desk.span.days) > 9
    by = "week"
    two_a_row(
        [
            (
                labels.mix(shares, desk.one("label_imbalance")),
                "mix",
                [desk.query("label_share", "label"), desk.query("label_imbalance")],
            ),
            (
                labels.over_time(desk.rows("label_count", "label", by), desk.span, key=by)
                if weeks
                else None,
                "mix_over_time",
                [desk.query("label_count", "label", by)],
            ),
            watched(desk, "label_mix_drift"),
        ]
    )


def _model(desk: Desk, *, labeled: bool) -> None:
    version = reliance.newest(desk)
    if version is None:
        note("Nobody started from a prediction in these days.")
        return
    found = reliance.readily(desk) if labeled else []
    only = [f"model_version={version}"]
    if labeled:
        accepted = desk.rows("prediction_acceptance", "label", where=only)
        blind = desk.rows("prediction_agreement", "label", where=only)
        own = next((one for one in found if one.version == version), None)
        two_a_row(
            [
                (
                    assist.by_label(
                        accepted, blind, version=version, finding=own.title if own else ""
                    ),
                    "by_label",
                    [
                        desk.query("prediction_acceptance", "label", where=only),
                        desk.query("prediction_agreement", "label", where=only),
                        desk.query("automation_bias", "model_version", "label"),
                    ],
                ),
                (
                    assist.by_score(
                        desk.rows("prediction_acceptance", "score_band"),
                        desk.rows("prediction_agreement", "score_band"),
                    ),
                    "by_score",
                    [
                        desk.query("prediction_acceptance", "score_band"),
                        desk.query("prediction_agreement", "score_band"),
                    ],
                ),
            ]
        )
        for one in found:
            note(f"{one.version}, {one.label}: {one.sure}")
    _versions(desk)


def _versions(desk: Desk) -> None:
    """Draw a row a model version: accepted, edited, right, against people, time saved."""
    found = reliance.versions(desk)
    if not found:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{esc(_ceiling(found))}**")
        st.caption(
            "Agree unseen: people who saw no prediction say the same. People: how often two such "
            "people agree on the same items, the most that a model can be asked for. Saved: "
            "predictions are not shown at random, so that easier items may have them."
        )
        table(
            [_version(name, rows) for name, rows in found.items()],
            key="versions",
            config={
                "Accepted": PERCENT,
                "Edited": PERCENT,
                "Agree unseen": PERCENT,
                "People": PERCENT,
                "Model : people": _TIMES,
                "Wrong ones accepted": PERCENT,
                "Saved": _SECONDS,
            },
        )


def _ceiling(found: dict[str, dict[str, Row]]) -> str:
    """Return how the newest version stands against people, as a title."""
    name = list(found)[-1]
    row = found[name].get("prediction_agreement")
    if row is None or row.get("ratio") is None:
        return "Model versions: too few answers without a prediction to hold them against people"
    human, own = formats.percent(row["human"]), formats.percent(row["value"])
    return f"{name} agrees with people {own} of the time, people with each other {human}"


def _version(name: str, rows: dict[str, Row]) -> dict[str, object]:
    agreed, saved = rows.get("prediction_agreement"), rows.get("prediction_time_saved")
    between = "" if saved is None else formats.interval(saved["low"], saved["high"], "s")
    return {
        "Version": name,
        **_cells(rows, "prediction_acceptance", "Accepted", ""),
        **_cells(rows, "prediction_edit_rate", "Edited", " "),
        **_cells(rows, "prediction_agreement", "Agree unseen", "  "),
        "People": None if agreed is None or agreed["human"] is None else 100 * agreed["human"],
        "Model : people": None if agreed is None else agreed["ratio"],
        **_cells(rows, "automation_bias", "Wrong ones accepted", "   "),
        "Saved": None if saved is None else saved["value"],
        "95 % interval    ": between,
    }


def _cells(rows: dict[str, Row], metric: str, name: str, blank: str) -> dict[str, object]:
    row = rows.get(metric)
    interval, n = f"95 % interval{blank}", f"n{blank}"
    if row is None:
        return {name: None, interval: "", n: None}
    if row["n"] < METRICS[metric].min_n:
        return {name: None, interval: "too few", n: row["n"]}
    ends = formats.interval(row["low"], row["high"], "share")
    return {name: 100 * row["value"], interval: ends, n: row["n"]}


def _each(desk: Desk) -> None:
    """Draw a row a label: how often, agreement, recall on gold; the rarest first."""
    counts = [row for row in desk.rows("label_count", "label") if row["value"]]
    if not counts:
        return
    agreed = _by_label(desk, "agreement_percent") if desk.holding.double else {}
    recall = _by_label(desk, "gold_recall") if desk.holding.gold != "none" else {}
    rare = [row for row in counts if row["value"] < labels.RARE]
    rows = []
    for row in sorted(counts, key=lambda one: (one["value"], one["label"]))[:LONGEST]:
        own: dict[str, object] = {"Label": row["label"], "Given": row["value"]}
        for name, found, blank in (("Agree on it", agreed, ""), ("Found on gold", recall, " ")):
            if found:
                own |= _told(found.get(row["label"]), name, blank)
        rows.append(own)
    with st.container(border=True, gap="xsmall"):
        names = formats.listed([str(row["label"]) for row in rare])
        title = f"Rare: {names}" if rare else f"Each of {formats.plural(len(counts), 'label')}"
        st.markdown(f"**{esc(title)}**")
        st.caption(
            f"The rarest first; rare is under {labels.RARE} answers. Agree on it: on the items "
            "where somebody gave the label or not. Found on gold: of the items known to be it, "
            "those answered so."
        )
        table(
            rows,
            key="each_label",
            config={"Given": COUNT, "Agree on it": PERCENT, "Found on gold": PERCENT},
        )


def _by_label(desk: Desk, metric: str) -> dict[str, Row]:
    rows = desk.rows(metric, "label")
    return {
        row["label"]: {**row, "least": METRICS[metric].min_n}
        for row in rows
        if row.get("label") is not None and row["value"] is not None
    }


def _told(row: Row | None, name: str, blank: str) -> dict[str, object]:
    interval, n = f"95 % interval{blank}", f"n{blank}"
    if row is None:
        return {name: None, interval: "", n: None}
    if row["n"] < row["least"]:
        return {name: None, interval: "too few", n: row["n"]}
    ends = formats.interval(row["low"], row["high"], "share")
    return {name: 100 * row["value"], interval: ends, n: row["n"]}


if __name__ == "__main__":
    page()
