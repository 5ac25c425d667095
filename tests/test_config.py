from datetime import timedelta
from pathlib import Path

import pytest

from labelpulse.config import Settings, load_settings
from labelpulse.core.errors import ConfigError, LabelpulseError, UsageError
from labelpulse.ingest.access import access_to, needed_url

EXAMPLE = """
[warehouse]
url = "sqlite:///labelpulse.db"
[defaults]
timezone = "Asia/Tokyo"
[[sources]]
name = "studio"
type = "label-studio-db"
url_env = "STUDIO_DB_URL"
every = "5m"
projects = ["Ads"]
timezone = "Europe/Berlin"
[[projects]]
source = "studio"
title = "Ads"
program = "Search quality"
deadline = 2027-01-15
gold = ["ana", "bob"]
headline = "sentiment"
[projects.controls.sentiment]
scale = "ordinal"
labels = ["bad", "ok", "good"]
target = 0.80
accuracy_target = 0.95
[[teams]]
name = "Manila"
members = ["ana@example.org"]
[[rates]]
team = "Manila"
hourly = 9.5
currency = "USD"
[[alerts]]
name = "agreement fell"
metric = "agreement_percent"
by = ["project", "control"]
window = "7d"
below = 0.80
for = 3
channels = ["quality-team"]
[channels.quality-team]
url_env = "QUALITY_WEBHOOK"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labelpulse.toml"
    path.write_text(EXAMPLE)
    return path


def changed(file: Path, old: str, new: str) -> Path:
    assert old in EXAMPLE
    file.write_text(EXAMPLE.replace(old, new, 1))
    return file


def load(file: Path, **environ: str) -> Settings:
    return load_settings(file, environ=environ)


def test_every_key_of_the_contract_is_read(file):
    settings = load(file)
    studio = settings.source("studio")
    assert studio.beat == timedelta(minutes=5)
    assert studio.projects == ("Ads",)
    assert settings.alerts[0].periods == 3
    assert settings.rates[0].hourly == 9.5
    assert [one.account for one in settings.teams[0].members] == ["ana@example.org"]
    assert settings.project_data("studio", "Ads") == {
        "program": "Search quality",
        "deadline": "2027-01-15",
        "gold": ["ana", "bob"],
        "headline": "sentiment",
        "timezone": "Europe/Berlin",
        "default_timezone": "Asia/Tokyo",
        "controls": {
            "sentiment": {
                "scale": "ordinal",
                "labels": ["bad", "ok", "good"],
                "target": 0.8,
                "accuracy_target": 0.95,
            }
        },
    }


def test_a_project_zone_beats_its_source_and_the_default_stands_apart(file):
    settings = load(changed(file, 'title = "Ads"', 'title = "Ads"\ntimezone = "America/Lima"'))
    assert settings.project_data("studio", "Ads")["timezone"] == "America/Lima"
    assert settings.project_data("studio", "Else")["timezone"] == "Europe/Berlin"
    other = settings.project_data("import:T", "T")
    assert other == {"default_timezone": "Asia/Tokyo"}
    assert settings.default_zone() == "Asia/Tokyo"


def test_without_a_default_the_machine_decides(file, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    settings = load(changed(file, '[defaults]\ntimezone = "Asia/Tokyo"', ""))
    assert settings.default_zone() == "Asia/Kathmandu"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("every =", "evry =", ["[[sources]] 'studio'", "'evry'", "did you mean 'every'?"]),
        ("[[sources]]", "[[sorces]]", ["no table 'sorces'", "did you mean 'sources'?"]),
        ('"5m"', '"soon"', ["[[sources]] 'studio'", "every must be", '"10s"']),
        ('"5m"', '"0s"', ["every must be"]),
        ('scale = "ordinal"', 'scale = "big"', ["'Ads' controls sentiment", "scale must be"]),
        ('gold = ["ana", "bob"]', 'gold = "flags"', ["'Ads'", "gold must be", '"flag"']),
        ("target = 0.80", "target = 80", ["target must be less than or equal to 1"]),
        *[
            ("accuracy_target = 0.95", new, ["'Ads' controls sentiment", *told])
            for new, told in [
                ("accuracy_target = 95", ["accuracy_target must be less than or equal to 1"]),
                ("accuracy_target = -0.1", ["accuracy_target must be greater than or equal to 0"]),
                ('accuracy_target = "high"', ["accuracy_target must be a number"]),
                ("acuracy_target = 0.95", ["'acuracy_target'", "did you mean 'accuracy_target'?"]),
            ]
        ],
        ("Europe/Berlin", "Europe/Berlinn", ["timezone must be an IANA time zone"]),
        ('projects = ["Ads"]', "projects = 3", ["projects must be a list"]),
        ('type = "label-studio-db"', "", ["the key 'type' is missing"]),
        ('name = "studio"', 'name = "import:x"', ["names that begin with import:"]),
        ("for = 3", "for = 0", ["[[alerts]] 'agreement fell'", "for must be greater"]),
        ("hourly = 9.5", 'hourly = "x"', ["[[rates]] 'Manila': hourly must be a number"]),
        ('"USD"', '"dollars"', ["currency must be three capital letters such as USD"]),
        ('"USD"', '"USD"\nsince = "now"', ["since must be a day like 2026-12-25"]),
        (
            'title = "Ads"',
            'title = "Ads"\nholidays = [2026-12-25, "X"]',
            ["holidays: number 2"],
        ),
        (
            "[[teams]]",
            '[[markers]]\ntext = "v2"\nday = "soon"\n[[teams]]',
            ["[[markers]] number 1", "day must be a day like 2026-12-25"],
        ),
        (
            "[[teams]]",
            '[[markers]]\ntext = "v2"\nday = 2026-11-08\nkind = "party"\n[[teams]]',
            ["kind must be 'guideline', 'training' or 'release'"],
        ),
        ("for = 3", "periods = 3", ["there is no key 'periods'"]),
        ('name = "studio"', f'name = "{"x" * 201}"', ["name", "at most 200 characters"]),
        (
            "[[teams]]",
            f'[channels.{"x" * 201}]\ntype = "log"\n[[teams]]',
            ["[channels.x", "at most 200 characters"],
        ),
        ('title = "Ads"', 'title = "Ads', ["is not valid TOML", "line"]),
        ("below = 0.80", "drift = 1", ["drift must be true"]),
        ("below = 0.80", "drift = true", ["fell': drift evaluates each day", "remove window"]),
        (
            "below = 0.80",
            "late = true\nhysteresis = 0.1",
            ["fell': hysteresis applies to"],
        ),
        (
            '[channels.quality-team]\nurl_env = "QUALITY_WEBHOOK"',
            '[channels]\nq = "https://h.example.org"',
            ["q must be a table: write [channels.q], and below it its keys such as type and url"],
        ),
        (
            '[warehouse]\nurl = "sqlite:///labelpulse.db"',
            'warehouse = "x"',
            ["warehouse must be a table: write [warehouse], and below it its keys"],
        ),
        (
            'url_env = "QUALITY_WEBHOOK"',
            'url_env = "Q"\nsecret = "a"\nsecret_env = "B"',
            ["quality-team", "gives both secret and secret_env"],
        ),
    ],
)
def test_an_error_names_file_table_key_and_remedy(file, old, new, told):
    with pytest.raises(ConfigError) as error:
        load(changed(file, old, new))
    assert str(file) in str(error.value)
    assert [part for part in told if part not in str(error.value)] == []


def test_names_must_be_unique(file):
    twice = '[[teams]]\nname = "Manila"\n[[teams]]'
    with pytest.raises(ConfigError, match="'Manila' twice"):
        load(changed(file, "[[teams]]", twice))


@pytest.mark.parametrize(
    "bad",
    [
        'url = ["postgresql://reader:hush-hush@h/d"]',
        'url = "postgresql://reader:hush-hush@h/d"\nurl_env = "X"',
        'url = "postgresql://reader:hush-hush@h/d"\nevry = "1s"',
    ],
)
def test_no_error_shows_a_secret(file, bad):
    with pytest.raises(LabelpulseError) as error:
        load(changed(file, 'url_env = "STUDIO_DB_URL"', bad))
    assert "hush" not in str(error.value)
    assert "hush" not in repr(error.value.__cause__)


def test_no_text_of_the_settings_shows_a_secret(file):
    settings = load(
        file,
        LABELPULSE_SOURCES__STUDIO__URL="postgresql://reader:hush-hush@h/d",
        LABELPULSE_CHANNELS__QUALITY_TEAM__URL="https://hooks.example.org/hush-hush",
        LABELPULSE_DATABASE_URL="postgresql://w:hush-hush@h/w",
    )
    assert "hush" not in f"{settings} {settings!r} {settings.model_dump()}"
    assert (
        needed_url(access_to(settings, settings.source("studio")))
        == "postgresql://reader:hush-hush@h/d"
    )


def test_the_command_line_beats_the_environment_beats_the_file(file):
    environ = {"LABELPULSE_DATABASE_URL": "sqlite:///env.db"}
    assert _url(load_settings(file, "sqlite:///cli.db", environ)) == "sqlite:///cli.db"
    assert _url(load_settings(file, None, environ)) == "sqlite:///env.db"
    assert _url(load_settings(file, None, {})) == f"sqlite:///{file.parent}/labelpulse.db"
    other = load(file, LABELPULSE_WAREHOUSE__URL="sqlite:////var/w.db")
    assert _url(other) == "sqlite:////var/w.db"


def _url(settings: Settings) -> str:
    return settings.database.get_secret_value()


def test_without_a_file_there_are_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert (settings.file, settings.sources) == (None, ())
    assert _url(settings) == "sqlite:///labelpulse.db"


def test_the_file_beside_us_is_found(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert load_settings(environ={}).sources[0].name == "studio"
    monkeypatch.chdir(Path("/"))
    assert load_settings(environ={"LABELPULSE_CONFIG": str(file)}).file == file


def test_a_missing_file_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="no configuration at"):
        load(tmp_path / "nothing.toml")


def test_variables_reach_every_kind_of_table(file):
    settings = load(
        file,
        LABELPULSE_DEFAULTS__TIMEZONE="UTC",
        LABELPULSE_SOURCES__STUDIO__PROJECTS=r"Ads,A\,B",
        LABELPULSE_PROJECTS__ADS__CONTROLS__SENTIMENT__TARGET="0.9",
        LABELPULSE_PROJECTS__ADS__GOLD='["cid"]',
        LABELPULSE_CHANNELS__QUALITY_TEAM__URL="https://h.example.org",
        LABELPULSE_TEAMS__MANILA__MEMBERS="x,y",
        LABELPULSE_SOURCES__STUDIO__EVERY="",
    )
    assert settings.defaults.timezone == "UTC"
    assert settings.source("studio").projects == ("Ads", "A,B")
    assert settings.source("studio").beat == timedelta(minutes=5)
    assert settings.projects[0].controls["sentiment"].target == 0.9
    assert settings.projects[0].gold == ("cid",)
    assert settings.channels["quality-team"].url_env is None
    assert [one.account for one in settings.teams[0].members] == ["x", "y"]


def test_a_source_can_stand_in_variables_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        environ={
            "LABELPULSE_SOURCES__STUDIO__TYPE": "label-studio-db",
            "LABELPULSE_SOURCES__STUDIO__URL": "sqlite:////x.db",
        }
    )
    assert needed_url(access_to(settings, settings.source("studio"))) == "sqlite:////x.db"


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("LABELPULSE_SOURCE__STUDIO__URL", "TABLE is one of"),
        ("LABELPULSE_SOURCES__STUDIO", "key is missing"),
        ("LABELPULSE_SOURCES__STUDIO__EVRY", "did you mean 'every'?"),
        ("LABELPULSE_SOURCES__STUDIO__EVERY", "every must be"),
    ],
)
def test_a_bad_variable_is_named_without_its_value(file, variable, told):
    with pytest.raises(ConfigError) as error:
        load(file, **{variable: "hush-hush"})
    assert variable in str(error.value)
    assert told in str(error.value)
    assert "hush" not in str(error.value)


def test_secrets_come_from_variables_and_files(file, monkeypatch):
    settings = load(file)
    with pytest.raises(ConfigError, match=r"source 'studio': url_env names.*STUDIO_DB_URL"):
        needed_url(access_to(settings, settings.source("studio")))
    monkeypatch.setenv("STUDIO_DB_URL", "sqlite:///studio.db")
    assert (
        needed_url(access_to(settings, settings.source("studio")))
        == f"sqlite:///{file.parent}/studio.db"
    )

    (file.parent / "url.txt").write_text("postgresql://reader@h/d\n")
    settings = load(changed(file, 'url_env = "STUDIO_DB_URL"', 'url_file = "url.txt"'))
    assert needed_url(access_to(settings, settings.source("studio"))) == "postgresql://reader@h/d"
    (file.parent / "url.txt").unlink()
    with pytest.raises(ConfigError, match=r"url_file names .*url\.txt, which cannot be read"):
        needed_url(access_to(settings, settings.source("studio")))


def test_a_secret_that_is_not_set_is_told_by_the_key_that_is_written(file):
    channel = load(changed(file, 'url_env = "QUALITY_WEBHOOK"', 'secret_env = "NOT_SET"')).channel(
        "quality-team"
    )
    with pytest.raises(ConfigError, match=r"secret_env names .* or set secret_file$"):
        channel.secret("secret_key", "[channels.quality-team]", file.parent)


@pytest.mark.parametrize(
    ("written", "read"),
    [("true", True), ('"true"', True), ('"low"', "low"), ('"high"', "high")],
)
def test_a_side_of_a_chart_is_read(file, written, read):
    config = EXAMPLE.replace('window = "7d"\n', "").replace("below = 0.80", f"drift = {written}")
    file.write_text(config)
    assert load(file).alerts[0].drift == read


def test_a_side_that_is_none_is_told_once(file):
    with pytest.raises(ConfigError, match=r'drift must be true, "low" or "high"$'):
        load(changed(file, "below = 0.80", 'drift = "down"'))


def test_a_source_without_an_address_names_the_key(file):
    settings = load(changed(file, 'url_env = "STUDIO_DB_URL"', ""))
    with pytest.raises(ConfigError, match="source 'studio': url is missing"):
        needed_url(access_to(settings, settings.source("studio")))


def test_settings_cannot_be_changed(file):
    settings = load(file)
    with pytest.raises(ValueError, match="frozen"):
        settings.source("studio").name = "other"


LINK = "https://tool.example.org/projects/{project}/data?task={item}"


def test_a_link_is_a_template_of_its_source(file):
    assert load(file).links == {}
    changed(file, 'every = "5m"', f'every = "5m"\nlink = "{LINK}"')
    assert load(file).links == {"studio": LINK}


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("javascript:alert({item})", "must be a full address that begins with http"),
        ("/projects/{project}/{item}", "must be a full address that begins with http"),
        ("https://{item}.example.org/", "must name its host"),
        ("https://ana:hush@example.org/{item}", "must name its host"),
        ("https://example.org/{task}/{item}", "must contain {item}, may contain {project}"),
        ("https://example.org/{project}", "must contain {item}"),
        (
            "https://example.org/{item.__class__}/{item}",
            "must contain {item}, may contain {project}",
        ),
    ],
)
def test_a_link_that_cannot_be_is_told(file, link, said):
    changed(file, 'every = "5m"', f'every = "5m"\nlink = "{link}"')
    with pytest.raises(ConfigError) as told:
        load(file)
    assert f"link {said}" in str(told.value)
    assert "[[sources]] 'studio'" in str(told.value)
    assert "hush" not in str(told.value)


def test_a_link_quotes_native_ids():
    from labelpulse.config.links import item_link

    found = item_link({"studio": LINK}, "studio", "{item}", "a/b?c=ü#&{project}")
    assert found == (
        "https://tool.example.org/projects/%7Bitem%7D/data"
        "?task=a%2Fb%3Fc%3D%C3%BC%23%26%7Bproject%7D"
    )
    assert item_link({"studio": LINK}, "import:P", "1", "2") is None


def test_a_channel_is_found_by_name(file):
    assert load(file).channel("quality-team").url_env == "QUALITY_WEBHOOK"
    with pytest.raises(UsageError, match="configured are: quality-team"):
        load(file).channel("nobody")
