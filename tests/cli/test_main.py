import subprocess
import sys

import pytest

from labelpulse import __version__
from labelpulse.cli.main import VERBS, readable_error
from labelpulse.cli.output import print_json, print_table

HEAVY = ("pandas", "numpy", "scipy", "streamlit", "alembic", "apscheduler", "altair", "plotly")


def imported_by(*words):
    code = (
        "import sys\nfrom labelpulse.cli.main import main\n"
        f"sys.argv = ['labelpulse', *{list(words)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50
    )
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


def test_every_verb_of_the_contract_is_there(verb):
    done = verb("--help")
    assert done.code == 0
    names = [
        line.split()[0] for line in done.out.split("Commands:")[1].splitlines() if line.strip()
    ]
    assert set(names) == {*VERBS, "sources", "alerts", "queue", "db"}


def test_the_version(verb):
    assert verb("--version").out == f"{__version__}\n"


@pytest.mark.parametrize("words", [["no-such-verb"], ["query"], ["--no-such-option"], ["db", "x"]])
def test_wrong_usage_is_exit_2(verb, words):
    done = verb(*words)
    assert done.code == 2
    assert done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", [*VERBS, "sources", "db"])
def test_every_verb_has_help_and_the_shared_options(verb, name):
    done = verb(name, "--help")
    assert done.code == 0
    if name not in ("demo", "metrics", "db"):
        assert "--config" in done.out
        assert "--db" in done.out


def test_help_and_query_start_without_anything_heavy(tmp_path):
    url = f"sqlite:///{tmp_path / 'w.db'}"
    assert not imported_by("--help") & {*HEAVY, "sqlalchemy", "structlog"}
    assert not imported_by("query", "annotations_submitted", "--db", url) & {*HEAVY}


def test_no_warehouse_is_one_sentence_with_a_remedy(verb):
    done = verb("query", "annotations_submitted")
    assert done.code == 1
    assert done.err.startswith("Error: there is no warehouse at")
    assert "labelpulse import" in done.err
    assert done.out == ""


def test_what_fills_a_warehouse_depends_on_what_the_user_has(verb, folder, studio):
    nothing = verb("query", "annotations_submitted")
    (folder / "empty.db").touch()
    empty = verb("query", "annotations_submitted", "--db", "sqlite:///empty.db")
    assert empty.code == nothing.code == 1
    assert empty.err.startswith("Error: the warehouse is empty: ")
    for said in (nothing.err, empty.err):
        for way in ("init URL` and `labelpulse collect --once`", "import FILE --project", "demo`"):
            assert f"labelpulse {way}" in said
        assert said.count("\n") == 1
    verb("init", studio.url)
    configured = verb("query", "annotations_submitted")
    assert "`labelpulse collect --once` fills it" in configured.err
    assert "demo" not in configured.err
    assert verb("collect", "--once").code == 0
    assert verb("query", "annotations_submitted").code == 0


def test_a_configuration_that_is_not_there_is_wrong_usage(verb):
    assert verb("query", "annotations_submitted", "--config", "none.toml").code == 2


def test_a_bad_configuration_is_one_sentence(verb, folder):
    (folder / "labelpulse.toml").write_text("[[sources]]\nnam = 1\n")
    done = verb("doctor")
    assert done.code == 1
    assert "did you mean 'name'?" in done.out
    assert verb("collect", "--once").err.startswith("Error: labelpulse.toml: [[sources]] number 1:")


def test_database_errors_show_class_and_state_and_no_row():
    from sqlalchemy.exc import IntegrityError

    class Refused(Exception):
        pgcode = "23505"

    error = IntegrityError("INSERT", {"email": "ana@x"}, Refused("Key (email)=(ana@x)"))
    said = str(readable_error(error))
    assert "Refused, 23505" in said
    assert "ana" not in said
    assert readable_error(ValueError("x")) is None


def test_tables_and_documents(capsys):
    print_table(("a", "n"), [("x[red]y", 1), (None, 22)])
    out = capsys.readouterr().out
    assert "x[red]y" in out
    assert " 1 " in out
    print_json({"ä": [1.5, None]})
    assert capsys.readouterr().out == '{"ä": [1.5, null]}\n'
    with pytest.raises(ValueError, match="JSON"):
        print_json(float("nan"))
