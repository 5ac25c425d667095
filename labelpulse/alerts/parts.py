"""The parts of the work that alerts are about, as people read them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from labelpulse.core.stages import STAGE_TITLES
from labelpulse.reader.keys import NULL_NOTES

_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "item": "item {name}",
        "cause": "cause {name}",
        "label_given": "given as {name}",
        "model_version": "model version {name}",
        "reviewer": "reviewer {name}",
    }
)
"""Keys whose values do not say what they are."""


def called(key: str, value: str) -> str:
    """Return what a part is called: with the kind of word where its name alone says too little.

    >>> called("label", "a"), called("item", "17"), called("score_band", "2")
    ('a', 'item 17', 'scores 0.2–0.3')
    >>> called("assisted", "True"), called("assisted", "False"), called("stage", "review")
    ('with a prediction', 'without a prediction', 'In review')
    """
    if key == "stage":
        return STAGE_TITLES.get(value, value)
    if key == "assisted":
        helped = value.lower() == "true"
        return "with a prediction" if helped else "without a prediction"
    if key == "score_band" and value.isdigit():
        first, last = (f"{(int(value) + more) / 10:.1f}" for more in (0, 1))
        return f"scores {first}–{last}"
    return _FORMS[key].format(name=value) if key in _FORMS else value


def absent(key: str) -> str:
    """Return what is said of work that has no such part; "" = nothing is.

    >>> absent("batch"), absent("item"), absent("project")
    ('in no batch', 'item unknown', '')
    """
    if key == "project":
        return ""
    return NULL_NOTES.get(key) or f"{key} unknown"


def words(keys: Iterable[tuple[str, str | None]]) -> list[str]:
    """Return what a subject is of, a word or a few for each key.

    >>> words([("project", "Ads"), ("batch", None)])
    ['Ads', 'in no batch']
    >>> words([("control", "mood"), ("kind", "label pair"), ("cause", "a / b")])
    ['mood', 'label pair a / b']
    """
    told = dict(keys)
    kind = told.pop("kind", None)
    if kind:
        told["cause"] = " ".join(filter(None, (kind, told.get("cause"))))
    named = [_word(key, value, bare=bool(kind)) for key, value in told.items()]
    return [one for one in named if one]


def _word(key: str, value: str | None, *, bare: bool) -> str:
    if not value:
        return absent(key)
    return value if key == "cause" and bare else called(key, value)
