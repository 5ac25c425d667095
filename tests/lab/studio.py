"""Label Studio over its REST API, as its annotators and its administrator use it."""

import json
import random
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from tests.lab.database import Database

ADMIN = "admin"
TIMEOUT_S = 300.0

Result = list[dict[str, Any]]


class StudioRefusedError(Exception):
    """The tool answered with an error."""

    def __init__(self, what: str, status: int, body: str) -> None:
        super().__init__(f"{what} -> {status}: {body[:300]}")
        self.status = status


class Studio:
    """A running instance.

    Args:
        state: what its starter wrote down: url, token (of the administrator), db_url.

    Attributes:
        people: name (the part of the address before the @) -> id of the account.
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

    def call(self, method: str, path: str, who: str = ADMIN, body: Any = None) -> Any:
        """Call the API as somebody and return the decoded answer."""
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
            told = error.read().decode(errors="replace")
            raise StudioRefusedError(f"{method} {path}", error.code, told) from None
        return json.loads(text) if text else None

    def version(self) -> str:
        """Return the version that the tool tells."""
        return str(self.call("GET", "/api/version/")["release"])

    def submit(self, who: str, task: int, result: Result, **more: Any) -> int:
        """Submit an annotation and return its id."""
        body = {"result": result, "lead_time": 12.5, **more}
        return int(self.call("POST", f"/api/tasks/{task}/annotations/", who, body)["id"])

    def edit(self, who: str, annotation: int, **more: Any) -> None:
        """Change an annotation."""
        self.call("PATCH", f"/api/annotations/{annotation}/", who, more)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a project that is asked once for an item, and how it is answered.

    Attributes:
        on: name of the object that it asks about.
    """

    project: int
    title: str
    name: str
    on: str
    labels: tuple[str, ...]
    is_set: bool

    def result(self, chosen: list[str], rng: random.Random) -> Result:
        """Return the result of choosing labels; choosing none is an empty result."""
        region = {
            "id": f"{rng.getrandbits(40):010x}",
            "type": "choices",
            "origin": "manual",
            "from_name": self.name,
            "to_name": self.on,
            "value": {"choices": chosen},
        }
        return [region] if chosen else []

    def likely(self, task: int, rng: random.Random) -> Result:
        """Return what an annotator says who mostly agrees with the others."""
        usual = self.labels[task % len(self.labels)]
        chosen = {usual if rng.random() < 0.75 else rng.choice(self.labels)}
        if self.is_set and rng.random() < 0.2:
            chosen ^= {rng.choice(self.labels)}
        return self.result(sorted(chosen), rng)

    def other(self, result: Result, rng: random.Random) -> Result:
        """Return a result that says something else."""
        before = result[0]["value"]["choices"] if result else []
        return self.result([rng.choice([one for one in self.labels if [one] != before])], rng)


def questions(studio: Studio) -> list[Question]:
    """Return the questions of all projects that are asked once for an item."""
    found = []
    for project, title, config in studio.database.rows(
        "select id, title, label_config from project order by id"
    ):
        for tag in ET.fromstring(config).iter("Choices"):
            if tag.get("perRegion") != "true":
                labels = tuple(one.attrib["value"] for one in tag.iter("Choice"))
                many = tag.get("choice") == "multiple"
                named = (tag.attrib["name"], tag.attrib["toName"])
                found.append(Question(project, title, *named, labels, many))
    return found
