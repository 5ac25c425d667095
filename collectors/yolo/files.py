"""Which files of a folder hold labels, and of which pictures they are."""

from pathlib import Path

from collectors.yolo.classes import LISTS

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_FEWEST = 5


def label_files(folder: Path) -> list[Path]:
    """Return the text files under folders called labels, or all where there is no such folder."""
    found = sorted(one for one in folder.rglob("*.txt") if one.is_file())
    below = [one for one in found if "labels" in one.relative_to(folder).parts[:-1]]
    return below or [one for one in found if one.name.lower() not in LISTS and _may_be(one)]


def is_object(path: Path) -> bool:
    """Return True where the first line of a file is an object: a class and its places."""
    words = _first_line(path).split()
    if len(words) < _FEWEST or not words[0].isdecimal():
        return False
    try:
        return all(-1 <= float(one) <= 2 for one in words[1:_FEWEST])
    except ValueError:
        return False


def place_of(folder: Path, path: Path) -> str:
    """Return the name of the picture that a file is of, below the folder.

    The picture stands beside it, or under ``images`` where it stands under ``labels``; without it
    the name has no ending.
    """
    parts = list(path.relative_to(folder).parts)
    at = max((n for n, one in enumerate(parts[:-1]) if one == "labels"), default=None)
    there = [*parts[:at], "images", *parts[at + 1 :]] if at is not None else parts
    for base in (folder.joinpath(*there), path):
        for ending in PICTURES:
            for one in (base.with_suffix(ending), base.with_suffix(ending.upper())):
                if one.is_file():
                    return one.relative_to(folder).as_posix()
    return Path(*there).with_suffix("").as_posix()


def _may_be(path: Path) -> bool:
    """An empty file says that nothing is there; other texts are notes or lists of pictures."""
    return is_object(path) or path.stat().st_size == 0


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(10_000)
    except OSError:
        return ""
