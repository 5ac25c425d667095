"""Finishes of signs of careless work: an occasion for a talk, never a verdict; numpy lives here.

What is tested together, of all people of a project and question, is decided together; people with
few answers have a value, but no p and no finding.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import percent
from labelpulse.metrics.accuracy import why_none
from labelpulse.metrics.arrays import NONE, Flags, Ints, people_chosen
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows, text_of
from labelpulse.metrics.gold_items import first_to_gold
from labelpulse.metrics.people import WORK
from labelpulse.metrics.throughput import EDITED, SKIPPED, edits_since
from labelpulse.stats import copying as copies
from labelpulse.stats import signals
from labelpulse.stats import straight_lining as runs
from labelpulse.stats.arrays import Answers
from labelpulse.stats.arrays import answers as given_of
from labelpulse.stats.discovery import adjusted
from labelpulse.stats.intervals import wilson
from labelpulse.stats.signals import Evidence

FALSE = 0.05
"""The share of false ones that is borne among findings."""
NOBODY = "nobody else's answers to compare with"


@dataclass(frozen=True, slots=True)
class Signal:
    """What was found about everybody, and how to tell it.

    Attributes:
        people: annotator ids, by the evidence's numbers.
        words: says what was seen of one of the evidence's rows.
        share: the values are shares of n. explained: by row: something else is the likely cause.
    """

    found: Evidence
    people: Collection[int]
    words: Callable[[int], str]
    share: bool = True
    explained: Callable[[int], bool] = lambda _: False


def _rows(signal: Signal, shown: frozenset[int], why: str) -> Rows:
    """Return a row a person that the query chooses; `why` there is none, where there is none."""
    found, ids = signal.found, list(signal.people)
    sure = found.n >= signals.LEAST_ANSWERS
    q = np.ones(len(found.n))
    q[sure] = adjusted(found.p[sure])
    finding = sure & found.notable & (q <= FALSE)
    rows = [
        (
            {"annotator": ids[who]},
            _value(signal, at).showing(
                expected=float(found.expected[at]),
                p=float(found.p[at]) if sure[at] else None,
                q=float(q[at]) if sure[at] else None,
                finding=bool(finding[at]) and not signal.explained(at),
                evidence=signal.words(at),
            ),
        )
        for at, who in enumerate(found.annotator.tolist())
        if ids[who] in shown
    ]
    return rows or [({}, estimate.undefined(0, why))]


def _value(signal: Signal, at: int) -> Estimate:
    value, n = float(signal.found.value[at]), int(signal.found.n[at])
    ends = wilson(value * n, n) if signal.share else None
    return estimate.estimate(value, ends, n)


def too_fast(group: Group) -> Rows:
    """Return the share of each person's answers that took less time than care can take."""
    matrix = group.matrix()
    one = matrix.answers
    rows = matrix.pool & one.named & (one.time_ms > 0)
    who, seconds = one.annotator[rows], one.time_ms[rows] / 1000
    limit = signals.fast_limit(who, seconds)
    found = signals.too_fast(who, seconds, limit=limit, least=1)

    def words(at: int) -> str:
        hits = round(float(found.value[at] * found.n[at]))
        usual = float(found.expected[at])
        return (
            f"{hits:,} of {found.n[at]:,} answers under {limit:.3g} s; of all, "
            f"{percent(usual, 1, gap=' ')}"
        )

    signal = Signal(found, one.annotators.tolist(), words)
    return _rows(signal, people_chosen(matrix), "no answer has a reported time")


def _labeled(group: Group, rows: Flags) -> Answers:
    """Return the labels that known people gave in chosen rows, in order of submission."""
    one = group.matrix().answers
    chosen = np.flatnonzero(rows & one.named & (one.label != NONE))
    chosen = chosen[np.lexsort((one.item[chosen], one.since[chosen]))]
    sizes = {
        "items": len(one.items),
        "annotators": len(one.annotators),
        "labels": len(one.labels),
    }
    return given_of(one.item[chosen], one.annotator[chosen], one.label[chosen], **sizes)


def straight_lining(group: Group) -> Rows:
    """Return each person's longest run of one label."""
    matrix, why = group.matrix(), group.control.unlabeled()
    one = matrix.answers
    ordered = (one.since > 0) & _in_order(one.annotator, one.since)
    given = _labeled(group, matrix.pool & ordered)
    found = signals.nothing() if why else runs.straight_lining(given, least=1)
    longest, common = runs.longest_runs(given), np.bincount(given.label, minlength=given.labels)
    others, alike = runs.others_alike(given, longest)

    def words(at: int) -> str:
        who = int(found.annotator[at])
        label = text_of(group, one, int(given.label[longest.start(who)]))
        text = (
            f"{found.value[at]:.0f} times {label!r} in a row; about "
            f"{found.expected[at]:.0f} is usual among {found.n[at]:,}"
        )
        told = f"others said so in {alike[who]} of {others[who]} answers to these"
        return f"{text}; {told}" if others[who] else text

    def sorted_items(at: int) -> bool:
        who = int(found.annotator[at])
        share = common[given.label[longest.start(who)]] / common.sum()
        few = others[who] < runs.LEAST_OTHERS
        return not few and bool(alike[who] / others[who] > (1 + share) / 2)

    signal = Signal(found, one.annotators.tolist(), words, False, sorted_items)
    untold = "no two labels were given"
    none = untold if len(given) else "no answer has a time of its own"
    return _rows(signal, people_chosen(matrix), why or none)


def _in_order(annotator: Ints, since: Ints) -> Flags:
    """Return the answers of people most of whose times differ: those written at once have none."""
    if not len(annotator):
        return np.zeros(0, dtype=bool)
    order = np.lexsort((since, annotator))
    who, when = annotator[order], since[order]
    another = np.append(True, (np.diff(who) != 0) | (np.diff(when) != 0))
    n, times = np.bincount(who), np.bincount(who[another])
    return np.asarray((2 * times > n)[annotator], dtype=bool)


def label_mix(group: Group) -> Rows:
    """Return how far each person's mix of labels is from that of all others."""
    matrix, why = group.matrix(), group.control.unlabeled()
    given = _labeled(group, matrix.pool)
    size = given.annotators, given.labels
    cells = np.bincount(given.annotator * size[1] + given.label, minlength=size[0] * size[1])
    table = cells.reshape(size)
    found = signals.nothing() if why else signals.label_mix(table, least=1)

    def words(at: int) -> str:
        own = table[found.annotator[at]]
        rest = table.sum(axis=0) - own
        shares = own / own.sum(), rest / rest.sum()
        label = int(np.argmax(np.abs(shares[0] - shares[1])))
        text = text_of(group, matrix.answers, label)
        own_share, usual = (percent(float(share[label]), gap=" ") for share in shares)
        return f"most apart: {text!r}, {own_share}; of all others, {usual}"

    signal = Signal(found, matrix.answers.annotators.tolist(), words, False)
    return _rows(signal, people_chosen(matrix), why or NOBODY)


def skips(group: Group) -> Rows:
    """Return how often each person skips."""
    people, counts = _work(group)
    n = counts[:, 0] + counts[:, 1]
    words = "{x} of {n} skipped; of all, {usual}", "none or all were skipped"
    return _rates(group, people, counts[:, 1], n, words)


def edits(group: Group) -> Rows:
    """Return how often each person's submissions are changed later."""
    people, counts = _work(group)
    words = (
        "{x} of {n} changed later; of all, {usual}",
        "none or all were changed later",
    )
    rows = _rates(group, people, counts[:, 2], counts[:, 0], words)
    since = edits_since(group)
    return [(keys, one.noting(since)) for keys, one in rows]


def _work(group: Group) -> tuple[list[int], Ints]:
    """Return all known people, and by person: submissions, skips, edited submissions."""
    column = {SKIPPED: 1, EDITED: 2}
    found: dict[int, list[int]] = {}
    unknown = group.unknown()
    for (who, event), (n,) in group.everybody(WORK).items():
        if who not in unknown:
            found.setdefault(who, [0, 0, 0])[column.get(event, 0)] += n
    people = sorted(found)
    return people, np.array([found[one] for one in people], dtype=np.int64).reshape(-1, 3)


def _rates(group: Group, people: list[int], events: Ints, n: Ints, words: tuple[str, str]) -> Rows:
    """Return how often each person does something; `words`: of one person, and of none or all."""
    found = signals.unusual_rates(events, n, least=1)
    shown = frozenset(who for who, _ in group.sums(WORK))

    def told(at: int) -> str:
        x, of = round(float(found.value[at] * found.n[at])), int(found.n[at])
        return words[0].format(
            x=format(x, ","), n=format(of, ","), usual=percent(found.expected[at], 1, gap=" ")
        )

    return _rows(Signal(found, people, told), shown, words[1])


def copying(group: Group) -> Rows:
    """Return how often pairs of people made the same mistakes on gold items."""
    matrix, why = group.matrix(), group.control.unlike()
    one = matrix.answers
    found = copies.copying(first_to_gold(matrix), one.gold)
    q, shown = adjusted(found.p), people_chosen(matrix)
    finding = found.notable & (q <= FALSE)
    rows = []
    for at, pair in enumerate(zip(found.first.tolist(), found.second.tolist(), strict=True)):
        a, b = (int(one.annotators[who]) for who in pair)
        if why or not {a, b} & shown:
            continue
        value, n = float(found.value[at]), int(found.n[at])
        same = (
            f"{round(value * n)} of {n} mistakes both made are the same; by chance, "
            f"{percent(found.expected[at], gap=' ')}"
        )
        told = estimate.estimate(value, wilson(value * n, n), n).showing(
            expected=float(found.expected[at]),
            p=float(found.p[at]),
            q=float(q[at]),
            finding=bool(finding[at]),
            evidence=same,
        )
        rows.append(({"annotator_a": a, "annotator_b": b}, told))
    few = f"no two people got {copies.LEAST_WRONG} gold items wrong that both answered"
    none = few if (one.gold >= 0).any() else why_none(group)
    return rows or [({}, estimate.undefined(0, why or none))]
