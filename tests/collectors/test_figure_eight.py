"""Full reports of Figure-Eight: three real jobs, and what they do not have made up."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from collectors.figure_eight import FigureEight
from labelpulse.core.errors import UsageError
from labelpulse.testing import FileFormatContract
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import load, make
from tests.support.crowd import Inspection, rows_of, unpacked, values, written

JOBS = {
    "person-video-binary-choice": (1000, 50, 28, "selected_answer"),
    "person-video-multiple-choice": (1000, 50, 54, "selected_answer"),
    "event-text-sparse-multiple-choice": (840, 42, 58, "selected_events"),
}
Job = tuple[str, Path, Warehouse]


@pytest.fixture(scope="module", params=JOBS)
def job(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("job")
    path = unpacked(f"figure_eight/{request.param}.csv.gz", folder)
    warehouse = make(f"sqlite:///{folder / 'w.db'}")
    result = load(warehouse, path, naive_zone="UTC", timezone="UTC")
    assert (result.read, result.quarantined) == (JOBS[request.param][0], 0)
    yield request.param, path, warehouse
    warehouse.engine.dispose()


def same(value: Any, figure: float) -> bool:
    return bool(value == pytest.approx(figure, abs=5e-7))


def test_counts_of_each_job(job: Job) -> None:
    name, path, warehouse = job
    rows, items, people, answers = JOBS[name]
    assert values(warehouse, "annotations_submitted") == {None: rows}
    assert values(warehouse, "active_annotators") == {None: people}
    found = Inspection(FigureEight(), path)
    assert list(found.scales) == [answers]
    assert len({one.native_id for one in found.items}) == items
    assert warehouse.verify(1) == []


FIGURES = {
    "person-video-binary-choice": (0.900421, 0.797727, 0.797525),
    "person-video-multiple-choice": (0.364947, 0.235571, 0.234806),
}


def test_agreement_of_each_job(job: Job) -> None:
    name, path, warehouse = job
    exact = [
        *values(warehouse, "agreement_percent").values(),
        *values(warehouse, "agreement_alpha", distance="exact").values(),
        *values(warehouse, "agreement_fleiss", distance="exact").values(),
    ]
    if name in FIGURES:
        assert all(map(same, exact, FIGURES[name]))
        return
    lists = [(row["_unit_id"], json.loads(row["selected_events"])) for row in rows_of(path)]
    # The published figures count 16 judgments that name one event twice as others than those that
    # name it once. A set has each once, so that two of them agree in 12 more pairs.
    assert sum(len(set(said)) < len(said) for _, said in lists) == 16
    published = coefficients([(unit, tuple(sorted(said))) for unit, said in lists])
    assert all(map(same, published, (0.234336, 0.229996, 0.229078)))
    ours = coefficients([(unit, tuple(sorted(set(said)))) for unit, said in lists])
    assert all(map(same, exact, ours))


def coefficients(said: list[tuple[str, Any]]) -> tuple[float, float, float]:
    """Agreement, nominal alpha and Fleiss' kappa of units with as many answers each."""
    units: dict[str, Counter[Any]] = defaultdict(Counter)
    for unit, answer in said:
        units[unit][answer] += 1
    m = sum(next(iter(units.values())).values())
    agree = fmean(sum(n * (n - 1) for n in one.values()) / (m * (m - 1)) for one in units.values())
    marginal = Counter(answer for _, answer in said)
    n = len(said)
    by_chance = sum(k * (k - 1) for k in marginal.values()) / (n * (n - 1))
    squares = sum((k / n) ** 2 for k in marginal.values())
    return agree, 1 - (1 - agree) / (1 - by_chance), 1 - (1 - agree) / (1 - squares)


def test_times_are_read_and_a_page_takes_its_time(job: Job) -> None:
    _, path, warehouse = job
    pages = Counter((row["_worker_id"], row["_started_at"]) for row in rows_of(path))
    assert set(pages.values()) == {1}
    found = Inspection(FigureEight(), path)
    for one in found.notes:
        assert one.started_at is not None
        assert one.submitted_at is not None
        assert one.time_spent_ms == (one.submitted_at - one.started_at) // 1000
    dated = values(warehouse, "annotations_submitted", since="2018-08-01", until="2018-09-30")
    assert dated == {None: len(found.notes)}


def test_what_was_chosen_and_why_is_told(job: Job) -> None:
    name, path, _ = job
    told = Inspection(FigureEight(), path, naive_zone="Europe/Berlin").remarks
    assert f"'{JOBS[name][3]}': judgments of one unit differ in it" in told
    assert "'hiddeninput'" in told.split("as the units' own data")[0]
    assert "--naive-zone UTC" in told
    for zone in ("UTC", "Zulu", "Etc/GMT"):
        assert "--naive-zone" not in Inspection(FigureEight(), path, naive_zone=zone).remarks


# --- what these jobs do not have ---


def judgment(n: int, unit: str = "u1", worker: str = "w1", **more: Any) -> dict[str, Any]:
    return {
        "_unit_id": unit,
        "_created_at": f"8/15/2018 09:{n:02d}:30",
        "_id": n,
        "_started_at": f"8/15/2018 09:{n:02d}:00",
        "_tainted": "false",
        "_trust": "0.9",
        "_worker_id": worker,
        **more,
    }


Read = Callable[..., Inspection]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(rows: list[dict[str, Any]], **options: Any) -> Inspection:
        return Inspection(FigureEight(), written(tmp_path / "job.csv", rows), **options)

    return read


def test_a_tainted_judgment_was_done_and_is_left_out(read: Read, tmp_path: Path) -> None:
    rows = [judgment(n, worker=f"w{n}", tone="good" if n else "bad") for n in range(4)]
    rows[0]["_tainted"] = "TRUE"
    found = read(rows)
    assert [one.deleted for one in found.notes] == [True, False, False, False]
    assert "1 tainted judgment of people" in found.remarks
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    load(warehouse, tmp_path / "job.csv", naive_zone="UTC", timezone="UTC")
    assert values(warehouse, "annotations_submitted") == {None: 4}
    assert values(warehouse, "agreement_percent") == {None: 1}


def test_known_answers_are_gold_and_several_of_one_label_are_none(read: Read) -> None:
    rows = [
        judgment(1, "u1", "w1", tone="good", tone_gold="good"),
        judgment(2, "u1", "w2", tone="bad", tone_gold="good"),
        judgment(3, "u2", "w1", tone="good", tone_gold="good\nfine"),
        judgment(4, "u3", "w1", tone="good", tone_gold=""),
        judgment(5, "u4", "w1", tone="good", tone_gold='["bad"]'),
    ]
    found = read(rows)
    right = [dict(one.gold).get("tone") for one in found.notes]
    assert right == ["good", "good", None, None, "bad"]
    assert "1 judgment of units that accept several answers" in found.remarks


def test_known_sets_are_sets(read: Read) -> None:
    rows = [judgment(n, tags='["b","a"]', tags_gold="a\nb") for n in range(2)]
    found = read(rows)
    assert found.scales == {"tags": "set"}
    assert found.notes[0].gold == (("tags", ["a", "b"]),)


def test_several_questions_and_a_blank_set_among_them(read: Read) -> None:
    rows = [
        judgment(1, worker="w1", tags='["a","b"]', tone="good"),
        judgment(2, worker="w2", tags="", tone="bad"),
    ]
    found = read(rows)
    assert found.scales == {"tags": "set", "tone": "nominal"}
    assert found.notes[1].answers == (("tone", "bad"),)


def test_a_blank_set_alone_is_an_answer(read: Read) -> None:
    rows = [judgment(1, tags='["a"]'), judgment(2, worker="w2", tags="")]
    assert [one.answers for one in read(rows).notes] == [(("tags", ["a"]),), (("tags", []),)]


def test_without_repeats_known_answers_tell(read: Read) -> None:
    rows = [
        judgment(n, f"u{n}", f"w{n}", tone="good", tone_gold="good" if n else "", url=f"x{n}")
        for n in range(3)
    ]
    assert list(read(rows).scales) == ["tone"]


def test_without_repeats_and_gold_the_jobs_own_fields_tell(read: Read) -> None:
    rows = [
        judgment(n, f"u{n}", f"w{n}", passed="on", tone="good" if n else "bad", author=f"a{n}")
        for n in range(4)
    ]
    found = read(rows)  # author begins the alphabet anew
    assert list(found.scales) == ["tone"]
    assert "nothing else can be the answers" in found.remarks


def test_where_nothing_tells_the_user_has_to(read: Read) -> None:
    rows = [
        judgment(n, f"u{n}", f"w{n}", mood=f"m{n}", tone="good" if n else "bad") for n in range(4)
    ]
    with pytest.raises(UsageError, match=r"'mood', 'tone' holds the answers.*--map label=COLUMN"):
        read(rows)
    assert list(read(rows, columns={"label": "tone"}).scales) == ["tone"]


def test_a_map_replaces_answers_and_columns(read: Read) -> None:
    rows = [judgment(n, worker=f"w{n}", tone="good", mood=str(n), page="p") for n in range(3)]
    columns = {"label": "mood", "item": "page"}
    found = read(rows, columns=columns, scale="ratio", labels=None)
    assert found.scales == {"mood": "ratio"}
    assert [(one.item, one.answers) for one in found.notes] == [
        ("p", (("mood", n),)) for n in range(3)
    ]
    with pytest.raises(UsageError, match="no column 'key' for gold"):
        read(rows, columns={"label": "mood", "gold": "key"})


def test_a_page_of_several_units_shares_its_time(read: Read) -> None:
    rows = [judgment(1, f"u{n}", tone="good" if n else "bad", tone_gold="good") for n in range(3)]
    for n, row in enumerate(rows):
        row["_id"] = n
    assert [one.time_spent_ms for one in read(rows).notes] == [10_000] * 3


def test_pairs_agree_as_counted_pair_by_pair(job: Job) -> None:
    """The exact agreement of one unit, counted the long way."""
    name, path, _ = job
    column = JOBS[name][3]
    found = Inspection(FigureEight(), path)
    unit = found.notes[0].item
    ours = [dict(one.answers)[column] for one in found.notes if one.item == unit]
    said = [row[column] for row in rows_of(path) if row["_unit_id"] == unit]
    theirs = [sorted(set(json.loads(one))) if one.startswith("[") else one for one in said]
    assert sum(a == b for a, b in combinations(ours, 2)) == sum(
        a == b for a, b in combinations(theirs, 2)
    )


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> FigureEight:
        return FigureEight()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        rows = [judgment(n, f"u{n % 2}", f"w{n}", tone="good" if n else "bad") for n in range(6)]
        return written(tmp_path / "job.csv", rows)
