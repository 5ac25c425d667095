"""`labelpulse import`: one file into the warehouse, through the same path as a poll.

stage (read to the end, judge) ─► project, settings ─► batches of 5,000 ─► rules
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path

from labelpulse.config import Settings
from labelpulse.core.errors import FileRefused, LabelpulseError
from labelpulse.core.events import BadRecord, ProjectRecord, canonical
from labelpulse.core.words import plural
from labelpulse.ingest.collect import follow_people
from labelpulse.ingest.formats import TABLES, find_format
from labelpulse.ingest.import_settings import Data, ImportFlags, Said
from labelpulse.ingest.lines import read_head
from labelpulse.ingest.stage import Stage, Summary
from labelpulse.source import FileFormat, ImportOptions
from labelpulse.warehouse.engine import checkpoint
from labelpulse.warehouse.lease import TTL_S, Lease
from labelpulse.warehouse.settings import stored
from labelpulse.warehouse.store import Warehouse

BATCH = 5_000
READING = 2
"""Raise it when a file is read differently than before, so that old ones are read again."""

MANY = 20
_USUAL = "the ids of a full export or a table"


@dataclass(frozen=True, slots=True)
class Watch:
    """How the caller follows an import.

    Attributes:
        tell: called with a sentence for people.
        progress: called with (what is being done, records done, records in all; 0 = unknown).
    """

    tell: Callable[[str], None] = lambda text: None  # noqa: ARG005
    progress: Callable[[str, int, int], None] = lambda what, done, total: None  # noqa: ARG005


@dataclass(slots=True)
class ImportResult:
    """What became of the records: read = loaded + unchanged + quarantined.

    Attributes:
        files: files loaded, or skipped as known.
        warnings: sentences on what the operator should look at.
        first_bad: the first few quarantined records.
        failed: one error a file that was refused.
    """

    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    files: int = 0
    warnings: list[str] = field(default_factory=list)
    first_bad: list[BadRecord] = field(default_factory=list)
    failed: list[LabelpulseError] = field(default_factory=list)

    def to_json(self) -> Data:
        """Return the contract's document."""
        names = ("read", "loaded", "unchanged", "quarantined", "files", "warnings")
        return {name: getattr(self, name) for name in names}


def import_files(
    warehouse: Warehouse,
    settings: Settings,
    paths: list[Path],
    flags: ImportFlags,
    watch: Watch | None = None,
) -> ImportResult:
    """Load files one after the other; one that is refused does not keep the others out.

    Raises:
        UsageError: the flags cannot hold.
        LabelpulseError: there is only one file, and it was refused.
    """
    flags.check(settings)
    result = ImportResult()
    for path in paths:
        try:
            _File(warehouse, settings, path, flags, watch or Watch(), result).load()
        except LabelpulseError as error:
            if len(paths) == 1:
                raise
            result.failed.append(error)
    if settings.people or settings.teams or settings.rates:  # without any, none is taken away
        follow_people(warehouse, settings)
    checkpoint(warehouse.engine)
    return result


class _File:
    """One file on its way in."""

    def __init__(
        self,
        warehouse: Warehouse,
        settings: Settings,
        path: Path,
        flags: ImportFlags,
        watch: Watch,
        result: ImportResult,
    ) -> None:
        self.warehouse = warehouse
        self.flags = flags
        self.path = path
        self.watch = watch
        self.result = result
        toml = settings.project_data(flags.source_name, flags.project)
        self.said = Said(flags, settings, toml, self._kept())

    def _kept(self) -> Data:
        """What earlier imports into the same project left."""
        known = self._source_id()
        ids = {} if known is None else self.warehouse.projects(known)
        if self.flags.project not in ids:
            return {}
        with self.warehouse.engine.connect() as conn:
            return stored(conn, ids[self.flags.project], "import")

    def _source_id(self) -> int | None:
        named = {name: known for known, name in self.warehouse.sources().items()}
        return named.get(self.flags.source_name)

    def load(self) -> None:
        before = _state(self.path)
        form = find_format(self.path, self.flags.format, self.flags.columns)
        options = self.said.options(table=form.name in TABLES)
        hashes = _hash(self.path), _options_hash(form, options, self.flags)
        if self._known(*hashes):
            return
        self.watch.tell(f"{self.path.name}: reading as {form.name}")
        with Stage(options.labels) as stage:
            summary = stage.fill(form.read(self.path, options), self._reading)
            if _state(self.path) != before:
                raise FileRefused(
                    f"{self.path.name} changed while it was read: import it once it is complete"
                )
            self._check(summary)
            self._check_identity(summary)
            self._write(stage, summary, hashes)
        self.result.files += 1

    def _reading(self, done: int) -> None:
        self.watch.progress(f"reading {self.path.name}", done, 0)

    def _known(self, file_hash: str, options_hash: str) -> bool:
        """Skip a file that was loaded just so before, but follow what the flags say now."""
        source_id = self._source_id()
        if source_id is None:
            return False
        former = self.warehouse.same_file(source_id, file_hash, options_hash)
        if former is None:
            return False
        self.watch.tell(f"{self.path.name}: loaded before with the same options, skipped")
        with self.warehouse.lease(source_id, wait_s=TTL_S + 1, tell=self.watch.tell) as held:
            project_id = self.warehouse.projects(source_id)[self.flags.project]
            kept = self.said.kept
            controls = list(kept.get("controls", {}))
            constant = bool(kept.get("constant_time"))
            self._keep_settings(
                held, project_id, self.said.to_keep(controls, gold=False, constant_time=constant)
            )
        self.result.read += former
        self.result.unchanged += former
        self.result.files += 1
        return True

    def _check(self, summary: Summary) -> None:
        if summary.good:
            return
        if not summary.bad:
            raise FileRefused(f"{self.path.name} holds no records: nothing was loaded")
        first = summary.first_bad[0]
        raise FileRefused(
            f"{self.path.name}: nothing in its {plural(summary.bad, 'record')} can be used, so "
            f"nothing was loaded (first: {first.record}: {first.detail})"
        )

    def _check_identity(self, summary: Summary) -> None:
        """Refuse a file whose annotations would be taken for others than those loaded before."""
        told = summary.project.identity if summary.project else ""
        before = self.said.kept.get("identity", "")
        if self.said.kept and told != before:
            raise FileRefused(
                f"{self.path.name} tells annotations apart by {told or _USUAL}, and the files "
                f"loaded into {self.flags.project!r} before by {before or _USUAL}: the same work "
                "would count twice. Export it as those files were, or import it into another "
                "--project"
            )

    # --- loading ---

    def _write(self, stage: Stage, summary: Summary, hashes: tuple[str, str]) -> None:
        source_id = self.warehouse.source(self.flags.source_name, "import")
        with self.warehouse.lease(source_id, wait_s=TTL_S + 1, tell=self.watch.tell) as held:
            run_id = self.warehouse.start_run(
                held,
                "import",
                file_name=self.path.name,
                file_hash=hashes[0],
                options_hash=hashes[1],
            )
            try:
                quarantined = self._write_under(held, run_id, stage, summary)
            except BaseException as error:  # Ctrl-C too
                told = error if isinstance(error, LabelpulseError) else type(error).__name__
                self.warehouse.finish_run(held, run_id, "failed", f"{self.path.name}: {told}")
                raise
            self.warehouse.finish_run(held, run_id, "partial" if quarantined else "ok")
            self.warehouse.set_state(held, "ok")
        self._warn(source_id, summary)

    def _write_under(self, held: Lease, run_id: int, stage: Stage, summary: Summary) -> int:
        title = self.flags.project
        project = summary.project or ProjectRecord(title, title)
        project_id = self.warehouse.register(held, project)
        controls = list({one.name: None for one in project.controls} | summary.controls)
        self._keep_settings(
            held,
            project_id,
            self.said.to_keep(
                controls,
                gold=summary.has_gold,
                constant_time="submitted_at" in summary.constant
                or bool(self.said.kept.get("constant_time")),
                identity=project.identity,
            ),
            apply=False,
        )
        done = quarantined = 0
        for batch in stage.batches(BATCH):
            written = self.warehouse.write(held, run_id, batch, live=False)
            self.result.loaded += written.loaded
            self.result.unchanged += written.unchanged
            quarantined += written.quarantined
            self.result.first_bad.extend(written.bad[: MANY - len(self.result.first_bad)])
            done += len(batch.annotations) + len(batch.bad)
            self.watch.progress(f"loading {self.path.name}", done, summary.read)
        self.warehouse.apply_rules(held, project_id, self.watch.tell)
        self.result.quarantined += quarantined
        self.result.read += done
        return quarantined

    def _keep_settings(
        self, held: Lease, project_id: int, data: Data, *, apply: bool = True
    ) -> None:
        self.warehouse.settings(held, project_id, "toml", self.said.toml)
        self.warehouse.settings(held, project_id, "import", data)
        if apply:
            self.warehouse.apply_rules(held, project_id, self.watch.tell)

    def _warn(self, source_id: int, summary: Summary) -> None:
        name, warnings = self.path.name, self.result.warnings
        for remark in summary.project.remarks if summary.project else ():
            warnings.append(f"{name}: {remark}")
        for column in summary.constant:
            warnings.append(
                f"{name}: {column} is the same in all {summary.good:,} records, so it tells when "
                "the file was made rather than when people worked; it counts as unknown"
            )
        torn = self._torn_gold(source_id) if summary.has_gold else []
        if torn:
            warnings.append(
                f"{name}: gold values conflict on {_some(torn)}: their answers are kept and they "
                "have no gold"
            )
        if summary.strange:
            warnings.append(
                f"{name}: labels that are not among those declared: {_some(list(summary.strange))}"
            )

    def _torn_gold(self, source_id: int) -> list[str]:
        """Items whose known answers conflict, in this file or with what was loaded before."""
        project_id = self.warehouse.projects(source_id).get(self.flags.project)
        return [] if project_id is None else self.warehouse.torn_gold(project_id)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MANY:,} more" if len(names) > MANY else ""
    return ", ".join(repr(name) for name in names[:MANY]) + more


def _state(path: Path) -> tuple[int, int]:
    read_head(path)
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileRefused(f"{path.name} cannot be read ({type(error).__name__})") from None


def _options_hash(form: FileFormat, options: ImportOptions, flags: ImportFlags) -> str:
    said = {
        "reading": READING,
        "format": form.name,
        "timezone": flags.timezone,
        "flags": [flags.scale, flags.labels, flags.separator],
        **asdict(options),
    }
    return sha256(canonical(said).encode()).hexdigest()
