"""Contract tests that every file format passes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labelpulse.config import load_settings
from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.core.events import AnnotationRecord, BadRecord, ProjectRecord
from labelpulse.ingest.formats import find_format
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import ImportResult, import_files
from labelpulse.ingest.targets import look_at
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import FileFormat, ImportOptions
from labelpulse.testing.faults import faults_of
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade


class FileFormatContract:
    """Contract tests of a file format; inherit from this class.

    Override the fixtures `form` and `sample`, and `options` if the file needs a map of columns.
    """

    named_by_content = True
    """False: such files are only read when the user names the format."""

    @pytest.fixture
    def form(self) -> FileFormat:
        """Return the format under test."""
        raise NotImplementedError("override the fixture `form`")

    @pytest.fixture
    def sample(self) -> Path:
        """Return a file with at least one annotation and no bad records."""
        raise NotImplementedError("override the fixture `sample`")

    @pytest.fixture
    def options(self) -> ImportOptions:
        """Return the options for reading the sample."""
        return ImportOptions("Contract")

    @pytest.fixture
    def warehouse(self, tmp_path: Path) -> Iterator[Warehouse]:
        """Yield an empty warehouse on SQLite."""
        engine = connect(f"sqlite:///{tmp_path / 'contract-warehouse.db'}")
        upgrade(engine)
        yield Warehouse(engine, ROLLUPS)
        engine.dispose()

    def test_it_is_recognised_before_all_others(self, form: FileFormat, sample: Path) -> None:
        """Detection by content selects this format."""
        if not self.named_by_content:
            pytest.skip("such files are only read when the user names the format")
        assert find_format(sample).name == form.name

    def test_init_shows_its_format_and_contents(self, form: FileFormat, sample: Path) -> None:
        """`labelpulse init` shows the format and the number of items."""
        if not self.named_by_content:
            pytest.skip("such files are only read when the user names the format")
        target = look_at(str(sample))
        assert target.files == (sample,)
        assert form.name in target.found.tool
        (project,) = target.found.projects
        assert project.items > 0

    def test_its_project_comes_first(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """The first record is the only project, under the requested title."""
        records = list(form.read(sample, options))
        projects = [at for at, record in enumerate(records) if isinstance(record, ProjectRecord)]
        assert projects == [0]
        assert isinstance(records[0], ProjectRecord)
        assert records[0].title == options.project
        assert any(isinstance(record, AnnotationRecord) for record in records), "no annotation"

    def test_its_records_have_no_fault(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """All records are canonical and have a location."""
        records = list(form.read(sample, options))
        assert isinstance(records[0], ProjectRecord)
        controls = records[0].controls
        assert [fault for record in records for fault in faults_of(record, controls)] == []
        annotations = [record for record in records if isinstance(record, AnnotationRecord)]
        assert all(annotation.location for annotation in annotations)
        assert {annotation.project for annotation in annotations} == {records[0].native_id}

    def test_reading_again_gives_the_same(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """Records do not depend on the time or the process of reading."""
        assert list(form.read(sample, options)) == list(form.read(sample, options))

    def test_a_truncated_file_is_refused(
        self, form: FileFormat, sample: Path, options: ImportOptions, tmp_path: Path
    ) -> None:
        """A file that ends within its last line is refused or has a bad record."""
        if sample.is_dir():
            pytest.skip("a folder cannot be truncated")
        content = sample.read_bytes().rstrip()
        last_line = content.rfind(b"\n") + 1
        truncated = tmp_path / sample.name
        truncated.write_bytes(content[: (last_line + len(content)) // 2])
        try:
            records = list(form.read(truncated, options))
        except (FileRefused, UsageError):
            return
        assert any(isinstance(record, BadRecord) for record in records)

    def test_an_import_loads_it_once(
        self, form: FileFormat, sample: Path, options: ImportOptions, warehouse: Warehouse
    ) -> None:
        """Read = loaded + unchanged + quarantined; importing the file again changes nothing."""
        first = _import(warehouse, sample, form, options)
        assert first.loaded > 0
        assert first.read == first.loaded + first.unchanged + first.quarantined
        assert first.quarantined == 0, first.first_bad
        again = _import(warehouse, sample, form, options)
        assert (again.loaded, again.read) == (0, first.read)


def _import(
    warehouse: Warehouse, sample: Path, form: FileFormat, options: ImportOptions
) -> ImportResult:
    flags = ImportFlags(
        project=options.project,
        format=form.name,
        columns=options.columns,
        scale=options.scale,
        labels=options.labels,
        separator=options.separator,
    )
    return import_files(warehouse, load_settings(environ={}), [sample], flags)
