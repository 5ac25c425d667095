"""`labelpulse alerts`, by hand: who looks after what, what is silenced, what was right."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.alerts import MOST, RuleOption, app, rules_named
from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    open_existing,
    open_reader,
    open_settings,
)
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.warehouse.alerts import AlertBook

__all__ = ["app"]

IdsArgument = Annotated[
    list[int], typer.Argument(metavar="ID…", max=MOST, help="As `alerts list` tells.")
]
WhoOption = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so.")]


@app.command("ack")
def acknowledge(
    ids: IdsArgument,
    *,
    by: WhoOption = "",
    note: Annotated[str, typer.Option("--note", help="What is done about it.")] = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Say that somebody looks after alerts: they are not told again until they are over."""
    done = _book(open_settings(config, db)).acknowledge(ids, by or _me(), note)
    print(f"acknowledged {plural(done, 'alert')}")


@app.command("judge")
def judge(
    verdict: Annotated[str, typer.Argument(metavar="true|false", help="Was it right?")],
    ids: IdsArgument,
    *,
    by: WhoOption = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Say whether alerts were true or false, so that their quality can be told."""
    done = _book(open_settings(config, db)).judge(ids, verdict, by or _me())
    print(f"judged {plural(done, 'alert')}")


@app.command("close")
def close(
    ids: IdsArgument, *, by: WhoOption = "", config: ConfigOption = None, db: DbOption = None
) -> None:
    """End alerts by hand; they fire again once they were within their lines."""
    done = _book(open_settings(config, db)).close(ids, by or _me())
    print(f"closed {plural(done, 'alert')}")


@app.command("silence")
def silence(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who look later.")],
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=8760, help="How long.")] = 24.0,
    rule: RuleOption = None,
    project: Annotated[
        str | None, typer.Option("--project", metavar="P", help="Only of this project.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Of every rule, in every project.")
    ] = False,
    by: WhoOption = "",
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Tell nothing of a rule or a project for some hours; it is judged all the same."""
    from labelpulse.core.days import SECOND, now_us
    from labelpulse.warehouse.alerts import Silence

    if everything == (rule is not None or project is not None):
        raise UsageError(
            "--all silences every rule in every project: leave out --rule and --project, or --all"
            if everything
            else "say what to silence: --rule NAME, --project P or both; --all silences everything"
        )
    settings = open_settings(config, db)
    until = now_us() + int(timedelta(hours=hours).total_seconds() * SECOND)
    if rule is not None:
        rules_named(settings, rule)
    where = _project(settings, project)
    made = Silence(until, reason, by or _me(), rule=rule, project_id=where)
    print(f"silence {_book(settings).silence(made)} lasts {hours:g} hours")


@app.command("unsilence")
def unsilence(
    id_: Annotated[int, typer.Argument(metavar="ID", max=MOST, help="As `alerts silence` told.")],
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """End a silence now."""
    done = _book(open_settings(config, db)).unsilence(id_)
    print("ended" if done else f"silence {id_} had ended")


@app.command("retry")
def retry(
    id_: Annotated[int, typer.Argument(metavar="ID", max=MOST, help="As `alerts messages` tells.")],
    *,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Let a dead letter be tried again by the next `collect`."""
    from labelpulse.warehouse.outbox import Outbox

    done = Outbox(open_existing(open_settings(config, db)).engine).revive(id_)
    print("it is tried again" if done else f"message {id_} is not dead")


def _project(settings: "Settings", name: str | None) -> int | None:
    if name is None:
        return None
    from labelpulse.reader.catalog import Catalog
    from labelpulse.reader.query import EVERYONE
    from labelpulse.warehouse.engine import snapshot

    with snapshot(open_reader(settings)) as conn:
        return Catalog(conn, EVERYONE).find(name)[0].id


def _book(settings: "Settings") -> "AlertBook":
    from labelpulse.warehouse.alerts import AlertBook

    return AlertBook(open_existing(settings).engine)


def _me() -> str:
    """Return who is at this terminal, as the system knows them."""
    from getpass import getuser

    return getuser()
