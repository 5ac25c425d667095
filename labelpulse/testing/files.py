"""What every file format has to keep, as a class of tests to inherit from."""

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
from labelpulse.testing.records import faults_of
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade


class FileFormatContract:
    """Tests of a file format on a small but telling sample.

    Give the fixtures `form` and `sample`, and `options` where the file needs a map of columns.
    """

    named_by_content = True
    """False: files of this kind are only read when the user names the format."""

    @pytest.fixture
    def form(self) -> FileFormat:
        """Return the format under test."""
        raise NotImplementedError("give the fixture `form`")

    @pytest.fixture
    def sample(self) -> Path:
        """Return a file with at least one annotation and nothing bad in it."""
        raise NotImplementedError("give the fixture `sample`")

    @pytest.fixture
    def options(self) -> ImportOptions:
        """Return how the sample is read."""
        return ImportOptions("Contract")

    @pytest.fixture
    def warehouse(self, tmp_path: Path) -> Iterator[Warehouse]:
        """Yield an empty warehouse on SQLite."""
        engine = connect(f"sqlite:///{tmp_path / 'contract-warehouse.db'}")
        upgrade(engine)
        yield Warehouse(engine, ROLLUPS)
        engine.dispose()

    def test_it_is_recognised_before_all_others(self, form: FileFormat, sample: Path) -> None:
        """A file of this kind is found to be one, and taken for no other."""
        if not self.named_by_content:
            pytest.skip("files of this kind have to be named")
        assert find_format(sample).name == form.name

    def test_a_first_look_names_it_and_what_it_holds(self, form: FileFormat, sample: Path) -> None:
        """`labelpulse init` says which format it is and how much is in it."""
        if not self.named_by_content:
            pytest.skip("files of this kind have to be named")
        target = look_at(str(sample))
        assert target.files == (sample,)
        assert form.name in target.found.tool
        (project,) = target.found.projects
        assert project.items > 0

    def test_it_says_its_project_first(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """Exactly one project comes, before everything else, under the title that was asked."""
        records = list(form.read(sample, options))
        projects = [at for at, one in enumerate(records) if isinstance(one, ProjectRecord)]
        assert projects == [0]
        assert isinstance(records[0], ProjectRecord)
        assert records[0].title == options.project
        assert any(isinstance(one, AnnotationRecord) for one in records), "the sample is empty"

    def test_its_records_have_no_fault(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """All records are canonical, and all say where they stand."""
        records = list(form.read(sample, options))
        assert isinstance(records[0], ProjectRecord)
        controls = records[0].controls
        assert [fault for one in records for fault in faults_of(one, controls)] == []
        notes = [one for one in records if isinstance(one, AnnotationRecord)]
        assert all(one.place and one.project == records[0].native_id for one in notes)

    def test_reading_again_gives_the_same(
        self, form: FileFormat, sample: Path, options: ImportOptions
    ) -> None:
        """Nothing in a record depends on when, or in which process, it was read."""
        assert list(form.read(sample, options)) == list(form.read(sample, options))

    def test_a_half_written_file_is_not_taken_for_whole(
        self, form: FileFormat, sample: Path, options: ImportOptions, tmp_path: Path
    ) -> None:
        """A file that ends amid its last line is refused, or has a bad record there."""
        if sample.is_dir():
            pytest.skip("a folder has no end")
        whole = sample.read_bytes().rstrip()
        last = whole.rfind(b"\n") + 1
        half = tmp_path / sample.name
        half.write_bytes(whole[: (last + len(whole)) // 2])
        try:
            records = list(form.read(half, options))
        except (FileRefused, UsageError):
            return
        assert any(isinstance(one, BadRecord) for one in records)

    def test_an_import_loads_it_once(
        self, form: FileFormat, sample: Path, options: ImportOptions, warehouse: Warehouse
    ) -> None:
        """Read = loaded + unchanged + quarantined, and the same file again changes nothing."""
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
