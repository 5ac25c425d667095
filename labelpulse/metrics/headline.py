"""Which measure of agreement leads on a question, and why: by its scale and its mix of labels."""

from dataclasses import dataclass

from labelpulse.core.events import Scale
from labelpulse.core.formats import percent

CROWDED = 0.8
"""With a larger share of answers on one label, chance agreement nears one (the kappa paradox)."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The measure that leads on a question.

    Attributes:
        metric: its stable name. beside: names of what a reader needs with it, to judge it.
        why: whole sentences.
    """

    metric: str
    beside: tuple[str, ...]
    why: str


def headline(scale: Scale, largest: float | None = None) -> Headline:
    """Return the measure of agreement that leads on a question.

    Krippendorff's alpha where answers are labels: it takes any number of people, gaps and every
    such scale (K. Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*). Where one label
    crowds out the others it falls although people agree, which AC1 does not (K. L. Gwet 2008,
    doi:10.1348/000711006X126600).

    Args:
        largest: share of the most frequent label, 0-1; None = not known.

    >>> headline(Scale.NOMINAL).metric, headline(Scale.GEOMETRY).metric
    ('agreement_alpha', 'match_f1')
    """
    found = _BY_SCALE[scale]
    if "agreement_ac1" not in found.beside or largest is None or largest <= CROWDED:
        return found
    crowded = (
        f"One label is more than {percent(CROWDED, gap=' ')} of the answers: chance alone would "
        "agree often, so alpha is low or unsteady although people agree. Read AC1 beside it."
    )
    return Headline(found.metric, found.beside, f"{found.why} {crowded}")


_LABELS = ("agreement_percent", "agreement_ac1")
_NUMBERS = Headline(
    "agreement_alpha",
    _LABELS,
    (
        "Alpha leads because it takes off what chance would agree on, and numbers that lie far "
        "apart count more than neighbours."
    ),
)
_MATCHED = Headline(
    "match_f1",
    ("match_iou",),
    "Matched F1 leads because such answers are hardly ever exactly alike.",
)
_ALIKE = Headline(
    "agreement_percent",
    (),
    (
        "Percent agreement leads because answers on this scale are no labels: what chance would "
        "agree on is not defined."
    ),
)
_BY_SCALE = {
    Scale.NOMINAL: Headline(
        "agreement_alpha",
        _LABELS,
        "Alpha leads because it takes off what chance would agree on.",
    ),
    Scale.ORDINAL: Headline(
        "agreement_alpha",
        _LABELS,
        (
            "Alpha leads because it takes off what chance would agree on, and on an ordered scale "
            "labels far apart count more than neighbours."
        ),
    ),
    Scale.INTERVAL: _NUMBERS,
    Scale.RATIO: _NUMBERS,
    Scale.SET: Headline(
        "agreement_alpha",
        ("agreement_percent",),
        (
            "Alpha leads because it takes off what chance would agree on, and sets that share "
            "options count as partly alike (Jaccard distance)."
        ),
    ),
    Scale.NUMBER: _ALIKE,
    Scale.RANKING: Headline(
        "rank_tau",
        ("agreement_percent",),
        "Kendall's tau leads because rankings that differ in one place are nearly alike.",
    ),
    Scale.GEOMETRY: _MATCHED,
    Scale.SPAN: _MATCHED,
    Scale.TEXT: Headline(_MATCHED.metric, ("text_similarity",), _MATCHED.why),
}
