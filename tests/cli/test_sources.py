import sqlite3

import pytest

from labelpulse.cli.doctor import _filesystem, examine
from labelpulse.cli.sources import age_text
from tests.ingest.importing import table
from tests.support.label_studio import LabelStudio

ROWS = [{"item": f"i{n}", "annotator": "a", "label": "x", "status": ""} for n in range(30)]


GONE = {"source": "label-studio", "project": "Ads", "gap": -30}


@pytest.fixture
def collected(verb, studio):
    """A warehouse that has polled the small Label Studio once."""
    verb("init", studio.url)
    assert verb("collect", "--once").code == 0
    return studio


def checks(verb, *words):
    done = verb("doctor", "--json", *words)
    return done.code, [(one["name"], one["state"], one["text"]) for one in done.json]


def failed(found):
    return [one for one in found if one[1] == "failed"]


def test_sources_before_and_after_the_first_poll(verb, studio):
    verb("init", studio.url)
    (before,) = verb("sources", "--json").json
    assert (before["state"], before["last_ok"], before["rows"]) == ("new", None, 0)
    verb("collect", "--once")
    (after,) = verb("sources", "--json").json
    assert (after["source"], after["state"], after["rows"]) == ("label-studio", "ok", 14)
    assert after["projects"] == [{"title": "Ads", "state": "active", "gap": 0}]
    assert "label-studio" in verb("sources").out


def test_sources_without_any(verb, folder):
    assert verb("sources").code == 1  # there is no warehouse either
    table(folder / "t.csv", ROWS)
    verb("import", "t.csv", "--project", "P")
    (only,) = verb("sources", "--json").json
    assert (only["source"], only["type"], only["rows"]) == ("import:P", "import", 30)


def test_testing_a_source(verb, collected):
    done = verb("sources", "test", "label-studio")
    assert done.code == 0
    assert "can be reached and read" in done.err
    assert "a write was tried, and it was refused" in done.out
    told = verb("sources", "test", "label-studio", "--json").json
    assert told["ok"] is True
    assert [one["name"] for one in told["checks"]] == [
        "connection",
        "permissions",
        "clock",
        "sample",
    ]
    assert told["sample"]["answers"]
    assert verb("sources", "--json", "test", "label-studio").json["tool"] == "Label Studio"
    unknown = verb("sources", "test", "studoi")
    assert unknown.code == 2
    assert "configured are: label-studio" in unknown.err


def test_a_source_out_of_reach_is_named_with_its_key(verb, folder):
    (folder / "labelpulse.toml").write_text(
        '[[sources]]\nname = "reach"\ntype = "label-studio-db"\n'
        'url = "postgresql://reader:hush-hush@127.0.0.1:1/studio"\n'
    )
    for words in (["sources", "test", "reach"], ["doctor"], ["sources", "accept-deletes", "reach"]):
        done = verb(*words)
        assert done.code == 1, words
        said = done.out + done.err
        assert "reach" in said
        assert "url" in said
        assert "hush" not in said


def test_an_unknown_type_names_the_nearest(verb, folder):
    (folder / "labelpulse.toml").write_text(
        '[[sources]]\nname = "s"\ntype = "label-studo-db"\nurl = "sqlite:///x"\n'
    )
    done = verb("sources", "test", "s")
    assert done.code == 1
    assert "did you mean 'label-studio-db'?" in done.err


def test_the_way_out_of_the_delete_guard(verb, folder):
    tool = LabelStudio(f"sqlite:///{folder / 'studio.sqlite3'}")
    ana, project = tool.user("ana"), tool.project("Ads")
    ids = [tool.annotate(tool.task(project), ana) for _ in range(40)]
    verb("init", tool.url)
    verb("collect", "--once")
    for key in ids[:30]:
        tool.delete("task_completion", key)
    tool.close()
    refused = verb("collect", "--once")
    assert refused.code == 1
    assert "accept-deletes label-studio" in refused.err
    unlike = verb("verify", "--json")
    assert (unlike.code, unlike.json["source"]) == (4, [GONE])
    assert verb("query", "reconciliation_gap", "--json").json["rows"][0]["value"] == -30
    assert "broken" in str(checks(verb)[1])
    done = verb("sources", "accept-deletes", "label-studio", "--json")
    assert (done.code, done.json["deleted"]) == (0, 30)
    assert verb("sources", "--json").json[0]["rows"] == 10
    assert verb("verify").code == 0


def test_a_project_that_vanished_is_a_difference(verb, folder):
    tool = LabelStudio(f"sqlite:///{folder / 'studio.sqlite3'}")
    project = tool.project("Ads")
    tool.annotate(tool.task(project), tool.user("ana"))
    verb("init", tool.url)
    verb("collect", "--once")
    assert verb("verify").code == 0
    tool.delete("task_completion", 1)
    tool.delete("task", 1)
    tool.delete("project", project)
    tool.close()
    unlike = verb("verify", "--json")
    assert (unlike.code, unlike.json["source"]) == (4, [{**GONE, "gap": -1}])


def test_a_healthy_house(verb, collected):
    code, found = checks(verb)
    assert code == 0
    assert failed(found) == []
    names = {name for name, state, _ in found if state == "ok"}
    assert names == {"configuration", "warehouse", "disk", "source label-studio"}
    assert "FAILED" not in verb("doctor").out


def test_one_of_a_kind_is_counted_in_the_singular(verb, folder):
    tool = LabelStudio(f"sqlite:///{folder / 'studio.sqlite3'}")
    tool.annotate(tool.task(tool.project("Ads")), tool.user("ana"))
    tool.close()
    verb("init", tool.url)
    verb("collect", "--once")
    assert "1 project, 1 annotation)" in str(checks(verb)[1])
    assert "every rollup of 1 source equals" in verb("verify").err


def test_doctor_before_anything_is_there(verb):
    code, found = checks(verb)
    assert code == 0
    assert [(name, state) for name, state, _ in found] == [
        ("configuration", "note"),
        ("warehouse", "note"),
    ]


def test_doctor_names_each_trouble_and_its_remedy(verb, folder, studio):
    (folder / "labelpulse.toml").write_text(
        f'[[sources]]\nname = "studio"\ntype = "label-studio-db"\nurl = "{studio.url}"\n'
        '[[projects]]\nsource = "studio"\ntitle = "Adz"\n'
    )
    verb("collect", "--once")
    bad = [{**row, "status": "perhaps" if n == 3 else ""} for n, row in enumerate(ROWS)]
    verb("import", table(folder / "t.csv", bad), "--project", "P")
    code, found = checks(verb)
    said = "\n".join(f"{name}: {text}" for name, _, text in found)
    assert code == 0
    assert "[[projects]] 'Adz': studio has no such project; did you mean 'Ads'?" in said
    assert "source import:P: quarantined records: 1" in said
    (folder / "studio.sqlite3").unlink()
    code, found = checks(verb)
    assert code == 1
    assert [name for name, _, _ in failed(found)] == ["source studio"]


def test_doctor_on_a_warehouse_out_of_reach(verb):
    code, found = checks(verb, "--db", "postgresql://w:hush@127.0.0.1:1/w")
    assert code == 1
    assert [name for name, _, _ in failed(found)] == ["warehouse"]
    assert "hush" not in str(found)


def test_doctor_on_a_file_that_is_no_warehouse(verb, folder):
    (folder / "labelpulse.db").write_bytes(b"not a database at all, but long enough to tell")
    code, found = checks(verb)
    assert code == 1
    assert [name for name, _, _ in failed(found)] == ["warehouse"]


def test_a_readable_file_with_a_password_is_noted(verb, folder):
    config = folder / "labelpulse.toml"
    config.write_text(
        '[[sources]]\nname = "s"\ntype = "label-studio-db"\nurl = "postgresql://r:hush@127.0.0.1:1/x"\n'
    )
    config.chmod(0o644)
    assert "chmod 600" in str(checks(verb)[1])
    config.chmod(0o600)
    assert "chmod 600" not in str(checks(verb)[1])


def test_a_network_file_system_fails(verb, collected, monkeypatch):
    monkeypatch.setattr("labelpulse.cli.doctor._filesystem", lambda path: "nfs4")
    found = list(examine(None, None))
    assert [one.name for one in found if one.state == "failed"] == ["disk"]
    assert "network file system (nfs4)" in str(found)


def test_file_systems_are_told_apart(tmp_path):
    from pathlib import Path

    assert _filesystem(Path("/proc/self")) in ("proc", "")
    assert _filesystem(tmp_path) != "proc"


def test_ages_in_words():
    assert [age_text(n * 1_000_000) for n in (5, 90, 7_300, 200_000, -3)] == [
        "5 s ago",
        "1 min ago",
        "2 h ago",
        "2 d ago",
        "0 s ago",
    ]


class Stumbles:
    """A plug-in's collector that is defective."""

    @classmethod
    def from_access(cls, access):
        return cls()

    def inspect(self):
        raise ZeroDivisionError

    def close(self):
        """Nothing is open."""


def test_doctor_goes_on_after_a_defective_collector(verb, folder, monkeypatch):
    from importlib.metadata import EntryPoint

    from labelpulse.ingest import plugins

    point = EntryPoint("odd-db", f"{__name__}:Stumbles", plugins.COLLECTORS)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] * (group == point.group))
    (folder / "labelpulse.toml").write_text(
        '[[sources]]\nname = "a"\ntype = "odd-db"\n'
        '[[sources]]\nname = "b"\ntype = "folder"\npath = "."\n'
    )
    code, found = checks(verb)
    assert code == 1
    assert [one for one in found if one[0] == "source a"] == [
        (
            "source a",
            "failed",
            "its plug-in has a bug (ZeroDivisionError): report it to the plug-in's author",
        )
    ]
    assert any(one[0] == "source b" for one in found)


def test_a_gap_of_what_was_set_aside_is_told_as_such(verb, folder):
    """No poll brings what cannot be used, so none is advised."""
    db = sqlite3.connect(folder / "votes.sqlite3")
    db.execute("CREATE TABLE votes (id INTEGER PRIMARY KEY, item, who, label)")
    db.execute("INSERT INTO votes VALUES (1, 'i1', 'ana', 'x'), (2, 'i2', 'ana', NULL)")
    db.execute("INSERT INTO votes VALUES (3, NULL, 'ana', 'x')")
    db.commit()
    db.close()
    (folder / "labelpulse.toml").write_text(
        f'[[sources]]\nname = "v"\ntype = "sql"\nurl = "sqlite:///{folder}/votes.sqlite3"\n'
        '[sources.options]\ntable = "votes"\nkey = "id"\n'
        '[sources.options.columns]\nitem = "item"\nannotator = "who"\nlabel = "label"\n'
    )
    assert verb("collect", "--once").code == 3
    told = verb("verify")
    assert told.code == 4
    assert "the source has 2 rows more" in told.err
    assert "the source also counts 2 quarantined records" in told.err
    assert "collect" not in told.err
    (text,) = [text for name, _, text in checks(verb)[1] if "the source has" in text]
    assert "these are quarantined records" in text
    assert "sweep" not in text
