"""Subjects of whose data nothing is left: a batch or a team was renamed, or it was deleted."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from labelpulse.alerts.machine import EXPIRES, FIRES
from labelpulse.alerts.rules import Subject, as_of_now, days_of, metric_of, question

if TYPE_CHECKING:
    from labelpulse.alerts.reads import Reads
    from labelpulse.config import Alert
    from labelpulse.reader.alerts import State


def lost(
    rule: "Alert",
    reads: "Reads",
    known: Iterable[Subject],
    states: "Mapping[str, State]",
    seen: Collection[str],
) -> Iterator[str]:
    """Yield the digests of subjects that fire by days of which no data are there any more.

    Args:
        known: subjects of projects that are looked at. states: by digest. seen: digests of those
            that have data now.
    """
    found = metric_of(rule)
    if as_of_now(found) or rule.drift or rule.no_data is not None:
        return
    for one in known:
        digest = one.digest
        state = None if digest in seen else states.get(digest)
        if state is not None and state.status in FIRES:
            first = state.day - EXPIRES - (days_of(rule) or 1)
            there = reads.present(question(rule), (first, state.day))
            keys = {key for key in one.keys if key[0] not in found.emits}
            if not any(keys == set(group) for groups in there.values() for group in groups):
                yield digest
