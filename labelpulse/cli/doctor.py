"""`labelpulse doctor`: check the whole installation; each problem comes with its remedy."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption
from labelpulse.cli.output import FAILED, OK, print_json
from labelpulse.cli.sources import age_text
from labelpulse.cli.warehouse import open_reader, open_settings, operator_scope, sqlite_path
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Alert, Settings, Source
    from labelpulse.warehouse.health import ProjectHealth, SourceHealth

GOOD, NOTE, BAD = "ok", "note", "failed"
MAX_SHOWN = 5
STATE_TEXTS = {GOOD: "ok    ", NOTE: "note  ", BAD: "FAILED"}

WAL_LIMIT_MB, LOW_DISK_MB = 256, 1024
STALE_US = 900 * SECOND
STALE_POLLS = 5
MAX_OFFSET_MS = 60_000
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs")


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check: `state` is ok, note (worth reading) or failed."""

    name: str
    state: str
    text: str


def doctor(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Check configuration, warehouse and sources; exit 1 if a check fails."""
    checks = []
    for check in examine(config, db):
        checks.append(check)
        if not as_json:
            print(f"{STATE_TEXTS[check.state]}  {check.name}: {check.text}")
    if as_json:
        print_json([asdict(check) for check in checks])
    raise typer.Exit(FAILED if any(check.state == BAD for check in checks) else OK)


def examine(config: Path | None, db: str | None) -> Iterator[Check]:
    """Yield all checks, cheap ones first."""
    from labelpulse.metrics.registry import ROLLUPS
    from labelpulse.warehouse.health import sources as stored_sources

    try:
        settings = open_settings(config, db)
    except LabelpulseError as error:
        yield Check("configuration", BAD, str(error))
        return
    yield from _configuration(settings)
    yield from _folders(settings)
    yield from _plugins()
    try:
        reader = open_reader(settings)
        stored = stored_sources(reader, ROLLUPS)
    except LabelpulseError as error:
        state = _unavailable_state(settings)
        yield Check("warehouse", state, str(error))
        if state == NOTE:
            yield from _rules(settings.alerts)
            yield from _channels(settings, settings.alerts)
        stored = []
    else:
        yield from _warehouse(settings, reader)
        yield from _unmatched(settings, reader)
        yield from _accounts(reader)
        yield from _alerts(settings, reader)
    loaded = {health.name for health in stored if health.projects}
    for source in settings.sources:
        yield from _connection(settings, source, is_loaded=source.name in loaded)
    configured = {source.name: source for source in settings.sources}
    for health in stored:
        yield from _health(health, configured.get(health.name))


# --- configuration ---


def _configuration(settings: "Settings") -> Iterator[Check]:
    if settings.file is None:
        text = "no labelpulse.toml here, so defaults apply; `labelpulse init` writes one"
        yield Check("configuration", NOTE, text)
        return
    yield Check("configuration", GOOD, f"{settings.file} is valid")
    from labelpulse.ingest.targets import has_secret

    addresses = [settings.warehouse.url, *(source.url for source in settings.sources)]
    has_password = any(has_secret(url.get_secret_value()) for url in addresses if url is not None)
    if has_password and settings.file.stat().st_mode & 0o044:
        yield Check(
            "configuration",
            NOTE,
            f"{settings.file} holds a password and other users may read it: run "
            f"`chmod 600 {settings.file}`, or keep the address in url_env",
        )


def _folders(settings: "Settings") -> Iterator[Check]:
    """Check that the warehouse and the folders of scheduled reports can be written."""
    path = sqlite_path(settings)
    if path is not None and (problem := _not_writable(path)):
        yield Check("warehouse", BAD, problem)
    for report in settings.reports:
        folder = settings.folder / report.folder
        if problem := _not_writable(folder / "report"):
            yield Check(f"report {report.name}", BAD, problem)


def _not_writable(file: Path) -> str | None:
    """Return why a file cannot be written, and the remedy; None if it can."""
    if file.exists():
        if os.access(file, os.W_OK):
            return None
        return f"{file} cannot be written: change its permissions or choose another"
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is a file, so nothing can be written below it: choose another folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} cannot be written: change its permissions or choose another"
    return None


def _unmatched(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    if not (settings.projects or settings.people or settings.teams or settings.rates):
        return
    from labelpulse.cli.unmatched import unmatched_names
    from labelpulse.reader.holdings import holdings

    for text in unmatched_names(settings, holdings(reader)):
        yield Check("configuration", NOTE, text)


def _accounts(reader: "Engine") -> Iterator[Check]:
    """Propose to link accounts that share an e-mail address, without showing names or addresses."""
    from labelpulse.reader.accounts import alike

    groups = alike(reader)
    for accounts in groups[:MAX_SHOWN]:
        listed = ", ".join(f'"{account.told}"' for account in accounts)
        yield Check(
            "people",
            NOTE,
            f"{len(accounts)} accounts share one e-mail address: link them by [[people]] with "
            f"accounts = [{listed}] if they belong to one person, so that they count once",
        )
    if len(groups) > MAX_SHOWN:
        more = plural(len(groups) - MAX_SHOWN, "more group", "more groups")
        yield Check("people", NOTE, f"{more} of accounts share an e-mail address")


# --- alerts ---


def _alerts(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    """Check all rules and their channels, with those that were entered on a page."""
    from labelpulse.alerts.channels.entered import with_entered
    from labelpulse.alerts.drafts import check
    from labelpulse.alerts.look import rules_in_force
    from labelpulse.warehouse.engine import snapshot

    scope = operator_scope(settings)
    with snapshot(reader) as conn:
        rules = rules_in_force(conn, settings)
        yield from _rules(rules, lambda rule: check(conn, scope, rule, now_us()))
    yield from _channels(with_entered(settings, reader), rules)


def _rules(
    rules: "Iterable[Alert]", check_data: "Callable[[Alert], None] | None" = None
) -> Iterator[Check]:
    """Check that rules can be evaluated and can fire.

    Args:
        check_data: raises UsageError if a rule names data that the warehouse does not have.
    """
    from labelpulse.alerts.rules import metric_of, question

    for rule in rules:
        try:
            metric_of(rule)
            question(rule)
            if check_data is not None:
                check_data(rule)
        except LabelpulseError as error:
            yield Check(f"alert {rule.name}", BAD, str(error))


def _channels(settings: "Settings", rules: "Iterable[Alert]") -> Iterator[Check]:
    from labelpulse.alerts.absent import absent

    for channel, why in absent(settings, rules, whole=True).items():
        yield Check(f"channel {channel}", BAD, why)


# --- warehouse ---


def _unavailable_state(settings: "Settings") -> str:
    """Return the state of a check that finds no warehouse: a missing file is no failure."""
    path = sqlite_path(settings)
    return NOTE if path is not None and not path.exists() else BAD


def _warehouse(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    yield Check("warehouse", GOOD, f"{reader.dialect.name} answers; the tables have this version")
    path = sqlite_path(settings)
    if path is None:
        return
    wal = Path(f"{path}-wal")
    size = wal.stat().st_size / 2**20 if wal.exists() else 0
    if size > WAL_LIMIT_MB:
        yield Check(
            "warehouse",
            NOTE,
            f"its write-ahead log has {size:,.0f} MB, so a reader has left a transaction open: "
            "restart the dashboard and the collector",
        )
    yield from _disk(path)


def _disk(path: Path) -> Iterator[Check]:
    from shutil import disk_usage

    free = disk_usage(path.absolute().parent).free / 2**20
    low = free < LOW_DISK_MB
    hint = ": make room, or the next load is rolled back" if low else ""
    yield Check("disk", BAD if free < 50 else NOTE if low else GOOD, f"{free:,.0f} MB free{hint}")
    kind = _filesystem(path.absolute())
    if kind.startswith(_NETWORK):
        yield Check(
            "disk",
            BAD,
            f"{path} is on a network file system ({kind}), where SQLite can be damaged: put it "
            "on a local disk, or use PostgreSQL",
        )


def _filesystem(path: Path) -> str:
    """Return the type of file system that holds a path; "" if the system does not list it."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    kinds = {fields[1]: fields[2] for fields in map(str.split, mounts)}
    points = [point for point in kinds if path.is_relative_to(point)]
    return kinds[max(points, key=len)] if points else ""


# --- sources ---


def _plugins() -> Iterator[Check]:
    from labelpulse.ingest.plugins import broken_plugins

    for plugin in broken_plugins():
        yield Check(f"plug-in {plugin.name}", BAD, plugin.why)


def _connection(settings: "Settings", source: "Source", *, is_loaded: bool) -> Iterator[Check]:
    from labelpulse.ingest.plugins import live_source

    name = f"source {source.name}"
    try:
        connection = live_source(settings, source)
        try:
            tool = connection.inspect()
        finally:
            connection.close()
    except LabelpulseError as error:
        yield Check(name, BAD, str(error))
        return
    except Exception as error:  # noqa: BLE001 - a defective plug-in must not end the other checks
        text = f"its plug-in has a bug ({type(error).__name__}): report it to the plug-in's author"
        yield Check(name, BAD, text)
        return
    projects = plural(len(tool.projects), "project")
    annotations = plural(sum(project.annotations for project in tool.projects), "annotation")
    version = f"{tool.tool} {tool.version}".strip()
    yield Check(name, GOOD, f"can be reached and read ({version}: {projects}, {annotations})")
    for remark in tool.remarks:
        yield Check(name, NOTE, remark)
    if not is_loaded:  # later the warehouse shows which names match nothing
        yield from _titles(settings, source, [project.title for project in tool.projects])


def _titles(settings: "Settings", source: "Source", titles: Sequence[str]) -> Iterator[Check]:
    """Check that the source has the projects that the configuration names."""
    from labelpulse.cli.unmatched import did_you_mean

    for project in settings.projects:
        if project.source == source.name and project.title not in titles:
            remedy = did_you_mean(project.title, titles)
            text = f"[[projects]] {project.title!r}: {source.name} has no such project{remedy}"
            yield Check("configuration", NOTE, text)


def _health(health: "SourceHealth", source: "Source | None") -> Iterator[Check]:
    name = f"source {health.name}"
    if health.state in ("broken", "retrying"):
        state = BAD if health.state == "broken" else NOTE
        yield Check(name, state, f"{health.state}: {health.reason}")
    if source is not None:
        yield _freshness(health, source)
    if health.quarantined:
        yield Check(
            name,
            NOTE,
            f"quarantined records: {health.quarantined:,}; the page Data lists them with their "
            "reasons. Correct them in the source or file, and load them again",
        )
    if health.clock_offset_ms is not None and abs(health.clock_offset_ms) > MAX_OFFSET_MS:
        seconds = health.clock_offset_ms / 1000
        yield Check(
            name,
            NOTE,
            f"its clock differs by {seconds:+,.0f} s from this machine's: set the clocks",
        )
    for project in health.projects:
        yield from _project(name, project, health.quarantined)


def _freshness(health: "SourceHealth", source: "Source") -> Check:
    name, now = f"source {health.name}", now_us()
    if health.ok_at is None:
        return Check(name, NOTE, "was never polled successfully: start `labelpulse up`")
    limit = int(source.beat.total_seconds() * STALE_POLLS * SECOND)
    last = f"last polled {age_text(now - health.ok_at)}"
    if now - health.ok_at <= max(STALE_US, limit):
        return Check(name, GOOD, last)
    reason = "a collector polls it without success" if health.holder else "no collector runs"
    return Check(name, NOTE, f"{last}, and {reason}: start `labelpulse up`, or read its log")


def _project(name: str, project: "ProjectHealth", quarantined: int) -> Iterator[Check]:
    title = repr(project.title)
    if project.outdated:
        yield Check(
            name,
            NOTE,
            f"{title} still has its earlier rollups, since {project.outdated}: the next poll or "
            "`labelpulse rebuild` recomputes them",
        )
    if project.constant_time:
        yield Check(
            name,
            NOTE,
            f"{title}: all submission times were the same, so they count as unknown: map another "
            "column as submitted_at (and import a file again)",
        )
    if project.gap:
        more = "more" if project.gap > 0 else "fewer"
        remedy = "the next sweep or `labelpulse collect --once` corrects it"
        if 0 < project.gap <= quarantined:
            remedy = "these are quarantined records; correct them in the source"
        rows = plural(abs(project.gap), "row")
        yield Check(name, NOTE, f"{title}: the source has {rows} {more}: {remedy}")
