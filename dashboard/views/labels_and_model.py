"""Labels and model: what people say how often, and what they do with a model's predictions."""

from collections.abc import Sequence

import streamlit as st

from dashboard.drill import to_items
from dashboard.kept import kept
from dashboard.selection import current, live
from dashboard.tables import firm, head
from dashboard.watched import watched
from dashboard.widgets import PERCENT, note, table, tiles, two_a_row
from labelpulse.charts import assist, labels
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.findings import reliance
from labelpulse.findings.reliance import Spread
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, metric_tile
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.query import Condition

LONGEST = 40
TWO_WEEKS = 14
_EDITED = "prediction_edit_rate"
_TIMES = st.column_config.NumberColumn(format="%.2f")


def page() -> None:
    """Draw labels where answers are labels, and the model where there are predictions."""
    selection = current()
    live(selection, _live_part)
    labeled = selection.scale in LABELED and selection.control is not None
    if labeled:
        _mix(selection)
    if selection.holding.predicted:
        _model(selection, labeled=labeled)
    else:
        note(
            "No model yet: acceptance, edits and time saved appear here when the source holds "
            "predictions that people start from."
        )
    if labeled:
        _each(selection)
        two_a_row([watched(selection, "label_mix_drift")])


def _live_part(selection: Selection) -> None:
    shown: list[Tile] = []
    if selection.scale in LABELED and selection.control is not None:
        shown += [metric_tile(selection, "Labels given", "label_count", ""), *_imbalance(selection)]
    if selection.holding.predicted and selection.control is not None:
        answers = "answers"
        shown += [
            metric_tile(selection, "Predictions accepted", "prediction_acceptance", answers),
            *(_against_people(selection) if selection.scale in LABELED else []),
            metric_tile(selection, "Saved per answer", "prediction_time_saved", "times"),
        ]
    tiles(shown)


def _against_people(selection: Selection) -> list[Tile]:
    """Return what is known of predictions that are labels: shapes are hardly ever just the same."""
    return [
        metric_tile(selection, _UNSEEN, "prediction_agreement", "answers"),
        metric_tile(selection, _WRONG, "automation_bias", "shown on gold"),
    ]


def _imbalance(selection: Selection) -> list[Tile]:
    """Return the tile of imbalance; of few answers it says how many labels there are."""
    row, about = selection.one("label_imbalance"), selection.query("label_imbalance")
    name = "Imbalance"
    if row is None or row["value"] is None:
        return [Tile(name, formats.NONE, "" if row is None else str(row["note"]), about)]
    least = METRICS["label_imbalance"].min_n
    if row["n"] < least:
        answers = formats.count_of(row["n"], "answer", "answers")
        few = f"{answers}: too few to tell, from {least} on"
        return [Tile(name, formats.NONE, few, about)]
    value = f"{formats.rate(row['value'])} : 1"
    between = f"{formats.rate(row['low'])}–{formats.rate(row['high'])}"
    labels = f"{row['largest']} to {row['smallest']}"
    return [Tile(name, value, f"{between} · {labels}", about)]


def _mix(selection: Selection) -> None:
    """Draw the mix of labels, and week by week where there are two weeks or more."""
    two_a_row(
        [
            (
                _shares(selection),
                "mix",
                [selection.query("label_share", "label"), selection.query("label_imbalance")],
            ),
            (_weeks(selection), "mix_over_time", [selection.query("label_count", "label", "week")]),
        ]
    )


@kept
def _shares(selection: Selection) -> Figure:
    shares = [row for row in selection.rows("label_share", "label") if row["value"] is not None]
    return labels.mix(shares, selection.one("label_imbalance"))


@kept
def _weeks(selection: Selection) -> Figure | None:
    if len(selection.span.days) < TWO_WEEKS:
        return None
    return labels.over_time(selection.rows("label_count", "label", "week"), selection.span)


@kept
def _by_score(selection: Selection) -> Figure:
    return assist.by_score(*(selection.rows(metric, "score_band") for metric in _SIDES))


def _model(selection: Selection, *, labeled: bool) -> None:
    """Draw what people do with predictions: by label, by score, by version."""
    version = reliance.newest(selection)
    if version is None:
        note("Nobody started from a prediction in these days.")
        return
    scored = _by_score(selection)
    queries = [selection.query(one, "score_band") for one in _SIDES]
    by_label = _by_label_of(selection, version) if labeled else (None, "", [])
    two_a_row([by_label, (scored if scored.marks else None, "by_score", queries)])
    _versions(selection, labeled=labeled)


_SIDES = ("prediction_acceptance", "prediction_agreement")


@kept
def _by_label_of(selection: Selection, version: str) -> tuple[Figure, str, list[MetricQuery]]:
    only = [Condition("model_version", version, True).text()]
    found = [one for one in reliance.readily(selection) if one.version == version]
    accepted, blind = (selection.rows(metric, "label", where=only) for metric in _SIDES)
    shown = assist.by_label(
        accepted,
        blind,
        version=version,
        finding=found[0].title if found else "",
        sure=found[0].sure if found else "",
    )
    queries = [
        selection.query(metric, "label", where=only) for metric in (*_SIDES, "automation_bias")
    ]
    return shown, "by_label", queries


def _versions(selection: Selection, *, labeled: bool) -> None:
    """Draw a row a model version: accepted, edited, right, against people, time saved."""
    found = reliance.versions(selection)
    if not found:
        return
    name, newest = list(found.items())[-1]
    becomes = "What becomes of each version's predictions"
    title = reliance.against_people(name, newest.get(_AGREED)) if labeled else becomes
    held = {one: _held(one, rows) for one, rows in found.items() if labeled and _AGREED in rows}
    spread = _spread(selection)
    used = {one: _used(one, rows, spread.get(one), labeled) for one, rows in found.items()}
    with st.container(border=True, gap="xsmall"):
        head(
            title,
            f"{_UNSEEN_TOLD} {_SAVED_TOLD}" if labeled else f"{_EDITED_TOLD} {_SAVED_TOLD}",
            "versions",
            [selection.query(metric, "model_version") for metric in reliance.VERSION_METRICS],
            [row | held.get(one, {}) for one, row in used.items()],
        )
        if held:
            config = {**_SHARES, _RATIO: _TIMES}
            table(list(held.values()), key="versions_held", alt=title, config=config)
        looks = {_SAVED: formats.duration}
        table(list(used.values()), key="versions", alt=becomes, config=_SHARES, looks=looks)


_ACCEPTED, _REVISED, _SAVED = "Accepted", "Edited", "Saved"
_UNSEEN_TOLD = (
    "Agree unseen: people who saw no prediction say the same. People: how often two such people "
    "agree on the same items, the most that a model can be asked for."
)
_EDITED_TOLD = "Accepted: whole answers. Edited: of what the model drew."
_SAVED_TOLD = "Saved: predictions are not shown at random, so that easier items may have them."
_UNSEEN, _WRONG = "Agree unseen", "Wrong ones accepted"
_PEOPLE, _RATIO = "People", "Model : people"


_SHARES = dict.fromkeys((_ACCEPTED, _REVISED, _UNSEEN, _PEOPLE, _WRONG), PERCENT)
_AGREED = "prediction_agreement"
_spread = kept(reliance.spread)


def _held(name: str, rows: dict[str, Row]) -> dict[str, object]:
    """Return how a version stands against people who saw no prediction.

    Columns have other names than those of `_used`: both are saved as one row.
    """
    agreed = rows[_AGREED]
    people = {"value": agreed["human"], **{key: agreed[f"human_{key}"] for key in _ENDS}}
    return {
        "Version": name,
        **firm(agreed, _AGREED, _UNSEEN, 4),
        **firm(people, _AGREED, _PEOPLE, 5),
        _RATIO: agreed["ratio"],
        "95 % interval" + " " * 6: formats.interval(
            agreed["ratio_low"], agreed["ratio_high"], "coefficient"
        ),
    }


_ENDS = ("low", "high", "n")


def _used(
    name: str, rows: dict[str, Row], spread: Spread | None, labeled: bool
) -> dict[str, object]:
    """Return since when a version is started from, what is left of it, and the time it saves."""
    saved = rows.get("prediction_time_saved")
    between = "" if saved is None else formats.interval(saved["low"], saved["high"], "s")
    if labeled:
        left = firm(rows.get("automation_bias"), "automation_bias", _WRONG, 2)
    else:
        left = firm(rows.get(_EDITED), _EDITED, _REVISED, 1)
    return {
        "Version": name,
        "Since": _since(spread),
        **firm(rows.get("prediction_acceptance"), "prediction_acceptance", _ACCEPTED, 0),
        **left,
        _SAVED: None if saved is None else saved["value"],
        "95 % interval" + " " * 3: between,
    }


def _since(spread: Spread | None) -> str:
    return "" if spread is None or spread.since is None else formats.day(spread.since)


def _each(selection: Selection) -> None:
    """Draw a row a label: how often, agreement, recall on gold; the rarest first."""
    counts = [row for row in selection.rows("label_count", "label") if row["value"]]
    if not counts:
        return
    agreed = _by_label(selection, "agreement_percent") if selection.holding.double else {}
    recall = _by_label(selection, "gold_recall") if selection.holding.gold != "none" else {}
    enough = sum(row["value"] for row in counts) >= labels.RARE
    rare = [row for row in counts if row["value"] < labels.RARE] if enough else []
    given, agree, on_gold = "Given", "Agree on it", "Found on gold"
    rows = []
    for row in sorted(counts, key=lambda one: (one["value"], one["label"]))[:LONGEST]:
        own: dict[str, object] = {"Label": row["label"], given: row["value"]}
        if agreed:
            own |= firm(agreed.get(row["label"]), "agreement_percent", agree)
        if recall:
            own |= firm(recall.get(row["label"]), "gold_recall", on_gold, 1)
        rows.append(own)
    with st.container(border=True, gap="xsmall"):
        asked = ["label_count", *(["agreement_percent"] if agreed else [])]
        asked += ["gold_recall"] if recall else []
        head(
            _rarest(counts, rare),
            " ".join(
                [
                    f"The rarest first; rare is under {labels.RARE} answers.",
                    *(["Agree on it: that it is the label, or is not."] if agreed else []),
                    *(["Found on gold: of items known to be it."] if recall else []),
                ]
            ),
            "each_label",
            [selection.query(metric, "label") for metric in asked],
            rows,
        )
        table(
            rows,
            key="each_label",
            alt=_rarest(counts, rare),
            config={agree: PERCENT, on_gold: PERCENT},
        )
        if agreed:
            held, wrong = selection.holding.info.label, REASON_NAMES[Reason.LABEL_ERROR]
            label = "Items whose label may be wrong"
            to_items(label, project=held, control=selection.control, reason=wrong)


def _rarest(counts: Sequence[Row], rare: Sequence[Row]) -> str:
    """Return which labels are rare, else how many there are, as a title."""
    if rare:
        labels_text = formats.listed([str(row["label"]) for row in rare])
        return f"Rare: {labels_text}"
    return f"Each of {formats.count_of(len(counts), 'label', 'labels')}"


def _by_label(selection: Selection, metric: str) -> dict[str, Row]:
    return {
        row["label"]: row for row in selection.rows(metric, "label") if row.get("label") is not None
    }


if __name__ == "__main__":
    page()
