"""How fresh a source is, in a word, a tone and a sentence."""

from dataclasses import dataclass
from datetime import timedelta

from labelpulse.core import formats
from labelpulse.core.days import SECOND
from labelpulse.findings.verdict import Tone
from labelpulse.reader.catalog import SourceInfo

FILES = "import"
LIVE_S, STALE_S = 30, 900
LIVE_POLLS, STALE_POLLS = 3, 5
USUAL = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Freshness:
    """One source's state.

    Attributes:
        word: in English, to be looked up where it is shown: pages choose an icon by it.
        stale: late or broken, so that numbers stand still.
        remedy: what to do then; "" = nothing.
    """

    word: str
    tone: Tone
    text: str
    stale: bool = False
    remedy: str = ""


def freshness(source: SourceInfo, now: int, zone: str, interval: timedelta = USUAL) -> Freshness:
    """Return how fresh a source is at an instant, by its own interval between polls.

    Live within three polls (at least 30 s), stale after five (at least 15 min).
    """
    name = source.name
    if source.type == FILES:
        text = f"{name} loaded {formats.clock(source.ok_at, zone)}"
        return Freshness("File", "gray", text)
    if source.state == "broken":
        text = f"{name}: {source.reason}"
        return Freshness("Broken", "red", text, stale=True, remedy=_TEST)
    if source.loading:
        text = f"{name} is loading its history"
        if source.complete_from:
            text = (
                f"{name} is loading its history, complete from "
                f"{formats.clock(source.complete_from, zone)}"
            )
        return Freshness("Loading", "blue", text)
    if source.ok_at is None:
        text = f"{name} waits for the collector"
        return Freshness("Not read yet", "gray", text, remedy=_RUN)
    return _by_lag(source, (now - source.ok_at) / SECOND, interval.total_seconds())


_TEST = "Run labelpulse sources test on it, or labelpulse doctor."
_RUN = "Start labelpulse collect."


def _by_lag(source: SourceInfo, lag: float, interval: float) -> Freshness:
    told = f"{source.name} answered {formats.ago(lag)}"
    if lag <= max(LIVE_POLLS * interval, LIVE_S):
        return Freshness("Live", "green", told)
    if lag <= max(STALE_POLLS * interval, STALE_S):
        return Freshness("Waiting", "gray", told)
    if source.reason:
        told = f"{told}; last try: {source.reason}"
    return Freshness("Stale", "red", told, stale=True, remedy=f"{_RUN} {_TEST}")
