"""The names of stages, as titles and within a sentence, and their ages as text."""

from labelpulse.core import formats

STAGE_TITLES = {
    "waiting": "Waiting for a first label",
    "started": "Started",
    "waiting_for_labels": "Waiting for more labels",
    "review": "In review",
    "blocked": "Blocked (all skipped)",
    "done": "Done",
}
STAGE_PHRASES = {stage: title[0].lower() + title[1:] for stage, title in STAGE_TITLES.items()}
"""The names of stages within a sentence."""

UNFINISHED_STAGES = tuple(stage for stage in STAGE_TITLES if stage != "done")
BEGUN_STAGES = ("review", "waiting_for_labels", "started", "blocked")
"""Stages of items that somebody has begun and nobody has finished."""

NO_AGE = "age not measured"
"""The age of blocked items: nobody is to label them again, so they wait for nothing."""

_AGE_RESOLUTION_S = 3600
"""Ages are known to the hour."""


def age_text(p85_s: float) -> str:
    r"""Return how long items stay in a stage, from the 85th percentile of their ages.

    >>> age_text(90_000), age_text(120)
    ('15 % for more than 1.0\xa0days', '85 % for less than 1\xa0h')
    """
    if p85_s < _AGE_RESOLUTION_S:
        return f"85 % for less than {formats.age(_AGE_RESOLUTION_S)}"
    return f"15 % for more than {formats.age(p85_s)}"
