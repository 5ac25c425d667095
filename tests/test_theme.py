"""The theme has valid keys, the same in both modes, and colours that can be distinguished."""

import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelpulse.charts import look

CONFIG = Path(__file__).resolve().parents[1] / ".streamlit" / "config.toml"
THEME: dict[str, Any] = tomllib.loads(CONFIG.read_text())["theme"]
MODES = ("light", "dark")
# Machado, Oliveira, Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1, on linear RGB.
COLOUR_VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear_rgb(colour: str) -> np.ndarray:
    """Linear RGB, three numbers 0-1, of `#rrggbb`."""
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """OKLab of linear RGB (Ottosson 2020). A distance of 0.02 is just noticeable."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    axes = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.asarray(axes @ np.cbrt(cones @ np.clip(rgb, 0, 1)))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    dark, bright = sorted(float(linear_rgb(c) @ [0.2126, 0.7152, 0.0722]) for c in (first, second))
    return (bright + 0.05) / (dark + 0.05)


def smallest_distances(colours: list[str]) -> dict[str, float]:
    """Return the smallest distance of any two colours in each kind of colour vision."""
    return {
        name: min(
            float(np.linalg.norm(oklab(matrix @ linear_rgb(a)) - oklab(matrix @ linear_rgb(b))))
            for a, b in combinations(colours, 2)
        )
        for name, matrix in COLOUR_VISION.items()
    }


MIN_DISTANCE = 0.04
MIN_DISTANCE_OF_FIRST_SIX = 0.06


@pytest.mark.parametrize("mode", MODES)
def test_categories_differ_in_every_kind_of_colour_vision(mode: str) -> None:
    colours = THEME[mode]["chartCategoricalColors"]
    assert len(colours) == 10
    assert min(smallest_distances(colours).values()) > MIN_DISTANCE
    assert min(smallest_distances(colours[:6]).values()) > MIN_DISTANCE_OF_FIRST_SIX


def test_a_common_palette_fails_this_check() -> None:
    tableau = [
        "#1f77b4",
        "#ff7f0e",
        "#2ca02c",
        "#d62728",
        "#9467bd",
        "#8c564b",
        "#e377c2",
        "#7f7f7f",
    ]
    assert min(smallest_distances(tableau).values()) < MIN_DISTANCE


@pytest.mark.parametrize("mode", MODES)
def test_colours_have_enough_contrast(mode: str) -> None:
    theme = THEME[mode]
    page = theme["backgroundColor"]
    assert all(contrast(colour, page) >= 3 for colour in theme["chartCategoricalColors"])
    texts = [theme[f"{name}Color"] for name in ("text", "link", "red", "orange", "green", "gray")]
    assert all(contrast(colour, page) >= 4.5 for colour in texts)


def test_both_modes_have_the_same_keys() -> None:
    assert set(THEME["light"]) == set(THEME["dark"])


def dotted_keys(table: dict[str, Any], prefix: str = "") -> set[str]:
    """Dotted names of all keys below a table."""
    names = set()
    for key, value in table.items():
        names |= (
            dotted_keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
        )
    return names


def test_streamlit_knows_every_key() -> None:
    from streamlit import config

    options = set(config.get_config_options())
    assert dotted_keys(tomllib.loads(CONFIG.read_text())) - options == set()
    assert "theme.notAKey" not in options


def test_nothing_is_sent_and_no_traceback_is_shown() -> None:
    config = tomllib.loads(CONFIG.read_text())
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["address"] == "127.0.0.1"


def test_charts_outside_the_app_have_the_same_palette() -> None:
    light = THEME["light"]
    assert list(look.CATEGORIES) == light["chartCategoricalColors"]
    assert list(look.SEQUENCE) == light["chartSequentialColors"]
    assert list(look.DIVERGING) == light["chartDivergingColors"]
    assert (light["textColor"], light["backgroundColor"]) == (look.INK, look.PAPER)
    assert (light["dataframeHeaderTextColor"], light["borderColor"]) == (look.QUIET, look.LINES)
