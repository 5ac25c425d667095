"""Rules that were made on a page, as later versions find them."""

from pathlib import Path

from sqlalchemy import Engine

from tests.alerts.site import DIARY, FELL, HOUR, Site, pairs, settings_of


def test_a_kept_rule_that_is_refused_by_now_keeps_its_alert(engine: Engine, tmp_path: Path) -> None:
    """One that an older version made on a page."""
    site = Site(engine, settings_of(tmp_path, channels=DIARY))
    kept = {key: list(one) if isinstance(one, tuple) else one for key, one in FELL.items()}
    kept.pop("name")
    site.book.put_rule("fell", kept, "ann")
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    site.book.put_rule("fell", {**kept, "below": None, "drift": True}, "ann")
    site.poll(site.now + HOUR)
    why = site.go().errors["fell"]
    assert why.startswith("this version refuses it: a control chart judges day by day")
    assert {"event": "rule", "name": "fell", "state": "wrong", "error": why} in site.logged
    site.poll(site.now + 4 * HOUR)
    site.go()
    (one,) = site.incidents()
    assert one.open
    assert [told["kind"] for told in site.told()] == ["fired", "again"]
    site.book.remove_rule("fell")
    site.go()
    assert [one.ended_by for one in site.incidents()] == ["removed"]
