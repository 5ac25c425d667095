"""The planted story stands in the tables: counted here by SQL and code of its own."""

import math
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations
from statistics import fmean

import pytest

from tests.demo.conftest import LABEL, NOW

EXPERT = "maren.holt@example.org"


def day(made, what):
    return date.fromisoformat(made.truth.find(what).day)


def items(made):
    """(day, share of agreeing pairs, differing pairs, whether Manila took part) of each item."""
    manila = set(made.truth.teams["Manila"])
    rows = made.all(
        f"SELECT c.task_id, c.created_at, u.email, {LABEL} FROM task_completion c "
        "JOIN htx_user u ON u.id = c.completed_by_id "
        "WHERE NOT c.was_cancelled AND NOT c.ground_truth ORDER BY c.task_id, c.created_at"
    )
    answers = defaultdict(list)
    for task, at, email, label in rows:
        answers[task].append((at, email, label))
    for given in answers.values():
        if len(given) > 1:
            pairs = [tuple(sorted((a[2], b[2]))) for a, b in combinations(given, 2)]
            apart = [pair for pair in pairs if pair[0] != pair[1]]
            with_manila = any(email in manila for _, email, _ in given)
            when = date.fromisoformat(given[1][0][:10])
            yield when, 1 - len(apart) / len(pairs), apart, with_manila


def before_and_after(made, test=lambda _with_manila: True):
    drift = day(made, "agreement fell")
    found = [item for item in items(made) if test(item[3])]
    early = [s for when, s, _, _ in found if drift - timedelta(days=28) <= when < drift]
    late = [s for when, s, _, _ in found if when >= drift]
    assert min(len(early), len(late)) > 100
    return fmean(early), fmean(late)


# -- size ---------------------------------------------------------------------------------------


def test_about_twelve_thousand_rows_over_ninety_days(made):
    assert 11_600 < made.one("SELECT count(*) FROM task_completion") < 12_400
    first, last = made.all("SELECT min(created_at), max(created_at) FROM task_completion")[0]
    assert first[:10] == "2026-08-27"
    assert "2026-11-24 13" < last < "2026-11-24 14:05"
    assert made.one("SELECT count(*) FROM task_completion WHERE updated_at > ?", str(NOW)) == 0


def test_twenty_two_people_in_three_teams_and_a_team_for_street(made):
    assert made.one("SELECT count(DISTINCT completed_by_id) FROM task_completion") == 22
    assert {name: len(people) for name, people in made.truth.teams.items()} == {
        "Manila": 8,
        "Nairobi": 7,
        "Kraków": 6,
        "Montevideo": 4,
    }


def test_shares_of_overlap_gold_and_skips(made):
    tasks = made.one("SELECT count(*) FROM task")
    assert made.one("SELECT count(*) FROM task WHERE overlap = 2") / tasks == pytest.approx(
        0.40, abs=0.005
    )
    assert made.one("SELECT count(*) FROM task WHERE overlap > 2") / tasks == pytest.approx(
        0.05, abs=0.003
    )
    assert 0.02 < made.one("SELECT avg(was_cancelled) FROM task_completion") < 0.04


def test_progress_is_sixty_one_per_cent(made):
    filled, required = made.all(
        "SELECT sum(min(have, overlap)), sum(overlap) FROM (SELECT t.overlap, "
        "(SELECT count(DISTINCT completed_by_id) FROM task_completion c "
        "WHERE c.task_id = t.id AND NOT c.was_cancelled) have FROM task t)"
    )[0]
    assert filled / required == pytest.approx(0.61, abs=0.01)
    assert made.truth.numbers["progress"] == pytest.approx(filled / required, abs=1e-12)


def test_gold_is_made_by_hand_by_one_expert(made):
    rows = made.all(
        "SELECT u.email, c.import_id, c.updated_by_id = c.completed_by_id, c.lead_time "
        "FROM task_completion c JOIN htx_user u ON u.id = c.completed_by_id WHERE c.ground_truth"
    )
    assert len(rows) > 300
    assert {row[:3] for row in rows} == {(EXPERT, None, 1)}
    assert all(row[3] > 0 for row in rows) or sum(row[3] == 0 for row in rows) < 5


def test_nobody_answers_a_ticket_twice_or_before_it_came(made):
    assert (
        made.one(
            "SELECT max(n) FROM (SELECT count(*) n FROM task_completion "
            "GROUP BY task_id, completed_by_id)"
        )
        == 1
    )
    early = "SELECT count(*) FROM task_completion c JOIN {} x ON {} WHERE x.created_at >= {}"
    assert made.one(early.format("task", "x.id = c.task_id", "c.created_at")) == 0
    parent = early.format("prediction", "x.id = c.parent_prediction_id", "c.created_at")
    assert made.one(parent) == 0


def test_people_work_in_the_hours_of_their_place(made):
    """In winter: the story is the same in every week, so it knows no summer time."""
    rows = made.all("SELECT completed_by_id, created_at FROM task_completion")
    team = {person["id"]: person["team"] for person in made.truth.people}
    hours = defaultdict(set)
    for user, at in rows:
        when = datetime.fromisoformat(at)
        assert when.weekday() < 5
        hours[team[user]].add(when.hour)
    assert hours["Manila"] == set(range(9))
    assert hours["Nairobi"] == set(range(5, 14))
    assert hours["Kraków"] == set(range(7, 16))


def test_times_are_log_normal_with_a_few_absurd_ones(made):
    times = [t for (t,) in made.all("SELECT lead_time FROM task_completion") if t > 0]
    absurd = [t for t in times if t > 3_600]
    assert 0.002 < len(absurd) / len(times) < 0.008
    logs = [math.log(t) for t in times if t < 3_600]
    assert 15 < math.exp(fmean(logs)) < 40


# -- the fall -----------------------------------------------------------------------------------


def test_agreement_falls_by_eight_points(made):
    before, after = before_and_after(made)
    assert before == pytest.approx(0.87, abs=0.025)
    assert after == pytest.approx(0.79, abs=0.02)
    assert before - after > 0.06
    told = made.truth.find("agreement fell").expected
    assert told["agreement_before"] == pytest.approx(before, abs=1e-12)
    assert told["agreement_after"] == pytest.approx(after, abs=1e-12)


def test_only_items_of_manila_fall(made):
    with_before, with_after = before_and_after(made, lambda manila: manila)
    without_before, without_after = before_and_after(made, lambda manila: not manila)
    assert with_before - with_after > 0.08
    assert abs(without_before - without_after) < 0.05


def test_the_fall_sits_in_one_pair(made):
    drift = day(made, "agreement fell")
    early: Counter = Counter()
    late: Counter = Counter()
    for when, _, apart, manila in items(made):
        (late if when >= drift else early).update((pair, manila) for pair in apart)
    pair = ("Billing", "Refund")
    share = sum(n for (p, _), n in late.items() if p == pair) / late.total()
    share_before = sum(n for (p, _), n in early.items() if p == pair) / early.total()
    assert share > 0.45
    assert share_before < 0.36
    assert late[pair, True] > 0.75 * (late[pair, True] + late[pair, False])


def test_the_mix_of_labels_stays(made):
    drift = str(day(made, "agreement fell"))
    counts = {}
    for late in (0, 1):
        rows = made.all(
            f"SELECT {LABEL}, count(*) FROM task_completion c "
            "WHERE NOT was_cancelled AND (created_at >= ?) = ? GROUP BY 1",
            drift,
            late,
        )
        total = sum(n for _, n in rows)
        counts[late] = {label: n / total for label, n in rows}
    assert len(counts[0]) == 6
    assert all(abs(counts[0][label] - counts[1][label]) < 0.025 for label in counts[0])


# -- the queue ----------------------------------------------------------------------------------


def waiting(made, at):
    return made.one(
        "SELECT count(*) FROM (SELECT t.overlap, count(DISTINCT c.completed_by_id) have "
        "FROM task t JOIN task_completion c ON c.task_id = t.id "
        "WHERE NOT c.was_cancelled AND c.created_at < ? GROUP BY t.id) WHERE have < overlap",
        at,
    )


def test_the_queue_for_second_labels_grows_fourfold(made):
    left = day(made, "two people left")
    nights = [waiting(made, str(left - timedelta(days=back))) for back in range(28)]
    now = waiting(made, "9999-12-31")
    assert 45 < fmean(nights) < 75
    assert max(nights) < 110
    assert 3.3 < now / fmean(nights) < 5
    assert made.truth.find("two people left").expected["waiting_now"] == now


def test_the_two_who_left_do_nothing_more(made):
    gone = made.truth.find("two people left").who
    rows = made.all(
        "SELECT u.email, max(c.created_at), m.deleted_at, u.is_active FROM htx_user u "
        "JOIN organizations_organizationmember m ON m.user_id = u.id "
        "JOIN task_completion c ON c.completed_by_id = u.id "
        "WHERE m.deleted_at IS NOT NULL GROUP BY u.id"
    )
    assert {row[0] for row in rows} == set(gone)
    assert all(last < deleted and not active for _, last, deleted, active in rows)


def test_the_deadline_is_nine_days_before_the_likely_end(made):
    end = date.fromisoformat(made.truth.numbers["forecast_finish_p50"])
    assert end - date.fromisoformat(made.truth.deadline) == timedelta(days=9)
    assert end > NOW.date() + timedelta(days=40)


# -- days ---------------------------------------------------------------------------------------


def test_holiday_and_outage(made):
    def count(since, until):
        return made.one(
            "SELECT count(*) FROM task_completion WHERE created_at BETWEEN ? AND ?", since, until
        )

    holiday = day(made, "holiday")
    assert holiday.weekday() < 5
    assert count(f"{holiday} 00", f"{holiday} 24") == 0
    outage = day(made, "outage")
    assert outage.weekday() < 5
    assert count(f"{outage} 06", f"{outage} 13") == 0
    assert count(f"{outage} 00", f"{outage} 24") > 20
    idle = {
        d
        for d in (NOW.date() - timedelta(days=back) for back in range(90))
        if d.weekday() < 5 and count(f"{d} 00", f"{d} 24") == 0
    }
    assert idle == {holiday}


def test_work_in_progress(made):
    locks = made.all("SELECT task_id, user_id, created_at FROM tasks_tasklock")
    drafts = made.all("SELECT task_id, user_id FROM tasks_annotationdraft")
    assert 5 <= len(locks) <= 11
    assert {(task, user) for task, user, _ in locks} < set(drafts)
    assert all(at < "2026-11-24 14:05:01" for _, _, at in locks)
    answered = set(made.all("SELECT task_id, completed_by_id FROM task_completion"))
    assert not answered & set(drafts)
