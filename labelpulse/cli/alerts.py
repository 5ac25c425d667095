"""`labelpulse alerts`: the state of rules, back-tests, and what people do about alerts."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import (
    MAX_ID,
    AlertIdsArgument,
    AuthorOption,
    ChannelArgument,
    ConfigOption,
    DbOption,
    JsonOption,
    LimitOption,
    ProjectOption,
    RuleOption,
    SinceOption,
    UntilOption,
)
from labelpulse.cli.output import (
    BREACH,
    OK,
    PARTLY,
    USAGE,
    print_csv,
    print_json,
    print_message,
    print_rows,
    print_table,
)
from labelpulse.cli.warehouse import open_existing, open_reader, open_settings, operator_scope
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.alerts.present import Standing
    from labelpulse.config import Alert, Settings
    from labelpulse.warehouse.alerts import AlertBook

app = typer.Typer(help="Show, test and manage alerts.", no_args_is_help=True)

COLUMNS = ("id", "rule", "state", "subject", "level", "since", "value", "low", "high", "n", "why")


@app.callback()
def _root() -> None:
    """Keep the sub-verbs together."""


# --- rules ---


@app.command("list")
def list_(
    *,
    rule: RuleOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List the current state of every subject of every rule; save and send nothing."""
    settings = open_settings(config, db)
    subjects = _current_subjects(settings, rule)
    _report_bad_channels(settings, subjects)
    rows = [subject_json(subject) for subject in subjects]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, COLUMNS)


@app.command("check")
def check(
    *,
    rule: RuleOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Exit with 4 while any rule fires, for cron and CI; save and send nothing."""
    settings = open_settings(config, db)
    subjects = _current_subjects(settings, rule)
    firing = [subject_json(subject) for subject in subjects if subject.fires]
    broken = {each.rule.name: each.why for each in subjects if each.state == "error"}
    for name, why in broken.items():
        print_message(f"rule {name!r} cannot be evaluated: {why}")
    has_bad_channels = _report_bad_channels(settings, subjects)
    stale = {subject.rule.name for subject in subjects if subject.why == "stale"}
    if stale:
        print_message(
            f"{plural(len(stale), 'rule')} cannot be evaluated: the data of a source are out of "
            "date"
        )
    if as_json:
        print_json(firing)
    elif firing:
        print_rows(firing, COLUMNS)
    rules = {subject.rule.name for subject in subjects}
    verb = "fires" if len(firing) == 1 else "fire"
    print_message(f"{plural(len(firing), 'alert')} of {plural(len(rules), 'rule')} {verb}")
    if firing:
        raise typer.Exit(BREACH)
    raise typer.Exit(USAGE if broken or has_bad_channels else PARTLY if stale else OK)


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
    """Show when rules would have fired: in the last 90 days, or from --since to --until."""
    from labelpulse.alerts.backtest import backtest as run_backtest
    from labelpulse.core.days import now_us, parse_day

    settings = open_settings(config, db)
    engine, scope = open_reader(settings), operator_scope(settings)
    first, last = (None if day is None else parse_day(day) for day in (since, until))
    if first is not None and last is not None and first > last:
        raise UsageError(f"since {since} is after until {until}, so no day is left: swap the two")
    rows: list[dict[str, Any]] = []
    for each in _rules_named(settings, rule):
        result = run_backtest(engine, settings, scope, each, now_us(), since=first, until=last)
        rows += [alert.document() for alert in result.fired]
        if result.as_of_now:
            print_message(
                f"rule {each.name!r}: {each.metric} cannot be recomputed for past days; these are "
                "the alerts that were saved"
            )
    if as_json:
        print_json(rows)
        return
    print_rows(rows, ("rule", "subject", "from", "to", "value", "low", "high", "n"))
    print_message(f"would have fired {plural(len(rows), 'time')}")


@app.command("test")
def send_test_message(
    channel: ChannelArgument,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Send a test message to a channel; exit 1 if it is refused."""
    from labelpulse.alerts.channels.entered import with_entered
    from labelpulse.alerts.delivery import send_test
    from labelpulse.core.days import now_us

    settings = open_settings(config, db)
    if channel not in settings.channels:
        settings = with_entered(settings, open_reader(settings))
    send_test(settings, channel, now_us())
    print(f"channel {channel!r} accepted the test message")


def subject_json(subject: "Standing") -> dict[str, Any]:
    """Return the state of a rule's subject as JSON values."""
    from labelpulse.alerts.telling import day_text

    evaluation = {} if subject.judged is None else asdict(subject.judged)
    incident = subject.incident
    return {
        "id": None if incident is None else incident.id,
        "rule": subject.rule.name,
        "metric": subject.rule.metric,
        "state": subject.state,
        "subject": subject.subject.words,
        "keys": dict(subject.subject.keys),
        "severity": subject.rule.severity,
        "level": subject.level,
        "since": day_text(subject.since) or None,
        "day": day_text(subject.machine.day) or None,
        **{key: evaluation.get(key) for key in ("value", "low", "high", "n")},
        "acknowledged": bool(incident and incident.acked_at),
        "why": subject.why,
    }


def _current_subjects(settings: "Settings", rule: str | None) -> "list[Standing]":
    """Evaluate the rules as of now, with those that cannot be evaluated."""
    from labelpulse.alerts.look import look
    from labelpulse.alerts.present import present
    from labelpulse.core.days import now_us

    engine, scope = open_reader(settings), operator_scope(settings)
    rules = None if rule is None else _rules_named(settings, rule)
    return present(look(engine, settings, scope, now_us(), rules))


def _report_bad_channels(settings: "Settings", subjects: "list[Standing]") -> bool:
    """Print a message for each channel that cannot be used; return whether any was printed."""
    from labelpulse.alerts.absent import absent
    from labelpulse.alerts.channels.entered import with_entered

    rules = {subject.rule.name: subject.rule for subject in subjects}
    problems = absent(with_entered(settings, open_reader(settings)), rules.values())
    for channel, why in problems.items():
        print_message(f"channel {channel!r} is {why}")
    return bool(problems)


def _rules_named(settings: "Settings", name: str | None) -> "list[Alert]":
    """Return all rules, or the rule of that name.

    Raises:
        UsageError: no rule has that name.
    """
    from labelpulse.alerts.look import rules_in_force
    from labelpulse.warehouse.engine import snapshot

    with snapshot(open_reader(settings)) as conn:
        rules = rules_in_force(conn, settings)
    chosen = [rule for rule in rules if name in (None, rule.name)]
    if name is not None and not chosen:
        available = ", ".join(rule.name for rule in rules) or "none"
        raise UsageError(f"there is no rule {name!r}; the rules are: {available}")
    return chosen


# --- alerts and their messages ---


@app.command("export")
def export(
    alert_id: Annotated[
        int, typer.Argument(metavar="ID", max=MAX_ID, help="Alert id, as `alerts list` shows it.")
    ],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Print the items answered since an alert's change as CSV, to check them again."""
    from labelpulse.alerts.recheck import COLUMNS as ITEM_COLUMNS
    from labelpulse.alerts.recheck import to_check

    settings = open_settings(config, db)
    rows = to_check(open_reader(settings), settings, alert_id, operator_scope(settings))
    if as_json:
        print_json(rows)
    else:
        print_csv(ITEM_COLUMNS, rows)


@app.command("messages")
def messages(
    *,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List sent, waiting and failed messages, newest first; `retry` sends a dead one again."""
    from labelpulse.core.days import iso
    from labelpulse.warehouse.posted import messages as stored_messages

    rows: list[dict[str, Any]] = [
        {
            "id": message.id,
            "message": message.key,
            "channel": message.channel,
            "kind": message.kind,
            "state": message.state,
            "attempts": message.attempts,
            "created": iso(message.created_at),
            "sent": iso(message.sent_at),
            "failure": message.failure,
        }
        for message in stored_messages(open_reader(open_settings(config, db)), limit)
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("id", "channel", "kind", "state", "attempts", "created", "sent", "failure")
    print_table(columns, [[row[column] for column in columns] for row in rows])


@app.command("ack")
def acknowledge(
    ids: AlertIdsArgument,
    *,
    by: AuthorOption = "",
    note: Annotated[str, typer.Option("--note", help="What is being done about it.")] = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Acknowledge alerts: no more messages about them until they resolve."""
    count = _alert_book(open_settings(config, db)).acknowledge(ids, by or _login_name(), note)
    print(f"acknowledged {plural(count, 'alert')}")


@app.command("judge")
def judge(
    verdict: Annotated[
        str, typer.Argument(metavar="true|false", help="Whether the alert was right.")
    ],
    ids: AlertIdsArgument,
    *,
    by: AuthorOption = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Record whether alerts were right, so that the quality of their rules can be measured."""
    count = _alert_book(open_settings(config, db)).judge(ids, verdict, by or _login_name())
    print(f"judged {plural(count, 'alert')}")


@app.command("close")
def close(
    ids: AlertIdsArgument,
    *,
    by: AuthorOption = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Close alerts; they fire again only after they were back within their limits."""
    count = _alert_book(open_settings(config, db)).close(ids, by or _login_name())
    print(f"closed {plural(count, 'alert')}")


@app.command("silence")
def silence(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, for everyone who reads it later.")],
    hours: Annotated[
        float, typer.Option("--hours", min=0.1, max=8760, help="Length of the silence.")
    ] = 24.0,
    rule: RuleOption = None,
    project: ProjectOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Silence every rule in every project.")
    ] = False,
    by: AuthorOption = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Send no messages about a rule or project for some hours; it is still evaluated."""
    from labelpulse.core.days import SECOND, now_us
    from labelpulse.warehouse.alerts import Silence

    if everything and (rule is not None or project is not None):
        raise UsageError(
            "--all silences every rule in every project: leave out --rule and --project, or --all"
        )
    if not everything and rule is None and project is None:
        raise UsageError(
            "name what to silence: --rule NAME, --project P or both; --all silences everything"
        )
    settings = open_settings(config, db)
    until = now_us() + int(timedelta(hours=hours).total_seconds() * SECOND)
    if rule is not None:
        _rules_named(settings, rule)
    project_id = None if project is None else _project_id(settings, project)
    request = Silence(until, reason, by or _login_name(), rule=rule, project_id=project_id)
    print(f"silence {_alert_book(settings).silence(request)} lasts {hours:g} hours")


@app.command("unsilence")
def unsilence(
    silence_id: Annotated[
        int,
        typer.Argument(metavar="ID", max=MAX_ID, help="Silence id, as `alerts silence` printed."),
    ],
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """End a silence now."""
    was_active = _alert_book(open_settings(config, db)).unsilence(silence_id)
    print(f"silence {silence_id} {'ended' if was_active else 'had already ended'}")


@app.command("retry")
def retry(
    message_id: Annotated[
        int,
        typer.Argument(metavar="ID", max=MAX_ID, help="Message id, as `alerts messages` shows it."),
    ],
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Let the next `collect` send a dead message again."""
    from labelpulse.warehouse.outbox import Outbox

    was_dead = Outbox(open_existing(open_settings(config, db)).engine).revive(message_id)
    print(f"message {message_id} {'will be sent again' if was_dead else 'is not dead'}")


def _project_id(settings: "Settings", project: str) -> int:
    from labelpulse.reader.catalog import Catalog
    from labelpulse.reader.query import EVERYONE
    from labelpulse.warehouse.engine import snapshot

    with snapshot(open_reader(settings)) as conn:
        return Catalog(conn, EVERYONE).find(project)[0].id


def _alert_book(settings: "Settings") -> "AlertBook":
    from labelpulse.warehouse.alerts import AlertBook

    return AlertBook(open_existing(settings).engine)


def _login_name() -> str:
    from getpass import getuser

    return getuser()
