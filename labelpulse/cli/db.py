"""`labelpulse db`: the warehouse's own care."""

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_settings,
    print_json,
    tell,
)

app = typer.Typer(help="Care for the warehouse itself.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Nothing happens before the sub-verb."""


@app.command("upgrade")
def upgrade(as_json: JsonOption = False, config: ConfigOption = None, db: DbOption = None) -> None:
    """Bring the warehouse's tables to this labelpulse's version."""
    from labelpulse.warehouse import versions
    from labelpulse.warehouse.engine import connect

    engine = connect(open_settings(config, db).database.get_secret_value())
    before = versions.upgrade(engine)
    if as_json:
        print_json({"before": before, "now": versions.HEAD})
    elif before == versions.HEAD:
        tell(f"the warehouse is up to date (version {versions.HEAD})")
    elif before is None:
        tell(f"the warehouse was empty and has version {versions.HEAD} now")
    else:
        tell(
            f"the warehouse went from version {before} to {versions.HEAD}; new sums fill when "
            "`labelpulse collect` or `labelpulse rebuild` runs next"
        )
