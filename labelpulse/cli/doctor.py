"""`labelpulse doctor`: everything that could be wrong, each in a sentence with its remedy."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from labelpulse.cli.common import (
    FAILED,
    OK,
    ConfigOption,
    DbOption,
    JsonOption,
    open_reader,
    open_settings,
    print_json,
    sqlite_path,
)
from labelpulse.cli.sources import age_text
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Alert, Settings, Source
    from labelpulse.warehouse.health import ProjectHealth, SourceHealth

GOOD, NOTE, BAD = "ok", "note", "failed"
SHOWN = 5
SIGNS = {GOOD: "ok    ", NOTE: "note  ", BAD: "FAILED"}

WAL_LIMIT_MB, LOW_DISK_MB = 256, 1024
STALE_US = 900 * SECOND
STALE_POLLS = 5
MAX_OFFSET_MS = 60_000
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `state` is ok, note (worth knowing) or failed."""

    name: str
    state: str
    text: str


def doctor(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Check configuration, warehouse and sources; exit 1 when something failed."""
    checks = []
    for check in examine(config, db):
        checks.append(check)
        if not as_json:
            print(f"{SIGNS[check.state]}  {check.name}: {check.text}")
    if as_json:
        print_json([asdict(check) for check in checks])
    raise typer.Exit(FAILED if any(check.state == BAD for check in checks) else OK)


def examine(config: Path | None, db: str | None) -> Iterator[Check]:
    """Yield every check, the cheap ones first."""
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
        stored = _stored(reader)
    except LabelpulseError as error:
        state = _absent(settings)
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
    loaded = {one.name for one in stored if one.projects}
    for source in settings.sources:
        yield from _reach(settings, source, is_loaded=source.name in loaded)
    configured = {source.name: source for source in settings.sources}
    for one in stored:
        yield from _state(one, configured.get(one.name))


def _stored(reader: "Engine") -> "list[SourceHealth]":
    from labelpulse.metrics.registry import ROLLUPS
    from labelpulse.warehouse.health import sources

    return sources(reader, ROLLUPS)


# --- configuration ---


def _configuration(settings: "Settings") -> Iterator[Check]:
    if settings.file is None:
        text = "no labelpulse.toml here; defaults hold. `labelpulse init` writes one"
        yield Check("configuration", NOTE, text)
        return
    yield Check("configuration", GOOD, f"{settings.file} can be used")
    from labelpulse.ingest.targets import has_secret

    addresses = [settings.warehouse.url, *(source.url for source in settings.sources)]
    secret = any(has_secret(url.get_secret_value()) for url in addresses if url is not None)
    if secret and settings.file.stat().st_mode & 0o044:
        yield Check(
            "configuration",
            NOTE,
            f"{settings.file} holds a password and other users may read it: run "
            f"`chmod 600 {settings.file}`, or keep the address in url_env",
        )


def _folders(settings: "Settings") -> Iterator[Check]:
    """Check that the warehouse and the reports of the configuration can be written."""
    path = sqlite_path(settings)
    if path is not None and (problem := _not_writable(path)):
        yield Check("warehouse", BAD, problem)
    for report in settings.reports:
        folder = settings.folder / report.folder
        if problem := _not_writable(folder / "report"):
            yield Check(f"report {report.name}", BAD, problem)


def _not_writable(file: Path) -> str | None:
    """Return why a file cannot be written, with the remedy; None = it can."""
    if file.exists():
        if os.access(file, os.W_OK):
            return None
        return f"{file} cannot be written: change its permissions or choose another"
    folder = next(one for one in file.absolute().parents if one.exists())
    if not folder.is_dir():
        return f"{folder} is a file, so nothing can be written below it: choose another folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} cannot be written: change its permissions or choose another"
    return None


def _unmatched(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    if not (settings.projects or settings.people or settings.teams or settings.rates):
        return
    from labelpulse.cli.unmatched import unmatched
    from labelpulse.reader.holdings import holdings

    for text in unmatched(settings, holdings(reader)):
        yield Check("configuration", NOTE, text)


def _accounts(reader: "Engine") -> Iterator[Check]:
    """Propose to link accounts that share an e-mail address; nobody's name or address is told."""
    from labelpulse.reader.accounts import alike

    found = alike(reader)
    for accounts in found[:SHOWN]:
        listed = ", ".join(f'"{one.told}"' for one in accounts)
        yield Check(
            "people",
            NOTE,
            f"{len(accounts)} accounts share one e-mail address: link them by [[people]] with "
            f"accounts = [{listed}] if they are one human, so that they count once",
        )
    if len(found) > SHOWN:
        yield Check("people", NOTE, f"{len(found) - SHOWN:,} more groups of accounts do")


# --- alerts ---


def _alerts(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    """Check all rules in force and their channels, with those that were entered on a page."""
    from labelpulse.alerts.channels.entered import with_entered
    from labelpulse.alerts.drafts import check
    from labelpulse.alerts.look import rules_in_force
    from labelpulse.cli.query import scope_of
    from labelpulse.warehouse.engine import snapshot

    scope = scope_of(settings.file, names=False)
    with snapshot(reader) as conn:
        rules = rules_in_force(conn, settings)
        yield from _rules(rules, lambda rule: check(conn, scope, rule, now_us()))
    yield from _channels(with_entered(settings, reader), rules)


def _rules(
    rules: "Iterable[Alert]", ask: "Callable[[Alert], None] | None" = None
) -> Iterator[Check]:
    """Check that rules can be evaluated and can fire.

    Args:
        ask: raises UsageError where a rule names what the warehouse does not have.
    """
    from labelpulse.alerts.rules import metric_of, question

    for rule in rules:
        try:
            metric_of(rule)
            question(rule)
            if ask is not None:
                ask(rule)
        except LabelpulseError as error:
            yield Check(f"alert {rule.name}", BAD, str(error))


def _channels(settings: "Settings", rules: "Iterable[Alert]") -> Iterator[Check]:
    from labelpulse.alerts.absent import absent

    for channel, why in absent(settings, rules, whole=True).items():
        yield Check(f"channel {channel}", BAD, why)


# --- warehouse ---


def _absent(settings: "Settings") -> str:
    """A warehouse that is not there yet is no failure; one that does not answer is."""
    path = sqlite_path(settings)
    return NOTE if path is not None and not path.exists() else BAD


def _warehouse(settings: "Settings", reader: "Engine") -> Iterator[Check]:
    yield Check("warehouse", GOOD, f"{reader.dialect.name} answers, tables are of this version")
    path = sqlite_path(settings)
    if path is None:
        return
    wal = Path(f"{path}-wal")
    size = wal.stat().st_size / 2**20 if wal.exists() else 0
    if size > WAL_LIMIT_MB:
        yield Check(
            "warehouse",
            NOTE,
            f"its write-ahead log has {size:,.0f} MB: some reader keeps a transaction open; "
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
    """Return the kind of file system that a path is on; "" where the system does not say."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = [line.split()[1:3] for line in mounts]
    within = [(point, kind) for point, kind in found if path.is_relative_to(point)]
    return max(within, key=lambda one: len(one[0]))[1] if within else ""


# --- sources ---


def _plugins() -> Iterator[Check]:
    from labelpulse.ingest.plugins import broken_plugins

    for one in broken_plugins():
        yield Check(f"plug-in {one.name}", BAD, one.why)


def _reach(settings: "Settings", source: "Source", *, is_loaded: bool) -> Iterator[Check]:
    from labelpulse.ingest.plugins import live_source

    name = f"source {source.name}"
    try:
        live = live_source(settings, source)
        try:
            found = live.inspect()
        finally:
            live.close()
    except LabelpulseError as error:
        yield Check(name, BAD, str(error))
        return
    except Exception as error:  # noqa: BLE001 - a defective plug-in must not end the other checks
        text = f"its collector failed by a defect of its own ({type(error).__name__}): mend it"
        yield Check(name, BAD, text)
        return
    rows = sum(project.annotations for project in found.projects)
    projects = plural(len(found.projects), "project")
    tool = f"{found.tool} {found.version}".strip()
    what = f"{tool}: {projects}, {plural(rows, 'annotation')}"
    yield Check(name, GOOD, f"can be reached and read ({what})")
    for remark in found.remarks:
        yield Check(name, NOTE, remark)
    if not is_loaded:  # afterwards the warehouse itself says what matches nothing
        yield from _titles(settings, source, [project.title for project in found.projects])


def _titles(settings: "Settings", source: "Source", titles: Sequence[str]) -> Iterator[Check]:
    """Check that the source has the projects that the configuration names."""
    from labelpulse.cli.unmatched import did_you_mean

    named = [project.title for project in settings.projects if project.source == source.name]
    for title in named:
        if title not in titles:
            remedy = did_you_mean(title, titles)
            text = f"[[projects]] {title!r}: {source.name} has no such project{remedy}"
            yield Check("configuration", NOTE, text)


def _state(one: "SourceHealth", source: "Source | None") -> Iterator[Check]:
    name = f"source {one.name}"
    if one.state in ("broken", "retrying"):
        yield Check(name, BAD if one.state == "broken" else NOTE, f"{one.state}: {one.reason}")
    if source is not None:
        yield from _freshness(one, source)
    if one.quarantined:
        yield Check(
            name,
            NOTE,
            f"records set aside: {one.quarantined:,}; the page Data lists them with their reasons. "
            "Mend them at the source or in the file, and load again",
        )
    if one.clock_offset_ms is not None and abs(one.clock_offset_ms) > MAX_OFFSET_MS:
        seconds = one.clock_offset_ms / 1000
        yield Check(name, NOTE, f"its clock is {seconds:+,.0f} s from ours: set the clocks right")
    for project in one.projects:
        yield from _project(name, project, one.quarantined)


def _freshness(one: "SourceHealth", source: "Source") -> Iterator[Check]:
    name, now = f"source {one.name}", now_us()
    if one.ok_at is None:
        yield Check(name, NOTE, "was never polled with success: start `labelpulse up`")
        return
    polls = int(source.beat.total_seconds() * STALE_POLLS * SECOND)
    last = f"last polled {age_text(now - one.ok_at)}"
    if now - one.ok_at > max(STALE_US, polls):
        held = "a collector holds it but gets nowhere" if one.holder else "no collector runs"
        yield Check(name, NOTE, f"{last}, and {held}: start `labelpulse up`, or read its log")
    else:
        yield Check(name, GOOD, last)


def _project(name: str, project: "ProjectHealth", aside: int) -> Iterator[Check]:
    title = repr(project.title)
    if project.outdated:
        yield Check(
            name,
            NOTE,
            f"{title} is still counted the old way, since {project.outdated}: the next poll "
            "counts it anew, or `labelpulse rebuild` does",
        )
    if project.constant_time:
        yield Check(
            name,
            NOTE,
            f"{title}: all submission times were the same, so they count as unknown: map another "
            "column as submitted_at (and import a file again)",
        )
    if project.gap:
        rows = "row" if abs(project.gap) == 1 else "rows"
        remedy = "the next sweep mends it, or `labelpulse collect --once` does now"
        if 0 < project.gap <= aside:
            remedy = "it counts records that were set aside here, which only mending them changes"
        held = f"the source holds {project.gap:+,} {rows} against ours"
        yield Check(name, NOTE, f"{title}: {held}: {remedy}")
