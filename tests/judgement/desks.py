"""A desk on a warehouse that a test fills."""

from labelpulse.config import load_settings
from labelpulse.judgement.asked import Asked
from labelpulse.judgement.desk import Choice, Desk, desk_of
from labelpulse.reader.overview import overview
from tests.reader.world import NAMES, NOW, World


def desk_in(world: World) -> Desk:
    """Return the desk of a world's first project and its question `label`, all as by default."""
    there = overview(world.engine, NAMES)
    asked = Asked(world.engine, load_settings(None, environ={}), NAMES, there, NOW)
    return desk_of(asked, there.projects[0], Choice("label"), {})
