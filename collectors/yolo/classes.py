"""The names of classes, and how many keypoints an object has, from the files beside the labels.

``data.yaml`` is read for two keys only, in the forms in which they are written; it is no YAML that
is understood here.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord

LISTS = ("classes.txt", "obj.names", "labels.txt", "predefined_classes.txt")
_LARGEST = 1024 * 1024
_ENTRY = re.compile(r"^\s+(?:-\s*|(\d+)\s*:\s*)(.+)$|^-\s*(.+)$")
_IN_BRACES = re.compile(r"(\d+)\s*:\s*('[^']*'|\"[^\"]*\"|[^,}]+)")
_IN_BRACKETS = re.compile(r"'[^']*'|\"[^\"]*\"|[^,\[\]]+")
_SHAPE = re.compile(r"^kpt_shape\s*:\s*\[\s*(\d+)\s*,\s*([23])\s*\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Classes:
    """What a line's numbers mean.

    Attributes:
        names: number -> label. points: keypoints of an object, each of `per_point` numbers.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    points: int = 0
    per_point: int = 2

    def label(self, number: int) -> str:
        """Return a label; its number where no names are known at all."""
        if not self.names:
            return str(number)
        if number not in self.names:
            raise SkipRecord("unknown_class", "a class in it has no name in the list of classes")
        return self.names[number]

    def remarks(self) -> Iterator[str]:
        """Yield what an operator should know."""
        if not self.names:
            yield (
                "There is no data.yaml or classes.txt with names of classes, so labels are "
                "numbers: put one into the folder."
            )


def classes_of(folder: Path) -> Classes | None:
    """Return the classes of a folder; None where no file names them."""
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        text = _text(path)
        if (names := _named(text)) is not None:
            shape = _SHAPE.search(text)
            points, per = map(int, shape.groups()) if shape else (0, 2)
            return Classes(names, points, per)
    for name in LISTS:
        for path in (folder / name, folder / "labels" / name):
            if lines := [one.strip() for one in _text(path).splitlines()]:
                return Classes(_cleaned(dict(enumerate(lines))))
    return None


def _named(text: str) -> dict[int, str] | None:
    """The key ``names``: a list or a map, in one line or in several."""
    begin = re.search(r"^names\s*:[ \t]*(.*)$", text, re.MULTILINE)
    if begin is None:
        return None
    first, rest = begin[1].split(" #")[0].strip(), text[begin.end() :]
    if first.startswith(("[", "{")):
        close = "]" if first[0] == "[" else "}"
        whole = (first + rest)[1:].split(close, 1)[0]
        if first[0] == "{":
            return _cleaned({int(n): one for n, one in _IN_BRACES.findall(whole)})
        return _cleaned(dict(enumerate(_IN_BRACKETS.findall(whole))))
    found: dict[int, str] = {}
    for line in rest.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.match(line)
        if entry is None:
            break
        found[int(entry[1]) if entry[1] else len(found)] = entry[2] or entry[3]
    return _cleaned(found)


def _cleaned(names: Mapping[int, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, name in names.items():
        with suppress(SkipRecord):
            text = clean(name.split(" #")[0]).strip("\"'")
            if text:
                found[number] = clean(text)
    return found


def _text(path: Path) -> str:
    try:
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        pass
    return ""
