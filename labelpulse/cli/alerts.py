"""`labelpulse alerts`: how rules stand, what would have fired, who looks after what."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    BREACH,
    OK,
    PARTLY,
    USAGE,
    ConfigOption,
    DbOption,
    JsonOption,
    open_reader,
    open_settings,
    print_csv,
    print_json,
    print_table,
    rounded,
    tell,
)
from labelpulse.cli.query import SinceOption, UntilOption, scope_of
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labelpulse.alerts.present import Standing
    from labelpulse.config import Alert, Settings

app = typer.Typer(help="See how rules stand, and what would have fired.", no_args_is_help=True)

RuleOption = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Only this rule.")]

MOST = 2**63 - 1
"""The highest id that a warehouse can give."""

ROWS = ("id", "rule", "state", "subject", "level", "since", "value", "low", "high", "n", "why")


@app.callback()
def _root() -> None:
    """Nothing happens before the sub-verb."""


@app.command("list")
def list_(
    *,
    rule: RuleOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List every subject of every rule as it stands now; nothing is kept or sent."""
    settings = open_settings(config, db)
    found = _present(settings, rule)
    _tell_absent(settings, found)
    rows = [document(one) for one in found]
    if as_json:
        print_json(rows)
    else:
        _print(ROWS, rows)


@app.command("check")
def check(
    *,
    rule: RuleOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Exit with 4 while any rule fires, for cron and CI; nothing is kept or sent."""
    settings = open_settings(config, db)
    found = _present(settings, rule)
    fires = [document(one) for one in found if one.fires]
    broken = {one.rule.name: one.why for one in found if one.state == "error"}
    for name, why in broken.items():
        tell(f"rule {name!r} cannot be asked: {why}")
    lost = _tell_absent(settings, found)
    stale = {one.rule.name for one in found if one.why == "stale"}
    if stale:
        tell(f"{plural(len(stale), 'rule')} cannot be judged: a source is silent")
    if as_json:
        print_json(fires)
    elif fires:
        _print(ROWS, fires)
    what = f"{plural(len(fires), 'alert')} of {plural(len(_names(found)), 'rule')}"
    tell(f"{what} {'fires' if len(fires) == 1 else 'fire'}")
    wrong = broken or lost
    raise typer.Exit(BREACH if fires else USAGE if wrong else PARTLY if stale else OK)


@app.command("backtest")
def backtest(
    *,
    rule: RuleOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Tell when rules would have fired on stored days: the last 90, or --since to --until."""
    from labelpulse.alerts.backtest import backtest as run
    from labelpulse.core.days import now_us, parse_day

    settings = open_settings(config, db)
    engine, scope = open_reader(settings), scope_of(settings.file, names=False)
    first, last = (None if one is None else parse_day(one) for one in (since, until))
    if first is not None and last is not None and first > last:
        raise UsageError(f"since {since} is after until {until}, so no day is left: swap the two")
    rows: list[dict[str, Any]] = []
    for one in rules_named(settings, rule):
        found = run(engine, settings, scope, one, now_us(), since=first, until=last)
        rows += [fired.document() for fired in found.fired]
        if found.as_of_now:
            tell(f"rule {one.name!r}: {one.metric} is only known as of now; told is what was kept")
    if as_json:
        print_json(rows)
        return
    columns = ("rule", "subject", "from", "to", "value", "low", "high", "n")
    _print(columns, rows)
    tell(f"would have fired {plural(len(rows), 'time')}")


@app.command("test")
def try_channel(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A table [channels.NAME].")],
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Send a test message through a channel; exit 1 where it is not taken."""
    from labelpulse.alerts.channels.entered import with_entered
    from labelpulse.alerts.delivery import send_test
    from labelpulse.core.days import now_us

    settings = open_settings(config, db)
    if channel not in settings.channels:
        settings = with_entered(settings, open_reader(settings))
    send_test(settings, channel, now_us())
    print(f"channel {channel!r} took the test message")


def _print(columns: "Sequence[str]", rows: "Sequence[Mapping[str, Any]]") -> None:
    print_table(columns, [[rounded(row[name]) for name in columns] for row in rows])


def document(one: "Standing") -> dict[str, Any]:
    """Return how a subject stands as JSON values."""
    from labelpulse.alerts.telling import day_text

    judged = {} if one.judged is None else asdict(one.judged)
    return {
        "id": None if one.incident is None else one.incident.id,
        "rule": one.rule.name,
        "metric": one.rule.metric,
        "state": one.state,
        "subject": one.subject.words,
        "keys": dict(one.subject.keys),
        "severity": one.rule.severity,
        "level": one.level,
        "since": day_text(one.since) or None,
        "day": day_text(one.machine.day) or None,
        **{key: judged.get(key) for key in ("value", "low", "high", "n")},
        "acknowledged": bool(one.incident and one.incident.acked_at),
        "why": one.why,
    }


def _tell_absent(settings: "Settings", found: "list[Standing]") -> bool:
    """Tell of each channel that is not there, once; return whether there is any."""
    from labelpulse.alerts.absent import absent
    from labelpulse.alerts.channels.entered import with_entered

    rules = {one.rule.name: one.rule for one in found}
    lost = absent(with_entered(settings, open_reader(settings)), rules.values())
    for channel, why in lost.items():
        tell(f"channel {channel!r} is {why}")
    return bool(lost)


def _names(found: "list[Standing]") -> set[str]:
    return {one.rule.name for one in found}


def _present(settings: "Settings", rule: str | None) -> "list[Standing]":
    from labelpulse.alerts.look import look
    from labelpulse.alerts.present import present
    from labelpulse.core.days import now_us

    engine, scope = open_reader(settings), scope_of(settings.file, names=False)
    rules = None if rule is None else rules_named(settings, rule)
    return present(look(engine, settings, scope, now_us(), rules))


def rules_named(settings: "Settings", name: str | None) -> "list[Alert]":
    """Return the rules in force, or the one of a name; UsageError when there is none."""
    from labelpulse.alerts.look import rules_in_force
    from labelpulse.warehouse.engine import snapshot

    with snapshot(open_reader(settings)) as conn:
        every = rules_in_force(conn, settings)
    found = [one for one in every if name in (None, one.name)]
    if name is not None and not found:
        known = ", ".join(one.name for one in every) or "none"
        raise UsageError(f"there is no rule {name!r}; in force are: {known}")
    return found


@app.command("export")
def export(
    id_: Annotated[int, typer.Argument(metavar="ID", max=MOST, help="As `alerts list` tells.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Print the items answered since an alert's change, to check them again, as CSV."""
    from labelpulse.alerts.recheck import COLUMNS, to_check

    settings = open_settings(config, db)
    engine, scope = open_reader(settings), scope_of(settings.file, names=False)
    rows = to_check(engine, settings, id_, scope)
    if as_json:
        print_json(rows)
    else:
        print_csv(COLUMNS, rows)


@app.command("messages")
def messages(
    *,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="At most so many.")
    ] = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List what was or is to be told, the newest first; dead letters can be tried again."""
    from labelpulse.core.days import iso
    from labelpulse.warehouse.posted import messages as posted

    found = posted(open_reader(open_settings(config, db)), limit)
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "message": one.key,
            "channel": one.channel,
            "kind": one.kind,
            "state": one.state,
            "attempts": one.attempts,
            "created": iso(one.created_at),
            "sent": iso(one.sent_at),
            "failure": one.failure,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    names = ("id", "channel", "kind", "state", "attempts", "created", "sent", "failure")
    print_table(names, [[row[name] for name in names] for row in rows])
