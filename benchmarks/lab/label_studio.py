"""Use Label Studio by its REST API, as annotators and as the administrator."""

import json
import random
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from benchmarks.lab.database import Database

ADMIN = "admin"
TIMEOUT_S = 300.0

Result = list[dict[str, Any]]


class RequestRefusedError(Exception):
    """Label Studio answered with an error."""

    def __init__(self, what: str, status: int, body: str) -> None:
        super().__init__(f"{what} -> {status}: {body[:300]}")
        self.status = status


class LabelStudio:
    """A running instance.

    Args:
        state: url, token of the administrator, and db_url.

    Attributes:
        people: name (the part of the e-mail address before the @) -> id of the account.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self.url = state["url"]
        self.database = Database(state["db_url"])
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        accounts = self.database.rows(
            "select u.id, u.email, k.key from htx_user u join authtoken_token k on k.user_id = u.id"
        )
        self.people = {mail.partition("@")[0]: int(number) for number, mail, _ in accounts}
        self._tokens = {mail.partition("@")[0]: key for _, mail, key in accounts}
        self._tokens[ADMIN] = state["token"]

    def request(self, method: str, path: str, who: str = ADMIN, body: Any = None) -> Any:
        """Send a request as a user and return the decoded response."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Token {self._tokens[who]}",
                "Content-Type": "application/json",
            },
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            body_text = error.read().decode(errors="replace")
            raise RequestRefusedError(f"{method} {path}", error.code, body_text) from None
        return json.loads(text) if text else None

    def version(self) -> str:
        """Return the version of Label Studio."""
        return str(self.request("GET", "/api/version/")["release"])

    def submit(self, who: str, task: int, result: Result, **more: Any) -> int:
        """Submit an annotation and return its id."""
        body = {"result": result, "lead_time": 12.5, **more}
        return int(self.request("POST", f"/api/tasks/{task}/annotations/", who, body)["id"])

    def edit(self, who: str, annotation: int, **more: Any) -> None:
        """Change an annotation."""
        self.request("PATCH", f"/api/annotations/{annotation}/", who, more)


@dataclass(frozen=True, slots=True)
class Question:
    """A control that is answered once per item.

    Attributes:
        on: name of the object that it refers to.
    """

    project: int
    title: str
    name: str
    on: str
    labels: tuple[str, ...]
    is_set: bool

    def result(self, chosen: list[str], rng: random.Random) -> Result:
        """Return the result of choosing labels. It is empty when none is chosen."""
        region = {
            "id": f"{rng.getrandbits(40):010x}",
            "type": "choices",
            "origin": "manual",
            "from_name": self.name,
            "to_name": self.on,
            "value": {"choices": chosen},
        }
        return [region] if chosen else []

    def likely_answer(self, task: int, rng: random.Random) -> Result:
        """Return an answer that mostly agrees with those of other annotators."""
        usual = self.labels[task % len(self.labels)]
        chosen = {usual if rng.random() < 0.75 else rng.choice(self.labels)}
        if self.is_set and rng.random() < 0.2:
            chosen ^= {rng.choice(self.labels)}
        return self.result(sorted(chosen), rng)

    def different_answer(self, result: Result, rng: random.Random) -> Result:
        """Return an answer that differs from this one."""
        before = result[0]["value"]["choices"] if result else []
        return self.result([rng.choice([label for label in self.labels if [label] != before])], rng)


def questions(tool: LabelStudio) -> list[Question]:
    """Return the controls of all projects that are answered once per item."""
    all_questions = []
    for project, title, config in tool.database.rows(
        "select id, title, label_config from project order by id"
    ):
        for tag in ET.fromstring(config).iter("Choices"):
            if tag.get("perRegion") != "true":
                labels = tuple(choice.attrib["value"] for choice in tag.iter("Choice"))
                is_set = tag.get("choice") == "multiple"
                named = (tag.attrib["name"], tag.attrib["toName"])
                all_questions.append(Question(project, title, *named, labels, is_set))
    return all_questions
