"""People go on submitting while a poll is under way: that alone is no reason to sweep."""

from collections.abc import Callable

from labelpulse.source import DRAFTS
from tests.warehouse.harness import Site, right, submitted, wrong_sums

A = {"sentiment": "a"}


def once_streams_are_read(site: Site, act: Callable[[], object]) -> None:
    """Let something happen in the tool after the poll's last stream and before it counts."""

    def between(stream: str) -> None:
        if stream == DRAFTS:
            site.source.between = lambda _: None
            act()

    site.source.between = between


def test_what_comes_during_a_poll_is_read_and_not_repaired(site: Site) -> None:
    site.tool.submit("i1", "ana", A)
    site.poll()
    once_streams_are_read(site, lambda: site.tool.submit("i2", "bo", A))
    result = site.poll()
    assert (result.swept, result.repaired, result.gaps) == (False, 0, {})
    assert submitted(site.engine) == 2
    assert not site.poll().swept
    right(wrong_sums(site))


def test_an_arrival_hides_a_deletion_for_one_poll_only(site: Site) -> None:
    gone = site.tool.submit("i1", "ana", A)
    site.poll()

    def swap() -> None:
        site.tool.delete(gone)
        site.tool.submit("i2", "bo", A)

    once_streams_are_read(site, swap)
    assert site.poll().deleted == 0
    found = site.poll()
    assert (found.swept, found.deleted) == (True, 1)
    right(wrong_sums(site))


def test_an_arrival_during_a_sweep_leaves_no_gap_behind(site: Site) -> None:
    gone = site.tool.submit("i1", "ana", A)
    site.poll()
    site.tool.delete(gone)
    sweeping = site.source.full

    def full(stream, resume):
        yield from sweeping(stream, resume)
        if stream == "annotation":
            site.tool.submit("i2", "bo", A)
            site.source.full = sweeping  # type: ignore[method-assign]

    site.source.full = full  # type: ignore[method-assign]
    found = site.poll()
    assert (found.swept, found.deleted, found.gaps) == (True, 1, {})
    assert not site.poll().swept
    right(wrong_sums(site))
