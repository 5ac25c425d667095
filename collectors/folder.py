"""A folder that exports are put into: each file is imported when it is new or has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from labelpulse.core.errors import ConfigError
from labelpulse.core.events import Scale
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.folder_files import FolderFile, files_below, folders_of, title_of
from labelpulse.ingest.found_files import look_at_files
from labelpulse.ingest.mapping import FIELDS
from labelpulse.source import Access, ImportOptions, Inspection, WatchedFile

BY_FILE = "{file}"
"""The option `project` for one project a file, named after it."""

_OPTIONS = ("map", "scale", "labels", "separator", "project")
MOST_LOOKED_AT = 64 * 2**20
"""Bytes; a first look at a folder takes the newest files up to so much."""


class WatchedFolder:
    """What `type = "folder"` is: the files below a path, and the projects they belong to.

    Args:
        project: a title for all files, or `BY_FILE`; None = the folder within the folder that a
            file stands in, else the folder itself.
    """

    def __init__(
        self, access: Access, path: Path, options: ImportOptions, project: str | None
    ) -> None:
        self.path = path
        self.options = options
        self.format = access.format
        self._project = project
        self._titles = access.projects

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the folder of a configured source; nothing is read yet."""
        where = f"source {access.name!r}"
        if access.path is None:
            raise ConfigError(f'{where}: path is missing: name the folder, as in path = "exports/"')
        given = _checked(access.options, where)
        labels = given.get("labels")
        options = ImportOptions(
            project="",
            columns=given.get("map", {}),
            scale=given.get("scale"),
            labels=None if labels is None else tuple(labels),
            separator=given.get("separator"),
            naive_zone=access.zone,
        )
        return cls(access, access.path, options, given.get("project"))

    @staticmethod
    def detects(target: str) -> bool:  # noqa: ARG004 - `init` takes folders before it asks
        """Return False: no address leads here, and `labelpulse init` knows folders by itself."""
        return False

    def files(self) -> Sequence[WatchedFile]:
        """Return the files below the folder, or the data sets where the format is one of folders.

        Raises:
            StopSource: the folder is not there, or cannot be listed.
        """
        found = folders_of(self.path, self.format) or files_below(self.path)
        files = [self._watched(one) for one in found]
        return [one for one in files if not self._titles or one.title in self._titles]

    def _watched(self, one: FolderFile) -> WatchedFile:
        own = self.path.name or "files"
        title = self._project or one.group or own
        if title == BY_FILE:
            title = title_of(one.path)
        return WatchedFile(one.path, one.name, title, one.state, one.changed_at, one.odd)

    def close(self) -> None:
        """Do nothing: no file is kept open."""

    def inspect(self) -> Inspection:
        """Return what the newest files hold, as far as a first look goes.

        Raises:
            StopSource: the folder is not there, or cannot be listed.
        """
        files, size = self.files(), 0
        taken: list[tuple[Path, str]] = []
        for one in sorted(files, key=lambda one: -one.changed_at):
            size += 0 if one.problem or one.path.is_dir() else one.path.stat().st_size
            if not one.problem and (size <= MOST_LOOKED_AT or not taken):
                taken.append((one.path, one.title))
        with FileReader() as reader:
            looked = look_at_files(taken, self.options, form=self.format, among=True, reader=reader)
        remarks = [f"{one.name} {one.problem}" for one in files if one.problem]
        left = sum(not one.problem for one in files) - len(taken)
        if left:
            remarks.append(f"A first look takes the newest files; {left:,} more are there.")
        if not files:
            remarks.append("The folder is empty: what is put into it will be imported.")
        return replace(
            looked.found,
            type="folder",
            tool=" ".join(filter(None, ("folder of", looked.found.tool or "files"))),
            remarks=(*remarks, *looked.found.remarks),
        )


def _checked(options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the options, each of its kind; ConfigError names the one that is not."""
    for key in options:
        if key not in _OPTIONS:
            raise ConfigError(
                f"{where}: options.{key} is not known: a folder has {', '.join(_OPTIONS)}"
            )
    columns = options.get("map", {})
    if not isinstance(columns, dict) or not all(isinstance(one, str) for one in columns.values()):
        raise ConfigError(
            f'{where}: options.map must be a table of fields, as in map = {{ item = "task id" }}'
        )
    for name in columns:
        if name not in FIELDS:
            raise ConfigError(f"{where}: options.map.{name}: a field is one of {', '.join(FIELDS)}")
    scale = options.get("scale")
    if scale is not None and scale not in list(Scale):
        raise ConfigError(f"{where}: options.scale must be one of {', '.join(Scale)}")
    labels = options.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise ConfigError(f'{where}: options.labels must be a list, as in labels = ["bad", "good"]')
    for key in ("separator", "project"):
        if key in options and not (isinstance(options[key], str) and options[key].strip()):
            raise ConfigError(f"{where}: options.{key} must be a text")
    return dict(options)
