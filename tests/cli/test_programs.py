"""Several tools, one definition: two sources of a program, against plain Python over the tables."""

import csv
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Verb
from tests.ingest.importing import table

CONFIG = """
[[projects]]
source = "crowd"
title = "Tone"
program = "Search"
gold = "column"
[[projects]]
source = "office"
title = "Mood"
program = "Search"
gold = "column"
[[projects]]
source = "office"
title = "Other"
program = "Maps"
[[people]]
name = "Ana"
accounts = ["crowd/w1", "office/u1"]
[[teams]]
name = "North"
members = ["w2", "u2", {account = "Ana", until = 2024-03-05}]
[[teams]]
name = "South"
members = ["w3", "office/u3", {account = "crowd/w1", since = 2024-03-06}]
"""
LABELS = ("good", "bad", "odd")
Rows = list[dict[str, str]]


def votes(seed: int, people: Iterable[str], items: int, tag: str) -> list[dict[str, Any]]:
    """Each person answers most items, over four days; every third item has a known answer."""
    rng = random.Random(seed)
    rows = []
    for n in range(items):
        truth = rng.choice(LABELS)
        for k, who in enumerate(people):
            if rng.random() < 0.9:
                rows.append(
                    {
                        "item": f"{tag}{n}",
                        "annotator": who,
                        "label": truth if rng.random() < 0.75 else rng.choice(LABELS),
                        "gold": truth if n % 3 == 0 else "",
                        "submitted_at": f"2024-03-0{4 + n % 4}T1{k}:{n % 60:02d}:00Z",
                        "time_spent": 5 + rng.randrange(60),
                    }
                )
    return rows


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of two tools: project -> path."""
    folder = tmp_path_factory.mktemp("tools")
    people = {"Tone": ("w1", "w2", "w3"), "Mood": ("u1", "u2", "u3"), "Other": ("u1", "u9")}
    return {
        title: table(folder / f"{title}.csv", votes(n, own, 30 + 10 * n, title))
        for n, (title, own) in enumerate(people.items())
    }


SOURCES = {"Tone": "crowd", "Mood": "office", "Other": "office"}


@pytest.fixture
def loaded(verb: Verb, folder: Path, tables: dict[str, Path]) -> dict[str, Rows]:
    """Import the files, once for all tests; return their rows as the csv module reads them."""
    (folder / "labelpulse.toml").write_text(CONFIG)
    kept = tables["Tone"].with_name("kept.db")
    for title, path in tables.items() if not kept.exists() else ():
        words = ("--project", title, "--source", SOURCES[title], "--timezone", "UTC")
        assert verb("import", path, *words, "--labels", ",".join(LABELS)).code == 0
    if kept.exists():
        shutil.copy(kept, folder / "labelpulse.db")
    else:
        shutil.copy(folder / "labelpulse.db", kept)
    return {title: list(csv.DictReader(path.open())) for title, path in tables.items()}


def ask(verb: Verb, metric: str, *words: str) -> list[dict[str, Any]]:
    done = verb("query", metric, "--json", *words)
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = done.json["rows"]
    return rows


def by(verb: Verb, metric: str, key: str, *words: str) -> dict[str, tuple[Any, int]]:
    """Key -> (value, n) of the only row of each."""
    rows = ask(verb, metric, "--by", key, *words)
    found = {row[key]: (row["value"], row["n"]) for row in rows}
    assert len(found) == len(rows), rows
    return found


def team_of(row: dict[str, str]) -> str | None:
    """The team that the configuration says, by the day of the work."""
    who = row["annotator"]
    if who in ("w1", "u1"):
        return "North" if row["submitted_at"][:10] <= "2024-03-05" else "South"
    return {"2": "North", "3": "South"}.get(who[1:])


def everything(loaded: dict[str, Rows]) -> Iterator[tuple[str, dict[str, str]]]:
    for title, rows in loaded.items():
        yield from ((title, row) for row in rows)


Key = Callable[[str, dict[str, str]], str | None]
KEYS: dict[str, Key] = {
    "source": lambda title, _: SOURCES[title],
    "program": lambda title, _: "Maps" if title == "Other" else "Search",
    "team": lambda _, row: team_of(row),
}


@pytest.mark.parametrize("key", KEYS)
def test_counts_and_people_of_two_tools(verb: Verb, loaded: dict[str, Rows], key: str):
    of = KEYS[key]
    n = Counter(of(title, row) for title, row in everything(loaded))
    assert by(verb, "annotations_submitted", key) == {one: (k, k) for one, k in n.items()}
    people = defaultdict(set)
    for title, row in everything(loaded):
        who = "Ana" if row["annotator"] in ("w1", "u1") else row["annotator"]
        people[of(title, row)].add(who)
    want = {one: (len(own), len(own)) for one, own in people.items()}
    assert by(verb, "active_annotators", key) == want
    assert ask(verb, "active_annotators")[0]["value"] == 6, "Ana counts once"


@pytest.mark.parametrize("key", KEYS)
def test_accuracy_has_one_definition(verb: Verb, loaded: dict[str, Rows], key: str):
    found: dict[str | None, list[bool]] = defaultdict(list)
    for title, row in everything(loaded):
        if row["gold"]:
            found[KEYS[key](title, row)].append(row["label"] == row["gold"])
    rows = {row[key]: row for row in ask(verb, "gold_accuracy", "--by", key)}
    assert {one for one, row in rows.items() if row["n"]} == found.keys()
    for one, right in found.items():
        n, p = len(right), sum(right) / len(right)
        assert (rows[one]["value"], rows[one]["n"]) == (pytest.approx(p), n)
        z = 1.959963984540054
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        assert (rows[one]["low"], rows[one]["high"]) == pytest.approx(
            (middle - half, middle + half)
        )


def items(loaded: dict[str, Rows], of: Key) -> dict[str | None, list[list[str]]]:
    """Key -> the labels of each item that two or more answered."""
    found: dict[str, list[str]] = defaultdict(list)
    keys = {}
    for title, row in everything(loaded):
        found[row["item"]].append(row["label"])
        keys[row["item"]] = of(title, row)
    shared = defaultdict(list)
    for item, labels in found.items():
        if len(labels) > 1:
            shared[keys[item]].append(labels)
    return shared


def percent(shared: list[list[str]]) -> float:
    scores = []
    for labels in shared:
        pairs = list(combinations(labels, 2))
        scores.append(sum(a == b for a, b in pairs) / len(pairs))
    return sum(scores) / len(scores)


def alpha(shared: list[list[str]]) -> float:
    """Krippendorff's nominal alpha: 1 - observed over expected disagreement."""
    given = Counter(label for labels in shared for label in labels)
    n = given.total()
    apart = sum(
        sum(a != b for a, b in combinations(labels, 2)) * 2 / (len(labels) - 1) for labels in shared
    )
    expected = sum(a * b for x, a in given.items() for y, b in given.items() if x != y) / (n - 1)
    return 1 - apart / expected


@pytest.mark.parametrize("key", ["source", "program"])
def test_agreement_is_that_of_all_items_together(verb: Verb, loaded: dict[str, Rows], key: str):
    shared = items(loaded, KEYS[key])
    for metric, formula in (("agreement_percent", percent), ("agreement_alpha", alpha)):
        want = {one: (pytest.approx(formula(own)), len(own)) for one, own in shared.items()}
        assert by(verb, metric, key) == want
        assert all(
            row["low"] < row["value"] < row["high"] for row in ask(verb, metric, "--by", key)
        )
    assert {row["project"] for row in ask(verb, "agreement_alpha")} == {"Tone", "Mood", "Other"}


def test_time_is_that_of_all_work_together(verb: Verb, loaded: dict[str, Rows]):
    for key, of in KEYS.items():
        spent = defaultdict(list)
        for title, row in everything(loaded):
            spent[of(title, row)].append(int(row["time_spent"]))
        want = {one: (pytest.approx(sum(own) / len(own)), len(own)) for one, own in spent.items()}
        assert by(verb, "time_spent_mean", key) == want


def test_a_linked_person_is_one_row_and_any_account_finds_it(verb: Verb, loaded: dict[str, Rows]):
    hers = sum(row["annotator"] in ("w1", "u1") for _, row in everything(loaded))
    names = by(verb, "annotations_submitted", "annotator", "--names")
    assert names["Ana"] == (hers, hers)
    for account in ("w1", "office/u1", "Ana"):
        words = ("--names", "--where", f"annotator={account}")
        assert by(verb, "annotations_submitted", "annotator", *words) == {"Ana": (hers, hers)}


def test_the_configuration_says_what_is_wrong(verb: Verb, folder: Path):
    person, team = '[[people]]\nname = "Ana"\n', '[[teams]]\nname = "T"\nmembers = '
    one = f'{person}accounts = ["s/3"]\n'
    wrong = {
        f'{person}accounts = ["3"]\n': "accounts number 1 must be SOURCE/ID such as studio/3",
        person: "[[people]] number 1: the key 'accounts' is missing",
        one + one.replace("Ana", "Ben"): "an account belongs to one person",
        f'{team}["a", {{account = "a", since = 2024-01-01}}]': (
            "number 2 is already a member on those days"
        ),
        f'{team}[{{account = "a", since = 2024-02-01, until = 2024-01-01}}]': (
            "[[teams]] 'T' members: number 1 ends before it begins"
        ),
        f"{team}[3]": "members: number 1 must be text, or a table such as {account",
        f'{team}[{{acount = "a"}}]': "did you mean 'account'?",
    }
    for text, told in wrong.items():
        (folder / "labelpulse.toml").write_text(text)
        done = verb("query", "annotations_submitted")
        assert done.code != 0
        assert told in done.err, done.err
        assert "Ana" not in done.err


def test_doctor_proposes_links_by_mail_without_telling_whose(verb: Verb, folder: Path):
    mail = "ana@example.org"
    for source, who in (("crowd", mail), ("office", mail.upper()), ("shop", "ben")):
        path = table(folder / f"{source}.csv", [{"item": "i", "annotator": who, "label": "x"}])
        assert verb("import", path, "--project", source, "--source", source).code == 0

    def notes(name: str) -> list[str]:
        return [one["text"] for one in verb("doctor", "--json").json if one["name"] == name]

    (said,) = notes("people")
    assert said.startswith("2 accounts share one e-mail address: link them by [[people]] with")
    assert '"crowd/…@…", "office/…@…"' in said
    assert "ana" not in said.lower()
    people = f'[[people]]\nname = "Ana"\naccounts = ["crowd/{mail}", "office/{mail.upper()}"]\n'
    (folder / "labelpulse.toml").write_text(people)
    assert verb("import", folder / "shop.csv", "--project", "shop", "--source", "shop").code == 0
    assert notes("people") == []
    (folder / "labelpulse.toml").write_text(people.replace("crowd/", "nowhere/"))
    (said,) = notes("configuration")[1:]
    assert said.startswith(
        "[[people]] number 1: the 1st of its accounts matches no account of any source"
    )
    assert "ana@" not in said.lower()
