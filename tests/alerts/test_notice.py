"""What a message says: the worst first, one line each, and where to look."""

import json

from labelpulse.alerts.notice import MOST_TOLD, Notice, letter, of
from tests.alerts.posting import notice


def test_a_notice_survives_its_document() -> None:
    told = notice(low=0.66, high=0.76, metric="agreement_percent", owner="Ana", level="critical")
    document = json.loads(json.dumps(told.document()))
    assert of(document) == told


def test_one_alert_reads_well() -> None:
    told = letter([notice(level="critical", owner="Ana")])
    assert told.subject == "Alert in Ads: agreement fell"
    assert told.level == "critical"
    assert told.text.splitlines() == [
        "Critical: agreement fell",
        "Ads, sentiment",
        "Since 20 Nov 2026.",
        "Likely one annotator.",
        "Owner: Ana",
        "https://labels.example.org/alerts?project=Ads",
    ]


def test_a_project_is_named_once() -> None:
    def second(subject: str) -> str:
        return letter([notice(project="Ads", subject=subject)]).text.splitlines()[1]

    assert second("Ads · mood") == "Ads · mood"
    assert second("Ads") == "Ads"
    assert second("Adsense") == "Ads, Adsense"


def test_what_fires_stands_first_and_the_worst_of_it() -> None:
    told = letter(
        [
            notice("resolved", title="gold is back"),
            notice("test", title="a test"),
            notice(title="pace is slow", level="info"),
            notice("again", title="queue grows", level="critical"),
            notice(title="agreement fell", level="critical"),
        ]
    )
    heads = [part.splitlines()[0] for part in told.text.split("\n\n")]
    assert heads == [
        "Critical: agreement fell",
        "For information: pace is slow",
        "Critical: queue grows",
        "Over: gold is back",
        "Test: a test",
    ]
    assert told.subject == "2 alerts fire in Ads: agreement fell …"


def test_subjects_say_what_is_the_case() -> None:
    def subject(*told: Notice) -> str:
        return letter(told).subject

    other = notice(project="Street", title="z")
    assert subject(notice(), other) == "2 alerts fire in 2 projects: agreement fell …"
    assert subject(notice(project="")) == "Alert in all projects: agreement fell"
    assert subject(notice("again")) == "Still firing in Ads: agreement fell"
    assert subject(notice("resolved")) == "Over in Ads: agreement fell"
    assert subject(notice("resolved"), notice("resolved")) == (
        "2 alerts are over in Ads: agreement fell …"
    )
    assert subject(notice("unconfirmed")) == "Not confirmed in Ads: agreement fell"
    assert subject(notice("stale", title="studio is silent")) == "studio is silent"
    assert subject(*[notice("stale", title="studio is silent")] * 3) == (
        "studio is silent, and 2 more"
    )
    assert subject(notice("digest", title="Your week")) == "Your week"
    assert subject(notice("of another version", title="New")) == "New"


def test_good_news_has_no_level() -> None:
    assert letter([notice("resolved", level="critical"), notice("fresh")]).level == ""
    assert letter([notice("stale", level="warning")]).level == "warning"


def test_names_of_the_source_stay_on_their_line() -> None:
    odd = "fell\r\nBcc: all@example.org {title} %s"
    told = letter([notice(title=odd, project="A\nds", lines=("one\ntwo",))])
    assert told.subject == "Alert in A ds: fell Bcc: all@example.org {title} %s"
    assert "one two" in told.text.splitlines()


def test_very_many_are_counted() -> None:
    told = letter([notice(incident=n) for n in range(MOST_TOLD + 2)])
    assert told.text.count("Warning: agreement fell") == MOST_TOLD
    assert told.text.endswith("\n\n2 more are not shown here.\n")
