"""`labelpulse import` of known answers for a project that is polled."""

import pytest

from tests.ingest.importing import table

ADS = ("--source", "label-studio", "--project", "Ads")


@pytest.fixture
def collected(verb, studio):
    """A warehouse that has polled the small Label Studio once."""
    verb("init", studio.url)
    assert verb("collect", "--once").code == 0
    return studio


def gold(folder, **known):
    rows = [{"item": item.removeprefix("t"), "gold": label} for item, label in known.items()]
    return table(folder / "gold.csv", rows)


def value(verb, metric):
    (row,) = verb("query", metric, "--json").json["rows"]
    return row["value"], row["n"]


def test_known_answers_are_loaded_and_the_rest_is_told(verb, collected, folder):
    before = [verb("query", one, "--json").out for one in ("annotations_submitted", "progress")]
    (stood,) = verb("sources", "--json").json
    path = gold(folder, t1="pos", t2="neg", t99="pos")
    done = verb("import", path, *ADS, "--json")
    assert done.code == 3
    assert (done.json["read"], done.json["loaded"], done.json["quarantined"]) == (3, 2, 1)
    assert "gold.csv line 4: quarantined: no item of the project has its id or name" in done.err
    assert "Import the file again once they are there" in done.err
    assert value(verb, "gold_accuracy")[1] == 4
    after = [verb("query", one, "--json").out for one in ("annotations_submitted", "progress")]
    assert after == before
    (stands,) = verb("sources", "--json").json
    assert stands == stood | {"quarantined": 1}
    assert verb("verify").code == 0
    assert verb("collect", "--once").code == 0
    assert value(verb, "gold_accuracy")[1] == 4
    assert verb("import", gold(folder, t1="pos", t2="neg"), *ADS).code == 0


def test_what_is_no_gold_for_it_is_wrong_usage(verb, collected, folder):
    work = table(folder / "work.csv", [{"item": "1", "annotator": "x", "label": "pos"}])
    done = verb("import", work, *ADS)
    assert done.code == 2
    assert "people's work there comes from its own database" in done.err
    done = verb("import", gold(folder, t1="pos"), *ADS, "--timezone", "Asia/Manila")
    assert (done.code, "leave --timezone out" in done.err) == (2, True)
    done = verb("import", gold(folder, t1="pos"), "--source", "label-studio", "--project", "Adds")
    assert (done.code, "has no project 'Adds'; it has 'Ads'" in done.err) == (2, True)


def test_a_source_that_was_not_collected_has_no_items(verb, studio, folder):
    verb("init", studio.url)
    done = verb("import", gold(folder, t1="pos"), *ADS)
    assert done.code == 2
    assert "run `labelpulse collect --once --source label-studio` first" in done.err


def test_a_watched_folder_takes_files_by_itself(verb, folder):
    (folder / "drop").mkdir()
    (folder / "labelpulse.toml").write_text(
        '[[sources]]\nname = "drop"\ntype = "folder"\npath = "drop"\n'
    )
    done = verb("import", gold(folder, t1="pos"), "--source", "drop", "--project", "P")
    assert (done.code, "is a watched folder: put the file into it" in done.err) == (2, True)


def test_a_source_is_polled_also_where_this_configuration_does_not_name_it(verb, collected, folder):
    url = f"sqlite:///{folder / 'labelpulse.db'}"
    (folder / "labelpulse.toml").rename(folder / "other.toml")
    work = table(folder / "work.csv", [{"item": "1", "annotator": "x", "label": "pos"}])
    assert verb("import", work, *ADS, "--db", url).code == 2
    assert verb("import", gold(folder, t1="pos"), *ADS, "--db", url).code == 0
    assert {one["type"] for one in verb("sources", "--json", "--db", url).json} == {
        "label-studio-db"
    }
