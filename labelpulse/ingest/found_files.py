"""A first look at files: what they hold and how they would be imported, without loading any."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from labelpulse.core.days import machine_zone
from labelpulse.core.errors import FileRefused, NoExport, UnknownFormat, UsageError
from labelpulse.core.formats import plural
from labelpulse.ingest import first_look
from labelpulse.ingest.archive_parts import called, parts, passed_over
from labelpulse.ingest.archives import is_archive
from labelpulse.ingest.child import FileReader, Member
from labelpulse.ingest.content import state_of
from labelpulse.ingest.folder_files import title_of
from labelpulse.ingest.formats import TABLES
from labelpulse.ingest.lines import read_head
from labelpulse.ingest.remarks import Remarks
from labelpulse.source import ImportOptions, InspectedProject, Inspection

_DESCRIPTION = "no export but a description, and passed over"
_STRANGE = "in no format that is known here: a watched folder refuses it until it is taken away"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at files found; see `labelpulse.ingest.targets.Target`."""

    found: Inspection
    files: tuple[Path, ...]
    unread: tuple[Path, ...]


@dataclass(slots=True)
class _One:
    """A file that is looked at, and what was found: its formats and its project."""

    path: Path
    title: str
    forms: tuple[str, ...] = ()
    project: InspectedProject | None = None

    @property
    def table(self) -> bool:
        return any(form in TABLES for form in self.forms)


def look_at_files(
    files: Sequence[tuple[Path, str]],
    options: ImportOptions | None = None,
    *,
    form: str | None = None,
    among: bool = False,
    reader: FileReader | None = None,
) -> Looked:
    """Return what (file, title of its project) pairs hold.

    Args:
        options: how they are read; None = as their formats have it.
        form: the format of all; None = found by their content.
        among: they are all that a folder holds, so that what is no export is passed over.

    Raises:
        FileRefused: there is one file alone, and it is broken or no export.
    """
    remarks = Remarks()
    looked = [_One(path, title) for path, title in files]
    with nullcontext(reader) if reader is not None else FileReader() as reading:
        look = _Look(reading, options or ImportOptions("", naive_zone=machine_zone()), remarks)
        for one in looked:
            look.at(one, form, alone=len(files) == 1 and not among, among=among)
    known = [one for one in looked if one.forms]
    usable = [one for one in known if one.project is not None]
    found = Inspection(
        tool=", ".join(dict.fromkeys(form for one in known for form in one.forms)),
        version="",
        type="",
        projects=tuple(one.project for one in usable if one.project),
        remarks=(*remarks.told(), *_on_projects(usable)),
    )
    unread = tuple(one.path for one in known if one.project is None)
    return Looked(found, tuple(one.path for one in usable), unread)


class _Look:
    """Looks at one file after the other."""

    def __init__(self, reader: FileReader, options: ImportOptions, remarks: Remarks) -> None:
        self._reader, self._options, self._remarks = reader, options, remarks

    def at(self, one: _One, named: str | None, *, alone: bool, among: bool) -> None:
        """Find a file's format and what it holds.

        Raises:
            FileRefused: it is `alone`, and broken or no export.
        """
        try:
            state_of(one.path)
            if not one.path.is_dir() and is_archive(read_head(one.path)):
                self._archive(one, named, alone=alone)
                return
            form = self._reader.find(one.path, named, self._options.columns)
        except FileRefused as error:
            if not among:
                raise
            self._refused(one.path.name, error)
            return
        one.forms = (form.name,)
        if form.why:
            self._remarks.add(f"read as {form}", one.path.name)
        try:
            one.project = self._project(one.path, one.path.name, form.name, one.title)
        except (UsageError, FileRefused) as error:
            if alone and not (isinstance(error, UsageError) and one.table):
                raise
            self._remarks.add(str(error))

    def _refused(self, name: str, error: FileRefused) -> None:
        """Say of a file among others why it is none to be loaded."""
        if isinstance(error, NoExport):
            self._remarks.add(_DESCRIPTION, name)
        elif isinstance(error, UnknownFormat):
            self._remarks.add(_STRANGE, name)
        else:
            self._remarks.add(str(error))

    def _archive(self, one: _One, named: str | None, *, alone: bool) -> None:
        """Look at the members of an archive; the largest stands for the project.

        Raises:
            FileRefused: nothing of it can be imported, and it is `alone`, or no export at all.
        """
        archive, found, beside = one.path.name, [], []
        refused: list[FileRefused | UsageError] = []
        with parts(self._reader, one.path, archive, named, self._options.columns) as members:
            for member in members:
                try:
                    found.append(self._member(one, member, named))
                except NoExport as error:
                    beside.append((member.name, error))
                except (FileRefused, UsageError) as error:
                    told = called(str(error), member.path.name, member.name)
                    refused.append(type(error)(told))
        if not one.forms and (beside or refused):
            raise refused[0] if refused else beside[0][1]
        if alone and len(members) == 1 and refused and not one.table:
            raise refused[0]
        for one_refused in refused:
            self._remarks.add(str(one_refused))
        if found and beside:
            self._remarks.add(passed_over([name for name, _ in beside]))
        whole = [each for each in found if each is not None]
        one.project = max(whole, key=lambda each: each.annotations, default=None)
        if len(whole) > 1:
            self._remarks.add(
                f"{archive} holds {len(whole)} files, which are loaded into one project; what is "
                "shown is the largest of them."
            )

    def _member(self, one: _One, member: Member, named: str | None) -> InspectedProject | None:
        form = self._reader.find(member.path, named, self._options.columns)
        one.forms = tuple(dict.fromkeys((*one.forms, form.name)))
        if form.why:
            self._remarks.add(f"read as {form}", member.name)
        return self._project(member.path, member.name, form.name, one.title)

    def _project(self, path: Path, name: str, form: str, title: str) -> InspectedProject | None:
        options = replace(self._options, project=title)
        seen = self._reader.look(path, form, options)
        found, bad = seen.project, seen.bad
        if bad and not found.annotations:
            records = plural(bad, "record")
            self._remarks.add(
                f"no record can be used as it is ({records} read): `labelpulse import` tells line "
                "and reason",
                name,
            )
            return None
        for remark in seen.remarks:
            self._remarks.add(remark, name)
        if bad:
            self._remarks.add(f"records that cannot be used as they are: {bad:,}", name)
        return found


def _on_projects(usable: Sequence[_One]) -> Iterator[str]:
    """Yield what the files' projects can show; tables bring reviews by a column, others do not."""
    yield from _on_titles(usable)
    tables = [one.project for one in usable if one.project and one.table]
    others = [one.project for one in usable if one.project and not one.table]
    yield from first_look.remarks(tables, reviewed=True)
    worked = [one for one in tables if not first_look.is_known_only(one)]
    if worked and not any(one.reviews for one in worked):
        yield first_look.NO_REVIEWS_IN_TABLE
    holder = "These exports hold" if len(others) > 1 else "This export holds"
    reviewed = any(one.reviews for one in others)
    yield from first_look.remarks(others, reviewed=reviewed, holder=holder)


def _on_titles(usable: Sequence[_One]) -> Iterator[str]:
    """Yield which files are one project, and which are each one of their own."""
    titled: dict[str, list[str]] = {}
    for one in usable:
        titled.setdefault(one.title, []).append(one.path.name)
    if any(one.title != title_of(one.path) for one in usable):
        if len(titled) > 1:
            yield first_look.ONE_PROJECT_A_FOLDER
        return
    if len(titled) > 1:
        yield first_look.ONE_PROJECT_A_FILE
    yield from (first_look.same_name(names) for names in titled.values() if len(names) > 1)
