"""The measure that leads on a question: one for every scale, and it says why."""

import pytest

from labelpulse.core.events import LABELED, Scale
from labelpulse.metrics.headline import CROWDED, headline
from labelpulse.metrics.registry import METRICS


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize("largest", [None, 0.0, 0.5, CROWDED, 1.0])
def test_every_scale_has_a_measure_that_says_why(scale: Scale, largest: float | None) -> None:
    found = headline(scale, largest)
    assert {found.metric, *found.beside} <= METRICS.keys()
    assert found.metric not in found.beside
    assert found.why.endswith(".")


@pytest.mark.parametrize("scale", sorted(LABELED))
def test_alpha_leads_where_answers_are_labels(scale: Scale) -> None:
    found = headline(scale)
    assert found.metric == "agreement_alpha"
    assert found.beside[0] == "agreement_percent"


@pytest.mark.parametrize(
    ("scale", "word"),
    [
        (Scale.ORDINAL, "ordered scale"),
        (Scale.SET, "Jaccard"),
        (Scale.RATIO, "far apart"),
        (Scale.SPAN, "hardly ever exactly alike"),
        (Scale.NUMBER, "no labels"),
        (Scale.RANKING, "tau"),
    ],
)
def test_the_reason_is_that_of_the_scale(scale: Scale, word: str) -> None:
    assert word in headline(scale).why
    assert word not in headline(Scale.NOMINAL).why


def test_a_label_that_crowds_out_the_others_is_warned_of() -> None:
    assert headline(Scale.NOMINAL, CROWDED) == headline(Scale.NOMINAL)
    crowded = headline(Scale.NOMINAL, 0.81)
    assert "agreement_ac1" in crowded.beside
    assert "more than 80 % of the answers" in crowded.why
    assert crowded.metric == "agreement_alpha"


def test_no_warning_where_the_other_measure_is_not_defined() -> None:
    for scale in (Scale.SET, Scale.GEOMETRY, Scale.RANKING):
        assert headline(scale, 0.99) == headline(scale)
