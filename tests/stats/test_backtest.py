"""What past forecasts were worth, counted by hand."""

from labelpulse.stats.backtest import CutOff, backtest
from labelpulse.stats.forecast import Finish, History, Pace, finish, fit
from labelpulse.stats.intervals import wilson
from tests.stats.test_forecast import MONDAY, WEEK, noisy


def by_hand(history: History, horizon: int, step: int) -> list[tuple[int, int, bool]]:
    """(first day forecast, labels, did the band hold the day) for each past week."""
    found = []
    known = len(history.counts) - horizon
    while known >= 14:
        past = History(history.first, history.counts[:known], history.holidays)
        future = history.counts[known : known + horizon]
        pace = fit(past)
        total = sum(list(future))
        if isinstance(pace, Pace) and total:
            made, day = 0, 0
            while made < total:
                made += future[day]
                day += 1
            truth = history.first + known + day - 1
            end = finish(pace, total)
            assert end.low is not None
            assert end.high is not None
            found.append((pace.start, total, end.low <= truth <= end.high))
        known -= step
    return found


def test_it_is_what_one_would_have_forecast():
    history = History(MONDAY, noisy(11, 91))
    found = backtest(history)
    wanted = by_hand(history, 28, 7)
    assert [(one.start, one.remaining, one.covered) for one in found.cutoffs] == wanted
    assert found.n == len(wanted) == 7
    assert found.share == sum(hit for *_, hit in wanted) / 7
    assert found.independent == 2  # 70 days of futures hold two of 28
    assert found.interval == wilson(found.share * 2, 2)


def test_the_future_is_unknown_to_a_past_forecast():
    counts = noisy(12, 70)
    told = backtest(History(MONDAY, counts)).cutoffs[0]
    changed = backtest(History(MONDAY, [*counts[:42], *counts[49:70], *counts[42:49]])).cutoffs[0]
    assert told.remaining == changed.remaining
    assert told.forecast == changed.forecast


def test_a_steady_team_is_always_held():
    found = backtest(History(MONDAY, WEEK * 12))
    assert (found.share, found.n) == (1.0, 6)


def test_no_more_than_so_many_and_the_newest_first():
    found = backtest(History(MONDAY, WEEK * 40), most=3)
    starts = [one.start for one in found.cutoffs]
    assert starts == [MONDAY + 280 - 28 - 7 * at for at in range(3)]


def test_a_short_or_empty_history_tells_nothing():
    for counts in ((), (0,) * 60, WEEK * 5):
        found = backtest(History(MONDAY, counts))
        assert (found.share, found.interval, found.n, found.cutoffs) == (None, None, 0, ())


def test_a_band_without_a_far_end_holds_what_is_late():
    near = Finish(low95=9, low=10, median=12, reason="beyond")
    assert CutOff(1, 5, near, truth=99).covered
    assert not CutOff(1, 5, near, truth=9).covered
    assert not CutOff(1, 5, Finish(reason="beyond"), truth=99).covered
