"""The fields of a rule that is made on a page, with what each of them means."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import context, posting
from labelpulse.alerts.drafts import Kind, keys_of
from labelpulse.metrics.registry import METRICS

ANY = "All"
EITHER = "Either"
SIDES: Mapping[str, bool | str] = {EITHER: True, "Below": "low", "Above": "high"}
"""The sides of a control chart, as people read them and as rules say them."""
KEYS: Mapping[str, str] = {
    "annotator": "person",
    "annotator_pair": "pair of people",
    "assisted": "with or without a prediction",
    "batch": "batch",
    "cause": "cause",
    "control": "question",
    "item": "item",
    "kind": "kind",
    "label": "label",
    "label_given": "label given",
    "model_version": "model version",
    "program": "program",
    "project": "project",
    "reviewer": "reviewer",
    "score_band": "score band",
    "source": "source",
    "stage": "stage",
    "team": "team",
}
"""What a rule can tell apart, as people read it."""

SEVERITIES = ("info", "warning", "critical")


class Fields:
    """The fields of one draft: widgets whose keys change with what the draft is of."""

    def __init__(self, of: str, began: Mapping[str, Any]) -> None:
        self._of = of
        self._began = began

    def said(self, metric: str, kind: Kind) -> dict[str, Any]:
        """Draw all of them."""
        said: dict[str, Any] = {"metric": metric, **self._about(metric)}
        said |= _CONDITIONS[kind](self)
        said |= self._patience(metric, kind) | self._people()
        return {key: value for key, value in said.items() if value not in (None, "", [])}

    def _key(self, name: str) -> str:
        return f"draft_{name} {self._of}"

    def _about(self, metric: str) -> dict[str, Any]:
        found = METRICS[metric]
        told, split, where = st.columns(3)
        with told:
            title = context.definition(metric).title
            known_by = f"How people will know it: short, unique. Empty = {title}."
            name = self.text("name", "Name", known_by).strip() or title
        with split:
            keys = keys_of(metric)
            by = st.multiselect(
                "One alert for each",
                keys,
                [one for one in self._began.get("by", ()) if one in keys],
                format_func=lambda key: KEYS[key],
                key=self._key("by"),
                help="Each of them is a subject that fires and recovers on its own.",
            )
        with where:
            terms = self.text(
                "where",
                "Only where",
                "Terms such as team=Manila, batch!=pilot; with commas between.",
                ", ".join(self._began.get("where", ())),
            )
        said: dict[str, Any] = {"name": name, "by": by}
        said["where"] = [one.strip() for one in terms.split(",") if one.strip()]
        return {**said, **self._of_which(controlled=found.on_control, keys=found.by)}

    def _of_which(self, *, controlled: bool, keys: Sequence[str]) -> dict[str, Any]:
        every = context.everything().projects
        said: dict[str, Any] = {}
        project, control = st.columns(2)
        if "project" in keys:
            labels = [one.info.label for one in every]
            with project:
                told = "Of one project, or of each."
                said["project"] = self.pick("project", "Project", labels, told)
        if controlled:
            those = [one for one in every if said.get("project") in (None, one.info.label)]
            names = [name for one in those for name in (*one.controls, *one.unlabeled)]
            with control:
                told = "Of one question, or of each."
                known = list(dict.fromkeys(names))
                said["control"] = self.pick("control", "Question", known, told)
        return said

    def _patience(self, metric: str, kind: Kind) -> dict[str, Any]:
        columns = iter(st.columns(5))
        said: dict[str, Any] = {}
        if "day" in METRICS[metric].by and kind not in ("drift", "silent", "late"):
            with next(columns):
                days = self.number("window", "Window, days", _WINDOW_HELP, 0)
                said["window"] = f"{days:g}d" if days else None
        with next(columns):
            said["for"] = int(self.number("for", "For, days", _FOR_HELP, 1, least=1))
        with next(columns):
            said["keep_firing"] = int(
                self.number("keep_firing", "Keep firing, days", _KEEP_HELP, 0)
            )
        if kind not in ("silent", "late"):
            with next(columns):
                usual_n = 0 if kind == "drift" else METRICS[metric].min_n
                least = self.number("min_n", "Least n", _N_HELP, usual_n)
                said["min_n"] = None if least == usual_n else int(least)
        if kind in ("below", "above"):
            with next(columns):
                said["hysteresis"] = self.number("hysteresis", "Hysteresis", _HYSTERESIS_HELP, 0.0)
        return said

    def _people(self) -> dict[str, Any]:
        how, owner, where = st.columns(3)
        with how:
            severity = st.segmented_control(
                "Severity",
                list(SEVERITIES),
                default=self._began.get("severity", "warning"),
                key=self._key("severity"),
                required=True,
                help="Critical only where the whole interval is beyond the line.",
            )
        with owner:
            told = "Who has to act: a role or a team."
            whose = self.text("owner", "Owner", told)
        with where:
            known = list(posting.channels())
            told_on = st.multiselect(
                "Channels",
                known,
                [one for one in self._began.get("channels", ()) if one in known],
                key=self._key("channels"),
                help="None: those of [alerting] in labelpulse.toml.",
            )
        return {"severity": severity, "owner": whose, "channels": told_on}

    # --- kinds of fields ---

    def text(self, name: str, label: str, help_: str, value: str | None = None) -> str:
        """Draw a line of text."""
        began = str(self._began.get(name) or "") if value is None else value
        return st.text_input(label, began, key=self._key(name), help=help_)

    def pick(self, name: str, label: str, options: Sequence[str], help_: str) -> str | None:
        """Draw a choice of one, or of all: None."""
        known, asked = [ANY, *options], self._began.get(name)
        found = st.selectbox(
            label,
            known,
            index=known.index(asked) if asked in known else 0,
            key=self._key(name),
            help=help_,
        )
        return None if found == ANY else found

    def number(
        self, name: str, label: str, help_: str, usual_: float, *, least: float = 0
    ) -> float:
        """Draw a number; days may be written as the configuration does, `7d`."""
        began = self._began.get(name, usual_)
        if isinstance(began, str):
            began = float(began.removesuffix("d")) if began.endswith("d") else usual_
        whole = isinstance(usual_, int)
        kind: Callable[[float], float] = int if whole else float
        found = st.number_input(
            label,
            kind(least),
            None,
            kind(began),
            1 if whole else None,
            key=self._key(name),
            help=help_,
        )
        return float(found)

    def side(self) -> bool | str:
        """Draw the choice of the sides of a control chart that are watched."""
        found = st.segmented_control(
            "On which side",
            list(SIDES),
            default=next(one for one, side in SIDES.items() if side == self._began["drift"]),
            key=self._key("drift"),
            required=True,
            help="Below or above what is usual; a pace that rises is no trouble.",
        )
        return SIDES[found or EITHER]

    def line(self, name: str, label: str, help_: str) -> float | None:
        """Draw a line in the metric's own unit; None = none is drawn."""
        began = self._began.get(name)
        return st.number_input(
            label,
            value=None if began is None else float(began),
            step=None,
            format="%g",
            key=self._key(name),
            help=help_,
        )


_WINDOW_HELP = "The number of so many local days up to the newest with data; 0 = of all days."
_FOR_HELP = "Days with data in a row beyond the line before it fires: keeps noise quiet."
_KEEP_HELP = "Days within the line before it is over: keeps it from coming and going."
_N_HELP = "A day on which the number rests on less changes nothing."
_HYSTERESIS_HELP = "How far back within the line a number must be before it counts as within."
_LINE_HELP = "In the metric's own unit: shares from 0 to 1, times in seconds."
_PAST_HELP = "The days before the window that the number is held against."


def _below(draw: Fields) -> dict[str, Any]:
    below, above = st.columns(2)
    with below:
        found = {"below": draw.line("below", "Below", _LINE_HELP)}
    with above:
        told = "A second line on the other side; empty = none."
        return {**found, "above": draw.line("above", "Or above", told)}


def _own(draw: Fields) -> dict[str, Any]:
    past, times = st.columns(2)
    with past:
        days = draw.number("worse_than_own", "Its own days before", _PAST_HELP, 28, least=1)
    with times:
        told = "How many times worse; 1 = worse beyond chance."
        factor = draw.number("factor", "Times worse", told, 1.0, least=1)
    return {"worse_than_own": f"{days:g}d", "factor": factor}


_CONDITIONS: Mapping[Kind, Callable[[Fields], dict[str, Any]]] = {
    "below": _below,
    "above": lambda draw: {"above": draw.line("above", "Above", _LINE_HELP)},
    "drift": lambda draw: {"drift": draw.side()},
    "own": _own,
    "changed": lambda draw: {"changed_by": draw.line("changed_by", "By at least", _LINE_HELP)},
    "peers": lambda draw: {
        "worse_than_peers": draw.line("worse_than_peers", "By at least", _LINE_HELP)
    },
    "silent": lambda draw: {
        "no_data": int(
            draw.number(
                "no_data",
                "Working days without work",
                "A day counts where work is usual on such a weekday.",
                1,
                least=1,
            )
        )
    },
    "late": lambda _draw: {"late": True},
}
"""Draws what a kind of condition needs, and returns what it says."""
