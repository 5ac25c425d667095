"""What `labelpulse doctor` says of names in the configuration that are nobody's and nothing's."""

import pytest

from tests.ingest.importing import table

ROWS = [{"item": f"i{n}", "annotator": "ab"[n % 2], "label": "x"} for n in range(30)]


@pytest.fixture
def notes(verb, folder, studio):
    """Collect with a configuration's further tables, and return doctor's notes on it."""
    source = f'[[sources]]\nname = "studio"\ntype = "label-studio-db"\nurl = "{studio.url}"\n'

    def run(text, *, collect=True):
        (folder / "labelpulse.toml").write_text(source + text)
        if collect:
            assert verb("collect", "--once").code == 0
        done = verb("doctor", "--json")
        assert done.code == 0
        assert {one["state"] for one in done.json} <= {"ok", "note"}
        return [one["text"] for one in done.json if one["name"] == "configuration"][1:]

    return run


def test_a_project_of_another_title_hears_the_titles_there_are(notes):
    (said,) = notes('[[projects]]\nsource = "studio"\ntitle = "Quality"\n')
    assert said == "[[projects]] 'Quality': studio has no such project; available: 'Ads'"


def test_a_source_that_nobody_loads_hears_the_sources_there_are(verb, folder, notes):
    entry = '[[projects]]\nsource = "stduio"\ntitle = "Ads"\n'
    (said,) = notes(entry)
    assert said == (
        "[[projects]] 'Ads' source: nothing was loaded as 'stduio' yet; did you mean 'studio'?"
    )
    verb("import", table(folder / "votes.csv", ROWS), "--project", "Votes")
    assert notes('[[projects]]\nsource = "import:Votes"\ntitle = "Votes"\n') == []


def test_authors_of_gold_are_told_by_their_place_alone(notes):
    entry = '[[projects]]\nsource = "studio"\ntitle = "Ads"\n'
    (said,) = notes(entry + 'gold = ["1", "nobody@secret.test", "2", "no-other"]\n')
    assert said.startswith(
        "[[projects]] 'Ads' gold: the 2nd and 4th of its authors match no account of studio: "
    )
    assert "labelpulse query annotations_submitted --by annotator --names" in said
    assert "secret" not in said
    assert "no-other" not in said
    assert notes(entry + 'gold = ["1", "2"]\n') == []


def test_headline_and_controls_name_controls_of_the_project(notes):
    found = notes(
        '[[projects]]\nsource = "studio"\ntitle = "Ads"\nheadline = "intnt"\n'
        '[projects.controls.mood]\nscale = "nominal"\n'
    )
    where = "[[projects]] 'Ads'"
    assert found == [
        f"{where} headline: the project has no control 'intnt'; did you mean 'intent'?",
        f"{where} [projects.controls.mood]: the project has no such control; available: 'intent'",
    ]
    assert (
        notes(
            '[[projects]]\nsource = "studio"\ntitle = "Ads"\nheadline = "intent"\n'
            '[projects.controls.intent]\nscale = "nominal"\n'
        )
        == []
    )


def test_members_of_teams_are_told_by_their_place_alone(notes):
    (said,) = notes('[[teams]]\nname = "North"\nmembers = ["1", "gone@secret.test"]\n')
    assert said.startswith("[[teams]] 'North': the 2nd of its members matches no account of any")
    assert "secret" not in said


def test_members_by_mail_address_are_found(notes, studio):
    assert notes('[[teams]]\nname = "North"\nmembers = ["ana@lab.test", "2"]\n') == []


def test_accounts_that_a_source_may_still_bring_are_not_held_against_the_file(verb, folder, notes):
    """Which projects it has is known at once, by asking it."""
    verb("import", table(folder / "votes.csv", ROWS), "--project", "Votes")
    text = (
        '[[projects]]\nsource = "studio"\ntitle = "Quality"\ngold = ["nobody"]\n'
        '[[teams]]\nname = "North"\nmembers = ["nobody"]\n'
    )
    (note,) = notes(text, collect=False)
    assert "studio has no such project" in note
    assert len(notes(text)) == 2
