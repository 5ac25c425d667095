"""Review and cost as a user meets them: a table with status words, a configuration with rates."""

import pytest

from tests.ingest.importing import table

WORDS = ("accepted", "rejected", "submitted", "accepted", "skipped")


@pytest.fixture
def votes(verb, folder):
    """Thirty votes of two people over three days, half an hour each; verb("import") loads them."""
    rows = [
        {
            "item": f"i{n}",
            "annotator": "ab"[n % 2],
            "label": "x",
            "status": WORDS[n % 5],
            "submitted_at": f"2024-03-0{4 + n // 10}T09:{n:02d}:00",
            "time_spent": 1800,
        }
        for n in range(30)
    ]
    return table(folder / "votes.csv", rows)


def ask(verb, metric: str, *words: str) -> list[dict]:
    done = verb("query", metric, "--json", "--names", *words)
    assert done.code == 0, done.err
    rows: list[dict] = done.json["rows"]
    return rows


def one(verb, metric: str, *words: str) -> dict:
    (row,) = ask(verb, metric, *words)
    return row


def rates(folder, text: str) -> None:
    teams = '[[teams]]\nname = "North"\nmembers = ["a", "b"]\n'
    (folder / "labelpulse.toml").write_text(teams + text)


def rate(whose: str, hourly: float, *, since: str = "", currency: str = "USD") -> str:
    dated = f"since = {since}\n" if since else ""
    return f'[[rates]]\n{whose}\nhourly = {hourly}\ncurrency = "{currency}"\n{dated}'


def test_status_words_are_reviews(verb, votes):
    assert verb("import", votes, "--project", "P").code == 0
    row = one(verb, "review_coverage")
    assert (row["value"], row["n"]) == (18 / 24, 24)
    row = one(verb, "review_acceptance")
    assert (row["value"], row["accepted_or_fixed"], row["n"]) == (12 / 18, 12 / 18, 18)
    assert one(verb, "first_pass_yield")["value"] == 12 / 18
    assert one(verb, "rework_rate", "--since", "2024-03-05")["value"] == 4 / 12
    by = {row["annotator"]: row["value"] for row in ask(verb, "rework_rate", "--by", "annotator")}
    assert by == {"a": 3 / 9, "b": 3 / 9}
    assert verb("verify").code == 0


def test_a_table_that_names_reviewers_tells_rubber_stamps(verb, folder):
    """Rex takes 20 s or more to reject and looks before he accepts; sue accepts one a second."""
    gaps = [("rex", "rejected", 20 + n) for n in range(30)]
    gaps += [("rex", "accepted", 60)] * 10 + [("sue", "accepted", 1)] * 21
    rows, clock = [], {"rex": 0, "sue": 0}
    for n, (who, word, gap) in enumerate(gaps):
        clock[who] += gap
        minute, second = divmod(clock[who], 60)
        times = {
            "submitted_at": f"2024-03-04T09:00:{n % 60:02d}",
            "reviewed_at": f"2024-03-05T09:{minute:02d}:{second:02d}",
        }
        cells = {"item": f"i{n}", "annotator": "a", "label": "x", "status": word, "reviewer": who}
        rows.append(cells | times)
    assert verb("import", table(folder / "judged.csv", rows), "--project", "P").code == 0
    found = {row["reviewer"]: row for row in ask(verb, "rubber_stamps", "--by", "reviewer")}
    assert {who: (row["value"], row["n"]) for who, row in found.items()} == {
        "rex": (0, 10),
        "sue": (1, 20),
    }
    assert found["sue"]["limit_s"] > 20
    assert one(verb, "review_acceptance")["value"] == 31 / 61


def test_a_later_verdict_is_another_review(verb, folder, votes):
    """The answer of i1 was rejected first; the next export says that it is accepted now."""
    verb("import", votes, "--project", "P")
    later = votes.read_text().replace(
        "i1,b,x,rejected,2024-03-04T09:01:00", "i1,b,x,accepted,2024-03-07T10:00:00"
    )
    (folder / "later.csv").write_text(later)
    verb("import", folder / "later.csv", "--project", "P")
    assert one(verb, "review_acceptance")["value"] == 13 / 18
    assert one(verb, "first_pass_yield")["value"] == 12 / 18
    assert one(verb, "rework_rate")["value"] == 6 / 18
    assert verb("verify").code == 0


def test_rates_of_the_configuration_price_an_import(verb, folder, votes):
    rates(folder, rate('team = "North"', 10) + rate('annotator = "b"', 20, since="2024-03-06"))
    assert verb("import", votes, "--project", "P").code == 0
    row = one(verb, "cost_per_accepted")
    assert (row["value"], row["currency"]) == ((20 * 5 + 4 * 10) / 12, "USD")
    assert ask(verb, "cost_per_accepted", "--by", "team")[0]["team"] == "North"
    row = one(verb, "cost_per_completed", "--until", "2024-03-05")
    assert (row["value"], row["n"]) == (5, 16)
    assert one(verb, "rework_cost")["value"] == 5 * 5 + 1 * 10


def test_a_rate_with_another_date_prices_history_anew_with_the_next_collect(verb, folder, votes):
    rates(folder, rate('team = "North"', 10))
    verb("import", votes, "--project", "P")
    assert one(verb, "cost_per_completed")["value"] == 5
    rates(folder, rate('team = "North"', 10) + rate('team = "North"', 30, since="2024-03-06"))
    assert verb("collect", "--once").code == 0
    assert one(verb, "cost_per_completed", "--since", "2024-03-06")["value"] == 15
    assert one(verb, "cost_per_completed", "--until", "2024-03-05")["value"] == 5
    rates(folder, "")
    assert verb("collect", "--once").code == 0
    assert "no rates are set" in one(verb, "cost_per_completed")["note"]


def test_every_new_metric_can_be_explained(verb, folder, votes):
    rates(folder, rate('team = "North"', 10))
    verb("import", votes, "--project", "P")
    reviews = ("review_acceptance", "reviewer_leniency", "reviewer_overturn", "rubber_stamps")
    for name in (*reviews, "review_gain", "review_error", "rework_cost"):
        assert verb("explain", name).code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (rate('team = "North"\nannotator = "a"', 9), "either team or annotator"),
        (rate("", 9), "either team or annotator"),
        (rate('team = "North"', 9, currency="dollars"), "currency"),
        (rate('team = "North"', -1), "hourly"),
        (rate('team = "North"', 9) * 2, "two rates of the same team or annotator"),
    ],
)
def test_rates_that_cannot_hold_are_refused(verb, folder, text, told):
    rates(folder, text)
    done = verb("query", "annotations_submitted")
    assert done.code != 0
    assert told in done.err


def test_doctor_names_rates_of_nobody_without_names_of_people(verb, folder, votes):
    text = rate('team = "Nroth"', 9) + rate('annotator = "a"', 9) + rate('annotator = "ana@x"', 9)
    rates(folder, text)
    verb("import", votes, "--project", "P")
    said = [one["text"] for one in verb("doctor", "--json").json if one["name"] == "configuration"]
    assert said[1] == (
        "[[rates]] number 1: there is no team 'Nroth' in [[teams]]; did you mean 'North'?"
    )
    assert said[2].startswith("[[rates]] number 3: its annotator matches no account of any source")
    assert "ana@x" not in "".join(said)
    assert len(said) == 3
