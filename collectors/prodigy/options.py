"""What `[sources.options]` says of a Prodigy database, and what a dataset's name tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.days import SECOND
from labelpulse.core.errors import ConfigError
from labelpulse.ingest.prodigy_questions import Asking
from labelpulse.source import Access

IDLE_MINUTES = 5
_KEYS = ("annotator_pattern", "decisions", "text_fields", "estimate_time", "idle_minutes")


@dataclass(frozen=True, slots=True)
class Options:
    """How a database is read.

    Attributes:
        pattern: of whole names of datasets, with a group `annotator` (or the first one) and
            perhaps `project`; None = a dataset is a project, whoever works in it.
        asking: what is asked beside what tasks show.
        idle_us: a longer gap between two answers tells nothing of the time spent; None = no gap
            does.
    """

    pattern: re.Pattern[str] | None = None
    asking: Asking = field(default_factory=Asking)
    idle_us: int | None = None

    def of_dataset(self, name: str) -> tuple[str, str | None]:
        """Return the project and the annotator of a dataset; None = its tasks tell.

        >>> one = Options(re.compile("(?P<project>.+)-(?P<annotator>[a-z]+)"))
        >>> one.of_dataset("ads-abe"), one.of_dataset("ads")
        (('ads', 'abe'), ('ads', None))
        """
        found = self.pattern.fullmatch(name) if self.pattern else None
        if found is None:
            return name, None
        named = found.groupdict()
        annotator = named["annotator"] if "annotator" in named else found[1]
        return named.get("project") or name, annotator or None


def read_options(access: Access) -> Options:
    """Return the options of a configured source; ConfigError names the key that is wrong."""
    told, where = access.options, f"source {access.name!r}: options."
    for key in told:
        if key not in _KEYS:
            raise ConfigError(f"{where}{key} is not known: use one of {', '.join(_KEYS)}")
    fields = told.get("text_fields", [])
    if not isinstance(fields, list) or not all(isinstance(one, str) and one for one in fields):
        raise ConfigError(f'{where}text_fields is no list of keys: write ["comment"]')
    minutes = told.get("idle_minutes", IDLE_MINUTES)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not minutes > 0:
        raise ConfigError(f"{where}idle_minutes is no number above zero")
    estimated = _flag(told, "estimate_time", where)
    return Options(
        pattern=_pattern(told.get("annotator_pattern"), f"{where}annotator_pattern"),
        asking=Asking(_flag(told, "decisions", where), tuple(fields)),
        idle_us=round(minutes * 60 * SECOND) if estimated else None,
    )


def _flag(told: Mapping[str, Any], key: str, where: str) -> bool:
    value = told.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{where}{key} is neither true nor false")
    return value


def _pattern(text: Any, where: str) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        found = re.compile(text)
    except (re.error, TypeError):
        raise ConfigError(f"{where} is no regular expression") from None
    if not found.groups:
        raise ConfigError(f"{where} takes no name: put the annotator in (?P<annotator>…)")
    return found
