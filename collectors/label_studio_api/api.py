"""What is asked of Label Studio's REST API, and how its answers are read safely.

Tasks are never asked for by page number, since pages shift when tasks come or go: each question
asks for the newest ids under the last one met. Projects, which the tool only gives by page, are
asked for again until they add up.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelpulse.core.days import from_us, now_us
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.http.reading import Reader, Refused, TooLarge
from labelpulse.ingest.label_studio import Row

PROJECTS = 500
"""Projects a page."""

TRIES = 3
WHOLE = 100
"""Tasks with everything in them that are asked for at once; half of them where they are large."""

PROJECT = (
    *("id", "title", "label_config", "maximum_annotations", "overlap_cohort_percentage"),
    *("skip_queue", "evaluate_predictions_automatically"),
    *("task_number", "total_predictions_number"),
)
COUNTS = ("total_annotations_number", "ground_truth_number", "skipped_annotations_number")
NO_SUCH_API = (
    "answers, but not as Label Studio does: give the address of its start page, without a path "
    "behind it"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """Which tasks to list, newest id first.

    Attributes:
        project: its id. fields: names of what to tell of a task, and of what is inside it.
        below: ids under it only. since: changed after it only, microseconds UTC. among: these
            ids only.
        quiet: keep the tool from asking a model for predictions, as its own pages do.
    """

    project: int
    fields: tuple[str, ...]
    size: int
    below: int | None = None
    since: int | None = None
    among: tuple[int, ...] = ()
    quiet: bool = False


class Api:
    """The API of one server.

    Args:
        token: a personal access token, which is exchanged for one that holds for minutes, or a
            legacy token; they are told apart by their form.
        source: the source's name, for messages.
    """

    def __init__(self, url: str, token: str, source: str) -> None:
        self._token = token.strip()
        self._source = source
        self._reader = Reader(url, source)

    @property
    def now(self) -> int:
        """The server's clock as of its last answer, microseconds UTC."""
        return now_us() if self._reader.clock is None else self._reader.clock

    @property
    def calls(self) -> int:
        """How many requests were sent."""
        return self._reader.calls

    def close(self) -> None:
        """Let go of the connections."""
        self._reader.close()

    # --- what there is ---

    def projects(self) -> list[Row]:
        """Return every project of the token's organization, by id."""
        return self._listed("/api/projects/", PROJECT, ("title", "label_config"))

    def counts(self) -> list[Row]:
        """Return the counters of every project; versions without that list give them with them."""
        fields = ("id", *COUNTS)
        try:
            return self._listed("/api/projects/counts/", fields, COUNTS)
        except Refused as error:
            if error.status != 404:
                raise
        return self._listed("/api/projects/", fields, COUNTS)

    def people(self) -> list[Row] | None:
        """Return every account; None where this token may not see them."""
        try:
            found = self._ask("/api/users/", {})
        except Refused as error:
            if error.status in (403, 404):
                return None
            raise
        if isinstance(found, dict):  # some versions answer by page
            found = found.get("results")
        return rows(found)

    def version(self) -> str:
        """Return the tool's version, "" where it does not say."""
        try:
            found = self._ask("/api/version/", {})
        except Refused:
            return ""
        said = found.get("release") if isinstance(found, dict) else None
        return said if isinstance(said, str) else ""

    def _listed(self, path: str, fields: Sequence[str], needed: Sequence[str]) -> list[Row]:
        """All pages of a list, read until as many came as the tool counts."""
        for _ in range(TRIES):
            found: dict[int, Row] = {}
            for page in self._pages(path, {"include": ",".join(fields)}):
                if not all(name in one for one in page.rows for name in needed):
                    raise self.stopped(NO_SUCH_API)
                found |= {one["id"]: one for one in page.rows}
                count = page.count
            if len(found) == count:
                return [found[key] for key in sorted(found)]
        raise RetryLater(
            f"url of source {self._source!r} lists projects that come and go while they are "
            "read: the next poll tries again"
        )

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator["_Listed"]:
        number, goes_on = 1, True
        while goes_on:
            try:
                found = self._ask(path, {**query, "page": number, "page_size": PROJECTS})
            except Refused as error:
                if number == 1 or error.status != 404:
                    raise
                return  # the page is not there any more
            if not isinstance(found, dict) or not isinstance(found.get("results"), list):
                raise self.stopped(NO_SUCH_API)
            there = rows(found["results"])
            if len(there) < len(found["results"]):
                raise self.stopped(NO_SUCH_API)
            yield _Listed(there, found.get("count"))
            number, goes_on = number + 1, found.get("next") is not None

    # --- tasks ---

    def tasks(self, ask: Ask) -> tuple[list[Row], bool]:
        """Return tasks, and whether there are more under the last of them."""
        query: dict[str, Any] = {"ordering": ["-tasks:id"]}
        if filters := list(_filters(ask)):
            query["filters"] = {"conjunction": "and", "items": filters}
        if ask.among:
            query["selectedItems"] = {"all": False, "included": list(ask.among)}
        inner = {"annotations", "predictions"} & set(ask.fields)
        found = self._ask(
            "/api/tasks/",
            {
                "project": ask.project,
                "page_size": ask.size,
                "include": ",".join(ask.fields),
                "resolve_uri": "false",
                "query": json.dumps(query, separators=(",", ":")),
                **({"fields": "all"} if inner else {}),
                **({"review": "true"} if ask.quiet else {}),
            },
        )
        if not isinstance(found, dict) or not isinstance(found.get("tasks"), list):
            raise self.stopped(NO_SUCH_API)
        there = rows(found["tasks"])
        total = found.get("total")
        more = len(there) < total if isinstance(total, int) else bool(there)
        return there, more and bool(there)

    def whole(
        self, ask: Ask, ids: Sequence[int], too_large: Callable[[int], None]
    ) -> Iterator[Row]:
        """Yield tasks by their ids as `ask` wants them; what is gone is left out.

        Args:
            too_large: called with the id of a task that is larger than an answer may be.
        """
        waiting = [tuple(ids[at : at + WHOLE]) for at in range(0, len(ids), WHOLE)]
        while waiting:
            part = waiting.pop(0)
            try:
                found, _ = self.tasks(_among(ask, part))
            except TooLarge:
                middle = len(part) // 2
                if not middle:
                    too_large(part[0])
                else:
                    waiting[:0] = [part[:middle], part[middle:]]
                continue
            yield from found

    def one(self, what: str, key: str) -> Row | None:
        """Return a task, annotation or prediction by its id; None = it is gone."""
        try:
            found = self._ask(f"/api/{what}s/{key}/", {})
        except Refused as error:
            if error.status == 404:
                return None
            raise
        return found if isinstance(found, dict) else None

    # --- the token ---

    def _ask(self, path: str, query: Mapping[str, str | int]) -> Any:
        if "Authorization" not in self._reader.headers:
            self._enter()
        try:
            return self._reader.get(path, query)
        except Refused as error:
            if error.status != 401 or not self._is_personal:
                raise self._explained(error) from None
        self._enter()
        return self._reader.get(path, query)

    @property
    def _is_personal(self) -> bool:
        """A personal access token is a JWT, which has three parts; a legacy token has one."""
        return self._token.count(".") == 2

    def _enter(self) -> None:
        headers = self._reader.headers
        headers.pop("Authorization", None)
        if not self._is_personal:
            headers["Authorization"] = f"Token {self._token}"
            return
        found = self._reader.post("/api/token/refresh", {"refresh": self._token})
        access = found.get("access") if isinstance(found, dict) else None
        if not isinstance(access, str) or not access.isascii():
            raise self.stopped(NO_SUCH_API)
        headers["Authorization"] = f"Bearer {access}"

    def _explained(self, error: Refused) -> SourceError:
        if error.status != 401:
            return error
        return Refused(
            f"url of source {self._source!r} refuses its token. It looks like a legacy token, "
            "which new organizations do not take: make a personal access token (Account & "
            "Settings) and set token, token_env or token_file",
            error.status,
        )

    def stopped(self, what: str) -> StopSource:
        """Return an error until somebody acts; `what` goes on after "url of source 'name'"."""
        return StopSource(f"url of source {self._source!r} {what}")


@dataclass(frozen=True, slots=True)
class _Listed:
    rows: list[Row]
    count: Any


def _among(ask: Ask, ids: tuple[int, ...]) -> Ask:
    return Ask(ask.project, ask.fields, len(ids), among=ids, quiet=ask.quiet)


def _filters(ask: Ask) -> Iterator[dict[str, Any]]:
    if ask.below is not None:
        yield _filter("id", "less", "Number", ask.below)
    if ask.since is not None:
        moment = from_us(ask.since).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield _filter("updated_at", "greater", "Datetime", moment)


def _filter(name: str, operator: str, kind: str, value: str | int) -> dict[str, Any]:
    return {
        "filter": f"filter:tasks:{name}",
        "operator": operator,
        "type": kind,
        "value": value,
    }


def rows(found: Any) -> list[Row]:
    """Return the objects of a list that have an id."""
    listed: Iterable[Any] = found if isinstance(found, list) else ()
    return [one for one in listed if isinstance(one, dict) and type(one.get("id")) is int]
