"""What the trial found, as JSON values and as tables for people."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.lab.compare import Key, Numbers

if TYPE_CHECKING:
    from tests.lab.annotators import Post
    from tests.lab.trial import Checked, Trial

COLUMNS = {
    "submitted": "annotations_submitted",
    "skipped": "annotations_skipped",
    "agreement": "agreement_percent",
    "coverage": "agreement_coverage",
    "gold": "gold_accuracy",
    "progress": "progress",
    "completed": "items_completed",
}


def latencies(posts: "Sequence[Post]") -> dict[str, Any]:
    """Return how long submissions took in seconds, and how many failed."""
    times = sorted(one.seconds for one in posts if not one.failure)
    return {
        "submissions": len(posts),
        "failed": sum(bool(one.failure) for one in posts),
        "median": median(times),
        "p95": times[int(0.95 * (len(times) - 1))],
        "slowest": times[-1],
    }


def results(trial: "Trial", load: dict[str, Any]) -> dict[str, Any]:
    """Return everything as JSON values."""
    posts = trial.annotators.posts
    beside = [one for one in posts if one.during(trial.intervals)]
    return {
        "label_studio": trial.studio.version(),
        "database": trial.state["db"],
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "questions": [[one.title, one.name] for one in (trial.scene.single, trial.scene.many)],
        "steps": [_step(one) for one in trial.checks],
        "polls": len(trial.intervals),
        "gave_way": trial.gave_way,
        "submissions": len(posts),
        "submissions_during_a_poll": len(beside),
        "failed": [one.failure for one in posts if one.failure],
        "load": load,
    }


def _step(check: "Checked") -> dict[str, Any]:
    return {
        "step": check.step,
        "did": check.did,
        "numbers": len(check.theirs),
        "differ": check.differences,
        "left_by_poll": check.left_by_poll,
        "forgotten": check.forgotten,
        "ours": _listed(check.ours),
        "theirs": _listed(check.theirs),
    }


def _listed(numbers: Numbers) -> list[list[Any]]:
    return [[list(key), *value] for key, value in sorted(numbers.items(), key=str)]


# --- tables ---------------------------------------------------------------------------------


def markdown(found: dict[str, Any]) -> str:
    """Return the tables, each cell as `labelpulse | independent SQL` where the two differ."""
    parts = [
        f"Label Studio {found['label_studio']} on {found['database']}, {found['at']}",
        _steps(found),
        *(_question(found, title, name) for title, name in found["questions"]),
    ]
    if found["load"]:
        parts.append(_load(found["load"]))
    return "\n\n".join(parts) + "\n"


def _steps(found: dict[str, Any]) -> str:
    rows = [
        [
            *(one["step"], one["did"], one["numbers"], len(one["differ"])),
            *(one["left_by_poll"], one["forgotten"]),
        ]
        for one in found["steps"]
    ]
    head = ["step", "what was done", "numbers", "differ", "before the sweep", "forgotten"]
    return _table(head, rows)


def _question(found: dict[str, Any], title: str, name: str) -> str:
    rows = []
    for one in found["steps"]:
        ours, theirs = _numbers(one["ours"]), _numbers(one["theirs"])
        keys = [_key(metric, title, name) for metric in COLUMNS.values()]
        rows.append([one["step"], *(f"{_cell(ours, k)} \\| {_cell(theirs, k)}" for k in keys)])
    return f"{title}, `{name}`\n\n" + _table(["after", *COLUMNS], rows)


def _numbers(listed: Iterable[list[Any]]) -> Numbers:
    return {tuple(key): (value, n) for key, value, n in listed}


def _key(metric: str, title: str, name: str) -> Key:
    by_control = metric.startswith(("agreement", "gold"))
    return (metric, title, name) if by_control else (metric, title)


def _cell(numbers: Numbers, key: Key) -> str:
    value, n = numbers.get(key, (0, 0))
    if value is None:
        return "none"
    whole = key[0] is not None and key[0].startswith(("annotations", "items"))
    return f"{value:.0f}" if whole else f"{value:.4f} ({n})"


def _load(load: dict[str, Any]) -> str:
    base = load["no collector"]
    rows = [
        [
            name,
            one["polls"],
            one["submissions"],
            one["failed"],
            f"{one['median'] * 1000:.0f}",
            f"{one['p95'] * 1000:.0f}",
            f"{one['slowest'] * 1000:.0f}",
            f"{one['median'] / base['median']:.2f}",
        ]
        for name, one in load.items()
    ]
    head = [
        "beside",
        "polls",
        "submissions",
        "failed",
        "median ms",
        "p95 ms",
        "slowest ms",
        "ratio",
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
