"""A Label Studio server in part: its API over recorded rows, in which a test may work.

It answers as the real one was seen to: filters, order, pages and fields of tasks, counters made
from the rows, a personal access token that is exchanged, and errors in its own form.
"""

import copy
import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from pytest_httpserver.httpserver import Request, Response  # type: ignore[attr-defined]

__all__ = ["LEGACY", "PERSONAL", "Request", "Response", "Tool", "failed", "recorded", "stamp"]

RECORDED = Path(__file__).resolve().parents[1] / "data" / "label_studio_api" / "recorded.json.gz"
LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "header.payload.signature"
Row = dict[str, Any]


@cache
def _text() -> str:
    return gzip.decompress(RECORDED.read_bytes()).decode()


def recorded() -> dict[str, Any]:
    """What the real tool answered; the caller's own copy."""
    found: dict[str, Any] = json.loads(_text())
    return found


class Tool:
    """The server.

    Attributes:
        asked: path and query of every request, in order.
        before: called with each request before it is answered; an answer it returns is given.
        lives: how many requests an exchanged token holds for.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.rows = recorded()
        self.url = server.url_for("").rstrip("/")
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.before: Callable[[Request], Response | None] = lambda _: None
        self.lives = 10**6
        self._issued = 0
        self._left = 0
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    # --- working in it ---

    def tasks(self, project: int) -> list[Row]:
        found: list[Row] = self.rows["tasks"][str(project)]
        return found

    def task(self, key: int) -> Row:
        return next(one for p in self.rows["tasks"].values() for one in p if one["id"] == key)

    def submit(self, task: int, by: int, result: Any, **values: Any) -> int:
        """One more annotation; its task is stamped, as the tool does."""
        there = self.task(task)
        now = stamp()
        key: int = 1 + max(
            one["id"] for p in self.rows["tasks"].values() for t in p for one in t["annotations"]
        )
        row = copy.deepcopy(self.rows["tasks"]["1"][-1]["annotations"][0]) | {
            "id": key,
            "result": result,
            "completed_by": by,
            "updated_by": by,
            "created_at": now,
            "updated_at": now,
            "task": task,
            "project": there["project"],
            **values,
        }
        there["annotations"].append(row)
        there["updated_at"] = now
        return key

    def drop(self, annotation: int) -> None:
        """An annotation is deleted; its task is stamped."""
        for project in self.rows["tasks"].values():
            for task in project:
                kept = [one for one in task["annotations"] if one["id"] != annotation]
                if len(kept) < len(task["annotations"]):
                    task["annotations"], task["updated_at"] = kept, stamp()

    # --- answering ---

    def _answer(self, request: Request) -> Response:
        self.asked.append((request.path, dict(request.args)))
        if (said := self.before(request)) is not None:
            return said
        if request.path == "/api/token/refresh":
            return self._exchange(request)
        if not self._knows(request.headers.get("Authorization", "")):
            return failed(401, "Authentication credentials were not provided.")
        for pattern, answer in self._paths().items():
            if found := re.fullmatch(pattern, request.path):
                return answer(request, *found.groups())
        return Response("<!doctype html><title>Page not found</title>", 404, mimetype="text/html")

    def _paths(self) -> dict[str, Callable[..., Response]]:
        return {
            "/api/version/": lambda _: answered(self.rows["version"]),
            "/api/users/": lambda _: answered(self.rows["users"]),
            "/api/projects/": lambda request: self._page(request, self._projects()),
            "/api/projects/counts/": lambda request: self._page(request, self._projects()),
            "/api/tasks/": self._list,
            r"/api/(task|annotation|prediction)s/(\d+)/": self._one,
        }

    def _exchange(self, request: Request) -> Response:
        body = json.loads(request.get_data())
        if "Authorization" in request.headers or body.get("refresh") != PERSONAL:
            return failed(401, "Token is invalid")
        self._issued += 1
        self._left = self.lives
        return answered({"access": f"a.b.{self._issued}"})

    def _knows(self, said: str) -> bool:
        if said == f"Token {LEGACY}":
            return True
        self._left -= 1
        return said == f"Bearer a.b.{self._issued}" and self._left >= 0

    def _projects(self) -> list[Row]:
        found = []
        for row in self.rows["projects"]:
            tasks = self.tasks(row["id"])
            made = [one for task in tasks for one in task["annotations"]]
            skipped = sum(one["was_cancelled"] for one in made)
            counters = {
                "task_number": len(tasks),
                "total_annotations_number": len(made) - skipped,
                "skipped_annotations_number": skipped,
                "ground_truth_number": sum(one["ground_truth"] for one in made),
                "total_predictions_number": sum(len(task["predictions"]) for task in tasks),
            }
            found.append({**row, **counters})
        return found

    def _page(self, request: Request, there: list[Row]) -> Response:
        size = int(request.args.get("page_size", 30))
        number = int(request.args.get("page", 1))
        part = there[(number - 1) * size : number * size]
        if number > 1 and not part:
            return failed(404, "Invalid page.")
        more = f"{self.url}{request.path}?page={number + 1}" if number * size < len(there) else None
        rows = [included(request, one) for one in part]
        return answered({"count": len(there), "next": more, "previous": None, "results": rows})

    def _list(self, request: Request) -> Response:
        query = json.loads(request.args.get("query", "{}"))
        there = [
            one
            for one in self.tasks(int(request.args["project"]))
            if all(_passes(each, one) for each in query.get("filters", {}).get("items", ()))
        ]
        chosen = query.get("selectedItems", {"all": True})
        if not chosen["all"]:
            there = [one for one in there if one["id"] in chosen["included"]]
        if query.get("ordering") == ["-tasks:id"]:
            there.sort(key=lambda one: -one["id"])
        size = int(request.args.get("page_size", 100))
        return answered(
            {
                "total": len(there),
                "total_annotations": sum(len(one["annotations"]) for one in there),
                "total_predictions": sum(len(one["predictions"]) for one in there),
                "tasks": [_told(request, one) for one in there[:size]],
            }
        )

    def _one(self, request: Request, what: str, key: str) -> Response:
        tasks = [task for project in self.rows["tasks"].values() for task in project]
        inside = [one for task in tasks for one in task.get(f"{what}s", ())]
        for one in tasks if what == "task" else inside:
            if one["id"] == int(key):
                return answered(one)
        return failed(404, "Not found.")


def included(request: Request, row: Row) -> Row:
    """The fields of a row that were asked for."""
    wanted = request.args.get("include")
    return row if wanted is None else {k: v for k, v in row.items() if k in wanted.split(",")}


def _told(request: Request, task: Row) -> Row:
    """A task as it is listed: the fields asked for hold inside annotations, too."""
    told = included(request, task)
    for name in ("annotations", "predictions", "drafts"):
        if request.args.get("fields") != "all":
            told.pop(name, None)
    if "annotations" in told:
        told["annotations"] = [included(request, one) for one in task["annotations"]]
    return told


def _passes(wanted: Row, task: Row) -> bool:
    name, value = wanted["filter"].removeprefix("filter:tasks:"), wanted["value"]
    there = task[name]
    if wanted["type"] == "Datetime":
        there, value = map(datetime.fromisoformat, (there, value))
    return bool(there < value if wanted["operator"] == "less" else there > value)


def answered(value: Any, **headers: str) -> Response:
    """JSON, as the tool answers."""
    return Response(json.dumps(value), 200, headers, mimetype="application/json")


def failed(status: int, detail: str, **headers: str) -> Response:
    """An error of the tool."""
    body = json.dumps({"status_code": status, "detail": detail, "exc_info": None})
    return Response(body, status, headers, mimetype="application/json")


def stamp() -> str:
    """Now, as the tool writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
