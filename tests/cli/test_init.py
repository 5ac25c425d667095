import tomllib
import zipfile

import pytest

from labelpulse.config import load_settings
from labelpulse.ingest.access import access_to, needed_url
from labelpulse.ingest.targets import has_secret
from tests.ingest.importing import table
from tests.support.label_studio import LabelStudio

ROWS = [
    {"item": f"i{n // 2}", "annotator": "ab"[n % 2], "label": "x", "gold": "x" if n < 4 else ""}
    for n in range(40)
]


def test_a_label_studio_database_is_found_and_configured(verb, folder, studio):
    done = verb("init", "studio.sqlite3", "--json")
    assert done.code == 0
    (ads,) = done.json["projects"]
    assert list(done.json) == ["tool", "version", "config", "projects"]
    assert done.json["tool"] == "Label Studio"
    assert list(ads) == [
        *("title", "items", "annotations", "annotators", "first", "last", "share_two"),
        *("gold_candidates", "predictions", "reviews"),
    ]
    assert (ads["title"], ads["items"], ads["annotations"], ads["annotators"]) == ("Ads", 10, 14, 2)
    assert ads["share_two"] == 0.4
    assert ads["gold_candidates"]["flag by hand"] == 2
    settings = load_settings(folder / "labelpulse.toml", environ={})
    source = settings.source("label-studio")
    assert source.type == "label-studio-db"
    assert needed_url(access_to(settings, source)) == f"sqlite:///{folder / 'studio.sqlite3'}"


def test_what_init_writes_collects_and_reconciles(verb, studio):
    verb("init", studio.url)
    assert verb("collect", "--once").code == 0
    done = verb("query", "annotations_submitted", "--json")
    assert [row["value"] for row in done.json["rows"]] == [14]
    assert verb("verify").code == 0


def test_findings_for_people_name_zone_gold_and_what_comes_next(verb, studio):
    done = verb("init", studio.url)
    assert "Ads" in done.out
    assert "could be used as gold: flag by hand (2)" in done.out
    assert "Days are in Asia/Kathmandu (this machine's zone)" in done.out
    assert "too early for shares" in done.out
    assert "Wrote labelpulse.toml" in done.err
    assert "labelpulse up" in done.err


def test_a_project_without_overlap_hears_how_to_get_agreement(verb, folder):
    tool = LabelStudio(f"sqlite:///{folder / 'single.sqlite3'}")
    ana, project = tool.user("ana"), tool.project("Single")
    for _ in range(25):
        tool.annotate(tool.task(project), ana)
    tool.close()
    done = verb("init", "single.sqlite3")
    assert "none with answers of two people: agreement cannot be measured" in done.out
    assert "100 double-labeled items give ±8 points at 80 %, 400 give ±4" in done.out


def test_a_configuration_that_is_there_stays_unless_forced(verb, folder, studio):
    config = folder / "labelpulse.toml"
    config.write_text("# mine\n")
    done = verb("init", studio.url)
    assert done.code == 0
    assert config.read_text() == "# mine\n"
    assert "was not changed" in done.err
    verb("init", studio.url, "--force")
    assert "label-studio-db" in config.read_text()
    verb("init", studio.url, "--config", "other.toml")
    assert (folder / "other.toml").exists()


def test_a_password_never_reaches_the_file_or_the_screen(verb, folder, pg_database):
    tool = LabelStudio(pg_database)
    tool.project("Ads")
    tool.close()
    with_password = pg_database.replace("?", "?password=hush&", 1)
    if "?" not in pg_database:
        with_password = f"{pg_database}?password=hush"
    done = verb("init", with_password)
    assert done.code == 0, done.err
    text = (folder / "labelpulse.toml").read_text()
    assert 'url_env = "LABEL_STUDIO_DB_URL"' in text
    assert "hush" not in text + done.out + done.err
    assert "export LABEL_STUDIO_DB_URL=" in done.err
    assert "GRANT SELECT" in done.out


def test_the_warehouse_address_is_kept_unless_it_holds_a_password(verb, folder, studio):
    verb("init", studio.url, "--db", "sqlite:///w.db")
    assert 'url = "sqlite:///w.db"' in (folder / "labelpulse.toml").read_text()
    verb("init", studio.url, "--db", "postgresql://w:hush@h/w", "--force")
    text = (folder / "labelpulse.toml").read_text()
    assert "hush" not in text
    assert 'url_env = "LABELPULSE_DATABASE_URL"' in text


def test_a_table_is_looked_at_without_loading(verb, folder):
    table(folder / "votes.csv", ROWS)
    done = verb("init", "votes.csv", "--json")
    (votes,) = done.json["projects"]
    assert done.json["tool"] == "csv"
    assert (votes["title"], votes["items"], votes["annotations"]) == ("votes", 20, 40)
    assert (votes["share_two"], votes["gold_candidates"]) == (1.0, {"column": 4})
    assert not (folder / "labelpulse.db").exists()
    tomllib.loads((folder / "labelpulse.toml").read_text())
    assert "Next: `labelpulse import votes.csv --project votes`, then" in done.err


def test_a_table_of_other_columns_hears_how_to_map_them(verb, folder):
    (folder / "votes.csv").write_text("unit,who,vote\n1,a,x\n")
    done = verb("init", "votes.csv")
    assert done.code == 0
    every = "--map item=COLUMN,label=COLUMN,annotator=COLUMN"
    assert f"{every}; its columns are 'unit', 'who', 'vote'" in done.out
    assert "labelpulse import votes.csv --project votes --map item=COLUMN" in done.err
    assert not (folder / "labelpulse.toml").exists()
    mapped = "item=unit,label=vote,annotator=who"
    assert verb("import", "votes.csv", "--project", "V", "--map", mapped).code == 0


def test_a_folder_of_exports(verb, folder):
    exports = folder / "exports"
    exports.mkdir()
    for name in ("a.csv", "b.csv"):
        table(exports / name, ROWS)
    (exports / "notes.pdf").write_bytes(b"%PDF")
    done = verb("init", "exports", "--json")
    assert [one["title"] for one in done.json["projects"]] == ["a", "b"]
    (exports / "a.csv").unlink()
    (exports / "b.csv").unlink()
    assert verb("init", "exports").code == 1


def test_a_table_hears_how_reviews_come(verb, folder):
    table(folder / "votes.csv", ROWS)
    said = verb("init", "votes.csv").out
    assert "keeps no reviews" not in said
    assert "reviews come by a column status (or --map status=COLUMN) that holds accepted" in said
    reviewed = [
        {**row, "status": "accepted" if n % 4 else "rejected"} for n, row in enumerate(ROWS)
    ]
    table(folder / "reviewed.csv", reviewed)
    done = verb("init", "reviewed.csv")
    assert "--map status" not in done.out
    assert verb("init", "reviewed.csv", "--json").json["projects"][0]["reviews"] == 40


def test_several_files_hear_that_they_may_be_one_project_or_many(verb, folder):
    exports = folder / "exports"
    exports.mkdir()
    for name in ("a.csv", "b c.csv"):
        table(exports / name, ROWS)
    done = verb("init", "exports")
    assert "Each file is taken for a project of its own" in done.out
    assert "labelpulse import exports/a.csv --project a\n" in done.err
    assert "labelpulse import 'exports/b c.csv' --project 'b c'\n" in done.err
    assert "Or, if all files belong to one project:" in done.err
    assert "labelpulse import exports/a.csv 'exports/b c.csv' --project exports\n" in done.err
    assert done.err.count("Next") == 1
    assert 'project = "{file}"' in (folder / "labelpulse.toml").read_text()
    verb("init", "exports/a.csv", "--force")
    assert "# One project a file" not in (folder / "labelpulse.toml").read_text()


def test_folders_within_a_folder_are_proposed_as_the_projects_they_will_be(verb, folder):
    for name, n in (("ads/a.csv", 10), ("ads/b.csv", 40), ("top.csv", 10)):
        (folder / "exports" / name).parent.mkdir(parents=True, exist_ok=True)
        table(folder / "exports" / name, ROWS[:n])
    done = verb("init", "exports")
    assert "Each folder within this one is taken for a project of its own" in done.out
    assert [line.split()[:2] for line in done.out.splitlines() if ".csv" in line] == [
        ["ads", "a.csv"],
        ["ads", "b.csv"],
        ["exports", "top.csv"],
    ]
    assert "labelpulse import exports/ads/a.csv exports/ads/b.csv --project ads\n" in done.err
    assert "labelpulse import exports/top.csv --project exports\n" in done.err
    text = (folder / "labelpulse.toml").read_text()
    assert [line for line in text.splitlines() if line.startswith("# title")] == [
        '# title = "ads"',
        '# title = "exports"',
    ]


def test_two_forms_of_one_export_hear_that_one_is_enough(verb, folder):
    (folder / "exports").mkdir()
    for name in ("ads.csv", "ads.txt", "b.csv"):
        table(folder / "exports" / name, ROWS)
    done = verb("init", "exports")
    assert "- ads.csv and ads.txt bear one name, so they would be one project" in done.out
    assert "labelpulse import exports/ads.csv exports/ads.txt --project ads\n" in done.err


def test_a_configuration_elsewhere_is_named_in_what_comes_next(verb, folder):
    table(folder / "votes.csv", ROWS)
    (folder / "inner").mkdir()
    done = verb("init", "votes.csv", "--config", "inner/my.toml")
    assert "`labelpulse import votes.csv --project votes --config inner/my.toml`" in done.err
    assert "then `labelpulse dashboard --config inner/my.toml`" in done.err


def test_a_path_is_written_without_steps_up(verb, folder):
    (folder / "exports").mkdir()
    table(folder / "exports" / "a.csv", ROWS)
    (folder / "inner").mkdir()
    assert verb("init", "inner/../exports").code == 0
    source = tomllib.loads((folder / "labelpulse.toml").read_text())["sources"][0]
    assert source["path"] == str((folder / "exports").resolve())
    assert verb("init", "exports/..", "--force").code == 0
    source = tomllib.loads((folder / "labelpulse.toml").read_text())["sources"][0]
    assert source["name"] == folder.resolve().name
    assert "/.." not in verb("init", "inner/../exports", "--force").err


def test_an_archive_is_looked_at_as_it_would_be_imported(verb, folder):
    table(folder / "votes.csv", ROWS)
    (folder / "bad.csv").write_text("unit,who,vote\n1,a,x\n")
    (folder / "configs.json").write_text('{"cls": "<View/>"}')
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for name in ("votes.csv", "bad.csv", "configs.json"):
            archive.write(folder / name, name)
    done = verb("init", "all.zip")
    assert done.code == 0
    assert "- all.zip: configs.json is no export but a description, and passed over" in done.out
    assert "- all.zip: bad.csv has no column 'item'" in done.out
    assert "`labelpulse import all.zip --project all`" in done.err


def test_a_zipped_data_set_is_looked_at_as_one(verb, folder):
    with zipfile.ZipFile(folder / "boxes.zip", "w") as archive:
        archive.writestr("set/classes.txt", "car\nbike\n")
        archive.writestr("set/labels/1.txt", "0 0.5 0.5 0.2 0.2\n")
    done = verb("init", "boxes.zip", "--json")
    assert (done.json["tool"], [one["title"] for one in done.json["projects"]]) == (
        "yolo",
        ["boxes"],
    )


def test_a_folder_that_is_one_data_set_is_looked_at_as_one(verb, folder):
    for name, text in (("classes.txt", "car\nbike\n"), ("labels/1.txt", "0 0.5 0.5 0.2 0.2\n")):
        (folder / "boxes" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "boxes" / name).write_text(text)
    done = verb("init", "boxes")
    assert "yolo" in done.out
    assert "Project 'boxes' holds known answers on 1 item and nobody's work" in done.out
    assert "too early" not in done.out
    assert "no reviews" not in done.out
    assert "once you choose it" not in done.out
    assert "Next: `labelpulse import boxes --project boxes`, then" in done.err
    assert verb("import", "boxes", "--project", "boxes").code == 0


def test_known_answers_alone_hear_where_they_belong(verb, folder):
    table(folder / "gold.csv", [{"item": "i1", "gold": "x"}])
    said = verb("init", "gold.csv").out
    assert "import it into the project whose answers it is about, by --project TITLE" in said
    assert "reviews" not in said


def test_what_holds_for_several_files_is_said_once(verb, folder):
    (folder / "exports").mkdir()
    for name in ("a.csv", "b.csv"):
        table(folder / "exports" / name, [*ROWS, {**ROWS[0], "item": ""}])
    assert "- a.csv, b.csv: records that cannot be used as they are: 1\n" in (
        verb("init", "exports").out
    )


def test_files_that_cannot_be_read_are_not_proposed_for_import(verb, folder):
    exports = folder / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text("unit,who,vote\n1,a,x\n")
    (exports / "b.csv").write_text("item,annotator,label,submitted_at\n1,a,x,never\n")
    (exports / "c.json").write_text(
        '[{"id": 1, "data": {}, "annotations": [{"completed_by": 1, "was_cancelled"'
    )
    done = verb("init", "exports")
    assert done.code == 0
    assert "labelpulse import exports" not in done.err
    assert "Nothing here can be imported as it is (a.csv, b.csv, c.json)" in done.err
    assert "b.csv: no record can be used as it is (1 record read)" in done.out
    table(exports / "d.csv", ROWS)
    done = verb("init", "exports", "--force")
    assert "labelpulse import exports/d.csv --project d`" in done.err
    assert "a.csv" not in done.err
    assert [one["title"] for one in verb("init", "exports", "--json").json["projects"]] == ["d"]


def test_one_is_counted_in_the_singular(verb, folder):
    table(folder / "votes.csv", ROWS[:1])
    assert "Project 'votes' has 1 annotation: too early" in verb("init", "votes.csv").out


def test_without_a_target_there_is_a_start(verb, folder):
    done = verb("init")
    assert done.code == 0
    settings = load_settings(folder / "labelpulse.toml", environ={})
    assert settings.sources == ()
    assert verb("init", "--json").json == {
        "tool": None,
        "version": None,
        "config": "labelpulse.toml",
        "projects": [],
    }


@pytest.mark.parametrize(
    ("target", "code", "told"),
    [
        ("postgresql://reader:hush@127.0.0.1:1/x", 1, "publish its port"),
        ("sqlite:///none.sqlite3", 2, "mount the folder"),
        ("mysql://reader:hush@h/x", 2, "mysql:// is no address"),
        ("none.csv", 1, "there is no file none.csv"),
    ],
)
def test_a_target_that_is_none_is_one_sentence(verb, folder, target, code, told):
    done = verb("init", target)
    assert done.code == code
    assert told in done.err
    assert "hush" not in done.err
    assert done.err.count("\n") == 1
    assert not (folder / "labelpulse.toml").exists()


def test_no_connection_names_the_other_way_in(verb):
    assert "labelpulse import FILE" in verb("init", "postgresql://r@127.0.0.1:1/x").err


def test_titles_of_any_kind_give_valid_toml(verb, folder):
    tool = LabelStudio(f"sqlite:///{folder / 'odd.sqlite3'}")
    for title in ('a "quoted" \\ title', "two\nlines", "[[sources]]", "名前 \x7f", "#"):
        tool.project(title)
    tool.close()
    assert verb("init", "odd.sqlite3").code == 0
    text = (folder / "labelpulse.toml").read_text(encoding="utf-8")
    assert len(tomllib.loads(text)["sources"]) == 1
    unfolded = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [[proj", "# source =", "# title =")) else ""
        for line in text.splitlines()
    )
    titles = [one["title"] for one in tomllib.loads(unfolded)["projects"]]
    assert 'a "quoted" \\ title' in titles
    assert "two\nlines" in titles


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://a:b@h/d", True),
        ("postgresql://a@h/d?password=b", True),
        ("postgresql://a:b@[h/d", True),
        ("postgresql://a@h/d", False),
        ("postgresql://h:5432/d?sslmode=require", False),
        ("sqlite:////x/y.db", False),
    ],
)
def test_which_addresses_hold_a_password(url, secret):
    assert has_secret(url) is secret


def test_an_address_that_cannot_be_asked_is_no_tools_yet(verb):
    done = verb("init", "postgresql://reader:hush@127.0.0.1:1/cvat")
    assert done.code == 1
    assert "that address names a server at 127.0.0.1:1 that takes no connection now" in done.err
    assert "label-studio" not in done.err
    assert "hush" not in done.out + done.err
