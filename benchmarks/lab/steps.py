"""Change Label Studio in all ways that a collector must follow, one function for each.

Each function describes in a sentence what it did and logs what the tables of the tool lose. A row
has been seen by the collector when it existed at the last comparison.
"""

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.lab.comparison import Row
from benchmarks.lab.label_studio import ADMIN, LabelStudio, Question
from benchmarks.lab.state import TrialState

EXTRA = "erin"
LEAVER = "dave"
LATE = timedelta(minutes=40)
"""Longer than the 15 minutes that every poll reads again."""


def new_submissions(state: TrialState) -> str:
    """Submit more annotations."""
    for question in state.questions:
        for task in state.free[question.project][:6]:
            state.submit(state.rng.choice((EXTRA, LEAVER)), question, task)
    return "12 submissions by two more people"


def author_edits(state: TrialState) -> str:
    """Edit answers as their authors."""
    for question in state.questions:
        for row in state.pick(question, 5):
            state.change(state.name(row), question, row)
        task = state.free[question.project][0]
        unseen = state.submit(EXTRA, question, task)
        state.tool.edit(EXTRA, unseen, result=question.likely_answer(task + 1, state.rng))
    return "10 edits of seen answers; 2 answers edited before they were seen"


def reviewer_overwrites(state: TrialState) -> str:
    """Overwrite answers of annotators as the administrator."""
    for question in state.questions:
        edited = [row for key, row in state.by_key().items() if key in state.log.first]
        own = [row for row in edited if row.project == question.project][:1]
        for row in (*state.pick(question, 4), *own):
            state.change(ADMIN, question, row)
            state.overwritten.append(row)
        task = state.free[question.project][1]
        unseen = state.submit(EXTRA, question, task)
        state.tool.edit(ADMIN, unseen, result=question.likely_answer(task + 1, state.rng))
    return "10 overwrites of seen answers, 2 of them edited before; 2 of unseen answers"


def author_answers_back(state: TrialState) -> str:
    """Edit overwritten answers as their authors."""
    rows = state.by_key()
    for question in state.questions:
        own = [row for row in state.overwritten if row.project == question.project]
        for row in own[:2]:
            state.change(state.name(row), question, rows[row.key])
    return "4 overwritten answers changed again by their authors"


def annotations_deleted(state: TrialState) -> str:
    """Delete single annotations and all annotations of some tasks."""
    for question in state.questions:
        rows = state.pick(question, 3) + state.pick(question, 1, gold=True)
        rows += state.pick(question, 1, skipped=True)
        state.log.deletes(rows)
        for row in rows:
            state.tool.request("DELETE", f"/api/annotations/{row.number}/")
        tasks = state.take(question, 2)
        state.log.deletes(state.compared_on(tasks))
        state.run_action("delete_tasks_annotations", question.project, tasks)
        unseen = state.submit(EXTRA, question, state.free[question.project][2])
        state.tool.request("DELETE", f"/api/annotations/{unseen}/")
    return (
        "single annotations (of them 2 gold, and skips), all of 4 tasks by the Data Manager; "
        "2 unseen ones"
    )


def tasks_deleted(state: TrialState) -> str:
    """Delete tasks with their annotations."""
    for question in state.questions:
        tasks = state.take(question, 4)
        state.log.deletes(state.compared_on(tasks))
        for task in tasks[:2]:
            state.tool.request("DELETE", f"/api/tasks/{task}/")
        state.run_action("delete_tasks", question.project, tasks[2:])
    return "4 tasks one by one, 4 by the Data Manager"


def gold_moved(state: TrialState) -> str:
    """Make another annotation the ground truth. The former one changes silently."""
    count = 0
    for question in state.questions:
        for gold in state.pick(question, 3, gold=True):
            for row in state.compared_on([gold.task])[:4]:
                if not (row.gold or row.skipped) and row.result:
                    state.tool.edit(ADMIN, row.number, ground_truth=True)
                    count += 1
                    break
    return f"the flag moved on {count} tasks"


def user_removed(state: TrialState) -> str:
    """Delete an account. Its annotations lose their author."""
    who = state.tool.people.pop(LEAVER)
    rows = [row for row in state.compared_rows.values() if row.author == who]
    state.log.removes(rows)
    state.tool.request("DELETE", f"/api/users/{who}/")
    return f"{len(rows)} annotations lost their author"


def overlap_changed(state: TrialState) -> str:
    """Require three annotations per item instead of two."""
    project = state.single.project
    path = f"/api/projects/{project}/"
    state.tool.request("PATCH", path, body={"maximum_annotations": 3})
    query = "select overlap, count(*) from task where project_id = ? group by overlap"
    now = state.tool.database.rows(query, [project])
    return "tasks by overlap now: " + ", ".join(f"{n} x {overlap}" for overlap, n in now)


def label_added(state: TrialState) -> str:
    """Add a label to the configuration and use it."""
    question, label = state.single, "Fish"
    (config,) = state.tool.database.rows(
        "select label_config from project where id = ?", [question.project]
    )[0]
    first = f'<Choice value="{question.labels[0]}"/>'
    longer = config.replace(first, f'{first}<Choice value="{label}"/>')
    path = f"/api/projects/{question.project}/"
    state.tool.request("PATCH", path, body={"label_config": longer})
    for task in state.free[question.project][:4]:
        state.tool.submit(EXTRA, task, question.result([label], state.rng))
    return f"label {label} added and used 4 times"


def _imported(state: TrialState, question: Question, n: int) -> list[dict[str, Any]]:
    """Build tasks with two annotations each.

    On every second task one annotation has no ground truth flag, on every fourth neither has. Label
    Studio takes an annotation without the flag for ground truth.
    """
    people = [state.tool.people[who] for who in ("alice", "carol")]
    return [
        {
            "data": {
                "image": f"https://example.com/{at}.jpg",
                "audio": "https://example.com/a.wav",
            },
            "annotations": [
                {"completed_by": who, "result": question.likely_answer(at, state.rng)}
                | ({"ground_truth": False} if at % 2 or (nth and at % 4) else {})
                for nth, who in enumerate(people)
            ],
        }
        for at in range(n)
    ]


def import_tasks(state: TrialState, question: Question, n: int) -> None:
    """Import tasks with annotations by the API."""
    path = f"/api/projects/{question.project}/import"
    state.tool.request("POST", path, body=_imported(state, question, n))


def late_import(state: TrialState) -> str:
    """Poll during an import, which stamps its rows before it commits them."""
    done = threading.Thread(target=import_tasks, args=(state, state.single, 800))
    done.start()
    polls = 0
    while done.is_alive():
        state.quick_collect()
        polls += 1
    import_tasks(state, state.multiple, 50)
    return f"850 tasks with 1,700 annotations, 3 of 8 flagged by default; {polls} polls meanwhile"


def reused_id(state: TrialState) -> str:
    """Delete the newest annotation before an import, so that SQLite reuses its id."""
    state.pause()
    last = state.submit(EXTRA, state.single, state.free[state.single.project][3])
    state.quick_collect()
    (row,) = (row for row in state.rows() if row.number == last)
    state.log.deletes([row])
    state.tool.request("DELETE", f"/api/annotations/{last}/")
    import_tasks(state, state.single, 2)
    again = any(row.number == last for row in state.rows())
    state.resume()
    return f"its id was {'' if again else 'not '}given out again"


def held_transaction(state: TrialState) -> str:
    """Commit rows long after their timestamps."""
    database, stamp = state.tool.database, datetime.now(UTC) - LATE
    rows, tasks = state.pick(state.single, 5), state.free[state.single.project]
    with closing(database.connect()) as connection:
        if not database.is_sqlite:  # an open transaction would lock SQLite
            _copy(state, connection, zip(rows, tasks, strict=False), stamp)
        state.submit(EXTRA, state.single, tasks[0])
        state.quick_collect()
        if database.is_sqlite:
            _copy(state, connection, zip(rows, tasks, strict=False), stamp)
        connection.commit()
    how = "written" if database.is_sqlite else "held back in an open transaction and committed"
    return f"5 rows stamped 40 min back, {how} after a poll"


def _copy(
    state: TrialState, connection: Any, pairs: Iterable[tuple[Row, int]], at: datetime
) -> None:
    """Insert copies of annotations on other tasks with the given timestamp."""
    database = state.tool.database
    cursor = database.execute(connection, "select * from task_completion where 1 = 0")
    names = [column[0] for column in cursor.description if column[0] != "id"]
    unique = "?" if database.is_sqlite else "cast(? as uuid)"
    new = {"task_id": "?", "unique_id": unique, "created_at": "?", "updated_at": "?"}
    statement = (
        f"insert into task_completion ({', '.join(names)}) "
        f"select {', '.join(new.get(name, name) for name in names)} "
        "from task_completion where id = ?"
    )
    for row, task in pairs:
        stamp = stamped(state.tool, at)
        values = {"task_id": task, "unique_id": uuid.uuid4().hex}
        order = [values.get(name, stamp) for name in names if name in new]
        database.execute(connection, statement, [*order, row.number])


def stamped(tool: LabelStudio, at: datetime) -> Any:
    """Convert a timestamp to the type of the tool's database."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if tool.database.is_sqlite else at


def stamped_ahead(state: TrialState) -> str:
    """Set the timestamps of two rows in the future, one of them by minutes."""
    for ahead in (timedelta(hours=2), timedelta(minutes=3)):
        at = datetime.now(UTC) + ahead
        number = state.submit(EXTRA, state.single, state.free[state.single.project][5])
        stamp = stamped(state.tool, at)
        state.tool.database.change(
            "update task_completion set created_at = ?, updated_at = ? where id = ?",
            [stamp, stamp, number],
        )
        state.future_stamps.append(at)
    return "one by 2 hours, one by 3 minutes (it has its day in a later step)"


def drafts_submitted(state: TrialState) -> str:
    """Submit drafts after they were seen as drafts."""
    for question in state.questions:
        task = state.free[question.project][4]
        body = {"result": question.likely_answer(task, state.rng), "lead_time": 3.5}
        draft = state.tool.request("POST", f"/api/tasks/{task}/drafts", EXTRA, body)["id"]
        state.quick_collect()
        state.submit(EXTRA, question, task, draft_id=draft)
        state.tool.request("POST", f"/api/tasks/{task}/drafts", EXTRA, body)
    return "2 submitted, 2 more left as drafts"


def skips_and_unskips(state: TrialState) -> str:
    """Skip tasks, take a skip back (which deletes it), and turn a submission into a skip."""
    for question in state.questions:
        tasks = state.free[question.project][6:9]
        skips = [state.tool.submit(EXTRA, task, [], was_cancelled=True) for task in tasks]
        state.quick_collect()
        state.log.deletes(row for row in state.rows() if row.number == skips[0])
        path = f"/api/annotations/{skips[0]}/convert-to-draft"
        draft = state.tool.request("POST", path, EXTRA, {})["id"]
        state.submit(EXTRA, question, tasks[0], draft_id=draft)
        (row,) = state.pick(question, 1)
        state.tool.edit(state.name(row), row.number, was_cancelled=True)
    return "6 skips, 2 taken back and submitted instead, 2 submissions turned into skips"


def project_deleted(state: TrialState) -> str:
    """Delete a project."""
    ours = {question.project for question in state.questions}
    projects = state.tool.database.rows("select id, title from project order by id")
    number, title = next(row for row in projects if row[0] not in ours)
    state.tool.request("DELETE", f"/api/projects/{number}/")
    return f"{title}, with its tasks"


STEPS: tuple[Callable[[TrialState], str], ...] = (
    new_submissions,
    author_edits,
    reviewer_overwrites,
    author_answers_back,
    annotations_deleted,
    tasks_deleted,
    gold_moved,
    stamped_ahead,
    user_removed,
    overlap_changed,
    label_added,
    late_import,
    reused_id,
    held_transaction,
    drafts_submitted,
    skips_and_unskips,
    project_deleted,
)
