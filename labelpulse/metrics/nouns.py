"""What metrics measure in, and what they count: words that code looks up, as people read them."""

from collections.abc import Mapping

from labelpulse.core.catalogue import form_of, marked

UNITS = (
    *(marked("share"), marked("ratio"), marked("coefficient"), marked("alpha"), marked("kappa")),
    *(marked("AC1"), marked("tau"), marked("sd"), marked("s"), marked("day"), marked("money")),
    *(marked("items"), marked("annotations"), marked("labels"), marked("answers")),
    *(marked("people"), marked("records"), marked("rows"), marked("annotations/h")),
    *(marked("labels/day"), marked("rejections/item"), marked("stage"), marked("state")),
    *(marked("decision"), marked("group")),
)
"""The units of all metrics, to be looked up where they are shown."""

COUNTED: Mapping[str, str] = {
    marked("accepted answers"): form_of(2, "accepted answer", "accepted answers"),
    marked("annotations"): form_of(2, "annotation", "annotations"),
    marked("annotations in the source"): form_of(
        2, "annotation in the source", "annotations in the source"
    ),
    marked("answers"): form_of(2, "answer", "answers"),
    marked("answers given without a prediction"): form_of(
        2, "answer given without a prediction", "answers given without a prediction"
    ),
    marked("answers that others answered, too"): form_of(
        2, "answer that others answered, too", "answers that others answered, too"
    ),
    marked("answers that started from a prediction"): form_of(
        2, "answer that started from a prediction", "answers that started from a prediction"
    ),
    marked("days"): form_of(2, "day", "days"),
    marked("days with answers"): form_of(2, "day with answers", "days with answers"),
    marked("days with labels"): form_of(2, "day with labels", "days with labels"),
    marked("decisions"): form_of(2, "decision", "decisions"),
    marked("departures"): form_of(2, "departure", "departures"),
    marked("first answers"): form_of(2, "first answer", "first answers"),
    marked("first answers to gold"): form_of(2, "first answer to gold", "first answers to gold"),
    marked("gold items both got wrong"): form_of(
        2, "gold item both got wrong", "gold items both got wrong"
    ),
    marked("items"): form_of(2, "item", "items"),
    marked("items or pairs of answers"): form_of(
        2, "item or pairs of answers", "items or pairs of answers"
    ),
    marked("items that people disagree on"): form_of(
        2, "item that people disagree on", "items that people disagree on"
    ),
    marked("items with an answer"): form_of(2, "item with an answer", "items with an answer"),
    marked("items with two answers"): form_of(2, "item with two answers", "items with two answers"),
    marked("labels"): form_of(2, "label", "labels"),
    marked("pairs of answers"): form_of(2, "pair of answers", "pairs of answers"),
    marked("people"): form_of(2, "person", "people"),
    marked("predicted objects"): form_of(2, "predicted object", "predicted objects"),
    marked("records"): form_of(2, "record", "records"),
    marked("required labels"): form_of(2, "required label", "required labels"),
    marked("reviewed annotations"): form_of(2, "reviewed annotation", "reviewed annotations"),
    marked("reviewed items"): form_of(2, "reviewed item", "reviewed items"),
    marked("reviews"): form_of(2, "review", "reviews"),
    marked("rows"): form_of(2, "row", "rows"),
    marked("shared items"): form_of(2, "shared item", "shared items"),
    marked("sources"): form_of(2, "source", "sources"),
    marked("submissions"): form_of(2, "submission", "submissions"),
    marked("submissions and skips"): form_of(2, "submission and skips", "submissions and skips"),
    marked("times"): form_of(2, "time", "times"),
    marked("times with a prediction"): form_of(
        2, "time with a prediction", "times with a prediction"
    ),
    marked("wrong predictions shown on gold"): form_of(
        2, "wrong prediction shown on gold", "wrong predictions shown on gold"
    ),
}
"""What n counts, by the name in the metric: both forms of each noun are messages."""
