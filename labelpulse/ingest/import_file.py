"""One file on its way into the warehouse.

find ─► read (in a child, to the end) ─► judge ─► project, settings ─► batches of 5,000 ─► rules
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from labelpulse.config import Settings
from labelpulse.core.errors import FileRefused, LabelpulseError, UsageError
from labelpulse.core.events import Batch, ProjectRecord, canonical
from labelpulse.core.formats import plural, some
from labelpulse.ingest.archive_parts import called
from labelpulse.ingest.child import FileReader, Form
from labelpulse.ingest.content import content_hash, state_of
from labelpulse.ingest.formats import TABLES
from labelpulse.ingest.import_result import ImportResult, Watch
from labelpulse.ingest.import_settings import Data, ImportFlags, Said
from labelpulse.ingest.mapping import WORK
from labelpulse.ingest.odd_gold import odd_gold
from labelpulse.ingest.polled import Polled
from labelpulse.ingest.stage import Stage, Summary
from labelpulse.source import ANNOTATIONS, ImportOptions
from labelpulse.warehouse.lease import TTL_S, Lease
from labelpulse.warehouse.store import Warehouse

BATCH = 5_000
READING = 3
"""Raise it when a file is read differently than before, so that old ones are read again."""

MANY = 20
_USUAL = "the ids of a full export or a table"


@dataclass(frozen=True, slots=True)
class Into:
    """Where files go, and who follows that.

    Attributes:
        type: of the source that they belong to.
        polled: the project of theirs, where it is polled.
    """

    warehouse: Warehouse
    settings: Settings
    flags: ImportFlags
    reader: FileReader
    watch: Watch = field(default_factory=Watch)
    result: ImportResult = field(default_factory=ImportResult)
    type: str = "import"
    polled: Polled | None = None


class FileImport:
    """One file, or one folder that is a data set, on its way in.

    Args:
        name: how it is called in messages and in quarantine; None = by its own name.

    Attributes:
        native_id: of the project that it goes into.
    """

    def __init__(self, into: Into, path: Path, name: str | None = None) -> None:
        self.into = into
        self.warehouse = into.warehouse
        self.flags = into.flags
        self.native_id = into.polled.native_id if into.polled else into.flags.project
        self.path = path
        self.name = name or path.name
        self.watch = into.watch
        self.result = into.result
        toml = into.settings.project_data(into.flags.source_name, into.flags.project)
        self.said = Said(into.flags, into.settings, toml, self._kept())

    def _kept(self) -> Data:
        """What earlier imports into the same project left."""
        known = self._source_id()
        ids = {} if known is None else self.warehouse.projects(known)
        return self.warehouse.said(ids[self.native_id], "import") if self.native_id in ids else {}

    def _source_id(self) -> int | None:
        named = {name: known for known, name in self.warehouse.sources().items()}
        return named.get(self.flags.source_name)

    def _controls(self) -> dict[str, str]:
        """Return the project's questions and their scales, as far as they are known."""
        known = self._source_id()
        ids = {} if known is None else self.warehouse.projects(known)
        project_id = ids.get(self.native_id)
        return {} if project_id is None else self.warehouse.scales(project_id)

    def load(self) -> None:
        """Read the file to its end, then load all that is good in it.

        Raises:
            FileRefused: nothing of it was loaded, and why.
            UsageError: the flags do not fit it.
        """
        try:
            self._load()
        except (FileRefused, UsageError) as error:
            raise type(error)(self._called(str(error))) from None

    def _load(self) -> None:
        before = state_of(self.path)
        form = self.into.reader.find(self.path, self.flags.format, self.flags.columns)
        options = self._options(form)
        hashes = content_hash(self.path), _options_hash(form, options, self.flags, self.path)
        if self._known(*hashes):
            return
        self.watch.tell(f"{self.name}: reading as {form}")
        with self.into.reader.read(self.path, form.name, options, self._reading) as stage:
            if state_of(self.path) != before:
                raise FileRefused(
                    f"{self.name} changed while it was read: import it once it is complete"
                )
            self._check(stage.summary)
            self._check_identity(stage.summary)
            self._write(stage, hashes)
        self.result.files += 1

    def _options(self, form: Form) -> ImportOptions:
        """Return how the file is to be read."""
        return self.said.options(self._controls(), table=form.name in TABLES)

    def _called(self, text: str) -> str:
        return called(text, self.path.name, self.name)

    def _named(self, batch: Batch) -> Batch:
        """Return a batch whose places are called by our name."""
        bad = [replace(one, location=self._called(one.location) or self.name) for one in batch.bad]
        notes = batch.annotations
        if self.name != self.path.name:
            notes = tuple(replace(one, location=self._called(one.location)) for one in notes)
        return replace(batch, annotations=notes, bad=tuple(bad))

    def _reading(self, done: int) -> None:
        self.watch.progress(f"reading {self.name}", done, 0)

    def _known(self, file_hash: str, options_hash: str) -> bool:
        """Skip a file that was loaded just so before, but follow what the flags say now."""
        source_id = self._source_id()
        if source_id is None:
            return False
        former = self.warehouse.same_file(source_id, file_hash, options_hash)
        if former is None:
            return False
        self.watch.tell(f"{self.name}: loaded before with the same options, skipped")
        with self.warehouse.lease(source_id, wait_s=TTL_S + 1, tell=self.watch.tell) as held:
            project_id = self.warehouse.projects(source_id)[self.native_id]
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
        if summary.good or (summary.items and not summary.bad):
            return
        if not summary.bad:
            raise FileRefused(f"{self.name} holds no records: nothing was loaded")
        first = summary.first_bad[0]
        raise FileRefused(
            f"{self.name}: nothing in its {plural(summary.bad, 'record')} can be used, so "
            f"nothing was loaded (first: {first.record}: {first.detail})"
        )

    def _check_identity(self, summary: Summary) -> None:
        """Refuse a file whose annotations would be taken for others than those loaded before."""
        told = summary.project.identity if summary.project else ""
        before = self.said.kept.get("identity", "")
        if self.said.kept and told != before:
            raise FileRefused(
                f"{self.name} tells annotations apart by {told or _USUAL}, and the files "
                f"loaded into {self.flags.project!r} before by {before or _USUAL}: the same work "
                "would count twice. Export it as those files were, or import it into another "
                "--project"
            )

    # --- loading ---

    def _write(self, stage: Stage, hashes: tuple[str, str]) -> None:
        source_id = self.warehouse.source(self.flags.source_name, self.into.type)
        with self.warehouse.lease(source_id, wait_s=TTL_S + 1, tell=self.watch.tell) as held:
            run_id = self.warehouse.start_run(
                held,
                "import",
                file_name=self.name,
                file_hash=hashes[0],
                options_hash=hashes[1],
            )
            try:
                quarantined = self._write_under(held, run_id, stage)
            except BaseException as error:  # Ctrl-C too
                told = error if isinstance(error, LabelpulseError) else type(error).__name__
                self._finish(held, run_id, "failed", f"{self.name}: {told}")
                raise
            self._finish(held, run_id, "partial" if quarantined else "ok")
        self._warn(source_id, stage.summary)

    def _finish(self, held: Lease, run_id: int, state: str, message: str = "") -> None:
        """Record how the run ended, and how the source stands with it."""
        self.warehouse.finish_run(held, run_id, state, message)
        if state != "failed":
            self.warehouse.set_state(held, "ok")

    def _write_under(self, held: Lease, run_id: int, stage: Stage) -> int:
        title, summary = self.flags.project, stage.summary
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
        quarantined = self._write_batches(held, run_id, stage.batches(BATCH), summary.read)
        self.warehouse.apply_rules(held, project_id, self.watch.tell)
        return quarantined

    def _write_batches(
        self,
        held: Lease,
        run_id: int,
        batches: Iterable[Batch],
        total: int,
        stream: str = ANNOTATIONS,
    ) -> int:
        """Write batches and count what became of their records; return how many are bad."""
        done = quarantined = 0
        for batch in batches:
            written = self.warehouse.write(
                held, run_id, self._named(batch), live=False, stream=stream
            )
            self.result.loaded += written.loaded
            self.result.unchanged += written.unchanged
            quarantined += written.quarantined
            self.result.first_bad.extend(written.bad[: MANY - len(self.result.first_bad)])
            done += len(batch.annotations) + len(batch.bad)
            self.watch.progress(f"loading {self.name}", done, total)
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
        for remark in summary.project.remarks if summary.project else ():
            self._remark(remark)
        for column in summary.constant:
            self._remark(
                f"{column} is the same in all {summary.good:,} records, so it tells when the file "
                "was made rather than when people worked; it counts as unknown"
            )
        project_id = self.warehouse.projects(source_id).get(self.native_id)
        if summary.has_gold and project_id is not None:
            polled = self.into.polled is not None
            for told in odd_gold(self.warehouse, project_id, polled=polled):
                self._remark(told)
        if summary.strange:
            strange = some(list(summary.strange))
            self._remark(f"labels that are not among those declared: {strange}")

    def _remark(self, text: str) -> None:
        self.result.remarks.add(text, self.name)


def _asked(options: ImportOptions, flags: ImportFlags) -> list[str]:
    """Return the questions that known answers may be about, where a file holds nothing else."""
    alone = "gold" in flags.columns and not set(WORK) & set(flags.columns)
    return sorted(options.controls) if alone else []


def _options_hash(form: Form, options: ImportOptions, flags: ImportFlags, path: Path) -> str:
    said = {
        "reading": READING,
        "format": form.name,
        "timezone": flags.timezone,
        "flags": [flags.scale, flags.labels, flags.separator],
        **options.values(),
        "controls": _asked(options, flags),
    }
    if form.reads_name:
        said["file"] = path.name
    return sha256(canonical(said).encode()).hexdigest()
