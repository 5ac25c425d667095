"""`labelpulse init` on the address of a tool's API, with the token in a variable."""

import pytest
from pytest_httpserver import HTTPServer

from labelpulse.config import load_settings
from labelpulse.ingest.access import access_to
from tests.support.label_studio_api import PERSONAL, Tool


@pytest.fixture
def tool(httpserver: HTTPServer) -> Tool:
    return Tool(httpserver)


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("LABEL_STUDIO_API_TOKEN", ()),
        ("LABELPULSE_TOKEN", ()),
        ("STUDIO", ("--token-env", "STUDIO")),
    ],
)
def test_an_api_is_found_and_configured_without_its_token(
    verb, folder, tool, monkeypatch, variable, named
):
    monkeypatch.setenv(variable, PERSONAL)
    done = verb("init", tool.url, *named)
    assert done.code == 0
    assert "Lab text NER" in done.out
    written = (folder / "labelpulse.toml").read_text()
    assert PERSONAL not in written + done.out + done.err
    settings = load_settings(folder / "labelpulse.toml", environ={})
    source = settings.source("label-studio")
    assert (source.type, source.token_env) == ("label-studio-api", variable)
    assert source.beat.total_seconds() == 60
    assert access_to(settings, source).token == PERSONAL
    assert f"variable {variable}" in done.err


def test_without_a_token_nothing_is_asked(verb, folder, tool):
    done = verb("init", tool.url)
    assert done.code == 2
    assert "export LABEL_STUDIO_API_TOKEN" in done.err
    assert tool.asked == []
    assert not (folder / "labelpulse.toml").exists()


def test_a_refused_token_is_told_with_the_other_way_in(verb, folder, tool, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_TOKEN", "f" * 40)
    done = verb("init", tool.url)
    assert done.code == 1
    assert "personal access token" in done.err
    assert "export the project in the tool" in done.err


def test_what_init_writes_collects_and_reconciles(verb, folder, tool, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_TOKEN", PERSONAL)
    verb("init", tool.url)
    config = folder / "labelpulse.toml"
    written = config.read_text().replace("starter = true", "starter = false")
    config.write_text(written.replace("# projects = [", 'projects = ["Lab text NER"] # ['))
    assert verb("collect", "--once").code == 0
    done = verb("query", "annotations_submitted", "--json")
    assert [row["value"] for row in done.json["rows"]] == [42]
    assert verb("verify").code == 0
