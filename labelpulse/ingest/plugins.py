"""Finding the tools and file formats by name.

What ships here is in the one table below; others register under the entry points
``labelpulse.collectors`` and ``labelpulse.formats``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from labelpulse.core.errors import ConfigError, LabelpulseError, UsageError
from labelpulse.source import FileFormat, LiveSource, Tool

if TYPE_CHECKING:
    from labelpulse.config import Settings, Source

COLLECTORS, FORMATS = "labelpulse.collectors", "labelpulse.formats"

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    COLLECTORS: {
        "label-studio-db": "collectors.label_studio_db:LabelStudioDatabase",
        "label-studio-api": "collectors.label_studio_api:LabelStudioApi",
        "cvat-db": "collectors.cvat:CvatDatabase",
        "doccano-db": "collectors.doccano:DoccanoDatabase",
        "argilla-db": "collectors.argilla:ArgillaDatabase",
        "prodigy-db": "collectors.prodigy:ProdigyDatabase",
        "inception-db": "collectors.inception:InceptionDatabase",
        "sql": "collectors.sql:SqlTable",
        "folder": "collectors.folder:WatchedFolder",
    },
    FORMATS: {
        "label-studio": "collectors.label_studio_export:LabelStudioExport",
        "labelbox": "collectors.labelbox:LabelboxExport",
        "doccano": "collectors.doccano_export:DoccanoExport",
        "prodigy": "collectors.prodigy_export:ProdigyExport",
        "argilla": "collectors.argilla_export:ArgillaExport",
        "coco": "collectors.coco:Coco",
        "voc": "collectors.voc:PascalVoc",
        "yolo": "collectors.yolo:Yolo",
        "encord": "collectors.encord:EncordExport",
        "kili": "collectors.kili:KiliExport",
        "v7": "collectors.v7:DarwinExport",
        "superannotate": "collectors.superannotate:SuperAnnotateExport",
        "dataloop": "collectors.dataloop:DataloopExport",
        "scale": "collectors.scale:ScaleExport",
        "mturk": "collectors.mturk:MTurk",
        "figure-eight": "collectors.figure_eight:FigureEight",
        "zooniverse": "collectors.zooniverse:Zooniverse",
        "toloka": "collectors.toloka:Toloka",
        "parquet": "collectors.tabular:Parquet",
        "jsonl": "collectors.tabular:JsonLines",
        "tsv": "collectors.tabular:Tsv",
        "csv": "collectors.tabular:Csv",
    },
}
"""Group -> name -> what to import. Formats are asked in this order, the particular ones first."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A plug-in that cannot be used; `why` is a sentence without a traceback."""

    name: str
    why: str


def registered(group: str) -> dict[str, Callable[[], Any]]:
    """Return name -> loader of everything of a group, ours first; nothing is imported yet.

    A tool whose file was taken out of `collectors/` is not there, and the rest works. A loader
    raises ConfigError where a plug-in cannot be imported.
    """
    ours = {
        name: _loader(target)
        for name, target in BUILT_IN[group].items()
        if find_spec(target.partition(":")[0]) is not None
    }
    others = {point.name: partial(_load, point) for point in entry_points(group=group)}
    return {**ours, **{name: load for name, load in others.items() if name not in ours}}


def _loader(target: str) -> Callable[[], Any]:
    module, _, name = target.partition(":")
    return lambda: getattr(import_module(module), name)


_MUST: Mapping[str, tuple[str, ...]] = {
    COLLECTORS: ("from_access",),
    FORMATS: ("recognises", "read"),
}
"""Group -> what nothing can be done without."""


def _load(point: EntryPoint) -> Any:
    """Import a plug-in: whatever goes wrong in it is an error that names it."""
    try:
        found = point.load()
    except (Exception, SystemExit) as error:  # a module may end the process, as scripts do
        raise _defective(point, f"cannot be loaded ({type(error).__name__})") from error
    missing = [name for name in _MUST[point.group] if not callable(getattr(found, name, None))]
    if missing:
        raise _defective(point, f"has no {' and no '.join(missing)}")
    return found


def _defective(point: EntryPoint, what: str) -> ConfigError:
    package = point.dist.name if point.dist is not None else "a package without a name"
    return ConfigError(
        f"the plug-in {point.name!r} of {package} {what}: "
        "install it anew for this version of labelpulse, or remove it"
    )


def loaded(group: str) -> tuple[dict[str, Any], list[Broken]]:
    """Return name -> class of all of a group that can be imported, and what cannot."""
    found: dict[str, Any] = {}
    broken = []
    for name, load in registered(group).items():
        try:
            found[name] = load()
        except ConfigError as error:
            broken.append(Broken(name, str(error)))
    return found, broken


def made(classes: Mapping[str, type[FileFormat]]) -> tuple[dict[str, FileFormat], list[Broken]]:
    """Return name -> format of all that can be made, and what cannot."""
    found = {}
    broken = []
    for name, kind in classes.items():
        try:
            found[name] = _made(name, kind)
        except ConfigError as error:
            broken.append(Broken(name, str(error)))
    return found, broken


def _made(name: str, kind: type[FileFormat]) -> FileFormat:
    """Make a format: whatever goes wrong in it is an error that names it."""
    try:
        return kind()
    except Exception as error:
        raise ConfigError(
            f"the plug-in {name!r} of {kind.__module__.partition('.')[0]} cannot be made "
            f"({type(error).__name__}), so no file is read by it: install it anew for this "
            "version of labelpulse, or remove it"
        ) from error


def broken_plugins() -> list[Broken]:
    """Return every plug-in that cannot be loaded or whose name is taken, for `doctor`."""
    found = []
    for group, ours in BUILT_IN.items():
        classes, broken = loaded(group)
        found += broken
        if group == FORMATS:  # they are made as files are read; tools need their settings first
            found += made(classes)[1]
        taken = [point.name for point in entry_points(group=group) if point.name in ours]
        found += [
            Broken(name, f"the plug-in {name!r} has a name of ours and is not used: rename it")
            for name in taken
        ]
    return found


def source_class(type_: str, where: str = "type") -> type[Tool]:
    """Return the class that reads a type of live source.

    Raises:
        ConfigError: there is no such type (the message names the nearest), or its plug-in is
            broken.
    """
    known = registered(COLLECTORS)
    if type_ not in known:
        near = get_close_matches(type_, known, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
        raise ConfigError(f"{where} {type_!r} is no type of source that can be polled: {remedy}")
    found: type[Tool] = known[type_]()
    return found


def is_folder(type_: str) -> bool:
    """True for a type of source that is files; ConfigError where there is no such type."""
    return hasattr(source_class(type_), "files")


def is_polled(type_: str) -> bool:
    """True for a type of source that brings people's work by itself: no import, no folder."""
    if type_ == "import":
        return False
    try:
        return not is_folder(type_)
    except ConfigError:  # the plug-in that polls it is not here
        return True


def live_source(settings: "Settings", source: "Source") -> LiveSource:
    """Return the collector of a configured source; it connects when it is opened.

    Raises:
        ConfigError: unknown type, or what its collector needs is not there.
    """
    from labelpulse.ingest.access import access_to  # a process that reads files has no settings

    kind = source_class(source.type, f"source {source.name!r}: type")
    access = access_to(settings, source)
    try:
        return kind.from_access(access)
    except LabelpulseError:
        raise
    except Exception as error:
        what = f"the collector of source {source.name!r} cannot be made"
        raise ConfigError(f"{what} ({type(error).__name__}): mend its plug-in") from error


def formats() -> dict[str, FileFormat]:
    """Return every file format that can be used by name, in the order in which they are asked."""
    return made(loaded(FORMATS)[0])[0]  # a defective one is no reason not to read other files


def file_format(name: str) -> FileFormat:
    """Return a file format by name.

    Raises:
        UsageError: there is none. ConfigError: it is a plug-in that cannot be used.
    """
    known = registered(FORMATS)
    if name not in known:
        raise UsageError(f"--format {name!r} is not known: use one of {', '.join(known)}")
    return _made(name, known[name]())
