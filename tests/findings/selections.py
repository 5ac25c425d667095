"""A selection on a warehouse that a test fills."""

from labelpulse.config import load_settings
from labelpulse.findings.asked import Asked
from labelpulse.findings.selection import Choice, Selection, selection_of
from labelpulse.reader.overview import overview
from tests.reader.world import NAMES, NOW, World


def selection_in(world: World) -> Selection:
    """Return the default selection of a world's first project and its question `label`."""
    there = overview(world.engine, NAMES)
    asked = Asked(world.engine, load_settings(None, environ={}), NAMES, there, NOW)
    return selection_of(asked, there.projects[0], Choice("label"), {})
