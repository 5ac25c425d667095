"""People among their peers, and what to train whom in."""

from typing import Any

from labelpulse.core.estimate import Row
from labelpulse.findings.people import against_the_others, grouped
from labelpulse.findings.training import Confusion, Mistakes, against_gold, beside_others, card


def person(name: str, value: float, n: int, half: float) -> Row:
    return {"annotator": name, "value": value, "low": value - half, "high": value + half, "n": n}


def test_only_who_is_surely_below_most_is_called_so() -> None:
    crowd = [person(f"p{at}", 0.9, 100, 0.05) for at in range(10)]
    rows = grouped([*crowd, person("low", 0.5, 100, 0.08), person("few", 0.2, 9, 0.2)])
    by_name = {row["annotator"]: row for row in rows}
    assert (by_name["low"]["group"], by_name["low"]["below"]) == (2, True)
    assert (by_name["few"]["group"], by_name["few"]["below"]) == (None, False)
    assert {by_name[f"p{at}"]["group"] for at in range(10)} == {1}


def test_whose_interval_holds_everything_is_not_called_low() -> None:
    """One item of a thousand spans outweighs all others of a person: nothing is known of them."""
    crowd = [person(f"p{at}", 0.9, 100, 0.05) for at in range(10)]
    odd = {**person("odd", 0.1, 60, 0.0), "low": 0.0, "high": 1.0}
    rows = grouped([*crowd, odd])
    assert not any(row["below"] for row in rows)
    assert {row["annotator"] for row in rows} == {row["annotator"] for row in crowd}


def test_below_one_star_is_below_few() -> None:
    star = person("star", 0.99, 2000, 0.005)
    rows = grouped([star, *(person(f"p{at}", 0.88 + at / 100, 40, 0.08) for at in range(6))])
    assert not any(row["below"] for row in rows)
    assert next(row["group"] for row in rows if row["annotator"] == "star") == 1


def test_no_rows_make_no_groups() -> None:
    assert grouped([]) == []
    assert against_the_others({}) == {}


def told(counts: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [{"gold": gold, "label": label, "value": n} for (gold, label), n in counts.items()]


OWN = {("a", "a"): 10, ("a", "b"): 12, ("b", "b"): 20, ("b", "a"): 1, ("c", "a"): 3, ("c", "c"): 7}
ALL = {
    ("a", "a"): 190,
    ("a", "b"): 30,
    ("b", "b"): 200,
    ("b", "a"): 21,
    ("c", "a"): 63,
    ("c", "c"): 147,
}


def of(own: dict[tuple[str, str], int], everybody: dict[tuple[str, str], int]) -> Mistakes:
    return Mistakes(against_gold(told(own), told(everybody)), sum(own.values()))


def test_confusions_are_those_that_peers_make_less() -> None:
    found = of(OWN, ALL).weakest
    assert [(one.truth, one.given, one.n, one.of) for one in found] == [("a", "b", 12, 22)]
    assert found[0].peers == 18 / 198
    assert found[0].pair == "a|b"


def test_once_is_no_habit() -> None:
    alone = of({("a", "b"): 1, ("a", "a"): 29}, {("a", "b"): 1, ("a", "a"): 99})
    assert alone.weakest == []
    assert alone.told == "1 mistake in 30 answers: none twice and more often than the others"


def test_a_label_without_a_mistake_is_none() -> None:
    """Each label has a row of `error_lift`, also where nobody erred."""
    lifts = [
        {"label": label, "errors": errors, "n": 30, "peers": 0.1, "finding": False}
        for label, errors in (("a", 0), ("b", 0))
    ]
    found = beside_others(lifts)
    assert (list(found.found), found.answers) == ([], 60)
    assert found.told == "No mistakes that known answers or the others could show"
    (one,) = beside_others([{**lifts[0], "errors": 3}, lifts[1]]).found
    assert (one.truth, one.n) == ("a", 3)


def confused(truth: str, n: int, of: int, *, beyond: bool | None) -> Confusion:
    return Confusion(truth, "x", n, of, 0.01, "known answers", beyond)


def test_what_chance_does_not_explain_comes_first() -> None:
    """Also of fewer answers than a label takes otherwise; a profile's title is the first line."""
    many, few = confused("a", 9, 40, beyond=False), confused("b", 4, 15, beyond=True)
    found = Mistakes([many, few, confused("c", 4, 15, beyond=False)], 94)
    assert found.weakest == [few, many]
    assert found.told == few.told == "b taken for x: 4 of 15 answers; of the others, 1\xa0%"
    assert many.told.endswith("; of the others, 1\xa0% (may be chance)")


def test_who_is_surely_below_most_others_has_a_card_of_hints() -> None:
    """People offers it; a label alone has seldom enough known answers."""
    hint = confused("a", 4, 12, beyond=False)
    assert Mistakes([hint], 60).weakest == []
    assert Mistakes([hint], 60, apart=True).weakest == [hint]
    assert Mistakes([hint], 12, apart=True).weakest == []


def test_somebody_new_has_no_card_whatever_the_luck() -> None:
    found = Mistakes([confused("a", 2, 3, beyond=True), confused("b", 2, 4, beyond=False)], 9)
    assert found.weakest == []
    assert found.told == "4 mistakes in 9 answers: to name one takes 11 more answers"


def test_a_label_with_few_answers_says_how_many_it_takes() -> None:
    found = Mistakes([confused("a", 2, 3, beyond=False), confused("b", 3, 19, beyond=None)], 60)
    assert found.weakest == []
    assert found.told == (
        "5 mistakes in 60 answers, none beyond chance: to name one takes 1 more answer to b"
    )


def test_of_a_label_alone_it_is_said_that_it_was_missed() -> None:
    lone = Confusion("a", "", 9, 30, None, "most others")
    assert (lone.told, lone.pair) == ("a missed: 9 of 30 answers", "")


def test_the_note_on_the_charts_names_labels_only() -> None:
    text = card("Ana Silva", [Confusion("it's", "b", 9, 30, 0.1, "known answers")])
    command = text.split("Note the day: ")[1]
    assert "Ana" not in command
    assert """labelpulse mark 'Training on it'"'"'s and b' --kind training""" in command
