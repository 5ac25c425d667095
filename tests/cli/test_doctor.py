"""What `doctor` finds in a configuration before it does harm, and paths that cannot be written."""

from collections import defaultdict

import pytest

SOURCE = """
[[sources]]
name = "studio"
type = "label-studio-db"
url = "sqlite:///studio.sqlite3"
"""


def checks(verb, folder, config) -> dict[str, str]:
    """The texts of the checks of `doctor` that are not ok, by name."""
    (folder / "labelpulse.toml").write_text(config)
    texts = defaultdict[str, str](str)
    for check in verb("doctor", "--json").json:
        if check["state"] != "ok":
            texts[check["name"]] += f"{check['text']}\n"
    return texts


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ('metric = "agreement_persent"\nbelow = 0.8', "did you mean agreement_percent"),
        ('metric = "agreement_percent"\nbelow = 80', "write 0.8 for 80 %"),
        ('metric = "agreement_alpha"\nabove = 1.5', "agreement_alpha is from -1 to 1"),
        ('metric = "agreement_percent"\nby = ["day"]\nbelow = 0.8', "leave day out of by"),
    ],
)
@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_rule_that_can_never_fire_is_found(verb, folder, studio, rule, problem, is_loaded):
    config = f'{SOURCE}[[alerts]]\nname = "watch"\n{rule}\n'
    if is_loaded:
        (folder / "labelpulse.toml").write_text(SOURCE)
        assert verb("collect", "--once").code == 0
    assert problem in checks(verb, folder, config)["alert watch"]
    assert verb("doctor").code == 1


def test_a_rule_on_a_project_that_is_not_there_is_found(verb, folder, studio):
    (folder / "labelpulse.toml").write_text(SOURCE)
    assert verb("collect", "--once").code == 0
    rule = '[[alerts]]\nname = "watch"\nmetric = "progress"\nproject = "Adds"\nbelow = 0.5\n'
    assert "Adds" in checks(verb, folder, SOURCE + rule)["alert watch"]


@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_project_that_no_source_has_is_found(verb, folder, studio, is_loaded):
    if is_loaded:
        (folder / "labelpulse.toml").write_text(SOURCE)
        assert verb("collect", "--once").code == 0
    found = checks(verb, folder, f'{SOURCE}[[projects]]\nsource = "studio"\ntitle = "Adds"\n')
    assert "studio has no such project; did you mean 'Ads'?" in found["configuration"]


def test_folders_that_cannot_be_written_are_found(verb, folder):
    (folder / "file").write_text("")
    found = checks(
        verb,
        folder,
        '[warehouse]\nurl = "sqlite:///file/labelpulse.db"\n'
        '[[reports]]\nname = "weekly"\nfolder = "file/reports"\n',
    )
    assert "file is a file, so nothing can be written below it" in found["warehouse"]
    assert "file is a file" in found["report weekly"]


@pytest.mark.parametrize(
    "words",
    [
        ("report", "--output", "nowhere/report.html"),
        ("report", "--output", "."),
        ("import", "labels.csv", "--project", "P", "--db", "sqlite:///file/labelpulse.db"),
        ("import", "labels.csv", "--project", "P", "--db", "sqlite:///nowhere/labelpulse.db"),
        ("init", "studio.sqlite3", "--config", "nowhere/labelpulse.toml"),
        ("init", "studio.sqlite3", "--config", "file/labelpulse.toml"),
    ],
)
def test_a_path_that_cannot_be_written_is_a_sentence(verb, folder, studio, words):
    (folder / "file").write_text("")
    (folder / "labels.csv").write_text("item,annotator,label\na,ann,x\n")
    assert verb("import", "labels.csv", "--project", "P").code == 0
    done = verb(*words)
    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err
