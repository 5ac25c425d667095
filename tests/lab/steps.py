"""What the trial does to the tool, one kind of change a function.

Each returns a sentence on what it did, and notes in the log what the tool's tables will no longer
tell. A row counts as seen by the collector when it was there at the last comparison.
"""

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lab.compare import Row
from tests.lab.scene import Scene
from tests.lab.studio import ADMIN, Question, Studio

EXTRA = "erin"
LEAVER = "dave"
LATE = timedelta(minutes=40)
"""Further back than the quarter of an hour that every poll reads again."""


def new_submissions(scene: Scene) -> str:
    """Work goes on."""
    for question in scene.questions:
        for task in scene.free[question.project][:6]:
            scene.submit(scene.rng.choice((EXTRA, LEAVER)), question, task)
    return "12 submissions by two more people"


def author_edits(scene: Scene) -> str:
    """Authors change what they said."""
    for question in scene.questions:
        for row in scene.pick(question, 5):
            scene.change(scene.name(row), question, row)
        task = scene.free[question.project][0]
        unseen = scene.submit(EXTRA, question, task)
        scene.studio.edit(EXTRA, unseen, result=question.likely(task + 1, scene.rng))
    return "10 edits of seen answers; 2 answers edited before anybody looked"


def reviewer_overwrites(scene: Scene) -> str:
    """The administrator writes over what others said."""
    for question in scene.questions:
        edited = [row for key, row in scene.by_key().items() if key in scene.log.first]
        mine = [row for row in edited if row.project == question.project][:1]
        for row in (*scene.pick(question, 4), *mine):
            scene.change(ADMIN, question, row)
            scene.overwritten.append(row)
        task = scene.free[question.project][1]
        unseen = scene.submit(EXTRA, question, task)
        scene.studio.edit(ADMIN, unseen, result=question.likely(task + 1, scene.rng))
    return "10 overwrites of seen answers, 2 of them edited before; 2 of answers nobody had seen"


def author_answers_back(scene: Scene) -> str:
    """An author changes an answer that the reviewer had overwritten."""
    rows = scene.by_key()
    for question in scene.questions:
        mine = [row for row in scene.overwritten if row.project == question.project]
        for row in mine[:2]:
            scene.change(scene.name(row), question, rows[row.key])
    return "4 overwritten answers changed again by their authors"


def annotations_deleted(scene: Scene) -> str:
    """Single annotations and all those of a task are deleted."""
    for question in scene.questions:
        rows = scene.pick(question, 3) + scene.pick(question, 1, gold=True)
        rows += scene.pick(question, 1, skipped=True)
        scene.log.deletes(rows)
        for row in rows:
            scene.studio.call("DELETE", f"/api/annotations/{row.number}/")
        tasks = scene.take(question, 2)
        scene.log.deletes(scene.seen_of(tasks))
        scene.act("delete_tasks_annotations", question.project, tasks)
        unseen = scene.submit(EXTRA, question, scene.free[question.project][2])
        scene.studio.call("DELETE", f"/api/annotations/{unseen}/")
    return (
        "single annotations (of them 2 gold, and skips), all of 4 tasks by the Data Manager; "
        "2 that nobody had seen"
    )


def tasks_deleted(scene: Scene) -> str:
    """Tasks are deleted, with everything on them."""
    for question in scene.questions:
        tasks = scene.take(question, 4)
        scene.log.deletes(scene.seen_of(tasks))
        for task in tasks[:2]:
            scene.studio.call("DELETE", f"/api/tasks/{task}/")
        scene.act("delete_tasks", question.project, tasks[2:])
    return "4 tasks one by one, 4 by the Data Manager"


def gold_moved(scene: Scene) -> str:
    """Another annotation of the task becomes ground truth; the former one changes silently."""
    moved = 0
    for question in scene.questions:
        for gold in scene.pick(question, 3, gold=True):
            for row in scene.seen_of([gold.task])[:4]:
                if not (row.gold or row.skipped) and row.result:
                    scene.studio.edit(ADMIN, row.number, ground_truth=True)
                    moved += 1
                    break
    return f"the flag moved on {moved} tasks"


def user_removed(scene: Scene) -> str:
    """An account is deleted, and the tool forgets who made their annotations."""
    who = scene.studio.people.pop(LEAVER)
    rows = [row for row in scene.seen.values() if row.author == who]
    scene.log.removes(rows)
    scene.studio.call("DELETE", f"/api/users/{who}/")
    return f"{len(rows)} annotations lost their author"


def overlap_changed(scene: Scene) -> str:
    """A project wants three labels an item instead of two."""
    project = scene.single.project
    path = f"/api/projects/{project}/"
    scene.studio.call("PATCH", path, body={"maximum_annotations": 3})
    query = "select overlap, count(*) from task where project_id = ? group by overlap"
    now = scene.studio.database.rows(query, [project])
    return "tasks by overlap now: " + ", ".join(f"{n} x {overlap}" for overlap, n in now)


def label_added(scene: Scene) -> str:
    """The configuration gets another label, which is used at once."""
    question, label = scene.single, "Fish"
    (config,) = scene.studio.database.rows(
        "select label_config from project where id = ?", [question.project]
    )[0]
    first = f'<Choice value="{question.labels[0]}"/>'
    longer = config.replace(first, f'{first}<Choice value="{label}"/>')
    path = f"/api/projects/{question.project}/"
    scene.studio.call("PATCH", path, body={"label_config": longer})
    for task in scene.free[question.project][:4]:
        scene.studio.submit(EXTRA, task, question.result([label], scene.rng))
    return f"label {label} added and used 4 times"


def _imported(scene: Scene, question: Question, n: int) -> list[dict[str, Any]]:
    """Tasks with two annotations each. On every second task one of them does not say whether it is
    ground truth (the tool then takes it for such), on every fourth neither does."""
    people = [scene.studio.people[who] for who in ("alice", "carol")]
    return [
        {
            "data": {
                "image": f"https://example.com/{at}.jpg",
                "audio": "https://example.com/a.wav",
            },
            "annotations": [
                {"completed_by": who, "result": question.likely(at, scene.rng)}
                | ({"ground_truth": False} if at % 2 or (nth and at % 4) else {})
                for nth, who in enumerate(people)
            ],
        }
        for at in range(n)
    ]


def import_tasks(scene: Scene, question: Question, n: int) -> None:
    """Import tasks with annotations through the tool's import endpoint."""
    path = f"/api/projects/{question.project}/import"
    scene.studio.call("POST", path, body=_imported(scene, question, n))


def late_import(scene: Scene) -> str:
    """An import stamps its rows before it commits them; the collector polls meanwhile."""
    done = threading.Thread(target=import_tasks, args=(scene, scene.single, 800))
    done.start()
    polls = 0
    while done.is_alive():
        scene.quick_collect()
        polls += 1
    import_tasks(scene, scene.many, 50)
    return f"850 tasks with 1,700 annotations, 3 of 8 flagged by default; {polls} polls meanwhile"


def reused_id(scene: Scene) -> str:
    """The newest annotation is deleted and an import follows: SQLite hands its id out again."""
    scene.pause()
    last = scene.submit(EXTRA, scene.single, scene.free[scene.single.project][3])
    scene.quick_collect()
    (row,) = (one for one in scene.rows() if one.number == last)
    scene.log.deletes([row])
    scene.studio.call("DELETE", f"/api/annotations/{last}/")
    import_tasks(scene, scene.single, 2)
    again = any(one.number == last for one in scene.rows())
    scene.resume()
    return f"its id was {'' if again else 'not '}given out again"


def held_transaction(scene: Scene) -> str:
    """Rows are committed long after their stamps, when polls have moved on."""
    studio, stamp = scene.studio.database, datetime.now(UTC) - LATE
    rows, tasks = scene.pick(scene.single, 5), scene.free[scene.single.project]
    with closing(studio.connect()) as connection:
        if not studio.is_sqlite:  # there it would lock everybody out: written late instead
            _copy(scene, connection, zip(rows, tasks, strict=False), stamp)
        scene.submit(EXTRA, scene.single, tasks[0])
        scene.quick_collect()
        if studio.is_sqlite:
            _copy(scene, connection, zip(rows, tasks, strict=False), stamp)
        connection.commit()
    how = "written" if studio.is_sqlite else "held back in an open transaction and committed"
    return f"5 rows stamped 40 min back, {how} after a poll"


def _copy(scene: Scene, connection: Any, pairs: Iterable[tuple[Row, int]], at: datetime) -> None:
    """Insert copies of annotations on other tasks, stamped as told."""
    studio = scene.studio.database
    cursor = studio.execute(connection, "select * from task_completion where 1 = 0")
    names = [column[0] for column in cursor.description if column[0] != "id"]
    unique = "?" if studio.is_sqlite else "cast(? as uuid)"
    new = {"task_id": "?", "unique_id": unique, "created_at": "?", "updated_at": "?"}
    statement = (
        f"insert into task_completion ({', '.join(names)}) "
        f"select {', '.join(new.get(name, name) for name in names)} "
        "from task_completion where id = ?"
    )
    for row, task in pairs:
        stamp = stamped(scene.studio, at)
        values = {"task_id": task, "unique_id": uuid.uuid4().hex}
        order = [values.get(name, stamp) for name in names if name in new]
        studio.execute(connection, statement, [*order, row.number])


def stamped(studio: Studio, at: datetime) -> Any:
    """Return an instant as the tool's database holds it."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if studio.database.is_sqlite else at


def stamped_ahead(scene: Scene) -> str:
    """A clock is wrong: two rows are stamped in the future, one of them only just."""
    for ahead in (timedelta(hours=2), timedelta(minutes=3)):
        at = datetime.now(UTC) + ahead
        number = scene.submit(EXTRA, scene.single, scene.free[scene.single.project][5])
        stamp = stamped(scene.studio, at)
        scene.studio.database.change(
            "update task_completion set created_at = ?, updated_at = ? where id = ?",
            [stamp, stamp, number],
        )
        scene.due.append(at)
    return "one by 2 hours, one by 3 minutes (it has its day in a later step)"


def drafts_submitted(scene: Scene) -> str:
    """A draft is seen as a draft, and then submitted."""
    for question in scene.questions:
        task = scene.free[question.project][4]
        body = {"result": question.likely(task, scene.rng), "lead_time": 3.5}
        draft = scene.studio.call("POST", f"/api/tasks/{task}/drafts", EXTRA, body)["id"]
        scene.quick_collect()
        scene.submit(EXTRA, question, task, draft_id=draft)
        scene.studio.call("POST", f"/api/tasks/{task}/drafts", EXTRA, body)
    return "2 submitted, 2 more left as drafts"


def skips_and_unskips(scene: Scene) -> str:
    """Skips, one taken back (which deletes it), and a submission that becomes a skip."""
    for question in scene.questions:
        tasks = scene.free[question.project][6:9]
        skips = [scene.studio.submit(EXTRA, one, [], was_cancelled=True) for one in tasks]
        scene.quick_collect()
        scene.log.deletes(row for row in scene.rows() if row.number == skips[0])
        path = f"/api/annotations/{skips[0]}/convert-to-draft"
        draft = scene.studio.call("POST", path, EXTRA, {})["id"]
        scene.submit(EXTRA, question, tasks[0], draft_id=draft)
        (row,) = scene.pick(question, 1)
        scene.studio.edit(scene.name(row), row.number, was_cancelled=True)
    return "6 skips, 2 taken back and submitted instead, 2 submissions turned into skips"


def project_deleted(scene: Scene) -> str:
    """A whole project is deleted."""
    ours = {question.project for question in scene.questions}
    projects = scene.studio.database.rows("select id, title from project order by id")
    number, title = next(row for row in projects if row[0] not in ours)
    scene.studio.call("DELETE", f"/api/projects/{number}/")
    return f"{title}, with its tasks"


STEPS: tuple[Callable[[Scene], str], ...] = (
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
