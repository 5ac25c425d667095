"""The headline without a person equals the headline asked with `where annotator!=` them."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Condition
from tests.reader.world import SETS, Row, Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee", "unknown:eve")
BOX = [0.1, 0.1, 0.2, 0.2]


def _box(rng: random.Random) -> list[Any]:
    return [[*BOX[:2], rng.choice((0.2, 0.18, 0.5)), 0.2, rng.choice("ab")]] * rng.randint(0, 2)


def _span(rng: random.Random) -> list[Any]:
    start = rng.randint(0, 5)
    return [[start, start + 5, rng.choice("ab")]]


SCALES: dict[str, tuple[str, Callable[[random.Random], Any], dict[str, Any]]] = {
    "nominal": ("agreement_alpha", lambda rng: rng.choice("aabc"), {}),
    "ordinal": (
        "agreement_alpha",
        lambda rng: rng.choice(("low", "low", "mid", "high")),
        {"scale": "ordinal", "labels": ["low", "mid", "high"]},
    ),
    "interval": ("agreement_alpha", lambda rng: rng.choice((1, 1, 2, 7)), {"scale": "interval"}),
    "ratio": ("agreement_alpha", lambda rng: rng.choice((1, 1, 2, 7)), {"scale": "ratio"}),
    "number": ("agreement_percent", lambda rng: rng.choice((1, 1, 2)), {"scale": "number"}),
    "sets": ("agreement_alpha", lambda rng: rng.sample("abc", rng.randint(0, 2)), {}),
    "ranking": ("rank_tau", lambda rng: rng.sample("abc", 3), {}),
    "geometry": ("match_f1", _box, {}),
    "span": ("match_f1", _span, {}),
    "text": ("match_f1", lambda rng: " ".join(rng.choices("abc", k=3)), {}),
}
KNOWN = {
    "sets": SETS,
    "ranking": (ControlRecord("label", Scale.RANKING, ("a", "b", "c")),),
    "geometry": (ControlRecord("label", Scale.GEOMETRY),),
    "span": (ControlRecord("label", Scale.SPAN),),
    "text": (ControlRecord("label", Scale.TEXT),),
}


def says(seed: int, scale: str, items: int = 60, most: int = 4) -> list[Say]:
    """Random answers, some of them at unknown times, gold, deleted, or of nobody known."""
    rng, give = random.Random(seed), SCALES[scale][1]
    found = []
    for n in range(items):
        for who in rng.sample(PEOPLE, rng.randint(1, most)):
            when = None if rng.random() < 0.05 else at(n / 6 + rng.choice((0, 0, 1, 3)), n)
            name = None if who.startswith("unknown") else who
            one = Say(f"i{n}", name, {"label": give(rng)}, when, deleted=rng.random() < 0.05)
            found.append(replace(one, gold={"label": "a"}) if n % 7 == 0 else one)
    return found


def filled(world: World, seed: int, scale: str, **more: Any) -> World:
    settings = SCALES[scale][2]
    world.project(
        says(seed, scale, **more),
        known=KNOWN.get(scale, ()),
        controls={"label": settings} if settings else None,
        gold="column" if scale == "nominal" else None,
        batches={f"i{n}": f"b{n % 2}" for n in range(60)},
    )
    return world


def compare(world: World, lead: str, **query: Any) -> list[Row]:
    """Hold every row against the headline metric, asked without the person."""
    where = query.pop("where", [])
    rows = world.ask("agreement_without", where=where, **query)
    (whole,) = world.ask(lead, where=where, **query)
    for row in rows:
        (wanted,) = world.ask(lead, where=[*where, f"annotator!={row['annotator']}"], **query)
        assert (row["coefficient"], row["headline"]) == (lead, whole["value"])
        assert row["n"] == wanted["n"]
        if wanted["value"] is None:
            assert row["value"] is None is row["difference"]
            continue
        assert abs(row["value"] - wanted["value"]) < 1e-12
        assert abs(row["difference"] - (row["value"] - whole["value"])) < 1e-12
        if row["low"] is not None:
            assert row["low"] == pytest.approx(wanted["low"], abs=1e-9)
            assert row["high"] == pytest.approx(wanted["high"], abs=1e-9)
    return rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", SCALES)
def test_it_is_the_headline_asked_without_the_person(world: World, scale: str, seed: int):
    lead = SCALES[scale][0]
    rows = compare(filled(world, seed, scale), lead)
    assert {row["annotator"] for row in rows} == {"ann", "bob", "cid", "dee"}
    assert len({row["value"] for row in rows}) > 1
    assert lead == "rank_tau" or all(row["low"] < row["value"] < row["high"] for row in rows)
