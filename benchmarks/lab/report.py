"""Format the results of a trial as JSON values and as tables."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.lab.comparison import Key, Numbers

if TYPE_CHECKING:
    from benchmarks.lab.annotators import Post
    from benchmarks.lab.trial import Comparison, Trial

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
    """Return the latency of submissions in seconds and the number that failed."""
    times = sorted(post.seconds for post in posts if not post.failure)
    return {
        "submissions": len(posts),
        "failed": sum(bool(post.failure) for post in posts),
        "median": median(times),
        "p95": times[int(0.95 * (len(times) - 1))],
        "slowest": times[-1],
    }


def results(trial: "Trial", load: dict[str, Any]) -> dict[str, Any]:
    """Return the results as JSON values."""
    posts = trial.annotators.posts
    during_polls = [post for post in posts if post.during(trial.intervals)]
    return {
        "label_studio": trial.tool.version(),
        "database": trial.state["db"],
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "questions": [[question.title, question.name] for question in trial.trial_state.questions],
        "steps": [_step(check) for check in trial.checks],
        "polls": len(trial.intervals),
        "busy_collects": trial.busy_collects,
        "submissions": len(posts),
        "submissions_during_a_poll": len(during_polls),
        "failed": [post.failure for post in posts if post.failure],
        "load": load,
    }


def _step(check: "Comparison") -> dict[str, Any]:
    return {
        "step": check.step,
        "description": check.description,
        "numbers": len(check.theirs),
        "differences": check.differences,
        "left_by_poll": check.left_by_poll,
        "lost_without_log": check.lost_without_log,
        "ours": _listed(check.ours),
        "theirs": _listed(check.theirs),
    }


def _listed(numbers: Numbers) -> list[list[Any]]:
    return [[list(key), *value] for key, value in sorted(numbers.items(), key=str)]


# --- tables ---------------------------------------------------------------------------------


def markdown(results: dict[str, Any]) -> str:
    """Format the results as tables with cells `labelpulse | independent SQL`."""
    parts = [
        f"Label Studio {results['label_studio']} on {results['database']}, {results['at']}",
        _steps(results),
        *(_question(results, title, name) for title, name in results["questions"]),
    ]
    if results["load"]:
        parts.append(_load(results["load"]))
    return "\n\n".join(parts) + "\n"


def _steps(results: dict[str, Any]) -> str:
    rows = [
        [
            *(step["step"], step["description"], step["numbers"], len(step["differences"])),
            *(step["left_by_poll"], step["lost_without_log"]),
        ]
        for step in results["steps"]
    ]
    head = ["step", "what was done", "numbers", "differ", "before the sweep", "lost without log"]
    return _table(head, rows)


def _question(results: dict[str, Any], title: str, name: str) -> str:
    rows = []
    for step in results["steps"]:
        ours, theirs = _numbers(step["ours"]), _numbers(step["theirs"])
        keys = [_key(metric, title, name) for metric in COLUMNS.values()]
        rows.append([step["step"], *(f"{_cell(ours, k)} \\| {_cell(theirs, k)}" for k in keys)])
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
            block["polls"],
            block["submissions"],
            block["failed"],
            f"{block['median'] * 1000:.0f}",
            f"{block['p95'] * 1000:.0f}",
            f"{block['slowest'] * 1000:.0f}",
            f"{block['median'] / base['median']:.2f}",
        ]
        for name, block in load.items()
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
